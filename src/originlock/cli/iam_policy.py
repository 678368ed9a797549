"""`originlock iam-policy`: the least that IAM must allow a command for a configuration.

Lives here: the command's options and output. Must not live here: what a command needs.
"""

from __future__ import annotations

import re
from typing import Any, Final

import click
import msgspec

from originlock.aws.least_privilege import LARGEST, document, log_statements, merged, size, statements, trust_policy
from originlock.aws.permissions import PURPOSES, Purpose
from originlock.aws.policy_scope import Scope, inside as seen_inside, scope_of
from originlock.aws.statement import Statement
from originlock.aws.topic_statements import Topic, inside as topics_inside, topics_of
from originlock.cli.options import (
    Said,
    config_option,
    configuration_of,
    loaded_configuration,
    place_options,
    policies_of,
    target_options,
)
from originlock.cli.output import print_document, print_json, print_talk
from originlock.edges.cloudflare_calls import WHY, Permission, token_permissions
from originlock.errors import ExitCode, UsageError
from originlock.intent.kinds import WrongValueError
from originlock.intent.policy import Configuration, ListsAlone, Policy
from originlock.intent.values import SECURITY_GROUPS
from originlock.locks.network.ownership import tags_for
from originlock.report.document import Document, Line, Tone
from originlock.wiring import desk

CALLS_NOTHING: Final = (
    "status",
    "schedule",
    "completion",
    "check",
    "history",
    "ranges",
    "bundle",
    "config",
    "ca",
    "zone",
    "iam-policy",
    "lab",
)
"""Commands that call nothing of AWS."""

_TELLS_ONLY: Final = "notify"
"""The command that is about channels, and about no origin."""

_EPILOG = """\b
Examples:
  originlock iam-policy --security-group sg-0123456789abcdef0 > policy.json
  aws iam create-policy --policy-name originlock --policy-document file://policy.json
  originlock iam-policy plan --origin blog --account 123456789012
  originlock iam-policy --load-balancer shop --attached sg-0123456789abcdef0
  originlock iam-policy --role lambda | jq .trust_policy
  originlock iam-policy cost
  originlock iam-policy --token | jq -r '.cloudflare_token_permissions[]'
  originlock iam-policy -o text
\b
Without -o, stdout is the document alone, and stderr says why what is wide is wide.
-o json is the document and nothing else, -o text explains every statement.
With --role the document is {"trust_policy": ..., "policy": ...}, with --token
{"policy": ..., "cloudflare_token_permissions": [...]}; stderr and -o text tell those, too.
Nothing is asked of AWS or Cloudflare.
"""


def _account(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """AWS account ids are twelve digits."""
    if said is not None and re.fullmatch(r"[0-9]{12}", said) is None:
        message = "an account id is 12 digits"
        raise click.BadParameter(message)
    return said


def _groups(_context: click.Context, _option: click.Parameter, said: tuple[str, ...]) -> tuple[str, ...]:
    """Ids as the configuration takes them."""
    try:
        return SECURITY_GROUPS.read(list(said)) or () if said else ()
    except WrongValueError as error:
        raise click.BadParameter("; ".join(message for _, message in error.faults)) from error


@click.command("iam-policy", epilog=_EPILOG)
@click.argument("named", metavar="[COMMAND]", default="apply")
@target_options
@click.option("--adopt", is_flag=True, help="also what `originlock apply --adopt` needs")
@place_options
@config_option
@click.option("--account", metavar="ID", callback=_account, help="the account in ARNs [default: any]")
@click.option(
    "--attached",
    multiple=True,
    metavar="ID",
    callback=_groups,
    help="a group that the load balancer has: only these may be changed (repeatable)",
)
@click.option(
    "--role",
    "service",
    type=click.Choice(["ec2", "lambda"]),
    help="also the trust policy of a role for this; lambda: also what the function's log needs",
)
@click.option(
    "--inside",
    metavar="ARN",
    help="what this role needs, by which origins are entered [default: what whoever starts originlock needs]",
)
@click.option("--token", "with_token", is_flag=True, help="also what the token for Cloudflare needs, in the document")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    help="json for machines, text for people [default: json, and reasons on stderr]",
)
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def command(  # noqa: PLR0917  one for each option, given by name
    named: str,
    config: str | None,
    account: str | None,
    attached: tuple[str, ...],
    service: str | None,
    inside: str | None,
    output: str | None,
    with_token: bool,  # noqa: FBT001  click gives flags by name
    adopt: bool,  # noqa: FBT001  click gives flags by name
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
    **target: Any,  # noqa: ANN401  the target's options, whichever there are, go on as they are
) -> int:
    """Print the IAM policy that COMMAND needs here, and no more.

    COMMAND is plan, verify, expiry or cost (which only read), apply, renew, run, adopt, rollback or notify; without one
    it is apply. Give the options and the configuration that the command itself is given.

    Where origins name a role (--assume-role), what starts originlock needs to assume that role, and the role needs the
    rest: --inside ARN prints that.
    """
    _refuse_others(named)
    if inside is not None and service is not None:
        message = "--role is for what starts originlock, --inside for a role that it assumes"
        raise UsageError(message, "give one or the other")
    said = Said(config, **target)
    configuration, policies = _asked(named, said)
    scopes = _with_attached(attached, tuple(_scope(policy, account) for policy in policies))
    topics = _topics(named, configuration)
    remarks = () if policies == _OF_NO_ORIGIN else _places(policies, scopes, topics, account, inside)
    if inside is not None:
        scopes, topics = _inside(inside, scopes, topics)
    listed = statements(named, scopes, adopt=adopt, topics=topics)
    if service == "lambda":
        listed = merged((*listed, *log_statements(scopes)))
    policy = document(listed)
    trust = None if service is None else trust_policy(service, _partition(scopes, topics))
    too_long = _too_long(size(policy))
    token = _token(named, policies)
    if output == "text":
        print_document(_explained(named, listed, size(policy), service) + remarks + too_long + _of_token(token))
        return int(ExitCode.DONE)
    more: dict[str, object] = {} if trust is None else {"trust_policy": trust}
    more |= {"cloudflare_token_permissions": list(token)} if with_token else {}
    print_json({**more, "policy": policy} if more else policy)
    if output is None:
        print_talk(_reasons(listed) + remarks + too_long + _of_token(token))
    elif too_long:
        print_talk(too_long)
    return int(ExitCode.DONE)


def _asked(named: str, said: Said) -> tuple[Configuration, tuple[Policy, ...]]:
    """The configuration, and the origins that the command is about; none for one that only tells people."""
    loaded = loaded_configuration(said)
    if named == _TELLS_ONLY:
        return configuration_of(loaded), ()
    target = said.security_groups or said.tags or said.origins or said.load_balancer
    if named == "cost" and not target and not configuration_of(loaded).origins:
        return configuration_of(loaded), _OF_NO_ORIGIN
    return policies_of(said, loaded)


_OF_NO_ORIGIN: Final = (Policy("cost", ListsAlone()),)
"""What stands for an origin where none is needed, as what costs are needs none: no group, no list and no role."""


def _topics(named: str, configuration: Configuration) -> tuple[Topic, ...]:
    """The topics of SNS by which the command tells people.

    Raises:
        UsageError: there are none, and the command needs nothing else of AWS.
    """
    if Purpose.TELL not in PURPOSES[named]:
        return ()
    topics = topics_of(configuration.channels)
    if named == _TELLS_ONLY and not topics:
        message = f"no channel of the configuration is a topic of SNS: `originlock {named}` needs no policy"
        raise UsageError(message, 'a topic is a channel with kind = "sns"')
    return topics


def _token(named: str, policies: tuple[Policy, ...]) -> tuple[str, ...]:
    """What the token for Cloudflare needs for all of them; one for writing includes the one for reading."""
    needed = {each for policy in policies for each in token_permissions(policy, named)}
    return tuple(sorted(each for each in needed if each.removesuffix("Read") + "Write" not in needed - {each}))


def _of_token(permissions: tuple[str, ...]) -> Document:
    if not permissions:
        return ()
    lines = [Line("Cloudflare token (docs/cloudflare-token.md)", Tone.TITLE)]
    for each in permissions:
        group = Permission(each.rpartition(" ")[0])
        lines.append(Line(f"{each}: {WHY[group]}", indent=1))
    return tuple(lines)


def _inside(
    role: str, scopes: tuple[Scope, ...], topics: tuple[Topic, ...]
) -> tuple[tuple[Scope, ...], tuple[Topic, ...]]:
    """The origins that are entered, and the topics that are published to, by a role.

    Raises:
        UsageError: there are none.
    """
    found, telling = seen_inside(role, scopes), topics_inside(role, topics)
    if not found and not telling:
        known = ", ".join(sorted({role for role in _roles(scopes, topics) if role is not None})) or "none"
        message = f"no origin here is entered by the role {role} (roles: {known})"
        raise UsageError(message, "give the ARN as the configuration, or --assume-role, has it")
    return found, telling


def _partition(scopes: tuple[Scope, ...], topics: tuple[Topic, ...]) -> str:
    return scopes[0].partition if scopes else topics[0].partition


def _roles(scopes: tuple[Scope, ...], topics: tuple[Topic, ...]) -> tuple[str | None, ...]:
    return (*(each.role for each in scopes), *(each.role for each in topics))


def _refuse_others(named: str) -> None:
    """Raise where there is no policy to print.

    Raises:
        UsageError: the command calls nothing, or there is none of this name.
    """
    if named in PURPOSES:
        return
    remedy = f"name one of these: {', '.join(PURPOSES)}"
    if named in CALLS_NOTHING:
        message = f"`originlock {named}` calls nothing of AWS: it needs no policy"
        raise UsageError(message, remedy)
    message = f"there is no command {named!r} that calls AWS"
    raise UsageError(message, remedy)


def _scope(policy: Policy, account: str | None) -> Scope:
    ((key, value),) = tags_for(policy.origin)
    return scope_of(policy, (key, value), desk.region_of(policy.place), account)


def _with_attached(groups: tuple[str, ...], scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """The scopes, with what is known of the load balancer's groups.

    Raises:
        UsageError: there is not just one load balancer whose groups these can be.
    """
    if not groups:
        return scopes
    balancers = [scope for scope in scopes if scope.load_balancers]
    if len(balancers) != 1:
        message = f"--attached names the groups of one load balancer, and there are {len(balancers)} here"
        raise UsageError(message, "choose one with --load-balancer, or with --origin")
    return tuple(msgspec.structs.replace(scope, attached=groups) if scope.load_balancers else scope for scope in scopes)


def _reasons(listed: tuple[Statement, ...]) -> Document:
    """Why what is wide is wide: first what AWS does not restrict at all."""
    wide = sorted((each for each in listed if each.reason), key=lambda each: not each.unrestricted)
    return tuple(Line(f"{each.sid}: {_on(each)}: {each.reason}") for each in wide)


def _on(statement: Statement) -> str:
    names = [arn.split(":", 5)[-1] for arn in statement.resources]
    shown = ", ".join(dict.fromkeys(names))
    return "everything (*)" if statement.unrestricted else shown


def _places(
    policies: tuple[Policy, ...],
    scopes: tuple[Scope, ...],
    topics: tuple[Topic, ...],
    account: str | None,
    role: str | None,
) -> Document:
    """What is to be said of Regions and accounts."""
    found: list[Line] = []
    nowhere = [policy.origin for policy, scope in zip(policies, scopes, strict=True) if scope.region is None]
    if nowhere:
        found.append(_warning(f"no Region is known for {', '.join(nowhere)}: any will do (*); give --region"))
    if role is not None:
        return tuple(found)
    found += [
        Line(f"note: what {name} needs is another policy: --inside {name}")
        for name in sorted({name for name in _roles(scopes, topics) if name is not None})
    ]
    here = [policy for policy in policies if policy.place.role is None]
    if len({policy.place.profile for policy in here}) > 1:
        said = "the origins name several profiles: if these are several accounts, print one policy for each (--origin)"
        found.append(_warning(said))
    if account is None and here:
        found.append(Line("note: any account will do (*) in the ARNs; --account ID names yours", Tone.QUIET))
    return tuple(found)


def _too_long(characters: int) -> Document:
    if characters <= LARGEST:
        return ()
    said = (
        f"the policy has {characters:,} characters without white space, and a managed policy may have {LARGEST:,}: "
        "tag the groups and give --tag KEY=VALUE instead of their ids, or print a policy for each --origin"
    )
    return (_warning(said),)


def _warning(said: str) -> Line:
    return Line(f"warning: {said}", Tone.WARNING)


def _explained(named: str, listed: tuple[Statement, ...], characters: int, service: str | None) -> Document:
    lines = [Line(f"What IAM must allow for `originlock {named}`", Tone.TITLE)]
    if service is not None:
        lines.append(Line(f"the role trusts {service}"))
    for each in listed:
        lines.append(Line(each.sid, Tone.TITLE))
        lines.append(Line(f"to {each.why}", indent=1))
        lines += [Line(action, indent=2) for action in each.actions]
        lines += [Line(f"on {arn}", indent=1) for arn in each.resources]
        lines += [
            Line(f"if {key} {operator} {', '.join(values)}", indent=1) for operator, key, values in each.conditions
        ]
        if each.reason:
            lines.append(Line(f"no narrower: {each.reason}", Tone.QUIET, 1))
    lines.append(Line(f"{characters:,} of {LARGEST:,} characters that a managed policy may have"))
    return tuple(lines)
