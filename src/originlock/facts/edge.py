"""What an edge is and what it published: ranges with their provenance, and what could not be had.

Lives here: the description of an edge, one reading of each form in which it publishes, a list that was accepted.
Must not live here: fetching, decoding, and whether a list may be acted on (that is `acceptance`).
"""

from __future__ import annotations

import hashlib

import msgspec

from originlock.facts.networks import IPV4, IPV6, AddressSet, Cidr, Family, family, sorted_unique


class Ranges(msgspec.Struct, frozen=True):
    """The CIDRs of an edge: canonical, without doubles, sorted; both families."""

    ipv4: tuple[Cidr, ...] = ()
    ipv6: tuple[Cidr, ...] = ()

    @classmethod
    def of(cls, cidrs: list[Cidr] | tuple[Cidr, ...]) -> Ranges:
        """The CIDRs by family, whatever their order."""
        return cls(
            sorted_unique(cidr for cidr in cidrs if family(cidr) == IPV4),
            sorted_unique(cidr for cidr in cidrs if family(cidr) == IPV6),
        )

    @property
    def cidrs(self) -> tuple[Cidr, ...]:
        """Both families, IPv4 first."""
        return self.ipv4 + self.ipv6

    def of_family(self, wanted: Family) -> tuple[Cidr, ...]:
        """The CIDRs of one family."""
        return self.ipv4 if wanted == IPV4 else self.ipv6

    @property
    def addresses(self) -> AddressSet:
        """All the addresses in them."""
        return AddressSet.of(self.cidrs)

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hex digits over the sorted CIDRs, one a line: the same for the same list."""
        return "sha256:" + hashlib.sha256("\n".join(self.cidrs).encode()).hexdigest()

    def __or__(self, other: Ranges) -> Ranges:
        """What either names."""
        return Ranges.of(self.cidrs + other.cidrs)


class EdgeLimits(msgspec.Struct, frozen=True):
    """How wide a range of this edge can at most be, as prefix lengths."""

    widest_ipv4: int
    widest_ipv6: int

    def widest(self, wanted: Family) -> int:
        """The shortest prefix length that is believed in one family."""
        return self.widest_ipv4 if wanted == IPV4 else self.widest_ipv6


class FormerRange(msgspec.Struct, frozen=True):
    """A range that an edge published once and no longer does.

    Attributes:
        source: who says so, and when.
    """

    cidr: Cidr
    source: str


class PastRanges(msgspec.Struct, frozen=True):
    """What an edge published once, as far as is known, and does not publish now.

    Attributes:
        every: all of them.
        settled: those that the list last accepted lacked already, so that it is no news that they are gone.
    """

    every: Ranges = Ranges()
    settled: Ranges = Ranges()


class EdgeSigns(msgspec.Struct, frozen=True):
    """By what an answer shows who gave it. Header names and values in lower case.

    Attributes:
        served_by: (header, value) that stands on every answer of the edge, also on its own error pages and cached ones.
        ray: the header that names the request; it stands on every answer of the edge.
        cache: the header that says whether the origin was asked.
        from_origin: the values of `cache` with which the origin itself has answered.
        own_errors: (status, what it says): those with which the edge says that the origin did not serve it.
        challenge: the header of an answer that asks the visitor to prove that it is a person.
        sign_in: where a visitor is sent to sign in first: the end of a host name.
        trace_path: where the edge tells a visitor how it sees it.
    """

    served_by: tuple[str, str]
    ray: str
    cache: str
    from_origin: tuple[str, ...]
    own_errors: tuple[tuple[int, str], ...]
    challenge: str
    sign_in: str
    trace_path: str


class EdgeDescription(msgspec.Struct, frozen=True):
    """What the rest of the house needs to know of an edge.

    Attributes:
        name: as in the configuration, such as ``cloudflare``.
        title: as people write it.
        limits: how wide its ranges can be.
        settings: the whole URLs that it is read from, by configuration key, with their defaults.
        snapshot: a list that ships with the package, the baseline of a first run.
        snapshot_date: ISO date on which the snapshot was recorded.
        former: ranges of the time before the snapshot.
        signs: by what its answers are known; with None, no connection through it proves anything.
    """

    name: str
    title: str
    limits: EdgeLimits
    settings: tuple[tuple[str, str], ...]
    snapshot: Ranges
    snapshot_date: str
    former: tuple[FormerRange, ...] = ()
    signs: EdgeSigns | None = None


class PublishedForm(msgspec.Struct, frozen=True, tag="published"):
    """One form of the list as it was read: entries as they stood there, nothing judged.

    Attributes:
        form: the name of the form, such as ``json`` or ``text``.
        urls: where it was read.
        ipv4, ipv6: the entries of the two families, in the order and spelling of the publisher.
        etag: the publisher's own mark of this version, if it gives one.
        length_declared: whether the transport said how long the whole is; if not, a cut cannot be seen there.
    """

    form: str
    urls: tuple[str, ...]
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    etag: str | None = None
    length_declared: bool = True


class UnreadableForm(msgspec.Struct, frozen=True, tag="unreadable"):
    """A form that could not be had.

    Attributes:
        form: the name of the form.
        urls: where it was asked for.
        guard: a short name of what was wrong, such as ``fetch``, ``html``, ``unparsable``, ``cut-short``.
        reason: the same in words.
    """

    form: str
    urls: tuple[str, ...]
    guard: str
    reason: str


FormReading = PublishedForm | UnreadableForm


class AcceptedList(msgspec.Struct, frozen=True):
    """A list that passed the guards (or that a person accepted), with its provenance.

    Attributes:
        edge: the edge's name.
        ranges: what is wanted.
        source: the forms that it rests on, such as ``json+text``, ``json``, or ``snapshot 2026-10-02``.
        etag: the publisher's mark, if any.
        agree: whether the forms agree; None if there was one form only.
        accepted_by: ``guards`` or ``person``.
        at: when, ISO 8601 in UTC; empty for the snapshot.
        current: whether it was just read; otherwise it stands in for a list that could not be had.
        past: what the edge published once and this list lacks.
    """

    edge: str
    ranges: Ranges
    source: str
    etag: str | None = None
    agree: bool | None = None
    accepted_by: str = "guards"
    at: str = ""
    current: bool = True
    past: PastRanges = PastRanges()

    @property
    def may_remove(self) -> bool:
        """Whether anything may be removed on the strength of this list: not while its forms disagree, or it is old."""
        return self.agree is not False and self.current
