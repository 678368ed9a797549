"""IAM, enforced on demand: who calls, on which resources, and whether that is allowed.

Here lives what a call of EC2, ACM, Service Quotas, SNS or STS is to IAM: one or more actions, each on a resource
with its tags. Here must not live: the same for load balancing and S3 (see `iam_elb`), the logic of
policies (see `iam_policies`), or what a call does.

moto's own checking knows neither resources nor conditions, so that this stands before it. Each row
is from AWS's 'Service Authorization Reference'; that tags sent along make the new resource, and
CreateTags on it with ec2:CreateAction, part of what is asked, is from 'EC2 user guide', grant
permission to tag resources during creation. An action that is not listed is asked for on `*`. Trust
policies of roles are not looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from originlock.lab.fault_errors import AwsError
from originlock.lab.iam_elb import asked_of_load_balancing, asked_of_s3, read_by_trust_store
from originlock.lab.iam_places import Place, Tags, context, requested, tags_of_query
from originlock.lab.iam_policies import Asking, UnknownPolicyError, Verdict, judge
from originlock.lab.wire import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from wsgiref.types import WSGIEnvironment

    from originlock.lab.calls import Call

#: The key of the lab's own clients may do everything, as the root of an account may.
ROOT_KEY: Final = "lab"

#: What IAM calls the services that botocore names otherwise.
_PREFIXES: Final = {"elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}

#: Always allowed ('STS API reference', GetCallerIdentity).
_FREE: Final = frozenset({"sts:GetCallerIdentity"})

#: Types of EC2's resources by the beginning of their ids.
_TYPES: Final = {"sg": "security-group", "sgr": "security-group-rule", "pl": "prefix-list", "vpc": "vpc"}

_ON_GROUP: Final = frozenset({"RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "DeleteSecurityGroup"})
_ADDING: Final = frozenset({"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"})
_ON_LIST: Final = frozenset({"GetManagedPrefixListEntries", "ModifyManagedPrefixList", "DeleteManagedPrefixList"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a call, and with what policies."""

    arn: str
    policies: Sequence[Mapping[str, Any]]


def refusal(environ: WSGIEnvironment, call: Call, *, reads_as_caller: bool) -> AwsError | None:
    """Say why a call is not allowed, as AWS does; None if it is. Its body is a BytesIO.

    `reads_as_caller` is whether a trust store's bundle in S3 is read as whoever makes the store.
    """
    scope = scope_of(environ)
    if scope is None or scope.access_key == ROOT_KEY:
        return None
    from moto.iam.models import get_account_id_from  # noqa: PLC0415 - only after the corrections

    account = get_account_id_from(scope.access_key)
    caller = _caller(environ, account, call)
    if caller is None:
        return _unknown(call)
    place = Place(account, scope.region)
    asked = [*_asked(call, place), *(read_by_trust_store(call, place) if reads_as_caller else ())]
    try:
        return _refusal(caller, asked)
    except UnknownPolicyError as error:
        return AwsError(500, "InternalError", str(error))


def _refusal(caller: Caller, asked: Iterable[Asking]) -> AwsError | None:
    for asking in asked:
        verdict = Verdict.ALLOWED if asking.action in _FREE else judge(caller.policies, asking)
        if verdict is not Verdict.ALLOWED:
            return _denied(caller, asking, verdict)
    return None


def _unknown(call: Call) -> AwsError:
    if call.service == "ec2":
        return AwsError(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    return AwsError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def _denied(caller: Caller, asking: Asking, verdict: Verdict) -> AwsError:
    said = (
        f"User: {caller.arn} is not authorized to perform: {asking.action} on resource: {asking.resource} "
        + verdict.value.format(action=asking.action)
    )
    if asking.action.startswith("ec2:"):
        # Of EC2 alone, with a message that only sts:DecodeAuthorizationMessage reads.
        said = f"You are not authorized to perform this operation. {said}. Encoded authorization failure message: lab"
    return AwsError(403, "UnauthorizedOperation", said)


def _caller(environ: WSGIEnvironment, account: str, call: Call) -> Caller | None:
    """Who signed the call; None if nobody that is known did, or the signature is another's."""
    from moto.iam.access_control import IAMRequest  # noqa: PLC0415 - as above
    from werkzeug.datastructures import EnvironHeaders  # noqa: PLC0415 - comes with moto
    from werkzeug.exceptions import HTTPException  # noqa: PLC0415 - ditto

    query = str(environ.get("QUERY_STRING", ""))
    try:
        request = IAMRequest(
            account_id=account,
            method=str(environ.get("REQUEST_METHOD")),
            path=str(environ.get("PATH_INFO")) + (f"?{query}" if query else ""),
            data={},
            body=environ["wsgi.input"].getvalue(),
            # moto only looks names up in it, whatever their case.
            headers=EnvironHeaders(environ),  # type: ignore[arg-type]
            action=call.action,
        )
        request.check_signature()
    except HTTPException:
        return None
    held = request._access_key  # noqa: SLF001 - moto keeps it there, and the pin is exact
    return Caller(held.arn, [_document(policy) for policy in held.collect_policies()])


def _document(policy: Any) -> Mapping[str, Any]:  # noqa: ANN401 - moto has three forms of a policy
    if isinstance(policy, str):
        text = policy
    elif isinstance(policy, dict):
        text = policy["policy_document"]
    else:
        text = next(version.document for version in policy.versions if version.is_default)
    document: Mapping[str, Any] = json.loads(text)
    return document


# --- what a call asks for ---------------------------------------------------------------------------


def _asked(call: Call, place: Place) -> Iterator[Asking]:
    """Every action on every resource that must be allowed."""
    service = _PREFIXES.get(call.service, call.service)
    action = f"{service}:{call.action}"
    match service:
        case "ec2":
            yield from _asked_of_ec2(call, action, place)
        case "elasticloadbalancing":
            yield from asked_of_load_balancing(call, action, place)
        case "s3":
            yield asked_of_s3(call, place)
        case "servicequotas" if call.action == "GetServiceQuota":
            quota = f"{call.parameters.get('ServiceCode')}/{call.parameters.get('QuotaCode')}"
            yield Asking(action, place.arn(service, quota), context(place))
        case "acm" if "CertificateArn" in call.parameters:
            yield Asking(action, call.parameters["CertificateArn"], context(place))
        case "sns" if "TopicArn" in call.parameters:
            yield Asking(action, call.parameters["TopicArn"], context(place))
        case "sts" if call.action == "AssumeRole":
            yield Asking(action, call.parameters.get("RoleArn", ""), context(place))
        case _:
            yield Asking(action, context=context(place))


def _asked_of_ec2(call: Call, action: str, place: Place) -> Iterator[Asking]:
    given = call.parameters
    if call.action in _ADDING | _ON_GROUP:
        yield _on(action, _group_id(given, place), place)
    elif call.action == "DescribeSecurityGroupReferences":
        for group_id in (value for name, value in given.items() if name.startswith("GroupId.")):
            yield _on(action, group_id, place)
    elif call.action in _ON_LIST:
        yield _on(action, given.get("PrefixListId", ""), place)
    elif call.action in {"CreateTags", "DeleteTags"}:
        keys = tags_of_query(given, "Tag.")
        for resource_id in (value for name, value in given.items() if name.startswith("ResourceId.")):
            yield _on(action, resource_id, place, keys, tagging=call.action == "CreateTags")
        return
    elif call.action == "CreateSecurityGroup":
        yield _on(action, given.get("VpcId", ""), place)
        yield _new(action, "security-group", _specified(given, "security-group"), place)
    elif call.action == "CreateManagedPrefixList":
        yield _new(action, "prefix-list", _specified(given, "prefix-list"), place)
    else:
        yield Asking(action, context=context(place))
    yield from _tagged_along(call, action, place)


def _tagged_along(call: Call, action: str, place: Place) -> Iterator[Asking]:
    """Tags that come with a call: the new resource (of a rule only then), and CreateTags on it."""
    kinds = [value for name, value in call.parameters.items() if name.endswith(".ResourceType")]
    for kind in dict.fromkeys(kinds):
        tags = _specified(call.parameters, kind)
        if call.action in _ADDING:
            yield _new(action, kind, tags, place)
        if tags:
            yield _new("ec2:CreateTags", kind, tags, place, by=call.action)


def _on(action: str, resource_id: str, place: Place, tags: Tags | None = None, *, tagging: bool = False) -> Asking:
    """An action on what is there."""
    kind = _TYPES.get(resource_id.partition("-")[0], "unknown")
    told = context(place, place.tags_of(resource_id)) | requested(tags or {}, keys_only=not tagging)
    arn = place.arn("ec2", f"{kind}/{resource_id}")
    if kind == "prefix-list":
        held = place.ec2().managed_prefix_lists.get(resource_id)
        arn = arn if held is None else str(held.prefix_list_arn)
    return Asking(action, arn, told)


def _new(action: str, kind: str, tags: Tags, place: Place, *, by: str | None = None) -> Asking:
    """An action on what has no id yet."""
    creating = {} if by is None else {"ec2:CreateAction": (by,)}
    return Asking(action, place.arn("ec2", f"{kind}/*"), context(place) | requested(tags) | creating)


def _group_id(given: Mapping[str, str], place: Place) -> str:
    named = given.get("GroupId") or given.get("GroupName") or ""
    held = place.ec2().get_security_group_by_name_or_id(named)
    return named if held is None else str(held.id)


def _specified(given: Mapping[str, str], kind: str) -> Tags:
    """The tags of a request's TagSpecifications for one type of resource."""
    found: Tags = {}
    for name, value in given.items():
        if name.startswith("TagSpecification.") and name.endswith(".ResourceType") and value == kind:
            found |= tags_of_query(given, name.removesuffix("ResourceType") + "Tag.")
    return found
