"""Which certificate a client gets to see, and which TLS is spoken."""

from __future__ import annotations

import ssl

import pytest
from moto.elbv2.ssl_policies import SSL_POLICIES
from OpenSSL import SSL
from tests.lab.plane.stage import (
    NAME,
    SERVERS,
    TLS12,
    TLS13,
    Stage,
    asks,
    certificate,
    client,
    connected,
    https,
    presented,
    request,
)

from originlock.lab import authority
from originlock.lab.blueprint import Certificate
from originlock.lab.plane.policies import spoken

SEVERAL = (
    certificate(NAME, arn="arn:default"),
    certificate("*.shop.example.com", arn="arn:shop"),
    certificate("api.example.com", "other.example.org", arn="arn:api"),
)

#: OpenSSL's numbers by the names in AWS's table.
NUMBERS = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}


@pytest.mark.parametrize(
    "asked,shown",
    [
        (NAME, NAME),
        ("api.example.com", "api.example.com"),
        ("OTHER.example.org", "api.example.com"),
        ("a.shop.example.com", "*.shop.example.com"),
        ("shop.example.com", NAME),
        ("a.b.shop.example.com", NAME),
        ("nobody.example.net", NAME),
        (None, NAME),
    ],
)
@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["tls12", "tls13"])
def test_the_certificate_goes_by_the_name_asked_for(stage: Stage, asked: str | None, shown: str, version: int) -> None:
    """A wrong name would fail, where a load balancer answers with its default certificate."""
    stage.follow(https(certificates=SEVERAL))
    connection = client(stage.port(), version=version, name=asked)
    connection.do_handshake()
    assert presented(connection)[0] == shown
    assert asks(connection).status == 200


@pytest.mark.parametrize("issuer", [SERVERS, SERVERS.below("one").below("two")], ids=["root", "below"])
def test_a_client_that_verifies_is_content(stage: Stage, issuer: authority.Authority) -> None:
    """The chain would not lead to its authority."""
    issued = issuer.issue(authority.Leaf(NAME, (NAME,), server=True))
    stage.follow(https(certificates=(Certificate("arn:one", issued.chain_pem, issued.key_pem),)))
    context = ssl.create_default_context(cadata=SERVERS.pem)
    with context.wrap_socket(connected(stage.port()), server_hostname=NAME) as wrapped:
        wrapped.sendall(request())
        assert wrapped.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("offered,chosen", [(["h2", "http/1.1"], "http/1.1"), (["h2"], None)])
def test_http2_is_not_offered(stage: Stage, offered: list[str], chosen: str | None) -> None:
    """A client would speak what nobody here understands."""
    stage.follow(https())
    context = ssl.create_default_context(cadata=SERVERS.pem)
    context.set_alpn_protocols(offered)
    with context.wrap_socket(connected(stage.port()), server_hostname=NAME) as wrapped:
        assert wrapped.selected_alpn_protocol() == chosen


@pytest.mark.parametrize(
    "policy,version,end",
    [
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", TLS13, "answer"),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", TLS12, "alert"),
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", TLS13, "answer"),
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", TLS12, "answer"),
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", SSL.TLS1_1_VERSION, "alert"),
        ("ELBSecurityPolicy-2016-08", TLS12, "answer"),
        ("ELBSecurityPolicy-2016-08", TLS13, "alert"),
        ("ELBSecurityPolicy-2016-08", SSL.TLS1_VERSION, "answer"),
        (None, TLS12, "answer"),
        (None, TLS13, "answer"),
    ],
)
def test_versions_go_by_the_policy(stage: Stage, policy: str | None, version: int, end: str) -> None:
    """A refusal over versions would look like one over a certificate, or would not come."""
    stage.follow(https(ssl_policy=policy))
    assert asks(client(stage.port(), version=version)).end == end


@pytest.mark.parametrize("policy", [each for each in SSL_POLICIES if "NLB" not in each])
def test_every_policy_speaks_the_versions_of_awss_table(policy: str) -> None:
    """A listener would speak another TLS than the one that its policy's name says."""
    found = spoken(policy)
    numbers = sorted(NUMBERS[each] for each in SSL_POLICIES[policy]["ssl_protocols"])
    assert (found.oldest, found.newest) == (numbers[0], numbers[-1])
