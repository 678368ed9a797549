"""Bad figures: each kind of slip has a message of its own that says what to write instead, and nothing is reckoned."""

from __future__ import annotations

import pytest
from tests.cli.product import Product

ESTIMATE = ("cost", "estimate", "--region", "eu-west-1")
STORM = ("cost", "storm", "--region", "eu-west-1")
A_FLOOD = (*STORM, "--rate", "10/s", "--for", "1h")

SLIPS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    # --- numbers
    ((*ESTIMATE, "--new-connections", ""), "--new-connections: is empty", "--new-connections 26/s"),
    ((*ESTIMATE, "--new-connections", "many"), "many: is no quantity", "--new-connections 26/s"),
    ((*ESTIMATE, "--new-connections", "-26/s"), "-26/s: is less than nothing", "--new-connections 26/s"),
    ((*ESTIMATE, "--active", "nan"), "--active nan: is not a number", "--active 3000"),
    ((*ESTIMATE, "--active", "inf"), "--active inf: is infinite", "--active 3000"),
    ((*ESTIMATE, "--bytes", "1,5GB/h"), "has a comma", "--bytes 1.5GB/h or --bytes 15GB/h"),
    ((*ESTIMATE, "--active", "3 000"), "has a space within the number", "--active 3000"),
    ((*ESTIMATE, "--active", "1e999"), "has an exponent that nothing counted has", "--active 3000"),
    ((*ESTIMATE, "--active", "3" * 50), "is longer than any number is", "--active 3000"),
    ((*ESTIMATE, "--new-connections", "1e9/s"), "375,000 new connections a second", "at most 100,000,000/s"),
    ((*ESTIMATE, "--active", "1e11"), "45,000,000 at once", "at most 10,000,000,000"),
    ((*ESTIMATE, "--bytes", "11PB/h"), "15 TB an hour", "at most 10PB/h"),
    # --- units and times
    ((*ESTIMATE, "--requests", "26rps"), "has an unknown unit, 'rps'", "write the number alone"),
    ((*ESTIMATE, "--requests", "26/week"), "has an unknown time, 'week'", "/s, /m (or /min), /h, /d or /month"),
    ((*ESTIMATE, "--requests", "26/"), "26/: does not say in what time", "write /s, /m, /h or /d after the number"),
    ((*ESTIMATE, "--requests", "26s"), "has a time, s, without a stroke", "write the number, then /s"),
    ((*ESTIMATE, "--new-connections", "26MB/s"), "is a number of bytes, where", "leave out the unit"),
    ((*ESTIMATE, "--active", "26/s"), "is how many there are at once", "write it without /s"),
    ((*ESTIMATE, "--bytes", "10GB"), "10GB: does not say in what time", "write 10GB/h"),
    ((*ESTIMATE, "--bytes", "10Gb/h"), "may be bits: Gb", "write GB; 8 bits are a byte"),
    ((*ESTIMATE, "--bytes", "10G/h"), "does not say of what: G", "write GB, or GiB"),
    ((*ESTIMATE, "--lambda-bytes", "10GBytes/h"), "unknown unit of bytes, 'GBytes'", "write GB"),
    ((*ESTIMATE, "--bytes", "10apples/h"), "unknown unit of bytes, 'apples'", "write B, KB, MB, GB, TB"),
    # --- what is counted
    ((*ESTIMATE, "--trust-stores", "1.5"), "1.5: is not a whole number", "--trust-stores 2"),
    ((*ESTIMATE, "--trust-stores", "101"), "two listeners of a load balancer may verify", "at most 100"),
    ((*ESTIMATE, "--ipv4", "1e5"), "a load balancer has one in a zone", "at most 10,000"),
    ((*ESTIMATE, "--kind", "gwlb", "--zones", "0"), "a Gateway Load Balancer is in one zone at least", "--zones 2"),
    ((*ESTIMATE, "--kind", "gwlb", "--zones", "99"), "no Region has more than six", "at most 20"),
    (
        (*ESTIMATE, "--requests", "1/s", "--rules", "1e6"),
        "has 100 rules, unless AWS raised its quota",
        "at most 10,000",
    ),
    # --- what does not go together
    ((*ESTIMATE, "--rules", "20"), "rules are processed for requests", "give --requests 100/s as well"),
    ((*ESTIMATE, "--zones", "2"), "only a Gateway Load Balancer is charged for each zone", "say --kind gwlb"),
    ((*ESTIMATE, "--kind", "nlb-tls", "--mtls"), "Network Load Balancer has no mutual TLS", "leave out --mtls"),
    ((*ESTIMATE, "--kind", "gwlb", "--mtls"), "Gateway Load Balancer has no mutual TLS", "leave out --mtls"),
    ((*ESTIMATE, "--kind", "nlb-tls", "--certificate-key", "rsa-4096"), "keys count", "leave out --certificate-key"),
    ((*ESTIMATE, "--kind", "nlb-tcp", "--trust-stores", "1"), "has no trust stores", "leave out --trust-stores"),
    ((*ESTIMATE, "--kind", "nlb-udp", "--lambda-bytes", "1KB/s"), "has no Lambda targets", "leave out --lambda-bytes"),
    ((*ESTIMATE, "--kind", "nlb-tcp", "--requests", "1/s"), "--requests: a Network", "leave out --requests"),
    (
        (*ESTIMATE, "--kind", "gwlb", "--rules", "1"),
        "--rules: a Gateway Load Balancer has no rules",
        "leave out --rules",
    ),
    (
        (*ESTIMATE, "--kind", "nlb-tls", "--bypass-requests", "1/s"),
        "--bypass-requests: a Network",
        "leave out --bypass-requests",
    ),
    (
        (*ESTIMATE, "--new-connections", "1/s", "--bypass-new-connections", "61/m"),
        "--bypass-new-connections: more come round the edge",
        "count them in --new-connections too",
    ),
    ((*ESTIMATE, "--bypass-active", "1"), "--bypass-active: more come round", "count them in --active too"),
    (
        (*ESTIMATE, "--bytes", "1GB/h", "--bypass-bytes", "1GiB/h"),
        "--bypass-bytes: more come round the edge",
        "count them in --bytes too",
    ),
    (
        (*ESTIMATE, "--requests", "1/s", "--bypass-requests", "2/s"),
        "--bypass-requests: more come round the edge",
        "count them in --requests too",
    ),
    # --- floods
    ((*STORM, "--rate", "0", "--for", "1h"), "a flood of no connections costs nothing", "--rate 10000/s"),
    ((*STORM, "--rate", "1/s", "--for", "0"), "a flood that does not last costs nothing", "--for 1h"),
    ((*STORM, "--rate", "1/s", "--for", "366d"), "is longer than a year", "at most 365d"),
    ((*STORM, "--rate", "1/s", "--for", "1"), "does not say of what: seconds, hours?", "--for 1h"),
    ((*STORM, "--rate", "1/s", "--for", "1h30"), "1h30: is no duration", "30m, 90s, 2d or 1h30m"),
    ((*STORM, "--rate", "1/s", "--for", "1w"), "has an unknown unit of time, 'w'", "write s, m, h or d"),
    ((*A_FLOOD, "--response-bytes", "5KB/s"), "is a size, not so much in a time", "write it without /s"),
    ((*A_FLOOD, "--response-bytes", "2TB"), "no request or answer is as long as that", "at most 1TB"),
    ((*A_FLOOD, "--requests-per-connection", "1e7"), "keeps a connection for so many requests", "at most 1,000,000"),
    (
        (*A_FLOOD, "--requests-per-connection", "1e4", "--response-bytes", "1TB"),
        "100 PB an hour",
        "less of one of them",
    ),
    ((*A_FLOOD, "--open-seconds", "25h"), "no flood keeps connections for more than a day", "at most 24h"),
    ((*A_FLOOD, "--normal-rules", "5"), "--normal-rules 5: rules are", "give --normal-requests 100/s as well"),
    ((*A_FLOOD, "--egress-this-month", "100"), "is under a megabyte in a month", "such as 100GB"),
    ((*A_FLOOD, "--egress-this-month", "1e4PB"), "AWS's prices starts at 150 TB a month", "at most 1000PB"),
    # --- Regions
    (("cost", "estimate", "--region", "eu-wst-1"), "eu-wst-1 is known here; did you mean eu-west-1", "--refresh"),
    (("cost", "estimate", "--region", "Frankfurt"), "'Frankfurt' is no name of an AWS Region", "such as eu-west-1"),
    (("cost", "estimate", "--region", "eu-west-1a"), "'eu-west-1a' is an Availability Zone", "say eu-west-1"),
    (("cost", "estimate", "--region", "cn-north-1"), "billed in yuan", "outside China"),
    (
        ("cost", "estimate", "--region", "eu-west-2", "--bytes", "1GB/h"),
        "the price of an Application Load Balancer's LCU-hour in eu-west-2 is not known here",
        "cost prices --refresh --region eu-west-2",
    ),
    (
        ("cost", "storm", "--region", "us-east-2", "--rate", "1/s", "--for", "1h"),
        "the price of data transfer out to the internet in us-east-2 is not known here",
        "cost prices --refresh --region us-east-2",
    ),
)


@pytest.mark.parametrize("arguments, what, remedy", SLIPS, ids=[" ".join(each[1:]) for each, _, _ in SLIPS])
def test_a_slip_is_told_with_what_to_write(
    arguments: tuple[str, ...], what: str, remedy: str, offline: Product
) -> None:
    """A wrong figure would be reckoned with, or told without a way on."""
    ended = offline.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    said, whose, to_do = ended.err.splitlines()
    assert what in said
    assert "yours" in whose
    assert remedy in to_do


def test_every_slip_has_its_own_message() -> None:
    """Two kinds of slip would be told alike, and a person would look for the wrong one."""
    told = [what for _, what, _ in SLIPS]
    assert len(set(told)) == len(told) >= 30


def test_no_region_is_told(offline: Product) -> None:
    """Another Region's prices would be taken."""
    nowhere = offline.with_variables(AWS_REGION=None, AWS_DEFAULT_REGION=None)
    ended = nowhere.run("cost", "estimate", "--active", "1")
    assert ended.code == 2
    assert "none is named" in ended.err
    assert "--region eu-west-1" in ended.err


def test_bad_input_is_json_where_that_is_asked_for(offline: Product) -> None:
    """A program that reads stdout would find nothing."""
    ended = offline.run(*ESTIMATE, "--bytes", "10GB", "-o", "json")
    assert ended.code == 2
    assert ended.json["error"]["what"] == "--bytes 10GB: does not say in what time"
