"""What the lab's commands say to people.

Lives here: from data to lines. Must not live here: how the data is come by, or printing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from originlock.report.document import Document, Line, Tone, table


def status_document(data: Mapping[str, Any]) -> Document:
    """A lab that runs."""
    apis = [("AWS", data["aws_url"]), ("Cloudflare", data["cloudflare_url"])]
    lines = [Line("the lab is up", Tone.GOOD), *_filters(data)]
    lines += [Line("APIs, at the loopback address here and in each host:"), *table(apis, indent=1)]
    if data["hosts"]:
        hosts = [(name, ", ".join(addresses)) for name, addresses in data["hosts"].items()]
        lines += [Line("hosts (`originlock lab exec --as HOST -- COMMAND`):"), *table(hosts, indent=1)]
    lines += [Line("load balancers:" if data["load_balancers"] else "load balancers: none yet")]
    lines += table([_balancer(each) for each in data["load_balancers"]], indent=1)
    if data["loopback"]:
        places = [(f"{each['address']} port {each['port']}", each["is_at"]) for each in data["loopback"]]
        lines += [Line("where listeners really are:"), *table(places, indent=1)]
    lines += [Line(f"its authority: {data['authority']}"), Line(f"its folder: {data['folder']}")]
    return tuple(lines)


def _filters(data: Mapping[str, Any]) -> Sequence[Line]:
    if data["packet_filters"]:
        return (Line("packets are filtered as the security groups say"),)
    return (
        Line(f"packets are NOT filtered: {data['why_not']}; every listener is on the loopback address", Tone.WARNING),
    )


def _balancer(data: Mapping[str, Any]) -> tuple[str, ...]:
    listeners = " ".join(data["listeners"]) or "no listeners"
    return (data["name"], listeners, data["dns_name"], ", ".join(data["addresses"]))


def calls_document(calls: Sequence[Mapping[str, Any]]) -> Document:
    """The calls that a local cloud was asked."""
    rows = [
        (
            str(call["number"]),
            " ".join(str(call[name]) for name in ("service", "action", "method", "path") if call.get(name)),
            "-" if call["status"] is None else str(call["status"]),
            call.get("error") or " ".join(map(str, call.get("errors", ()))),
            f"(fault: {call['fault']})" if call.get("fault") else "",
        )
        for call in calls
    ]
    return tuple(table(rows)) or (Line("no calls"),)
