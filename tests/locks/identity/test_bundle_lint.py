"""Every bad bundle is refused with its own words, and never taken where a load balancer would refuse it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given, settings, strategies as st
from tests.pki.bad_files import (
    BAD_BUNDLES,
    BAD_LISTS,
    GOOD_BUNDLES,
    KEY,
    ODD_BUNDLES,
    ODD_LISTS,
    PEM,
    ROOT,
    SHARED,
    Case,
    chain,
    joined,
)
from tests.pki.making import DAY, NOW, list_pem, made, revocation_list

from originlock.facts.certificates import members
from originlock.lab import revocation_list as lab_list, trust_bundle
from originlock.locks.identity import bundle_lint, revocation_lint, rules
from originlock.locks.identity.bundle_lint import BundleLimits
from originlock.locks.identity.findings import BundleFinding, is_clean
from originlock.pki.bundles import read_bundle, read_revocation_list

QUOTAS: Final = trust_bundle.BundleQuotas()
TITLES = lambda case: case.title  # noqa: E731  what pytest calls a case


def lint(data: bytes) -> tuple[BundleFinding, ...]:
    """Of a bundle."""
    return bundle_lint.findings(read_bundle(data), NOW)


def lint_list(data: bytes) -> tuple[BundleFinding, ...]:
    """Of a list that the root should have signed."""
    return revocation_lint.revocation_findings(read_revocation_list(data, (PEM,)), NOW, with_bundle=True)


def hold(case: Case, found: tuple[BundleFinding, ...], severity: str) -> None:
    """The case's code is said, at its line, with what to do; and beside it only what is said rightly."""
    assert {each.code for each in found} == {case.code} | case.also
    (own,) = {each for each in found if each.code == case.code and (each.line or 0) == case.line}
    assert own.severity == severity
    assert own.message
    assert own.remedy


@pytest.mark.parametrize("case", BAD_BUNDLES, ids=TITLES)
def test_bad_bundles(case: Case) -> None:
    """A bundle would be sent that breaks, or that lets a stranger in."""
    found = lint(case.data)
    hold(case, found, "error")
    assert not is_clean(found)


@pytest.mark.parametrize("case", ODD_BUNDLES, ids=TITLES)
def test_odd_bundles(case: Case) -> None:
    """Something that a person should think about would go unsaid, or stop what works."""
    found = lint(case.data)
    hold(case, found, "warning")
    assert is_clean(found)


@pytest.mark.parametrize("case", BAD_LISTS, ids=TITLES)
def test_bad_lists(case: Case) -> None:
    """A list would be sent that is refused, or that revokes nothing."""
    hold(case, lint_list(case.data), "error")


@pytest.mark.parametrize("case", ODD_LISTS, ids=TITLES)
def test_odd_lists(case: Case) -> None:
    """A list that goes stale, or says less than it seems, would go unnoticed."""
    found = lint_list(case.data)
    hold(case, found, "warning")
    assert is_clean(found)


@pytest.mark.parametrize("text", GOOD_BUNDLES.values(), ids=GOOD_BUNDLES)
def test_good_bundles(text: str) -> None:
    """A bundle that a load balancer takes would be refused, or talked about."""
    assert lint(text.encode()) == ()
    assert trust_bundle.read_bundle(text.encode(), QUOTAS)


def test_good_lists() -> None:
    """The same of a list, also one of an authority below."""
    below = ROOT.below("below")
    for issuer in (ROOT, below):
        text = list_pem(revocation_list(issuer, 5, 6))
        reading = read_revocation_list(text.encode(), (PEM + below.pem,))
        assert revocation_lint.revocation_findings(reading, NOW, with_bundle=True) == ()


def test_there_are_enough_bad_files() -> None:
    """The promise of sixty sorts of wrong bundles, keys, chains and lists would be an empty one."""
    assert len({(case.code, case.title) for case in (*BAD_BUNDLES, *BAD_LISTS)}) >= 60


def test_each_rule_has_a_case() -> None:
    """A rule could be broken without anybody noticing."""
    said = {case.code for case in (*BAD_BUNDLES, *ODD_BUNDLES, *BAD_LISTS, *ODD_LISTS)}
    of_lists_together = {"crl-too-many-lists", "crl-too-many-entries", "crl-duplicate"}
    assert (rules.BUNDLE_RULES | rules.LIST_RULES).keys() == said | of_lists_together


def test_each_rule_has_words_of_its_own() -> None:
    """Two things that are wrong would sound alike, and a person would mend the other one."""
    words: dict[str, set[str]] = {}
    for cases, held in (((*BAD_BUNDLES, *ODD_BUNDLES), lint), ((*BAD_LISTS, *ODD_LISTS), lint_list)):
        for case in cases:
            for found in held(case.data):
                plain = re.sub(r"\(.*\)|^lines? [^:]*:|CN=\w+|[0-9-]{8,}", "", found.message)
                words.setdefault(plain, set()).add(found.code)
    assert {plain: codes for plain, codes in words.items() if len(codes) > 1} == {}
    for each in (rules.BUNDLE_RULES, rules.LIST_RULES):
        meanings = [rule.what for rule in each.values()]
        assert len(set(meanings)) == len(meanings)


# --- the other opinion -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", [*BAD_BUNDLES, *ODD_BUNDLES], ids=TITLES)
def test_never_kinder_than_a_load_balancer(case: Case) -> None:
    """What the lab's load balancer refuses would be sent."""
    try:
        trust_bundle.read_bundle(case.data, QUOTAS)
    except trust_bundle.ContentError:
        assert not is_clean(lint(case.data))


@pytest.mark.parametrize("case", [*BAD_LISTS, *ODD_LISTS], ids=TITLES)
def test_never_kinder_to_lists(case: Case) -> None:
    """The same of lists."""
    try:
        lab_list.read_revocation_list(case.data, [ROOT.certificate], delta_taken=False)
    except trust_bundle.ContentError:
        assert not is_clean(lint_list(case.data))


@pytest.mark.parametrize("case", ODD_BUNDLES, ids=TITLES)
def test_warnings_stop_nothing_that_a_load_balancer_takes(case: Case) -> None:
    """A warning would stand where an error should."""
    assert trust_bundle.read_bundle(case.data, QUOTAS)


# --- properties ------------------------------------------------------------------------------------

AUTHORITIES: Final = [*chain(3), made("other"), ROOT]


@given(st.permutations(AUTHORITIES))
def test_a_clean_bundle_is_clean_in_any_order(order: Sequence[object]) -> None:
    """Whether a bundle is good would depend on how it was put together."""
    assert lint("".join(AUTHORITIES[AUTHORITIES.index(each)].pem for each in order).encode()) == ()  # type: ignore[arg-type]


@given(st.data(), st.sampled_from([("", "blank-line"), ("   ", "blank-line"), ("# a-b", "comment-with-hyphen")]))
def test_a_wrong_line_is_found_wherever_it_is(data: st.DataObject, wrong: tuple[str, str]) -> None:
    """A blank line between two certificates is what ALB refuses most; its number must be right."""
    lines = joined(*AUTHORITIES).splitlines()
    at = data.draw(st.integers(0, len(lines)))
    line, code = wrong
    changed = [*lines[:at], line, *lines[at:]]
    found = {each.code: each.lines for each in lint(("\n".join(changed) + "\n").encode())}
    inside = any(first.startswith("-----BEGIN") for first in lines[:at]) and not lines[at - 1].startswith("-----END")
    expected = "comment-inside" if inside and line.startswith("#") else code
    assert found[expected] == (at + 1,)


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_noise_is_never_clean(data: bytes) -> None:
    """Something that is no bundle would pass for one."""
    assert not is_clean(lint(data))
    assert not is_clean(lint_list(data))


# --- single rules ----------------------------------------------------------------------------------


def test_a_key_is_not_repeated() -> None:
    """A report of a bundle would carry the key that was left in it by mistake."""
    said = repr(lint((PEM + KEY).encode()))
    assert "PRIVATE KEY" in said
    assert all(line not in said for line in KEY.splitlines()[1:-1])


def test_quotas_that_were_raised() -> None:
    """Whoever had a quota raised could not use it."""
    reading = read_bundle(joined(*(made(f"root {n}") for n in range(26))).encode())
    assert bundle_lint.findings(reading, NOW, limits=BundleLimits(certificates=26)) == ()
    (one,) = bundle_lint.findings(reading, NOW, limits=BundleLimits(subject_bytes=100, certificates=26))
    assert (one.code, "L-F31E307C" in one.message) == ("subjects-too-long", True)


def test_a_pin_of_the_configuration_is_shared_too() -> None:
    """A new authority that is shared would not be called so."""
    own = made("shared one day")
    pins = frozenset(members(own.pem))
    assert [each.code for each in bundle_lint.findings(read_bundle(own.pem.encode()), NOW, pins)] == [
        "shared-authority"
    ]


def test_dates_are_held_at_both_ends() -> None:
    """A certificate would be called expired while it holds, or the other way round."""
    for ends, codes in ((NOW, ["expires-soon"]), (NOW - DAY / 86400, ["expired"]), (NOW + 31 * DAY, [])):
        assert [each.code for each in lint(made("x", ends=ends).pem.encode())] == codes
    for starts, codes in ((NOW, []), (NOW + DAY / 86400, ["not-yet-valid"])):
        assert [each.code for each in lint(made("x", starts=starts).pem.encode())] == codes


def test_the_shared_authority_expires_for_all() -> None:
    """In 2029 the shared authority would still be called usable."""
    later = NOW + 3 * 365 * DAY
    assert {each.code for each in bundle_lint.findings(read_bundle(SHARED.encode()), later)} == {
        "expired",
        "shared-authority",
    }


def test_many_wrong_lines_are_one_finding() -> None:
    """A file with a thousand blank lines would be a thousand findings."""
    (found,) = lint(("\n" * 9 + PEM).encode())
    assert found.lines == tuple(range(1, 10))
    assert found.message.startswith("lines 1, 2, 3, 4, 5 and 4 more: ")


def test_too_much_is_told_together() -> None:
    """A file made to annoy would be a report of a hundred thousand paragraphs, or fill the memory."""
    found = lint(b"-----BEGIN X-----\n" * 50_000)
    assert len(found) < 40
    assert any("19,970 more like these, from line 31 on" in each.message for each in found)
    (blank, _) = sorted(lint(b"\n" * 500_000 + b"x\n"), key=lambda each: each.code)[:2]
    assert (blank.code, len(blank.lines)) == ("blank-line", 1_000)
    assert blank.message.startswith("lines 1, 2, 3, 4, 5 and more: ")
    assert [each.code for each in lint_list(b"#\n" * 2_000_001)] == ["not-pem"]


def test_lists_of_a_store_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty-one lists, or too many entries in all, would be refused by AWS only, after half of them were added."""
    one = read_revocation_list(list_pem(revocation_list(ROOT, 1, 2)).encode(), (PEM,))
    other = read_revocation_list(list_pem(revocation_list(ROOT, 3)).encode(), (PEM,))
    assert revocation_lint.together_findings([one, other]) == ()
    assert [each.code for each in revocation_lint.together_findings([one, one])] == ["crl-duplicate"]
    many = revocation_lint.together_findings([one] * 31)
    assert [each.code for each in many] == ["crl-too-many-lists", "crl-duplicate"]
    monkeypatch.setattr(revocation_lint, "MOST_ENTRIES", 2)
    assert [each.code for each in revocation_lint.together_findings([one, other])] == ["crl-too-many-entries"]
    monkeypatch.setattr(revocation_lint, "MOST_ENTRIES", 1)
    found = revocation_lint.revocation_findings(one, NOW, with_bundle=True)
    assert [each.code for each in found] == ["crl-too-many-entries"]


def test_without_a_bundle_nobody_has_to_have_signed() -> None:
    """A list could not be looked at alone."""
    reading = read_revocation_list(list_pem(revocation_list(made("any"))).encode())
    assert revocation_lint.revocation_findings(reading, NOW, with_bundle=False) == ()
