"""Listeners with their certificates, rules and attributes, and attributes of load balancers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.places import REFUSING, Place, refused

API = "Elastic Load Balancing API reference"
QUOTAS = "Quotas for your Application Load Balancers"

pytestmark = pytest.mark.source(API)


# --- listeners ---------------------------------------------------------------------------------------


@pytest.mark.source("ValidationError as users published it")
def test_https_needs_a_certificate(place: Place) -> None:
    """One that is there."""
    balancer = place.balancer()
    asked: dict[str, Any] = {
        "LoadBalancerArn": balancer,
        "Protocol": "HTTPS",
        "Port": 443,
        "DefaultActions": [REFUSING],
    }
    with refused("ValidationError", saying="A certificate must be specified for HTTPS listeners"):
        place.elbv2.create_listener(**asked)
    account = balancer.split(":")[4]
    absent = f"arn:aws:iam::{account}:server-certificate/olc-absent"
    with refused("CertificateNotFound"):
        place.elbv2.create_listener(**asked, Certificates=[{"CertificateArn": absent}])
    assert place.elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"] == []


@pytest.mark.source(f"{API}, Listener, SslPolicy: [HTTPS and TLS listeners]")
def test_http_has_no_policy(place: Place) -> None:
    """And a listener that becomes HTTP loses its policy and certificate."""
    listener = place.listener()
    place.elbv2.modify_listener(ListenerArn=listener, Protocol="HTTP", Port=80)
    (found,) = place.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert "SslPolicy" not in found
    assert not found.get("Certificates")


@pytest.mark.source(f"{API}, DuplicateListener")
def test_a_port_is_one_listeners(place: Place) -> None:
    """Also where one is changed."""
    balancer = place.balancer()
    place.listener(balancer)
    other = place.listener(balancer, port=8443)
    with refused("DuplicateListener"):
        place.elbv2.modify_listener(ListenerArn=other, Port=443)


@pytest.mark.source(f"{API}, DescribeListeners; aws-cli, its examples")
def test_absent_listeners_are_not_found(place: Place) -> None:
    """Not even beside one that is there."""
    listener = place.listener()
    with refused("ListenerNotFound"):
        place.elbv2.describe_listeners(ListenerArns=[listener, listener[:-4] + "0000"])


# --- certificates ------------------------------------------------------------------------------------


def held(place: Place, listener: str) -> list[tuple[str, bool]]:
    """The certificates of a listener, and which is the default."""
    told = place.elbv2.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    return [(each["CertificateArn"], each["IsDefault"]) for each in told]


@pytest.mark.source(f"{API}, ModifyListener, Certificates; AddListenerCertificates")
def test_another_default_leaves_those_for_sni(place: Place) -> None:
    """And the listener is described with its default alone."""
    listener, second, third = place.listener(), place.certificate(), place.certificate()
    place.elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    place.elbv2.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": third}])
    assert held(place, listener) == [(third, True), (second, False)]
    (found,) = place.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert found["Certificates"] == [{"CertificateArn": third}]


@pytest.mark.source(f"{API}, AddListenerCertificates")
def test_a_certificate_is_added_once(place: Place) -> None:
    """Adding it again succeeds, and changes nothing."""
    listener, second = place.listener(), place.certificate()
    for _ in range(2):
        place.elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    assert [arn for arn, default in held(place, listener) if not default] == [second]


@pytest.mark.source(f"{API}, RemoveListenerCertificates, OperationNotPermitted")
def test_the_default_certificate_is_not_removed(place: Place) -> None:
    """It is replaced."""
    listener = place.listener()
    ((default, _),) = held(place, listener)
    with refused("OperationNotPermitted"):
        place.elbv2.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": default}])
    assert held(place, listener) == [(default, True)]


# --- rules -------------------------------------------------------------------------------------------

HOST = {"Field": "host-header", "HostHeaderConfig": {"Values": ["contract.test"]}}


def rule(place: Place, listener: str, priority: int, *conditions: dict[str, Any]) -> str:
    """Make a rule."""
    (made,) = place.elbv2.create_rule(
        ListenerArn=listener, Priority=priority, Conditions=list(conditions) or [HOST], Actions=[REFUSING]
    )["Rules"]
    return str(made["RuleArn"])


@pytest.mark.source(f"{API}, CreateRule, Priority; PriorityInUse")
def test_a_priority_is_one_rules(place: Place) -> None:
    """And at most 50000; botocore itself refuses what is less than 1."""
    listener = place.listener()
    rule(place, listener, 1)
    with refused("PriorityInUse"):
        rule(place, listener, 1)
    with refused("ValidationError"):
        rule(place, listener, 50_001)


@pytest.mark.source(f"{API}, SetRulePriorities: no priority conflicts in the new order")
def test_rules_change_places(place: Place) -> None:
    """In one call."""
    listener = place.listener()
    one, two = rule(place, listener, 1), rule(place, listener, 2)
    place.elbv2.set_rule_priorities(RulePriorities=[{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}])
    told = place.elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert [(each["RuleArn"], each["Priority"]) for each in told[:2]] == [(two, "1"), (one, "2")]
    assert (told[2]["Priority"], told[2]["IsDefault"]) == ("default", True)


@pytest.mark.source(f"{API}, RuleCondition and its configurations")
@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"Field": "host-header", "Values": []}, id="no value"),
        pytest.param({"Field": "host-header", "Values": ["localhost"]}, id="a host without a dot"),
        pytest.param({"Field": "host-header", "Values": ["x" * 125 + ".test"]}, id="a long host"),
        pytest.param(
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "Host", "Values": ["x"]}}, id="Host"
        ),
        pytest.param(
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x*", "Values": ["x" * 129]}},
            id="a long value",
        ),
        pytest.param({"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.1"]}}, id="no CIDR"),
        pytest.param(
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}, id="a small method"
        ),
        pytest.param(
            {"Field": "source-ip", "SourceIpConfig": {"Values": [f"10.{n}.0.0/16" for n in range(6)]}},
            id="six values",
        ),
        pytest.param({"Field": "path-pattern", "Values": ["*" * 7]}, id="seven wildcards"),
    ],
)
def test_bad_conditions_are_refused(place: Place, condition: dict[str, Any]) -> None:
    """A rule that can never match would be taken for a lock."""
    listener = place.listener()
    with pytest.raises(place.elbv2.exceptions.ClientError):
        rule(place, listener, 1, condition)
    assert len(place.elbv2.describe_rules(ListenerArn=listener)["Rules"]) == 1


@pytest.mark.source(f"{API}, RuleCondition: up to one of each")
def test_a_rule_has_one_host_condition(place: Place) -> None:
    """Two could never be met by one request."""
    listener = place.listener()
    with pytest.raises(place.elbv2.exceptions.ClientError):
        rule(place, listener, 1, HOST, HOST)


@pytest.mark.source(f"{API}, HostHeaderConditionConfig, RegexValues")
def test_a_host_may_be_a_pattern(place: Place) -> None:
    """A rule may have regular expressions alone, and tells them."""
    listener = place.listener()
    pattern = "^(.+)[.]example[.]org$"
    made = rule(place, listener, 1, {"Field": "host-header", "HostHeaderConfig": {"RegexValues": [pattern]}})
    (found,) = place.elbv2.describe_rules(RuleArns=[made])["Rules"]
    assert found["Conditions"][0]["HostHeaderConfig"]["RegexValues"] == [pattern]


@pytest.mark.source(f"{API}, DeleteRule: you can't delete the default rule")
def test_the_default_rule_stays(place: Place) -> None:
    """And one that is not there is not deleted."""
    listener = place.listener()
    (default,) = place.elbv2.describe_rules(ListenerArn=listener)["Rules"]
    with refused("OperationNotPermitted"):
        place.elbv2.delete_rule(RuleArn=default["RuleArn"])
    absent = rule(place, listener, 1)
    place.elbv2.delete_rule(RuleArn=absent)
    with refused("RuleNotFound"):
        place.elbv2.delete_rule(RuleArn=absent)


# --- attributes --------------------------------------------------------------------------------------


def attributes(told: dict[str, Any]) -> dict[str, str]:
    """Attributes by key."""
    return {each["Key"]: each["Value"] for each in told["Attributes"]}


@pytest.mark.source(f"{API}, LoadBalancerAttribute")
def test_attributes_have_their_defaults(place: Place) -> None:
    """Told without having been set."""
    found = attributes(place.elbv2.describe_load_balancer_attributes(LoadBalancerArn=place.balancer()))
    wanted = {
        "client_keep_alive.seconds": "3600",
        "idle_timeout.timeout_seconds": "60",
        "connection_logs.s3.enabled": "false",
        "access_logs.s3.enabled": "false",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "routing.http.xff_header_processing.mode": "append",
        "routing.http2.enabled": "true",
        "load_balancing.cross_zone.enabled": "true",
    }
    assert {key: found.get(key) for key in wanted} == wanted


@pytest.mark.source(f"{API}, LoadBalancerAttribute: valid range")
@pytest.mark.parametrize(
    "key,value",
    [
        ("client_keep_alive.seconds", "59"),
        ("client_keep_alive.seconds", "604801"),
        ("client_keep_alive.seconds", "soon"),
        ("idle_timeout.timeout_seconds", "4001"),
        ("routing.http.desync_mitigation_mode", "off"),
        ("routing.http2.enabled", "yes"),
    ],
)
def test_values_out_of_range_are_refused(place: Place, key: str, value: str) -> None:
    """And what was stays."""
    balancer = place.balancer()
    with pytest.raises(place.elbv2.exceptions.ClientError):
        place.elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=balancer,
            Attributes=[{"Key": "waf.fail_open.enabled", "Value": "true"}, {"Key": key, "Value": value}],
        )
    found = attributes(place.elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer))
    assert found.get("waf.fail_open.enabled") == "false"


@pytest.mark.source("hashicorp/terraform-provider-aws, issue 22037 and issue 34135")
def test_unknown_keys_are_refused(place: Place) -> None:
    """Those of other kinds of load balancers, too."""
    balancer = place.balancer()
    for key, code in (
        ("no.such.key", "ValidationError"),
        ("dns_record.client_routing_policy", "InvalidConfigurationRequest"),
    ):
        with refused(code):
            place.elbv2.modify_load_balancer_attributes(
                LoadBalancerArn=balancer, Attributes=[{"Key": key, "Value": "any_availability_zone"}]
            )


@pytest.mark.source("InvalidConfigurationRequest as users published it")
def test_logs_go_to_buckets_that_take_them(place: Place) -> None:
    """One that lets no load balancer write is refused."""
    with refused("InvalidConfigurationRequest", saying="Access Denied for bucket"):
        place.elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=place.balancer(),
            Attributes=[
                {"Key": "connection_logs.s3.enabled", "Value": "true"},
                {"Key": "connection_logs.s3.bucket", "Value": place.bucket()},
            ],
        )


@pytest.mark.source(f"{API}, ListenerAttribute")
def test_listeners_have_attributes_of_their_own(place: Place) -> None:
    """Names of headers that a data plane sends; a time-out of TCP is other load balancers'."""
    listener = place.listener()
    key = "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name"
    place.elbv2.modify_listener_attributes(ListenerArn=listener, Attributes=[{"Key": key, "Value": "X-Leaf"}])
    found = attributes(place.elbv2.describe_listener_attributes(ListenerArn=listener))
    assert (found[key], found["routing.http.response.server.enabled"]) == ("X-Leaf", "true")
    for bad in ("no.such.key", "tcp.idle_timeout.seconds"):
        with pytest.raises(place.elbv2.exceptions.ClientError):
            place.elbv2.modify_listener_attributes(ListenerArn=listener, Attributes=[{"Key": bad, "Value": "350"}])
