"""Where a probe stands: whether it may speak as a stranger.

Lives here: what is known of this vantage, and why it may be no stranger. Must not live here: asking (the app does).

A probe that is let in proves nothing if the policy lets it in, and one that is kept out proves nothing if it could not
have got through anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from originlock.facts.networks import AddressSet, Cidr, is_address, is_public, parse


class SeenAs(msgspec.Struct, frozen=True):
    """One family of this vantage.

    Attributes:
        source: the address that it would connect from; None if there is no route.
        addresses: from where the edge said it was asked, one for each time.
        tunnelled: whether the edge said that the visitor comes through its own tunnel (WARP).
        through_proxy: whether some answer said that it came through a proxy (Via).
    """

    source: str | None = None
    addresses: tuple[str, ...] = ()
    tunnelled: bool = False
    through_proxy: bool = False


class Vantage(msgspec.Struct, frozen=True):
    """Both families, and the names of environment variables that name a proxy."""

    ipv4: SeenAs = SeenAs()
    ipv6: SeenAs = SeenAs()
    proxies: tuple[str, ...] = ()

    def of(self, *, ipv6: bool) -> SeenAs:
        """One family."""
        return self.ipv6 if ipv6 else self.ipv4


class LetIn(msgspec.Struct, frozen=True):
    """Whom the policy lets in: the edge's ranges (further ones of the policy included), and exceptions by owner."""

    edge: AddressSet
    exceptions: tuple[tuple[Cidr, str], ...] = ()


_ASKED = 2
"""How often the edge is asked: twice, as one of several ways out may be taken each time."""


def no_stranger(vantage: Vantage, let_in: LetIn, *, ipv6: bool) -> str:
    """Why this vantage cannot speak as a stranger over a family; empty if it can."""
    seen, family = vantage.of(ipv6=ipv6), _family(ipv6)
    different = tuple(dict.fromkeys(seen.addresses))
    reasons = (
        (seen.source is None, f"this machine has no route over {family}"),
        (
            not seen.addresses,
            f"the edge did not say twice from where it sees this machine over {family} (not reached, or not asked)",
        ),
        (len(seen.addresses) < _ASKED, f"the edge did not say twice from where it sees this machine over {family}"),
        (len(different) > 1, f"the edge sees this machine from several addresses over {family} ({_few(different)})"),
    )
    known = next((reason for so, reason in reasons if so), "")
    return known or _not_public(different[0]) or rightful(vantage, let_in, ipv6=ipv6)


def rightful(vantage: Vantage, let_in: LetIn, *, ipv6: bool) -> str:
    """Why an answer to this vantage over a family may be rightful; empty if it is none of those that are let in."""
    seen, family = vantage.of(ipv6=ipv6), _family(ipv6)
    if seen.tunnelled:
        return f"this machine reaches the edge through the edge's own tunnel over {family} (WARP)"
    for address in dict.fromkeys((*seen.addresses, *([seen.source] if seen.source else []))):
        if not is_address(address):
            continue
        if let_in.edge.covers_address(address):
            return f"this machine is seen from {address}, which lies within the edge's own ranges"
        exception = exception_of(address, let_in.exceptions)
        if exception:
            return f"this machine is seen from {address}, which is an exception ({exception})"
    if let_in.exceptions and not seen.addresses:
        return f"the edge did not say from where it sees this machine over {family}, and there are exceptions"
    if let_in.exceptions and len(set(seen.addresses)) > 1:
        return f"the edge sees this machine from several addresses over {family}, and there are exceptions"
    return ""


def proxied(vantage: Vantage, *, ipv6: bool) -> str:
    """Why somebody else may answer in the origin's place; empty if nobody is known to."""
    if vantage.proxies:
        return f"a proxy is set here ({', '.join(vantage.proxies)})"
    through = vantage.of(ipv6=ipv6).through_proxy
    return f"a proxy stands between here and the edge over {_family(ipv6)}" if through else ""


def _family(ipv6: bool) -> str:  # noqa: FBT001  which of two
    return "IPv6" if ipv6 else "IPv4"


def _not_public(address: str) -> str:
    try:
        alone = parse(f"{address}/{128 if ':' in address else 32}")
    except ValueError:
        return "the edge named no address"
    return "" if is_public(alone) else f"this machine is seen from {address}, which is not public"


def exception_of(address: str, exceptions: Iterable[tuple[Cidr, str]]) -> str:
    """Whose exception an address is; empty if it is none."""
    return next((owner for cidr, owner in exceptions if AddressSet.of([cidr]).covers_address(address)), "")


def _few(addresses: tuple[str, ...]) -> str:
    return ", ".join(addresses[:3])
