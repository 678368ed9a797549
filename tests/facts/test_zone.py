"""Where records lead: one answer, whoever asks."""

from __future__ import annotations

import pytest

from originlock.facts.zone import DnsRecord, leads_to

BALANCER = "Blog-1.eu-west-1.elb.amazonaws.com"


@pytest.mark.parametrize(
    "content, ours",
    [
        (BALANCER, True),
        (BALANCER.lower() + ".", True),
        (BALANCER.upper(), True),
        (f"dualstack.{BALANCER}", True),
        (f"DualStack.{BALANCER}.", True),
        (f"other.{BALANCER}", False),
        ("dualstack.other.elb.amazonaws.com", False),
        ("", False),
    ],
)
def test_an_alias_of_the_load_balancer_is_known_by_any_spelling(content: str, ours: bool) -> None:  # noqa: FBT001
    """A name whose visitors would be shut out is passed over, or a record that is right is replaced."""
    record = DnsRecord("1", "www.example.org", "CNAME", content)
    assert leads_to(record, BALANCER) is ours
    assert not leads_to(record, "")
    assert not leads_to(DnsRecord("1", "www.example.org", "TXT", content), BALANCER)
