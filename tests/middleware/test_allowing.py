"""Who is let in of those whose certificates are good: whole values only."""

from __future__ import annotations

import pytest
from tests.middleware.parties import CLIENT, NAME, chain_of, passed, passthrough, told

from originlock.middleware import ClientIdentity, Reason, allowing

HEADERS = passed(*chain_of(CLIENT))
SHA256 = told(passthrough(), HEADERS).sha256  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "allow",
    [
        allowing.subjects("CN=edge", "CN=other"),
        allowing.dns_names(NAME.upper()),
        allowing.certificates(SHA256.upper()),
        allowing.certificates(":".join(SHA256[at : at + 2] for at in range(0, 64, 2))),
    ],
)
def test_who_is_named_gets_in(allow: allowing.Allow) -> None:
    """The one who is meant would be shut out."""
    assert isinstance(told(passthrough(allow=allow), HEADERS), ClientIdentity)


@pytest.mark.parametrize(
    "allow",
    [
        allowing.subjects("CN=edg", "CN=edge2", "edge", ""),
        allowing.dns_names("example.org", "*.example.org", f"{NAME}.evil.test", "edge"),
        allowing.uris(NAME),
        allowing.certificates("0" * 64),
    ],
)
def test_parts_of_names_let_nobody_in(allow: allowing.Allow) -> None:
    """``if name in subject`` lets in whoever registers a longer name."""
    assert told(passthrough(allow=allow), HEADERS) is Reason.NOT_ALLOWED


def test_nobody_is_nobody() -> None:
    """A list that came out empty would shut a site without a word."""
    for make in (allowing.subjects, allowing.dns_names, allowing.uris, allowing.certificates):
        with pytest.raises(ValueError, match="at least one"):
            make()
    with pytest.raises(ValueError, match="64"):
        allowing.certificates("abcd")
