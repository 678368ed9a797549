"""What the certificates of listeners are for: names and ends, from Certificate Manager.

Lives here: the one read call of ACM. Must not live here: which listener has which certificate (see `listeners`), keys,
parsing a certificate.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from originlock.aws.asking import read
from originlock.aws.session import Sessions
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place


class Certificates:
    """What listeners' certificates are for, and until when; each is asked for once."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place
        self._held: dict[str, tuple[tuple[str, ...], str] | Unknown] = {}

    def names(self, arns: Iterable[str]) -> tuple[str, ...] | Unknown:
        """The names that they are for, all of them, sorted."""
        held = [self._of(arn) for arn in arns]
        unread = next((each for each in held if isinstance(each, Unknown)), None)
        if unread is not None:
            return unread
        return tuple(sorted({name for each in held if not isinstance(each, Unknown) for name in each[0]}))

    def first_end(self, arns: Iterable[str]) -> str:
        """When the first of them ends; empty where that is not known of one of them."""
        held = [self._of(arn) for arn in arns]
        ends = ["" if isinstance(each, Unknown) else each[1] for each in held]
        return min(ends, default="")

    def _of(self, arn: str) -> tuple[tuple[str, ...], str] | Unknown:
        if arn not in self._held:
            self._held[arn] = self._asked(arn)
        return self._held[arn]

    def _asked(self, arn: str) -> tuple[tuple[str, ...], str] | Unknown:
        what = f"the names of certificate {arn}"
        if ":acm:" not in arn:
            return Unknown(what, "it is held by IAM, which tells no names; import it into ACM to have them read")
        return read(what, functools.partial(self._described, arn))

    def _described(self, arn: str) -> tuple[tuple[str, ...], str]:
        told = self._sessions.acm(self._place).describe_certificate(CertificateArn=arn)["Certificate"]
        names = {told.get("DomainName", ""), *told.get("SubjectAlternativeNames", [])} - {""}
        ends = told.get("NotAfter")
        return tuple(sorted(name.lower() for name in names)), "" if ends is None else ends.isoformat()
