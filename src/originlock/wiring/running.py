"""A run by itself with everything behind it: ports, the record of runs, and those who are told.

Lives here: what a run is given, and what is kept of it. Must not live here: what it does (see `originlock.app.run`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from originlock.app.again import Audience, Row, again
from originlock.app.run import Asked, Hands, run
from originlock.errors import StateError
from originlock.facts.runs import Run
from originlock.intent.policy import Configuration, Policy
from originlock.notify.kept import Kept
from originlock.notify.message import Message
from originlock.plan.document import Plan
from originlock.report.metrics import metrics_text
from originlock.store.directory import publish
from originlock.store.lease import WHOLE_RUN, LeaseFile
from originlock.store.runs import RunFile
from originlock.wiring import desk
from originlock.wiring.authorities import authority_files
from originlock.wiring.settings import state_directory
from originlock.wiring.telling import Begun, failures, send, wishes


class Ran(msgspec.Struct, frozen=True):
    """A run, and who could not be told of it, with why."""

    run: Run
    failed: Mapping[str, str]


class _Quiet:
    """A run says what it came to, and not what it is doing."""

    def say(self, text: str) -> None:
        """Nothing."""


def ran(configuration: Configuration, policies: tuple[Policy, ...], *, dry: bool, wait_seconds: float) -> Ran:
    """Run once.

    Args:
        configuration: that the origins are of.
        policies: the origins.
        dry: change nothing, keep nothing, tell nobody.
        wait_seconds: how long to wait for another run, and for an apply, to end.

    Raises:
        RefusedError: another run did not end in time.
        StateError: the state directory cannot be used; nothing was changed.
    """
    state = state_directory()
    with LeaseFile(state, _Quiet().say, WHOLE_RUN).held("originlock run", wait_seconds):
        file = RunFile(state)
        kept = file.kept()
        readers = desk.readers(configuration, state)
        files = authority_files()
        hands = Hands(
            desk.writers(readers, state, _Quiet()),
            lambda: desk.order("run", saved=None, wait_seconds=wait_seconds),
            files.authority,
            files,
            _unseen,
        )
        if dry:
            return Ran(run(Asked(policies, configuration.limits, dry, kept.origins), readers, hands), {})
        begun, settings = Begun(configuration), configuration.run

        def sent(messages: Mapping[str, Message], made: Run) -> Mapping[str, str]:
            return failures(send(configuration, messages, made, settings.tell_seconds, begun))

        row = Row(policies, configuration.limits, policies == configuration.origins, file.keep)
        made, telling = again(row, kept, readers, hands, Audience(wishes(configuration), settings.oldest_list, sent))
        failed = {**telling.failed, **_measured(settings.metrics_file, file.kept(), made)}
    return Ran(made, failed)


def _measured(path: str, kept: Kept, made: Run) -> dict[str, str]:
    """Write the metrics of all origins; returns why they could not be."""
    if not path:
        return {}
    every = msgspec.structs.replace(made, origins=tuple(kept.origins.values()))
    try:
        publish(Path(path), metrics_text(every, kept.succeeded))
    except StateError as error:
        return {"metrics_file": error.what}
    return {}


def _unseen(plan: Plan) -> None:
    """Nobody looks on; what was done is in the record."""
