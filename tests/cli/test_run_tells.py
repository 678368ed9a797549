"""A run by itself tells those whom the configuration names, once, and is held up by nobody."""

from __future__ import annotations

import json
import time

from tests.channels.receivers import receiving
from tests.cli.groups import EVERYONE, group
from tests.cli.product import Product
from tests.edges.misbehaving import drips, serving

from originlock.lab.process import AwsClient
from originlock.lab.world import tcp

TOKEN = "T0KEN-7f3c9b2e"


def origin(ec2: AwsClient) -> str:
    """An origin with an open door that is somebody else's."""
    made = group(ec2, tcp(443, ipv4=[(EVERYONE, None)]))
    return f'[origins.blog]\nsecurity_groups = ["{made}"]\n'


def channel(name: str, kind: str, url: str, *more: str) -> str:
    """A channel by its URL."""
    return "\n".join((f"[notify.{name}]", f'kind = "{kind}"', f'url = "{url}"', *more, ""))


def test_people_are_told_once(product: Product, ec2: AwsClient) -> None:
    """The first run tells of what it did and of the hole, the second of nothing; a monitor hears of both."""
    with receiving() as hook, receiving() as monitor:
        product.write(
            "originlock.toml",
            origin(ec2)
            + channel("ops", "webhook", hook.url(f"/{TOKEN}"))
            + channel("mon", "ping", monitor.url(f"/{TOKEN}")),
        )
        first, second = product.run("run"), product.run("run")
    assert (first.code, second.code) == (3, 3)
    (received,) = hook.received
    body = json.loads(received.body)
    assert [each["on"] for each in body["notices"]] == ["hole", "proof", "change"]
    assert body["run"]["exit_code"] == 3
    assert [each.path for each in monitor.received] == [f"/{TOKEN}/start", f"/{TOKEN}/3"] * 2
    assert TOKEN not in first.said + second.said
    assert TOKEN not in "".join(path.read_text(errors="replace") for path in product.state.rglob("*") if path.is_file())


def test_each_is_told_what_it_asked_for(product: Product, ec2: AwsClient) -> None:
    """Who wants to hear of changes alone hears of no hole."""
    with receiving() as hook:
        product.write("originlock.toml", origin(ec2) + channel("ops", "webhook", hook.url(), 'on = ["change"]'))
        assert product.run("run").code == 3
    (received,) = hook.received
    assert [each["on"] for each in json.loads(received.body)["notices"]] == ["change"]


def test_who_does_not_answer_holds_up_nothing(product: Product, ec2: AwsClient) -> None:
    """The lock is as with no channel at all; it is said who was not told, and the next run tells."""
    settings = "[run]\ntell_seconds = 2\n"
    with serving(drips(b"HTTP/1.1 2", b"0")) as slow:
        text = origin(ec2) + settings
        product.write("originlock.toml", text + channel("ops", "webhook", slow.url(f"/{TOKEN}")))
        before = time.monotonic()
        ended = product.run("run", "--log-format", "json")
        assert time.monotonic() - before < 60.0
    assert ended.code == 3
    said = json.loads(ended.out)
    assert set(said["not_told"]) == {"ops"}
    assert said["origins"][0]["done"]
    assert TOKEN not in ended.said
    with receiving() as hook:
        product.write("originlock.toml", text + channel("ops", "webhook", hook.url()))
        assert product.run("run").code == 3
    (received,) = hook.received
    assert [each["on"] for each in json.loads(received.body)["notices"]] == ["hole", "proof", "change"]


def test_a_dry_run_tells_nobody(product: Product, ec2: AwsClient) -> None:
    """Trying it out wakes nobody, and no monitor takes it for a run."""
    with receiving() as hook:
        product.write(
            "originlock.toml",
            origin(ec2) + channel("ops", "webhook", hook.url()) + channel("mon", "ping", hook.url()),
        )
        assert product.run("run", "--dry-run").code == 3
    assert hook.received == []
