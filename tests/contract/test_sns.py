"""SNS as far as we use it: one message to a topic."""

from __future__ import annotations

import pytest
from tests.contract.places import Place, refused

pytestmark = pytest.mark.source("Amazon SNS API reference, Publish")


def test_a_message_is_taken(place: Place) -> None:
    """With the longest subject, and an attribute to filter by."""
    sns = place.client("sns")
    topic = sns.create_topic(Name="olc-ops")["TopicArn"]
    try:
        attributes = {"weight": {"DataType": "String", "StringValue": "alert"}}
        said = sns.publish(TopicArn=topic, Subject="x" * 99, Message="text\n", MessageAttributes=attributes)
        assert said["MessageId"]
        with refused("InvalidParameter"):
            sns.publish(TopicArn=topic, Subject="x" * 101, Message="text")
    finally:
        sns.delete_topic(TopicArn=topic)


def test_a_topic_that_is_not_there(place: Place) -> None:
    """Told as such."""
    account = place.client("sts").get_caller_identity()["Account"]
    sns = place.client("sns")
    with refused("NotFound"):
        sns.publish(TopicArn=f"arn:aws:sns:{sns.meta.region_name}:{account}:olc-absent", Message="text")
