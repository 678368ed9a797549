"""Standard streams that are closed, full or of another alphabet: what is done is no less right for it."""

from __future__ import annotations

import subprocess

import pytest
from tests.cli.groups import group, sources
from tests.cli.product import COMMAND, SECONDS, Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient


def through_a_shell(product: Product, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which `originlock` stands for the product."""
    command = line.replace("originlock", " ".join(COMMAND))
    return subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=product.variables,
        cwd=product.directory,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">/dev/full", "-o json >/dev/full", "| true", ">&- 2>&- <&-"])
def test_a_lost_stream_stops_no_apply(redirection: str, product: Product, ec2: AwsClient) -> None:
    """A full disk under cron's log keeps the lock from being updated, or hides how it ended."""
    made = group(ec2)
    done = through_a_shell(product, f"originlock apply --yes --security-group {made} {redirection}")
    assert "Traceback" not in done.stderr
    assert sources(ec2, made) == {*IPV4, *IPV6}
    assert product.journal()[-1]["outcome"] == "done"
    assert done.returncode == 0, done


def test_nothing_to_ask_on_is_wrong_usage(product: Product, ec2: AwsClient) -> None:
    """A closed stdin that is originlock's own fault."""
    done = through_a_shell(product, f"originlock apply --security-group {group(ec2)} <&-")
    assert done.returncode == 2
    assert "say --yes" in done.stderr


def test_letters_that_a_stream_cannot_print(product: Product, ec2: AwsClient) -> None:
    """A person's own words end an apply with an encoding error."""
    made = group(ec2)
    product.write(
        "originlock.toml",
        f"""[origins.blog]
security_groups = ["{made}"]
[[origins.blog.exceptions]]
source = "203.0.113.7/32"
owner = "J\u00fcrgen"
reason = "\u6771\u4eac"
expires = 2030-01-01
""",
    )
    plain = product.with_variables(PYTHONIOENCODING="ascii")
    assert plain.run("config", "show").code == 0
    assert plain.run("apply", "--yes").code == 0
    assert plain.run("apply", "--yes", "-o", "json").code == 0


@pytest.mark.parametrize("words", [[], ["config"]])
def test_no_word_at_all_is_answered_with_help(words: list[str], product: Product) -> None:
    """The first thing that anybody types ends in a traceback."""
    ended = product.run(*words)
    assert ended.code == 2
    assert "Traceback" not in ended.said
    assert "Commands:" in ended.said
    assert len(ended.said.splitlines()) > 8
