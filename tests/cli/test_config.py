"""`config check|show|schema`, and where the configuration comes from."""

from __future__ import annotations

import os

import pytest
from tests.cli.product import Product

RIGHT = """
[limits]
changes_per_second = 3

[origins.blog]
edge = "cloudflare"
region = "eu-west-1"
security_groups = ["sg-0123456789abcdef0"]
hostnames = ["www.example.org"]
[origins.blog.network]
ports = [443, 8443]
foreign = "report"
[[origins.blog.exceptions]]
source = "203.0.113.7/32"
owner = "ops@example.org"
reason = "office"
expires = 2099-03-31
"""

WRONG = """
frobnicate = 1
[origins.blog]
security_groups = ["web"]
[origins.blog.network]
ports = [0]
foreign = "delete"
[[origins.blog.exceptions]]
source = "203.0.0.0/8"
reason = "too wide, nobody's, without an end"
"""
WRONG_PLACES = (
    "frobnicate",
    "origins.blog.security_groups[0]",
    "origins.blog.network.ports[0]",
    "origins.blog.network.foreign",
    "origins.blog.exceptions[0].source",
    "origins.blog.exceptions[0].owner",
    "origins.blog.exceptions[0].expires",
)


def values(product: Product, *arguments: str) -> dict[str, tuple[object, str]]:
    """Every setting with its value and its source, as `config show` tells them."""
    shown = product.run("config", "show", "-o", "json", *arguments)
    assert shown.code == 0, shown.said
    return {setting["path"]: (setting["value"], setting["source"]) for setting in shown.json["settings"]}


def test_check_says_that_all_is_well(offline: Product) -> None:
    """Nobody could see before a run whether a configuration is right."""
    offline.write("originlock.toml", RIGHT)
    ended = offline.run("config", "check")
    assert (ended.code, ended.err) == (0, "")
    assert "originlock.toml is fine; origins: blog" in ended.out
    assert offline.run("config", "check", "-o", "json").json == {
        "file": "originlock.toml",
        "problems": [],
        "warnings": [],
        "origins": ["blog"],
    }


def test_check_lists_every_problem_with_its_place(offline: Product) -> None:
    """A person would mend one problem at a time, run after run."""
    offline.write("wrong.toml", WRONG)
    ended = offline.run("config", "check", "--config", "wrong.toml", "-o", "json")
    assert ended.code == 2
    assert {problem["place"] for problem in ended.json["problems"]} == set(WRONG_PLACES)
    text = offline.run("config", "check", "--config", "wrong.toml")
    assert text.code == 2
    assert [place for place in WRONG_PLACES if f"{place}: " not in text.out] == []


@pytest.mark.parametrize("command", ["plan", "apply", "rollback", "ranges"])
def test_a_wrong_configuration_stops_every_command(command: str, offline: Product) -> None:
    """A command would run on half of what was meant, or name one problem as if it were the only one."""
    offline.write("originlock.toml", WRONG)
    ended = offline.run(command, *(["--yes"] if command in ("apply", "rollback") else []))
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 3
    named = [place for place in WRONG_PLACES if f"{place}: " in ended.err]
    assert len(named) == len(WRONG_PLACES) or f"and {len(WRONG_PLACES) - len(named)} more" in ended.err
    assert len(named) >= 3
    assert "originlock config check" in ended.err


@pytest.mark.parametrize(
    "text",
    ["[origins", "\x00", "[origins.blog]\nedge = 1\nedge = 2\n", "[" * 100_000],
    ids=["cut", "NUL", "twice", "deep"],
)
def test_what_is_no_toml_is_refused(text: str, offline: Product) -> None:
    """A damaged file would count as an empty one, or end in a page of Python."""
    offline.write("originlock.toml", text)
    ended = offline.run("config", "check")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 3
    assert "it is " in ended.err


def test_what_is_no_text_is_refused(offline: Product) -> None:
    """Bytes of another encoding would be guessed at."""
    (offline.directory / "originlock.toml").write_bytes(b'reason = "Zo\xeb"')
    ended = offline.run("config", "check")
    assert ended.code == 2
    assert "not UTF-8" in ended.err


def test_show_tells_where_each_value_comes_from(offline: Product) -> None:
    """Nobody could find out why a value is what it is."""
    offline.write("originlock.toml", RIGHT)
    shown = values(offline.with_variables(ORIGINLOCK_ORIGINS_BLOG_NETWORK_FOREIGN="remove"))
    value, source = shown["origins.blog.network.foreign"]
    assert value == "remove"
    assert "ORIGINLOCK_ORIGINS_BLOG_NETWORK_FOREIGN" in source
    value, source = shown["limits.changes_per_second"]
    assert (value, source) == (3.0, "file")
    assert shown["limits.settle_seconds"][1] == "default"
    text = offline.run("config", "show")
    assert text.code == 0
    assert "origins.blog.network.foreign" in text.out


@pytest.mark.parametrize(
    "variable, value, path, meant",
    [
        ("ORIGINLOCK_LIMITS_CHANGES_PER_SECOND", "0", "limits.changes_per_second", 0.0),
        ("ORIGINLOCK_LIMITS_SETTLE_SECONDS", "7.5", "limits.settle_seconds", 7.5),
        ("ORIGINLOCK_ORIGINS_BLOG_REGION", "eu-west-2", "origins.blog.region", "eu-west-2"),
        ("ORIGINLOCK_ORIGINS_BLOG_PROFILE", "other", "origins.blog.profile", "other"),
        ("ORIGINLOCK_ORIGINS_BLOG_NETWORK_PROTOCOL", "udp", "origins.blog.network.protocol", "udp"),
        ("ORIGINLOCK_ORIGINS_BLOG_NETWORK_FOREIGN", "remove", "origins.blog.network.foreign", "remove"),
        (
            "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL",
            "https://mirror.example.org/ips",
            "edges.cloudflare.api_url",
            "https://mirror.example.org/ips",
        ),
    ],
)
def test_the_environment_wins_over_the_file(
    variable: str, value: str, path: str, meant: object, offline: Product
) -> None:
    """A container could not be given a setting without a file of its own."""
    offline.write("originlock.toml", RIGHT)
    assert values(offline.with_variables(**{variable: value}))[path] == (meant, f"environment {variable}")


def test_a_wrong_variable_is_a_problem_and_an_unknown_one_a_warning(offline: Product) -> None:
    """A slip in a variable's name or value would be passed over in silence."""
    offline.write("originlock.toml", RIGHT)
    wrong = offline.with_variables(ORIGINLOCK_ORIGINS_BLOG_NETWORK_FOREIGN="delete").run("config", "check")
    assert wrong.code == 2
    assert "ORIGINLOCK_ORIGINS_BLOG_NETWORK_FOREIGN" in wrong.out
    unknown = offline.with_variables(ORIGINLOCK_LIMITS_CHANGES_PER_SECONDS="3").run("config", "check")
    assert unknown.code == 0
    assert "ORIGINLOCK_LIMITS_CHANGES_PER_SECONDS" in unknown.out
    assert "ORIGINLOCK_LIMITS_CHANGES_PER_SECOND" in unknown.out.replace("SECONDS", "")


def test_the_file_is_found_where_it_is_said_to_be(offline: Product) -> None:
    """The configuration of a person, or of this directory, would be passed over."""
    personal = offline.directory / "config" / "originlock"
    personal.mkdir(parents=True)
    (personal / "originlock.toml").write_text("[limits]\nchanges_per_second = 1\n")
    assert values(offline)["limits.changes_per_second"] == (1.0, "file")
    offline.write("originlock.toml", "[limits]\nchanges_per_second = 2\n")
    assert values(offline)["limits.changes_per_second"] == (2.0, "file")
    named = str(offline.write("other.toml", "[limits]\nchanges_per_second = 4\n"))
    by_variable = offline.with_variables(ORIGINLOCK_CONFIG=named)
    assert values(by_variable)["limits.changes_per_second"] == (4.0, "file")
    offline.write("said.toml", "[limits]\nchanges_per_second = 5\n")
    assert values(by_variable, "--config", "said.toml")["limits.changes_per_second"] == (5.0, "file")


def test_a_file_that_everybody_may_write_is_not_trusted(offline: Product) -> None:
    """Anybody on the machine could open the origin."""
    offline.write("originlock.toml", RIGHT).chmod(0o666)
    ended = offline.run("config", "check")
    assert ended.code == 2
    assert "chmod o-w" in ended.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_file_is_not_found_by_itself(offline: Product) -> None:
    """A command that is run in a shared directory would take orders from whoever left a file there."""
    path = offline.write("originlock.toml", RIGHT)
    os.chown(path, 12345, 12345)
    assert offline.run("config", "check").code == 2
    assert offline.run("config", "check", "--config", "originlock.toml").code == 0


def test_schema_describes_the_keys(offline: Product) -> None:
    """Editors could not help to write a configuration."""
    ended = offline.run("config", "schema")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json["$schema"].startswith("https://json-schema.org/")
    assert {"origins", "limits", "edges"} <= set(ended.json["properties"])


def test_colour_is_for_people(offline: Product) -> None:
    """Escape sequences would end up in files and pipes, or colour could not be had where it is wanted."""
    assert "\x1b[" not in offline.run("config", "show").out
    forced = offline.with_variables(FORCE_COLOR="1")
    assert "\x1b[" in forced.run("config", "show").out
    assert "\x1b[" not in forced.with_variables(NO_COLOR="1").run("config", "show").out
    assert "\x1b[" not in forced.run("config", "show", "-o", "json").out
