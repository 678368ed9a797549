"""What EC2 makes of the entries that a request names for a managed prefix list.

Here live the pure functions from request parameters to entries, with AWS's own refusals. Here
must not live: moto, storage, or who refers to a list.

The API reference names no error for these. Codes and texts are those that users of AWS report:
hashicorp/terraform-provider-aws issues 17191 (too many in a call), 29204 (an entry that exists),
26034 (entries and size in one call), pull request 43661 (versions), and its own source, where it
tells what it works around (one CIDR added and removed at once; an entry that does not exist).
What is a guess is said where it is.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import SourceKind, canonical_cidr, items, text

if TYPE_CHECKING:
    from collections.abc import Mapping

#: CIDR to description.
Entries = dict[str, str]

FAMILIES: Final = {"IPv4": SourceKind.IPV4, "IPv6": SourceKind.IPV6}

#: 'EC2 API reference', ModifyManagedPrefixList, AddEntry.N and RemoveEntry.N: at most 100 items of each.
MOST_IN_A_CALL: Final = 100
#: 'Amazon VPC quotas', customer-managed prefix lists: maximum number of entries per prefix list.
MOST_ENTRIES: Final = 1000
#: 'EC2 API reference', AddPrefixListEntry.Description, and CreateManagedPrefixList, PrefixListName.
MAX_TEXT: Final = 255
#: The same: a name cannot start with it.
RESERVED: Final = "com.amazonaws"


def requested_entries(params: Mapping[str, object], name: str, family: str) -> Entries:
    """Return the entries that a request names, canonical, or refuse the whole request."""
    asked = items(params, name)
    if len(asked) > MOST_IN_A_CALL:
        raise Refusal(Code.INVALID_VALUE, f"The number of entries per request cannot exceeds limit ({MOST_IN_A_CALL}).")
    cidrs = [canonical_cidr(text(item, "Cidr") or "", FAMILIES[family]) for item in asked]
    repeated = [cidr for cidr, count in Counter(cidrs).items() if count > 1]
    if repeated:
        # A guess.
        raise Refusal(Code.INVALID_VALUE, f"Request cannot contain duplicate Cidr {repeated[0]}")
    descriptions = [text(item, "Description") or "" for item in asked]
    for description in descriptions:
        if len(description) > MAX_TEXT:
            raise Refusal(Code.INVALID_VALUE, "The description of an entry can have up to 255 characters")
    return dict(zip(cidrs, descriptions, strict=True))


def changed_entries(held: Entries, added: Entries, removed: Entries) -> Entries:
    """Return a list's entries after a change, or refuse the change as a whole."""
    both = sorted(set(added) & set(removed))
    if both:
        raise Refusal(
            Code.INVALID_VALUE,
            f"Request cannot contain Cidr {both[0]} in both AddPrefixListEntries and RemovePrefixListEntries",
        )
    for cidr, description in added.items():
        if held.get(cidr) == description:
            raise Refusal(
                Code.BAD_ENTRY, f"An entry with the CIDR ({cidr}) and description ({description}) already exists."
            )
        if cidr in held:
            # A description is changed by removing the entry and adding it, in two calls.
            raise Refusal(Code.INVALID_REQUEST, "The request received was invalid.")
    for cidr in removed:
        if cidr not in held:
            raise Refusal(Code.BAD_ENTRY, f"An entry with the CIDR ({cidr}) does not exist.")
    return {cidr: description for cidr, description in held.items() if cidr not in removed} | added


def requested_size(params: Mapping[str, object]) -> int | None:
    """Return the maximum of entries that a request names, or refuse it."""
    asked = text(params, "MaxEntries")
    if asked is None:
        return None
    if not 1 <= int(asked) <= MOST_ENTRIES:
        # The code is a guess; the bounds are those that the console names.
        raise Refusal(Code.INVALID_VALUE, f"Must specify a max size between 1 and {MOST_ENTRIES}")
    return int(asked)


def requested_name(params: Mapping[str, object]) -> str | None:
    """Return the name that a request gives a list, or refuse it; codes and texts are guesses."""
    name = text(params, "PrefixListName")
    if name is not None and (len(name) > MAX_TEXT or name.startswith(RESERVED)):
        raise Refusal(Code.INVALID_VALUE, f"The prefix list name '{name}' is invalid")
    return name


def refuse_too_many(entries: Entries, size: int) -> None:
    """Refuse more entries than a list has room for; the text is a guess."""
    if len(entries) > size:
        raise Refusal(
            Code.TOO_MANY_ENTRIES,
            "You've reached the maximum number of entries for the prefix list.",
        )
