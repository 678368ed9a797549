"""`cost estimate` and `cost storm` as people and programs meet them."""

from __future__ import annotations

import re

import pytest
from tests.cli.product import Product
from tests.cli.test_usage import imported

from originlock.cli.cost_estimate import KINDS
from originlock.cli.cost_output import KEYS
from originlock.cost.units import ServerKey
from originlock.facts.usage import Kind

ESTIMATE = ("cost", "estimate", "--region", "eu-west-1")
STORM = ("cost", "storm", "--region", "eu-west-1", "--rate", "10000/s", "--for", "1h")
DIMENSIONS = ("new_connections", "active_connections", "processed_bytes", "rule_evaluations")
BILL = ("lcu", "hours", "trust_stores", "ipv4", "total")


def test_an_estimate_as_programs_read_it(offline: Product) -> None:
    """A name that a program reads would change, or a number that AWS's formula gives."""
    data = offline.run(*ESTIMATE, "--new-connections", "26/s", "--active", "3000", "--ipv4", "2", "-o", "json").json
    assert data["region"] == "eu-west-1"
    assert data["prices_as_of"] == "2026-07-24"
    assert [data["lcu"][each] for each in DIMENSIONS] == [1.04, 1.0, 0.0, 0.0]
    assert (data["lcu"]["total"], data["lcu"]["decided_by"]) == (1.04, "new_connections")
    assert {each: data["usd_per_hour"][each] for each in BILL} == pytest.approx(
        {"lcu": 0.00832, "hours": 0.0252, "trust_stores": 0, "ipv4": 0.01, "total": 0.04352}
    )
    assert {each: data["usd_per_month"][each] / 730 for each in BILL} == pytest.approx(data["usd_per_hour"])


def test_mutual_tls_halves_active_connections_and_needs_a_store(offline: Product) -> None:
    """Mutual TLS would look as if it cost nothing."""
    data = offline.run(*ESTIMATE, "--active", "3000", "--requests", "100/s", "--mtls", "-o", "json").json
    assert data["lcu"]["active_connections"] == 2.0
    assert data["lcu"]["processed_bytes"] == pytest.approx([1900 * 360_000 / 2**30, 2180 * 360_000 / 10**9])
    assert data["usd_per_hour"]["trust_stores"] == 0.0056
    assert data["lcu"]["decided_by"] == "active_connections"
    assert data["locks"]["identity"]["adds_usd_per_month"] == pytest.approx((0.0056 + 0.008) * 730)


@pytest.mark.parametrize("unit", ["3600GB/h", "1GB/s", "60GB/m", "86.4TB/d", "1e9/s", "3600000MB/h"])
def test_the_unit_changes_nothing(unit: str, offline: Product) -> None:
    """The bill would depend on the unit that somebody counts in."""
    assert offline.run(*ESTIMATE, "--bytes", unit, "-o", "json").json["lcu"]["total"] == [3600e9 / 2**30, 3600.0]


@pytest.mark.parametrize(
    "kind, units",
    [("nlb-tcp", 1 / 8), ("nlb-udp", 1 / 4), ("nlb-tls", 2.0), ("gwlb", 1 / 6)],
)
def test_other_kinds(kind: str, units: float, offline: Product) -> None:
    """A Network Load Balancer would be reckoned as an Application Load Balancer."""
    data = offline.run(
        "cost", "estimate", "--region", "us-east-1", "--kind", kind, "--new-connections", "100/s", "-o", "json"
    ).json
    assert data["lcu"]["total"] == pytest.approx(units)
    assert data["kind"] == kind


def test_what_the_network_lock_saves_is_the_difference(offline: Product) -> None:
    """A flood that the bill does not feel would be sold as money saved."""
    figures = ("--new-connections", "80/s", "--bytes", "5GB/h", "--bypass-new-connections", "60/s")
    lock = offline.run(*ESTIMATE, *figures, "-o", "json").json["locks"]["network"]
    assert lock == {"saves_usd_per_month": 0.0, "lcu": 0.0, "lcu_alone": 2.4}
    out = offline.run(*ESTIMATE, *figures).out
    assert "the network lock would save nothing" in out
    assert "not this: the same alone" in out


def test_the_text_says_first_what_people_came_for(offline: Product) -> None:
    """A person would look for the dollars among the reasons."""
    first, second, third, *rest = offline.run(
        *ESTIMATE, "--bytes", "10GB/h", "--requests", "100/s", "--mtls"
    ).out.splitlines()
    assert first == "Application Load Balancer in eu-west-1: $80.59 to 85.47 a month"
    assert "decided by processed bytes" in second
    assert "mutual TLS is $7.81 to 8.67 of it" in third
    text = "\n".join(rest)
    for told in ("Why a range", "2^30", "1,900", "Not counted", "public IPv4", "data transfer out", "as of 2026-09-11"):
        assert told in text


def test_text_fits_a_terminal_line_by_line(offline: Product) -> None:
    """Columns of numbers would be broken in a usual terminal."""
    out = offline.run(*ESTIMATE, "--bytes", "10GB/h", "--mtls", "--active", "1k").out
    out += offline.run(*STORM, "--normal-bytes", "10GB/h").out
    numbers = [line for line in out.splitlines() if line.startswith("  ") and "  " in line.strip()]
    assert len(numbers) > 15
    assert [line for line in numbers if len(line) > 80] == []


def test_markdown_is_tables(offline: Product) -> None:
    """A pull request would show columns that have run into each other."""
    out = offline.run(*ESTIMATE, "--new-connections", "26/s", "-o", "markdown").out
    assert out.startswith("### Application Load Balancer in eu-west-1: \\$24.47 a month\n")
    assert "| new connections | 1.04 | 6.07 | charged |" in out
    rows = [line for line in out.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


@pytest.mark.parametrize("asked", [(*ESTIMATE, "--bytes", "10GB/h"), STORM], ids=["estimate", "storm"])
def test_the_page_is_one_file(asked: tuple[str, ...], offline: Product) -> None:
    """A page would be half of one, or load the rest from elsewhere."""
    out = offline.run(*asked, "-o", "html").out
    assert out.startswith("<!DOCTYPE html>")
    assert "eu-west-1" in out
    assert "us-east-1" in out
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)""", out) == []


def test_a_flood_as_programs_read_it(offline: Product) -> None:
    """A name that a program reads would change, or a number that the facts give."""
    postures = offline.run(*STORM, "-o", "json").json["postures"]
    assert list(postures) == ["open", "mtls", "security_group"]
    assert postures["open"]["lcu"] == 400.0
    assert postures["open"]["lcu_usd"] == pytest.approx(3.2)
    assert postures["open"]["egress_gb"] == pytest.approx([36e6 * 8000 / 2**30, 360.0])
    assert postures["open"]["egress_usd"] == pytest.approx([36e6 * 8000 / 2**30 * 0.09, 32.4])
    assert postures["mtls"]["lcu"] == [0.0, 400.0]
    assert postures["mtls"]["egress_gb"] == pytest.approx([36e6 * 3000 / 2**30, 180.0])
    assert set(postures["security_group"].values()) == {0.0}


def test_a_flood_adds_to_the_normal_load(offline: Product) -> None:
    """What is paid for already would be charged twice."""
    normal = ("--normal-new-connections", "10000/s", "--normal-bytes", "500GB/h")
    postures = offline.run(*STORM, *normal, "-o", "json").json["postures"]
    low, high = postures["open"]["lcu"]
    assert (low, high) == (300.0, pytest.approx(800 - 500e9 / 2**30))
    assert "500 GB/h" in offline.run(*STORM, *normal).out


def test_free_transfer_is_free_only_once(offline: Product) -> None:
    """A month that has sent nothing yet would be charged for its free GB."""
    data = offline.run(*STORM, "--response-bytes", "0", "--egress-this-month", "0", "-o", "json").json
    assert data["postures"]["open"]["egress_usd"][0] == pytest.approx((36e6 * 3000 / 2**30 - 100) * 0.09)
    assert data["egress_this_month_gb"] == 0.0


def test_the_flood_text_has_the_postures_side_by_side(offline: Product) -> None:
    """A person could not compare the door open with the door shut."""
    out = offline.run(*STORM).out
    assert out.splitlines()[0] == "A flood of 10,000 connections/s for 1 hour on an ALB in eu-west-1"
    header = next(
        line for line in out.splitlines() if "security group" in line and "mutual TLS" in line and "$" not in line
    )
    assert header.split() == ["open", "mutual", "TLS", "security", "group"]
    assert "Data transfer out is most of it" in out
    assert "what the flood adds" in out


def test_the_region_is_found_as_by_other_commands(offline: Product) -> None:
    """A Region would have to be typed that the environment names."""
    assert offline.run("cost", "estimate", "-o", "json").json["region"] == "eu-west-1"
    assert (
        offline.with_variables(AWS_REGION="us-east-1").run("cost", "estimate", "-o", "json").json["region"]
        == "us-east-1"
    )


@pytest.mark.parametrize("arguments", [("--help",), ("cost", "--help"), ("plan", "--help"), ("history",)], ids=" ".join)
def test_nobody_else_loads_what_reckons(arguments: tuple[str, ...], offline: Product) -> None:
    """Every command would start slower for what only one of them needs."""
    loaded = imported(*arguments, product=offline)
    assert {each for each in loaded if each.startswith(("originlock.cost", "originlock.report.money"))} == set()
    assert loaded & {"originlock.cli.cost_figures", "fractions"} == set()


def test_an_estimate_asks_aws_nothing(offline: Product) -> None:
    """Figures given by hand would need credentials, and the time to load what talks to AWS."""
    assert imported(*ESTIMATE, product=offline) & {"botocore", "boto3", "originlock.aws"} == set()


def test_choices_are_those_of_the_model() -> None:
    """A kind of load balancer, or of key, would be reckoned that nobody can ask for."""
    assert tuple(each.value for each in Kind) == KINDS
    assert tuple(each.value for each in ServerKey) == KEYS


def test_a_large_key_makes_connections_dearer(offline: Product) -> None:
    """Whoever has a large certificate would be told a fifth of the bill."""
    key = ("--certificate-key", "rsa-4096", "-o", "json")
    assert offline.run(*ESTIMATE, "--new-connections", "26/s", *key).json["lcu"]["total"] == 5.2
    assert offline.run(*STORM, *key).json["postures"]["open"]["lcu"] == 2000.0


def test_what_one_request_leaves_of_its_free_rules_is_not_lent(offline: Product) -> None:
    """Requests of the normal load with few rules would make a flood's many rules free."""
    data = offline.run(*ESTIMATE, "--requests", "1000/s", "--rules", "1", "-o", "json").json
    assert data["lcu"]["rule_evaluations"] == 0.0
    assert data["figures"]["rules_per_second"] == 10_000.0


def test_every_figure_arrives_where_it_belongs(offline: Product) -> None:
    """Two options would be taken for each other, and the bill would be another one's."""
    told = {
        "--new-connections": "11/s",
        "--active": "12",
        "--bytes": "13GB/h",
        "--lambda-bytes": "14GB/h",
        "--requests": "15/s",
        "--rules": "16",
        "--trust-stores": "2",
        "--ipv4": "3",
        "--bypass-new-connections": "1/s",
        "--bypass-active": "2",
        "--bypass-bytes": "3GB/h",
        "--bypass-requests": "4/s",
        "--certificate-key": "rsa-4096",
    }
    words = [word for pair in told.items() for word in pair]
    figures = offline.run(*ESTIMATE, *words, "--mtls", "-o", "json").json["figures"]
    assert figures == {
        "new_connections_per_second": 11,
        "active_connections": 12,
        "bytes_per_hour": 13e9,
        "lambda_bytes_per_hour": 14e9,
        "requests_per_second": 15,
        "rules_per_second": 15 * 16,
        "mutual_tls": True,
        "certificate_key": "rsa-4096",
        "trust_stores": 2,
        "ipv4": 3,
        "zones": 1,
        "bypass": {
            "new_connections_per_second": 1,
            "active_connections": 2,
            "bytes_per_hour": 3e9,
            "lambda_bytes_per_hour": 0,
            "requests_per_second": 4,
            "rules_per_second": 4 * 16,
        },
    }


def test_every_figure_of_a_flood_arrives_where_it_belongs(offline: Product) -> None:
    """Two options would be taken for each other, and the flood would be another one."""
    told = {
        "--requests-per-connection": "2",
        "--request-bytes": "3KB",
        "--response-bytes": "4KB",
        "--open-seconds": "5",
        "--rules": "16",
        "--certificate-key": "rsa-8192",
        "--normal-new-connections": "6/s",
        "--normal-active": "7",
        "--normal-bytes": "8GB/h",
        "--normal-requests": "9/s",
        "--normal-rules": "20",
        "--egress-this-month": "2TB",
    }
    words = [word for pair in told.items() for word in pair]
    data = offline.run(*STORM, *words, "-o", "json").json
    assert data["flood"] == {"connections_per_second": 10_000, "hours": 1}
    assert data["assumptions"] == {
        "requests_per_connection": 2,
        "request_bytes": 3000,
        "response_bytes": 4000,
        "open_seconds": 5,
        "rules": 16,
        "certificate_key": "rsa-8192",
    }
    assert data["normal"] == {
        "new_connections_per_second": 6,
        "active_connections": 7,
        "bytes_per_hour": 8e9,
        "lambda_bytes_per_hour": 0,
        "requests_per_second": 9,
        "rules_per_second": 9 * 20,
    }
    assert data["egress_this_month_gb"] == 2000


@pytest.mark.parametrize("command", ["estimate", "storm"])
def test_help_fits_a_terminal_and_has_examples(command: str, offline: Product) -> None:
    """Help would wrap in the middle of words, or leave a person to guess at units."""
    ended = offline.with_variables(COLUMNS="80").run("cost", command, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert [line for line in ended.out.splitlines() if len(line) > 84] == []
    for told in ("Examples:", "Exit codes:", "--region eu-west-1", "Nothing is asked of AWS"):
        assert told in ended.out


def test_examples_of_the_help_can_be_typed(offline: Product) -> None:
    """A person would copy an example that is refused."""
    tried = 0
    for command in ("estimate", "storm"):
        text = offline.run("cost", command, "--help").out.replace("\\\n", " ")
        for line in text.splitlines():
            if line.strip().startswith("originlock cost") and "--region" in line:
                words = line.partition(">")[0].split()
                assert offline.run(*words[1:]).code == 0, line
                tried += 1
    assert tried >= 7
