"""`originlock schedule` by the real command: what it prints is what it installs, and what it takes away again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.product import Product

SERVICE = "etc/systemd/system/originlock.service"
TIMER = "etc/systemd/system/originlock.timer"
CRON = "etc/cron.d/originlock"
STATE = "var/lib/originlock/schedule.json"
CONFIGURATION = '[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0"]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of another machine, with systemd and cron."""
    made = tmp_path / "image"
    for name in ("etc/systemd/system", "etc/cron.d"):
        (made / name).mkdir(parents=True)
    return made


def printed(text: str) -> dict[str, str]:
    """What was printed, by the name of each file."""
    parts = (part.split("\n", maxsplit=1) for part in text.split("# --- ")[1:])
    return {name: body.rstrip("\n") for name, body in parts}


def test_what_is_printed_is_what_is_installed(offline: Product, root: Path) -> None:
    """A person reads one unit, and another one runs."""
    offline.write("originlock.toml", CONFIGURATION)
    shown = offline.run("schedule", "systemd", "--every", "12h")
    assert shown.code == 0, shown.err
    done = offline.run("schedule", "systemd", "--every", "12h", "--install", "--root", str(root))
    assert done.code == 0, done.err
    files = printed(shown.out)
    for name in (SERVICE, TIMER):
        assert (root / name).read_text().rstrip("\n") == files[f"/{name}"]
    assert "OnCalendar=*-*-* 00/12:00:00" in files[f"/{TIMER}"]
    assert "sts:AssumeRole" in shown.out
    kept = json.loads((root / STATE).read_text())
    assert (kept["kind"], kept["every_seconds"]) == ("systemd", 12 * 3600)


def test_one_schedule_takes_the_place_of_the_other_and_all_goes(offline: Product, root: Path) -> None:
    """Two schedules at once: each run would wait for the other's; or one that is removed goes on."""
    install = ("--install", "--root", str(root))
    assert offline.run("schedule", "systemd", *install).code == 0
    assert offline.run("schedule", "cron", *install).code == 0
    assert not (root / TIMER).exists()
    assert (root / CRON).exists()
    assert json.loads((root / STATE).read_text())["kind"] == "cron"
    assert offline.run("schedule", "systemd", *install).code == 0
    assert not (root / CRON).exists()
    assert offline.run("schedule", "remove", "--root", str(root)).code == 0
    assert [(root / name).exists() for name in (SERVICE, TIMER, CRON, STATE)] == [False] * 4
    nothing = offline.run("schedule", "remove", "--root", str(root))
    assert (nothing.code, "nothing was scheduled here" in nothing.err) == (0, True)


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_a_wrong_interval_writes_nothing(offline: Product, root: Path, kind: str) -> None:
    """Every seven hours is 21 and then 0 again, three hours later."""
    done = offline.run("schedule", kind, "--every", "7h", "--install", "--root", str(root))
    assert (done.code, "does not divide a day" in done.err) == (2, True)
    assert not (root / CRON).exists()
    assert not (root / SERVICE).exists()


def test_a_machine_without_cron_is_told_what_to_do(offline: Product, root: Path) -> None:
    """A line that nothing reads: Amazon Linux 2023 has no cron."""
    (root / "etc/cron.d").rmdir()
    (root / "etc/os-release").write_text('NAME="Amazon Linux"\nID="amzn"\n')
    done = offline.run("schedule", "cron", "--install", "--root", str(root))
    assert (done.code, "originlock schedule systemd" in done.err) == (1, True)


def test_status_knows_the_schedule(offline: Product) -> None:
    """A monitor would wait a day for a run that was due in an hour."""
    offline.write("originlock.toml", CONFIGURATION)
    offline.state.mkdir(mode=0o700)
    kept = {"kind": "cron", "every_seconds": 3600, "at": "2026-01-01T00:00:00Z"}
    (offline.state / "schedule.json").write_text(json.dumps(kept))
    status = offline.run("status", "-o", "json")
    assert (status.code, status.json["stale_after_seconds"]) == (7, 2 * 3600 + 15 * 60)
    assert status.json["scheduled"] == {"kind": "cron", "every_seconds": 3600}
    assert status.json["origins"][0]["next_run"] == "2026-01-01T01:00:00Z"
    (offline.state / "schedule.json").write_text("{")
    damaged = offline.run("status")
    assert (damaged.code, "damaged" in damaged.err) == (1, True)
