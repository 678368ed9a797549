"""Reading what one place of AWS demands of clients: who is asked for what.

Lives here: the port's answers, put together. Must not live here: any call (see `listeners`, `trust_stores`, `buckets`,
`connection_logs`).
"""

from __future__ import annotations

import datetime

from originlock.aws.buckets import BucketReader
from originlock.aws.connection_logs import LogReader
from originlock.aws.listeners import ListenerReader
from originlock.aws.session import Sessions
from originlock.aws.trust_stores import TrustStoreReader
from originlock.facts.origin import Missing
from originlock.facts.snapshot import Held
from originlock.facts.trust import (
    Bucket,
    Handshake,
    Listeners,
    TrustStore,
    is_listener,
    is_trust_store,
    parts_of_object,
)
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place


class AwsTrustReader:
    """Reads one place. What may not be read is Unknown, with its reason, and the rest is read all the same."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._listeners = ListenerReader(sessions, place)
        self._stores = TrustStoreReader(sessions, place)
        self._buckets = BucketReader(sessions, place)
        self._logs = LogReader(sessions, place)

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """These targets of changes as they are now, batched; of a listener what changes of ours touch.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        found: dict[str, Held | Unknown] = {}
        found |= self._stores.stores([each for each in targets if is_trust_store(each)])
        found |= self._listeners.looked_at([each for each in targets if is_listener(each)])
        for target in targets:
            if (parts := parts_of_object(target)) is not None:
                bucket, key = parts
                found[target] = self._buckets.stored(bucket, key) if key else self._buckets.bucket(bucket)
        for target in targets:
            # Nothing that was asked for is left out in silence.
            found.setdefault(target, Unknown(target, "it is nothing that the identity lock knows"))
        return {target: found[target] for target in targets}

    def listeners(self, load_balancer: str) -> Listeners | Unknown:
        """What the HTTP and HTTPS listeners of a load balancer (its ARN) demand, serve and answer.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        return self._listeners.of(load_balancer)

    def trust_stores(self, targets: tuple[str, ...]) -> dict[str, TrustStore | Missing | Unknown]:
        """These trust stores with their bundles, by ARN or by what `facts.trust.new_trust_store` calls one.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        return self._stores.stores(targets)

    def bucket(self, name: str) -> Bucket | Missing | Unknown:
        """A bucket; Unknown too where there is one that is somebody else's, or in another Region.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        return self._buckets.bucket(name)

    def handshakes(self, logs: str, since: datetime.datetime) -> tuple[Handshake, ...] | Unknown:
        """What the connection logs tell of client certificates since a moment.

        Args:
            logs: as `listeners` tells it: with the load balancer behind a ``#``, whose files alone are read then.
            since: not longer ago than `connection_logs.MOST_DAYS`.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        return self._logs.handshakes(logs, since)
