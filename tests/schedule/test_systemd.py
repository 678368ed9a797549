"""The printed units, run by a real systemd, in namespaces and a root of the test's own: this machine keeps nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from originlock.schedule.every import every
from originlock.schedule.systemd import Credential, units

SYSTEMD = Path("/lib/systemd/systemd")
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="a root and namespaces of one's own need root"),
    pytest.mark.skipif(not SYSTEMD.exists() or shutil.which("nsenter") is None, reason="systemd is not installed here"),
]

PROGRAM = "/opt/originlock/bin/originlock"
SECRET = Credential("ca-passphrase", "ORIGINLOCK_CA_PASSPHRASE_FILE")

# An overlay of this machine, whose changes are in memory alone; units that are wanted here are not there.
_BOOT = f"""
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t tmpfs tmpfs run
mkdir -p run/lock
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
mount -t sysfs sysfs sys 2>/dev/null || mount --rbind /sys sys
mount -t tmpfs tmpfs sys/fs/cgroup
mkdir -p sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
rm -rf etc/systemd/system/*.wants
# Not chroot: in there no user namespace could be made, and PrivateUsers= asks for one.
pivot_root . mnt
umount -l /mnt
# As systemd finds it where it boots a machine; in what it takes for a container it does not see to that itself.
mount --make-rshared /
exec env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin {SYSTEMD} --system --unit=basic.target
"""

# What stands for originlock tells what it was given, and what it may do.
_STAND_IN = """#!/bin/sh
echo "$(id -un) $*"
echo "state $ORIGINLOCK_STATE_DIR $(stat -c %a "$ORIGINLOCK_STATE_DIR")"
echo "secret $(cat "$ORIGINLOCK_CA_PASSPHRASE_FILE")"
echo said >"$ORIGINLOCK_STATE_DIR/written" && echo "its state can be written"
echo said >/run/originlock/originlock.prom && echo "its measures can be written"
for path in /etc/originlock/x /usr/x /opt/originlock/x /etc/originlock/credentials/ca-passphrase; do
  { echo said >>"$path"; } 2>/dev/null && echo "COULD WRITE $path"
done
cat /etc/originlock/credentials/ca-passphrase 2>/dev/null && echo "COULD READ the secret's own file"
ls /root 2>/dev/null | grep -q . && echo "COULD SEE /root"
exit 0
"""


class Machine:
    """A systemd of one's own."""

    def __init__(self, process: int) -> None:
        self._process = process

    def run(self, *arguments: str, given: str = "") -> str:
        """Run something in there; what it says."""
        enter = ("nsenter", "-t", str(self._process), "-m", "-p", "-u", "-i", "-r", "-w", "--")
        done = subprocess.run(
            [*enter, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout + done.stderr

    def write(self, path: str, text: str, mode: str = "644") -> None:
        """Make a file in there."""
        folder = path.rpartition("/")[0]
        self.run("sh", "-c", f"mkdir -p {folder} && cat >{path} && chmod {mode} {path}", given=text)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Booted; gone afterwards, with all that was written."""
    booted = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "sh", "-c", _BOOT],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield _booted(booted)
    finally:
        booted.kill()
        booted.communicate()


def _booted(process: subprocess.Popen[str]) -> Machine:
    """Wait until it has come up; the test is skipped where this machine lets no systemd do so."""
    seen, until = "", time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        if children:
            made = Machine(int(children[0]))
            seen = made.run("systemctl", "is-system-running").strip()
            if seen in ("running", "degraded"):
                return made
        time.sleep(0.5)
    pytest.skip(f"systemd does not boot here: {seen}")


def test_systemd_runs_the_units_as_they_are_printed(machine: Machine) -> None:
    """A sandbox in which Python cannot write its state, a secret that never arrives, a timer that is never due."""
    files = units(PROGRAM, every("6h"), (SECRET,))
    for each in files:
        machine.write(each.path, each.text)
    machine.write(PROGRAM, _STAND_IN, "755")
    machine.write("/etc/originlock/originlock.toml", "")
    machine.write("/etc/originlock/credentials/ca-passphrase", "correct horse battery staple", "600")
    machine.run("systemd-sysusers", files[0].path)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "originlock.service")
    shown = machine.run("systemctl", "show", "originlock.service", "-p", "Result,ExecMainStatus")
    said = machine.run("journalctl", "-u", "originlock.service", "-o", "cat", "--no-pager")
    assert "Result=success" in shown, said
    for line in (
        "originlock run --config /etc/originlock/originlock.toml",
        "state /var/lib/originlock 700",
        "secret correct horse battery staple",
        "its state can be written",
        "its measures can be written",
    ):
        assert line in said.splitlines(), said
    assert "COULD" not in said, said
    machine.run("systemctl", "enable", "--now", "originlock.timer")
    timers = machine.run("systemctl", "list-timers", "--all", "--no-pager")
    assert "originlock.timer" in timers, timers
    assert "active" in machine.run("systemctl", "is-active", "originlock.timer").split()
