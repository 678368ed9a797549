"""Every way in which a configuration can be wrong has its own place and its own words."""

from __future__ import annotations

import datetime
import json
import tomllib
from collections import Counter
from collections.abc import Sequence

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own

from originlock.facts.edge import EdgeDescription
from originlock.intent.decode import Problem, decode
from originlock.intent.schema import json_schema

BLOG = '[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0"]\n'
NET = BLOG + "[origins.blog.network]\n"
IDENTITY = '[origins.blog]\nload_balancer = "blog"\n[origins.blog.identity]\n'
EXCEPTION = {"source": '"203.0.113.7/32"', "owner": '"ops"', "reason": '"office"', "expires": "2027-03-31"}


def blog(line: str) -> str:
    """An origin with one more line."""
    return BLOG + line


def net(line: str) -> str:
    """An origin whose network table has one line."""
    return NET + line


def exempt(**changed: str | None) -> str:
    """An origin with one exception, some of whose keys are changed or (None) left out."""
    lines = [f"{key} = {value}" for key, value in (EXCEPTION | changed).items() if value is not None]
    return "\n".join((BLOG, "[[origins.blog.exceptions]]", *lines))


def cloudflare(url: str) -> str:
    """The edge with one URL."""
    return f'[edges.cloudflare]\napi_url = "{url}"'


NETWORK = "origins.blog.network"
SOURCE = "origins.blog.exceptions[0].source"
EXPIRES = "origins.blog.exceptions[0].expires"
API_URL = "edges.cloudflare.api_url"

BY_SCHEMA_TOO = {
    # what is wrong: document, place, distinctive words
    "an unknown table": ("[origin.blog]", "origin", "did you mean origins?"),
    "an unknown key of an origin": (
        blog('regoin = "eu-west-1"'),
        "origins.blog.regoin",
        "did you mean region?",
    ),
    "an unknown key near none": (
        blog("zzz = 1"),
        "origins.blog.zzz",
        "known here: edge, region, profile, role, external_id, security_groups, tags, load_balancer, hostnames,",
    ),
    "an unknown key of the network": (net("port = [443]"), f"{NETWORK}.port", "did you mean ports?"),
    "an unknown key of an exception": (
        exempt(sources='"a"'),
        "origins.blog.exceptions[0].sources",
        "did you mean source?",
    ),
    "an unknown edge's table": ("[edges.cloudfare]", "edges.cloudfare", "did you mean cloudflare?"),
    "an unknown key of an edge": (
        "[edges.cloudflare]\napi_ulr = 1",
        "edges.cloudflare.api_ulr",
        "did you mean api_url?",
    ),
    "an unknown limit": (
        "[limits]\nsettle_second = 1",
        "limits.settle_second",
        "did you mean settle_seconds?",
    ),
    "origins that are no table": ("origins = 1", "origins", "must be a table, not 1"),
    "an origin that is a text": ('[origins]\nblog = "sg"', "origins.blog", "must be a table, not 'sg'"),
    "a network that is a list": (blog("network = []"), NETWORK, "must be a table, not a list"),
    "exceptions that are a table": (
        blog('exceptions = { source = "x" }'),
        "origins.blog.exceptions",
        "must be a list of tables ([[origins.blog.exceptions]]), not a table",
    ),
    "an exception that is no table": (
        blog("exceptions = [true]"),
        "origins.blog.exceptions[0]",
        "must be a table, not true",
    ),
    "a name with a space": (
        '[origins."my blog"]\ntags = { a = "b" }',
        'origins."my blog"',
        "'my blog' cannot name an origin; write 1 to 63 letters",
    ),
    "a name that begins with a hyphen": (
        '[origins.-blog]\ntags = { a = "b" }',
        "origins.-blog",
        "'-blog' cannot name",
    ),
    "an empty name": (
        '[origins.""]\ntags = { a = "b" }',
        'origins.""',
        "is empty; write the name of an origin",
    ),
    "the name of the command line": (
        '[origins.cli]\ntags = { a = "b" }',
        "origins.cli",
        "belongs to the origin that is given by options",
    ),
    "no target": ("[origins.blog]", "origins.blog", "does not say what to lock; give either"),
    "two targets": (blog('tags = { a = "b" }'), "origins.blog", "security_groups and tags are both given"),
    "a load balancer": (
        '[origins.blog]\nload_balancer = "app/x"',
        "origins.blog.load_balancer",
        "is not a load balancer",
    ),
    "an unknown edge": (blog('edge = "cloudfare"'), "origins.blog.edge", "; did you mean cloudflare?"),
    "an edge that is a number": (
        blog("edge = 3"),
        "origins.blog.edge",
        "the edge must be 'cloudflare' or 'narrow' or 'none', not 3",
    ),
    "a region with a zone": (
        blog('region = "eu-west-1a"'),
        "origins.blog.region",
        "'eu-west-1a' is not an AWS region (such as eu-west-1)",
    ),
    "a region that is a number": (
        blog("region = 1"),
        "origins.blog.region",
        "must be an AWS region, as a text in",
    ),
    "an empty profile": (
        blog('profile = " "'),
        "origins.blog.profile",
        "is empty; write the name of a profile",
    ),
    "a role by its name": (
        blog('role = "originlock"'),
        "origins.blog.role",
        "'originlock' is not the ARN of a role (such as arn:aws:iam::123456789012:role/originlock)",
    ),
    "the ARN of a user": (
        blog('role = "arn:aws:iam::123456789012:user/ops"'),
        "origins.blog.role",
        "is not the ARN of a role",
    ),
    "the ARN of a role in a partition that there is not": (
        blog('role = "arn:aws-eu:iam::123456789012:role/originlock"'),
        "origins.blog.role",
        "is not the ARN of a role",
    ),
    "an external id without a role": (
        blog('external_id = "blog-2026"'),
        "origins.blog.external_id",
        "is given without a role",
    ),
    "an external id of one letter": (
        blog('role = "arn:aws-cn:iam::123456789012:role/a/b/originlock"\nexternal_id = "x"'),
        "origins.blog.external_id",
        "'x' is not an external id (2 to 1224 letters",
    ),
    "groups as one text": (
        '[origins.blog]\nsecurity_groups = "sg-0123456789abcdef0"',
        "origins.blog.security_groups",
        "must be a list of security group ids in brackets",
    ),
    "no groups": (
        "[origins.blog]\nsecurity_groups = []",
        "origins.blog.security_groups",
        "is an empty list; name at least 1 of the security group ids",
    ),
    "a group by its name": (
        '[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0", "web"]',
        "origins.blog.security_groups[1]",
        "'web' is not the id of a security group (sg- and 8 or more",
    ),
    "a group twice": (
        '[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0", "sg-0123456789abcdef0"]',
        "origins.blog.security_groups[1]",
        "'sg-0123456789abcdef0' is named twice",
    ),
    "no tags": ("[origins.blog]\ntags = {}", "origins.blog.tags", "is an empty table"),
    "tags as a text": ('[origins.blog]\ntags = "a=b"', "origins.blog.tags", "must be a table, not 'a=b'"),
    "a tag without a key": (
        '[origins.blog]\ntags = { "" = "b" }',
        'origins.blog.tags.""',
        "the key of a tag has 1 to 128 characters",
    ),
    "a tag of AWS": (
        '[origins.blog]\ntags = { "AWS:x" = "b" }',
        'origins.blog.tags."AWS:x"',
        "tags that begin with aws: belong to AWS",
    ),
    "a tag with a number": (
        "[origins.blog]\ntags = { a = 1 }",
        "origins.blog.tags.a",
        "the value of a tag must be a text in quotes, not 1",
    ),
    "a tag's value too long": (
        f'[origins.blog]\ntags = {{ a = "{"x" * 257}" }}',
        "origins.blog.tags.a",
        "at most 256 characters, not 257",
    ),
    "a hostname with a scheme": (
        blog('hostnames = ["https://www.example.org"]'),
        "origins.blog.hostnames[0]",
        "is a URL or a path; write the hostname alone",
    ),
    "a wildcard": (blog('hostnames = ["*.example.org"]'), "origins.blog.hostnames[0]", "is a wildcard"),
    "a hostname that is not ASCII": (
        blog('hostnames = ["bücher.example"]'),
        "origins.blog.hostnames[0]",
        "write its xn-- form",
    ),
    "a hostname with a port": (
        blog('hostnames = ["www.example.org:443"]'),
        "origins.blog.hostnames[0]",
        "'www.example.org:443' is not a hostname (labels of",
    ),
    "a hostname that is too long": (
        blog(f'hostnames = ["{".".join(["x" * 60] * 5)}"]'),
        "origins.blog.hostnames[0]",
        "is longer than the 253 characters",
    ),
    "a protocol that is neither": (net('protocol = "icmp"'), f"{NETWORK}.protocol", "must be 'tcp' or 'udp'"),
    "one port without brackets": (
        net("ports = 443"),
        f"{NETWORK}.ports",
        "a list of ports in brackets, not 443",
    ),
    "no ports": (net("ports = []"), f"{NETWORK}.ports", "name at least 1 of the ports"),
    "port 0": (net("ports = [443, 0]"), f"{NETWORK}.ports[1]", "from 1 to 65535, not 0"),
    "a port above all": (net("ports = [65536]"), f"{NETWORK}.ports[0]", "from 1 to 65535, not 65536"),
    "a port that is true": (net("ports = [true]"), f"{NETWORK}.ports[0]", "from 1 to 65535, not true"),
    "a port that is a text": (net('ports = ["443"]'), f"{NETWORK}.ports[0]", "from 1 to 65535, not '443'"),
    "a port twice": (net("ports = [443, 443]"), f"{NETWORK}.ports[1]", "443 is named twice"),
    "an unknown way with foreign rules": (
        net('foreign = "delete"'),
        f"{NETWORK}.foreign",
        "what to do with foreign rules must be 'report' or 'remove', not 'delete'",
    ),
    "foreign rules that are only reported": (
        net('foreign_rules = ["sgr-0123456789abcdef0"]'),
        f"{NETWORK}.foreign_rules",
        'only with foreign = "remove"',
    ),
    "a foreign rule by a group's id": (
        net('foreign = "remove"\nforeign_rules = ["sg-0123456789abcdef0"]'),
        f"{NETWORK}.foreign_rules[0]",
        "is not the id of a rule (sgr- and 8 or more",
    ),
    "an extra range that is none": (
        net('extra_ranges = ["China"]'),
        f"{NETWORK}.extra_ranges[0]",
        "'China' is no range; write an address, a slash",
    ),
    "a bare IPv4 address": (exempt(source='"203.0.113.7"'), SOURCE, "write '203.0.113.7/32' for one address"),
    "a bare IPv6 address": (
        exempt(source='"2001:db8::1"'),
        SOURCE,
        "write '2001:db8::1/128' for one address",
    ),
    "an exception without a source": (exempt(source=None), SOURCE, "is missing: The range to let in"),
    "an exception without an owner": (
        exempt(owner=None),
        "origins.blog.exceptions[0].owner",
        "is missing: Who answers",
    ),
    "an exception without a reason": (
        exempt(reason=None),
        "origins.blog.exceptions[0].reason",
        "is missing: Why",
    ),
    "an exception without an end": (exempt(expires=None), EXPIRES, "is missing: The last day"),
    "an empty owner": (exempt(owner='""'), "origins.blog.exceptions[0].owner", "is empty; write who answers"),
    "an empty reason": (exempt(reason='"  "'), "origins.blog.exceptions[0].reason", "is empty; write why"),
    "an end with a time": (exempt(expires="2027-03-31T12:00:00Z"), EXPIRES, "must be a date without a time"),
    "an end in words": (exempt(expires='"next spring"'), EXPIRES, "such as 2027-03-31, not 'next spring'"),
    "an end that is a number": (exempt(expires="20270331"), EXPIRES, "such as 2027-03-31, not 20270331"),
    "an end that is a clock time": (exempt(expires="12:00:00"), EXPIRES, "such as 2027-03-31, not a time"),
    "a URL of another scheme": (
        cloudflare("ftp://example.org/"),
        API_URL,
        "must be a whole URL that begins with",
    ),
    "a URL that is a list": (
        '[edges.cloudflare]\napi_url = ["x"]',
        API_URL,
        "must be a URL, as a text in quotes",
    ),
    "a negative rate": (
        "[limits]\nchanges_per_second = -1",
        "limits.changes_per_second",
        "0 or more, not -1",
    ),
    "a rate that is true": (
        "[limits]\nchanges_per_second = true",
        "limits.changes_per_second",
        "0 or more, not true",
    ),
    "too long a wait": ("[limits]\nsettle_seconds = 601", "limits.settle_seconds", "from 0 to 600, not 601"),
    "a wait that is a text": (
        '[limits]\nsettle_seconds = "30s"',
        "limits.settle_seconds",
        "from 0 to 600, not '30s'",
    ),
}

BY_DECODING_ONLY = {
    "a word for every revocation list": (
        IDENTITY + 'mode = "off"\nacknowledge = ["clients", "revocations"]',
        "origins.blog.identity.acknowledge",
        '"revocations of store NAME"',
    ),
    "a word for the trust of every store": (
        IDENTITY + 'mode = "off"\nacknowledge = ["trust of others"]',
        "origins.blog.identity.acknowledge",
        '"trust of store NAME"',
    ),
    "a hostname that is an address": (
        blog('hostnames = ["203.0.113.7"]'),
        "origins.blog.hostnames[0]",
        "is an address; write the DNS name",
    ),
    "a hostname in digits": (
        blog('hostnames = ["203.0.113"]'),
        "origins.blog.hostnames[0]",
        "ends in a label of digits only",
    ),
    "a hostname with the root's dot": (
        blog('hostnames = ["www.example.org."]'),
        "origins.blog.hostnames[0]",
        "ends in a dot; write it without",
    ),
    "a hostname twice": (
        blog('hostnames = ["www.example.org", "WWW.example.org"]'),
        "origins.blog.hostnames[1]",
        "'www.example.org' is named twice",
    ),
    "an extra range with host bits": (
        net('extra_ranges = ["198.51.100.1/24"]'),
        f"{NETWORK}.extra_ranges[0]",
        "host bits set (the range is 198.51.100.0/24)",
    ),
    "an extra range that is private": (
        net('extra_ranges = ["10.1.0.0/24"]'),
        f"{NETWORK}.extra_ranges[0]",
        "10.1.0.0/24 is not global",
    ),
    "an extra range that is too wide": (
        net('extra_ranges = ["198.51.100.0/24", "64.0.0.0/9"]'),
        f"{NETWORK}.extra_ranges[1]",
        "64.0.0.0/9 is wider than /10, the widest that a range of Cloudflare may be",
    ),
    "an extra range too wide for its own edge": (
        f'{BLOG}edge = "narrow"\n[origins.blog.network]\nextra_ranges = ["198.51.100.0/24"]',
        f"{NETWORK}.extra_ranges[0]",
        "wider than /28, the widest that a range of Narrow may be",
    ),
    "an exception with host bits": (
        exempt(source='"203.0.113.7/24"'),
        SOURCE,
        "host bits set (the range is 203.0.113.0/24); write the range",
    ),
    "an IPv4 exception that is too wide": (
        exempt(source='"203.2.0.0/15"'),
        SOURCE,
        "wider than /16, the widest that an exception may be",
    ),
    "an IPv6 exception that is too wide": (
        exempt(source='"2001:db8::/47"'),
        SOURCE,
        "wider than /48, the widest that an exception may be",
    ),
    "an exception for everybody": (exempt(source='"0.0.0.0/0"'), SOURCE, "0.0.0.0/0 is wider than /16"),
    "an exception with too long a prefix": (
        exempt(source='"203.0.113.7/33"'),
        SOURCE,
        "'203.0.113.7/33' is no range",
    ),
    "the same exception twice": (
        exempt() + "\n[[origins.blog.exceptions]]\n" + "\n".join(f"{k} = {v}" for k, v in EXCEPTION.items()),
        "origins.blog.exceptions[1].source",
        "203.0.113.7/32 is the source of origins.blog.exceptions[0] too",
    ),
    "a reason of two lines": (
        exempt(reason='"a\\nb"'),
        "origins.blog.exceptions[0].reason",
        "holds a line break or an unprintable character; write why",
    ),
    "a day that is none": (exempt(expires='"2027-02-30"'), EXPIRES, "'2027-02-30' is no day of the calendar"),
    "plain http to elsewhere": (
        cloudflare("http://example.org/"),
        API_URL,
        "speaks to 'example.org' in clear",
    ),
    "plain http to a near miss": (
        cloudflare("http://127.0.0.1.example.org/"),
        API_URL,
        "speaks to '127.0.0.1.example.org' in clear",
    ),
    "a password in a URL": (
        cloudflare("https://me:secret@example.org/"),
        API_URL,
        "must not hold a user or a password",
    ),
    "a URL without a host": (cloudflare("https:///v4"), API_URL, "names no host"),
    "a URL with a port that is none": (
        cloudflare("https://example.org:99999/"),
        API_URL,
        "cannot be read as a URL",
    ),
    "a URL with a space": (
        cloudflare("https://example.org/a b"),
        API_URL,
        "holds a character that no URL holds",
    ),
    "a rate that is not finite": (
        "[limits]\nchanges_per_second = inf",
        "limits.changes_per_second",
        "not inf",
    ),
    "a rate that is no number": (
        "[limits]\nchanges_per_second = nan",
        "limits.changes_per_second",
        "not nan",
    ),
}

TWO_ALIKE = '[origins.my-blog]\ntags = { a = "b" }\n[origins."my.blog"]\ntags = { a = "b" }'

BY_ENVIRONMENT = {
    "a wrong region": ("ORIGINLOCK_ORIGINS_BLOG_REGION", "Ireland", BLOG, "'Ireland' is not an AWS region"),
    "a rate in words": (
        "ORIGINLOCK_LIMITS_CHANGES_PER_SECOND",
        "five",
        "",
        "a number, 0 or more, not 'five'",
    ),
    "a rate with spaces": ("ORIGINLOCK_LIMITS_CHANGES_PER_SECOND", " 5", "", "a number, 0 or more, not ' 5'"),
    "a rate with an exponent": ("ORIGINLOCK_LIMITS_CHANGES_PER_SECOND", "1e3", "", "0 or more, not '1e3'"),
    "a rate that is infinite": ("ORIGINLOCK_LIMITS_CHANGES_PER_SECOND", "inf", "", "0 or more, not 'inf'"),
    "a wait that is too long": ("ORIGINLOCK_LIMITS_SETTLE_SECONDS", "600.5", "", "from 0 to 600, not 600.5"),
    "a URL in clear": (
        "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL",
        "http://example.net",
        "",
        "'example.net' in clear",
    ),
    "foreign rules": (
        "ORIGINLOCK_ORIGINS_BLOG_NETWORK_FOREIGN",
        "keep",
        BLOG,
        "'report' or 'remove', not 'keep'",
    ),
    "a variable of two origins": (
        "ORIGINLOCK_ORIGINS_MY_BLOG_REGION",
        "eu-west-1",
        TWO_ALIKE,
        'means origins.my-blog.region as well as origins."my.blog".region',
    ),
}


def found(document: str, edges: Sequence[EdgeDescription], **environment: str) -> tuple[Problem, ...]:
    """The problems of a document, having seen that it came to no configuration."""
    decoded = decode(tomllib.loads(document), environment, edges)
    assert (decoded.configuration is None) == bool(decoded.problems)
    return decoded.problems


FILES = BY_SCHEMA_TOO | BY_DECODING_ONLY


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file_is_told_with_place_and_words(case: str, edges: Sequence[EdgeDescription]) -> None:
    """One mistake gives one problem, at its place, and one line that says which mistake it is."""
    document, place, words = FILES[case]
    (problem,) = found(document, edges)
    assert problem.place == place
    assert words in problem.message
    assert problem.message.isprintable()


@pytest.mark.parametrize("case", BY_ENVIRONMENT)
def test_a_wrong_variable_is_told_by_its_name(case: str, edges: Sequence[EdgeDescription]) -> None:
    """What the environment says wrongly is told under the variable's name, not the key's."""
    variable, value, document, words = BY_ENVIRONMENT[case]
    (problem,) = found(document, edges, **{variable: value})
    assert problem.place == variable
    assert words in problem.message


def test_no_two_mistakes_have_the_same_words(edges: Sequence[EdgeDescription]) -> None:
    """A person who searches for a message finds one mistake."""
    said = [problem for document, _, _ in FILES.values() for problem in found(document, edges)]
    said += [
        problem
        for variable, value, document, _ in BY_ENVIRONMENT.values()
        for problem in found(document, edges, **{variable: value})
    ]
    counted = Counter(problem.message for problem in said)
    assert len(counted) >= 45
    assert {message: times for message, times in counted.items() if times > 1} == {}


@pytest.mark.parametrize("case", FILES)
def test_the_schema_refuses_what_it_can(case: str, edges: Sequence[EdgeDescription]) -> None:
    """An editor with the schema marks these mistakes while they are made; the others need arithmetic."""
    document = as_json(tomllib.loads(FILES[case][0]))
    assert Draft202012Validator(json_schema(edges)).is_valid(document) == (case in BY_DECODING_ONLY)


def as_json(document: object) -> object:
    """A TOML document as JSON has it: dates are texts."""

    def as_text(value: object) -> str:
        assert isinstance(value, datetime.date | datetime.time)
        return value.isoformat()

    text = json.dumps(document, default=as_text)
    decoded: object = json.loads(text)
    return decoded


def test_every_problem_is_gathered(edges: Sequence[EdgeDescription]) -> None:
    """A person mends the file once, not once for each mistake."""
    document = """
    [origins.blog]
    region = "nowhere"
    [origins.blog.network]
    ports = [0, 443, 443, true]
    extra_ranges = ["10.0.0.0/24", "64.0.0.0/9"]
    [[origins.blog.exceptions]]
    source = "0.0.0.0/0"
    [limits]
    settle_seconds = -1
    """
    places = [problem.place for problem in found(document, edges, ORIGINLOCK_LIMITS_CHANGES_PER_SECOND="x")]
    assert places == [
        "origins.blog.region",
        "origins.blog",
        "origins.blog.network.ports[0]",
        "origins.blog.network.ports[2]",
        "origins.blog.network.ports[3]",
        "origins.blog.network.extra_ranges[0]",
        "origins.blog.network.extra_ranges[1]",
        "origins.blog.exceptions[0].source",
        "origins.blog.exceptions[0].owner",
        "origins.blog.exceptions[0].reason",
        "origins.blog.exceptions[0].expires",
        "ORIGINLOCK_LIMITS_CHANGES_PER_SECOND",
        "limits.settle_seconds",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@example.org/",
        "http://me:hunter2@example.org:99999/",
        "https://me:hunter2@[::1/",
        "https://me:hunter2@example.org/\\t",
        "https://me:hunter2@example.org/ a",
        "me:hunter2@example.org",
    ],
)
def test_no_message_shows_a_password(url: str, edges: Sequence[EdgeDescription]) -> None:
    """Problems are printed and logged: a URL that may hold a password is never repeated in one."""
    decoded = decode(tomllib.loads(cloudflare(url)), {}, edges)
    assert decoded.problems
    assert "hunter2" not in repr(decoded)


def test_a_wrong_value_is_told_where_the_environment_wins(
    edges: Sequence[EdgeDescription],
) -> None:
    """The variable may be gone tomorrow; the mistake in the file would then come as a surprise."""
    (problem,) = found("[limits]\nsettle_seconds = -5", edges, ORIGINLOCK_LIMITS_SETTLE_SECONDS="5")
    assert problem.place == "limits.settle_seconds"


def test_without_the_default_edge_an_origin_must_name_its_own(edges: Sequence[EdgeDescription]) -> None:
    """An edge that nobody described has no limits, and its ranges would go unjudged."""
    (problem,) = found(BLOG, edges[1:])
    assert (problem.place, problem.message) == (
        "origins.blog.edge",
        "is missing: The edge in front of the origin.",
    )


def test_an_unknown_edge_does_not_hide_a_wrong_range(edges: Sequence[EdgeDescription]) -> None:
    """Width cannot be judged without the edge's limits, but a private range is wrong behind any edge."""
    document = f'{BLOG}edge = "x"\n[origins.blog.network]\nextra_ranges = ["32.0.0.0/9", "10.0.0.0/24"]'
    places = [problem.place for problem in found(document, edges)]
    assert places == ["origins.blog.edge", "origins.blog.network.extra_ranges[1]"]


def test_a_misspelt_remove_is_one_mistake(edges: Sequence[EdgeDescription]) -> None:
    """That rules may not be named under the default would only lead away from the mistake."""
    document = net('foreign = "delete"\nforeign_rules = ["sgr-0123456789abcdef0"]')
    assert [problem.place for problem in found(document, edges)] == [f"{NETWORK}.foreign"]


def test_numbers_beyond_all_measure_are_refused(edges: Sequence[EdgeDescription]) -> None:
    """A number that no float holds is a mistake, not an exception of Python's."""
    decoded = decode({"limits": {"changes_per_second": 10**5000}}, {}, edges)
    (problem,) = decoded.problems
    assert "not a number that is far too large" in problem.message
