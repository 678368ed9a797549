"""The blueprint: what the local AWS wants of the packets, as the data plane follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from originlock.lab import authority
from originlock.lab.blueprint import Admission, Balancer
from originlock.lab.world import tcp
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A dual-stack load balancer with two groups, an HTTPS and an HTTP listener."""
    return served_load_balancer(ec2, elbv2, Wish(dualstack=True, groups=2, listeners=(("HTTPS", 443), ("HTTP", 80))))


def told(aws: LocalAws) -> Balancer:
    """The only load balancer of the blueprint."""
    (balancer,) = aws.blueprint().balancers
    return balancer


def test_addresses_are_those_of_its_interfaces(aws: LocalAws, ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """The public ones, one for each subnet; a data plane elsewhere would not be where DNS points."""
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": ["ELB *"]}])
    balancer = told(aws)
    found = interfaces["NetworkInterfaces"]
    assert (balancer.name, balancer.dns_name, balancer.region) == ("shop", shop.dns_name, aws.region)
    assert set(balancer.ipv4) == {each["Association"]["PublicIp"] for each in found}
    assert set(balancer.ipv6) == {each["Ipv6Addresses"][0]["Ipv6Address"] for each in found}
    assert (len(balancer.ipv4), len(balancer.ipv6)) == (2, 2)


def test_an_internal_one_has_private_addresses(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Those within its VPC, and a name that says so."""
    served_load_balancer(ec2, elbv2, Wish(scheme="internal"))
    balancer = told(aws)
    assert all(each.startswith("10.0.") for each in balancer.ipv4)
    assert balancer.dns_name.startswith("internal-shop-")


def test_public_addresses_come_and_go_with_the_address_type(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """dualstack-without-public-ipv4 has none, ipv4 no IPv6."""
    elbv2.set_ip_address_type(LoadBalancerArn=shop.arn, IpAddressType="dualstack-without-public-ipv4")
    assert (len(told(aws).ipv4), len(told(aws).ipv6)) == (0, 2)
    elbv2.set_ip_address_type(LoadBalancerArn=shop.arn, IpAddressType="ipv4")
    assert (len(told(aws).ipv4), len(told(aws).ipv6)) == (2, 0)


def test_no_two_load_balancers_share_an_address_or_a_name(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Of all accounts: they stand on one network."""
    services = ("ec2", "elbv2")
    theirs = [aws.client(service, account="111122223333") for service in services]
    for number in range(10):
        for one, two in ((ec2, elbv2), theirs):
            served_load_balancer(one, two, Wish(name=f"shop-{number}", targets=0))
    balancers = aws.blueprint().balancers
    addresses = [address for each in balancers for address in each.ipv4]
    assert len(set(addresses)) == len(addresses) == 40
    assert len({each.dns_name for each in balancers}) == 20
    assert [each.arn for each in balancers] == sorted(each.arn for each in balancers)


def test_groups_admit_together(aws: LocalAws, ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """The union of all groups, each protocol and span of ports once, canonical and in order."""
    one, two = shop.group_ids
    ec2.authorize_security_group_ingress(
        GroupId=one, IpPermissions=[tcp(443, ipv4=[("192.0.2.9/24", None)], ipv6=[("2001:db8::1/32", None)])]
    )
    ec2.authorize_security_group_ingress(
        GroupId=two,
        IpPermissions=[
            tcp(443, ipv4=[("198.51.100.0/24", None), ("192.0.2.0/24", None), ("9.0.0.0/8", None)]),
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "203.0.113.7/32"}]},
            {"IpProtocol": "50", "IpRanges": [{"CidrIp": "203.0.113.8/32"}]},
        ],
    )
    assert told(aws).admissions == (
        Admission("-1", 0, 65535, ("203.0.113.7/32",)),
        Admission("tcp", 443, 443, ("9.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")),
    )


def test_prefix_lists_admit_what_their_current_version_holds(
    aws: LocalAws, ec2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """Also after the list has changed, without any change of the group."""
    made = ec2.create_managed_prefix_list(
        PrefixListName="edge", AddressFamily="IPv4", MaxEntries=4, Entries=[{"Cidr": "192.0.2.0/24"}]
    )["PrefixList"]
    rule = {**tcp(443), "PrefixListIds": [{"PrefixListId": made["PrefixListId"]}]}
    ec2.authorize_security_group_ingress(GroupId=shop.group_ids[0], IpPermissions=[rule])
    assert told(aws).admissions == (Admission("tcp", 443, 443, ("192.0.2.0/24",)),)
    ec2.modify_managed_prefix_list(
        PrefixListId=made["PrefixListId"],
        CurrentVersion=1,
        AddEntries=[{"Cidr": "198.51.100.0/24"}],
        RemoveEntries=[{"Cidr": "192.0.2.0/24"}],
    )
    assert told(aws).admissions == (Admission("tcp", 443, 443, ("198.51.100.0/24",)),)


def test_a_named_group_admits_its_interfaces(aws: LocalAws, ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """By their private addresses, and nobody while it has none."""
    named = {**tcp(443), "UserIdGroupPairs": [{"GroupId": shop.target_security_group_id}]}
    ec2.authorize_security_group_ingress(GroupId=shop.group_ids[0], IpPermissions=[named])
    (admission,) = told(aws).admissions
    interfaces = ec2.describe_network_interfaces(
        Filters=[{"Name": "group-id", "Values": [shop.target_security_group_id]}]
    )["NetworkInterfaces"]
    assert set(admission.cidrs) == {f"{each['PrivateIpAddress']}/32" for each in interfaces}
    ec2.revoke_security_group_ingress(GroupId=shop.group_ids[0], IpPermissions=[named])
    assert told(aws).admissions == ()


def test_flows_from_everywhere_are_not_tracked(aws: LocalAws, ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Where all may go out, too: such flows are cut with their rule, others are not."""
    group_id = shop.group_ids[0]
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, ipv4=[("192.0.2.0/24", None)])])
    assert told(aws).tracked
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, ipv4=[("0.0.0.0/0", None)])])
    assert not told(aws).tracked
    for each in shop.group_ids:
        out = ec2.describe_security_groups(GroupIds=[each])["SecurityGroups"][0]["IpPermissionsEgress"]
        ec2.revoke_security_group_egress(GroupId=each, IpPermissions=out)
    assert told(aws).tracked


def test_certificates_come_with_their_keys(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """The default one first, then those for SNI, of ACM and of IAM; chains as they were imported."""
    issuer = authority.root("lab").below("between")
    acm, iam = aws.client("acm"), aws.client("iam")
    one, two, three = (
        issuer.issue(authority.Leaf(name, names=(name,), server=True)) for name in ("a.test", "b.test", "c.test")
    )
    leaf, _, chain = one.chain_pem.partition("-----END CERTIFICATE-----\n")
    leaf += "-----END CERTIFICATE-----\n"
    first = acm.import_certificate(Certificate=leaf, PrivateKey=one.key_pem, CertificateChain=chain)["CertificateArn"]
    second = acm.import_certificate(Certificate=authority.pem(two.certificate), PrivateKey=two.key_pem)[
        "CertificateArn"
    ]
    third = iam.upload_server_certificate(
        ServerCertificateName="c", CertificateBody=authority.pem(three.certificate), PrivateKey=three.key_pem
    )["ServerCertificateMetadata"]["Arn"]
    elbv2.modify_listener(ListenerArn=shop.listener_arns[0], Certificates=[{"CertificateArn": first}])
    elbv2.add_listener_certificates(
        ListenerArn=shop.listener_arns[0], Certificates=[{"CertificateArn": second}, {"CertificateArn": third}]
    )
    by_port = {each.port: each for each in told(aws).listeners}
    assert by_port[80].certificates == ()
    assert by_port[80].ssl_policy is None
    told_of = [(each.arn, each.chain_pem, each.key_pem) for each in by_port[443].certificates]
    assert told_of == [
        (first, one.chain_pem, one.key_pem),
        (second, authority.pem(two.certificate), two.key_pem),
        (third, authority.pem(three.certificate), three.key_pem),
    ]


def test_a_certificate_without_a_key_is_left_out(aws: LocalAws, shop: ServedLoadBalancer) -> None:
    """As those of worlds that were made without any."""
    assert shop.listener_arns
    assert all(each.certificates == () for each in told(aws).listeners)


def test_rules_come_in_the_order_in_which_they_are_asked(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """With defaults filled in; the default rule is the listener's default actions."""
    listener = shop.listener_arns[1]
    refused = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    host: dict[str, Any] = {"Field": "host-header", "Values": ["a.test"]}
    elbv2.create_rule(ListenerArn=listener, Priority=20, Conditions=[host], Actions=[redirect])
    elbv2.create_rule(
        ListenerArn=listener,
        Priority=3,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/x"]}}],
        Actions=[refused],
    )
    found = next(each for each in told(aws).listeners if each.port == 80)
    assert [each.priority for each in found.rules] == [3, 20]
    assert found.rules[0].conditions == (
        {"Field": "path-pattern", "Values": ["/x"], "PathPatternConfig": {"Values": ["/x"]}},
    )
    assert found.rules[1].conditions == ({**host, "HostHeaderConfig": {"Values": ["a.test"]}},)
    (action,) = found.rules[1].actions
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }
    (forward,) = found.default_actions
    assert (forward["Type"], forward["TargetGroupArn"]) == ("forward", shop.target_group_arn)


def test_network_load_balancers_are_left_out(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """They hand packets on; the lab has no data plane for these."""
    served_load_balancer(ec2, elbv2, Wish(kind="network", listeners=(("TCP", 443),), target_type="ip"))
    assert aws.blueprint().balancers == ()


def test_what_is_not_documented_is_told(aws: LocalAws) -> None:
    """Both ways: the data plane must do as the settings say."""
    assert not aws.blueprint().behaviour.ignoring_expiry_covers_authorities
    assert aws.blueprint().behaviour.stale_revocations_refuse
    aws.settings(ignoring_expiry_covers_authorities=True, stale_revocations_refuse=False)
    assert aws.blueprint().behaviour.ignoring_expiry_covers_authorities
    assert not aws.blueprint().behaviour.stale_revocations_refuse
