"""cron's line: with a lock, a PATH, a time limit and a log.

Lives here: the text of a file for /etc/cron.d. Must not live here: writing it, asking cron.
Sources: crontab(5) of Debian 12, flock(1), timeout(1), logger(1).
"""

from __future__ import annotations

from typing import Final

from originlock.schedule.every import Every, cron_times
from originlock.schedule.systemd import SETTINGS, STATE, USER, File

PATH: Final = "/etc/cron.d/originlock"
"""run-parts' names: letters, digits, underscores and hyphens; a file with a dot would be left out in silence."""

LONGEST_RUN: Final = "30m"

_LOCK: Final = f"{STATE}/cron.lock"


def cron_file(program: str, interval: Every, offset: int, environment: tuple[tuple[str, str], ...]) -> File:
    """The file.

    Args:
        program: the absolute path of originlock.
        interval: how often.
        offset: this machine's own minute.
        environment: further variables, none of them a secret: any user may read the file.
    """
    variables = {
        "SHELL": "/bin/sh",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": STATE,
        "ORIGINLOCK_STATE_DIR": STATE,
        "MAILTO": '""',
        **dict(environment),
    }
    # `timeout` asks first, and kills a minute later: what has been begun is ended or undone in between.
    run = (
        f"flock -n -E 0 {_LOCK} timeout -k 60 {LONGEST_RUN} {_escaped(program)} run"
        f" --config {SETTINGS}/originlock.toml --log-format json 2>&1 | logger -t originlock"
    )
    lines = [
        "# originlock: keeps origins locked to their edge. Made by `originlock schedule cron`; its log: journalctl -t",
        "# originlock, or /var/log/syslog. What went wrong is told by [notify] of the configuration, not by mail.",
        *(f"{name}={value}" for name, value in variables.items()),
        f"{cron_times(interval, offset)} {USER} {run}",
        "",
    ]
    return File(PATH, "\n".join(lines))


def _escaped(program: str) -> str:
    """A percent sign is a new line to cron (crontab(5))."""
    return program.replace("%", "\\%")
