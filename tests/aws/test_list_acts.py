"""Managed prefix lists: made once, changed on the version of the moment, a hundred entries at a time."""

from __future__ import annotations

import pytest
from tests.aws.groups import change

from originlock.aws.performer import AwsPerformer
from originlock.aws.reader import AwsReader
from originlock.aws.session import Sessions
from originlock.facts.networks import canonical
from originlock.facts.origin import Missing, PrefixList, Tags, new_prefix_list
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group
from originlock.plan.acts import (
    Act,
    AddEntries,
    CreatePrefixList,
    DeletePrefixList,
    Entry,
    RemoveEntries,
    ResizePrefixList,
    remaining,
)
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure

pytestmark = pytest.mark.lab

NAME = "originlock-shop-ipv4"
TAGS: Tags = (("originlock:origin", "shop"),)


def entries(count: int, first: int = 0) -> tuple[Entry, ...]:
    """So many entries."""
    return tuple(
        Entry(canonical(f"45.{number // 256}.{number % 256}.0/24"), "originlock: edge: cloudflare")
        for number in range(first, first + count)
    )


def creation(count: int = 2, size: int = 10) -> CreatePrefixList:
    """A list that is to be made."""
    return CreatePrefixList(NAME, 4, size, entries(count), TAGS)


def done(sessions: Sessions, act: Act) -> Outcome:
    """Do an act; its outcome."""
    ((_, outcome),) = AwsPerformer(sessions, 0).perform(((Place(), change(act), act),))
    return outcome


def made(sessions: Sessions, act: CreatePrefixList) -> str:
    """Make a list; its id."""
    outcome = done(sessions, act)
    assert isinstance(outcome, Done)
    assert outcome.made is not None
    return outcome.made


def held(sessions: Sessions, name: str) -> PrefixList:
    """A list as it is now."""
    found = AwsReader(sessions, Place()).look((name,))[name]
    assert isinstance(found, PrefixList)
    return found


@pytest.fixture
def reader(sessions: Sessions) -> AwsReader:
    """Our reader of the Region."""
    return AwsReader(sessions, Place())


def test_made_with_its_mark_and_its_entries(sessions: Sessions, reader: AwsReader, aws: LocalAws) -> None:
    """In one call: an empty list that a rule names lets nobody in."""
    before = aws.state().calls
    name = made(sessions, creation())
    assert [call.action for call in aws.calls(before)] == ["CreateManagedPrefixList"]
    target = new_prefix_list(NAME)
    found = reader.look((target, name))
    assert found[target] == found[name] == held(sessions, name)
    seen = found[name]
    assert isinstance(seen, PrefixList)
    assert (seen.name, seen.family, seen.weight, seen.tags) == (NAME, 4, 10, TAGS)
    assert seen.entries == tuple(entry.cidr for entry in entries(2))
    assert seen.descriptions == ("originlock: edge: cloudflare",) * 2
    assert set(reader.tagged_prefix_lists(TAGS).found) == {name}
    assert reader.tagged_prefix_lists((*TAGS, ("team", "web"))).found == {}


def test_botocores_own_second_try_makes_no_second_list(
    ec2: AwsClient, aws: LocalAws, monkeypatch: pytest.MonkeyPatch, sessions: Sessions
) -> None:
    """The answer was lost, botocore asks again with the same token, and AWS answers with the first."""
    assert sessions is not None
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    aws.add_fault("drop-after", action="CreateManagedPrefixList")
    name = made(Sessions(), creation())
    ours = [{"Name": "prefix-list-name", "Values": [NAME]}]
    assert [each["PrefixListId"] for each in ec2.describe_managed_prefix_lists(Filters=ours)["PrefixLists"]] == [name]


def test_more_than_a_call_takes(sessions: Sessions, reader: AwsReader, aws: LocalAws) -> None:
    """The first hundred; what is left is told by the look, which reads all pages."""
    whole = AddEntries(made(sessions, CreatePrefixList(NAME, 4, 300, (), TAGS)), entries(230))
    left: Act | None = whole
    before = aws.state().calls
    outcomes = []
    while left is not None:
        outcomes.append(type(done(sessions, left)))
        left = remaining(whole, held(sessions, whole.prefix_list))
    assert outcomes == [Unsure, Unsure, Done]
    modified = [call for call in aws.calls(before) if call.action == "ModifyManagedPrefixList"]
    assert [sum(".Cidr" in each for each in call.parameters) for call in modified] == [100, 100, 30]
    assert len(held(sessions, whole.prefix_list).descriptions) == 230
    assert isinstance(reader.prefix_lists((whole.prefix_list,))[whole.prefix_list], PrefixList)


def test_a_page_of_entries_that_fails_is_not_half_a_list(sessions: Sessions, reader: AwsReader, aws: LocalAws) -> None:
    """Half of the entries would be added again, or the other half taken for gone."""
    name = made(sessions, CreatePrefixList(NAME, 4, 300, (), TAGS))
    done(sessions, AddEntries(name, entries(100)))
    done(sessions, AddEntries(name, entries(20, 100)))
    aws.add_fault("throttle", action="GetManagedPrefixListEntries", at=2)
    seen = reader.look((name,))[name]
    assert isinstance(seen, PrefixList)
    assert isinstance(seen.entries, Unknown)
    assert seen.descriptions == ()


def test_the_version_is_that_of_the_moment(ec2: AwsClient, sessions: Sessions, aws: LocalAws) -> None:
    """What somebody else changed since the plan is kept; a version of the plan would be refused for ever."""
    name = made(sessions, creation())
    theirs = [{"Cidr": "10.0.0.0/8", "Description": "theirs"}]
    ec2.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=1, AddEntries=theirs)
    before = aws.state().calls
    assert done(sessions, AddEntries(name, entries(1, 5))) == Done()
    assert [call.action for call in aws.calls(before)] == ["DescribeManagedPrefixLists", "ModifyManagedPrefixList"]
    assert done(sessions, RemoveEntries(name, entries(2))) == Done()
    assert held(sessions, name).entries == ("10.0.0.0/8", "45.0.5.0/24")


@pytest.mark.parametrize(
    "kind, outcome",
    [
        ("throttle", Unsure),
        ("drop-before", Unsure),
        ("drop-after", Unsure),
        ("conflict", Unsure),
        ("duplicate", AlreadySo),
        ("access-denied", Failed),
        ("quota", Failed),
        ("not-found", Failed),
    ],
)
@pytest.mark.parametrize("act", [AddEntries("", entries(1, 5)), RemoveEntries("", entries(1))])
def test_how_a_change_ends(
    sessions: Sessions, aws: LocalAws, act: AddEntries | RemoveEntries, kind: str, outcome: type[Outcome]
) -> None:
    """A list that somebody else changed in between is looked at again; it is no failure."""
    name = made(sessions, creation())
    aws.add_fault(kind, action="ModifyManagedPrefixList")
    assert isinstance(done(sessions, type(act)(name, act.entries)), outcome)


def test_a_list_that_is_changing(sessions: Sessions, aws: LocalAws) -> None:
    """AWS refuses every change until the one before has ended: later, and no failure."""
    name = made(sessions, creation())
    aws.settings(consistency_ms=60_000)
    assert done(sessions, AddEntries(name, entries(1, 5))) == Done()
    assert not held(sessions, name).settled
    again = done(sessions, AddEntries(name, entries(1, 6)))
    assert isinstance(again, Unsure)
    assert "IncorrectState" in again.message


def test_entries_that_are_so_already(sessions: Sessions) -> None:
    """Another run of ours did it: the look tells what is left."""
    name = made(sessions, creation())
    assert isinstance(done(sessions, AddEntries(name, entries(1))), AlreadySo)
    assert isinstance(done(sessions, RemoveEntries(name, entries(1, 7))), AlreadySo)


def test_a_list_that_is_gone(sessions: Sessions, reader: AwsReader) -> None:
    """Somebody deleted it: said, and nothing is made in its place."""
    gone = "pl-0123456789abcdef0"
    for act in (AddEntries(gone, entries(1)), RemoveEntries(gone, entries(1)), ResizePrefixList(gone, 9, 5)):
        assert isinstance(done(sessions, act), Failed)
    assert reader.look((gone,)) == {gone: Missing(gone)}
    assert isinstance(done(sessions, DeletePrefixList(gone)), AlreadySo)


def test_a_size_that_a_group_has_no_room_for(ec2: AwsClient, sessions: Sessions) -> None:
    """AWS takes the call and gives it up; the list says so, and of which group."""
    name = made(sessions, creation())
    group = empty_group(ec2).group_id
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": name}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert done(sessions, ResizePrefixList(name, 60, 10)) == Done()
    assert held(sessions, name).weight == 60
    assert done(sessions, ResizePrefixList(name, 61, 60)) == Done()
    given_up = held(sessions, name)
    assert (given_up.weight, given_up.failed, given_up.message) == (60, True, group)


def test_deleted_only_when_no_rule_names_it(ec2: AwsClient, sessions: Sessions) -> None:
    """A rule that names nothing would let nobody in."""
    name = made(sessions, creation())
    group = empty_group(ec2).group_id
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": name}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert isinstance(done(sessions, DeletePrefixList(name)), Failed)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert done(sessions, DeletePrefixList(name)) == Done()
