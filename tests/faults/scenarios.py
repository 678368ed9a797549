"""The scenarios of the fault matrix: a world before, a command, and what a run without faults makes of it.

Lives here: worlds, seeded through the AWS API alone, and expectations written down by hand.
Must not live here: faults, or anything that asks originlock what would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.faults.oracle import Entry, Moment, Promise
from tests.faults.product import Product, moment_of

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from originlock.lab.lists import ListServer
    from originlock.lab.process import AwsClient, LocalAws

ORIGIN: Final = "shop"
OWNER_TAG: Final = "originlock:origin"
OFFICE: Final = "203.0.113.7/32"
OPERATORS: Final = "203.0.113.0/24"
EVERYONE: Final = ("0.0.0.0/0", "::/0")

#: What the edge publishes next: a range in and a range out, and one that is cut in half.
NEXT_IPV4: Final = (*IPV4[:-1], "8.6.112.0/24")
NEXT_IPV6: Final = tuple("2a06:98c0::/30" if cidr == "2a06:98c0::/29" else cidr for cidr in IPV6)

#: Rules of others that leave no room in a group at AWS's default quota, and what it holds that is not wanted any more.
CROWD: Final = tuple(f"10.9.0.{number}/32" for number in range(42))
OUTGROWN: Final = "104.16.0.0/12"
RETIRED: Final = ("192.0.2.0/24", "198.51.100.0/24")
RETIRED_IPV6: Final = "2400:cb00:8000::/33"
NOT_YET: Final = ("104.16.0.0/13", "104.24.0.0/14", "131.0.72.0/22")
NOT_YET_IPV6: Final = "2c0f:f248::/32"

A_GROUP: Final = "a group"
"""Stands for the id of a group as a source."""

Held = tuple[str, str, int | None, int | None, str, str | None]
"""A rule without ids: the group's alias, protocol, ports, source, and whose it is."""

READ_GROUPS, READ_RULES = "DescribeSecurityGroups", "DescribeSecurityGroupRules"
READ_QUOTA = "GetServiceQuota"
ADD, TAKE = "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"


@dataclass(frozen=True)
class Stage:
    """Where a scenario is set: a local AWS as new, its client, a publisher, an empty folder."""

    aws: LocalAws
    ec2: AwsClient
    lists: ListServer
    folder: Path

    def product(self, *, state: str = "state", attempts: int | None = 2) -> Product:
        """The command line, with a state directory of that name."""
        return Product(self.aws, self.lists, self.folder, state=state, attempts=attempts)

    def now(self) -> Moment:
        """The rules as AWS holds them, by the last call that changed any."""
        return next(moment for call in reversed(self.aws.calls()) if (moment := moment_of(call)) is not None)


@dataclass(frozen=True)
class World:
    """A world that was made.

    Attributes:
        groups: ids by alias.
        kept: foreign rules that must stay, as they were.
    """

    groups: Mapping[str, str]
    kept: Moment


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes:
        command: what is run, without options of output.
        calls: the AWS calls of a run without faults, in order.
        prepare: makes the world.
        wanted: CIDRs that the policy wants in, on tcp/443 of each group.
        after: the rules after a run without faults.
        code: its exit code; 3 where the scenario itself leaves a hole.
        may_open: CIDRs that the command says to open again.
    """

    name: str
    command: tuple[str, ...]
    calls: tuple[str, ...]
    prepare: Callable[[Stage], World]
    wanted: tuple[str, ...]
    after: frozenset[Held]
    code: int = 0
    may_open: tuple[str, ...] = ()

    @property
    def undoes(self) -> bool:
        """Whether it is a rollback: doing it again then means nothing more."""
        return self.command[0] == "rollback"

    def promise(self, stage: Stage, world: World) -> Promise:
        """What must hold from now on."""
        return Promise(
            before=stage.now(),
            wanted=_points(world, self.wanted),
            kept=world.kept,
            may_open=_points(world, self.may_open),
        )


def _points(world: World, cidrs: Sequence[str]) -> Moment:
    return frozenset(Entry(group, "", "tcp", 443, 443, cidr) for group in world.groups.values() for cidr in cidrs)


def held(moment: Moment, world: World) -> frozenset[Held]:
    """The rules of the world's groups, without ids."""
    aliases = {group: alias for alias, group in world.groups.items()}
    return frozenset(
        (
            aliases[e.group],
            e.protocol,
            e.from_port,
            e.to_port,
            A_GROUP if e.source.startswith("sg-") else e.source,
            dict(e.tags).get(OWNER_TAG),
        )
        for e in moment
        if e.group in aliases
    )


# --- making worlds -----------------------------------------------------------------------------------------------


def _group(stage: Stage, alias: str, tags: Mapping[str, str] | None = None) -> str:
    return empty_group(stage.ec2, name=f"{ORIGIN}-{alias}", default_vpc=True, tags=tags).group_id


def _admit(stage: Stage, group: str, cidrs: Sequence[str], *, port: int = 443, own: bool = False) -> None:
    """Add rules for these CIDRs in one call; own ones look as an earlier run left them."""
    said = f"originlock {ORIGIN}: edge: cloudflare" if own else None
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": OWNER_TAG, "Value": ORIGIN}]}] if own else []
    permission = tcp(
        port,
        ipv4=[(cidr, said) for cidr in cidrs if ":" not in cidr],
        ipv6=[(cidr, said) for cidr in cidrs if ":" in cidr],
    )
    stage.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission], TagSpecifications=tags)


def _admit_others(stage: Stage, group: str) -> None:
    """Foreign rules that no policy here is about: ssh for operators, and another group."""
    other = _group(stage, f"clients-of-{group}")
    _admit(stage, other, [OPERATORS], port=5432)
    _admit(stage, group, [OPERATORS], port=22)
    pair = {"GroupId": other, "Description": "clients"}
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [pair]}
    stage.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def _configure(
    stage: Stage, target: str, *, foreign: str = "report", office: bool = False, settle_seconds: float = 2
) -> None:
    exception = (
        f'[[origins.{ORIGIN}.exceptions]]\nsource = "{OFFICE}"\n'
        'owner = "net"\nreason = "office"\nexpires = 2099-12-31\n'
    )
    (stage.folder / "originlock.toml").write_text(
        f"[limits]\nsettle_seconds = {settle_seconds}\n"
        f"[origins.{ORIGIN}]\n{target}\n"
        f'[origins.{ORIGIN}.network]\nforeign = "{foreign}"\n' + (exception if office else ""),
        encoding="utf-8",
    )


def _by_id(group: str) -> str:
    return f'security_groups = ["{group}"]'


def _foreign(stage: Stage, going: Sequence[str] = ()) -> Moment:
    """All rules that carry no mark, without those for sources that the policy says to remove."""
    return frozenset(e for e in stage.now() if not dict(e.tags).get(OWNER_TAG) and e.source not in going)


def _filled(stage: Stage) -> World:
    group = _group(stage, "web")
    other = _group(stage, "other")
    _admit(stage, other, [*EVERYONE, OFFICE])
    _configure(stage, _by_id(group))
    return World({"web": group}, _foreign(stage))


def _opened(stage: Stage) -> World:
    """Everyone may come; an office stands in the configuration; a rule for a home has just been taken out by hand."""
    group = _group(stage, "web")
    _admit_others(stage, group)
    _admit(stage, group, [OFFICE])
    _admit(stage, group, EVERYONE)
    home = "198.51.100.9/32"
    _admit(stage, group, [home])
    kept = _foreign(stage, (*EVERYONE, home))
    _configure(stage, _by_id(group), foreign="remove", office=True)
    (gone,) = (e.rule_id for e in stage.now() if e.source == home)
    stage.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[gone])
    return World({"web": group}, kept)


def _locked(stage: Stage) -> World:
    """As an earlier run left it, but for one wanted range whose rule is somebody else's; the list has moved on."""
    group = _group(stage, "web")
    _admit_others(stage, group)
    _admit(stage, group, [IPV4[0]])
    _admit(stage, group, [*IPV4[2:], *IPV6], own=True)
    _admit(stage, group, [IPV4[1]], own=True)
    stage.lists.publish(NEXT_IPV4, NEXT_IPV6)
    _configure(stage, _by_id(group))
    return World({"web": group}, _foreign(stage))


def _full(stage: Stage) -> World:
    """Own rules that are not wanted any more take the room that wanted ones need; one of them serves wanted ones."""
    group = _group(stage, "web")
    _admit_others(stage, group)
    _admit(stage, group, ["10.0.0.0/8"])
    _admit(stage, group, CROWD, port=22)
    _admit(stage, group, [RETIRED_IPV6, *(cidr for cidr in IPV6 if cidr != NOT_YET_IPV6)], own=True)
    _admit(stage, group, [OUTGROWN, RETIRED[0], *(cidr for cidr in IPV4 if cidr not in NOT_YET)], own=True)
    _admit(stage, group, [RETIRED[1]], own=True)
    _configure(stage, _by_id(group))
    return World({"web": group}, _foreign(stage))


def _swapped(stage: Stage) -> World:
    """The range in and the range out were applied."""
    world = _locked(stage)
    ended = stage.product(attempts=None).run("apply", "--yes", "-o", "json")
    assert ended.code == 0, ended
    return world


def _swapped_and_back(stage: Stage) -> World:
    """They were applied, and then the list went back to what it was."""
    world = _swapped(stage)
    stage.lists.publish()
    return world


def _two(stage: Stage) -> World:
    """Two groups, found by a tag: one full of strangers by a rule that only its name could remove, one empty."""
    left = _group(stage, "left", {"role": "web"})
    right = _group(stage, "right", {"role": "web"})
    _admit_others(stage, left)
    stage.ec2.authorize_security_group_ingress(
        GroupId=left,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 1000, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}],
    )
    _admit(stage, right, EVERYONE[1:])
    kept = _foreign(stage, EVERYONE)
    _admit(stage, left, EVERYONE[:1])
    _configure(stage, 'tags = { role = "web" }', foreign="remove")
    return World({"left": left, "right": right}, kept)


# --- what they come to ---------------------------------------------------------------------------------------------


def _own(cidrs: Sequence[str], alias: str = "web") -> frozenset[Held]:
    return frozenset((alias, "tcp", 443, 443, cidr, ORIGIN) for cidr in cidrs)


def _theirs(cidrs: Sequence[str], alias: str = "web") -> frozenset[Held]:
    return frozenset((alias, "tcp", 443, 443, cidr, None) for cidr in cidrs)


def _others(alias: str = "web") -> frozenset[Held]:
    """What `_admit_others` made."""
    return frozenset({(alias, "tcp", 22, 22, OPERATORS, None), (alias, "tcp", 443, 443, A_GROUP, None)})


EDGE: Final = (*IPV4, *IPV6)
NEXT: Final = (*NEXT_IPV4, *NEXT_IPV6)
GONE: Final = tuple(cidr for cidr in EDGE if cidr not in NEXT)

SCENARIOS: Final = (
    Scenario(
        "fill",
        ("apply",),
        (READ_GROUPS, ADD, READ_RULES),
        _filled,
        wanted=EDGE,
        after=_own(EDGE),
    ),
    Scenario(
        "open",
        ("apply",),
        (READ_GROUPS, READ_RULES, ADD, READ_RULES, TAKE, READ_RULES),
        _opened,
        wanted=(*EDGE, OFFICE),
        after=_own(EDGE) | _theirs([OFFICE]) | _others(),
    ),
    Scenario(
        "swap",
        ("apply",),
        (READ_GROUPS, READ_RULES, ADD, READ_RULES, TAKE, READ_RULES),
        _locked,
        wanted=NEXT,
        after=_own([cidr for cidr in NEXT if cidr != IPV4[0]]) | _theirs([IPV4[0]]) | _others(),
    ),
    Scenario(
        "full",
        ("apply",),
        (READ_GROUPS, READ_RULES, READ_QUOTA, ADD, TAKE, ADD, TAKE, ADD, READ_RULES, TAKE, READ_RULES),
        _full,
        wanted=EDGE,
        after=_own(EDGE) | _theirs(["10.0.0.0/8"]) | _others() | {("web", "tcp", 22, 22, cidr, None) for cidr in CROWD},
    ),
    Scenario(
        "reopen",
        ("rollback", "--reopen"),
        (READ_GROUPS, READ_RULES, ADD, READ_RULES),
        _swapped,
        wanted=NEXT,
        after=_own([cidr for cidr in (*NEXT, *GONE) if cidr != IPV4[0]]) | _theirs([IPV4[0]]) | _others(),
        code=3,
        may_open=GONE,
    ),
    Scenario(
        "revert",
        ("rollback",),
        (READ_GROUPS, READ_RULES, ADD, READ_RULES, TAKE, READ_RULES),
        _swapped_and_back,
        wanted=EDGE,
        after=_own([cidr for cidr in EDGE if cidr != IPV4[0]]) | _theirs([IPV4[0]]) | _others(),
    ),
    Scenario(
        "two",
        ("apply",),
        (READ_GROUPS, READ_RULES, ADD, ADD, READ_RULES, TAKE, TAKE, READ_RULES),
        _two,
        wanted=EDGE,
        after=_own(EDGE, "left")
        | _own(EDGE, "right")
        | _others("left")
        | {("left", "tcp", 0, 1000, "192.0.2.0/24", None)},
        code=3,
    ),
)
BY_NAME: Final = {scenario.name: scenario for scenario in SCENARIOS}
