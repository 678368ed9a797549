"""Which rule a request meets, and what comes of it."""

from __future__ import annotations

import msgspec
import pytest
from tests.lab.plane.stage import FORWARD, NAME, Stage, fixed, http, plain, request, rule

from originlock.lab.plane.requests import Client, Request
from originlock.lab.plane.rules import FixedResponse, rulebook


def condition(field: str, *values: str) -> dict[str, object]:
    """A condition with values alone."""
    return {"Field": field, "Values": list(values)}


def configured(field: str, name: str, **config: object) -> dict[str, object]:
    """A condition with a configuration of its own, as DescribeRules has it."""
    return {"Field": field, name: config}


def header(name: str, *values: str) -> dict[str, object]:
    """A condition on a header."""
    return configured("http-header", "HttpHeaderConfig", HttpHeaderName=name, Values=list(values))


def query(*pairs: dict[str, str]) -> dict[str, object]:
    """A condition on the query."""
    return configured("query-string", "QueryStringConfig", Values=list(pairs))


def asked(target: str = "/", host: str = NAME, method: str = "GET", ip: str = "192.0.2.7", **more: str) -> Request:
    """A request."""
    headers = (("host", host), *((name.replace("_", "-"), value) for name, value in more.items()))
    return Request(method, target, headers, "1.1", Client(ip, 4711, "https", 443))


@pytest.mark.parametrize(
    "told,found,matches",
    [
        (condition("host-header", "www.example.com"), asked(), True),
        (condition("host-header", "WWW.example.COM"), asked(host="www.Example.com:443"), True),
        (condition("host-header", "*.example.com"), asked(host="a.b.example.com"), True),
        (condition("host-header", "*.example.com"), asked(host="example.com"), False),
        (condition("host-header", "ww?.example.com"), asked(), True),
        (condition("host-header", "other.example.com", NAME), asked(), True),
        (configured("host-header", "HostHeaderConfig", Values=[NAME]), asked(), True),
        (condition("path-pattern", "/img/*"), asked("/img/a/b?x=1"), True),
        (condition("path-pattern", "/IMG/*"), asked("/img/a"), False),
        (condition("path-pattern", "/a.c"), asked("/abc"), False),
        (condition("path-pattern", "/a?c"), asked("/abc"), True),
        (condition("path-pattern", "/a"), asked("/a/"), False),
        (condition("path-pattern", "/a"), asked("http://elsewhere.example.com/a"), True),
        (header("X-Secret", "letMEin"), asked(x_secret="LETmein"), True),
        (header("x-secret", "let*"), asked(x_secret="letmein"), True),
        (header("x-secret", "let"), asked(x_secret="letmein"), False),
        (header("x-secret", "let"), asked(), False),
        (configured("http-request-method", "HttpRequestMethodConfig", Values=["GET", "HEAD"]), asked(), True),
        (configured("http-request-method", "HttpRequestMethodConfig", Values=["POST"]), asked(), False),
        (query({"Key": "v", "Value": "1"}), asked("/?a=2&V=1"), True),
        (query({"Key": "v", "Value": "1"}), asked("/?a=1"), False),
        (query({"Value": "*one*"}), asked("/?a=someone"), True),
        (configured("source-ip", "SourceIpConfig", Values=["192.0.2.0/24"]), asked(), True),
        (configured("source-ip", "SourceIpConfig", Values=["192.0.2.0/24"]), asked(ip="2001:db8::1"), False),
        (configured("source-ip", "SourceIpConfig", Values=["2001:db8::/32"]), asked(ip="2001:db8::1"), True),
    ],
)
def test_conditions(told: dict[str, object], found: Request, *, matches: bool) -> None:
    """A request would meet another rule than at AWS."""
    book = rulebook(http(fixed("default"), rule(1, fixed("matched"), told)))
    priority, action = book.decide(found)
    assert (priority == 1) == matches
    assert action == FixedResponse(200, "text/plain", "matched" if matches else "default")


def test_the_lowest_priority_wins_and_all_conditions_must_hold() -> None:
    """The order in which rules were made would decide, or half a match would do."""
    book = rulebook(
        http(
            fixed("default"),
            rule(30, fixed("thirty")),
            rule(10, fixed("ten"), condition("path-pattern", "/a"), header("x-secret", "s")),
            rule(20, fixed("twenty"), condition("path-pattern", "/a")),
        )
    )
    assert book.decide(asked("/a", x_secret="s"))[0] == 10
    assert book.decide(asked("/a"))[0] == 20
    assert book.decide(asked("/b"))[0] == 30


@pytest.mark.parametrize(
    "action",
    [
        {"Type": "authenticate-oidc", "Order": 1},
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "99"}},
        {"Type": "redirect"},
        {"Order": 1},
    ],
)
def test_what_the_lab_cannot_do_is_told_and_not_served(stage: Stage, action: dict[str, object]) -> None:
    """A listener would do something else than it says, or would take the others down with it."""
    (trouble,) = stage.follow(http(action), http(fixed("works"), port=81))
    assert trouble.listener.endswith("/listener/80")
    assert (("198.51.100.1", 80)) not in stage.ground.ports
    assert plain(stage.port(81), request()).endswith(b"works")


def test_a_chain_of_actions_is_told(stage: Stage) -> None:
    """A listener that asks for a login would let in everybody."""
    login: dict[str, object] = {"Type": "authenticate-oidc", "Order": 1}
    listener = msgspec.structs.replace(http(), default_actions=(login, {**FORWARD, "Order": 2}))
    (trouble,) = stage.follow(listener)
    assert "authenticate-oidc, forward" in trouble.text


@pytest.mark.parametrize(
    "told,why",
    [
        (configured("host-header", "HostHeaderConfig", RegexValues=["^a"]), "regular expressions"),
        (condition("source-ip", "somewhere"), "no CIDR"),
        (condition("moon-phase", "full"), "moon-phase"),
        ({"Field": "http-header"}, "not complete"),
    ],
)
def test_a_condition_that_the_lab_does_not_know_is_told(stage: Stage, told: dict[str, object], why: str) -> None:
    """It would match everything, or nothing, without a word."""
    (trouble,) = stage.follow(http(fixed("default"), rule(1, fixed("one"), told)))
    assert why in trouble.text


@pytest.mark.parametrize(
    "config,location",
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://www.example.com:443/a/b?x=1&y=2"),
        ({"Host": "new.#{host}", "Path": "/v2/#{path}"}, "http://new.www.example.com:80/v2/a/b?x=1&y=2"),
        ({"Query": "", "Path": "/"}, "http://www.example.com:80/"),
        ({"Query": "from=#{path}&#{query}"}, "http://www.example.com:80/a/b?from=a/b&x=1&y=2"),
    ],
)
def test_redirects(stage: Stage, config: dict[str, str], location: str) -> None:
    """A redirect to HTTPS would lead elsewhere than at AWS, where the port always stands in it."""
    action: dict[str, object] = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"} | config}
    stage.follow(http(action))
    said = plain(stage.port(80), request("/a/b?x=1&y=2")).decode()
    assert said.startswith("HTTP/1.1 301 Moved Permanently\r\nServer: awselb/2.0\r\n")
    assert f"\r\nLocation: {location}\r\n" in said
    # Users saw this length.
    assert "\r\nContent-Length: 134\r\n" in said
