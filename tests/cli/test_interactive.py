"""`apply` and `rollback` at a terminal: the plan is shown, and nothing is done without a yes."""

from __future__ import annotations

import json
import os

import pytest
from tests.cli.groups import EVERYONE, group, of_edge, ports_from, rules, sources
from tests.cli.product import Product
from tests.cli.terminal import Terminal

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient

QUESTION = "Apply these changes?"


@pytest.mark.parametrize("answer", ["n\n", "\n"], ids=repr)
def test_no_changes_nothing(answer: str, product: Product, ec2: AwsClient) -> None:
    """A person who only looked would find it done."""
    made = group(ec2)
    with Terminal(product, "apply", "--security-group", made) as terminal:
        terminal.wait_for(QUESTION)
        assert "add 22 rules" in terminal.shown
        terminal.type(answer)
        assert terminal.end() == 3
        assert "Nothing was changed" in terminal.shown
    assert rules(ec2, made) == []
    assert not (product.state / "journal.jsonl").exists()


def test_yes_does_what_was_shown(product: Product, ec2: AwsClient) -> None:
    """Nothing would be done, or it would be shown twice."""
    made = group(ec2, ports_from(443, 443, EVERYONE))
    with Terminal(product, "apply", "--security-group", made, "--foreign", "remove") as terminal:
        terminal.wait_for(QUESTION)
        assert terminal.shown.count("add 22 rules") == 1
        terminal.type("y\n")
        assert terminal.end() == 0, terminal.shown
        assert terminal.shown.count("Plan for cli") == 1
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_a_plan_that_went_stale_before_the_yes_is_refused(product: Product, ec2: AwsClient) -> None:
    """Something else than what was shown would be done."""
    made = group(ec2)
    with Terminal(product, "apply", "--security-group", made) as terminal:
        terminal.wait_for(QUESTION)
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[of_edge(ipv4=IPV4[:1], ipv6=[])])
        terminal.type("y\n")
        assert terminal.end() == 4
        assert "stale-plan" in terminal.shown
        assert f"rules of {made}" in terminal.shown
    assert len(rules(ec2, made)) == 1


@pytest.mark.parametrize("how", ["Ctrl-C", "Ctrl-D"])
def test_leaving_the_question_changes_nothing(how: str, product: Product, ec2: AwsClient) -> None:
    """Ctrl-C at the question would be taken for a yes, or end in a page of Python."""
    made = group(ec2)
    with Terminal(product, "apply", "--security-group", made) as terminal:
        terminal.wait_for(QUESTION)
        if how == "Ctrl-C":
            assert terminal.interrupt() == 130
        else:
            terminal.type("\x04")
            assert terminal.end() == 130
        assert "Traceback" not in terminal.shown
    assert rules(ec2, made) == []


def test_nothing_to_do_asks_nothing(product: Product, ec2: AwsClient) -> None:
    """A person would be asked to apply nothing."""
    made = group(ec2, of_edge())
    with Terminal(product, "apply", "--security-group", made) as terminal:
        assert terminal.end() == 0
        assert QUESTION not in terminal.shown
        assert "Nothing to do" in terminal.shown


def test_a_saved_plan_is_shown_and_asked_about(product: Product, ec2: AwsClient) -> None:
    """A file that a person forgot about would be applied unseen."""
    made = group(ec2)
    assert product.run("plan", "--security-group", made, "--out", "lock.plan").code == 3
    with Terminal(product, "apply", "lock.plan") as terminal:
        terminal.wait_for(QUESTION)
        assert "add 22 rules" in terminal.shown
        terminal.type("y\n")
        assert terminal.end() == 0, terminal.shown
    assert len(rules(ec2, made)) == 22


def test_json_stays_alone_on_stdout(product: Product, ec2: AwsClient) -> None:
    """The question would end up in the data."""
    made = group(ec2)
    reading, writing = os.pipe()
    with Terminal(product, "apply", "--security-group", made, "-o", "json", out=writing) as terminal:
        os.close(writing)
        terminal.wait_for(QUESTION)
        assert "add 22 rules" in terminal.shown
        terminal.type("y\n")
        with os.fdopen(reading) as out:
            assert json.load(out)["outcome"] == "done"
        assert terminal.end() == 0


def test_a_rollback_is_shown_and_asked_about(product: Product, ec2: AwsClient) -> None:
    """A rollback would be done on a slip of the fingers."""
    made = group(ec2, ports_from(443, 443, EVERYONE))
    assert product.run("apply", "--yes", "--security-group", made, "--foreign", "remove").code == 0
    with Terminal(product, "rollback", "--reopen") as terminal:
        terminal.wait_for(QUESTION)
        assert f"add tcp/443 from {EVERYONE}" in terminal.shown
        terminal.type("n\n")
        assert terminal.end() == 3
    assert EVERYONE not in sources(ec2, made)


def test_colour_at_a_terminal(product: Product, ec2: AwsClient) -> None:
    """People would have no colour, or those who said no would have some."""
    made = group(ec2, of_edge())
    with Terminal(product, "plan", "--security-group", made) as terminal:
        terminal.end()
        assert "\x1b[" in terminal.shown
    with Terminal(product.with_variables(NO_COLOR="1"), "plan", "--security-group", made) as terminal:
        terminal.end()
        assert "\x1b[" not in terminal.shown
