"""Setting what a listener demands of clients, and the listener that is made for a moment to see what the edge presents.

Lives here: the write calls of listeners. Must not live here: which listener, and why; reading (see `listeners`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from originlock.aws.answers import CallError, outcome_of
from originlock.aws.pacing import TokenBucket
from originlock.aws.wording import code_of, in_words
from originlock.facts.trust import MutualTls
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import CreateProbeListener, DeleteProbeListener, SetMutualTls

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import (
        ActionTypeDef,
        ListenerTypeDef,
        MutualAuthenticationAttributesTypeDef,
    )

Act = SetMutualTls | CreateProbeListener | DeleteProbeListener

_AGAIN: Final = "run `originlock apply` again: it goes on from what AWS holds then"

_LATER: Final = frozenset({"TrustStoreNotReady", "TrustStoreNotFound"})
"""A store that is still being made, and one that was made a moment ago and need not be known everywhere yet."""

_TOO_MANY: Final = frozenset(
    {"InvalidConfigurationRequest", "TooManyListeners", "LimitExceeded", "OperationNotPermitted"}
)
"""With which of these AWS refuses a third listener that verifies is not documented."""

_TWO: Final = (
    "mend what AWS says; if it is that a load balancer has at most 2 listeners that verify, that quota cannot be raised"
    f" (Application Load Balancers quotas): have another one stop, or use another load balancer; then {_AGAIN}"
)

_PASSED: Final[ActionTypeDef] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}
"""Elastic Load Balancing API reference, FixedResponseActionConfig: 2XX, 4XX or 5XX."""


def performed(client: ElasticLoadBalancingv2Client, bucket: TokenBucket, act: Act) -> Outcome:
    """Do one of them."""
    bucket.wait()
    try:
        match act:
            case SetMutualTls(listener, wanted):
                client.modify_listener(ListenerArn=listener, MutualAuthentication=asked(wanted))
                return Done()
            case CreateProbeListener():
                return _created(client, act)
            case DeleteProbeListener():
                return _deleted(client, act)
            case _:
                assert_never(act)
    except CallError as error:
        return _refusal(act, error)


def asked(wanted: MutualTls) -> MutualAuthenticationAttributesTypeDef:
    """As AWS takes it: nothing but the mode where it is not ``verify``; ``off`` must be said to be so.

    terraform-provider-aws issues 34861 and 35452: anything beside them is refused.
    """
    if wanted.mode != "verify":
        return {"Mode": wanted.mode}
    return {
        "Mode": wanted.mode,
        "TrustStoreArn": wanted.trust_store,
        "IgnoreClientCertificateExpiry": wanted.ignore_expiry,
        "AdvertiseTrustStoreCaNames": "on" if wanted.advertise else "off",
    }


def _refusal(act: Act, error: BaseException) -> Outcome:
    code, said = code_of(error), in_words(error)
    verifies = isinstance(act, CreateProbeListener) or (isinstance(act, SetMutualTls) and act.wanted.mode == "verify")
    if code in _LATER:
        return Unsure(said)
    if verifies and code in _TOO_MANY:
        return Failed(said, _TWO)
    if code == "DuplicateListener":
        # Whose it is, the look will tell.
        return AlreadySo(said)
    return outcome_of(error)


def _created(client: ElasticLoadBalancingv2Client, act: CreateProbeListener) -> Outcome:
    default, *more = act.certificates
    answer = client.create_listener(
        LoadBalancerArn=act.load_balancer,
        Protocol="HTTPS",
        Port=act.port,
        SslPolicy=act.ssl_policy,
        Certificates=[{"CertificateArn": default}],
        DefaultActions=[_PASSED],
        MutualAuthentication=asked(MutualTls("verify", act.trust_store)),
        Tags=[{"Key": key, "Value": value} for key, value in act.tags],
    )
    arn = answer["Listeners"][0]["ListenerArn"]
    try:
        for each in more:
            client.add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": each}])
    except CallError as error:
        return _taken_back(client, arn, error)
    return Done(made=arn)


def _taken_back(client: ElasticLoadBalancingv2Client, arn: str, why: BaseException) -> Outcome:
    """Half a listener would prove nothing: where it serves a wrong certificate, the edge presents none."""
    try:
        client.delete_listener(ListenerArn=arn)
    except CallError as error:
        return Unsure(f"{in_words(why)}; and the listener that was made for it is still there: {in_words(error)}")
    return outcome_of(why)


def _deleted(client: ElasticLoadBalancingv2Client, act: DeleteProbeListener) -> Outcome:
    held = _on_port(client, act)
    if held is None:
        return AlreadySo(f"there is no listener on port {act.port}")
    arn = held["ListenerArn"]
    told = client.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    tags = {(tag["Key"], tag.get("Value", "")) for each in told for tag in each.get("Tags", [])}
    if not set(act.tags) <= tags:
        return AlreadySo(f"the listener on port {act.port} is somebody else's, and was left alone")
    try:
        client.delete_listener(ListenerArn=arn)
    except CallError as error:
        return AlreadySo(in_words(error)) if code_of(error) == "ListenerNotFound" else outcome_of(error)
    return Done()


def _on_port(client: ElasticLoadBalancingv2Client, act: DeleteProbeListener) -> ListenerTypeDef | None:
    try:
        pages = client.get_paginator("describe_listeners").paginate(LoadBalancerArn=act.load_balancer)
        return next((each for page in pages for each in page["Listeners"] if each.get("Port", 0) == act.port), None)
    except CallError as error:
        # With its load balancer it is gone as well.
        if code_of(error) == "LoadBalancerNotFound":
            return None
        raise
