"""The printed line, run by a real cron: in namespaces of the test's own, of which this machine's cron knows nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from originlock.schedule.cron import cron_file
from originlock.schedule.every import every

CRON = shutil.which("cron", path="/usr/sbin:/usr/bin")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces of one's own, and cron itself, need root"),
    pytest.mark.skipif(CRON is None or shutil.which("unshare") is None, reason="cron or unshare is not installed here"),
]

_PREPARE = """
set -eu
mount --make-rprivate /
mount --bind {root}/cron.d /etc/cron.d
mount -t tmpfs none /var/spool/cron/crontabs
mount --bind {root}/passwd /etc/passwd
mount --bind {root}/group /etc/group
mount --bind {root}/shadow /etc/shadow
mount --bind {root}/sbin /usr/local/sbin
mount -t tmpfs none /var/lib
mkdir -p /var/lib/originlock
chown 64123:64123 /var/lib/originlock
exec {cron} -f
"""


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    """What cron is to find, instead of this machine's own."""
    for name in ("cron.d", "sbin"):
        (tmp_path / name).mkdir()
    tmp_path.chmod(0o755)
    # As useradd makes it: cron asks PAM, which refuses a user without a line in the shadow file.
    for name, line in (
        ("passwd", "originlock:x:64123:64123::/var/lib/originlock:/usr/sbin/nologin\n"),
        ("group", "originlock:x:64123:\n"),
        ("shadow", "originlock:!:20000::::::\n"),
    ):
        (tmp_path / name).write_text(Path("/etc", name).read_text(encoding="utf-8") + line, encoding="utf-8")
    (tmp_path / "shadow").chmod(0o600)
    # By the name that it has in there: the service's user may not pass through this folder.
    log = tmp_path / "sbin" / "said"
    log.touch()
    log.chmod(0o666)
    _script(tmp_path / "sbin" / "logger", 'while read -r line; do echo "$* $line" >>/usr/local/sbin/said; done')
    # What stands for originlock tells who and where it is, and is still there when the next minute comes.
    _script(tmp_path / "sbin" / "originlock", 'echo "$(id -un) $ORIGINLOCK_STATE_DIR $HOME $*"; sleep 70')
    return tmp_path


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.timeout(300)
def test_cron_runs_the_line_as_it_is_printed(ground: Path) -> None:
    """A line that cron ignores, a user that does not exist, two runs at once: all of it in silence."""
    made = cron_file("/usr/local/sbin/originlock", every("5m"), 0, ())
    # Each minute, instead of each fifth: nothing else is changed.
    (ground / "cron.d" / "originlock").write_text(made.text.replace("\n0-59/5 ", "\n* "), encoding="utf-8")
    process = subprocess.Popen(
        [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
            _PREPARE.format(root=ground, cron=CRON),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 200
        said = ""
        while time.monotonic() < until and said.count("\n") < 2 and process.poll() is None:
            time.sleep(1)
            said = (ground / "sbin" / "said").read_text(encoding="utf-8")
    finally:
        process.kill()
        _, error = process.communicate()
    line = (
        "-t originlock originlock /var/lib/originlock /var/lib/originlock run --config /etc/originlock/originlock.toml"
    )
    assert said.splitlines() == 2 * [f"{line} --log-format json"], error
