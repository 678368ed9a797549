"""Names as text, and what may be asked for."""

from __future__ import annotations

import pytest

from originlock.pki.names import WrongNameError, name_of, text_of


@pytest.mark.parametrize(
    "text, kept",
    [
        ("DNS:edge.example.org", "DNS:edge.example.org"),
        ("dns:Edge.Example.ORG", "DNS:edge.example.org"),
        ("DNS:edge", "DNS:edge"),
        ("URI:spiffe://example.org/edge?x=1", "URI:spiffe://example.org/edge?x=1"),
        ("uri:urn:uuid:1", "URI:urn:uuid:1"),
        ("email:ops+edge@example.org", "email:ops+edge@example.org"),
        ("IP:192.0.2.7", "IP:192.0.2.7"),
        ("ip:2001:DB8::7", "IP:2001:db8::7"),
    ],
)
def test_names_that_may_be_asked_for(text: str, kept: str) -> None:
    """A name would be refused, or be another one in the certificate."""
    assert text_of(name_of(text)) == kept
    assert text_of(name_of(kept)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "edge.example.org",
        "DNS:",
        "DNS:-x",
        "DNS:a..b",
        "DNS:a_b",
        "DNS:*.example.org",
        "DNS:a b",
        "DNS:ä.org",
        "URI:nothing",
        "URI:a:b c",
        "email:x",
        "email:x@",
        "IP:1.2.3",
        "IP:192.0.2.0/24",
        "RID:1.2.3",
        "DNS:" + "a" * 300,
    ],
)
def test_names_that_may_not(text: str) -> None:
    """A certificate would be issued that no verifier reads, or for more than one name."""
    with pytest.raises(WrongNameError):
        name_of(text)
