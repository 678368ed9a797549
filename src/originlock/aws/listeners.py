"""Reading listeners: what they demand of clients, serve, answer, and where their connections are logged.

Lives here: the read calls of listeners, their certificates and rules. Must not live here: trust stores (see
`trust_stores`), what is wanted of a listener, any call that changes something (see `listener_acts`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from originlock.aws.answers import CallError
from originlock.aws.asking import read
from originlock.aws.certificates import Certificates
from originlock.aws.labels import labels_of
from originlock.aws.log_files import logs_of
from originlock.aws.session import Sessions
from originlock.aws.wording import code_of
from originlock.facts.origin import Missing, Tags
from originlock.facts.trust import Listeners, Mode, MutualTls, SecureListener, new_listener, parts_of_new_listener
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import (
        ListenerTypeDef,
        MutualAuthenticationAttributesTypeDef,
        RuleConditionOutputTypeDef,
        RuleTypeDef,
    )

_HTTPS: Final = "HTTPS"
_READ: Final = frozenset({"HTTP", _HTTPS})
_MODES: Final[dict[str, Mode]] = {"off": "off", "passthrough": "passthrough", "verify": "verify"}
_KEEP_ALIVE: Final = "client_keep_alive.seconds"
_LOGS: Final = "connection_logs.s3"
_GONE: Final = frozenset({"ListenerNotFound", "LoadBalancerNotFound"})
_IN_A_CALL: Final = 20
"""How many listeners are asked for at once. The API reference names no bound; for load balancers it is 20."""


class ListenerReader:
    """Reads the listeners of one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place

    def of(self, load_balancer: str) -> Listeners | Unknown:
        """The HTTP and HTTPS listeners of a load balancer (its ARN), whole.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        what = f"the listeners of {load_balancer}"
        found = read(what, functools.partial(self._of_balancer, load_balancer))
        if isinstance(found, Unknown):
            return found
        found = [each for each in found if each.get("Protocol", "") in _READ]
        # What tags a listener has says whose it is: without them none is anybody's.
        labels = labels_of(self._sessions.elbv2(self._place), [each["ListenerArn"] for each in found])
        unlabelled = next((each for each in labels.values() if isinstance(each, Unknown)), None)
        if unlabelled is not None:
            return unlabelled
        described = {arn: each for arn, each in labels.items() if not isinstance(each, Unknown)}
        plain = read(what, lambda: [bare(each, described.get(each["ListenerArn"], ())) for each in found])
        if isinstance(plain, Unknown):
            return plain
        names = Certificates(self._sessions, self._place)
        whole = [self._whole(each, names) for each in plain]
        attributes = read(f"the attributes of {load_balancer}", functools.partial(self._attributes, load_balancer))
        return Listeners(
            tuple(sorted(whole, key=lambda each: (each.port, each.id))),
            keep_alive=_keep_alive(attributes),
            logs=_logs(attributes, load_balancer),
        )

    def demanded(self, load_balancer: str) -> tuple[MutualTls, ...] | Unknown:
        """What each HTTP and HTTPS listener of a load balancer (its ARN) demands of clients, and no more.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        what = f"what the listeners of {load_balancer} demand"
        found = read(what, functools.partial(self._of_balancer, load_balancer))
        if isinstance(found, Unknown):
            return found
        return read(what, lambda: tuple(bare(each, ()).mutual for each in found if each.get("Protocol", "") in _READ))

    def looked_at(self, targets: Iterable[str]) -> dict[str, SecureListener | Missing | Unknown]:
        """Listeners by ARN or by what `new_listener` calls them, as far as a change of ours touches them.

        Of rules, of further certificates and of their names nothing is asked.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        wanted = dict.fromkeys(targets)
        named = {target: parts for target in wanted if (parts := parts_of_new_listener(target)) is not None}
        found = self._by_arn([target for target in wanted if target not in named])
        found |= self._by_port(named)
        arns = {held["ListenerArn"] for held in found.values() if not isinstance(held, Missing | Unknown)}
        labels = labels_of(self._sessions.elbv2(self._place), arns)
        return {target: _seen(found[target], labels) for target in wanted}

    def _by_arn(self, arns: list[str]) -> dict[str, ListenerTypeDef | Missing | Unknown]:
        found: dict[str, ListenerTypeDef | Missing | Unknown] = {}
        for start in range(0, len(arns), _IN_A_CALL):
            found |= self._described(arns[start : start + _IN_A_CALL])
        return found

    def _described(self, arns: list[str]) -> dict[str, ListenerTypeDef | Missing | Unknown]:
        """Some listeners by ARN; one that is gone makes the whole call fail, so that each is asked for by itself."""
        answer = read(f"listeners {', '.join(arns)}", functools.partial(self._by_arns, arns))
        if isinstance(answer, Unknown):
            return dict.fromkeys(arns, answer)
        if answer is None:
            if len(arns) == 1:
                return {arns[0]: Missing(arns[0])}
            return {arn: held for each in arns for arn, held in self._described([each]).items()}
        there = {each["ListenerArn"]: each for each in answer}
        return {arn: there.get(arn, Missing(arn)) for arn in arns}

    def _by_arns(self, arns: list[str]) -> list[ListenerTypeDef] | None:
        client = self._sessions.elbv2(self._place)
        try:
            pages = client.get_paginator("describe_listeners").paginate(ListenerArns=arns)
            return [each for page in pages for each in page["Listeners"]]
        except CallError as error:
            if code_of(error) in _GONE:
                return None
            raise

    def _by_port(self, named: dict[str, tuple[str, int]]) -> dict[str, ListenerTypeDef | Missing | Unknown]:
        found: dict[str, ListenerTypeDef | Missing | Unknown] = {}
        for balancer in dict.fromkeys(balancer for balancer, _ in named.values()):
            answer = read(f"the listeners of {balancer}", functools.partial(self._of_balancer, balancer, gone=True))
            for target in [target for target, parts in named.items() if parts[0] == balancer]:
                if isinstance(answer, Unknown):
                    found[target] = answer
                    continue
                held = [each for each in answer if new_listener(balancer, each.get("Port", 0)) == target]
                found[target] = held[0] if held else Missing(target)
        return found

    def _of_balancer(self, balancer: str, *, gone: bool = False) -> list[ListenerTypeDef]:
        pages = self._sessions.elbv2(self._place).get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
        try:
            return [each for page in pages for each in page["Listeners"]]
        except CallError as error:
            if gone and code_of(error) in _GONE:
                return []
            raise

    def _whole(self, plain: SecureListener, names: Certificates) -> SecureListener:
        arn = plain.id
        rules = read(f"the rules of {arn}", functools.partial(self._rules, arn))
        hosts = rules if isinstance(rules, Unknown) else _hosts(rules)
        if plain.protocol != _HTTPS:
            leads = not isinstance(rules, Unknown) and bool(rules) and all(_leads_to_https(each) for each in rules)
            return msgspec.structs.replace(plain, names=(), hosts=hosts, redirects=leads)
        served = read(f"the certificates of {arn}", functools.partial(self._certificates, arn))
        arns = plain.certificates if isinstance(served, Unknown) else served
        known = served if isinstance(served, Unknown) else names.names(arns)
        return msgspec.structs.replace(
            plain,
            certificates=arns,
            names=known,
            hosts=hosts,
            not_after="" if isinstance(served, Unknown) else names.first_end(arns),
        )

    def _rules(self, arn: str) -> list[RuleTypeDef]:
        pages = self._sessions.elbv2(self._place).get_paginator("describe_rules").paginate(ListenerArn=arn)
        return [rule for page in pages for rule in page["Rules"]]

    def _certificates(self, arn: str) -> tuple[str, ...]:
        """The ARNs, the default one first, each once: it is told twice where it is there for SNI as well."""
        client = self._sessions.elbv2(self._place)
        pages = client.get_paginator("describe_listener_certificates").paginate(ListenerArn=arn)
        told = [each for page in pages for each in page["Certificates"]]
        told.sort(key=lambda each: not each.get("IsDefault", False))
        return tuple(dict.fromkeys(each["CertificateArn"] for each in told if "CertificateArn" in each))

    def _attributes(self, arn: str) -> dict[str, str]:
        answer = self._sessions.elbv2(self._place).describe_load_balancer_attributes(LoadBalancerArn=arn)
        return {each.get("Key", ""): each.get("Value", "") for each in answer["Attributes"]}


def bare(answer: ListenerTypeDef, tags: Tags) -> SecureListener:
    """A listener as DescribeListeners alone tells of it, with its default certificate."""
    arn = answer["ListenerArn"]
    unasked = Unknown(f"the names of {arn}", "they were not asked for again")
    default = [each["CertificateArn"] for each in answer.get("Certificates", []) if "CertificateArn" in each]
    secure = answer.get("Protocol", "") == _HTTPS
    return SecureListener(
        arn,
        answer.get("Port", 0),
        answer.get("Protocol", ""),
        mutual=_mutual(answer.get("MutualAuthentication", {})) if secure else MutualTls(),
        certificates=tuple(default),
        ssl_policy=answer.get("SslPolicy", ""),
        names=unasked,
        hosts=unasked,
        tags=tags,
    )


def _mutual(answer: MutualAuthenticationAttributesTypeDef) -> MutualTls:
    """Where nothing is said of it, it is off (Elastic Load Balancing API reference, MutualAuthenticationAttributes).

    Raises:
        KeyError: a mode that is not known here: what it does to clients cannot be told.
    """
    mode = _MODES[answer.get("Mode", "off")]
    if mode != "verify":
        return MutualTls(mode)
    return MutualTls(
        mode,
        answer.get("TrustStoreArn", ""),
        ignore_expiry=answer.get("IgnoreClientCertificateExpiry", False),
        advertise=answer.get("AdvertiseTrustStoreCaNames", "off") == "on",
        removed=answer.get("TrustStoreAssociationStatus", "active") == "removed",
    )


def _seen(
    answer: ListenerTypeDef | Missing | Unknown, labels: dict[str, Tags | Unknown]
) -> SecureListener | Missing | Unknown:
    if isinstance(answer, Missing | Unknown):
        return answer
    tags = labels[answer["ListenerArn"]]
    if isinstance(tags, Unknown):
        return tags
    return read(f"listener {answer['ListenerArn']}", lambda: bare(answer, tags))


def _hosts(rules: Iterable[RuleTypeDef]) -> tuple[str, ...]:
    """The hosts that rules name, in lower case; regular expressions as they stand."""
    found: set[str] = set()
    for rule in rules:
        for condition in rule.get("Conditions", []):
            if condition.get("Field", "") == "host-header":
                found |= _of_condition(condition)
    return tuple(sorted(found))


def _of_condition(condition: RuleConditionOutputTypeDef) -> set[str]:
    config = condition.get("HostHeaderConfig", {})
    plain = (*condition.get("Values", []), *config.get("Values", []))
    return {each.lower() for each in plain} | {*condition.get("RegexValues", []), *config.get("RegexValues", [])}


def _leads_to_https(rule: RuleTypeDef) -> bool:
    actions = rule.get("Actions", [])
    return bool(actions) and all(
        each.get("Type", "") == "redirect" and each.get("RedirectConfig", {}).get("Protocol", "") == _HTTPS
        for each in actions
    )


def _keep_alive(attributes: dict[str, str] | Unknown) -> int | Unknown:
    if isinstance(attributes, Unknown):
        return attributes
    said = attributes.get(_KEEP_ALIVE, "")
    return int(said) if said.isascii() and said.isdigit() else Unknown(_KEEP_ALIVE, f"AWS says {said!r}")


def _logs(attributes: dict[str, str] | Unknown, load_balancer: str) -> str | Unknown:
    if isinstance(attributes, Unknown):
        return attributes
    bucket = attributes.get(f"{_LOGS}.bucket", "")
    if attributes.get(f"{_LOGS}.enabled", "") != "true" or not bucket:
        return ""
    return logs_of(bucket, attributes.get(f"{_LOGS}.prefix", ""), load_balancer)
