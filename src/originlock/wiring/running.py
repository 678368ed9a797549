"""A run by itself with everything behind it: ports, the record of runs, and those who are told.

Lives here: what a run is given, and what is kept of it. Must not live here: what it does (see `originlock.app.run`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from originlock.app.again import Audience, Row, again
from originlock.app.run import COMMAND, Asked, Hands, run
from originlock.errors import StateError
from originlock.facts.runs import Run
from originlock.facts.telling import On
from originlock.intent.policy import Configuration, Policy
from originlock.notify.kept import Kept
from originlock.notify.message import Message, message
from originlock.notify.notices import Notice, Weight
from originlock.plan.document import Plan
from originlock.report.metrics import metrics_text
from originlock.store.directory import publish
from originlock.store.lease import WHOLE_RUN, LeaseFile
from originlock.store.runs import RunFile
from originlock.wiring import desk
from originlock.wiring.authorities import authority_files
from originlock.wiring.interrupts import stopped_like_interrupted
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
    try:
        with stopped_like_interrupted():
            return _ran(configuration, policies, dry=dry, wait_seconds=wait_seconds)
    except StateError as error:
        if not dry:
            _tell_of(error, configuration)
        raise


def _tell_of(error: StateError, configuration: Configuration) -> None:
    """Tell of a run that could not be: each time anew, for nothing can be kept of having told."""
    now = datetime.datetime.now(datetime.UTC)
    told = message((Notice(On.FAILED, Weight.ALERT, "", f"nothing could be done: {error.what}", error.remedy),))
    messages = {name: told for name, on in wishes(configuration).items() if On.FAILED in on and told is not None}
    send(configuration, messages, Run(now, now, int(error.exit_code)), configuration.run.tell_seconds)


def _ran(configuration: Configuration, policies: tuple[Policy, ...], *, dry: bool, wait_seconds: float) -> Ran:
    state = state_directory()
    with LeaseFile(state, _Quiet().say, WHOLE_RUN).held("originlock run", wait_seconds):
        file = RunFile(state)
        kept, anew = (Kept(), "") if dry else file.mended()
        readers = desk.readers(configuration, state)
        files = authority_files()
        hands = Hands(
            desk.writers(readers, state, _Quiet()),
            lambda: desk.order(COMMAND, saved=None, wait_seconds=wait_seconds),
            files.authority,
            files,
            _unseen,
        )
        if dry:
            return Ran(run(Asked(policies, configuration.limits, dry=True), readers, hands), {})
        begun, settings = Begun(configuration), configuration.run

        def sent(messages: Mapping[str, Message], made: Run) -> Mapping[str, str]:
            return failures(send(configuration, messages, made, settings.tell_seconds, begun))

        names = tuple(policy.origin for policy in configuration.origins)
        row = Row(policies, configuration.limits, policies == configuration.origins, file.keep, anew)
        made, telling = again(row, kept, readers, hands, Audience(wishes(configuration), settings.oldest_list, sent))
        failed = {**telling.failed, **_measured(settings.metrics_file, names, file.kept(), made)}
    return Ran(made, failed)


def _measured(path: str, names: Iterable[str], kept: Kept, made: Run) -> dict[str, str]:
    """Write the metrics of all origins; returns why they could not be."""
    if not path:
        return {}
    # Not of one that was taken out of the configuration: nobody looks at it, and its last state would stand for ever.
    origins = tuple(kept.origins[name] for name in names if name in kept.origins)
    every = msgspec.structs.replace(made, origins=origins)
    try:
        publish(Path(path), metrics_text(every, kept.succeeded))
    except StateError as error:
        return {"metrics_file": error.what}
    return {}


def _unseen(plan: Plan) -> None:
    """Nobody looks on; what was done is in the record."""
