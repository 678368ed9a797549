"""`originlock lab call-log` and `originlock lab fault`: what the local clouds were asked, and what goes wrong there.

Lives here: these commands. Must not live here: the faults themselves.
"""

from __future__ import annotations

import ipaddress
import sys
import urllib.error
from typing import TYPE_CHECKING, Final

import click

from originlock.cli.lab_running import running_lab
from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json, write
from originlock.errors import ExitCode, StateError, UsageError

if TYPE_CHECKING:
    from originlock.lab.running import RunningLab

DROP_PACKETS: Final = "drop-packets"
EDGE_DOWN: Final = "edge-down"
_PACKETS: Final = (DROP_PACKETS, EDGE_DOWN)
"""What befalls connections and not calls."""

_cloud_option = click.option(
    "--cloud", type=click.Choice(["aws", "cloudflare"]), default="aws", show_default=True, help="whose calls"
)


@click.command(
    "call-log",
    short_help="what the local clouds were asked",
    epilog="\b\nExamples:\n  originlock lab call-log\n"
    "  originlock lab call-log --since 40 -o json | jq '.calls[].action'",
)
@_cloud_option
@click.option("--since", type=click.IntRange(min=0), default=0, metavar="N", help="only the calls after number N")
@output_options
def call_log(
    cloud: str,
    since: int,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """List the calls that a local cloud was asked, in the order in which they took effect."""
    from originlock.cli.lab_words import calls_document  # noqa: PLC0415  only for this command

    calls = _calls(running_lab(), cloud, since)
    if output == "json":
        print_json({"calls": calls})
    else:
        print_document(calls_document(calls))
    return int(ExitCode.DONE)


@click.group("fault")
def fault() -> None:
    """Let something go wrong: a call to a local cloud, or packets between hosts."""


@fault.command(
    "add",
    short_help="let something go wrong",
    epilog="\b\nExamples:\n  originlock lab fault add throttle --action AuthorizeSecurityGroupIngress --times 3\n"
    "  originlock lab fault add server-error --at 5\n"
    "  originlock lab fault add drop-packets --cidr 173.245.48.0/20 --host origin",
)
@click.argument("kind")
@click.option("--action", metavar="NAME", help="only these calls count; Cloudflare: [METHOD ]PATH")
@click.option("--at", type=click.IntRange(min=1), metavar="N", help="begin with the Nth call from now that counts")
@click.option("--times", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="how many calls")
@_cloud_option
@click.option("--cidr", metavar="CIDR", help=f"{DROP_PACKETS}: from and to which network")
@click.option("--host", metavar="HOST", default="origin", show_default=True, help=f"{DROP_PACKETS}: at which host")
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def add(
    *,
    kind: str,
    action: str | None,
    at: int | None,
    times: int,
    cloud: str,
    cidr: str | None,
    host: str,
    debug: bool,  # noqa: ARG001  read at the process boundary
) -> int:
    """Let calls meet a fault of this KIND, packets be lost (drop-packets), or the edge serve nobody (edge-down).

    AWS: throttle, server-error, unavailable, drop-before, drop-after, access-denied, quota, duplicate, not-found,
    in-use, conflict, stale, hang-before, hang-after.

    Cloudflare: status, slow, drop-before, drop-after, hang-before, hang-after, garbage, cut, ignored, denied,
    throttled.

    Without --at and --action a fault befalls the next call.
    """
    there = running_lab()
    said = "is so from now on"
    if kind == DROP_PACKETS:
        _drop(there, cidr, host)
    elif kind == EDGE_DOWN:
        _set_edge_down(there, down=True)
    else:
        _add(there, cloud, kind, action, {"times": times, **({} if at is None else {"at": at})})
        said = "waits for its call"
    write(sys.stdout, f"{kind} {said}; `originlock lab fault clear` ends it\n")
    return int(ExitCode.DONE)


@fault.command(
    "clear", short_help="let nothing go wrong any more", epilog="\b\nExamples:\n  originlock lab fault clear"
)
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def clear(
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Forget all faults of all clouds, let go the calls that hang, and lose no more packets than the groups say."""
    from originlock.lab.control_socket import AskingError  # noqa: PLC0415  only for this command

    there = running_lab()
    try:
        there.aws.clear_faults()
        there.aws.release()
        there.cloudflare.delete("faults")
        there.cloudflare.post("release")
        there.drop_nothing()
    except (OSError, AskingError) as error:
        raise _no_answer(error) from error
    _set_edge_down(there, down=False)
    write(sys.stdout, "no fault waits\n")
    return int(ExitCode.DONE)


def _calls(there: RunningLab, cloud: str, since: int) -> list[dict[str, object]]:
    try:
        if cloud == "cloudflare":
            return list(there.cloudflare.get(f"calls?since={since}"))
        return [call.to_json() for call in there.aws.calls(since)]
    except OSError as error:
        raise _no_answer(error) from error


def _add(there: RunningLab, cloud: str, kind: str, action: str | None, counts: dict[str, int]) -> None:
    kinds = _kinds(cloud)
    if kind not in kinds:
        message = f"there is no fault {kind!r} of calls to {cloud}"
        raise UsageError(message, f"one of: {', '.join((*kinds, *_PACKETS))}")
    try:
        if cloud == "cloudflare":
            there.cloudflare.post("faults", {"kind": kind, **counts, **({} if action is None else _path(action))})
        else:
            at = counts.get("at") or (1 if action is None else None)
            there.aws.add_fault(kind, at=at, action=action, times=counts["times"])
    except urllib.error.HTTPError as error:
        raise UsageError(error.read().decode(errors="replace"), "see `originlock lab fault add --help`") from error
    except OSError as error:
        raise _no_answer(error) from error


def _kinds(cloud: str) -> list[str]:
    from originlock.lab.cloudflare.faults import FaultKind as CloudflareFaultKind  # noqa: PLC0415  only for this command
    from originlock.lab.faults import FaultKind  # noqa: PLC0415  ditto

    return [each.value for each in (CloudflareFaultKind if cloud == "cloudflare" else FaultKind)]


def _path(action: str) -> dict[str, str]:
    """Cloudflare's calls have no names: a path, or a method and a path."""
    method, _, path = action.rpartition(" ")
    return {"path": path, **({"method": method} if method else {})}


def _drop(there: RunningLab, cidr: str | None, host: str) -> None:
    from originlock.lab.control_socket import AskingError  # noqa: PLC0415  only for this command

    if cidr is None:
        message = f"{DROP_PACKETS} needs a network"
        raise UsageError(message, "give one with --cidr")
    try:
        network = str(ipaddress.ip_network(cidr, strict=False))
        there.drop(network, host)
    except (ValueError, AskingError) as error:
        raise UsageError(str(error), "see `originlock lab fault add --help` and `originlock lab status`") from error


def _set_edge_down(there: RunningLab, *, down: bool) -> None:
    from originlock.lab.control_socket import AskingError  # noqa: PLC0415  only for these commands

    try:
        there.set_edge_down(down)
    except AskingError as error:
        raise _no_answer(error) from error


def _no_answer(error: Exception) -> StateError:
    return StateError(str(error), "take the lab down and bring it up again: originlock lab down")
