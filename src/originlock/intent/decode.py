"""From a document and the environment to a configuration, or to every reason why not.

Lives here: what the keys mean together.
Must not live here: reading files or the process's environment; how one value is judged (see `values`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from originlock.facts.edge import EdgeDescription
from originlock.facts.networks import Cidr
from originlock.intent import keys
from originlock.intent.environment import Environment, Problem
from originlock.intent.identity_decode import edge_account_of, identity_of
from originlock.intent.identity_keys import EDGE_ACCOUNT, IDENTITY, PINS
from originlock.intent.notify_decode import channel_of, run_of
from originlock.intent.notify_keys import NOTIFY, RUN
from originlock.intent.policy import (
    NO_EDGE,
    Configuration,
    EdgeAccount,
    EdgeSettings,
    Exemption,
    IdentityPolicy,
    Limits,
    NetworkPolicy,
    Place,
    Policy,
    ProofPolicy,
)
from originlock.intent.reading import Path, Reading, Setting, Table
from originlock.intent.shared import shared_targets
from originlock.intent.values import target_fault, target_of

__all__ = ["Decoded", "Problem", "Setting", "decode"]


class Decoded(msgspec.Struct, frozen=True):
    """What a document came to.

    Attributes:
        configuration: None if there is any problem.
        problems: everything that is wrong, in the order of the table of keys.
        warnings: what is not wrong but does nothing.
        sources: every value that could be read, with where it came from.
    """

    configuration: Configuration | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    sources: tuple[Setting, ...]


def decode(document: Mapping[str, object], environment: Mapping[str, str], edges: Sequence[EdgeDescription]) -> Decoded:
    """Decode a configuration; the environment wins over the document.

    Args:
        document: as a TOML parser gives it.
        environment: the variables of the process, or some of them; those of others are not looked at.
        edges: every edge that may be named.
    """
    variables = Environment(environment)
    reading = Reading(variables)
    root = reading.table(keys.document(edges), Path(), document)
    origins = [_origin(name, table, edges) for name, table in root.named(keys.origins(edges))]
    channels = [channel_of(name, table) for name, table in root.named(NOTIFY)]
    configuration = Configuration(
        origins=tuple(origin for origin in origins if origin is not None),
        edges=_edges(root.section(keys.edges_section(edges)), edges),
        limits=_limits(root.section(keys.LIMITS)),
        channels=tuple(channel for channel in channels if channel is not None),
        run=run_of(root.section(RUN)),
    )
    problems = (*reading.problems, *variables.problems())
    return Decoded(
        configuration=None if problems else configuration,
        problems=problems,
        warnings=(*variables.warnings(), *shared_targets(configuration.origins)),
        sources=tuple(reading.settings),
    )


def _origin(name: str, table: Table, edges: Sequence[EdgeDescription]) -> Policy | None:
    edge = table.sound(keys.edge_key(edges))
    place = _place(table)
    given = table.take(keys.SECURITY_GROUPS), table.pairs(keys.TAGS), table.take(keys.LOAD_BALANCER)
    ways = {key.name: table.has(key.name) for key in (keys.SECURITY_GROUPS, keys.TAGS, keys.LOAD_BALANCER)}
    lists_alone = not any(ways.values()) and table.gives(keys.NETWORK.name, keys.PREFIX_LIST.name)
    target = target_of(*given, lists=lists_alone)
    fault = None if lists_alone else target_fault(ways)
    if fault is not None and not table.void:
        table.problem(fault)
    hostnames = table.take(keys.HOSTNAMES)
    described = next((each for each in edges if edge == (each.name,)), None)
    network = _network(table.section(keys.NETWORK), described)
    exceptions = _exceptions(table)
    proving = table.section(keys.PROOF)
    proof = ProofPolicy(proving.take(keys.PROOF_PATH), proving.take(keys.PROOF_ADDRESSES))
    if lists_alone and exceptions:
        table.problem("stand as rules in groups, and only prefix lists are named here", keys.EXCEPTIONS.name)
    if network.security_group == "create" and not table.has(keys.LOAD_BALANCER.name) and not table.void:
        table.problem("a group of our own is created for a load_balancer only", "network.security_group")
    identity, account = identity_of(table, name), edge_account_of(table)
    if identity is not None and not table.has(keys.LOAD_BALANCER.name) and not table.void:
        table.problem("is about the listeners of a load_balancer; name one", IDENTITY.name)
    network = _with_probe_port(network, identity)
    none = _no_edge(table, edge, identity, account)
    if target is None or (described is None and not none):
        return None
    named = NO_EDGE if described is None else described.name
    return Policy(name, target, named, place, hostnames, network, exceptions, proof, identity, account)


def _with_probe_port(network: NetworkPolicy, identity: IdentityPolicy | None) -> NetworkPolicy:
    """The edge has to get in where a listener is made for a moment."""
    if identity is None or not identity.probe_port:
        return network
    return msgspec.structs.replace(network, ports=tuple(sorted({*network.ports, identity.probe_port})))


def _no_edge(
    table: Table, edge: tuple[str | None] | None, identity: IdentityPolicy | None, account: EdgeAccount | None
) -> bool:
    """Whether the origin has no edge; what cannot stand with that is a problem."""
    if edge != (NO_EDGE,):
        return False
    if identity is None and not table.void:
        table.problem("is not given; without an edge there is nothing else to ask for", IDENTITY.name)
    if account is not None:
        table.problem("is given, and there is no edge", EDGE_ACCOUNT.name)
    return True


def _place(table: Table) -> Place:
    place = Place(
        table.take(keys.REGION), table.take(keys.PROFILE), table.take(keys.ROLE), table.take(keys.EXTERNAL_ID)
    )
    if place.external_id is not None and not table.has(keys.ROLE.name):
        table.problem("is given without a role; it is what a role asks for", keys.EXTERNAL_ID.name)
    return place


def _network(table: Table, edge: EdgeDescription | None) -> NetworkPolicy:
    foreign = table.sound(keys.FOREIGN)
    network = NetworkPolicy(
        protocol=table.take(keys.PROTOCOL),
        ports=table.take(keys.PORTS),
        foreign=keys.FOREIGN.default if foreign is None else foreign[0],
        foreign_rules=table.take(keys.FOREIGN_RULES),
        extra_ranges=table.take(keys.extra_ranges(edge)),
        security_group=table.take(keys.SECURITY_GROUP),
        ipv6=table.take(keys.IPV6),
        managed=table.take(keys.MANAGED),
        via=table.take(keys.VIA),
        prefix_list=table.take(keys.PREFIX_LIST),
    )
    if network.prefix_list and network.via == "rules":
        table.problem('names prefix lists; that is only with via = "prefix-list"', keys.PREFIX_LIST.name)
    if network.foreign_rules and foreign == ("report",):
        table.problem('names rules to remove; that is only with foreign = "remove"', keys.FOREIGN_RULES.name)
    return network


def _exceptions(table: Table) -> tuple[Exemption, ...]:
    found: list[Exemption] = []
    first: dict[Cidr, str] = {}
    for item in table.several(keys.EXCEPTIONS):
        source, owner = item.take(keys.SOURCE), item.take(keys.OWNER)
        reason, expires = item.take(keys.REASON), item.take(keys.EXPIRES)
        if source is not None and source in first:
            item.problem(f"{source} is the source of {first[source]} too; keep one of them", keys.SOURCE.name)
        if source is not None:
            first.setdefault(source, item.path.place)
        if source is not None and owner is not None and reason is not None and expires is not None:
            found.append(Exemption(source, owner, reason, expires))
    return tuple(found)


def _edges(table: Table, edges: Sequence[EdgeDescription]) -> tuple[EdgeSettings, ...]:
    found: list[EdgeSettings] = []
    for edge in edges:
        settings = table.section(keys.edge_section(edge))
        urls = tuple((key.name, settings.take(key)) for key in keys.url_keys(edge))
        found.append(EdgeSettings(edge.name, urls, settings.take(PINS)))
    return tuple(found)


def _limits(table: Table) -> Limits:
    return Limits(
        table.take(keys.CHANGES_PER_SECOND),
        table.take(keys.SETTLE_SECONDS),
        table.take(keys.DNS_SECONDS),
        table.take(keys.POOLED_SECONDS),
        table.take(keys.DEPLOY_SECONDS),
    )
