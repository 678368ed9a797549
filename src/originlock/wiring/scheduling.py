"""Having this machine run it: files, the service's user, systemd and cron.

Lives here: writing and removing what `originlock.schedule` says, asking systemd. Must not live here: any text of it.
"""

from __future__ import annotations

import datetime
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from originlock.errors import OriginlockError, StateError, UsageError, Whose
from originlock.facts.runs import Scheduled
from originlock.schedule.cron import PATH as CRON_PATH
from originlock.schedule.every import Every
from originlock.schedule.systemd import CREDENTIALS, NAME, SETTINGS, STATE, USER, Credential, File
from originlock.store.schedule import ScheduleFile
from originlock.wiring.settings import state_directory

KNOWN_CREDENTIALS: Final = (
    Credential("ca-passphrase", "ORIGINLOCK_CA_PASSPHRASE_FILE"),
    Credential("cloudflare-token", "CLOUDFLARE_API_TOKEN_FILE"),
)
"""Secrets that a run can need, by the file's name in the credentials' directory."""

_CREDENTIAL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9_-]{1,20})?")
"""What a unit can name as it is; an editor's leavings (``x~``, ``.x.swp``) are none."""

UNIT_PATHS: Final = (
    f"/etc/sysusers.d/{NAME}.conf",
    f"/etc/systemd/system/{NAME}.service",
    f"/etc/systemd/system/{NAME}.timer",
)

_SECONDS: Final = 60.0
"""For one call of systemctl or systemd-sysusers."""


class ScheduleError(OriginlockError):
    """This machine cannot be told to run it."""

    whose = Whose.MACHINE


def program() -> str:
    """The absolute path of originlock, as the units have to name it.

    Raises:
        UsageError: it is not installed, but run from its sources.
    """
    for found in (Path(sys.argv[0]).absolute(), Path(sys.executable).with_name("originlock")):
        if found.name == "originlock" and os.access(found, os.X_OK):
            return str(found)
    message = "the originlock command is not installed beside this Python"
    raise UsageError(message, "install it (pip install originlock), and run `originlock schedule` from there")


def hidden_from_service(path: str) -> bool:
    """Whether a sandboxed service does not see what is there (systemd.exec(5), ProtectHome= and PrivateTmp=)."""
    return path.startswith(_HIDDEN)


def interpreter() -> str:
    """The Python that runs originlock, where it really is: a virtual environment only links to it."""
    return str(Path(sys.executable).resolve())


def closed_to_others(path: str) -> str | None:
    """The first folder on the way there that other users may not pass through; None if there is none."""
    for folder in reversed(Path(path).parents):
        try:
            if not folder.stat().st_mode & stat.S_IXOTH:
                return str(folder)
        except OSError:
            return str(folder)
    return None


_HIDDEN: Final = ("/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/")  # noqa: S108  named, not used


def credentials_there(root: Path) -> tuple[Credential, ...]:
    """Those secrets whose files are there: the known ones, and others that the configuration may name.

    Raises:
        ScheduleError: the directory is there and cannot be read.
    """
    directory = _under(root, CREDENTIALS)
    known = {each.name: each for each in KNOWN_CREDENTIALS}
    try:
        names = sorted(each.name for each in directory.iterdir() if each.is_file()) if directory.is_dir() else []
    except OSError as error:
        message = f"the secrets in {directory} cannot be listed: {error.strerror}"
        raise ScheduleError(message, "say it as root") from error
    others = (Credential(name, "") for name in names if name not in known and _CREDENTIAL_NAME.fullmatch(name))
    return (*(each for each in KNOWN_CREDENTIALS if each.name in names), *others)


def watched_state(root: Path = Path("/")) -> Path:
    """Where the state is that a person asks about: the one that is named, else that of what runs here by itself.

    Whoever typed `originlock apply` has a state of their own, and the service another: the service's tells how things
    stand. Whether it is scheduled shows in files that anybody may read.

    Raises:
        StateError: it is the service's, and not to be read by this user.
    """
    state = _under(root, STATE)
    scheduled = any(_under(root, each).exists() for each in (UNIT_PATHS[2], CRON_PATH))
    if os.environ.get("ORIGINLOCK_STATE_DIR") or not scheduled or not state.exists():
        return state_directory()
    if not os.access(state, os.R_OK | os.X_OK):
        message = f"this machine runs it by itself, and its state {state} is not yours to read"
        raise StateError(message, "say it with sudo")
    return state


def own_minute() -> int:
    """A minute of this machine's own, so that not all of the world asks at once; the same each time."""
    try:
        name = Path("/etc/machine-id").read_bytes()
    except OSError:
        name = os.uname().nodename.encode()
    return zlib.crc32(name) % 60


def has_systemd(root: Path) -> bool:
    """Whether systemd runs this machine (sd_booted(3)); of another tree, whether it has systemd's directory."""
    return Path("/run/systemd/system").is_dir() if _is_here(root) else _under(root, "/etc/systemd/system").is_dir()


def lacks_cron(root: Path) -> str | None:
    """Why cron would not run the line; None if it would."""
    if _under(root, "/etc/cron.d").is_dir():
        return None
    release = _under(root, "/etc/os-release")
    amazon = release.is_file() and 'ID="amzn"' in release.read_text(encoding="utf-8", errors="replace")
    if amazon:
        return "Amazon Linux 2023 has no cron: take `originlock schedule systemd`, or `dnf install -y cronie` first"
    return "there is no /etc/cron.d: install cron (Debian: apt-get install cron), or take `originlock schedule systemd`"


def install_units(files: Sequence[File], interval: Every, root: Path, say: Callable[[str], None]) -> None:
    """Write the units, make the user and its directories, and start the timer.

    Args:
        files: as `originlock.schedule.systemd` has them.
        interval: how often.
        root: of the tree to write into; of another than ``/`` nothing is started.
        say: is told each thing that is done.

    Raises:
        UsageError: nobody but root can do that.
        ScheduleError: something could not be written, or systemd refuses.
    """
    _needs_root(root)
    if not has_systemd(root):
        message = "systemd does not run this machine"
        raise ScheduleError(message, "originlock schedule cron --install")
    # One schedule, not two: a run beside another would wait for it, and be told of as missed.
    _take_away((CRON_PATH,), root, say)
    for each in files:
        _write(each, root, say)
    if _is_here(root):
        _call(("systemd-sysusers", UNIT_PATHS[0]))
    _prepare(root, say)
    _remember("systemd", interval, root)
    if _is_here(root):
        _call(("systemctl", "daemon-reload"))
        _call(("systemctl", "enable", "--now", f"{NAME}.timer"))
        say(f"started {NAME}.timer; the next run: systemctl list-timers {NAME}.timer")
        say(f"to run it now: sudo systemctl start {NAME}.service; then: sudo {program()} status")


def install_cron(file: File, interval: Every, root: Path, say: Callable[[str], None]) -> None:
    """Write cron's line, and make the user and its directories.

    Raises:
        UsageError: nobody but root can do that.
        ScheduleError: there is no cron, or something could not be written.
    """
    _needs_root(root)
    lacking = lacks_cron(root)
    if lacking is not None:
        message = "cron does not run on this machine"
        raise ScheduleError(message, lacking)
    if _is_here(root) and not _user_exists():
        _call(("useradd", "--system", "--home-dir", STATE, "--shell", "/usr/sbin/nologin", USER))
        say(f"made the user {USER}")
    _stop_timer(root)
    _take_away(UNIT_PATHS, root, say)
    _prepare(root, say)
    _give_credentials(root)
    _write(file, root, say)
    _remember("cron", interval, root)
    if _is_here(root):
        say(f"to run it now: {_now_by_hand()}; then: sudo {program()} status")


def _now_by_hand() -> str:
    """What cron's line does, for a person: as the service's user, with its state."""
    run = f"{program()} run --config {SETTINGS}/originlock.toml"
    return f"sudo -u {USER} env HOME={STATE} ORIGINLOCK_STATE_DIR={STATE} {run}"


def remove(root: Path, say: Callable[[str], None]) -> int:
    """Take away units and cron's line; the user, its state and the configuration stay. Returns how many files went.

    Raises:
        UsageError: nobody but root can do that.
        ScheduleError: something could not be removed.
    """
    _needs_root(root)
    _stop_timer(root)
    gone = _take_away((*UNIT_PATHS, CRON_PATH), root, say)
    if gone and _is_here(root) and has_systemd(root):
        _call(("systemctl", "daemon-reload"))
    state = _under(root, STATE)
    if state.is_dir():
        ScheduleFile(state).keep(None)
    return gone


def _stop_timer(root: Path) -> None:
    timer = _under(root, UNIT_PATHS[2])
    if _is_here(root) and timer.exists() and has_systemd(root):
        _call(("systemctl", "disable", "--now", timer.name))


def _take_away(paths: Sequence[str], root: Path, say: Callable[[str], None]) -> int:
    """Remove those files that are there; returns how many."""
    there = [path for path in (_under(root, each) for each in paths) if path.exists()]
    for path in there:
        try:
            path.unlink()
        except OSError as error:
            message = f"{path} cannot be removed: {error.strerror}"
            raise ScheduleError(message, "remove it yourself") from error
        say(f"removed {path}")
    return len(there)


def _under(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _is_here(root: Path) -> bool:
    return root == Path("/")


def _needs_root(root: Path) -> None:
    if _is_here(root) and os.geteuid() != 0:
        message = "only root can have this machine run something"
        raise UsageError(message, "say it with sudo; without --install it only prints")


def _user_exists() -> bool:
    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True


def _write(file: File, root: Path, say: Callable[[str], None]) -> None:
    path = _under(root, file.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_text(file.text, encoding="utf-8")
        temporary.chmod(file.mode)
        temporary.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise ScheduleError(message, "mend that, and say it again") from error
    say(f"wrote {path}")


def _prepare(root: Path, say: Callable[[str], None]) -> None:
    """The service's directories: its state is its own, its configuration is root's, its secrets are root's alone."""
    state, settings, credentials = (_under(root, each) for each in (STATE, SETTINGS, CREDENTIALS))
    try:
        for path, mode in ((state, 0o700), (settings, 0o755), (credentials, 0o700)):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)
        if _is_here(root):
            shutil.chown(state, USER, USER)
    except (OSError, LookupError) as error:
        message = f"the service's directories cannot be made: {error}"
        raise ScheduleError(message, "mend that, and say it again") from error
    if not (settings / "originlock.toml").is_file():
        say(f"nothing runs before there is a configuration: {settings / 'originlock.toml'}")


def _give_credentials(root: Path) -> None:
    """Cron hands nothing over: the user itself reads its secrets, and nobody else does."""
    directory = _under(root, CREDENTIALS)
    try:
        for path in (directory, *(directory / each.name for each in credentials_there(root))):
            path.chmod(0o700 if path == directory else 0o400)
            if _is_here(root):
                shutil.chown(path, USER, USER)
    except (OSError, LookupError) as error:
        message = f"the secrets in {directory} cannot be given to {USER}: {error}"
        raise ScheduleError(message, "mend that, and say it again") from error


def _remember(kind: Literal["systemd", "cron"], interval: Every, root: Path) -> None:
    state = _under(root, STATE)
    ScheduleFile(state).keep(Scheduled(kind, interval.seconds, datetime.datetime.now(datetime.UTC)))
    if _is_here(root):
        shutil.chown(state / "schedule.json", USER, USER)


def _call(arguments: tuple[str, ...]) -> None:
    """Run one of the system's own programs, without a shell."""
    try:
        done = subprocess.run(  # noqa: S603  fixed words of ours
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{arguments[0]} cannot be run: {error}"
        raise ScheduleError(message, f"run it yourself: {' '.join(arguments)}") from error
    if done.returncode:
        message = f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()[:300]}"
        raise ScheduleError(message, "mend that, and say it again")
