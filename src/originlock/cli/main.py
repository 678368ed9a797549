"""The front door: finds the command, runs it, and turns every way to fail into three lines and an exit code.

Lives here: the list of commands, the process boundary. Must not live here: any command.
"""

from __future__ import annotations

import importlib
import itertools
import sys
from typing import TYPE_CHECKING, Final

import click

from originlock import __version__
from originlock.cli.completing import late_commands
from originlock.cli.failure import Failure, failure_of, show
from originlock.cli.output import LOST, steady_streams, write
from originlock.errors import EXIT_CODE_MEANINGS, ExitCode, OriginlockError, Whose

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

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


class LateGroup(click.Group):
    """A group that loads a command's module only when that command is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"originlock.cli.{cmd_name.replace('-', '_')}")
        command = getattr(module, "command")  # noqa: B009  by name
        return command if isinstance(command, click.Command) else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, without loading any, and our options."""
        return [*late_commands(COMMANDS, incomplete), *click.Command.shell_complete(self, ctx, incomplete)]

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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and say what was probably meant where there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415  only where it helps

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            message = f"there is no command {args[0]!r}{meant}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
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
