"""Put the corrections into moto, once, at the start of the server's process.

Here lives every assignment to moto's own names, each checked first: the pin is exact, and a
moto that differs stops the server at import. Here must not live: behaviour (see the `ec2_*`
modules).

What is corrected: security groups (`ec2_groups`) and their rules (`ec2_answers`), prefix lists
(`ec2_prefix_lists`), who names a group from a peered VPC (`ec2_references`), network interfaces
(`ec2_interfaces`), tags (`ec2_tags`), load balancers, listeners and targets (`elb_*`), what a new
bucket is (`bucket_defaults`), the quotas that the lab can set as service-quotas tells them, tag
look-up, and a start that does not load what the lab has no use for.
"""

from __future__ import annotations

import functools
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import botocore.loaders
import botocore.session

from originlock.lab.settings import Settings

if TYPE_CHECKING:
    from originlock.lab.ec2_state import History

PINNED: Final = "5.2.5"

#: 'Service Quotas', Amazon VPC: inbound or outbound rules per security group.
RULES_QUOTA_CODE: Final = "L-0EA8095F"
#: The same: security groups per network interface.
GROUPS_QUOTA_CODE: Final = "L-2AFB9258"


class MotoDiffersError(ImportError):
    """moto is not the one that the corrections were written for."""


def _expect(owner: object, *names: str) -> None:
    """Stop if something that is to be corrected is not there."""
    for name in names:
        if not hasattr(owner, name):
            message = f"{owner!r} has no {name}: the corrections are for moto {PINNED}"
            raise MotoDiffersError(message)


def _load_less() -> None:
    """Spare the start what the lab has no use for: half of moto's start-up time.

    moto makes some botocore sessions at import, each of which reads the same files again; and
    it reads the instance types of every Region, while the lab takes any.
    """
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    _expect(botocore.loaders, "create_loader")
    shared = functools.lru_cache(maxsize=None)(botocore.loaders.create_loader)
    botocore.loaders.create_loader = shared

    # After the above on purpose: importing moto makes the first session.
    import moto.utilities.utils as moto_utils  # noqa: PLC0415

    _expect(moto_utils, "load_resource")
    real = moto_utils.load_resource

    def load_resource(resource: str) -> Any:  # noqa: ANN401 - JSON
        if "instance_type" in resource:
            return {} if resource.endswith("instance_types.json") else []
        return real(resource)

    moto_utils.load_resource = load_resource


def install() -> tuple[Settings, History]:
    """Correct moto; return the settings that the corrections obey and the history they keep."""
    found = version("moto")
    if found != PINNED:
        message = f"moto {found} is installed: the corrections are for moto {PINNED}"
        raise MotoDiffersError(message)
    _load_less()
    settings, history = _correct_ec2()
    _correct_load_balancing()
    _correct_buckets()
    _correct_metrics()

    # Not above, as importing moto's parts reads what _load_less() spares; so below, too.
    from moto.ec2.models.core import TaggedEC2Resource  # noqa: PLC0415
    from moto.servicequotas.models import ServiceQuotasBackend  # noqa: PLC0415

    _expect(TaggedEC2Resource, "get_tags")
    _expect(ServiceQuotasBackend, "get_service_quota")
    TaggedEC2Resource.get_tags = _tags_by_look_up  # type: ignore[method-assign, assignment]
    ServiceQuotasBackend.get_service_quota = _settable_quota(settings)  # type: ignore[method-assign]
    return settings, history


def _correct_ec2() -> tuple[Settings, History]:
    import moto.ec2.urls  # noqa: PLC0415

    from originlock.lab.ec2_answers import SecurityGroupAnswers  # noqa: PLC0415
    from originlock.lab.ec2_groups import GroupAnswers  # noqa: PLC0415
    from originlock.lab.ec2_interfaces import InterfaceAnswers  # noqa: PLC0415
    from originlock.lab.ec2_prefix_lists import PrefixListAnswers  # noqa: PLC0415
    from originlock.lab.ec2_references import ReferenceAnswers  # noqa: PLC0415
    from originlock.lab.ec2_tags import TagAnswers  # noqa: PLC0415

    class Corrected(
        SecurityGroupAnswers, GroupAnswers, PrefixListAnswers, InterfaceAnswers, ReferenceAnswers, TagAnswers
    ):
        """moto's EC2 with all corrections."""

    _expect(moto.ec2.urls, "url_paths", "EC2Response")
    if set(moto.ec2.urls.url_paths) != {"{0}/"}:
        message = f"moto.ec2 serves {set(moto.ec2.urls.url_paths)}"
        raise MotoDiffersError(message)
    moto.ec2.urls.url_paths["{0}/"] = Corrected.dispatch
    return Corrected.settings, Corrected.history


def _correct_load_balancing() -> None:
    from moto.elb import urls  # noqa: PLC0415
    from moto.elbv2.models import ELBv2Backend  # noqa: PLC0415

    from originlock.lab.elb_attributes import AttributeAnswers  # noqa: PLC0415
    from originlock.lab.elb_balancers import BalancerAnswers  # noqa: PLC0415
    from originlock.lab.elb_listeners import ListenerAnswers  # noqa: PLC0415
    from originlock.lab.elb_rules import RuleAnswers  # noqa: PLC0415
    from originlock.lab.elb_targets import TargetAnswers  # noqa: PLC0415
    from originlock.lab.elb_trust_stores import TrustStoreAnswers  # noqa: PLC0415

    class Corrected(BalancerAnswers, ListenerAnswers, AttributeAnswers, RuleAnswers, TargetAnswers, TrustStoreAnswers):
        """moto's load balancing with all corrections."""

    _expect(urls, "api_version_elb_backend", "ELBV2Response")
    _expect(ELBv2Backend, "_get_resource_by_arn", "_validate_actions", "_validate_port_and_protocol")
    _expect(ELBv2Backend, "_validate_conditions")
    # `elb_rules` looks at them all; moto's own look fails on conditions that have regular expressions alone.
    ELBv2Backend._validate_conditions = _nothing  # type: ignore[method-assign, assignment]  # noqa: SLF001
    # What is tagged is looked up by it, and moto knows no trust stores.
    ELBv2Backend._get_resource_by_arn = _known_by_arn(ELBv2Backend._get_resource_by_arn)  # type: ignore[method-assign]  # noqa: SLF001
    # Its URL handler looks this name up for each request.
    urls.ELBV2Response = Corrected  # type: ignore[attr-defined]


def _correct_metrics() -> None:
    import moto.cloudwatch.urls  # noqa: PLC0415

    from originlock.lab.metric_answers import MetricAnswers  # noqa: PLC0415

    _expect(moto.cloudwatch.urls, "url_paths", "CloudWatchResponse")
    if set(moto.cloudwatch.urls.url_paths) != {"{0}/$"}:
        message = f"moto.cloudwatch serves {set(moto.cloudwatch.urls.url_paths)}"
        raise MotoDiffersError(message)
    moto.cloudwatch.urls.url_paths["{0}/$"] = MetricAnswers.dispatch


def _correct_buckets() -> None:
    from moto.s3.models import S3Backend  # noqa: PLC0415

    from originlock.lab.bucket_defaults import encrypt, made_closed  # noqa: PLC0415

    _expect(S3Backend, "create_bucket", "put_public_access_block", "put_bucket_encryption", "delete_bucket_encryption")
    S3Backend.create_bucket = made_closed(S3Backend.create_bucket)  # type: ignore[method-assign]
    S3Backend.delete_bucket_encryption = encrypt  # type: ignore[method-assign, assignment]


def _nothing(_backend: Any, _conditions: Any) -> None:  # noqa: ANN401 - moto's objects
    """Find no fault."""


def _known_by_arn(real: Any) -> Any:  # noqa: ANN401 - a method of moto's class
    """Return a look-up that knows trust stores, too."""
    from moto.elbv2.exceptions import ELBClientError  # noqa: PLC0415

    from originlock.lab.elb_errors import no_trust_store  # noqa: PLC0415
    from originlock.lab.trust_store_state import trust_stores  # noqa: PLC0415

    def look_up(backend: Any, arn: str) -> Any:  # noqa: ANN401 - moto's objects
        if ":truststore/" not in arn:
            return real(backend, arn)
        held = trust_stores(backend).get(arn)
        if held is None:
            refusal = no_trust_store(arn)
            raise ELBClientError(str(refusal.code), refusal.message)
        return held

    return look_up


def _tags_by_look_up(resource: Any) -> list[dict[str, str]]:  # noqa: ANN401 - a mixin without types
    """Return a resource's tags; moto scans every tag of the Region for each resource."""
    held = resource.ec2_backend.tags.get(resource.id, {}) if resource.id else {}
    kind = _resource_type(resource.id)
    return [
        {"resource_id": resource.id, "key": key, "value": value, "resource_type": kind} for key, value in held.items()
    ]


def _resource_type(resource_id: str) -> str:
    from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix  # noqa: PLC0415

    return str(EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource_id), ""))


def _settable_quota(settings: Settings) -> Any:  # noqa: ANN401 - a method of moto's class
    """Return a GetServiceQuota that tells the quotas that are in force."""
    from moto.servicequotas.models import ServiceQuotasBackend  # noqa: PLC0415

    real = ServiceQuotasBackend.get_service_quota

    def get_service_quota(backend: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
        quota = real(backend, service_code, quota_code)
        in_force = {RULES_QUOTA_CODE: settings.quota_rules, GROUPS_QUOTA_CODE: settings.quota_groups}
        if quota_code not in in_force:
            return quota
        return {**quota, "Value": float(in_force[quota_code])}

    return get_service_quota
