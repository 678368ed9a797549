"""Cloudflare's shared authority is believed by its fingerprint only: each other file has its own refusal."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.pki import making
from tests.pki.bad_files import CLIENT, FORMS, PEM, ROOT, SHARED, SHARED_2015, SHARED_NAME
from tests.pki.making import NOW, made

from originlock.facts.certificates import Certificate, ders_in, members
from originlock.facts.unknown import Unknown
from originlock.locks.identity.shared_authority import (
    EXPIRED_2015,
    PINS,
    AcceptedAuthority,
    Judgement,
    RefusedAuthority,
    judge_download,
    judge_shared,
    pin_of,
    resembles,
)
from originlock.pki.bundles import read_bundle
from originlock.pki.parsing import certificate_of

NONE = frozenset[str]()


def judged(text: str | bytes, *pinned: str, at: dt.datetime = NOW) -> Judgement:
    """What is said of a download."""
    data = text if isinstance(text, bytes) else text.encode()
    return judge_download(read_bundle(data), frozenset(name for pem in pinned for name in members(pem)), at)


def read(pem: str) -> Certificate:
    """The facts of one."""
    return certificate_of(ders_in(pem)[0])


def refused(text: str | bytes, *pinned: str, at: dt.datetime = NOW) -> RefusedAuthority:
    """Why it is."""
    found = judged(text, *pinned, at=at)
    assert isinstance(found, RefusedAuthority), found
    assert found.remedy
    return found


def test_the_real_one_is_accepted() -> None:
    """Whoever wants the shared authority could not have it."""
    found = judged(SHARED)
    assert isinstance(found, AcceptedAuthority)
    assert members(SHARED) == (found.certificate.sha256,) == tuple(PINS)
    assert "2029-11-01" in found.pinned


def test_the_one_of_2015_has_everything_but_the_fingerprint() -> None:
    """A stale copy, which still lies in many repositories, would be taken for the real one."""
    now, then = read(SHARED), read(SHARED_2015)
    assert (now.subject, now.serial, now.key) == (then.subject, then.serial, then.key)
    assert then.sha256 == EXPIRED_2015
    assert refused(SHARED_2015).reason == "expired-2015"
    assert refused(SHARED_2015, SHARED_2015).reason == "expired-2015"


LOOK_ALIKE = made(SHARED_NAME, serial=0x5791BA9556C22E61).pem
LATE = dt.datetime(2029, 11, 2, tzinfo=dt.UTC)
EARLY = dt.datetime(2019, 10, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text,pinned,at,reason",
    [
        ("", (), NOW, "unreadable"),
        ("<html>", (), NOW, "unreadable"),
        (ders_in(SHARED)[0], (), NOW, "unreadable"),
        (b"#" * 2_000_000, (), NOW, "unreadable"),
        (SHARED.replace("MII", "!II", 1), (), NOW, "unreadable"),
        ("# nothing\n", (), NOW, "none"),
        (SHARED + SHARED_2015, (), NOW, "several"),
        (SHARED + SHARED, (), NOW, "several"),
        (SHARED_2015, (), NOW, "expired-2015"),
        (LOOK_ALIKE, (), NOW, "look-alike"),
        (making.damaged(made(SHARED_NAME)), (), NOW, "signature"),
        (CLIENT.pem, (), NOW, "not-an-authority"),
        (PEM, (), NOW, "another"),
        (SHARED, (), LATE, "expired"),
        (SHARED, (), EARLY, "not-yet-valid"),
        (making.damaged(ROOT), (making.damaged(ROOT),), NOW, "signature"),
        (ROOT.below("below").pem, (ROOT.below("below").pem,), NOW, "another"),
    ],
)
def test_what_is_refused(text: str | bytes, pinned: tuple[str, ...], at: dt.datetime, reason: str) -> None:
    """Something else than the shared authority would decide who may speak to the origin."""
    assert refused(text, *pinned, at=at).reason == reason


def test_each_reason_has_its_own_words() -> None:
    """A person could not tell a stale copy from a forged one."""
    found = [
        refused(text, at=at)
        for text, at in (
            ("# nothing\n", NOW),
            (SHARED + SHARED, NOW),
            (SHARED_2015, NOW),
            (LOOK_ALIKE, NOW),
            (making.damaged(made(SHARED_NAME)), NOW),
            (CLIENT.pem, NOW),
            (PEM, NOW),
            (SHARED, LATE),
            (SHARED, EARLY),
        )
    ]
    assert len({each.reason for each in found}) == len({each.words for each in found}) == len(found)


@pytest.mark.parametrize("form", FORMS, ids=lambda case: case.title)
def test_what_is_no_pem_is_unreadable(form: object) -> None:
    """An error page with status 200 would be taken for the authority."""
    assert refused(form.data).reason == "unreadable"  # type: ignore[attr-defined]


def test_a_pin_of_the_configuration() -> None:
    """A new shared authority could not be used before the next release; one that cannot sign is none all the same."""
    found = judged(PEM, PEM)
    assert isinstance(found, AcceptedAuthority)
    assert found.pinned == "pinned by the configuration"
    plain = made("plain", extensions=())
    assert refused(plain.pem, plain.pem).reason == "not-an-authority"


def test_unknown_is_refused_with_its_reason() -> None:
    """A download that failed would be taken for something."""
    found = judge_shared(Unknown("the shared authority", "no connection"), NONE, NOW)
    assert isinstance(found, RefusedAuthority)
    assert (found.reason, found.words) == ("unreadable", "the shared authority: no connection")


def test_resemblance() -> None:
    """A forged one that copies but one of the marks would be called any other certificate."""
    shared, other = read(SHARED), read(PEM)
    assert not resembles(other)
    for marks in ({"subject": shared.subject}, {"serial": shared.serial}, {"pem": shared.pem}):
        assert resembles(msgspec.structs.replace(other, **marks))


@pytest.mark.parametrize(
    "text,pin",
    [
        (next(iter(PINS)), next(iter(PINS))),
        (f" {next(iter(PINS)).upper()}\n", next(iter(PINS))),
        (":".join(["AB"] * 32), "ab" * 32),
        ("ab" * 31, None),
        ("sha256:" + "ab" * 32, None),
        ("zz" * 32, None),
    ],
)
def test_pins_as_people_copy_them(text: str, pin: str | None) -> None:
    """A fingerprint with colons, as OpenSSL prints it, would match nothing."""
    assert pin_of(text) == pin
