"""What holds for every chain and every header."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.middleware.parties import CLIENT, ROOT, chain_of, issued, passed, passthrough, pems, told, verified, verify

from originlock.middleware import ClientIdentity, Reason

if TYPE_CHECKING:
    from originlock.lab import authority
    from originlock.middleware import Guard

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20).map(lambda text: f"a{text}z")
NAMES = st.lists(LABEL.map(lambda text: f"{text}.example"), min_size=1, max_size=4).map(tuple)

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def authorities() -> tuple[authority.Authority, ...]:
    """A root, and two below it."""
    first = ROOT.below("first of two", key="p384")
    return ROOT, first, first.below("second of two", key="rsa2048")


@cache
def guards() -> tuple[Guard, Guard]:
    """One for each mode."""
    return passthrough(), verify()


@MANY
@given(depth=st.integers(0, 2), names=NAMES, encodes=st.sets(st.sampled_from("+=/-")), crlf=st.booleans())
def test_a_chain_survives_its_header(depth: int, names: tuple[str, ...], encodes: set[str], crlf: bool) -> None:  # noqa: FBT001
    """However a chain is encoded, the leaf that comes out is the one that was presented, plus signs and all."""
    held = issued(authorities()[depth], names=names)
    text = pems(*chain_of(held))
    safe = "".join({"+", "=", "/"} - encodes)
    value = quote(text.replace("\n", "\r\n") if crlf else text, safe=safe)
    if "-" in encodes:
        value = value.replace("-", "%2D")
    identity = told(guards()[0], [(b"x-amzn-mtls-clientcert", value.encode())])
    assert isinstance(identity, ClientIdentity)
    assert identity.sha256 == held.certificate.fingerprint(hashes.SHA256()).hex()
    assert identity.dns_names == names
    assert int(identity.serial, 16) == held.certificate.serial_number


@MANY
@given(names=NAMES)
def test_both_modes_tell_the_same_client(names: tuple[str, ...]) -> None:
    """An application that changes its listener's mode would meet strangers."""
    held = issued(names=names)
    one = told(guards()[0], passed(*chain_of(held)))
    other = told(guards()[1], verified(held.certificate))
    assert isinstance(one, ClientIdentity)
    assert isinstance(other, ClientIdentity)
    assert (one.sha256, one.subject, one.issuer, one.serial, one.dns_names) == (
        *(other.sha256, other.subject, other.issuer, other.serial, other.dns_names),
    )


GOOD_PASSED = passed(*chain_of(CLIENT))[0][1]
GOOD_VERIFIED = verified(CLIENT.certificate)


@MANY
@given(at=st.integers(0, len(GOOD_PASSED) - 1), to=st.integers(0, 255))
def test_one_wrong_byte_never_makes_another_client(at: int, to: int) -> None:
    """It is the same certificate, or a refusal; there is nothing between."""
    value = GOOD_PASSED[:at] + bytes([to]) + GOOD_PASSED[at + 1 :]
    found = told(guards()[0], [(b"x-amzn-mtls-clientcert", value)])
    if isinstance(found, ClientIdentity):
        assert found.sha256 == CLIENT.certificate.fingerprint(hashes.SHA256()).hex()
    else:
        assert isinstance(found, Reason)


@MANY
@given(which=st.integers(0, 4), value=st.binary(max_size=300))
def test_any_bytes_in_one_of_five_are_refused_or_say_the_same(which: int, value: bytes) -> None:
    """A forged header beside four right ones changes nobody's name."""
    headers = [(name, value if place == which else old) for place, (name, old) in enumerate(GOOD_VERIFIED)]
    found = told(guards()[1], headers)
    if isinstance(found, ClientIdentity):
        assert found.sha256 == CLIENT.certificate.fingerprint(hashes.SHA256()).hex()


@MANY
@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                [*(name for name, _ in GOOD_VERIFIED), b"x-amzn-mtls-clientcert", b"x_amzn_mtls_clientcert"]
            ),
            st.one_of(st.binary(max_size=40), st.sampled_from([value for _, value in GOOD_VERIFIED])),
        ),
        max_size=7,
    )
)
def test_any_headers_give_an_identity_or_a_reason(headers: list[tuple[bytes, bytes]]) -> None:
    """Anything else would be an error page, or a request that went through."""
    for guard in guards():
        assert told(guard, headers) is not None
