"""Cloudflare: where it publishes its ranges, in which forms, and the list that ships with the package.

Lives here: all that is true of Cloudflare only. Must not live here: HTTP, and any judgement of its list.
Source of it: https://www.cloudflare.com/ips/ and the API's reference, "Cloudflare IPs".
"""

from __future__ import annotations

from originlock.edges.adapter import Document, EdgeAdapter, Form
from originlock.edges.decode import (
    UndecodableError,
    as_object,
    json_object,
    lines,
    member,
    optional_mark,
    strings,
    unparsable,
)
from originlock.facts.edge import (
    EdgeDescription,
    EdgeLimits,
    EdgeSigns,
    FormerRange,
    FormReading,
    PublishedForm,
    Ranges,
    UnreadableForm,
)
from originlock.facts.networks import parse

_SNAPSHOT = (
    # https://www.cloudflare.com/ips-v4 and /ips-v6 as recorded on 2026-10-02, in their order;
    # https://api.cloudflare.com/client/v4/ips said the same (etag 38f79d050aa027e3be3865e495dcc9bc).
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
    "2400:cb00::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2405:b500::/32",
    "2405:8100::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
)

_FORMER = (
    FormerRange(
        parse("104.16.0.0/12"),
        "removed on 2021-04-08, 104.16.0.0/13 and 104.24.0.0/14 added: https://www.cloudflare.com/ips/ as quoted in "
        "https://github.com/cloudflare/cf-ip-rewrite/pull/18",
    ),
    FormerRange(
        parse("199.27.128.0/21"),
        "in https://www.cloudflare.com/ips-v4 on 2016-09-28, as recorded in "
        "https://gist.github.com/xxdesmus/eccab7459a436999a90faafa0e3eeec7",
    ),
)
"""Addresses leased in the first years (204.93.177.0/24, 204.93.240.0/24) are not here: Cloudflare said in 2016 that
they are not its own (https://github.com/HoustonDad/ea-apache24-mod_cloudflare/issues/5)."""

_SIGNS = EdgeSigns(
    served_by=("server", "cloudflare"),
    ray="cf-ray",
    cache="cf-cache-status",
    from_origin=("dynamic", "miss", "bypass"),
    # 520 to 526: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ ;
    # 530 stands beside an error 1xxx, such as an origin's name that does not resolve (the same page).
    own_errors=(
        (520, "an empty or unreadable answer, or a reset"),
        (521, "the connection was refused"),
        (522, "the connection timed out"),
        (523, "no way to the origin"),
        (524, "the answer took too long"),
        (525, "the TLS handshake failed"),
        (526, "the origin's certificate is not valid: expired, or of an authority or a name that is not believed"),
        (530, "an error of its own, such as an origin whose name does not resolve"),
    ),
    challenge="cf-mitigated",
    sign_in=".cloudflareaccess.com",
    trace_path="/cdn-cgi/trace",
)
"""`server: cloudflare` and `cf-ray` stand on every answer, its own error pages and cached ones included; only a
`cf-cache-status` of DYNAMIC, MISS or BYPASS says that the origin answered. (Cache responses:
https://developers.cloudflare.com/cache/concepts/cache-responses/ ; cf-mitigated:
https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/ )"""

DESCRIPTION = EdgeDescription(
    name="cloudflare",
    title="Cloudflare",
    # Our choice: one bit wider than the widest of the snapshot, a /13 and a /29.
    limits=EdgeLimits(widest_ipv4=12, widest_ipv6=28),
    settings=(
        ("api_url", "https://api.cloudflare.com/client/v4/ips"),
        ("ipv4_url", "https://www.cloudflare.com/ips-v4"),
        ("ipv6_url", "https://www.cloudflare.com/ips-v6"),
        ("account_url", "https://api.cloudflare.com/client/v4"),
        # "Authenticated Origin Pulls", set up, global.
        ("shared_ca_url", "https://developers.cloudflare.com/ssl/static/authenticated_origin_pull_ca.pem"),
    ),
    snapshot=Ranges.of([parse(entry) for entry in _SNAPSHOT]),
    snapshot_date="2026-10-02",
    former=_FORMER,
    signs=_SIGNS,
)
"""What the rest of the house needs to know of Cloudflare."""


def decode_json(form: str, documents: tuple[Document, ...]) -> FormReading:
    """Read the API's answer.

    It is ``{"result": {"ipv4_cidrs": [...], "ipv6_cidrs": [...], "etag": ...}, "success": true, ...}``.
    """
    (document,) = documents
    try:
        whole = json_object(document)
        success = member(document, whole, "success")
        if success is not True:
            raise unparsable(document, "the API says that the call was no success")
        result = as_object(document, member(document, whole, "result"), "'result'")
        return PublishedForm(
            form,
            (document.url,),
            strings(document, member(document, result, "ipv4_cidrs"), "'ipv4_cidrs'"),
            strings(document, member(document, result, "ipv6_cidrs"), "'ipv6_cidrs'"),
            optional_mark(document, result, "etag"),
            document.length_declared,
        )
    except UndecodableError as error:
        return UnreadableForm(form, (document.url,), error.guard, error.reason)


def decode_text(form: str, documents: tuple[Document, ...]) -> FormReading:
    """Read the two lists of lines, IPv4 and IPv6."""
    ipv4, ipv6 = documents
    urls = (ipv4.url, ipv6.url)
    declared = ipv4.length_declared and ipv6.length_declared
    try:
        return PublishedForm(form, urls, lines(ipv4), lines(ipv6), length_declared=declared)
    except UndecodableError as error:
        return UnreadableForm(form, urls, error.guard, error.reason)


ADAPTER = EdgeAdapter(
    DESCRIPTION,
    (Form("json", ("api_url",), decode_json), Form("text", ("ipv4_url", "ipv6_url"), decode_text)),
)
"""Cloudflare, for the registry."""
