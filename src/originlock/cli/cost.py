"""`originlock cost`: what a load balancer costs, what a flood costs, and what each lock saves.

Lives here: the group and the list of its commands. Must not live here: any of them.
"""

from __future__ import annotations

from typing import Final

import click

from originlock.cli.late import LateGroup

COMMANDS: Final = {
    "estimate": "what figures given by hand come to, with and without each lock",
    "observe": "what a load balancer was charged for, hour by hour, from CloudWatch",
    "storm": "what a flood round the edge costs: open, with mutual TLS, with the network lock",
    "prices": "the prices that are reckoned with, their sources and dates; --refresh asks AWS",
}
"""Each command with its one line; its module is loaded when it is called."""


@click.group(
    "cost",
    cls=LateGroup,
    late=COMMANDS,
    modules="originlock.cli.cost_",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def command() -> None:
    """What the open door costs, what a flood costs, and what each lock saves.

    Numbers are exact where AWS says what is charged; where it does not, they are intervals.
    """
