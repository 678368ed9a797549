"""What a right configuration comes to, and where each of its values came from."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Sequence

import pytest

from originlock.facts.edge import EdgeDescription
from originlock.facts.networks import parse
from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent.decode import Setting, decode
from originlock.intent.policy import (
    Configuration,
    EdgeAccount,
    EdgeSettings,
    Exemption,
    GroupsById,
    GroupsByTags,
    IdentityPolicy,
    Limits,
    LoadBalancerNamed,
    NetworkPolicy,
    Place,
    Policy,
)
from originlock.intent.telling import (
    Apprise,
    ChannelPolicy,
    Email,
    Ping,
    RunPolicy,
    Secret,
    Slack,
    Sns,
    Webhook,
)

BLOG = '[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0"]\n'
REGION = "ORIGINLOCK_ORIGINS_BLOG_REGION"

CHANNELS = (
    ChannelPolicy(
        "receiver", Webhook(Secret(env="RECEIVER_URL"), Secret(file="/etc/originlock/webhook")), (On.CHANGE, On.HOLE)
    ),
    ChannelPolicy("chat", Slack(Secret(file="/etc/originlock/slack"))),
    ChannelPolicy(
        "topic",
        Sns(
            "arn:aws:sns:eu-west-1:123456789012:ops",
            *("ops", "arn:aws:iam::123456789012:role/telling", "ops:2026"),
        ),
    ),
    ChannelPolicy(
        "mail",
        Email(
            *("mail.example.org", 2525, "tls", "originlock@example.org", ("ops@example.org", "night@example.org")),
            *("originlock", Secret(env="MAIL_PASSWORD")),
        ),
    ),
    ChannelPolicy("monitor", Ping(Secret(clear=Hidden("https://hc.example.org/ping/7f3c")))),
    ChannelPolicy("others", Apprise(Secret(env="APPRISE_URL"))),
)
RUN = RunPolicy(datetime.timedelta(hours=36), "/var/lib/node_exporter/originlock.prom", 12.5)


def configured(document: str, edges: Sequence[EdgeDescription], **environment: str) -> Configuration:
    """The configuration of a document that is right."""
    decoded = decode(tomllib.loads(document), environment, edges)
    assert decoded.problems == ()
    assert decoded.configuration is not None
    return decoded.configuration


def test_everything_said_arrives(full_document: dict[str, object], edges: Sequence[EdgeDescription]) -> None:
    """A key that is read but not used would be silently without effect."""
    decoded = decode(full_document, {}, edges)
    blog = Policy(
        origin="blog",
        target=GroupsById(("sg-0123456789abcdef0", "sg-0a1b2c3d")),
        place=Place("eu-west-1", "prod", "arn:aws:iam::123456789012:role/ops/originlock", "blog:2026"),
        hostnames=("www.example.org", "example.org"),
        network=NetworkPolicy(
            ports=(443, 8443),
            foreign="remove",
            foreign_rules=("sgr-0123456789abcdef0",),
            extra_ranges=(parse("198.51.100.0/24"), parse("2001:db8:7::/48")),
        ),
        exceptions=(
            Exemption(parse("203.0.113.7/32"), "ops@example.org", "office", datetime.date(2027, 3, 31)),
            Exemption(parse("2001:db8::/48"), "ops@example.org", "monitor", datetime.date(2027, 4, 30)),
        ),
    )
    shop = Policy("my-shop", GroupsByTags((("cost centre", ""), ("origin", "shop"))), edge="narrow")
    cloudflare = EdgeSettings(
        "cloudflare",
        (
            ("api_url", "https://api.example.test/v4/"),
            ("ipv4_url", "http://127.0.0.1:8080/ips-v4"),
            ("ipv6_url", "http://[::1]:8080/ips-v6"),
        ),
        ("9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9",),
    )
    identity = IdentityPolicy(
        *("passthrough", "own", "zone", "wiki-edge", "cloudflare", "my-trust-bundles", True, True),
        *("/whoami", True, 8443, ("exception 203.0.113.7/32",)),
    )
    account = EdgeAccount("example.org", "/etc/originlock/token", manage_dns=True)
    network = NetworkPolicy(ports=(443, 8443))  # the edge has to get in where it is to be seen
    wiki = Policy("wiki", LoadBalancerNamed("wiki"), network=network, identity=identity, edge_account=account)
    narrow = EdgeSettings("narrow", (("list_url", "http://localhost/list"),))
    assert decoded.problems == ()
    assert decoded.configuration == Configuration(
        (blog, shop, wiki), (cloudflare, narrow), Limits(2.5, 0.0, deploy_seconds=60.0), CHANNELS, RUN
    )


def test_an_empty_document_is_the_defaults(edges: Sequence[EdgeDescription]) -> None:
    """Nothing need be written for `check` and for origins that are given by options."""
    settings = tuple(EdgeSettings(edge.name, edge.settings) for edge in edges)
    assert configured("", edges) == Configuration((), settings, Limits())


def test_the_least_origin_has_the_defaults(edges: Sequence[EdgeDescription]) -> None:
    """What is not said is what the policy's own defaults say: HTTPS, and foreign rules only reported."""
    assert configured(BLOG, edges).origins == (Policy("blog", GroupsById(("sg-0123456789abcdef0",))),)


@pytest.mark.parametrize(
    "variable,value,path",
    [
        (REGION, "us-east-1", "origins.blog.region"),
        ("ORIGINLOCK_ORIGINS_BLOG_PROFILE", "test", "origins.blog.profile"),
        ("ORIGINLOCK_ORIGINS_BLOG_EDGE", "narrow", "origins.blog.edge"),
        ("ORIGINLOCK_ORIGINS_BLOG_NETWORK_PROTOCOL", "udp", "origins.blog.network.protocol"),
        ("ORIGINLOCK_ORIGINS_MY_SHOP_NETWORK_FOREIGN", "remove", "origins.my-shop.network.foreign"),
        ("ORIGINLOCK_ORIGINS_MY_SHOP_TAGS_ORIGIN", "blog", "origins.my-shop.tags.origin"),
        ("ORIGINLOCK_ORIGINS_MY_SHOP_TAGS_COST_CENTRE", "7", 'origins.my-shop.tags."cost centre"'),
        ("ORIGINLOCK_EDGES_CLOUDFLARE_API_URL", "https://other.example/", "edges.cloudflare.api_url"),
        ("ORIGINLOCK_EDGES_NARROW_LIST_URL", "https://other.example/", "edges.narrow.list_url"),
        ("ORIGINLOCK_LIMITS_CHANGES_PER_SECOND", "0", "limits.changes_per_second"),
        ("ORIGINLOCK_LIMITS_SETTLE_SECONDS", "12.5", "limits.settle_seconds"),
    ],
)
def test_the_environment_beats_the_file(
    variable: str,
    value: str,
    path: str,
    full_document: dict[str, object],
    edges: Sequence[EdgeDescription],
) -> None:
    """A variable changes the one key it is named for, and `config show` can say that it did."""
    origins = full_document["origins"]
    assert isinstance(origins, dict)
    del origins["blog"]["network"]["extra_ranges"]  # too wide for the other edge
    before, after = decode(full_document, {}, edges), decode(full_document, {variable: value}, edges)
    assert after.problems == after.warnings == ()
    assert after.configuration != before.configuration
    (changed,) = set(after.sources) - set(before.sources)
    assert (changed.path, changed.source) == (path, f"environment {variable}")
    assert str(changed.value).removesuffix(".0") == value


def test_an_empty_variable_is_unset(edges: Sequence[EdgeDescription]) -> None:
    """Shells and CI set variables to nothing where they mean to leave them out."""
    document = BLOG + 'region = "eu-west-1"'
    assert configured(document, edges, **{REGION: ""}).origins[0].place.region == "eu-west-1"
    assert decode({}, {"ORIGINLOCK_NONSENSE": ""}, edges).warnings == ()


def test_a_variable_makes_no_origin(edges: Sequence[EdgeDescription]) -> None:
    """An origin that only a misspelt variable names must not come into being."""
    decoded = decode({}, {REGION: "eu-west-1"}, edges)
    assert decoded.configuration is not None
    assert decoded.configuration.origins == ()
    assert [warning.place for warning in decoded.warnings] == [REGION]


@pytest.mark.parametrize(
    "variable,words",
    [
        ("ORIGINLOCK_ORIGINS_BLOG_REGOIN", "did you mean ORIGINLOCK_ORIGINS_BLOG_REGION?"),
        ("ORIGINLOCK_LIMIT_SETTLE_SECONDS", "did you mean ORIGINLOCK_LIMITS_SETTLE_SECONDS?"),
        ("ORIGINLOCK_ORIGINS_BLOG_NETWORK_PORTS", "origins.blog.network.ports is no single value"),
        ("ORIGINLOCK_ORIGINS_BLOG_EXCEPTIONS", "origins.blog.exceptions is no single value"),
        ("ORIGINLOCK_STATE_DIRECTORY", "no key of the configuration has this variable"),
    ],
)
def test_a_variable_that_does_nothing_is_a_warning(variable: str, words: str, edges: Sequence[EdgeDescription]) -> None:
    """A misspelt variable would otherwise leave its key as it was, unseen; it is no reason to stop."""
    decoded = decode(tomllib.loads(BLOG), {variable: "x"}, edges)
    assert decoded.configuration is not None
    (warning,) = decoded.warnings
    assert warning.place == variable
    assert words in warning.message


def test_variables_of_others_are_left_alone(edges: Sequence[EdgeDescription]) -> None:
    """Variables that are not configuration, or not ours, are neither used nor warned about."""
    names = ("STATE_DIR", "CONFIG", "LAB_PORT", "TEST_REAL_AWS")
    environment = {f"ORIGINLOCK_{name}": "x" for name in names} | {"PATH": "/bin", "ORIGINLOCKED": "x"}
    assert decode({}, environment, edges) == decode({}, {}, edges)


def test_two_names_with_one_variable_matter_only_when_it_is_set(edges: Sequence[EdgeDescription]) -> None:
    """Names may look alike to the environment as long as nobody uses it for them."""
    document = '[origins.a-b]\ntags = { x = "1" }\n[origins."a.b"]\ntags = { x = "1" }'
    assert [policy.origin for policy in configured(document, edges).origins] == ["a-b", "a.b"]


def test_each_value_says_where_it_came_from(edges: Sequence[EdgeDescription]) -> None:
    """`config show` answers why a value is what it is, for every key."""
    document = BLOG + "[origins.blog.network]\nports = [8443, 443]"
    sources = decode(tomllib.loads(document), {REGION: "eu-west-1"}, edges).sources
    assert {
        Setting("origins.blog.edge", "default", "cloudflare"),
        Setting("origins.blog.region", f"environment {REGION}", "eu-west-1"),
        Setting("origins.blog.profile", "default", None),
        Setting("origins.blog.network.ports", "file", (443, 8443)),
        Setting("limits.settle_seconds", "default", 30.0),
    } <= set(sources)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9:8080", "[::1]:80"])
def test_plain_http_is_for_this_machine(host: str, edges: Sequence[EdgeDescription]) -> None:
    """The lab stands on this machine; nothing else is asked in clear."""
    settings = configured(f'[edges.cloudflare]\napi_url = "http://{host}/"', edges).edge("cloudflare")
    assert settings is not None
    assert settings.url("api_url") == f"http://{host}/"


@pytest.mark.parametrize("source", ["203.0.0.0/16", "10.20.0.0/16", "2001:db8::/48"])
def test_an_exception_may_be_as_wide_as_a_site(source: str, edges: Sequence[EdgeDescription]) -> None:
    """The bounds themselves are allowed, and so are private networks."""
    document = f"""{BLOG}
    [[origins.blog.exceptions]]
    source = "{source}"
    owner = "ops"
    reason = "office"
    expires = 2027-03-31
    """
    assert configured(document, edges).origins[0].exceptions[0].source == source


@pytest.mark.parametrize("name", ["a", "0", "A.b-c_d", "x" * 63])
def test_names_of_origins(name: str, edges: Sequence[EdgeDescription]) -> None:
    """The bounds of a name are allowed."""
    decoded = decode({"origins": {name: {"tags": {"a": "b"}}}}, {}, edges)
    assert decoded.problems == ()
    assert decode({"origins": {"x" * 64: {"tags": {"a": "b"}}}}, {}, edges).problems != ()


@pytest.mark.parametrize(
    "table",
    [{"security_groups": [f"sg-{'a' * digits}"]} for digits in (8, 17, 20)]
    + [{"tags": {"k" * 128: "v" * 256}}, {"tags": {"a": "b"}, "hostnames": [f"{'x' * 63}.example"]}],
)
def test_bounds_are_inside(table: dict[str, object], edges: Sequence[EdgeDescription]) -> None:
    """The longest and shortest of what AWS and DNS allow is allowed."""
    assert decode({"origins": {"blog": table}}, {}, edges).problems == ()


def test_the_longest_hostname_and_no_hostnames(edges: Sequence[EdgeDescription]) -> None:
    """253 characters are a name, and an origin may serve no name that is told."""
    longest = ".".join(["x" * 62] * 4) + ".x"
    assert len(longest) == 253
    for hostnames in ([longest], []):
        table = {"tags": {"a": "b"}, "hostnames": hostnames}
        assert decode({"origins": {"blog": table}}, {}, edges).problems == ()


@pytest.mark.parametrize("digits", [0, 7])
def test_ids_that_are_too_short(digits: int, edges: Sequence[EdgeDescription]) -> None:
    """An id from which a digit is lost is told before AWS is asked."""
    table = {"security_groups": ["sg-" + "a" * digits]}
    assert len(decode({"origins": {"blog": table}}, {}, edges).problems) == 1


def test_a_tag_key_that_is_too_long(edges: Sequence[EdgeDescription]) -> None:
    """One character more than AWS allows is refused, at a place that names the key."""
    (problem,) = decode({"origins": {"blog": {"tags": {"k" * 129: "v"}}}}, {}, edges).problems
    assert problem.place == f"origins.blog.tags.{'k' * 129}"
