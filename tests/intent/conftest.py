"""What the tests of decoding share: the edges that may be named, and a document that says everything."""

from __future__ import annotations

import tomllib

import pytest

from originlock.facts.edge import EdgeDescription, EdgeLimits, Ranges

FULL = """
[origins.blog]
edge = "cloudflare"
region = "eu-west-1"
profile = "prod"
role = "arn:aws:iam::123456789012:role/ops/originlock"
external_id = "blog:2026"
security_groups = ["sg-0123456789abcdef0", "sg-0a1b2c3d"]
hostnames = ["WWW.example.org", "example.org"]

[origins.blog.network]
protocol = "tcp"
ports = [8443, 443]
foreign = "remove"
foreign_rules = ["sgr-0123456789abcdef0"]
extra_ranges = ["2001:db8:7::/48", "198.51.100.0/24"]

[[origins.blog.exceptions]]
source = "203.0.113.7/32"
owner = "ops@example.org"
reason = "office"
expires = 2027-03-31

[[origins.blog.exceptions]]
source = "2001:DB8::/48"
owner = "ops@example.org"
reason = "monitor"
expires = "2027-04-30"

[origins.my-shop]
edge = "narrow"
tags = { origin = "shop", "cost centre" = "" }

[origins.wiki]
load_balancer = "wiki"

[origins.wiki.identity]
mode = "passthrough"
certificate = "own"
scope = "zone"
ca = "wiki-edge"
leaf = "cloudflare"
bucket = "my-trust-bundles"
create_bucket = true
advertise_ca_names = true
echo = "/whoami"
logs = true
probe_port = 8443
acknowledge = ["exception 203.0.113.7/32"]

[origins.wiki.edge_account]
zone = "Example.org"
token_file = "/etc/originlock/token"
manage_dns = true

[edges.cloudflare]
api_url = "https://api.example.test/v4/"
ipv4_url = "http://127.0.0.1:8080/ips-v4"
ipv6_url = "http://[::1]:8080/ips-v6"
shared_ca_pins = ["9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9"]

[edges.narrow]
list_url = "http://localhost/list"

[limits]
changes_per_second = 2.5
settle_seconds = 0
deploy_seconds = 60

[notify.receiver]
kind = "webhook"
on = ["hole", "change"]
url_env = "RECEIVER_URL"
secret_file = "/etc/originlock/webhook"

[notify.chat]
kind = "slack"
url_file = "/etc/originlock/slack"

[notify.topic]
kind = "sns"
topic_arn = "arn:aws:sns:eu-west-1:123456789012:ops"
profile = "ops"
role = "arn:aws:iam::123456789012:role/telling"
external_id = "ops:2026"

[notify.mail]
kind = "email"
host = "mail.example.org"
port = 2525
tls = "tls"
user = "originlock"
password_env = "MAIL_PASSWORD"
from = "originlock@example.org"
to = ["ops@example.org", "night@example.org"]

[notify.monitor]
kind = "ping"
url = "https://hc.example.org/ping/7f3c"

[notify.others]
kind = "apprise"
url_env = "APPRISE_URL"

[run]
oldest_list = "36h"
metrics_file = "/var/lib/node_exporter/originlock.prom"
tell_seconds = 12.5
"""


@pytest.fixture(scope="session")
def edges() -> tuple[EdgeDescription, ...]:
    """Two edges: one like Cloudflare, and one that believes narrow ranges only."""
    urls = tuple((f"{name}_url", f"https://{name}.example.net/") for name in ("api", "ipv4", "ipv6"))
    return (
        EdgeDescription("cloudflare", "Cloudflare", EdgeLimits(10, 24), urls, Ranges(), "2026-10-02"),
        EdgeDescription(
            "narrow",
            "Narrow",
            EdgeLimits(28, 64),
            (("list_url", "https://narrow.example.net/"),),
            Ranges(),
            "2026-10-02",
        ),
    )


@pytest.fixture
def full_document() -> dict[str, object]:
    """A document in which every key stands, none with its default."""
    return tomllib.loads(FULL)
