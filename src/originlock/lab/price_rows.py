"""What the lab's price list holds: load balancers, public addresses and data transfer, in four Regions.

Here live the rows, all of them reconstructed: shapes and which rows there are as in replies of AWS's that users
published, and prices as found in public copies where there are any. SKUs are made up; so are all prices of
eu-central-1, and those of network and gateway load balancers outside of us-east-1 and us-west-2.
Here must not live: the answering (see `price_list`).
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

#: One row as GetProducts has it, without its versions: `product` and `terms`.
Row = dict[str, Any]

#: When each list was published; these are dates of AWS's own lists.
PUBLISHED: Final = {
    "AWSELB": "2026-09-11T12:45:44Z",
    "AmazonVPC": "2026-07-24T15:42:25Z",
    "AWSDataTransfer": "2026-09-16T13:22:08Z",
}

#: The code of a term on demand, and of its rates (any list of AWS's).
_TERM: Final = "JRTCKXETXF"
_RATE: Final = "6YS6EN2CT7"

_SERVICES: Final = {
    "AWSELB": "Elastic Load Balancing",
    "AmazonVPC": "Amazon Virtual Private Cloud",
    "AWSDataTransfer": "AWS Data Transfer",
}

#: Region: its name, its prefix in usage types, and dollars for hour, LCU, trust store, NLB hour, GWLB hour.
_REGIONS: Final = {
    "us-east-1": ("US East (N. Virginia)", "", "0.0225", "0.0080", "0.0050", "0.0225", "0.0125"),
    "us-west-2": ("US West (Oregon)", "USW2-", "0.0225", "0.0080", "0.0063", "0.0225", "0.0125"),
    "eu-west-1": ("EU (Ireland)", "EU-", "0.0252", "0.0080", "0.0056", "0.0252", "0.0140"),
    "eu-central-1": ("EU (Frankfurt)", "EUC1-", "0.0270", "0.0080", "0.0060", "0.0270", "0.0150"),
}

_TIERS: Final = (("0", "10240", "0.0900"), ("10240", "51200", "0.0850"), ("51200", "153600", "0.0700"))


def all_rows() -> list[Row]:
    """Every row of every service, as new."""
    return [row for region in _REGIONS for row in (*_balancing(region), *_addresses(region), *_transfer(region))]


def _balancing(region: str) -> list[Row]:
    _, prefix, hour, lcu, store, network, gateway = _REGIONS[region]
    kinds = (
        # Family, operation, usage type, unit, dollars, what it is, whether on an Outpost.
        ("-Application", ":Application", "LoadBalancerUsage", "Hrs", hour, "Application LoadBalancer-hour", False),
        ("-Application", ":Application", "LCUUsage", "LCU-Hrs", lcu, "used Application LCU-hour", False),
        ("-Application", ":Application", "ReservedLCUUsage", "ReservedLCU-Hr", lcu, "reserved LCU-hour", False),
        ("-Application", ":Application", "TS-LoadBalancerUsage", "Hrs", store, "Trust Store unit-hour", False),
        ("-Application", ":Application", "Outposts-LoadBalancerUsage", "Hrs", hour, "Outposts", True),
        ("-Application", ":Application", "Outposts-LCUUsage", "LCU-Hrs", "0.0", "Outposts", True),
        ("-Network", ":Network", "LoadBalancerUsage", "Hrs", network, "Network LoadBalancer-hour", False),
        ("-Network", ":Network", "LCUUsage", "LCU-Hrs", "0.0060", "used Network LCU-hour", False),
        ("-Gateway", ":Gateway", "LoadBalancerUsage", "Hrs", gateway, "Gateway LoadBalancer-hour", False),
        ("-Gateway", ":Gateway", "LCUUsage", "LCU-Hrs", "0.0040", "used Gateway LCU-hour", False),
        ("", "", "LoadBalancerUsage", "Hrs", "0.0250", "LoadBalancer-hour", False),
        ("", "", "DataProcessing-Bytes", "GB", "0.0080", "GB Data Processed by the LoadBalancer", False),
    )
    return [
        _row(
            "AWSELB",
            region,
            f"Load Balancer{family}",
            {
                "locationType": "AWS Outposts" if outpost else "AWS Region",
                "group": "ELB:Balancing" if "LCU" in usage else "ELB:Balancer",
                "groupDescription": words,
                "usagetype": prefix + usage,
                "operation": f"LoadBalancing{operation}",
            },
            [_rate(unit, usd, f"${usd} per {words}")],
        )
        for family, operation, usage, unit, usd, words, outpost in kinds
    ]


def _addresses(region: str) -> list[Row]:
    prefix = _REGIONS[region][1] or "USE1-"
    kinds = (
        ("InUseAddress", "VPCPublicIPv4Address", "0.0050", "In-use public IPv4 address per hour"),
        ("IdleAddress", "VPCPublicIPv4Address", "0.0050", "Idle public IPv4 address per hour"),
        ("ContiguousBlock", "VPCIPv4ContiguousBlocks", "0.0080", "hour per IPv4 address in contiguous IPv4 block"),
    )
    return [
        _row(
            "AmazonVPC",
            region,
            "",
            {
                "locationType": "AWS Region",
                "group": group,
                "groupDescription": words,
                "usagetype": f"{prefix}PublicIPv4:{usage}",
                "operation": "",
            },
            [_rate("Hrs", usd, f"${usd} per {words}")],
        )
        for usage, group, usd, words in kinds
    ]


def _transfer(region: str) -> list[Row]:
    location, prefix, *_ = _REGIONS[region]
    out = [_rate("GB", usd, f"${usd} per GB", begin, end) for begin, end, usd in _TIERS]
    kinds: tuple[tuple[str, str, str, list[dict[str, Any]]], ...] = (
        (f"{prefix}DataTransfer-Out-Bytes", "AWS Outbound", "External", [*out, _rate("GB", "0.0500", "", "153600")]),
        (f"{prefix}DataTransfer-In-Bytes", "AWS Inbound", location, [_rate("GB", "0.0", "")]),
        (f"{prefix}DataTransfer-Regional-Bytes", "IntraRegion", location, [_rate("GB", "0.0100", "")]),
        (f"{prefix}CloudFront-Out-Bytes", "CloudFront Outbound", "CloudFront", [_rate("GB", "0.0", "")]),
    )
    rows = [
        _row(
            "AWSDataTransfer",
            region,
            "Data Transfer",
            {
                "transferType": kind,
                "fromLocation": "External" if kind == "AWS Inbound" else location,
                "fromLocationType": "AWS Region",
                "fromRegionCode": "" if kind == "AWS Inbound" else region,
                "toLocation": to,
                "toLocationType": "Other" if to == "External" else "AWS Region",
                "usagetype": usage,
                "operation": "",
            },
            rates,
        )
        for usage, kind, to, rates in kinds
    ]
    free = {
        "transferType": "AWS Outbound",
        "fromLocation": "Global",
        "fromLocationType": "Other",
        "toLocation": "External",
        "toLocationType": "Other",
        "usagetype": "Global-DataTransfer-Out-Bytes",
        "operation": "",
    }
    return [*rows, _row("AWSDataTransfer", region, "Data Transfer", free, [_rate("GB", "0.0", "free", "0", "100")])]


def _rate(unit: str, usd: str, words: str, begin: str = "0", end: str = "Inf") -> dict[str, Any]:
    whole, _, rest = usd.partition(".")
    price = f"{whole}.{rest:0<10}"
    return {
        "unit": unit,
        "beginRange": begin,
        "endRange": end,
        "description": words,
        "appliesTo": [],
        "pricePerUnit": {"USD": price},
    }


def _row(service: str, region: str, family: str, attributes: dict[str, str], rates: list[dict[str, Any]]) -> Row:
    named = f"{service} {region} {attributes['usagetype']} {attributes['operation']} {attributes.get('locationType')}"
    sku = base64.b32encode(hashlib.sha256(named.encode()).digest())[:16].decode()
    told = {"servicecode": service, "servicename": _SERVICES[service], **attributes}
    if service != "AWSDataTransfer":
        told |= {"location": _REGIONS[region][0], "regionCode": region}
    dimensions = {
        f"{sku}.{_TERM}.{_RATE if number == 0 else f'{number:010d}'}": rate for number, rate in enumerate(rates)
    }
    term = {
        "priceDimensions": dimensions,
        "sku": sku,
        "effectiveDate": "2026-09-01T00:00:00Z",
        "offerTermCode": _TERM,
        "termAttributes": {},
    }
    product: dict[str, Any] = {"attributes": told, "sku": sku} | ({"productFamily": family} if family else {})
    return {
        # Of which Region's file it is: not in the list itself.
        "file": region,
        "serviceCode": service,
        "product": product,
        "terms": {"OnDemand": {f"{sku}.{_TERM}": term}},
    }
