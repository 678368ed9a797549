"""Who is believed: the load balancer's subnets, and nobody else."""

from __future__ import annotations

import pytest
from tests.middleware.parties import CLIENT, chain_of, passed, passthrough, told, trust

from originlock.middleware import ClientIdentity, Guard, Passthrough, Reason, RefusedError, Settings


@pytest.mark.parametrize("peer", ["10.0.1.0", "10.0.1.255", "::ffff:10.0.1.5", "2001:db8:1::7", "2001:DB8:1:0::7"])
def test_the_load_balancer_is_believed(peer: str) -> None:
    """A site would be shut, on servers that listen on both families above all."""
    assert isinstance(told(passthrough(), passed(*chain_of(CLIENT)), peer), ClientIdentity)


@pytest.mark.parametrize(
    "peer, reason",
    [
        ("10.0.2.5", Reason.PEER_OUTSIDE),
        ("::ffff:10.0.2.5", Reason.PEER_OUTSIDE),
        ("2001:db8:2::7", Reason.PEER_OUTSIDE),
        ("127.0.0.1", Reason.PEER_OUTSIDE),
        ("::1", Reason.PEER_OUTSIDE),
        (None, Reason.PEER_UNKNOWN),
        ("", Reason.PEER_UNKNOWN),
        ("unix:", Reason.PEER_UNKNOWN),
        ("testclient", Reason.PEER_UNKNOWN),
        ("10.0.1.5:443", Reason.PEER_UNKNOWN),
        ("10.0.1.5, 10.0.1.6", Reason.PEER_UNKNOWN),
        ("1" * 1000, Reason.PEER_UNKNOWN),
    ],
)
def test_others_are_not(peer: str | None, reason: Reason) -> None:
    """Whoever reaches the backend beside the load balancer would write any header."""
    assert told(passthrough(), passed(*chain_of(CLIENT)), peer) is reason
    assert told(passthrough(optional=True), [], peer) is reason


@pytest.mark.parametrize(
    "cidrs", [[], ["0.0.0.0/0"], ["::/0"], ["10.0.1.5/24"], ["::ffff:10.0.0.0/104"], ["alb.example.org"], [""]]
)
def test_subnets_have_to_be_some(cidrs: list[str]) -> None:
    """A slip in a deployment would believe everybody, or nobody without a word."""
    with pytest.raises(ValueError, match=r"peers|network|host bits|permitted|Address"):
        Guard(Settings(peers=cidrs, mode=Passthrough(trust())))


def test_a_refusals_detail_is_fit_for_a_log() -> None:
    """Part of it is of a stranger's making: a line of his would stand among ours, or a page of it."""
    detail = RefusedError(Reason.UNTRUSTED, "a\n\x1b[31m\u202e" + "b" * 10_000).detail
    assert detail.isascii()
    assert detail.isprintable()
    assert len(detail) == 200


def test_one_string_is_no_list() -> None:
    """``peers="10.0.0.0/8"`` would be read letter by letter."""
    with pytest.raises(TypeError):
        Settings(peers="10.0.0.0/8", mode=Passthrough(trust()))
