"""systemd's units: a service that may do next to nothing but connect, and the timer that starts it.

Lives here: the texts of the units and of the user. Must not live here: writing them, asking systemd.
Sources: systemd.exec(5), systemd.service(5), systemd.timer(5), sysusers.d(5), of systemd 252 (Debian 12).
"""

from __future__ import annotations

from typing import Final

import msgspec

from originlock.schedule.every import Every, on_calendar

NAME: Final = "originlock"
USER: Final = "originlock"
STATE: Final = "/var/lib/originlock"
SETTINGS: Final = "/etc/originlock"
CREDENTIALS: Final = "/etc/originlock/credentials"

LONGEST_RUN: Final = "30min"
"""After which a run is ended (our choice): waits for a trust store and for the edge's deployment take ten each."""


class File(msgspec.Struct, frozen=True):
    """A file that is to be there.

    Attributes:
        path: absolute.
        text: all of it.
        mode: its permission bits.
    """

    path: str
    text: str
    mode: int = 0o644


class Credential(msgspec.Struct, frozen=True):
    """A secret that the service is given, in a file that nobody else can read.

    Attributes:
        name: of the file in `CREDENTIALS`.
        variable: that tells originlock where it is; empty where the configuration names it.
    """

    name: str
    variable: str


def units(program: str, interval: Every, credentials: tuple[Credential, ...]) -> tuple[File, ...]:
    """The user, the service and the timer.

    Args:
        program: the absolute path of originlock.
        interval: how often.
        credentials: that the service is given; a file that is not there stops the service, so that only what there is
            is named.
    """
    return (
        File(f"/etc/sysusers.d/{NAME}.conf", f'u {USER} - "originlock" {STATE}\n'),
        File(f"/etc/systemd/system/{NAME}.service", _service(program, credentials)),
        File(f"/etc/systemd/system/{NAME}.timer", _timer(interval)),
    )


def _service(program: str, credentials: tuple[Credential, ...]) -> str:
    given = [f"LoadCredential={each.name}:{CREDENTIALS}/{each.name}" for each in credentials]
    given += [f"Environment={each.variable}=%d/{each.name}" for each in credentials if each.variable]
    lines = [
        "[Unit]",
        "Description=originlock: keep origins locked to their edge",
        "Wants=network-online.target",
        "After=network-online.target time-sync.target",
        f"ConditionPathExists={SETTINGS}/originlock.toml",
        "",
        "[Service]",
        "Type=oneshot",
        f"User={USER}",
        f"Group={USER}",
        f"ExecStart={program} run --config {SETTINGS}/originlock.toml",
        f"TimeoutStartSec={LONGEST_RUN}",
        # A narrowing that has begun is ended or undone first: a stop is waited for.
        "TimeoutStopSec=5min",
        "KillMode=mixed",
        f"StateDirectory={NAME}",
        "StateDirectoryMode=0700",
        # Where node_exporter may read what a run measured ([run] metrics_file); it stays between runs.
        f"RuntimeDirectory={NAME}",
        "RuntimeDirectoryMode=0755",
        "RuntimeDirectoryPreserve=yes",
        f"ConfigurationDirectory={NAME}",
        f"Environment=ORIGINLOCK_STATE_DIR={STATE} HOME={STATE}",
        # Region, profile and whatever else is said by the environment; no secrets, those are credentials.
        f"EnvironmentFile=-{SETTINGS}/environment",
        *given,
        "Nice=10",
        *_SANDBOX,
    ]
    return "\n".join(lines) + "\n"


_SANDBOX: Final = (
    "UMask=0077",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "SecureBits=noroot noroot-locked",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "PrivateUsers=yes",
    "PrivateIPC=yes",
    "DevicePolicy=closed",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "RemoveIPC=yes",
    "KeyringMode=private",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallErrorNumber=EPERM",
    "MemoryMax=1G",
    "TasksMax=256",
)
"""What is taken from the service: everything but connecting, its own state and reading its configuration."""


def _timer(interval: Every) -> str:
    return "\n".join(
        (
            "[Unit]",
            f"Description=originlock every {interval.words}",
            "",
            "[Timer]",
            f"OnCalendar={on_calendar(interval)}",
            f"RandomizedDelaySec={interval.jitter_seconds}",
            "AccuracySec=1min",
            # A run that was missed while the machine was off is caught up.
            "Persistent=yes",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
        )
    )
