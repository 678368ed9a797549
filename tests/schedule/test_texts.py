"""Units and cron's line: what they say holds, and systemd itself finds nothing to mend."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from originlock.errors import UsageError
from originlock.schedule.cron import cron_file
from originlock.schedule.every import Every, cron_times, every, on_calendar
from originlock.schedule.systemd import Credential, units
from originlock.wiring.scheduling import credentials_there

GOOD = ("5m", "10m", "15m", "20m", "30m", "1h", "60m", "2h", "3h", "4h", "6h", "8h", "12h", "1d", "24h")
SECRET = Credential("ca-passphrase", "ORIGINLOCK_CA_PASSPHRASE_FILE")
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "no duration"),
        ("6", "no duration"),
        ("6 hours", "no duration"),
        ("-1h", "no duration"),
        ("0h", "no duration"),
        ("1h30m", "no duration"),
        ("1m", "too often"),
        ("2d", "too seldom"),
        ("7h", "does not divide a day"),
        ("90m", "does not divide a day"),
        ("7m", "does not divide an hour"),
        ("45m", "does not divide an hour"),
    ],
)
def test_what_no_calendar_can_keep_is_refused(text: str, says: str) -> None:
    """Every seventh hour would be 0, 7, 14, 21 and then 0 again, three hours later."""
    with pytest.raises(UsageError, match=says):
        every(text)


@pytest.mark.parametrize("text", GOOD)
def test_cron_keeps_the_interval_at_any_minute(text: str) -> None:
    """A line would run twice in an hour, or not at all on some machine."""
    interval = every(text)
    for offset in range(60):
        times = _times(cron_times(interval, offset))
        assert len(times) * interval.minutes == 24 * 60
        gaps = {later - sooner for sooner, later in zip(times, (*times[1:], times[0] + 24 * 60), strict=True)}
        assert gaps == {interval.minutes}


def _times(fields: str) -> list[int]:
    """The minutes of a day that a line of cron's fits (crontab(5): lists, ranges, steps)."""
    minutes, hours, *days = fields.split()
    assert days == ["*", "*", "*"]
    return [60 * hour + minute for hour in _values(hours, 24) for minute in _values(minutes, 60)]


def _values(field: str, end: int) -> list[int]:
    found = re.fullmatch(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?", field)
    assert found is not None
    if found[1] == "*":
        return list(range(0, end, int(found[3] or 1)))
    last = int(found[2]) if found[2] else int(found[1])
    return list(range(int(found[1]), last + 1, int(found[3] or 1)))


@needs_systemd
@pytest.mark.parametrize("text", GOOD)
def test_systemd_keeps_the_interval(text: str) -> None:
    """A timer that systemd reads otherwise than we mean it."""
    interval = every(text)
    seen = _said("calendar", "--base-time=2026-06-01 00:00:00 UTC", "--iterations=4", on_calendar(interval))
    times = [line.split()[-2] for line in seen.splitlines() if "UTC" in line and "in UTC" not in line]
    minutes = [int(time[:2]) * 60 + int(time[3:5]) for time in times]
    assert len(minutes) >= 2
    assert (minutes[1] - minutes[0]) % (24 * 60) == interval.minutes % (24 * 60)


@needs_systemd
@pytest.mark.parametrize("credentials", [(), (SECRET,)])
def test_systemd_finds_nothing_to_mend(tmp_path: Path, credentials: tuple[Credential, ...]) -> None:
    """A key that systemd does not know is a sandbox that is not there; it ends with 0 all the same."""
    paths = _written(tmp_path, credentials)
    done = subprocess.run(
        [str(ANALYZE), "verify", *map(str, paths)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_the_service_may_do_next_to_nothing(tmp_path: Path) -> None:
    """Whoever gets into it would have the machine: systemd's own measure, of which 2.5 was asked for."""
    service, _ = _written(tmp_path, (SECRET,))
    found = re.search(r"exposure level for \S+: (\d+\.\d+)", _said("security", "--offline=yes", str(service)))
    assert found is not None
    assert float(found[1]) < 2.5


def _written(folder: Path, credentials: tuple[Credential, ...]) -> tuple[Path, Path]:
    """The service and the timer as files. The program is one that is there: `verify` looks."""
    paths = []
    for each in units("/bin/true", every("6h"), credentials)[1:]:
        path = folder / Path(each.path).name
        path.write_text(each.text, encoding="utf-8")
        paths.append(path)
    service, timer = paths
    return service, timer


def _said(*arguments: str) -> str:
    done = subprocess.run(
        [str(ANALYZE), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
    )
    return done.stdout


def test_secrets_are_named_and_never_said() -> None:
    """A secret in a unit is a secret that every user of the machine can read."""
    service = units("/opt/originlock/bin/originlock", every("6h"), (SECRET,))[1].text
    assert "LoadCredential=ca-passphrase:/etc/originlock/credentials/ca-passphrase\n" in service
    assert "Environment=ORIGINLOCK_CA_PASSPHRASE_FILE=%d/ca-passphrase\n" in service
    assert "Environment=ORIGINLOCK_CA_PASSPHRASE_FILE" not in units("/opt/o", every("6h"), ())[1].text


def test_a_secret_that_the_configuration_names_is_given_too(tmp_path: Path) -> None:
    """A channel's URL is found by its name; an editor's leavings are no secret."""
    directory = tmp_path / "etc/originlock/credentials"
    directory.mkdir(parents=True)
    for name in ("slack-url", "ca-passphrase", "slack-url~", ".slack-url.swp", "a b"):
        (directory / name).touch()
    found = credentials_there(tmp_path)
    assert found == (SECRET, Credential("slack-url", ""))
    service = units("/opt/originlock/bin/originlock", every("6h"), found)[1].text
    assert "LoadCredential=slack-url:/etc/originlock/credentials/slack-url\n" in service
    assert "Environment==" not in service


def test_a_missed_run_is_caught_up_and_the_world_does_not_ask_at_once() -> None:
    """A laptop that sleeps at midnight would never run; a thousand machines would ask in one second."""
    timer = units("/opt/o", every("6h"), ())[2].text
    assert "Persistent=yes\n" in timer
    assert "RandomizedDelaySec=900\n" in timer


@given(st.sampled_from(GOOD), st.integers(0, 59))
def test_crons_file_is_one_that_cron_takes(text: str, offset: int) -> None:
    """A line without an end, or a bare percent sign, and cron ignores it in silence."""
    made = cron_file("/opt/100%/originlock", every(text), offset, (("A", "b"),))
    assert made.text.endswith("\n")
    line = made.text.splitlines()[-1]
    assert re.search(r"(?<!\\)%", line) is None
    assert " originlock flock -n " in line
    assert " timeout -k 60 30m " in line
    assert "| logger -t originlock" in line
    assert "." not in made.path.rpartition("/")[2]


def test_jitter_is_a_tenth_and_never_more_than_a_quarter_of_an_hour() -> None:
    """A run every five minutes that begins up to fifteen late."""
    assert [Every(minutes).jitter_seconds for minutes in (5, 60, 360, 1440)] == [30, 360, 900, 900]
