"""Acts at the edge, done against the lab's Cloudflare over HTTP."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from tests.edges.conftest import HOST, Flare

from originlock.facts.origin import Missing
from originlock.facts.zone import Association, EdgeCertificate
from originlock.plan.outcomes import AlreadySo, Done, Failed, Unsure
from originlock.plan.trust_acts import (
    DeleteCertificate,
    EdgeAct,
    SetGlobalPulls,
    SetHostnamePulls,
    SetZonePulls,
    UploadCertificate,
    inverse,
    remaining,
)


def _delete(act: UploadCertificate) -> DeleteCertificate:
    return DeleteCertificate(act.zone, act.scope, act.sha256, "ours", act.pem)


def _associate(flare: Flare, sha256: str, *, enabled: bool | None = True) -> SetHostnamePulls:
    return SetHostnamePulls(flare.zone, HOST, sha256, enabled, "", None)


@pytest.mark.parametrize("scope", ["hostname", "zone"])
def test_a_certificate_is_uploaded_seen_and_deleted(flare: Flare, scope: str) -> None:
    """A target that is read under another name than it is written under would never be done."""
    ours, act = flare.account(), flare.upload(scope)
    assert ours.performed(act) == Done()
    held = ours.look((act.target,))[act.target]
    assert isinstance(held, EdgeCertificate)
    assert (held.sha256, held.status, held.scope) == (act.sha256, "active", scope)
    assert remaining(act, held) is None
    back = inverse(act)
    assert isinstance(back, DeleteCertificate)
    assert ours.performed(back) == Done()
    gone = ours.look((act.target,))[act.target]
    assert isinstance(gone, Missing)
    assert remaining(back, gone) is None


def test_an_act_waits_for_its_deployment_in_what_is_read_of_it(flare: Flare) -> None:
    """A certificate that is not deployed would be associated, and the origin would see none."""
    flare.set(initializing_seconds=10, pending_seconds=20)
    ours, act = flare.account(), flare.upload()
    ours.performed(act)
    seen = []
    for _ in range(3):
        held = ours.look((act.target,))[act.target]
        assert isinstance(held, EdgeCertificate)
        seen.append((held.status, remaining(act, held) is None))
        flare.clock.pass_by(15)
    assert seen == [("initializing", False), ("pending_deployment", False), ("active", True)]


def test_the_same_certificate_twice_is_so_already(flare: Flare) -> None:
    """A run that goes on after a lost answer would fail at 1406."""
    ours, act = flare.account(), flare.upload()
    ours.performed(act)
    assert isinstance(ours.performed(act), AlreadySo)


def test_a_certificate_that_is_still_being_deleted_cannot_come_back(flare: Flare) -> None:
    """1406 would be taken for success, and the edge would present nothing once the deletion is through."""
    flare.set(deleting_seconds=60)
    ours, act = flare.account(), flare.upload()
    ours.performed(act)
    ours.performed(_delete(act))
    outcome = ours.performed(act)
    assert isinstance(outcome, Failed)
    assert "still deleting" in outcome.message
    flare.clock.pass_by(61)
    assert ours.performed(act) == Done()


def test_an_eleventh_certificate_fails_with_what_to_do(flare: Flare) -> None:
    """A person would be told a code that no page explains."""
    ours = flare.account()
    for _ in range(10):
        assert ours.performed(flare.upload()) == Done()
    outcome = ours.performed(flare.upload())
    assert isinstance(outcome, Failed)
    assert "delete one that no hostname presents" in outcome.remedy


def test_an_authority_is_no_leaf(flare: Flare) -> None:
    """The refusal of an authority would not say that a leaf is wanted."""
    act = UploadCertificate(flare.zone, "hostname", "ours", flare.authority.pem)
    flare.keys.keys[act.sha256] = flare.issued().key_pem
    outcome = flare.account().performed(act)
    assert isinstance(outcome, Failed)
    assert "takes a leaf" in outcome.remedy


@pytest.mark.parametrize("spoil, said", [("key", "is another certificate's"), ("no key", "cannot read")])
def test_what_cannot_be_uploaded_says_why(flare: Flare, spoil: str, said: str) -> None:
    """1408, or a key of another leaf, would be repeated for ever."""
    act = flare.upload()
    flare.keys.keys[act.sha256] = flare.issued().key_pem if spoil == "key" else "no key"
    outcome = flare.account().performed(act)
    assert isinstance(outcome, Failed)
    assert said in outcome.remedy


def test_what_is_not_there_needs_no_deletion(flare: Flare) -> None:
    """A rollback that is repeated would fail."""
    ours, act = flare.account(), flare.upload()
    assert isinstance(ours.performed(_delete(act)), AlreadySo)
    flare.set(deleting_seconds=60)
    ours.performed(act)
    ours.performed(_delete(act))
    assert isinstance(ours.performed(_delete(act)), AlreadySo)


def test_what_is_being_deployed_is_looked_at_again_before_it_is_deleted(flare: Flare) -> None:
    """1434 passes by itself; a rollback right after an upload would need a person."""
    flare.set(pending_seconds=30)
    ours, act = flare.account(), flare.upload()
    ours.performed(act)
    assert isinstance(ours.performed(_delete(act)), Unsure)
    flare.clock.pass_by(31)
    assert ours.performed(_delete(act)) == Done()


def test_what_a_hostname_presents_is_not_deleted(flare: Flare) -> None:
    """1433 would be taken for done, or told without what to do."""
    ours, act = flare.account(), flare.upload()
    ours.performed(act)
    assert ours.performed(_associate(flare, act.sha256)) == Done()
    outcome = ours.performed(_delete(act))
    assert isinstance(outcome, Failed)
    assert "another hostname" in outcome.remedy


def test_a_hostname_presents_changes_stops_and_is_voided(flare: Flare) -> None:
    """Fingerprints would not be turned into the ids that the edge wants, in either direction."""
    ours, first, second = flare.account(), flare.upload(), flare.upload()
    for upload in (first, second):
        ours.performed(upload)
    for sha256, enabled in ((first.sha256, True), (second.sha256, True), (second.sha256, False)):
        act = _associate(flare, sha256, enabled=enabled)
        assert ours.performed(act) == Done()
        held = ours.look((act.target,))[act.target]
        assert isinstance(held, Association)
        assert (held.sha256, held.enabled) == (sha256, enabled)
        assert remaining(act, held) is None
    void = _associate(flare, "", enabled=None)
    assert ours.performed(void) == Done()
    assert isinstance(ours.performed(void), AlreadySo)
    held = ours.look((void.target,))[void.target]
    assert held == Association(HOST)
    assert isinstance(held, Association)
    assert remaining(void, held) is None
    assert ours.performed(_delete(second)) == Done()


def test_an_association_that_is_voided_still_names_a_certificate(flare: Flare) -> None:
    """`cert_id` would be left out with `enabled` null, and the lab refuses that with 1404."""
    ours, act = flare.account(), flare.upload()
    ours.performed(act)
    ours.performed(_associate(flare, act.sha256))
    before = len(flare.asked())
    ours.performed(_associate(flare, "", enabled=None))
    (put,) = [each for each in flare.client.control("GET", f"calls?since={before}") if each["method"] == "PUT"]
    (config,) = put["body"]["config"]
    assert config["enabled"] is None
    assert config["cert_id"]


@pytest.mark.parametrize("uploaded_for", ["zone", "nobody"])
def test_a_certificate_that_is_not_for_hostnames_is_not_associated(flare: Flare, uploaded_for: str) -> None:
    """Ids of zone certificates do not count for hostnames; the edge says 1415 and nobody knows why."""
    ours, act = flare.account(), flare.upload("zone")
    if uploaded_for == "zone":
        ours.performed(act)
    outcome = ours.performed(_associate(flare, act.sha256))
    assert isinstance(outcome, Failed)
    assert "upload it first" in outcome.remedy


@pytest.mark.parametrize("kind", [SetZonePulls, SetGlobalPulls])
def test_switches_go_on_and_off(flare: Flare, kind: type[SetZonePulls | SetGlobalPulls]) -> None:
    """A switch would be read where the other is written."""
    ours = flare.account()
    for on in (True, False):
        act = kind(flare.zone, on, not on)
        assert ours.performed(act) == Done()
        assert remaining(act, ours.look((act.target,))[act.target]) is None  # type: ignore[arg-type]


def _acts(flare: Flare) -> dict[str, EdgeAct]:
    """One act of each kind that writes by one call, all of which can be done now."""
    ours, held = flare.account(), flare.upload()
    ours.performed(held)
    free = flare.upload()
    ours.performed(free)
    return {
        "upload": flare.upload(),
        "upload to zone": flare.upload("zone"),
        "delete": _delete(free),
        "associate": _associate(flare, held.sha256),
        "zone": SetZonePulls(flare.zone, on=True, before=False),
        "global": SetGlobalPulls(flare.zone, on=True, before=False),
    }


NAMES = ("upload", "upload to zone", "delete", "associate", "zone", "global")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "garbage", "cut", "status"])
def test_an_answer_that_is_lost_leaves_an_act_unclear_and_it_is_not_repeated(
    flare: Flare, name: str, kind: str
) -> None:
    """What was done and answered into the void would be told as failed, or be done twice."""
    act = _acts(flare)[name]
    before = len(flare.asked())
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        flare.fault(kind, method=method, times=5)
    assert isinstance(flare.account().performed(act), Unsure)
    assert len([method for method, _ in flare.asked(before) if method != "GET"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_change_that_meets_another_is_unclear(flare: Flare, name: str) -> None:
    """409 tells that something else was under way, so it has to be looked at again."""
    act = _acts(flare)[name]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        flare.fault("status", method=method, status=409)
    assert isinstance(flare.account().performed(act), Unsure)


@pytest.mark.parametrize("name", NAMES)
def test_a_throttled_act_waits_as_long_as_it_is_told(flare: Flare, name: str) -> None:
    """429 means that nothing was done; the run would stop where waiting helps."""
    act = _acts(flare)[name]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        flare.fault("throttled", method=method, seconds=7)
    assert flare.account().performed(act) == Done()
    assert flare.paused == [7.0]


def test_whoever_is_refused_for_minutes_is_told_so(flare: Flare) -> None:
    """Waiting silently for five minutes would look like hanging."""
    flare.fault("throttled", method="PUT", seconds=300)
    outcome = flare.account().performed(SetZonePulls(flare.zone, on=True, before=False))
    assert isinstance(outcome, Unsure)
    assert "wait 300 seconds" in outcome.message
    assert not flare.paused


def test_no_text_tells_the_token_or_the_key(flare: Flare) -> None:
    """A secret in an error ends up in a journal, a log and a bug report."""
    act = flare.upload()
    key = flare.keys.keys[act.sha256]
    ours = flare.account()
    said = [repr(ours), repr(ours.calls)]
    for kind in ("drop-before", "garbage", "cut", "status", "denied"):
        flare.fault(kind, method="POST")
        said.append(str(ours.performed(act)))
    for secret in (flare.client.token, *key.splitlines()[1:-1]):
        assert not any(secret in each for each in said)


def test_the_key_is_read_only_when_it_is_uploaded(flare: Flare) -> None:
    """Keys would be in memory, and passphrases asked for, where nothing needs them."""
    ours, act = flare.account(), flare.upload()
    ours.look((act.target,))
    ours.performed(_delete(act))
    assert not flare.keys.read
    ours.performed(act)
    assert flare.keys.read == [act.sha256]


def test_without_keys_nothing_is_sent(flare: Flare) -> None:
    """An upload without a key would reach the edge."""
    flare.keys.keys.clear()
    act = UploadCertificate(flare.zone, "hostname", "ours", flare.authority.pem)
    before = len(flare.asked())
    with pytest.raises(KeyError):
        flare.account().performed(act)
    assert len(flare.asked()) == before


def test_acts_on_one_zone_are_done_one_after_the_other(flare: Flare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes of one zone that meet each other are refused with 409."""
    ours, inside, most = flare.account(), [0], [0]
    real, arrived = ours.calls.call, threading.Event()

    def watched(*given: Any, **named: Any) -> Any:  # noqa: ANN401  as `Calls.call` has it
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        # The first waits for the others, who would be here by then if nothing held them back.
        arrived.wait(0.2)
        try:
            return real(*given, **named)
        finally:
            inside[0] -= 1

    monkeypatch.setattr(ours.calls, "call", watched)
    threads = [
        threading.Thread(target=ours.performed, args=(SetZonePulls(flare.zone, on=True, before=False),))
        for _ in range(3)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert most == [1]
