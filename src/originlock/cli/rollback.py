"""`originlock rollback`: undo a run, as a plan under all guards.

Lives here: the command's options, and choosing the run. Must not live here: what undoing means.
"""

from __future__ import annotations

import click
import msgspec

from originlock.app.plan import Planned, Request, Undo, make_plan
from originlock.cli.carry_out import carried_out, needs_terminal_or_yes
from originlock.cli.options import (
    Said,
    config_option,
    configuration_of,
    loaded_configuration,
    output_options,
    overrides_of,
    place_options,
    wait_option,
    yes_option,
)
from originlock.errors import StateError, UsageError
from originlock.intent.options import override_place
from originlock.intent.policy import Configuration, GroupsById, ListsAlone, LoadBalancerNamed, Policy
from originlock.plan.journal import RunRecord, last_to_undo, runs
from originlock.store.journal import JournalFile
from originlock.wiring import desk
from originlock.wiring.settings import state_directory

_EPILOG = """\b
Examples:
  originlock rollback                      undo the last run that changed anything
  originlock rollback 20261122T090000Z-1a2b3c --yes
  originlock rollback --reopen             also what opens beyond what is wanted
\b
A rollback never removes a wanted source. Exit codes are those of `originlock apply`.
"""


@click.command("rollback", epilog=_EPILOG)
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--reopen", is_flag=True, help="open beyond what is wanted, if that is how it was")
@place_options
@config_option
@wait_option
@yes_option
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
    run: str | None,
    reopen: bool,  # noqa: FBT001  click gives flags by name
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    wait: float,
    yes: bool,  # noqa: FBT001  ditto
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Undo RUN (see `originlock history`), or the last run that changed anything."""
    needs_terminal_or_yes(yes=yes, command="rollback")
    configuration = configuration_of(loaded_configuration(Said(config=config)))
    state = state_directory()
    record = _chosen(run, JournalFile(state))
    policies = tuple(_policy(policy, configuration, (region, profile, role)) for policy in _touched(record))
    overrides = overrides_of(adopt=False, accept_list=None, no_prove=False, reopen=reopen)
    request = Request(policies, configuration.limits, overrides)
    reading = desk.readers(configuration, state)

    def make() -> Planned:
        return make_plan(request, reading, Undo(record.run, record.inverses))

    return carried_out("rollback", make, reading, saved=None, yes=yes, wait_seconds=wait, as_json=output == "json")


def _chosen(run: str | None, journal: JournalFile) -> RunRecord:
    record = last_to_undo(runs(journal.events()), run)
    if record is None:
        what = f"there is no run {run}" if run is not None else "there is no run that changed anything"
        message = f"{what} in {journal.path}"
        raise UsageError(message, "see `originlock history`, and ORIGINLOCK_STATE_DIR")
    if not record.changed:
        message = f"run {record.run} changed nothing, so there is nothing to undo"
        raise UsageError(message, "see `originlock history` for the others")
    if not record.policies:
        message = f"the journal {journal.path} no longer tells what run {record.run} was about"
        raise StateError(message, "undo it by hand; `originlock history` tells what is left of it")
    return record


def _touched(record: RunRecord) -> tuple[Policy, ...]:
    """The run's policies, each for the groups that the run touched: a tag may have gone from one since.

    A load balancer stays the target: what goes and what comes back is judged by all the groups that it has.
    """
    touched = {
        policy.origin: tuple(sorted({inverse.target for origin, inverse in record.inverses if origin == policy.origin}))
        for policy in record.policies
    }
    return tuple(
        policy
        if isinstance(policy.target, LoadBalancerNamed | ListsAlone)
        else msgspec.structs.replace(policy, target=GroupsById(_groups(touched[policy.origin])))
        for policy in record.policies
        if touched[policy.origin]
    )


def _groups(targets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(target for target in targets if target.startswith("sg-"))


def _policy(policy: Policy, configuration: Configuration, said: tuple[str | None, str | None, str | None]) -> Policy:
    """What is wanted now: today's policy of that origin on the run's target; without one, the run's own."""
    today = configuration.origin(policy.origin)
    now = policy if today is None else msgspec.structs.replace(today, target=policy.target)
    # Where the run was is where its groups are; as who to go there is a matter of today.
    known = msgspec.structs.replace(now.place, region=policy.place.region or now.place.region)
    return msgspec.structs.replace(now, place=override_place(known, *said))
