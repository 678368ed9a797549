"""The stand-in's managed prefix lists: read, and changed by version.

Lives here: the calls of prefix lists. Must not live here: groups, which only name lists (see `ec2_stand_in`).
A change is done at once; that AWS takes its time is the lab's to show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

from ec2_query import OWNER, Code, Parameters, RefusedError, filters, numbered, page


@dataclasses.dataclass(slots=True)
class PrefixList:
    """One list, its entries with their descriptions."""

    id: str
    family: str
    size: int
    version: int = 1
    entries: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def xml(self) -> str:
        """What describing it says."""
        return (
            f"<prefixListId>{self.id}</prefixListId><addressFamily>{self.family}</addressFamily>"
            f"<state>modify-complete</state><prefixListArn>arn:aws:ec2:eu-west-1:{OWNER}:prefix-list/{self.id}"
            f"</prefixListArn><prefixListName>{self.id}</prefixListName><maxEntries>{self.size}</maxEntries>"
            f"<version>{self.version}</version><tagSet/><ownerId>{OWNER}</ownerId>"
        )


class PrefixLists:
    """All lists, and the calls."""

    def __init__(self, held: tuple[PrefixList, ...]) -> None:
        self.held = {each.id: each for each in held}
        self.actions: Mapping[str, Callable[[Parameters], str]] = {
            "DescribeManagedPrefixLists": self.describe,
            "GetManagedPrefixListEntries": self.entries,
            "ModifyManagedPrefixList": self.modify,
        }

    def describe(self, given: Parameters) -> str:
        """Lists by id; none has tags, so that a filter for tags finds none."""
        chosen = [self._named(name) for name in numbered(given, "PrefixListId")] or list(self.held.values())
        for name, values in filters(given):
            chosen = [each for each in chosen if name == "prefix-list-id" and each.id in values]
        found, token = page([f"<item>{each.xml}</item>" for each in chosen], given)
        return f"<prefixListSet>{found}</prefixListSet>{token}"

    def entries(self, given: Parameters) -> str:
        """The entries of a list, in pages."""
        entries = self._named(given["PrefixListId"]).entries.items()
        items = [f"<item><cidr>{cidr}</cidr><description>{escape(said)}</description></item>" for cidr, said in entries]
        found, token = page(items, given)
        return f"<entrySet>{found}</entrySet>{token}"

    def modify(self, given: Parameters) -> str:
        """Change entries, or the size, of the version that is named."""
        changed = self._named(given["PrefixListId"])
        if given.get("CurrentVersion", str(changed.version)) != str(changed.version):
            raise RefusedError(Code.OTHER_VERSION, "The prefix list has the incorrect version number.")
        gone = {value for name, value in given.items() if name.startswith("RemoveEntry.")}
        entries = {cidr: said for cidr, said in changed.entries.items() if cidr not in gone}
        for name, value in given.items():
            if name.startswith("AddEntry.") and name.endswith(".Cidr"):
                entries[value] = given.get(name.replace(".Cidr", ".Description"), "")
        size = int(given.get("MaxEntries", changed.size))
        if len(entries) > size:
            raise RefusedError(Code.LIST_FULL, "You've reached the maximum number of entries for the prefix list.")
        changed.version += entries != changed.entries
        changed.entries, changed.size = entries, size
        return f"<prefixList>{changed.xml}</prefixList>"

    def _named(self, name: str) -> PrefixList:
        if name not in self.held:
            raise RefusedError(Code.NO_LIST, f"The prefix list ID '{name}' does not exist")
        return self.held[name]
