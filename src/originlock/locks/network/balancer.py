"""The network lock's word on a load balancer itself: its groups attached and detached, and who waits for whom.

Lives here: changes, promises, questions, objections and notes that are about the load balancer.
Must not live here: which of its groups is what (see `standing`), the rules in them (see `lock`).
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.load_balancer import DEFAULT_INTERFACE_QUOTA, RULES_ON_AN_INTERFACE, InterfaceQuota, LoadBalancer
from originlock.facts.networks import FAMILIES, IPV4, family, parse
from originlock.facts.origin import (
    ALL_PORTS,
    ALL_TRAFFIC,
    CidrSource,
    Rule,
    RuleKey,
    Tags,
    parts_of_new_group,
)
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.words import count, key_in_words
from originlock.intent.policy import Policy
from originlock.locks.network.room import counted
from originlock.locks.network.standing import Standing, group_tags, is_a_way_in_of_its_own
from originlock.plan.acts import AttachGroups, AuthorizeEgress, CreateGroup, DetachGroups
from originlock.plan.change import Draft, Effect, Expectation, Milestone, Note, Objection, Phase, Unread, Wait
from originlock.plan.questions import (
    AskInterfaceQuota,
    AskReferences,
    AskTaggedGroups,
    AskUsers,
    Question,
)

_KINDS: Final = frozenset({"application", "network"})

_MANAGERS: Final = (
    ("elbv2.k8s.aws/", "the AWS load balancer controller", "say it in the Ingress or the Service: inbound-cidrs"),
    ("ingress.k8s.aws/", "the AWS load balancer controller", "say it in the Ingress: inbound-cidrs"),
    ("service.k8s.aws/", "the AWS load balancer controller", "say it in the Service: loadBalancerSourceRanges"),
    ("kubernetes.io/cluster/", "Kubernetes", "say it in the Service: loadBalancerSourceRanges"),
    ("kubernetes.io/service-name", "Kubernetes", "say it in the Service: loadBalancerSourceRanges"),
    ("aws:cloudformation:", "CloudFormation", "say it in the stack's template"),
    ("elasticbeanstalk:", "Elastic Beanstalk", "say it in the environment's settings"),
)
"""Beginnings of the tags' keys by which other tools mark what they manage, and where to say it instead.

Sources: AWS load balancer controller, "Resource tags" (elbv2.k8s.aws/cluster, ingress.k8s.aws/stack,
service.k8s.aws/stack); Kubernetes' in-tree AWS provider (kubernetes.io/cluster/NAME, kubernetes.io/service-name);
CloudFormation user guide, "Resource tag" (aws:cloudformation:stack-name); Elastic Beanstalk developer guide, "Tagging
resources" (elasticbeanstalk:environment-name)."""

_TERRAFORM_KEYS: Final = frozenset({"terraform", "managedby", "managed-by", "managed_by", "provisioner", "createdby"})
"""Terraform marks nothing by itself; these are keys that people use, in any case, with a value that names it."""


def managed_by(tags: Tags) -> tuple[str, str, str] | None:
    """The tag by which another tool manages something, that tool, and where to say it instead."""
    for key, value in tags:
        for beginning, tool, instead in _MANAGERS:
            if key.startswith(beginning):
                return f"{key}={value}", tool, instead
        says_so = value.lower() in ("true", "yes", "1", "") and key.lower() == "terraform"
        for tool in ("terraform", "opentofu", "pulumi"):
            if (key.lower() in _TERRAFORM_KEYS and tool in value.lower()) or (tool == "terraform" and says_so):
                return f"{key}={value}", tool.capitalize(), f"say it in {tool.capitalize()}'s own files"
    return None


def questions(policy: Policy, snapshot: Snapshot, stand: Standing) -> list[Question]:
    """What else must be read about the load balancer's groups."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return []
    asked: list[Question] = []
    if policy.network.security_group == "create":
        tags = group_tags(policy, balancer)
        if tags not in snapshot.tagged_groups:
            return [AskTaggedGroups(balancer.vpc, tags)]
        unasked = tuple(name for name in stand.candidates if name not in snapshot.references)
        # Who else uses a group matters only where it stays, and that is not known before.
        if unasked:
            return [AskReferences(unasked)]
    unasked = tuple(v.group.id for v in stand.views if v.going and v.group.id not in snapshot.users)
    asked += [AskUsers(unasked)] if unasked else []
    quota = snapshot.interface_quota
    if _groups_after(balancer, stand) > DEFAULT_INTERFACE_QUOTA.limit and not _observed(quota):
        asked.append(AskInterfaceQuota())
    return asked


def _observed(quota: InterfaceQuota | Unknown) -> bool:
    return isinstance(quota, Unknown) or quota.observed


def _groups_after(balancer: LoadBalancer, stand: Standing) -> int:
    """How many groups it has while ours stands beside the others."""
    return len(balancer.groups) + (stand.own is not None and stand.own not in balancer.groups)


def drafts(policy: Policy, snapshot: Snapshot, stand: Standing) -> list[Draft]:
    """Our group made, attached beside the others, and those that are to leave detached."""
    balancer = snapshot.load_balancer
    if balancer is None or stand.own is None:
        return []
    found = [*_making(policy, balancer, stand), *_egress(policy, stand)]
    if stand.own not in balancer.groups:
        reason = f"our group beside the {count(len(balancer.groups), 'group')} that {balancer.name} has"
        act = AttachGroups(balancer.id, (stand.own,))
        found.append(Draft(policy.origin, Phase.WIDEN, Effect.WIDEN, act, reason))
    if stand.leaving:
        reason = f"{count(len(stand.leaving), 'group')} by which strangers come in, detached as the policy says"
        leave = DetachGroups(balancer.id, stand.leaving, stand.own)
        found.append(Draft(policy.origin, Phase.NARROW, Effect.NARROW, leave, reason))
    return found


def _making(policy: Policy, balancer: LoadBalancer, stand: Standing) -> list[Draft]:
    parts = parts_of_new_group(stand.own or "")
    if parts is None:
        return []
    vpc, name = parts
    act = CreateGroup(
        vpc, name, f"originlock {policy.origin}: who may reach {balancer.name}", group_tags(policy, balancer)
    )
    return [Draft(policy.origin, Phase.PREPARE, Effect.NEUTRAL, act, f"a group of our own for {balancer.name}")]


def _egress(policy: Policy, stand: Standing) -> list[Draft]:
    """Whom the groups beside ours let the load balancer reach, ours lets it reach too: its targets above all."""
    if stand.own is None or not stand.beside:
        return []
    ours = stand.holds[0].group
    # A new group lets everything out over IPv4 (Amazon VPC user guide, default rules of security groups).
    new = parts_of_new_group(stand.own) is not None
    held = {_EVERYTHING_OUT} if new else {rule.key for rule in ours.egress}
    missing = {
        rule.key: msgspec.structs.replace(rule.spec, tags=())
        for view in stand.beside
        for rule in view.group.egress
        if rule.key not in held and not _covered(rule, held)
    }
    if not missing:
        return []
    rules = tuple(missing[key] for key in sorted(missing, key=key_in_words))
    reason = f"{count(len(rules), 'way')} out that the groups beside it have"
    act = AuthorizeEgress(stand.own, rules)
    return [Draft(policy.origin, Phase.PREPARE, Effect.NEUTRAL, act, reason)]


def _covered(rule: Rule, held: set[RuleKey]) -> bool:
    """Whether a way out over IPv4 is within all of them."""
    source = rule.key.source
    return isinstance(source, CidrSource) and family(source.cidr) == IPV4 and _EVERYTHING_OUT in held


def waits(policy: Policy, snapshot: Snapshot, stand: Standing) -> tuple[Wait, ...]:
    """Who waits for whom: filled, then attached and proved, and only then is anything taken from anybody."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return ()
    origin = policy.origin
    holds = [view.group.id for view in stand.holds]
    # One of ours that stands before nothing yet is whole only when what is not wanted has left it.
    found = [
        Wait(origin, balancer.id, Phase.WIDEN, name, Milestone.WIDENED if name in balancer.groups else Milestone.DONE)
        for name in holds
    ]
    found += [Wait(origin, balancer.id, Phase.NARROW, name) for name in holds]
    found += [Wait(origin, view.group.id, Phase.NARROW, on) for view in stand.beside for on in (*holds, balancer.id)]
    # What the group that holds everything loses, it loses only where it is seen to stand before the load balancer.
    found += [Wait(origin, name, Phase.NARROW, balancer.id) for name in holds if name in balancer.groups]
    return tuple(found)


def expectation(policy: Policy, snapshot: Snapshot, stand: Standing) -> tuple[Expectation, ...]:
    """Every interface shows the group that holds what is wanted, and no target that was healthy has fallen ill."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return ()
    groups = tuple(view.group.id for view in stand.holds)
    return (Expectation(policy.origin, balancer.id, groups=groups, healthy=balancer.healthy),)


def basis(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """What a plan rests on, of the load balancer; its interfaces and its targets come and go."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return ()
    lasting = msgspec.structs.replace(balancer, interfaces=(), health=())
    digest = hashlib.sha256(msgspec.json.encode(lasting)).hexdigest()
    return ((f"load balancer {balancer.name}", f"sha256:{digest}"),)


def objections(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing) -> list[Objection]:
    """Reasons not to go on that lie in the load balancer."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return []
    if balancer.kind not in _KINDS or not balancer.groups:
        return [
            Objection(
                guard="no-security-groups",
                message=f"{balancer.name} is a {balancer.kind} load balancer without security groups",
                remedy="lock what stands behind it; a network load balancer takes groups only when it is made",
                origin=policy.origin,
            )
        ]
    found = _managed(policy, balancer, stand) if policy.network.managed == "refuse" else []
    return found + _full(policy, snapshot, balancer, stand) + _opening(policy, accepted, snapshot, balancer, stand)


def _managed(policy: Policy, balancer: LoadBalancer, stand: Standing) -> list[Objection]:
    if isinstance(balancer.tags, Unknown):
        said = f"whether another tool manages {balancer.name} cannot be told: {balancer.tags.reason}"
        return [Objection("managed-target", said, 'let its tags be read, or say managed = "allow"', policy.origin)]
    touched = [view for view in stand.beside if view.going or view.own_unwanted or view.group.id in stand.leaving]
    touched += stand.holds
    marked = {balancer.name: balancer.tags} | {view.group.id: view.group.tags for view in touched}
    found = []
    for name, tags in marked.items():
        mark = managed_by(tags)
        if mark is not None:
            tag, tool, instead = mark
            found.append(
                Objection(
                    guard="managed-target",
                    message=f"{name} is managed by {tool} (tag {tag}), which would put back what it made",
                    remedy=f'{instead}; or, if it leaves the groups alone, say managed = "allow" in the configuration',
                    origin=policy.origin,
                )
            )
    return found


def _opening(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, balancer: LoadBalancer, stand: Standing
) -> list[Objection]:
    """A group of ours from before that is not attached, and that would let in others than what is wanted if it were."""
    if stand.own is None or stand.own in balancer.groups:
        return []
    ours = stand.holds[0]
    leaving = {*ours.own_unwanted, *ours.going} if accepted.may_remove else set()
    stays = [
        rule.id
        for rule in ours.group.rules
        if rule.key not in ours.wanted_keys
        and rule not in leaving
        # Where it is not known what is listened on, anything may be.
        and (isinstance(balancer.listeners, Unknown) or is_a_way_in_of_its_own(policy, accepted, snapshot, rule))
    ]
    if not stays:
        return []
    said = f"{stand.own} is ours and not attached yet; attached, it would let in more than is wanted"
    return [
        Objection(
            guard="own-group",
            message=f"{said}, by {_few(stays)}",
            remedy=f"take that out of {stand.own}, or delete the group: then a new one is made",
            origin=policy.origin,
        )
    ]


def _few(names: list[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _full(policy: Policy, snapshot: Snapshot, balancer: LoadBalancer, stand: Standing) -> list[Objection]:
    quota = DEFAULT_INTERFACE_QUOTA if isinstance(snapshot.interface_quota, Unknown) else snapshot.interface_quota
    found = []
    after = _groups_after(balancer, stand)
    if after > max(quota.limit, len(balancer.groups)):
        source = "AWS says" if quota.observed else "AWS's default; it could not be asked for yours"
        found.append(
            Objection(
                guard="groups-quota",
                message=f"an interface can have {quota.limit} groups ({source}): ours would be the {after}th",
                remedy='raise the quota L-2AFB9258, detach a group, or say security_group = "existing"',
                origin=policy.origin,
            )
        )
    attached = [view for view in stand.views if view.group.id in balancer.groups or view.group.id == stand.own]
    rules = [rule.key for view in attached for rule in view.group.rules]
    rules += [spec.key for view in stand.holds for spec in view.missing]
    whole = counted(rules, snapshot.prefix_lists)
    over = [f for f in FAMILIES if whole.of(f) > RULES_ON_AN_INTERFACE]
    if over and any(view.missing for view in stand.holds):
        most = max(whole.ipv4, whole.ipv6)
        found.append(
            Objection(
                guard="rules-on-interface",
                message=f"the groups of {balancer.name} would hold {most} rules; an interface bears 1,000",
                remedy="take out rules that are not needed, or detach a group",
                origin=policy.origin,
            )
        )
    return found


def unread(policy: Policy, snapshot: Snapshot) -> tuple[Unread, ...]:
    """What could not be read of the load balancer."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return ()
    asked: list[object] = [balancer.listeners, balancer.interfaces, balancer.health]
    if policy.network.security_group == "create":
        asked.append(snapshot.tagged_groups.get(group_tags(policy, balancer)))
    return tuple(Unread(policy.origin, balancer.id, u.what, u.reason) for u in asked if isinstance(u, Unknown))


def notes(policy: Policy, snapshot: Snapshot, stand: Standing) -> list[Note]:
    """What a person may want to know of it."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return []
    said = [f"{name} stays attached: {why}" for name, why in sorted(stand.needed.items())]
    said += [f"{name} has other users too: what others made in it is left, unless named" for name in stand.shared]
    if not isinstance(balancer.listeners, Unknown):
        doors = {door for listener in balancer.listeners for door in listener.doors}
        network = policy.network
        said += [
            f"{balancer.name} does not listen on {network.protocol}/{port}"
            for port in network.ports
            if (network.protocol, port) not in doors
        ]
        said += _open_without_a_listener(stand, doors)
    if policy.network.ipv6 is None and not balancer.has_ipv6:
        said.append(f"{balancer.name} has no IPv6 addresses, so IPv6 ranges are not let in; `ipv6 = true` does it")
    return [Note(policy.origin, balancer.id, each) for each in said]


def _open_without_a_listener(stand: Standing, doors: set[tuple[str, int]]) -> list[str]:
    """HTTP/3 that somebody opened, and that an Application Load Balancer does not speak."""
    if ("udp", _HTTPS) in doors:
        return []
    return [
        f"{rule.id} of {view.group.id} opens udp/443, on which nothing listens: {key_in_words(rule.key)}"
        for view in stand.views
        for rule in view.group.rules
        if rule.key.protocol == "udp" and rule.key.opens("udp", _HTTPS)
    ]


_HTTPS: Final = 443
_SHOWN: Final = 3
_EVERYTHING_OUT: Final = RuleKey(ALL_TRAFFIC, *ALL_PORTS, CidrSource(parse("0.0.0.0/0")))
