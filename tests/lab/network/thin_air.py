"""Blueprints made of thin air: one load balancer, and what it admits."""

from __future__ import annotations

from originlock.lab.blueprint import Admission, Balancer, Blueprint

IPV4, IPV6 = "198.51.100.7", "2001:db8:100::7"


def balancer(
    *admissions: Admission, ipv4: tuple[str, ...] = (IPV4,), ipv6: tuple[str, ...] = (IPV6,), tracked: bool = True
) -> Blueprint:
    """A world with one load balancer, which admits these."""
    made = Balancer(
        arn="arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/one/1",
        name="one",
        account="123456789012",
        region="eu-west-1",
        dns_name="one-1.eu-west-1.elb.amazonaws.com",
        ipv4=ipv4,
        ipv6=ipv6,
        admissions=admissions,
        listeners=(),
        attributes={},
        tracked=tracked,
    )
    return Blueprint((made,))


def to_443(*cidrs: str) -> Admission:
    """TCP to port 443."""
    return Admission("tcp", 443, 443, cidrs)
