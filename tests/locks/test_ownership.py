"""Marks on rules: whose, and what they say."""

from __future__ import annotations

from hypothesis import given, strategies as st

from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey
from originlock.locks.network.ownership import description, is_for_range, is_own, owner, says, tags_for

KEY = RuleKey("tcp", 443, 443, CidrSource(parse("104.16.0.0/13")))
AWS_TAKES = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*")


@given(st.text(max_size=600))
def test_any_text_becomes_a_description_that_aws_takes(text: str) -> None:
    """One character that AWS refuses fails the whole batch, and with it the lock."""
    said = description(text)
    assert set(said) <= AWS_TAKES
    assert len(said) <= 255
    assert description(said) == said


def test_a_description_stays_readable() -> None:
    """Accents that become noise, or a cut that nobody sees."""
    assert description("Zoë's office") == "Zoe_s office"
    assert description("a\tb\nc") == "a b c"
    assert description("x" * 255) == "x" * 255
    assert description("x" * 256) == "x" * 252 + "..."


def test_the_tag_decides_whose_a_rule_is() -> None:
    """A rule copied in the console, with our description but without our tag, that is taken for ours."""
    copied = Rule("sgr-1", KEY, says("blog", "edge", "cloudflare"))
    ours = Rule("sgr-2", KEY, "", tags_for("blog"))
    assert (owner(copied), owner(ours)) == (None, "blog")
    assert not is_own(copied, "blog")
    assert is_own(ours, "blog")
    assert not is_own(ours, "shop")
    assert tags_for("blog") == (("originlock:origin", "blog"),)


def test_what_a_rule_is_for() -> None:
    """An exception that counts as a range: dropping three offices would look like a shrunken list."""
    purposes = {
        purpose: is_for_range(Rule("sgr-1", KEY, says("blog", purpose, "x")))
        for purpose in ("edge", "extra", "exception")
    }
    assert purposes == {"edge": True, "extra": False, "exception": False}
    assert is_for_range(Rule("sgr-1", KEY, ""))
