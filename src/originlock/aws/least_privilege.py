"""The least that IAM must allow a command for a configuration: policy documents.

Lives here: statements of several origins as one policy, the JSON that IAM takes, and its size.
Must not live here: what is allowed (see `policy_statements`), printing, botocore.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from originlock.aws.permissions import OPERATIONS, PURPOSES, Purpose
from originlock.aws.policy_scope import Scope
from originlock.aws.policy_statements import of_log, of_scope
from originlock.aws.statement import Statement
from originlock.aws.topic_statements import Topic, of_topics

LARGEST: Final = 6144
"""IAM and STS quotas: characters of a managed policy; white space does not count."""


def statements(
    command: str, scopes: Iterable[Scope], *, adopt: bool = False, topics: Iterable[Topic] = ()
) -> tuple[Statement, ...]:
    """What a command needs for these origins and topics, from the widest to the narrowest; nothing twice.

    Args:
        command: a command that calls AWS (a key of `permissions.PURPOSES`).
        scopes: what it is done for, one for each origin.
        adopt: whether rules of others are taken over as well.
        topics: by which people are told.
    """
    purposes = PURPOSES[command] | ({Purpose.TAKE_OVER} if adopt and command != "plan" else frozenset())
    of_origins = purposes - {Purpose.TELL}
    needed = (statement for scope in scopes if of_origins for statement in of_scope(of_origins, scope))
    return merged(itertools.chain(needed, of_topics(purposes, topics)))


def merged(found: Iterable[Statement]) -> tuple[Statement, ...]:
    """Those that differ in their resources alone as one, and names made unique."""
    alike: dict[Statement, set[str]] = {}
    for each in found:
        alike.setdefault(msgspec.structs.replace(each, resources=()), set()).update(each.resources)
    taken: dict[str, int] = {}
    named: list[Statement] = []
    for each, resources in alike.items():
        taken[each.sid] = taken.get(each.sid, 0) + 1
        sid = each.sid if taken[each.sid] == 1 else f"{each.sid}{taken[each.sid]}"
        named.append(msgspec.structs.replace(each, sid=sid, resources=tuple(sorted(resources))))
    return tuple(named)


def log_statements(scopes: Iterable[Scope]) -> tuple[Statement, ...]:
    """What Lambda needs beside, to write the function's log."""
    return merged(statement for scope in scopes for statement in of_log(scope))


def document(listed: Iterable[Statement]) -> dict[str, object]:
    """The policy as IAM takes it."""
    return {"Version": "2012-10-17", "Statement": [_plain(statement) for statement in listed]}


def trust_policy(service: str, partition: str) -> dict[str, object]:
    """The document by which a role trusts a service: ``ec2`` or ``lambda``."""
    # In China EC2 went by another name when kops issue 27 was written; whether the usual one is taken there by now
    # was not found.
    suffix = ".cn" if service == "ec2" and partition == "aws-cn" else ""
    principal = {"Service": f"{service}.amazonaws.com{suffix}"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": OPERATIONS["sts:AssumeRole"].action}
    return {"Version": "2012-10-17", "Statement": [statement]}


def size(policy: Mapping[str, object]) -> int:
    """How many characters IAM counts."""
    return sum(not letter.isspace() for letter in json.dumps(policy, separators=(",", ":")))


def _plain(statement: Statement) -> dict[str, object]:
    plain: dict[str, object] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": _one_or_many(statement.actions),
        "Resource": _one_or_many(statement.resources),
    }
    if statement.conditions:
        conditions: dict[str, dict[str, object]] = {}
        for operator, key, values in statement.conditions:
            conditions.setdefault(operator, {})[key] = _one_or_many(values)
        plain["Condition"] = conditions
    return plain


def _one_or_many(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
