"""The front door: finds the command, runs it, and turns every way to fail into three lines and an exit code.

Lives here: the list of commands, the process boundary. Must not live here: any command.
"""

from __future__ import annotations

import itertools
import sys
from typing import Final

import click

from originlock import __version__
from originlock.cli.failure import Failure, failure_of, show
from originlock.cli.late import LateGroup
from originlock.cli.output import LOST, steady_streams, write
from originlock.errors import EXIT_CODE_MEANINGS, ExitCode, OriginlockError, Whose

COMMANDS: Final = {
    "plan": "show what would be changed, and why; changes nothing",
    "apply": "do it: widen, prove, narrow, prove",
    "run": "keep every origin locked by itself: renew, plan, apply, prove, tell; fit for cron",
    "status": "how every origin stands: locks, holes, the last run, what ends, the next run",
    "schedule": "have this machine run it by itself, by systemd or by cron",
    "check": "is a host behind its edge, and does its origin answer a stranger? (no credentials needed)",
    "verify": "prove every promise of the policy by real connections, through the edge and round it",
    "adopt": "take over the edge's rules that a script or a person made; opens and closes nothing",
    "rollback": "undo a run, under the same guards",
    "history": "what was done, when and by whom",
    "ranges": "the edge's published ranges, held against the guards",
    "bundle": "would a load balancer take this bundle of authorities? everything that is wrong with it, by line",
    "config": "check, show or describe the configuration",
    "ca": "certificate authorities of your own: for the edge, for services, for devices",
    "expiry": "everything that ends: certificates, authorities, revocation lists, exceptions, with days left",
    "renew": "renew what is due, put it to use on both sides, and prove it; fit for cron",
    "notify": "would people be told? a test message by every channel of the configuration",
    "zone": "add a domain to Cloudflare, and see what the import of its records missed",
    "cost": "what the open door costs, what a flood costs, and what each lock saves",
    "iam-policy": "the IAM policy that a command needs, and no more",
    "completion": "what makes bash, zsh or fish complete commands and options",
    "lab": "a local world to try everything in: AWS, Cloudflare, load balancers, packet filters",
}
"""Each command with its one line; its module is loaded when it is called."""


_CHANGING: Final = frozenset({"apply", "adopt", "rollback", "renew", "run"})


class FrontDoor(LateGroup):
    """All commands."""

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples and exit codes."""
        formatter.write("\nExamples:\n")
        for example in (
            "originlock plan --load-balancer my-alb",
            "originlock apply --load-balancer my-alb --foreign remove",
            "originlock plan --out lock.plan && originlock apply lock.plan --yes",
        ):
            formatter.write(f"  {example}\n")
        formatter.write("\nExit codes:\n")
        for code, meaning in EXIT_CODE_MEANINGS.items():
            formatter.write(f"  {int(code):>3}  {meaning}\n")


@click.group(
    cls=FrontDoor, late=COMMANDS, modules="originlock.cli.", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="originlock", message="%(prog)s %(version)s")
def root() -> None:
    """Lock an AWS origin to its edge, and never lock the users out.

    Security groups admit only the ranges that the edge publishes. Every plan widens, proves, narrows and proves;
    nothing is done on a list that is empty, shrunken, unparsable or too wide.
    """


def run(arguments: list[str]) -> int:
    """Run a command line; returns its exit code."""
    debug = "--debug" in arguments
    steady_streams()
    try:
        outcome = root.main(arguments, prog_name="originlock", standalone_mode=False)
        write(sys.stdout, "")
        code = outcome if isinstance(outcome, int) else int(ExitCode.DONE)
        # What only tells is not done if nobody could read it; what changes something has its own code to tell.
        return int(ExitCode.ERROR) if LOST and not code and arguments[0] not in _CHANGING else code
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as nothing_said:
        write(sys.stderr, nothing_said.format_message() + "\n")
        return int(ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return _failed(
            Failure("interrupted", Whose.YOURS, "nothing was being changed; run it again", ExitCode.INTERRUPTED),
            arguments,
        )
    except (OriginlockError, click.ClickException) as error:
        if debug:
            _print_traceback()
        return _failed(failure_of(error), arguments)
    except Exception as error:  # noqa: BLE001  the one place: whatever it is, a person gets three lines and a code
        if debug:
            _print_traceback()
        what = f"{type(error).__name__}: {error}"
        return _failed(
            Failure(what, Whose.OURS, "run it again with --debug, and report what it prints", ExitCode.ERROR),
            arguments,
        )


def _print_traceback() -> None:
    import traceback  # noqa: PLC0415  only where a person asks for it

    traceback.print_exc()


def _failed(failure: Failure, arguments: list[str]) -> int:
    show(failure, as_json=_wants_json(arguments))
    return int(failure.exit_code)


def _wants_json(arguments: list[str]) -> bool:
    pairs = itertools.pairwise([*arguments, ""])
    return any(
        (name in ("-o", "--output") and value == "json") or name in ("-ojson", "--output=json") for name, value in pairs
    )
