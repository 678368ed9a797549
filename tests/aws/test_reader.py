"""Reading: paged, batched, exact, and never guessing."""

from __future__ import annotations

import pytest
from tests.aws.groups import cidr

from originlock.aws.reader import AwsReader
from originlock.aws.session import Sessions
from originlock.errors import CloudError, UsageError
from originlock.facts.origin import PrefixList, RulesQuota, SecurityGroup
from originlock.facts.unknown import Unknown
from originlock.intent.policy import GroupsById, GroupsByTags, Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group, tcp

pytestmark = pytest.mark.lab


@pytest.fixture
def reader(sessions: Sessions) -> AwsReader:
    """Our own reader of the local AWS."""
    return AwsReader(sessions, Place())


def rules_of(group: SecurityGroup | Unknown) -> int:
    """How many rules a group holds."""
    assert isinstance(group, SecurityGroup), group
    return len(group.rules)


def addresses(count: int) -> list[tuple[str, str | None]]:
    """So many single addresses."""
    return [(f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}/32", None) for number in range(count)]


def test_a_group_with_its_rules(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """The rules of the way out would count as ways in, or a group would lose its name."""
    made = empty_group(ec2, tags={"b": "2", "a": "1"})
    ec2.authorize_security_group_ingress(
        GroupId=made.group_id, IpPermissions=[tcp(443, ipv4=[("198.51.100.0/24", "x")])]
    )
    before = aws.state().calls
    found = reader.find(GroupsById((made.group_id,)))
    assert [call.action for call in aws.calls(before)] == ["DescribeSecurityGroups", "DescribeSecurityGroupRules"]
    group = found.groups[made.group_id]
    assert isinstance(group, SecurityGroup)
    assert (group.name, group.vpc, group.tags) == ("origin", made.vpc_id, (("a", "1"), ("b", "2")))
    (rule,) = group.rules
    assert (rule.key.source, rule.description) == (cidr("198.51.100.0/24"), "x")


def test_an_empty_group_costs_one_call(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """The rules of a group that has none would be asked for."""
    made = empty_group(ec2).group_id
    before = aws.state().calls
    assert rules_of(reader.find(GroupsById((made,))).groups[made]) == 0
    assert [call.action for call in aws.calls(before)] == ["DescribeSecurityGroups"]


def test_a_group_that_is_not_there_is_left_out(ec2: AwsClient, reader: AwsReader) -> None:
    """A slip in one id would hide the other groups, or make up a group."""
    made = empty_group(ec2).group_id
    found = reader.find(GroupsById((made, "sg-0123456789abcdef0")))
    assert set(found.groups) == {made}
    assert found.unknown == ()


def test_more_than_a_thousand_rules(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """What is on the second page would count as absent: a hole unseen, a wanted rule added twice."""
    aws.settings(quota_rules=2000)
    one, two = empty_group(ec2, name="one").group_id, empty_group(ec2, name="two").group_id
    for made, count in ((one, 700), (two, 650)):
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=addresses(count))])
    before = aws.state().calls
    seen = reader.look((one, two))
    assert [call.action for call in aws.calls(before)] == ["DescribeSecurityGroupRules"] * 2
    assert tuple(len(g.rules) for g in seen.values() if isinstance(g, SecurityGroup)) == (700, 650)
    for group in seen.values():
        assert isinstance(group, SecurityGroup)
        assert [rule.id for rule in group.rules] == sorted({rule.id for rule in group.rules})


def test_more_than_two_hundred_groups(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """AWS would refuse a filter with more values than it takes."""
    vpc = empty_group(ec2, name="first").vpc_id
    made = [empty_group(ec2, name=f"g{number}", vpc_id=vpc).group_id for number in range(203)]
    for name in (made[0], made[-1]):
        ec2.authorize_security_group_ingress(GroupId=name, IpPermissions=[tcp(443, ipv4=addresses(1))])
    before = aws.state().calls
    found = reader.find(GroupsById(tuple(made)))
    actions = [call.action for call in aws.calls(before)]
    assert actions.count("DescribeSecurityGroups") == 2
    assert set(found.groups) == set(made)
    assert [rules_of(found.groups[name]) for name in (made[0], made[1], made[-1])] == [1, 0, 1]
    assert set(reader.look(tuple(made))) == set(made)


@pytest.mark.parametrize("value", ["blog*", "b?og", "blog\\", "a\\b", "\\*", "*", "plain", "", "sp ace"])
def test_tags_are_matched_exactly(value: str, ec2: AwsClient, reader: AwsReader) -> None:
    """A star or a backslash in a tag's value would lock groups that are not meant, or miss the one that is."""
    meant = empty_group(ec2, name="meant", tags={"origin": value, "other": "x"}).group_id
    for number, near in enumerate(("blogger", "blog", "ab", "Plain", "x")):
        empty_group(ec2, name=f"near{number}", tags={"origin": near})
    found = reader.find(GroupsByTags((("origin", value),)))
    assert set(found.groups) == {meant}
    assert reader.find(GroupsByTags((("origin", value), ("other", "y")))).groups == {}


def test_a_search_that_is_denied_is_unknown(reader: AwsReader, aws: LocalAws) -> None:
    """A search that may not be done would look like one that finds nothing."""
    aws.add_fault("access-denied", action="DescribeSecurityGroups")
    found = reader.find(GroupsByTags((("origin", "blog"),)))
    assert found.groups == {}
    (unknown,) = found.unknown
    assert "UnauthorizedOperation" in unknown.reason
    assert "origin=blog" in unknown.what


@pytest.mark.parametrize("kind", ["access-denied", "throttle", "server-error", "drop-before", "drop-after"])
@pytest.mark.parametrize("action", ["DescribeSecurityGroups", "DescribeSecurityGroupRules"])
def test_what_cannot_be_read_is_unknown(
    kind: str, action: str, ec2: AwsClient, reader: AwsReader, aws: LocalAws
) -> None:
    """A failed read would look like an empty group: everything would be added, and no hole seen."""
    made = empty_group(ec2).group_id
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=addresses(1))])
    aws.add_fault(kind, action=action)
    group = reader.find(GroupsById((made,))).groups[made]
    assert isinstance(group, Unknown)
    assert group.reason
    assert rules_of(reader.find(GroupsById((made,))).groups[made]) == 1


def test_a_second_page_that_fails_is_not_half_a_group(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """The first page alone would be taken for everything."""
    aws.settings(quota_rules=2000)
    made = empty_group(ec2).group_id
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=addresses(1001))])
    aws.add_fault("server-error", action="DescribeSecurityGroupRules", at=2)
    assert isinstance(reader.look((made,))[made], Unknown)


def test_prefix_lists(ec2: AwsClient, reader: AwsReader) -> None:
    """A list would be weighed by its entries instead of its size, or its second page be missed."""
    cidrs = [each for each, _ in addresses(150)]
    name = ec2.create_managed_prefix_list(
        PrefixListName="ours", MaxEntries=200, AddressFamily="IPv4", Entries=[{"Cidr": each} for each in cidrs[:100]]
    )["PrefixList"]["PrefixListId"]
    ec2.modify_managed_prefix_list(
        PrefixListId=name, CurrentVersion=1, AddEntries=[{"Cidr": each} for each in cidrs[100:]]
    )
    found = reader.prefix_lists((name, "pl-0123456789abcdef0"))
    assert set(found) == {name}
    held = found[name]
    assert isinstance(held, PrefixList)
    assert (held.name, held.family, held.weight) == ("ours", 4, 200)
    assert not isinstance(held.entries, Unknown)
    assert set(held.entries) == set(cidrs)


def test_entries_that_may_not_be_read_are_unknown(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """A list that nobody may read would count as harmless."""
    name = ec2.create_managed_prefix_list(PrefixListName="ours", MaxEntries=3, AddressFamily="IPv6")
    made = name["PrefixList"]["PrefixListId"]
    aws.add_fault("access-denied", action="GetManagedPrefixListEntries")
    held = reader.prefix_lists((made,))[made]
    assert isinstance(held, PrefixList)
    assert held.family == 6
    assert isinstance(held.entries, Unknown)
    assert isinstance(held.addresses, Unknown)
    aws.add_fault("access-denied", action="DescribeManagedPrefixLists")
    assert isinstance(reader.prefix_lists((made,))[made], Unknown)


def test_the_quota(reader: AwsReader, aws: LocalAws) -> None:
    """A raised quota would not be used, or a guess be taken for what AWS says."""
    assert reader.rules_quota() == RulesQuota(60, observed=True)
    aws.settings(quota_rules=120)
    assert reader.rules_quota() == RulesQuota(120, observed=True)
    aws.add_fault("access-denied", action="GetServiceQuota")
    assert isinstance(reader.rules_quota(), Unknown)


def test_no_credentials_end_the_reading(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An account that cannot be asked would look like an empty one."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(empty / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(empty / "config"))
    with pytest.raises(CloudError, match="credentials"):
        AwsReader(Sessions(), Place()).find(GroupsById(("sg-0123456789abcdef0",)))


def test_no_region_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It would be some Region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path_factory.mktemp("empty") / "config"))
    with pytest.raises(UsageError):
        Sessions().ec2(Place())
    with pytest.raises(UsageError):
        Sessions().ec2(Place(region="eu-west-1", profile="absent"))


def test_clients_are_made_once(sessions: Sessions) -> None:
    """Each client costs a tenth of a second and a pool of connections."""
    assert sessions.ec2(Place()) is sessions.ec2(Place())
    assert sessions.ec2(Place(region="us-east-1")) is not sessions.ec2(Place())
