"""Which ranges the demo plays with, and what it says of them: both ways, whatever network there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from originlock.lab import lists
from originlock.lab.demo_ranges import SNAPSHOT_DATE, ranges_to_play_with
from originlock.lab.lists import API_PATH, IPV4_PATH, IPV6_PATH, Answer, ListServer

# They say nothing about single functions: mutation testing leaves them out.
pytestmark = pytest.mark.lab

NEW = "198.51.100.0/24"


def test_a_list_that_can_be_had_is_taken(tmp_path: Path) -> None:
    """With a network the demo plays with what is published today."""
    with ListServer() as publisher:
        publisher.publish(ipv4=(*lists.IPV4, NEW))
        found = ranges_to_play_with(tmp_path, publisher.urls)
    assert set(found.cidrs) == {*lists.IPV4, NEW, *lists.IPV6}
    assert found.said.startswith("fetched from Cloudflare just now, as json+text (etag ")


def test_a_list_that_is_refused_is_not(tmp_path: Path) -> None:
    """Then the snapshot is, and the demo says why."""
    with ListServer() as publisher:
        for path in (API_PATH, IPV4_PATH, IPV6_PATH):
            publisher.answer(path, Answer(body=b"<html>"))
        found = ranges_to_play_with(tmp_path, publisher.urls)
    assert found.cidrs == lists.IPV4 + lists.IPV6
    assert SNAPSHOT_DATE in found.said
    assert "answered with a web page" in found.said


def test_a_server_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    """Somebody watches: the demo gives up before the product would."""
    with ListServer() as publisher:
        for path in (API_PATH, IPV4_PATH, IPV6_PATH):
            publisher.answer(path, Answer(never=True))
        found = ranges_to_play_with(tmp_path, publisher.urls, seconds=1.5)
    assert found.cidrs == lists.IPV4 + lists.IPV6
    assert "no answer within 1.5 s" in found.said
