"""The packet filter of the origin, kept in step with what is wanted, and sabotage of any host's packets.

Lives here: the running of `nft`. Must not live here: what is to be let in (see `filters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from originlock.lab.addresses import ORIGIN
from originlock.lab.filters import SIDES, empty, fill, ruleset, sabotage_ruleset

if TYPE_CHECKING:
    from originlock.lab.filters import Wanted
    from originlock.lab.namespaces import Namespace
    from originlock.lab.network import NamespaceGround

_NFT: Final = ("nft", "-f", "-")

#: Connections that have ended are forgotten early: each counts against a limit that the whole machine shares.
_FORGET: Final = (
    ("netfilter/nf_conntrack_tcp_timeout_time_wait", "5"),
    ("netfilter/nf_conntrack_tcp_timeout_close", "5"),
    # What the tracking has forgotten, or never knew, is not taken for known at its next packet.
    ("netfilter/nf_conntrack_tcp_loose", "0"),
)


class PacketFilter:
    """What guards the origin. It goes with the origin's namespace.

    Attributes:
        now: who is let in.
    """

    def __init__(self, ground: NamespaceGround) -> None:
        """Let in nobody.

        Raises:
            NamespaceError: nft failed.
        """
        self._ground = ground
        self._origin: Namespace = ground.namespace(ORIGIN.name)
        self._side = 0
        self.now: Wanted = ()
        self._dropped: dict[str, set[str]] = {}
        self._origin.run(_NFT, ruleset())
        for setting, value in _FORGET:
            self._origin.set_kernel(setting, value)

    def let_in(self, pieces: Wanted) -> None:
        """Let in just these from now on; those who are let in before and after are so all the time.

        Raises:
            NamespaceError: nft failed; what was let in before is so still.
        """
        if pieces == self.now:
            return
        other = 1 - self._side
        # Whatever an earlier failure may have left there.
        self._origin.run(_NFT, empty(SIDES[other]) + fill(SIDES[other], pieces))
        self._origin.run(_NFT, empty(SIDES[self._side]))
        self._side, self.now = other, pieces

    def drop(self, cidr: str, host: str = ORIGIN.name) -> None:
        """Lose what comes to a host from a network, and what goes there: sabotage, for tests.

        Raises:
            ValueError: it is no network in its canonical form.
            LookupError: there is no such host.
            NamespaceError: nft failed.
        """
        self._sabotage(host, {*self._dropped.get(host, ()), cidr})

    def drop_nothing(self) -> None:
        """End all sabotage; raises NamespaceError."""
        for host in list(self._dropped):
            self._sabotage(host, set())

    def _sabotage(self, host: str, dropped: set[str]) -> None:
        self._ground.namespace(host).run(_NFT, sabotage_ruleset(sorted(dropped)))
        self._dropped[host] = dropped
