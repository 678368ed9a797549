"""The guides are followed as they stand: their configuration, their commands, in their order."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.groups import OFFICE, group, of_edge, ports_from, sources
from tests.cli.product import Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient

GUIDES = Path(__file__).resolve().parents[2] / "docs"
FORMER = "104.16.0.0/12"

ASKS = ("adopt", "apply", "rollback")
"""They ask a person, who is not here."""

ELSEWHERE = ("verify", "schedule")
"""They connect to the world, or write to this machine: the tests of each show them."""


def followed(guide: str) -> tuple[str, list[list[str]]]:
    """A guide's configuration, and its command lines."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    (configuration,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    return configuration, [line.partition("#")[0].partition(">")[0].split() for line in lines]


def test_moving_from_a_script(product: Product, ec2: AwsClient) -> None:
    """Whoever follows the guide would end with a refusal, an error, or a rule that is gone."""
    left = group(ec2, of_edge(443, ipv4=[*IPV4, FORMER]), ports_from(443, 443, OFFICE))
    configuration, lines = followed("moving-from-a-script.md")
    # What the edge serves is proved by connections, which need an edge.
    assert re.search(r"^hostnames = .*\n", configuration, re.MULTILINE)
    written = re.sub(r"^hostnames = .*\n", "", configuration, flags=re.MULTILINE)
    written = written.replace("sg-0123456789abcdef0", left).replace("203.0.113.7/32", OFFICE)
    product.write("originlock.toml", written)
    ended = {}
    for words in lines:
        program, command, *options = words
        if program != "originlock" or command in ELSEWHERE:
            continue
        if command == "history":
            break
        ended[command] = product.run(command, *options, *(["--yes"] if command in ASKS else []))
    assert {command: each.code for command, each in ended.items()} == {
        **dict.fromkeys(("config", "iam-policy", "apply"), 0),
        **dict.fromkeys(("adopt", "plan"), 3),
        "run": 7,  # without hostnames nothing can be asked for through the edge
        "status": 7,  # a dry run leaves no record
    }, "\n".join(each.said for each in ended.values())
    assert sources(ec2, left) == {*IPV4, *IPV6, OFFICE}
    assert "blog" in product.run("history").out
    back = product.run("rollback", "--yes")
    assert back.code == 4, back.said  # what went was a range of the past: only --reopen brings it back
    assert {*IPV4, *IPV6, OFFICE} <= sources(ec2, left)
