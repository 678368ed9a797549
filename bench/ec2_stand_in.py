"""A small EC2 for measuring clients at scale: `python bench/ec2_stand_in.py --groups 1000 --latency-ms 30`.

The lab is moto, which answers some 150 calls a second whatever the client does, and logs every rule after every call:
with a thousand groups it is the lab that would be measured. This answers thousands, and knows just the calls that are
in `Ec2.actions`, each as the 'EC2 API reference' has it as far as a client can tell: filters, pages, tags, ids,
versions, `Duplicate` and `NotFound`, all or nothing. It checks no signature, no quota and no addresses, so it proves
nothing of a client's behaviour: the tests do that against the lab.

Lives here: groups and their rules, latency, throttling (by the lab's own buckets), counts of what was asked, HTTP.
Must not live here: anything else of originlock. It prints one line of JSON, {"url": ...}, when it answers, and ends
when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import dataclasses
import functools
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from ec2_query import OWNER, Code, Parameters, RefusedError, Tags, body_of, filters, numbered, page, tags, xml_tags
from stand_in_counts import Asked
from stand_in_lists import PrefixList, PrefixLists

from originlock.lab.settings import Bucket, TokenBuckets

#: GET of this answers what `Ec2.state` says.
STATE_PATH: Final = "/state"

LISTS: Final = ("pl-00000000000000004", "pl-00000000000000006")
"""With `--listed`: a list for each family, which every group names on tcp/443."""

_SOURCES: Final = {
    "CidrIp": ("cidrIpv4", "ipRanges", "cidrIp"),
    "CidrIpv6": ("cidrIpv6", "ipv6Ranges", "cidrIpv6"),
    "PrefixListId": ("prefixListId", "prefixListIds", "prefixListId"),
}
"""How a kind of source is called in a request; then in a rule, and in which list and how in a group that is described.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """What makes a rule the same as another."""

    protocol: str
    from_port: str
    to_port: str
    kind: str
    source: str


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One ingress rule, with the XML that describes it."""

    id: str
    key: Key
    xml: str


@dataclasses.dataclass(slots=True)
class Group:
    """One security group."""

    id: str
    tags: Tags
    rules: dict[str, Rule] = dataclasses.field(default_factory=dict)

    @property
    def keys(self) -> set[Key]:
        """What it lets in."""
        return {rule.key for rule in self.rules.values()}


class Ec2:
    """All that is held, and the calls."""

    def __init__(self, groups: int, labels: Tags, throttle: Bucket | None = None, *, listed: bool = False) -> None:
        ids = [f"sg-{number:017x}" for number in range(groups)]
        self.groups = {name: Group(name, labels) for name in ids}
        self.asked = Asked()
        self._throttle = throttle
        self._buckets = TokenBuckets()
        self._made = 0
        self.lists = PrefixLists((PrefixList(LISTS[0], "IPv4", 20), PrefixList(LISTS[1], "IPv6", 10)) if listed else ())
        self.actions: Mapping[str, Callable[[Parameters], str]] = {
            "DescribeSecurityGroups": self.describe_groups,
            "DescribeSecurityGroupRules": self.describe_rules,
            "AuthorizeSecurityGroupIngress": self.authorize,
            "RevokeSecurityGroupIngress": self.revoke,
            **self.lists.actions,
        }
        for group in self.groups.values() if listed else ():
            rules = [self._rule(group, Key("tcp", "443", "443", "PrefixListId", name), "") for name in LISTS]
            group.rules = {rule.id: rule for rule in rules}

    def answer(self, form: bytes) -> tuple[int, bytes]:
        """Answer one call: HTTP status and XML."""
        given = dict(parse_qsl(form.decode(), keep_blank_values=True))
        action = given.get("Action", "")
        now = time.monotonic()
        try:
            if self._throttle is not None and not self._buckets.take(action, self._throttle, now):
                _refuse_for_now()
            members = self.actions.get(action, _unknown)(given)
        except RefusedError as refusal:
            self.asked.note(given, now, refusal.code)
            return refusal.status, refusal.body
        self.asked.note(given, now, None)
        return 200, body_of(action, members)

    def state(self) -> bytes:
        """What was asked; how many groups let in what: {"SOURCE SOURCE ...": number}; what the lists hold."""
        held = collections.Counter(" ".join(sorted(key.source for key in group.keys)) for group in self.groups.values())
        lists = {each.id: sorted(each.entries) for each in self.lists.held.values()}
        return json.dumps({**self.asked.told(), "groups": held, "lists": lists}).encode()

    # --- the calls ---------------------------------------------------------------------------------------------

    def describe_groups(self, given: Parameters) -> str:
        """Groups by id or by tag, in pages."""
        chosen: Iterable[Group] = [self._group(name) for name in numbered(given, "GroupId")] or self.groups.values()
        for name, values in filters(given):
            if name == "group-id":
                chosen = [self.groups[value] for value in values if value in self.groups]
            else:
                key = name.removeprefix("tag:")
                chosen = [group for group in chosen if dict(group.tags).get(key) in values]
        found, token = page([_described(group) for group in chosen], given)
        return f"<securityGroupInfo>{found}</securityGroupInfo>{token}"

    def describe_rules(self, given: Parameters) -> str:
        """The rules of the groups that a filter names, in pages."""
        chosen = [value for name, values in filters(given) if name == "group-id" for value in values]
        rules = [rule.xml for value in chosen if value in self.groups for rule in self.groups[value].rules.values()]
        found, token = page(rules, given)
        return f"<securityGroupRuleSet>{found}</securityGroupRuleSet>{token}"

    def authorize(self, given: Parameters) -> str:
        """Add rules, all or none."""
        group = self._group(given.get("GroupId", ""))
        wanted = list(_keys(given))
        twice = group.keys & set(wanted)
        if twice or len(set(wanted)) < len(wanted):
            said = f'the specified rule "peer: {next(iter(twice or wanted)).source}" already exists'
            raise RefusedError(Code.DUPLICATE, said)
        labels = xml_tags(tags(given, "TagSpecification.1.Tag"))
        made = [self._rule(group, key, labels) for key in wanted]
        group.rules |= {rule.id: rule for rule in made}
        return f"<return>true</return><securityGroupRuleSet>{''.join(r.xml for r in made)}</securityGroupRuleSet>"

    def revoke(self, given: Parameters) -> str:
        """Take rules out by id or by what they say, all or none."""
        group = self._group(given.get("GroupId", ""))
        ids = numbered(given, "SecurityGroupRuleId")
        for name in ids:
            if name not in group.rules:
                raise RefusedError(Code.NO_RULE, f"The security group rule ID '{name}' does not exist")
        named = set(_keys(given))
        if not named <= group.keys:
            raise RefusedError(Code.NO_PERMISSION, "The specified rule does not exist in this security group.")
        ids += [rule.id for rule in group.rules.values() if rule.key in named]
        for name in ids:
            del group.rules[name]
        return "<return>true</return>"

    # --- what they share ---------------------------------------------------------------------------------------

    def _group(self, name: str) -> Group:
        if name not in self.groups:
            raise RefusedError(Code.NO_GROUP, f"The security group '{name}' does not exist")
        return self.groups[name]

    def _rule(self, group: Group, key: Key, labels: str) -> Rule:
        self._made += 1
        name = f"sgr-{self._made:017x}"
        member, _, _ = _SOURCES[key.kind]
        xml = (
            f"<item><securityGroupRuleId>{name}</securityGroupRuleId><groupId>{group.id}</groupId>"
            f"<groupOwnerId>{OWNER}</groupOwnerId><isEgress>false</isEgress><ipProtocol>{key.protocol}</ipProtocol>"
            f"<fromPort>{key.from_port}</fromPort><toPort>{key.to_port}</toPort><{member}>{key.source}</{member}>"
            f"{labels}</item>"
        )
        return Rule(name, key, xml)


def _refuse_for_now() -> None:
    raise RefusedError(Code.LATER, "Request limit exceeded.")


def _unknown(given: Parameters) -> str:
    raise RefusedError(Code.UNKNOWN, f"The stand-in does not know {given.get('Action')}")


def _keys(given: Parameters) -> Iterable[Key]:
    for name, value in given.items():
        start, _, last = name.rpartition(".")
        if last in _SOURCES:
            permission = ".".join(start.split(".")[:2])
            ports = (given[f"{permission}.FromPort"], given[f"{permission}.ToPort"])
            yield Key(given[f"{permission}.IpProtocol"], *ports, last, value)


def _described(group: Group) -> str:
    ranges = "".join(
        f"<item><ipProtocol>{key.protocol}</ipProtocol><fromPort>{key.from_port}</fromPort>"
        f"<toPort>{key.to_port}</toPort>{_source(key)}</item>"
        for key in group.keys
    )
    return (
        f"<item><groupId>{group.id}</groupId><groupName>{group.id}</groupName><groupDescription>bench"
        f"</groupDescription><vpcId>vpc-0bench</vpcId><ownerId>{OWNER}</ownerId><ipPermissions>{ranges}</ipPermissions>"
        f"<ipPermissionsEgress/>{xml_tags(group.tags)}</item>"
    )


def _source(key: Key) -> str:
    _, listed, member = _SOURCES[key.kind]
    return f"<{listed}><item><{member}>{key.source}</{member}></item></{listed}>"


# --- HTTP/1.1, as much of it as clients of EC2 speak --------------------------------------------------------------


async def _serve(ec2: Ec2, latency: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, kept alive."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            asked, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if asked.split()[1] == STATE_PATH:
                status, answer = 200, ec2.state()
            else:
                # Half of the way there, half of the way back: what is done is done in the middle.
                await asyncio.sleep(latency / 2)
                status, answer = ec2.answer(body)
                await asyncio.sleep(latency / 2)
            length = f"Content-Type: text/xml;charset=UTF-8\r\nContent-Length: {len(answer)}"
            writer.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{length}\r\n\r\n".encode())
            writer.write(answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has gone
    finally:
        writer.close()


async def _main(ec2: Ec2, latency: float) -> None:
    server = await asyncio.start_server(functools.partial(_serve, ec2, latency), "127.0.0.1", 0, backlog=256)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python bench/ec2_stand_in.py")
    parser.add_argument("--groups", type=int, required=True)
    parser.add_argument("--tag", default="bench=yes", metavar="KEY=VALUE", help="that every group carries")
    parser.add_argument("--listed", action="store_true", help="two prefix lists, which every group names")
    parser.add_argument("--latency-ms", type=float, default=0, help="of each call")
    parser.add_argument("--per-second", type=float, help="of each action; a bucket holds as many")
    wanted = parser.parse_args()
    key, _, value = wanted.tag.partition("=")
    limit = None if wanted.per_second is None else Bucket(burst=wanted.per_second, rate=wanted.per_second)
    ec2 = Ec2(wanted.groups, ((key, value),), limit, listed=wanted.listed)
    asyncio.run(_main(ec2, wanted.latency_ms / 1000))
