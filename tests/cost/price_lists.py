"""A price list of AWS's as data: every row that a Region has, decoys included, to be changed one at a time."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from originlock.facts.price_list import Listing, PriceService, Product, Rate, Term

APPLICATION = "LoadBalancing:Application"
BEGUN = "2026-09-01T00:00:00Z"
PUBLISHED = "2026-09-11T12:45:44Z"

Rows = tuple[Product, ...]
Change = Callable[[Product], Product]


def rate(usd: str, unit: str, begin: str = "0", end: str = "Inf") -> Rate:
    """One rate in dollars."""
    return Rate(unit, begin, end, {"USD": usd})


def row(
    usage: str, operation: str, usd: str, unit: str, region: str = "eu-west-1", place: str = "AWS Region"
) -> Product:
    """A row of load balancing."""
    attributes = {
        "servicecode": "AWSELB",
        "regionCode": region,
        "locationType": place,
        "usagetype": usage,
        "operation": operation,
    }
    return Product(f"SKU-{usage}-{operation}", "Load Balancer", attributes, (Term(BEGUN, (rate(usd, unit),)),))


def balancing(prefix: str = "EU-", region: str = "eu-west-1") -> Rows:
    """Load balancing of a Region; with `TS-` and `Outposts-` rows, and all four kinds of load balancer."""
    return (
        row(f"{prefix}TS-LoadBalancerUsage", APPLICATION, "0.0056000000", "Hrs", region),
        row(f"{prefix}Outposts-LoadBalancerUsage", APPLICATION, "0.0252000000", "Hrs", region, "AWS Outposts"),
        row(f"{prefix}LoadBalancerUsage", APPLICATION, "0.0252000000", "Hrs", region),
        row(f"{prefix}Outposts-LCUUsage", APPLICATION, "0.0000000000", "LCU-Hrs", region, "AWS Outposts"),
        row(f"{prefix}ReservedLCUUsage", APPLICATION, "0.0081000000", "ReservedLCU-Hr", region),
        row(f"{prefix}LCUUsage", APPLICATION, "0.0080000000", "LCU-Hrs", region),
        row(f"{prefix}LoadBalancerUsage", "LoadBalancing:Network", "0.0253000000", "Hrs", region),
        row(f"{prefix}LCUUsage", "LoadBalancing:Network", "0.0060000000", "LCU-Hrs", region),
        row(f"{prefix}LoadBalancerUsage", "LoadBalancing:Gateway", "0.0140000000", "Hrs", region),
        row(f"{prefix}LCUUsage", "LoadBalancing:Gateway", "0.0040000000", "LCU-Hrs", region),
        row(f"{prefix}LoadBalancerUsage", "LoadBalancing", "0.0280000000", "Hrs", region),
        row(f"{prefix}DataProcessing-Bytes", "LoadBalancing", "0.0080000000", "GB", region),
    )


def addresses(prefix: str = "EU-", region: str = "eu-west-1") -> Rows:
    """Public addresses of a Region."""
    kinds = (("InUseAddress", "0.0050000000"), ("IdleAddress", "0.0051000000"), ("ContiguousBlock", "0.0080000000"))
    return tuple(
        Product(
            f"SKU-{kind}",
            "",
            {
                "servicecode": "AmazonVPC",
                "regionCode": region,
                "locationType": "AWS Region",
                "usagetype": f"{prefix}PublicIPv4:{kind}",
                "operation": "",
            },
            (Term(BEGUN, (rate(usd, "Hrs"),)),),
        )
        for kind, usd in kinds
    )


TIERS = (
    rate("0.0500000000", "GB", "153600"),
    rate("0.0900000000", "GB", "0", "10240"),
    rate("0.0850000000", "GB", "10240", "51200"),
    rate("0.0700000000", "GB", "51200", "153600"),
)
"""As they come: in no order."""


def moved(usage: str, kind: str, start: str, to: str, *rates: Rate) -> Product:
    """A row of data transfer."""
    attributes = {
        "servicecode": "AWSDataTransfer",
        "usagetype": usage,
        "transferType": kind,
        "fromRegionCode": start,
        "toLocation": to,
        "operation": "",
    }
    return Product(f"SKU-{usage}", "Data Transfer", attributes, (Term(BEGUN, rates),))


def transfer(prefix: str = "EU-", region: str = "eu-west-1") -> Rows:
    """Data transfer of a Region, with what is free for everybody and what stays within AWS."""
    return (
        moved("Global-DataTransfer-Out-Bytes", "AWS Outbound", "", "External", rate("0.0", "GB", "0", "100")),
        moved(f"{prefix}DataTransfer-Regional-Bytes", "IntraRegion", region, "EU (Ireland)", rate("0.01", "GB")),
        moved(f"{prefix}DataTransfer-Out-Bytes", "AWS Outbound", region, "External", *TIERS),
        moved(f"{prefix}CloudFront-Out-Bytes", "CloudFront Outbound", region, "CloudFront", rate("0.0", "GB")),
    )


def lists(
    elb: Rows | None = None, vpc: Rows | None = None, out: Rows | None = None, published: str = PUBLISHED
) -> tuple[Listing, ...]:
    """The three lists that are asked for."""
    return (
        Listing(PriceService.LOAD_BALANCING, published, "a test", balancing() if elb is None else elb),
        Listing(PriceService.VPC, published, "a test", addresses() if vpc is None else vpc),
        Listing(PriceService.TRANSFER, published, "a test", transfer() if out is None else out),
    )


def changed(rows: Rows, usage: str, change: Change, operation: str | None = None) -> Rows:
    """The same with one row changed; it must be there."""

    def is_it(each: Product) -> bool:
        return each.says("usagetype") == usage and operation in {None, each.says("operation")}

    assert any(map(is_it, rows))
    return tuple(change(each) if is_it(each) else each for each in rows)


def without(rows: Rows, usage: str, operation: str | None = None) -> Rows:
    """The same without some rows; they must be there."""
    left = tuple(
        each for each in rows if not (each.says("usagetype") == usage and operation in {None, each.says("operation")})
    )
    assert len(left) < len(rows)
    return left


def saying(**attributes: str) -> Change:
    """A change of attributes."""
    return lambda product: msgspec.structs.replace(product, attributes={**product.attributes, **attributes})


def with_terms(*terms: Term) -> Change:
    """A change of terms."""
    return lambda product: msgspec.structs.replace(product, terms=terms)


def with_rates(*rates: Rate) -> Change:
    """A change of rates."""
    return with_terms(Term(BEGUN, rates))


def costing(usd: str, unit: str = "LCU-Hrs") -> Change:
    """Another price."""
    return with_rates(rate(usd, unit))
