"""A name in a header against a name in a certificate."""

from __future__ import annotations

import time

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, strategies as st

from originlock.middleware.distinguished_names import same


def name(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """A name, the most general first."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


AWS = name(
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.STATE_OR_PROVINCE_NAME, "Washington"),
    (NameOID.LOCALITY_NAME, "Seattle"),
    (NameOID.ORGANIZATION_NAME, "mTLS"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "rootCA"),
    (NameOID.COMMON_NAME, "rootcamtls.com"),
)
SPECIAL = name((NameOID.ORGANIZATION_NAME, 'Example, "Inc." <+>'), (NameOID.COMMON_NAME, "Zoë"))
MAIL = name((NameOID.EMAIL_ADDRESS, "a@example.org"), (NameOID.COMMON_NAME, "edge"))


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("CN=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US", AWS),
        ("cn=rootcamtls.com, ou=rootCA, o=mTLS, l=Seattle, s=Washington, c=US", AWS),
        (r"CN=Zoë,O=Example\, \"Inc.\" \<\+\>", SPECIAL),
        (r"CN=Zo\C3\AB,O=Example\2C \22Inc.\22 \3C\2B\3E", SPECIAL),
        ("CN=edge,emailAddress=a@example.org", MAIL),
        ("CN=edge,1.2.840.113549.1.9.1=a@example.org", MAIL),
        ("CN=edge,1.2.840.113549.1.9.1=#160d61406578616d706c652e6f7267", MAIL),
        ("CN=edge,unheardOf=a@example.org", MAIL),
        ("", name()),
    ],
)
def test_ways_to_write_a_name(text: str, wanted: x509.Name) -> None:
    """How a load balancer writes what RFC 2253 leaves open is not documented: a site would be shut over a comma."""
    assert same(text, wanted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CN=rootcamtls.com",
        "C=US,ST=Washington,L=Seattle,O=mTLS,OU=rootCA,CN=rootcamtls.com",
        "CN=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US,",
        "CN=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=USA",
        "CN=rootcamtls.com+OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US",
        "O=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US",
        r"CN=rootcamtls.com\,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US",
        "CN=evil;CN=rootcamtls.com,OU=rootCA,O=mTLS,L=Seattle,ST=Washington,C=US",
    ],
)
def test_other_names(text: str) -> None:
    """A header that somebody else wrote would be taken for the load balancer's."""
    assert not same(text, AWS)


def test_several_values_in_one_place() -> None:
    """Their order is nobody's promise, their place is."""
    both = x509.Name(
        [
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "O")]),
            x509.RelativeDistinguishedName(
                [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.USER_ID, "b")]
            ),
        ]
    )
    assert same("CN=a+UID=b,O=O", both)
    assert same("UID=b+CN=a,O=O", both)
    assert not same("CN=a,UID=b,O=O", both)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).map(str.strip).filter(bool)


@given(st.lists(st.tuples(st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME]), TEXT), max_size=5))
def test_what_rfc4514_writes_is_read(pairs: list[tuple[x509.ObjectIdentifier, str]]) -> None:
    """A name with any characters must not shut its bearer out."""
    try:
        wanted = name(*pairs)
    except ValueError:
        return  # longer than X.520 lets it be
    assert same(wanted.rfc4514_string(), wanted)


def test_a_hostile_value_takes_no_time() -> None:
    """An expression that reads backslashes in two ways would take longer than the universe has."""
    began = time.process_time()
    assert not same("CN=" + "\\AB" * 5000 + '"', AWS)
    assert not same("CN=" + "\\," * 8000 + '"', AWS)
    assert not same("+".join(["CN=a"] * 3000), AWS)
    assert time.process_time() - began < 5
