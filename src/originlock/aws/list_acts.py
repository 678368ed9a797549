"""Changing managed prefix lists, each change on the version that the list has then.

Lives here: the write calls of prefix lists. Must not live here: which entries, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from originlock.aws import decode
from originlock.aws.answers import CallError, outcome_of
from originlock.aws.calling import called
from originlock.aws.pacing import TokenBucket
from originlock.aws.wording import code_of, in_words
from originlock.plan.acts import (
    AddEntries,
    CreatePrefixList,
    DeletePrefixList,
    Entry,
    ListAct,
    RemoveEntries,
    ResizePrefixList,
)
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import AddPrefixListEntryTypeDef, RemovePrefixListEntryTypeDef

MOST_IN_A_CALL: Final = 100
"""EC2 API reference, CreateManagedPrefixList and ModifyManagedPrefixList: up to 100 entries in a request."""


def performed(client: EC2Client, bucket: TokenBucket, act: ListAct) -> Outcome:
    """Do one of them; of many entries, the first hundred: the look tells what is left."""
    match act:
        case CreatePrefixList():
            return _created(client, bucket, act)
        case DeletePrefixList(name):
            return _deleted(client, bucket, name)
        case ResizePrefixList(name, size):
            return called(bucket, lambda: client.modify_managed_prefix_list(PrefixListId=name, MaxEntries=size))
        case AddEntries() | RemoveEntries():
            return _modified(client, bucket, act)
        case _:
            assert_never(act)


def _created(client: EC2Client, bucket: TokenBucket, act: CreatePrefixList) -> Outcome:
    # botocore gives each call a token of its own, so that its own retries make no second list.
    bucket.wait()
    try:
        answer = client.create_managed_prefix_list(
            PrefixListName=act.name,
            AddressFamily=f"IPv{act.family}",
            MaxEntries=act.size,
            Entries=_encoded(act.entries[:MOST_IN_A_CALL]),
            TagSpecifications=[{"ResourceType": "prefix-list", "Tags": decode.encoded_tags(act.tags)}],
        )
    except CallError as error:
        return outcome_of(error)
    return Done(made=answer["PrefixList"]["PrefixListId"])


def _deleted(client: EC2Client, bucket: TokenBucket, name: str) -> Outcome:
    bucket.wait()
    try:
        client.delete_managed_prefix_list(PrefixListId=name)
    except CallError as error:
        return AlreadySo(in_words(error)) if code_of(error) == "InvalidPrefixListID.NotFound" else outcome_of(error)
    return Done()


def _modified(client: EC2Client, bucket: TokenBucket, act: AddEntries | RemoveEntries) -> Outcome:
    name, entries = act.prefix_list, act.entries[:MOST_IN_A_CALL]
    bucket.wait()
    try:
        found = client.describe_managed_prefix_lists(PrefixListIds=[name])["PrefixLists"]
        if not found:
            return Failed(f"{name} is not there", "see who deleted it; then run `originlock apply` again")
        version = found[0]["Version"]
        if isinstance(act, AddEntries):
            client.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=version, AddEntries=_encoded(entries))
        else:
            gone: list[RemovePrefixListEntryTypeDef] = [{"Cidr": entry.cidr} for entry in entries]
            client.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=version, RemoveEntries=gone)
    except CallError as error:
        return outcome_of(error)
    return Done() if len(entries) == len(act.entries) else Unsure("more entries follow")


def _encoded(entries: tuple[Entry, ...]) -> list[AddPrefixListEntryTypeDef]:
    return [{"Cidr": entry.cidr, "Description": entry.description} for entry in entries]
