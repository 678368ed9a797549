"""What holds for every document, found by search."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Mapping, Sequence

from hypothesis import HealthCheck, given, settings, strategies as st

from originlock.facts.edge import EdgeDescription
from originlock.intent import keys
from originlock.intent.decode import Decoded, Setting, decode
from originlock.intent.keys import Named, Section, Several

searched = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The first text that is drawn loads a table of all characters; that is no fault of the document's."""

WORDS = [
    "origins",
    "edges",
    "limits",
    "cloudflare",
    "narrow",
    "blog",
    "cli",
    "my.blog",
    "edge",
    "region",
    "profile",
    "role",
    "external_id",
    "security_groups",
    "tags",
    "hostnames",
    "network",
    "exceptions",
    "protocol",
    "ports",
    "foreign",
    "foreign_rules",
    "extra_ranges",
    "source",
    "owner",
    "reason",
    "expires",
    "api_url",
    "list_url",
    "changes_per_second",
    "settle_seconds",
    "load_balancer",
]
VALUES = [
    "sg-0123456789abcdef0",
    "sgr-0123456789abcdef0",
    "203.0.113.7/32",
    "203.0.113.7",
    "10.0.0.0/8",
    "::/0",
    "fe80::1%eth0",
    "remove",
    "tcp",
    "eu-west-1",
    "www.example.org",
    "https://example.org",
    "http://[::1",
    "https://a@b",
    "2027-03-31",
    "2027-02-30",
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(VALUES)
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.times()
)
JSON_LIKE = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=40,
)
ENVIRONMENTS = st.dictionaries(
    st.lists(st.sampled_from([word.upper() for word in WORDS]), min_size=1, max_size=4).map(
        lambda parts: "_".join(["ORIGINLOCK", *parts]).replace(".", "_")
    ),
    st.sampled_from(VALUES) | st.text(),
    max_size=4,
)


def tables(section: Section) -> st.SearchStrategy[object]:
    """Documents whose keys are known, so that the search comes as far as the values."""
    named: dict[str, st.SearchStrategy[object]] = {}
    for entry in section.entries:
        match entry:
            case Section():
                named[entry.name] = tables(entry) | JSON_LIKE
            case Several():
                named[entry.name] = st.lists(tables(entry.each), max_size=3) | JSON_LIKE
            case Named():
                names = st.sampled_from(["blog", "my-blog", "my.blog", "cli", ""])
                named[entry.name] = st.dictionaries(names, tables(entry.each), max_size=3) | JSON_LIKE
            case _:
                named[entry.name] = JSON_LIKE
    return st.fixed_dictionaries({}, optional=named)


@searched
@given(data=st.data(), environment=ENVIRONMENTS)
def test_any_document_decodes_to_something(
    data: st.DataObject, environment: dict[str, str], edges: Sequence[EdgeDescription]
) -> None:
    """No document and no environment makes decoding fail; what is wrong is told in printable lines."""
    document = data.draw(tables(keys.document(edges)) | st.dictionaries(st.sampled_from(WORDS), JSON_LIKE))
    assert isinstance(document, dict)
    decoded = decode(document, environment, edges)
    assert (decoded.configuration is None) == bool(decoded.problems)
    for told in (*decoded.problems, *decoded.warnings):
        assert told.message.isprintable()
        assert told.place.isprintable()


def unique(each: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    """A list without doubles."""
    return st.lists(each, min_size=least, max_size=4, unique=True)


HEX = st.text("0123456789abcdef", min_size=8, max_size=17)
TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
LABELS = st.from_regex("[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
SOURCES = st.builds(
    lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
    st.ip_addresses(v=4).map(int),
    st.integers(16, 32),
) | st.builds(
    lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
    st.ip_addresses(v=6).map(lambda address: int(address) | 1 << 125),
    st.integers(48, 128),
)
EXCEPTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "source": SOURCES,
            "owner": TEXTS,
            "reason": TEXTS,
            "expires": st.dates() | st.dates().map(datetime.date.isoformat),
        }
    ),
    max_size=3,
    unique_by=lambda exception: exception["source"],
)
NETWORKS = st.fixed_dictionaries(
    {},
    optional={
        "protocol": st.sampled_from(["tcp", "udp"]),
        "ports": st.lists(st.integers(1, 65_535), min_size=1, max_size=4, unique=True),
        "foreign": st.sampled_from(["report", "remove"]),
        "extra_ranges": unique(st.integers(0, 255).map(lambda third: f"198.51.{third}.0/28")),
    },
)
TARGETS = st.fixed_dictionaries({"security_groups": unique(HEX.map("sg-".__add__), 1)}) | st.fixed_dictionaries(
    {
        "tags": st.dictionaries(
            TEXTS.filter(lambda key: not key.lower().startswith("aws:")),
            st.just("") | TEXTS,
            min_size=1,
            max_size=3,
        )
    }
)
ORIGINS = st.builds(
    lambda target, others: {**target, **others},
    TARGETS,
    st.fixed_dictionaries(
        {},
        optional={
            "edge": st.sampled_from(["cloudflare", "narrow"]),
            "region": st.sampled_from(["eu-west-1", "us-gov-east-1", "ap-southeast-12"]),
            "profile": TEXTS,
            "hostnames": unique(st.lists(LABELS, min_size=1, max_size=4).map(".".join)),
            "network": NETWORKS,
            "exceptions": EXCEPTIONS,
        },
    ),
)
NAMES = st.from_regex("[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True).filter(lambda name: name != "cli")
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "origins": st.dictionaries(NAMES, ORIGINS, max_size=3),
        "limits": st.fixed_dictionaries(
            {},
            optional={
                "changes_per_second": st.integers(0, 1000) | st.floats(0, 1000),
                "settle_seconds": st.integers(0, 600) | st.floats(0, 600),
            },
        ),
    },
)


@searched
@given(document=DOCUMENTS)
def test_a_valid_configuration_survives(
    document: dict[str, dict[str, object]], edges: Sequence[EdgeDescription]
) -> None:
    """Whatever is allowed is accepted, and each value that the file says is shown as the file's."""
    decoded = decode(document, {}, edges)
    assert decoded.problems == ()
    assert decoded.configuration is not None
    assert {policy.origin for policy in decoded.configuration.origins} == set(document.get("origins", {}))
    from_file = [setting for setting in decoded.sources if setting.source == "file"]
    assert len(from_file) == said(document)


def said(value: object, key: str = "") -> int:
    """How many values a document says: a list of exceptions those of its tables, any other list one."""
    if isinstance(value, dict):
        return sum(said(inner, name) for name, inner in value.items())
    if key == "exceptions" and isinstance(value, list):
        return sum(said(inner) for inner in value)
    return 1


@searched
@given(document=DOCUMENTS, region=st.sampled_from(["eu-north-1", "us-west-2"]), data=st.data())
def test_the_environment_beats_any_file(
    document: dict[str, dict[str, object]], region: str, data: st.DataObject, edges: Sequence[EdgeDescription]
) -> None:
    """Whatever the file says of a key, or does not say, its variable decides it, and no other key."""
    document["origins"] = {"blog": data.draw(ORIGINS)}
    variables = {"ORIGINLOCK_ORIGINS_BLOG_REGION": region, "ORIGINLOCK_LIMITS_SETTLE_SECONDS": "17"}
    before, after = decode(document, {}, edges), decode(document, variables, edges)
    assert after.configuration is not None
    assert after.configuration.origins[0].place.region == region
    assert after.configuration.limits.settle_seconds == 17
    touched = {"origins.blog.region", "limits.settle_seconds"}
    assert others(before, touched) == others(after, touched)


def others(decoded: Decoded, touched: set[str]) -> list[Setting]:
    """The settings but for some."""
    return [setting for setting in decoded.sources if setting.path not in touched]


def turned(value: object) -> object:
    """The same document with the keys of every table the other way round."""
    if isinstance(value, Mapping):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


def unordered(decoded: Decoded) -> tuple[object, ...]:
    """What was decoded, but for the order of the origins (it is the document's)."""
    configuration = decoded.configuration
    origins = [] if configuration is None else sorted(configuration.origins, key=lambda policy: policy.origin)
    rest = None if configuration is None else (configuration.edges, configuration.limits)
    settings = sorted((setting.path, setting.source, repr(setting.value)) for setting in decoded.sources)
    return (origins, rest, sorted(decoded.problems), decoded.warnings, settings)


@searched
@given(data=st.data())
def test_the_order_of_keys_means_nothing(data: st.DataObject, edges: Sequence[EdgeDescription]) -> None:
    """Two files that differ in the order of their keys mean the same, or have the same problems."""
    document = data.draw(DOCUMENTS | tables(keys.document(edges)))
    other = turned(document)
    assert isinstance(document, dict)
    assert isinstance(other, dict)
    assert unordered(decode(document, {}, edges)) == unordered(decode(other, {}, edges))
