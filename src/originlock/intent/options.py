"""Policies from the command line: an origin given by options alone, and options that override a policy.

Lives here: options judged by the same kinds as the file's keys. Must not live here: parsing of arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from originlock.errors import UsageError
from originlock.facts.edge import EdgeDescription
from originlock.intent import keys, values
from originlock.intent.kinds import Kind, T, WrongValueError, shown, to_int
from originlock.intent.policy import COMMAND_LINE_ORIGIN, GroupsById, LoadBalancerNamed, Place, Policy

GROUP_OPTION, TAG_OPTION, BALANCER_OPTION = "--security-group", "--tag", "--load-balancer"

Ports = Sequence[int | str]
"""Ports as numbers, or as the command line has them."""


class _Said(msgspec.Struct, frozen=True):
    """The options that a policy of either making can be given."""

    ports: Ports | None
    protocol: str | None
    foreign: str | None
    region: str | None
    profile: str | None
    foreign_rules: Sequence[str] | None = None
    role: str | None = None
    via: str | None = None
    security_group: str | None = None
    hostnames: Sequence[str] | None = None


class _Options:
    """Options being read: what was wrong so far, without doubles."""

    def __init__(self) -> None:
        self._problems: dict[str, None] = {}

    def problem(self, option: str, message: str) -> None:
        self._problems[f"{option}: {message}"] = None

    def take(self, option: str, kind: Kind[T], said: object, otherwise: T) -> T:
        """The value of an option, or the other where it is not given."""
        if said is None:
            return otherwise
        try:
            return kind.read(said)
        except WrongValueError as error:
            for _, message in error.faults:
                self.problem(option, message)
            return otherwise

    def done(self) -> None:
        """Raise if anything was wrong."""
        if self._problems:
            raise UsageError("; ".join(self._problems), "give the options again as said; --help lists them")


def ad_hoc_policy(  # noqa: PLR0913, PLR0917  one for each option
    security_groups: Sequence[str] = (),
    tags: Sequence[str] = (),
    ports: Ports | None = None,
    protocol: str | None = None,
    foreign: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    edge: str = keys.DEFAULT_EDGE,
    *,
    edges: Sequence[EdgeDescription] = (),
    foreign_rules: Sequence[str] | None = None,
    role: str | None = None,
    load_balancer: str | None = None,
    via: str | None = None,
    security_group: str | None = None,
    hostnames: Sequence[str] | None = None,
) -> Policy:
    """The policy of an origin that is given by options alone.

    Args:
        security_groups: ids; either these, tags or a load balancer are given.
        tags: ``KEY=VALUE`` texts.
        ports: numbers, or texts that are numbers; None, as for the next four, is the default.
        protocol: ``tcp`` or ``udp``.
        foreign: ``report`` or ``remove``.
        region: the AWS region.
        profile: the profile of the AWS configuration.
        edge: the edge's name.
        edges: the edges that may be named; empty, the name is not judged here.
        foreign_rules: ids of further rules to remove; only with ``foreign="remove"``.
        role: the ARN of the role to assume.
        load_balancer: its name or ARN.
        via: ``rules`` or ``prefix-list``.
        security_group: ``existing`` or ``create``.
        hostnames: what the edge serves from there.

    Raises:
        UsageError: one or more options are wrong; it lists them all.
    """
    options = _Options()
    given = {
        GROUP_OPTION: bool(security_groups),
        TAG_OPTION: bool(tags),
        BALANCER_OPTION: load_balancer is not None,
    }
    fault = values.target_fault(given)
    if fault is not None:
        options.problem(", ".join(given), fault)
    ids = options.take(GROUP_OPTION, values.SECURITY_GROUPS, list(security_groups) or None, ())
    balancer = options.take(BALANCER_OPTION, keys.LOAD_BALANCER.kind, load_balancer, None)
    target = values.target_of(ids, _tags(options, tags), balancer)
    if edges:
        options.take("--edge", keys.edge_key(edges).kind, edge, None)
    # Where the target is wrong the policy is never seen: `_overridden` raises.
    policy = Policy(COMMAND_LINE_ORIGIN, target or GroupsById(()), edge)
    said = _Said(ports, protocol, foreign, region, profile, foreign_rules, role, via, security_group, hostnames)
    return _overridden(options, policy, said)


def override_policy(  # noqa: PLR0913  one for each option
    policy: Policy,
    ports: Ports | None = None,
    protocol: str | None = None,
    foreign: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    *,
    foreign_rules: Sequence[str] | None = None,
    role: str | None = None,
    via: str | None = None,
    security_group: str | None = None,
    hostnames: Sequence[str] | None = None,
) -> Policy:
    """The policy with what a person says on the command line put over it; None leaves what is there.

    With ``foreign="report"`` the rules that the policy names for removal are left alone too: it must always
    be possible only to look.

    Raises:
        UsageError: one or more options are wrong; it lists them all.
    """
    said = _Said(ports, protocol, foreign, region, profile, foreign_rules, role, via, security_group, hostnames)
    return _overridden(_Options(), policy, said)


def _overridden(options: _Options, policy: Policy, said: _Said) -> Policy:
    old = policy.network
    kept = options.take("--foreign", values.FOREIGN, said.foreign, old.foreign)
    named = None if said.foreign_rules is None else list(said.foreign_rules)
    rules = options.take("--foreign-rule", keys.FOREIGN_RULES.kind, named, old.foreign_rules)
    if named and kept != "remove":
        options.problem("--foreign-rule", "names a rule to remove; that is only with --foreign remove")
    group = options.take("--create-group", values.SECURITY_GROUP, said.security_group, old.security_group)
    if group == "create" and not isinstance(policy.target, LoadBalancerNamed):
        options.problem("--create-group", "a group of our own is created for a load balancer only")
    via = options.take("--via", values.VIA, said.via, old.via)
    network = msgspec.structs.replace(
        old,
        protocol=options.take("--protocol", values.PROTOCOL, said.protocol, old.protocol),
        ports=options.take("--port", values.PORTS, _numbers(said.ports), old.ports),
        foreign=kept,
        foreign_rules=rules if kept == "remove" else (),
        security_group=group,
        via=via,
        prefix_list=old.prefix_list if via == "prefix-list" else (),
    )
    place = _placed(options, policy.place, said)
    names = None if said.hostnames is None else list(said.hostnames)
    hostnames = options.take("--hostname", keys.HOSTNAMES.kind, names, policy.hostnames)
    options.done()
    return msgspec.structs.replace(policy, network=network, place=place, hostnames=hostnames)


def _placed(options: _Options, old: Place, said: _Said) -> Place:
    role = options.take("--assume-role", keys.ROLE.kind, said.role, old.role)
    return Place(
        region=options.take("--region", keys.REGION.kind, said.region, old.region),
        profile=options.take("--profile", keys.PROFILE.kind, said.profile, old.profile),
        role=role,
        # An external id is agreed upon with one role: it is none of another's business.
        external_id=old.external_id if role == old.role else None,
    )


def override_place(old: Place, region: str | None, profile: str | None, role: str | None) -> Place:
    """A place with what a person says on the command line put over it.

    Raises:
        UsageError: one or more options are wrong; it lists them all.
    """
    options = _Options()
    place = _placed(options, old, _Said(None, None, None, region, profile, role=role))
    options.done()
    return place


def _numbers(ports: Ports | None) -> list[object] | None:
    """Ports as they would stand in a file."""
    return None if ports is None else [to_int(port) if isinstance(port, str) else port for port in ports]


def _tags(options: _Options, said: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for tag in said:
        name, equals, value = tag.partition("=")
        if not equals:
            options.problem(TAG_OPTION, f"{shown(tag)} is not KEY=VALUE")
            continue
        name = options.take(TAG_OPTION, values.TAG_KEY, name, name)
        if name in found:
            options.problem(TAG_OPTION, f"the tag {shown(name)} is given twice; give it once")
        found[name] = options.take(TAG_OPTION, values.TAG_VALUE, value, value)
    return tuple(sorted(found.items()))
