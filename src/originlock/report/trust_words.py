"""The acts of the identity lock in words for a person.

Lives here: one sentence an act. Must not live here: why it is done (the change says so), layout.
"""

from __future__ import annotations

from typing import assert_never

from originlock.facts.trust import MutualTls, name_of_new_trust_store
from originlock.facts.words import count
from originlock.plan.trust_acts import (
    AddressRecord,
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    CreateTrustStore,
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    EdgeAct,
    PutObject,
    RemoveRevocations,
    ReplaceBundle,
    SetGlobalPulls,
    SetHostnamePulls,
    SetMutualTls,
    SetRecords,
    SetZonePulls,
    StoreAct,
    UploadCertificate,
)

_SHOWN = 12
"""Digits of a fingerprint that are shown: enough to tell a handful of certificates apart."""


def trust_act_in_words(act: StoreAct | EdgeAct) -> str:
    """What an act does, such as ``have the listener demand client certificates (verify) of trust store blog``."""
    return _at_the_edge(act) if isinstance(act, EdgeAct) else _in_aws(act)


def _in_aws(act: StoreAct) -> str:  # noqa: C901  one case an act
    match act:
        case CreateBucket(bucket):
            return f"create the bucket {bucket}, private and encrypted"
        case PutObject(_, key):
            return f"put {key}"
        case CreateTrustStore(name, members=members):
            return f"create the trust store {name} of {_certificates(members)}"
        case DeleteTrustStore():
            return "delete the trust store"
        case ReplaceBundle(members=members, before=before):
            return f"have it trust {_certificates(members)} instead of {_certificates(before)}"
        case AddRevocations(sha256=sha256):
            return f"add the revocation list {_short(sha256)}"
        case RemoveRevocations(ids=ids):
            return f"remove {count(len(ids), 'revocation list')} that a newer one stands for"
        case SetMutualTls(wanted=wanted, before=before):
            return f"client certificates: {_mutual(before)} becomes {_mutual(wanted)}"
        case CreateProbeListener(port=port):
            return f"make a listener on port {port} for a moment, to see which certificate the edge presents"
        case DeleteProbeListener(port=port):
            return f"delete that listener on port {port}"
        case _:
            assert_never(act)


def _at_the_edge(act: EdgeAct) -> str:
    match act:
        case UploadCertificate(scope=scope):
            return f"upload the client certificate {_short(act.sha256)} (for the {scope})"
        case DeleteCertificate(scope=scope, sha256=sha256):
            return f"delete the client certificate {_short(sha256)} (of the {scope})"
        case SetHostnamePulls(hostname=hostname, enabled=None):
            return f"{hostname} presents no certificate of its own any more"
        case SetHostnamePulls(hostname=hostname, enabled=False):
            return f"{hostname} presents no client certificate"
        case SetHostnamePulls(hostname=hostname, certificate=certificate):
            return f"{hostname} presents the client certificate {_short(certificate)}"
        case SetZonePulls(on=on):
            return f"switch zone-level origin pulls {'on' if on else 'off'}"
        case SetGlobalPulls(on=on):
            return f"switch global origin pulls (the edge's shared certificate) {'on' if on else 'off'}"
        case SetRecords(name=name, records=records):
            return f"point {name} to {_records(records)}"
        case _:
            assert_never(act)


def _mutual(mutual: MutualTls) -> str:
    if mutual.mode != "verify":
        return mutual.mode
    store = name_of_new_trust_store(mutual.trust_store) or mutual.trust_store.rpartition(":truststore/")[2]
    return f"verify by the trust store {store.partition('/')[0]}"


def _certificates(members: tuple[str, ...]) -> str:
    said = "one authority" if len(members) == 1 else f"{len(members)} authorities"
    return f"{said} ({', '.join(map(_short, members)) or 'none'})"


def _records(records: tuple[AddressRecord, ...]) -> str:
    said = (f"{each.kind} {each.content}{', proxied' if each.proxied else ', DNS only'}" for each in records)
    return "; ".join(said) or "nothing"


def _short(sha256: str) -> str:
    return sha256[:_SHOWN]
