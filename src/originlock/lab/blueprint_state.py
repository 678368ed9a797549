"""The blueprint that the data plane follows, read out of what the local AWS holds now.

Here lives the reading of load balancers with their listeners, certificates and rules, of all accounts and Regions.
Here must not live: security groups (see `admission_state`), the telling of it (see `follower`), or what moto answers.

It is what is in force, whatever reads may show yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from originlock.lab.admission_state import Sources, admissions, all_tracked, read_sources
from originlock.lab.blueprint import Balancer, Behaviour, Blueprint, Certificate, Listener, Rule
from originlock.lab.certificate_state import certificates_of
from originlock.lab.ec2_state import GroupView, read_region
from originlock.lab.elb_attributes import balancer_attributes, listener_attributes
from originlock.lab.interface_state import balancer_interfaces
from originlock.lab.trust_store_state import mutual_tls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from originlock.lab.settings import Settings

#: The only kind that speaks TLS and HTTP itself.
_APPLICATION: Final = "application"

#: 'Elastic Load Balancing API reference', RedirectActionConfig: what is kept of the request.
_REDIRECT: Final = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}

#: 'Elastic Load Balancing API reference', RuleCondition: the two whose values stand in two places.
_CONFIGS: Final = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}


def read_blueprint(settings: Settings) -> Blueprint:
    """Read everything, ordered by ARN. Callers hold the lab's one lock."""
    regions = [read_region(backend) for account in ec2_backends.values() for backend in account.values()]
    sources = read_sources(regions)
    groups = {group.group_id: group for region in regions for group in region.groups}
    found = [
        _balancer(held, backend, groups, sources)
        for account in elbv2_backends.values()
        for backend in account.values()
        for held in backend.load_balancers.values()
        if held.type == _APPLICATION
    ]
    return Blueprint(tuple(sorted(found, key=lambda each: each.arn)), _behaviour(settings))


def _behaviour(settings: Settings) -> Behaviour:
    return Behaviour(settings.ignoring_expiry_covers_authorities, settings.stale_revocations_refuse)


def _balancer(held: Any, backend: Any, groups: Mapping[str, GroupView], sources: Sources) -> Balancer:  # noqa: ANN401 - moto's
    interfaces = balancer_interfaces(held)
    internal = held.scheme == "internal"
    ipv4 = [each.ipv4 if internal else each.public_ip for each in interfaces]
    dual = held.ip_address_type != "ipv4"
    its_groups = [groups[each] for each in held.security_groups or () if each in groups]
    certificates = certificates_of(backend.account_id, backend.region_name)
    listeners = [_listener(each, backend, certificates) for each in held.listeners.values()]
    return Balancer(
        arn=held.arn,
        name=held.name,
        account=backend.account_id,
        region=backend.region_name,
        dns_name=held.dns_name,
        ipv4=tuple(each for each in ipv4 if each is not None),
        ipv6=tuple(each.ipv6 for each in interfaces if dual and each.ipv6 is not None),
        admissions=admissions(its_groups, sources),
        listeners=tuple(sorted(listeners, key=lambda each: each.arn)),
        attributes=balancer_attributes(held),
        tracked=all_tracked(its_groups, sources),
    )


def _listener(held: Any, backend: Any, certificates: Mapping[str, Certificate]) -> Listener:  # noqa: ANN401 - moto's
    secure = held.protocol == "HTTPS"
    arns = dict.fromkeys([held.certificate, *held.certificates]) if secure else {}
    return Listener(
        arn=held.arn,
        protocol=held.protocol,
        port=int(held.port),
        ssl_policy=held.ssl_policy if secure else None,
        certificates=tuple(certificates[arn] for arn in arns if arn in certificates),
        mutual_tls=mutual_tls(backend, held),
        rules=tuple(_rules(held)),
        default_actions=_actions(held.default_actions),
        attributes=listener_attributes(held),
    )


def _rules(held: Any) -> Iterator[Rule]:  # noqa: ANN401 - moto's object
    """All but the default one, the first that is asked first."""
    rules = [each for each in held.rules.values() if not each.is_default]
    for each in sorted(rules, key=lambda rule: int(rule.priority)):
        yield Rule(
            arn=each.arn,
            priority=int(each.priority),
            conditions=tuple(_condition(given) for given in each.conditions),
            actions=_actions(each.actions),
        )


def _condition(given: Mapping[str, Any]) -> dict[str, object]:
    """A condition; values that are given in one of the two places that there are for them stand in both."""
    config = _CONFIGS.get(str(given.get("Field")))
    if config is None:
        return dict(given)
    values = list((given.get(config) or {}).get("Values") or given.get("Values") or ())
    return {**given, "Values": values, config: {**(given.get(config) or {}), "Values": values}}


def _actions(actions: Sequence[Any]) -> tuple[dict[str, object], ...]:
    """The actions in their order."""
    ordered = sorted(actions, key=lambda each: int(each.data.get("Order") or 1))
    return tuple(_action(each.data, order) for order, each in enumerate(ordered, 1))


def _action(given: Mapping[str, Any], order: int) -> dict[str, object]:
    told: dict[str, object] = {**given, "Order": int(given.get("Order") or order)}
    if given.get("Type") == "redirect":
        told["RedirectConfig"] = {**_REDIRECT, **(given.get("RedirectConfig") or {})}
    if given.get("TargetGroupArn") and not given.get("ForwardConfig"):
        only = {"TargetGroupArn": given["TargetGroupArn"], "Weight": 1}
        told["ForwardConfig"] = {"TargetGroups": [only], "TargetGroupStickinessConfig": {"Enabled": False}}
    return told
