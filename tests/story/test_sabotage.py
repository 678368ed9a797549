"""A broken proof undoes, and only then: by the real command, with real connections, in the whole lab.

What is spoilt is spoilt when the narrowing has taken effect and AWS has not answered it yet: before that everything was
served, and the proof that follows must find it. No test waits for a time to pass.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest
from tests.story.site import SERVED, Ended, Site, Zone, behind_a_firewall, ended, without_routes

from originlock.lab.authority import Leaf
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

EVERYBODY: Final = {"0.0.0.0/0", "::/0"}

#: The narrowing of a group, and the swap of a load balancer's groups.
REVOKE, SWAP = "RevokeSecurityGroupIngress", "SetSecurityGroups"

#: What the test itself asks of AWS meanwhile.
SPOILING: Final = {"UploadServerCertificate", "ModifyListener"}

#: How much is read back, at most, between a narrowing and its undo: its target, once.
MOST_LOOKS: Final = 6


@pytest.fixture
def site(stage: Stage) -> Site:
    """An open origin behind the edge, which serves it."""
    return Zone.of(stage).site()


def lose_one_range(site: Site) -> None:
    """Lose what comes from one of the two ranges that the edge connects from."""
    site.stage.running.drop("173.245.48.0/20")


def take_the_edge_down(site: Site) -> None:
    """Let the edge refuse everybody."""
    site.stage.running.set_edge_down(True)


def let_the_certificate_expire(site: Site) -> None:
    """Give the listener a certificate that the edge does not believe any more: 526."""
    issued = site.stage.running.authority.issue(
        Leaf(site.origin.hostname, (site.origin.hostname,), server=True, days=-1)
    )
    # Neither ACM nor IAM takes one that has expired: it was good when it came. The lab's IAM does not look.
    arn = site.stage.running.aws.client("iam").upload_server_certificate(
        ServerCertificateName="expired", CertificateBody=issued.chain_pem, PrivateKey=issued.key_pem
    )["ServerCertificateMetadata"]["Arn"]
    _listener(site, arn)


def mend(site: Site) -> None:
    """End all sabotage."""
    site.stage.running.drop_nothing()
    site.stage.running.set_edge_down(False)
    _listener(site, site.stage.certificate(site.origin.hostname))


def _listener(site: Site, certificate: str) -> None:
    elbv2 = site.stage.running.aws.client("elbv2")
    elbv2.modify_listener(ListenerArn=site.origin.listener_arn, Certificates=[{"CertificateArn": certificate}])


def was_undone(site: Site, found: Ended, narrowing: str) -> None:
    """The run said so, and all are let in again, as before; by the next change of all that AWS was asked."""
    assert found.code == 5, found.err
    data = found.json
    assert data["outcome"] == "undone"
    assert len(data["undone"]) == 1
    assert any("was not served any more" in each["message"] for each in data["stopped"]), data["stopped"]
    assert data["locked"] is not True
    assert site.admitted() >= EVERYBODY
    undo = SWAP if narrowing == SWAP else "AuthorizeSecurityGroupIngress"
    actions = [call.action for call in site.stage.running.aws.calls()]
    # Of a swap, the narrowing is the second of three; of rules, the first and only.
    begun = [number for number, each in enumerate(actions) if each == narrowing][1 if narrowing == SWAP else 0]
    at = actions.index(undo, begun + 1)
    between = [each for each in actions[begun + 1 : at] if each not in SPOILING]
    assert len(between) <= MOST_LOOKS
    assert all(each.startswith("Describe") for each in between)


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lose_one_range, "HTTP 522"),
        pytest.param(take_the_edge_down, "refused", marks=pytest.mark.long),
        (let_the_certificate_expire, "HTTP 526"),
    ],
)
def test_a_broken_proof_undoes(site: Site, spoil: Callable[[Site], None], said: str) -> None:
    """Whoever was served before the narrowing and is not after it has it undone; the site serves as before."""
    assert site.asked() == SERVED
    found = site.spoilt(REVOKE, site.apply(), lambda: spoil(site))
    was_undone(site, found, REVOKE)
    assert said in found.json["stopped"][0]["message"]
    mend(site)
    assert site.asked() == SERVED


def test_a_swap_of_groups_is_undone(site: Site) -> None:
    """The way back of a load balancer is its groups as they were, with one call."""
    options = (*site.options, "--create-group")
    # The first call adds our group, the second takes away the others.
    found = site.spoilt(SWAP, site.apply(*options), lambda: take_the_edge_down(site), at=2)
    was_undone(site, found, SWAP)
    mend(site)
    assert site.asked() == SERVED


@pytest.mark.long
def test_an_undo_alone_brings_the_site_back(site: Site) -> None:
    """A range that the edge connects from and does not publish: served while all are let in, and again at once."""
    room = site.stage.running.cloudflare
    site.stage.running.drop_nothing()
    room.post("ranges", {"ipv4": [each for each in IPV4 if each != "173.245.48.0/20"], "ipv6": list(IPV6)})
    found = site.run(*site.apply())
    was_undone(site, found, REVOKE)
    # Both of the edge's addresses, in turn, and nobody has to mend anything.
    assert [site.asked(), site.asked()] == [SERVED, SERVED]


def test_an_undo_that_fails_needs_a_person(site: Site) -> None:
    """Nothing is claimed that is not so: exit code 6, and what is left to do."""

    def spoil() -> None:
        lose_one_range(site)
        site.stage.running.aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress", times=10)

    found = site.spoilt(REVOKE, site.apply(), spoil)
    assert found.code == 6, found.err
    data = found.json
    assert (data["outcome"], data["undone"]) == ("undo-failed", [])
    assert not site.admitted() & EVERYBODY
    (stopped,) = data["stopped"]
    assert stopped["message"]
    assert stopped["remedy"]


# --- what undoes nothing ----------------------------------------------------------------------------------------


def strangers(found: Ended) -> dict[str, set[str]]:
    """What became of strangers after the narrowing: their verdicts, over IPv4 and IPv6."""
    last = [each for each in found.json["connections"] if (each["who"], each["when"]) == ("stranger", "after-narrow")]
    by_family: dict[str, set[str]] = {"ipv4": set(), "ipv6": set()}
    for each in last:
        by_family["ipv6" if "[" in each["what"] else "ipv4"].add(each["verdict"])
    return by_family


def why(found: Ended) -> str:
    """The evidence of all connections after the narrowing, as one text."""
    return "\n".join(each["evidence"] for each in found.json["connections"] if each["when"] == "after-narrow")


def was_kept(site: Site, found: Ended, code: int) -> None:
    """The run ended with this code, the group was narrowed, and nothing was undone."""
    assert found.code == code, found.err + found.out
    assert found.json["undone"] == []
    rules = site.stage.running.aws.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [site.origin.group_id]}]
    )["SecurityGroupRules"]
    ours = [each for each in rules if (each["IsEgress"], each.get("FromPort")) == (False, 443)]
    assert ours
    assert not EVERYBODY & {each.get("CidrIpv4") or each.get("CidrIpv6") for each in ours}


@pytest.fixture
def zone(stage: Stage) -> Zone:
    """The lab's Cloudflare, with a zone."""
    return Zone.of(stage)


def test_vantages_that_cannot_tell_undo_nothing(zone: Zone) -> None:
    """A proxy, an exception, no IPv6, the edge's own ranges: the lock stays, and says what could not be told."""
    proxied, exception, old, own = (zone.site(f"shop{n}", f"www{n}.example.org") for n in range(4))
    proxy = ("env", "HTTPS_PROXY=http://192.0.2.99:3128")
    with ExitStack() as stack:
        stack.enter_context(without_routes(zone.stage, "stranger", 6))
        runs = [
            stack.enter_context(each)
            for each in (
                proxied.started(*proxied.apply(), wrapped=proxy),
                exception.started(*exception.apply(*exception.configured(*exception.exceptions)), host="office"),
                old.started(*old.apply(), host="stranger"),
                own.started(*own.apply(), host="edge"),
            )
        ]
        found = [ended(each) for each in runs]
    for site, each in zip((proxied, exception, old, own), found, strict=True):
        was_kept(site, each, 0)
        assert each.json["locked"] is None
    assert [strangers(each) for each in found] == [
        {"ipv4": {"unknown"}, "ipv6": {"unknown"}},
        {"ipv4": {"unknown"}, "ipv6": {"unknown"}},
        {"ipv4": {"kept"}, "ipv6": {"unknown"}},
        {"ipv4": {"unknown"}, "ipv6": {"unknown"}},
    ]
    for said, each in zip(("HTTPS_PROXY", "ops@example.org", "no route", "own ranges"), found, strict=True):
        assert said in why(each)


@pytest.mark.long
def test_a_vantage_that_loses_its_way_undoes_nothing(zone: Zone) -> None:
    """Without any route nothing is known, neither good nor bad; nor behind a firewall, where nothing is begun."""
    lost, shut = (zone.site(f"shop{n}", f"www{n}.example.org") for n in range(2))
    with ExitStack() as stack:
        stack.enter_context(behind_a_firewall(zone.stage, "office"))
        beside = stack.enter_context(shut.started(*shut.apply(), host="office"))
        found = lost.spoilt(
            REVOKE,
            lost.apply(),
            lambda: stack.enter_context(without_routes(zone.stage, "stranger", 4, 6)),
            host="stranger",
        )
        never = ended(beside)
    was_kept(lost, found, 0)
    assert found.json["locked"] is None
    assert strangers(found) == {"ipv4": {"unknown"}, "ipv6": {"unknown"}}
    assert never.code == 5, never.err
    assert (never.json["outcome"], never.json["undone"]) == ("stopped", [])
    assert shut.admitted() >= EVERYBODY
    assert "could not be shown" in never.json["stopped"][0]["message"]


def test_strangers_who_still_get_in_undo_nothing(zone: Zone) -> None:
    """A second group, or a wider rule: the narrowing is kept, and NOT LOCKED is said with exit code 3."""
    second, wide = (zone.site(f"shop{n}", f"www{n}.example.org") for n in range(2))
    ec2, elbv2 = (zone.stage.running.aws.client(each) for each in ("ec2", "elbv2"))
    vpc = ec2.describe_security_groups(GroupIds=[second.origin.group_id])["SecurityGroups"][0]["VpcId"]
    other = empty_group(ec2, name="forgotten", vpc_id=vpc).group_id
    everybody = tcp(443, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[everybody])
    elbv2.set_security_groups(LoadBalancerArn=second.origin.arn, SecurityGroups=[second.origin.group_id, other])
    wider = {**everybody, "FromPort": 0, "ToPort": 65535}
    ec2.authorize_security_group_ingress(GroupId=wide.origin.group_id, IpPermissions=[wider])
    group = second.configured(
        f'[origins.shop.proof]\naddresses = ["{second.origin.dns_name}"]',
        target=f'security_groups = ["{second.origin.group_id}"]',
    )
    with second.started(*second.apply(*group)) as one, wide.started(*wide.apply()) as two:
        found = [ended(one), ended(two)]
    for site, each in zip((second, wide), found, strict=True):
        was_kept(site, each, 3)
        assert each.json["locked"] is False
        assert strangers(each) == {"ipv4": {"broken"}, "ipv6": {"broken"}}
        assert site.admitted() >= EVERYBODY
