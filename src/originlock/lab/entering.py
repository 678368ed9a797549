"""Becoming a program in one of the lab's hosts.

Lives here: the environment that points a program at the lab, and the way into a host: its network, its name server in
place of the machine's. Must not live here: starting or asking a lab (see `running`).

What is changed of the file system is seen by the program and its children alone (a mount namespace), and ends with
them: nothing in /etc is touched.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from originlock.lab.addresses import NAME_SERVER
from originlock.lab.process import ACCESS_KEY, SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.folder import Folder, State

#: From <sched.h> and <sys/mount.h>.
_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWNET: Final = 0x40000000
_MS_BIND: Final = 4096
_MS_REC: Final = 16384
_MS_PRIVATE: Final = 1 << 18

#: Which file stands in for which: where names are asked, and that they are asked there. On machines with systemd's
#: resolver or nscd they would be asked over a Unix socket, outside of every namespace.
_RESOLVER: Final = Path("/etc/resolv.conf")
_NAME_SWITCH: Final = Path("/etc/nsswitch.conf")
_NSCD: Final = Path("/run/nscd")

#: Nothing of these may lead a program elsewhere; `environment` says what is set instead.
REMOVED: Final = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CLOUDFLARE_API_KEY",
    "CLOUDFLARE_EMAIL",
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)


class EnteringError(Exception):
    """There is no way into the host, or no such program; the message says why."""


def environment(folder: Folder, state: State) -> Mapping[str, str]:
    """The variables that point boto3, the AWS CLI, Terraform, clients of Cloudflare, curl and originlock at the lab."""
    bundle = str(folder.trusted)
    return {
        "AWS_ENDPOINT_URL": state.aws_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_REGION": state.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CLOUDFLARE_BASE_URL": state.cloudflare_url,
        "CLOUDFLARE_API_TOKEN": state.cloudflare_token,
        **state.lists,
        "ORIGINLOCK_EDGES_CLOUDFLARE_ACCOUNT_URL": state.cloudflare_url,
        "ORIGINLOCK_STATE_DIR": str(folder.product_state),
        "ORIGINLOCK_LAB_DIR": str(folder.path),
        # Every library has its own name for it.
        **dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), bundle),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def host_files(folder: Folder) -> None:
    """Write what stands in for the files of the machine in a host; raises OSError."""
    folder.resolver.write_text(f"nameserver {NAME_SERVER}\noptions timeout:2 attempts:2\n", encoding="ascii")
    try:
        found = _NAME_SWITCH.read_text(encoding="utf-8")
    except OSError:
        found = ""
    kept = re.sub(r"(?m)^\s*hosts:.*\n?", "", found)
    folder.name_switch.write_text(f"{kept.rstrip()}\nhosts: files dns\n", encoding="utf-8")


def become(folder: Folder, state: State, host: str, command: Sequence[str], inherited: Mapping[str, str]) -> None:
    """Become a program in a host, or on the loopback address where there are none; comes back only with an error.

    Raises:
        EnteringError: the lab has ended, this process may not, or there is no such program.
    """
    variables = {name: value for name, value in inherited.items() if name not in REMOVED}
    variables.update(environment(folder, state))
    if state.filtered:
        try:
            _enter(folder, state.namespaces[host])
        except OSError as error:
            message = f"there is no way into the lab's host {host}: {error.strerror}"
            raise EnteringError(message) from error
    # Python ignores it, and what is ignored is inherited.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvpe(command[0], list(command), variables)  # noqa: S606 - it is what was asked for
    except OSError as error:
        message = f"{command[0]} cannot be run: {error.strerror}"
        raise EnteringError(message) from error


def _enter(folder: Folder, namespace: str) -> None:
    network = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.setns(network, _CLONE_NEWNET))
    _checked(libc.unshare(_CLONE_NEWNS))
    # Else what is mounted from here on would be seen outside, too.
    _checked(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    for place, stand_in in ((_RESOLVER, folder.resolver), (_NAME_SWITCH, folder.name_switch)):
        # Where there is no such file nothing can be put in its place; programs then ask at 127.0.0.1, in vain.
        if place.exists():
            _checked(libc.mount(bytes(stand_in), bytes(place.resolve()), None, _MS_BIND, None))
    if _NSCD.is_dir():
        _checked(libc.mount(b"none", bytes(_NSCD), b"tmpfs", 0, None))


def _checked(returned: int) -> None:
    if returned != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
