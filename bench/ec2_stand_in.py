"""A small EC2 for measuring clients at scale: `python bench/ec2_stand_in.py --groups 1000 --latency-ms 30`.

The lab is moto, which answers some 150 calls a second whatever the client does, and logs every rule after every call:
with a thousand groups it is the lab that would be measured. This answers thousands, and knows just the calls that are
in `Ec2.actions`, each as the 'EC2 API reference' has it as far as a client can tell: filters, pages, tags, ids,
`Duplicate` and `NotFound`, all or nothing. It checks no signature, no quota and no addresses, so it proves nothing of
a client's behaviour: the tests do that against the lab.

Lives here: the calls, latency, throttling (by the lab's own buckets), and counts of what was asked. Must not live
here: anything else of originlock. It prints one line of JSON, {"url": ...}, when it answers, and ends when its
standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import dataclasses
import enum
import functools
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from originlock.lab.settings import Bucket, TokenBuckets

#: GET of this answers what `Ec2.state` says.
STATE_PATH: Final = "/state"

_XMLNS: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
_VPC: Final = "vpc-0bench"
_OWNER: Final = "123456789012"

_SOURCES: Final = {
    "CidrIp": ("cidrIpv4", "ipRanges", "cidrIp"),
    "CidrIpv6": ("cidrIpv6", "ipv6Ranges", "cidrIpv6"),
}
"""How a kind of source is called in a request; then in a rule, and in which list and how in a group that is described.
A further kind belongs here, and the calls that it brings in `Ec2.actions`."""

Parameters = Mapping[str, str]
Tags = tuple[tuple[str, str], ...]


class Code(enum.StrEnum):
    """Errors of EC2 ('EC2 API reference', error codes)."""

    UNKNOWN = "InvalidAction"
    DUPLICATE = "InvalidPermission.Duplicate"
    NO_PERMISSION = "InvalidPermission.NotFound"
    NO_GROUP = "InvalidGroup.NotFound"
    NO_RULE = "InvalidSecurityGroupRuleId.NotFound"
    LATER = "RequestLimitExceeded"


class RefusedError(Exception):
    """An error of EC2."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


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


@dataclasses.dataclass(slots=True)
class Asked:
    """What was asked since it was last told: calls, refusals, and waits of groups.

    A wait is that of one mutating action on one group, from when it was asked for first until it was done.
    """

    calls: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    errors: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    throttled: collections.Counter[tuple[str, str]] = dataclasses.field(default_factory=collections.Counter)
    since: dict[tuple[str, str], float] = dataclasses.field(default_factory=dict)
    waits: list[float] = dataclasses.field(default_factory=list)

    def note(self, given: Parameters, now: float, error: Code | None) -> None:
        """Note one call and how it was answered."""
        action = given.get("Action", "")
        self.calls[action] += 1
        which = (action, given.get("GroupId", ""))
        first = self.since.setdefault(which, now)
        if error is not None:
            self.errors[error] += 1
            self.throttled[which] += error is Code.LATER
        elif which[1]:
            self.waits.append(now - first)
            del self.since[which]

    def told(self) -> dict[str, object]:
        """Say it, and forget it."""
        found: dict[str, object] = {
            "calls": dict(self.calls),
            "errors": dict(self.errors),
            "most_throttled": max(self.throttled.values(), default=0),
            "longest_wait": max(self.waits, default=0.0),
        }
        for each in (self.calls, self.errors, self.throttled, self.since, self.waits):
            each.clear()
        return found


class Ec2:
    """All that is held, and the calls."""

    def __init__(self, groups: int, tags: Tags, throttle: Bucket | None = None) -> None:
        ids = [f"sg-{number:017x}" for number in range(groups)]
        self.groups = {name: Group(name, tags) for name in ids}
        self.asked = Asked()
        self._throttle = throttle
        self._buckets = TokenBuckets()
        self._made = 0
        self.actions: Mapping[str, Callable[[Parameters], str]] = {
            "DescribeSecurityGroups": self.describe_groups,
            "DescribeSecurityGroupRules": self.describe_rules,
            "AuthorizeSecurityGroupIngress": self.authorize,
            "RevokeSecurityGroupIngress": self.revoke,
        }

    def answer(self, form: bytes) -> tuple[int, bytes]:
        """Answer one call: HTTP status and XML."""
        given = dict(parse_qsl(form.decode(), keep_blank_values=True))
        action = given.get("Action", "")
        now = time.monotonic()
        try:
            if self._throttle is not None and not self._buckets.take(action, self._throttle, now):
                _refuse_for_now()
            inner = self.actions.get(action, _unknown)(given)
        except RefusedError as refusal:
            error = f"<Error><Code>{refusal.code}</Code><Message>{escape(str(refusal))}</Message></Error>"
            self.asked.note(given, now, refusal.code)
            status = 503 if refusal.code is Code.LATER else 400
            body = f"<Response><Errors>{error}</Errors><RequestID>{uuid.uuid4()}</RequestID></Response>"
            return status, body.encode()
        self.asked.note(given, now, None)
        head = f'<{action}Response xmlns="{_XMLNS}"><requestId>{uuid.uuid4()}</requestId>'
        return 200, f"{head}{inner}</{action}Response>".encode()

    def state(self) -> bytes:
        """What was asked, and how many groups let in what: {"CIDR CIDR ...": number of groups}."""
        held = collections.Counter(" ".join(sorted(key.source for key in group.keys)) for group in self.groups.values())
        return json.dumps({**self.asked.told(), "groups": held}).encode()

    # --- the calls ---------------------------------------------------------------------------------------------

    def describe_groups(self, given: Parameters) -> str:
        """Groups by id or by tag, in pages."""
        named = [value for name, value in given.items() if name.startswith("GroupId.")]
        chosen: Iterable[Group] = [self._group(name) for name in named] or self.groups.values()
        for name, values in _filters(given):
            if name == "group-id":
                chosen = [self.groups[value] for value in values if value in self.groups]
            else:
                key = name.removeprefix("tag:")
                chosen = [group for group in chosen if dict(group.tags).get(key) in values]
        page, token = _page([_described(group) for group in chosen], given)
        return f"<securityGroupInfo>{page}</securityGroupInfo>{token}"

    def describe_rules(self, given: Parameters) -> str:
        """The rules of the groups that a filter names, in pages."""
        chosen = [value for name, values in _filters(given) if name == "group-id" for value in values]
        rules = [rule.xml for value in chosen if value in self.groups for rule in self.groups[value].rules.values()]
        page, token = _page(rules, given)
        return f"<securityGroupRuleSet>{page}</securityGroupRuleSet>{token}"

    def authorize(self, given: Parameters) -> str:
        """Add rules, all or none."""
        group = self._group(given.get("GroupId", ""))
        wanted = list(_keys(given))
        twice = group.keys & set(wanted)
        if twice or len(set(wanted)) < len(wanted):
            said = f'the specified rule "peer: {next(iter(twice or wanted)).source}" already exists'
            raise RefusedError(Code.DUPLICATE, said)
        tags = _xml_tags(_tags(given, "TagSpecification.1.Tag"))
        made = [self._rule(group, key, tags) for key in wanted]
        group.rules |= {rule.id: rule for rule in made}
        return f"<return>true</return><securityGroupRuleSet>{''.join(r.xml for r in made)}</securityGroupRuleSet>"

    def revoke(self, given: Parameters) -> str:
        """Take rules out by id or by what they say, all or none."""
        group = self._group(given.get("GroupId", ""))
        ids = [value for name, value in given.items() if name.startswith("SecurityGroupRuleId.")]
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

    def _rule(self, group: Group, key: Key, tags: str) -> Rule:
        self._made += 1
        name = f"sgr-{self._made:017x}"
        member, _, _ = _SOURCES[key.kind]
        xml = (
            f"<item><securityGroupRuleId>{name}</securityGroupRuleId><groupId>{group.id}</groupId>"
            f"<groupOwnerId>{_OWNER}</groupOwnerId><isEgress>false</isEgress><ipProtocol>{key.protocol}</ipProtocol>"
            f"<fromPort>{key.from_port}</fromPort><toPort>{key.to_port}</toPort><{member}>{key.source}</{member}>"
            f"{tags}</item>"
        )
        return Rule(name, key, xml)


def _refuse_for_now() -> None:
    raise RefusedError(Code.LATER, "Request limit exceeded.")


def _unknown(given: Parameters) -> str:
    raise RefusedError(Code.UNKNOWN, f"The stand-in does not know {given.get('Action')}")


# --- EC2's query protocol: numbered parameters in, XML out -------------------------------------------------------


def _filters(given: Parameters) -> list[tuple[str, list[str]]]:
    found = []
    number = 1
    while name := given.get(f"Filter.{number}.Name"):
        start = f"Filter.{number}.Value."
        found.append((name, [value for key, value in given.items() if key.startswith(start)]))
        number += 1
    return found


def _page(items: list[str], given: Parameters) -> tuple[str, str]:
    """The items of a page, and the token of the next: where it begins."""
    start = int(given.get("NextToken", "0"))
    end = start + int(given.get("MaxResults", "1000"))
    token = f"<nextToken>{end}</nextToken>" if end < len(items) else ""
    return "".join(items[start:end]), token


def _keys(given: Parameters) -> Iterable[Key]:
    for name, value in given.items():
        start, _, last = name.rpartition(".")
        if last in _SOURCES:
            permission = ".".join(start.split(".")[:2])
            ports = (given[f"{permission}.FromPort"], given[f"{permission}.ToPort"])
            yield Key(given[f"{permission}.IpProtocol"], *ports, last, value)


def _tags(given: Parameters, start: str) -> Tags:
    found = []
    number = 1
    while key := given.get(f"{start}.{number}.Key"):
        found.append((key, given.get(f"{start}.{number}.Value", "")))
        number += 1
    return tuple(found)


def _xml_tags(tags: Tags) -> str:
    items = "".join(f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>" for key, value in tags)
    return f"<tagSet>{items}</tagSet>"


def _described(group: Group) -> str:
    ranges = "".join(
        f"<item><ipProtocol>{key.protocol}</ipProtocol><fromPort>{key.from_port}</fromPort>"
        f"<toPort>{key.to_port}</toPort>{_source(key)}</item>"
        for key in group.keys
    )
    return (
        f"<item><groupId>{group.id}</groupId><groupName>{group.id}</groupName><groupDescription>bench"
        f"</groupDescription><vpcId>{_VPC}</vpcId><ownerId>{_OWNER}</ownerId><ipPermissions>{ranges}</ipPermissions>"
        f"<ipPermissionsEgress/>{_xml_tags(group.tags)}</item>"
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
    parser.add_argument("--latency-ms", type=float, default=0, help="of each call")
    parser.add_argument("--per-second", type=float, help="of each action; a bucket holds as many")
    wanted = parser.parse_args()
    key, _, value = wanted.tag.partition("=")
    limit = None if wanted.per_second is None else Bucket(burst=wanted.per_second, rate=wanted.per_second)
    asyncio.run(_main(Ec2(wanted.groups, ((key, value),), limit), wanted.latency_ms / 1000))
