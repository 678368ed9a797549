"""The statements that telling people by topics of SNS needs.

Lives here: from topics to statements. Must not live here: which calls there are (see `permissions`), documents (see
`least_privilege`), botocore.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from originlock.aws.permissions import Purpose
from originlock.aws.statement import Statement, actions
from originlock.intent.telling import ChannelPolicy, Sns


class Topic(msgspec.Struct, frozen=True):
    """A topic, as far as a policy names it.

    Attributes:
        arn: its ARN.
        role: the ARN of the role by which it is published to; None for whoever starts originlock.
    """

    arn: str
    role: str | None = None

    @property
    def partition(self) -> str:
        """The partition that it is in."""
        return self.arn.split(":")[1]


def topics_of(channels: Iterable[ChannelPolicy]) -> tuple[Topic, ...]:
    """The topics among channels."""
    return tuple(Topic(each.way.topic_arn, each.way.role) for each in channels if isinstance(each.way, Sns))


def inside(role: str, topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """The topics that are published to by a role, as that role sees them."""
    return tuple(Topic(each.arn) for each in topics if each.role == role)


def of_topics(purposes: frozenset[Purpose], topics: Iterable[Topic]) -> Iterator[Statement]:
    """All that these purposes need of topics."""
    if Purpose.TELL not in purposes:
        return
    topics = tuple(topics)
    if arns := tuple(sorted({each.arn for each in topics if each.role is None})):
        yield Statement("Tell", actions(Purpose.TELL), arns, Purpose.TELL.value)
    if roles := tuple(sorted({each.role for each in topics if each.role is not None})):
        yield Statement(
            "EnterToTell", actions(Purpose.ENTER), roles, "become the role by which a topic is published to"
        )
