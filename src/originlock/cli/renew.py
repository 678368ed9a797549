"""`originlock renew`: what is due is renewed, put to use on both sides, and proved.

Lives here: the command. Must not live here: what is due (see `originlock.locks.identity.due`), carrying it out.
"""

from __future__ import annotations

import dataclasses

import click

from originlock.app.plan import Planned, Request, make_plan
from originlock.cli.carry_out import carried_out
from originlock.cli.options import (
    Said,
    config_option,
    loaded_configuration,
    output_options,
    place_options,
    policies_of,
    wait_option,
)
from originlock.cli.output import StderrTalk, print_document, print_json
from originlock.errors import ExitCode
from originlock.intent.policy import Overrides, Policy

_EPILOG = """\b
Examples:
  originlock renew                    (in cron, once a day: mostly there is nothing to do)
  originlock renew --dry-run
\b
The passphrase of the authorities is read from $ORIGINLOCK_CA_PASSPHRASE or the
file $ORIGINLOCK_CA_PASSPHRASE_FILE, and only where something is due.
\b
Exit codes: 0 done, or nothing is due; 3 something is due (--dry-run), or a hole
is open; 4 to 7 as `originlock apply` says.
"""


@click.command("renew", epilog=_EPILOG)
@click.option("--origin", "origins", multiple=True, metavar="NAME", help="this origin alone (repeatable)")
@click.option("--dry-run", is_flag=True, help="only say what is due")
@place_options
@config_option
@wait_option
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
    origins: tuple[str, ...],
    dry_run: bool,  # noqa: FBT001  click gives flags by name
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    wait: float,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Renew what has less than a third of its time left: certificates, authorities, revocation lists.

    Then, and where an earlier renewal was not finished: the new one trusted, uploaded, presented, proved, and the old
    one taken away. Nothing else is changed: not the network lock, and no listener begins to verify.
    """
    from originlock.app.renew import renewed  # noqa: PLC0415  what reads is loaded when it is needed
    from originlock.locks.identity.due import due  # noqa: PLC0415  ditto
    from originlock.locks.identity.identity_lock import IdentityLock  # noqa: PLC0415  ditto
    from originlock.report.renewal import due_data, due_document  # noqa: PLC0415  ditto
    from originlock.wiring import desk  # noqa: PLC0415  ditto
    from originlock.wiring.authorities import authority_files  # noqa: PLC0415  ditto
    from originlock.wiring.settings import state_directory  # noqa: PLC0415  ditto

    said = Said(*(config, (), (), origins, (), None, None, (), region, profile, role))
    configuration, every = policies_of(said, loaded_configuration(said))
    policies = tuple(policy for policy in every if _is_concerned(policy))
    reading = dataclasses.replace(
        desk.readers(configuration, state_directory()), locks=(IdentityLock(configuration.origins),)
    )
    files, now = authority_files(), reading.clock.now()
    found = due(policies, files.authority, now) if policies else ()
    if dry_run or not policies:
        print_json(due_data(found)) if output == "json" else print_document(due_document(found))
        return int(ExitCode.PENDING if found else ExitCode.DONE)
    if found:
        for line in due_document(found):
            StderrTalk().say(line.text)
        renewed(found, files, now)
    request = Request(policies, configuration.limits, Overrides())
    return carried_out(
        "renew",
        lambda: _without_beginnings(make_plan(request, reading)),
        reading,
        saved=None,
        yes=True,
        wait_seconds=wait,
        as_json=output == "json",
    )


def _is_concerned(policy: Policy) -> bool:
    return policy.identity is not None and policy.identity.mode != "off" and policy.identity.certificate == "own"


def _without_beginnings(planned: Planned) -> Planned:
    """Only what keeps a lock that is there: a first lock is for a person, who reads the plan."""
    from originlock.plan.document import without_origins  # noqa: PLC0415  ditto
    from originlock.plan.trust_acts import CreateTrustStore, SetMutualTls  # noqa: PLC0415  ditto

    beginning = {
        change.origin
        for change in planned.plan.changes
        if isinstance(change.act, CreateTrustStore)
        or (isinstance(change.act, SetMutualTls) and change.act.before.mode != "verify")
    }
    return dataclasses.replace(planned, plan=without_origins(planned.plan, frozenset(beginning)))
