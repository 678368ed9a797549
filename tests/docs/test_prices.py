"""What the documentation of prices names is there."""

from __future__ import annotations

import re
from pathlib import Path

from originlock.cost.price_refusals import Doubt

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "cost-prices.md").read_text(encoding="utf-8")


def test_every_doubt_is_documented() -> None:
    """A person would look up a reason in vain, or find one that there is not."""
    start = TEXT.index("## What is refused")
    named = set(re.findall(r"`([a-z-]+)`", TEXT[start : TEXT.index("## What was not seen")]))
    assert {name for name in named if not name.startswith("--")} == {each.value for each in Doubt}
