"""Listener rules, answered as AWS answers.

Here lives what moto's own actions do otherwise: it takes conditions that AWS refuses, priorities out of range, and
forgives rules that are not there. Here must not live: what a request meets (that is the data plane's).

'Elastic Load Balancing API reference', RuleCondition and its parts, and 'Quotas for your Application Load Balancers'.
The codes are those of AWS's validation; texts that moto does not have are guesses.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult, EmptyResult

from originlock.lab import elb_paging
from originlock.lab.elb_certificates import CertificateAnswers
from originlock.lab.elb_errors import ElbCode, ElbRefusal, no_listener
from originlock.lab.elb_seam import refusing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: 'Elastic Load Balancing API reference', CreateRule, Priority.
PRIORITIES: Final = range(1, 50_001)

#: 'Quotas for your Application Load Balancers': rules per load balancer, not counting default ones; condition values
#: per rule; condition wildcards per rule.
MOST_RULES: Final = 100
MOST_VALUES: Final = 5
MOST_WILDCARDS: Final = 6

#: 'Elastic Load Balancing API reference', RuleCondition: up to one of each in a rule.
_ONCE: Final = frozenset({"http-request-method", "host-header", "path-pattern", "source-ip"})
_CONFIGS: Final[Mapping[str, str]] = {
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "path-pattern": "PathPatternConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_PLAIN: Final = frozenset({"host-header", "path-pattern"})
_WILD: Final = frozenset({"host-header", "http-header", "path-pattern", "query-string"})

#: RFC 7230, token.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}\Z")
_METHOD: Final = re.compile(r"[A-Z_-]{1,40}\Z")
#: At least one dot, and only letters after the last one.
_HOST: Final = re.compile(r"[A-Za-z0-9.*?-]*\.[A-Za-z]+\Z")
_LONGEST: Final = 128


class RuleAnswers(CertificateAnswers):
    """The actions on rules."""

    @refusing
    def create_rule(self) -> ActionResult:
        """Refuse conditions and priorities that AWS refuses; then as moto does."""
        listener = self.named_listener()
        params = self.parameters
        priority = int(params.get("Priority") or 0)
        _refuse_priority(priority)
        _refuse_conditions(params.get("Conditions") or [])
        if any(each.priority == priority for each in listener.rules.values()):
            raise ElbRefusal(ElbCode.PRIORITY_IN_USE, f"Priority '{priority}' is currently in use")
        balancer = self.elbv2_backend.load_balancers[listener.load_balancer_arn]
        if sum(len(each.rules) - 1 for each in balancer.listeners.values()) >= MOST_RULES:
            raise ElbRefusal(ElbCode.TOO_MANY_RULES, "The load balancer cannot have more rules")
        _refuse_actions(params.get("Actions") or [])
        return super().create_rule()

    @refusing
    def modify_rule(self) -> ActionResult:
        """The same for what is changed."""
        rule = self._named_rule(str(self.parameters.get("RuleArn")))
        if rule.is_default:
            raise ElbRefusal(ElbCode.NOT_PERMITTED, f"Default rule '{rule.arn}' cannot be modified")
        if self.parameters.get("Conditions"):
            _refuse_conditions(self.parameters["Conditions"])
        if self.parameters.get("Actions"):
            _refuse_actions(self.parameters["Actions"])
        return super().modify_rule()

    @refusing
    def delete_rule(self) -> ActionResult:
        """Refuse the default one, and one that is not there."""
        rule = self._named_rule(str(self.parameters.get("RuleArn")))
        if rule.is_default:
            raise ElbRefusal(ElbCode.NOT_PERMITTED, f"Default rule '{rule.arn}' cannot be deleted")
        self.elbv2_backend.delete_rule(rule.arn)
        return EmptyResult()

    @refusing
    def set_rule_priorities(self) -> ActionResult:
        """All at once, so that rules can change places; moto takes each for itself."""
        asked = {str(each["RuleArn"]): int(each["Priority"]) for each in self.parameters.get("RulePriorities") or []}
        rules = [self._named_rule(arn) for arn in asked]
        for rule in rules:
            if rule.is_default:
                raise ElbRefusal(ElbCode.NOT_PERMITTED, f"Priority of default rule '{rule.arn}' cannot be modified")
            _refuse_priority(asked[rule.arn])
        for listener_arn in {rule.listener_arn for rule in rules}:
            held = self._listener(listener_arn).rules.values()
            after = [asked.get(each.arn, each.priority) for each in held]
            for priority in after:
                if after.count(priority) > 1:
                    raise ElbRefusal(ElbCode.PRIORITY_IN_USE, f"Priority '{priority}' is currently in use")
        for rule in rules:
            rule.priority = asked[rule.arn]
        return ActionResult({"Rules": rules})

    @refusing
    def describe_rules(self) -> ActionResult:
        """Pages, NotFound for each absent one, by priority with the default one last."""
        arns = self.parameters.get("RuleArns") or []
        listener_arn = self.parameters.get("ListenerArn")
        if bool(arns) is (listener_arn is not None):
            raise ElbRefusal(ElbCode.VALIDATION, "You must specify either listener rule ARNs or a listener ARN")
        if arns:
            found = [self._named_rule(each) for each in dict.fromkeys(arns)]
        else:
            found = list(self._listener(str(listener_arn)).rules.values())
        rules, marker = elb_paging.page(found, self.parameters, key=_order)
        return ActionResult({"Rules": rules, "NextMarker": marker})

    def _listener(self, arn: str) -> Any:  # noqa: ANN401 - moto's object
        for balancer in self.elbv2_backend.load_balancers.values():
            if arn in balancer.listeners:
                return balancer.listeners[arn]
        raise no_listener(arn)

    def _named_rule(self, arn: str) -> Any:  # noqa: ANN401 - moto's object
        for balancer in self.elbv2_backend.load_balancers.values():
            for listener in balancer.listeners.values():
                for rule in listener.rules.values():
                    if rule.arn == arn:
                        return rule
        raise ElbRefusal(ElbCode.NO_RULE, f"One or more rules not found: '[{arn}]'")


def _order(rule: Any) -> str:  # noqa: ANN401 - moto's object
    return f"{'default' if rule.is_default else f'{int(rule.priority):07}'}/{rule.arn}"


def _refuse_priority(priority: int) -> None:
    if priority not in PRIORITIES:
        raise ElbRefusal(
            ElbCode.VALIDATION,
            f"1 validation error detected: Value '{priority}' at 'priority' failed to satisfy constraint: "
            f"Member must have value between {PRIORITIES.start} and {PRIORITIES.stop - 1}",
        )


def _refuse_actions(actions: Sequence[Mapping[str, Any]]) -> None:
    """'Elastic Load Balancing API reference', CreateRule, Actions: exactly one that ends it, and that last."""
    ends = [each for each in actions if each.get("Type") in {"forward", "fixed-response", "redirect"}]
    if len(ends) != 1:
        raise ElbRefusal(ElbCode.BAD_ACTION, "Exactly one forward, fixed-response or redirect action is required")


def _refuse_conditions(conditions: Sequence[Mapping[str, Any]]) -> None:
    if not conditions:
        raise ElbRefusal(ElbCode.VALIDATION, "A condition must be specified")
    fields = [str(each.get("Field")) for each in conditions]
    for field in fields:
        if field not in _CONFIGS:
            raise ElbRefusal(ElbCode.VALIDATION, f"Condition field '{field}' must be one of {sorted(_CONFIGS)}")
        if field in _ONCE and fields.count(field) > 1:
            raise ElbRefusal(ElbCode.INVALID_CONFIGURATION, f"A rule can only have one '{field}' condition")
    values = [(field, value) for each, field in zip(conditions, fields, strict=True) for value in _values(each, field)]
    for field, value in values:
        _refuse_value(field, value)
    if len(values) > MOST_VALUES:
        raise ElbRefusal(ElbCode.VALIDATION, f"A rule can only have '{MOST_VALUES}' condition values")
    wildcards = sum(value.count("*") + value.count("?") for field, value in values if field in _WILD)
    if wildcards > MOST_WILDCARDS:
        raise ElbRefusal(ElbCode.VALIDATION, f"A rule can only have '{MOST_WILDCARDS}' condition wildcards")


def _values(condition: Mapping[str, Any], field: str) -> Sequence[str]:
    """The values of a condition as texts, or a refusal where there are none or they stand in the wrong place."""
    wrong = [name for name in _CONFIGS.values() if condition.get(name) and name != _CONFIGS[field]]
    if wrong or (condition.get("Values") and field not in _PLAIN):
        raise ElbRefusal(ElbCode.VALIDATION, f"The '{[*wrong, 'Values'][0]}' field is not compatible with '{field}'")
    config = condition.get(_CONFIGS[field]) or {}
    if field == "http-header":
        _refuse_header_name(str(config.get("HttpHeaderName") or ""))
    given = config.get("Values") or condition.get("Values") or []
    patterns = [*(config.get("RegexValues") or []), *(condition.get("RegexValues") or [])]
    if config.get("Values") and condition.get("Values"):
        raise ElbRefusal(ElbCode.VALIDATION, f"Values cannot be specified twice for a '{field}' condition")
    if not given and not patterns:
        raise ElbRefusal(ElbCode.VALIDATION, "A condition value must be specified")
    if field == "query-string":
        return [f"{each.get('Key', '')}{each.get('Value', '')}" for each in given]
    return [str(each) for each in given]


def _refuse_header_name(name: str) -> None:
    if not _HEADER_NAME.match(name) or name.lower() == "host":
        raise ElbRefusal(ElbCode.VALIDATION, f"The HTTP header name '{name}' is not valid for a condition")


def _refuse_value(field: str, value: str) -> None:
    if not value or len(value) > _LONGEST * (2 if field == "query-string" else 1):
        raise ElbRefusal(ElbCode.VALIDATION, f"The '{field}' value must have 1 to {_LONGEST} characters")
    valid = True
    match field:
        case "host-header":
            valid = bool(_HOST.match(value))
        case "http-request-method":
            valid = bool(_METHOD.match(value))
        case "source-ip":
            valid = _is_network(value)
        case _:
            pass
    if not valid:
        raise ElbRefusal(ElbCode.VALIDATION, f"Condition value '{value}' is not valid for '{field}'")


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return "/" in value
