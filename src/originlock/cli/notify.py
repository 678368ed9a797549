"""`originlock notify test`: would people be told?

Lives here: the commands. Must not live here: how anything is sent.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from originlock.cli.options import config_option, configuration_of, output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import ExitCode, UsageError
from originlock.intent.kinds import did_you_mean
from originlock.wiring.settings import load

if TYPE_CHECKING:
    from originlock.intent.policy import Configuration
    from originlock.intent.telling import ChannelPolicy
    from originlock.notify.message import Message
    from originlock.wiring.telling import Came

_EPILOG = """\b
Examples:
  originlock notify test
  originlock notify test chat
  originlock notify test -o json | jq '.channels[] | select(.sent | not)'
\b
The message goes to a channel whatever it wants to be told. A monitor (kind ping)
hears that a run begins, and that it ended with exit code 0.
\b
Exit codes: 0 every channel took it whole, 1 one did not, 2 wrong usage.
"""


@click.group("notify", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Tell people: see whether the channels of the configuration ([notify.NAME]) work."""


@command.command("test", short_help="send a test message to every channel, or to one", epilog=_EPILOG)
@click.argument("channel", required=False)
@config_option
@output_options
def test(
    channel: str | None,
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Send a test message to every channel, or to CHANNEL alone, and say what came of each."""
    from originlock.facts.runs import Run  # noqa: PLC0415  --help needs none of it
    from originlock.wiring.telling import Begun, send  # noqa: PLC0415  ditto

    configuration = configuration_of(load(config))
    chosen = msgspec.structs.replace(configuration, channels=_chosen(configuration, channel))
    now = datetime.datetime.now(datetime.UTC)
    messages = {each.name: _message() for each in chosen.channels}
    begun = Begun(chosen)
    came = send(chosen, messages, Run(now, now, 0, dry=True), configuration.run.tell_seconds, begun)
    return _shown(came, output)


def _chosen(configuration: Configuration, name: str | None) -> tuple[ChannelPolicy, ...]:
    """The channels to try.

    Raises:
        UsageError: there are none, or none of this name.
    """
    channels = configuration.channels
    if not channels:
        message = "the configuration names no channel"
        raise UsageError(message, "add one, such as [notify.ops]: docs/notify.md has an example of each kind")
    if name is None:
        return channels
    names = [each.name for each in channels]
    if name not in names:
        message = f"there is no channel {name!r}"
        raise UsageError(message, did_you_mean(name, names) or f"name one of these: {', '.join(names)}")
    return tuple(each for each in channels if each.name == name)


def _message() -> Message:
    from originlock.facts.telling import On  # noqa: PLC0415  ditto
    from originlock.notify.message import Message  # noqa: PLC0415  ditto
    from originlock.notify.notices import Notice, Weight  # noqa: PLC0415  ditto

    notice = Notice(On.CHANGE, Weight.NEWS, "", "this is a test, and nothing happened", "nothing")
    text = f"{notice.text}.\nWhoever reads this is told when there is something to tell.\n"
    return Message(f"originlock: {notice.text}", text, Weight.NEWS, (notice,))


def _shown(came: tuple[Came, ...], output: str) -> int:
    from originlock.ports.telling import Sent  # noqa: PLC0415  ditto
    from originlock.report.document import Line, Tone  # noqa: PLC0415  ditto
    from originlock.wiring.telling import failures  # noqa: PLC0415  ditto

    failed = failures(came)
    partly = {each.channel: each.came.but for each in came if isinstance(each.came, Sent) and each.came.but}
    if output == "json":
        channels = [
            {
                "name": each.channel,
                "kind": each.kind,
                "sent": each.channel not in failed,
                "reason": failed.get(each.channel) or partly.get(each.channel),
            }
            for each in came
        ]
        print_json({"channels": channels})
    else:
        lines = []
        for each in came:
            name = f"{each.channel} ({each.kind})"
            if each.channel in failed:
                lines.append(Line(f"{name}: not sent: {failed[each.channel]}", Tone.BAD))
            elif each.channel in partly:
                lines.append(Line(f"{name}: sent, but {partly[each.channel]}", Tone.WARNING))
            else:
                lines.append(Line(f"{name}: sent", Tone.GOOD))
        print_document(tuple(lines))
    return int(ExitCode.ERROR if failed or partly else ExitCode.DONE)
