"""Attributes of load balancers and of listeners, answered as AWS answers.

Here lives which there are, with their defaults and their ranges. Here must not live: what the data plane does with
them, or the buckets that logs go to (see `log_buckets`).

'Elastic Load Balancing API reference', LoadBalancerAttribute and ListenerAttribute. Refusals: hashicorp/
terraform-provider-aws issues 22037 (a key that is not recognized) and 34135 (one that the type does not support), pull
request 46496 (20 at once); those of values are guesses. moto knows few defaults, and takes any value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult

from originlock.lab.elb_certificates import CertificateAnswers
from originlock.lab.elb_errors import ElbCode, ElbRefusal
from originlock.lab.elb_seam import refusing
from originlock.lab.log_buckets import refuse_unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: 'Elastic Load Balancing API reference', as an error names it: Member must have length less than or equal to 20.
MOST_ATTRIBUTES: Final = 20

_APPLICATION: Final = frozenset({"application"})
_NETWORK: Final = frozenset({"network"})
_BOTH: Final = _APPLICATION | _NETWORK
_ALL: Final = _BOTH | {"gateway"}

#: Where a load balancer's logs go: the prefixes of the attributes that say so.
LOGS: Final = ("access_logs", "connection_logs", "health_check_logs")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its default, the values that it may have (None: any text), and whose it is."""

    default: str
    values: Sequence[str] | range | None = None
    kinds: frozenset[str] = _APPLICATION

    def takes(self, value: str) -> bool:
        """Whether it may have a value."""
        if isinstance(self.values, range):
            return value.isdecimal() and int(value) in self.values
        return self.values is None or value in self.values


_SWITCH: Final = ("true", "false")
_OFF: Final = Attribute("false", _SWITCH)
_TEXT: Final = Attribute("")

BALANCER: Final[Mapping[str, Attribute]] = {
    "deletion_protection.enabled": Attribute("false", _SWITCH, _ALL),
    # Of an application load balancer it is true and cannot be changed: see _default_of.
    "load_balancing.cross_zone.enabled": Attribute("false", _SWITCH, _ALL),
    "access_logs.s3.enabled": Attribute("false", _SWITCH, _BOTH),
    "access_logs.s3.bucket": Attribute("", None, _BOTH),
    "access_logs.s3.prefix": Attribute("", None, _BOTH),
    "ipv6.deny_all_igw_traffic": Attribute("false", _SWITCH, _BOTH),
    "zonal_shift.config.enabled": Attribute("false", _SWITCH, _BOTH),
    "idle_timeout.timeout_seconds": Attribute("60", range(1, 4001)),
    "client_keep_alive.seconds": Attribute("3600", range(60, 604801)),
    "connection_logs.s3.enabled": _OFF,
    "connection_logs.s3.bucket": _TEXT,
    "connection_logs.s3.prefix": _TEXT,
    "health_check_logs.s3.enabled": _OFF,
    "health_check_logs.s3.bucket": _TEXT,
    "health_check_logs.s3.prefix": _TEXT,
    "routing.http.desync_mitigation_mode": Attribute("defensive", ("monitor", "defensive", "strictest")),
    "routing.http.drop_invalid_header_fields.enabled": _OFF,
    "routing.http.preserve_host_header.enabled": _OFF,
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _OFF,
    "routing.http.xff_client_port.enabled": _OFF,
    "routing.http.xff_header_processing.mode": Attribute("append", ("append", "preserve", "remove")),
    "routing.http2.enabled": Attribute("true", _SWITCH),
    "waf.fail_open.enabled": _OFF,
    "dns_record.client_routing_policy": Attribute(
        "any_availability_zone",
        ("availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"),
        _NETWORK,
    ),
    "secondary_ips.auto_assigned.per_subnet": Attribute("0", range(8), _NETWORK),
}

_RENAMED: Final = (
    "x_amzn_mtls_clientcert_serial_number",
    "x_amzn_mtls_clientcert_issuer",
    "x_amzn_mtls_clientcert_subject",
    "x_amzn_mtls_clientcert_validity",
    "x_amzn_mtls_clientcert_leaf",
    "x_amzn_mtls_clientcert",
    "x_amzn_tls_version",
    "x_amzn_tls_cipher_suite",
)
_ADDED: Final = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)
#: Of those of HTTPS alone, so that a listener of HTTP has no such headers to rename: 'Application Load Balancers',
#: header modification. That such a listener refuses these keys is not documented, so it does not.
LISTENER: Final[Mapping[str, Attribute]] = {
    "tcp.idle_timeout.seconds": Attribute("350", range(60, 6001), frozenset({"network", "gateway"})),
    "send_tcp_reset.on_idle_timeout.enabled": Attribute("false", _SWITCH, frozenset({"gateway"})),
    "routing.http.response.server.enabled": Attribute("true", _SWITCH),
    **{f"routing.http.request.{each}.header_name": _TEXT for each in _RENAMED},
    **{f"routing.http.response.{each}.header_value": _TEXT for each in _ADDED},
}


class AttributeAnswers(CertificateAnswers):
    """The actions on attributes."""

    @refusing
    def describe_load_balancer_attributes(self) -> ActionResult:
        """All that its type has."""
        return ActionResult({"Attributes": balancer_attributes(self.named_balancer())})

    @refusing
    def modify_load_balancer_attributes(self) -> ActionResult:
        """Change some, all or none of them; the others stay."""
        balancer = self.named_balancer()
        asked = self._asked("Load balancer", BALANCER, balancer.type)
        fixed = balancer.type == "application" and asked.get("load_balancing.cross_zone.enabled") == "false"
        if fixed:
            raise ElbRefusal(
                ElbCode.INVALID_CONFIGURATION,
                "Load balancer attribute key 'load_balancing.cross_zone.enabled' cannot be changed on load balancers "
                "with type 'application'",
            )
        after = {**balancer_attributes(balancer), **asked}
        for kind in LOGS:
            # Asked again on every call that names them, as somebody may have closed the bucket meanwhile.
            if after.get(f"{kind}.s3.enabled") == "true" and any(name.startswith(kind) for name in asked):
                refuse_unwritable(
                    after[f"{kind}.s3.bucket"],
                    after[f"{kind}.s3.prefix"],
                    account=self.current_account,
                    region=self.region,
                    asks_policy=self.settings.log_buckets_ask_policy,
                )
        balancer.attrs = after
        return ActionResult({"Attributes": dict(after)})

    @refusing
    def describe_listener_attributes(self) -> ActionResult:
        """All that a listener of its load balancer's type has."""
        return ActionResult({"Attributes": listener_attributes(self.named_listener())})

    @refusing
    def modify_listener_attributes(self) -> ActionResult:
        """Change some, all or none of them; the others stay."""
        listener = self.named_listener()
        asked = self._asked("Listener", LISTENER, _kind_of(listener))
        listener.attributes = {**listener_attributes(listener), **asked}
        return ActionResult({"Attributes": dict(listener.attributes)})

    def _asked(self, whose: str, known: Mapping[str, Attribute], kind: str) -> Mapping[str, str]:
        given = self.parameters.get("Attributes") or []
        asked = {str(each["Key"]): str(each.get("Value") or "") for each in given}
        if len(given) > MOST_ATTRIBUTES:
            raise ElbRefusal(
                ElbCode.VALIDATION,
                "1 validation error detected: Value at 'attributes' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MOST_ATTRIBUTES}",
            )
        for name, value in asked.items():
            if name not in known:
                raise ElbRefusal(ElbCode.VALIDATION, f"{whose} attribute key '{name}' is not recognized")
            if kind not in known[name].kinds:
                raise ElbRefusal(
                    ElbCode.INVALID_CONFIGURATION,
                    f"{whose} attribute key '{name}' is not supported on load balancers with type '{kind}'",
                )
            if not known[name].takes(value):
                raise ElbRefusal(ElbCode.VALIDATION, f"{whose} attribute '{name}' cannot have the value '{value}'")
        return asked


def balancer_attributes(balancer: Any) -> dict[str, str]:  # noqa: ANN401 - moto's object
    """All attributes of a load balancer as they are."""
    found = {name: each.default for name, each in BALANCER.items() if balancer.type in each.kinds}
    if balancer.type == "application":
        found["load_balancing.cross_zone.enabled"] = "true"
    if balancer.scheme == "internal" and "ipv6.deny_all_igw_traffic" in found:
        found["ipv6.deny_all_igw_traffic"] = "true"
    return {**found, **{name: str(value) for name, value in balancer.attrs.items() if name in found}}


def listener_attributes(listener: Any) -> dict[str, str]:  # noqa: ANN401 - moto's object
    """All attributes of a listener as they are."""
    kind = _kind_of(listener)
    found = {name: each.default for name, each in LISTENER.items() if kind in each.kinds}
    return {**found, **{name: str(value) for name, value in listener.attributes.items() if name in found}}


def _kind_of(listener: Any) -> str:  # noqa: ANN401 - moto's object
    part = str(listener.load_balancer_arn).partition(":loadbalancer/")[2].partition("/")[0]
    return {"app": "application", "net": "network", "gwy": "gateway"}.get(part, part)
