"""What a vantage knows of itself, without a packet."""

from __future__ import annotations

import os

import pytest

from originlock.probe.vantage import environment_proxies, own_address


def test_proxies_by_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy between would not be told, or its password would."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    assert environment_proxies() == ()
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("all_proxy", "socks5://proxy.example")
    monkeypatch.setenv("http_proxy", " ")
    monkeypatch.setenv("no_proxy", "*")
    assert environment_proxies() == ("HTTPS_PROXY", "all_proxy")


def test_own_addresses() -> None:
    """The own address per family would not be known, or its asking end a run."""
    assert own_address("127.0.0.1") == "127.0.0.1"
    assert own_address("::1") in {"::1", None}
    assert own_address("no address") is None
