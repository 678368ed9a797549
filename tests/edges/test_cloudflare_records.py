"""Records of a name: from any to any, without the name's vanishing on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st
from tests.edges.conftest import HOST, Flare

from originlock.edges.cloudflare_records import Step, steps
from originlock.facts.unknown import Unknown
from originlock.facts.zone import DnsRecord, DnsRecords
from originlock.plan.outcomes import Done, Failed, Unsure
from originlock.plan.trust_acts import AddressRecord, SetRecords, inverse, remaining

OLD = "old.eu-west-1.elb.amazonaws.com"
NEW = "new.eu-west-1.elb.amazonaws.com"

_A = st.tuples(st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"]), st.booleans())
_AAAA = st.tuples(st.sampled_from(["2001:db8::1", "2001:db8::2"]), st.booleans())
_CNAME = st.tuples(st.sampled_from([OLD, NEW]), st.booleans())
# A name has one CNAME, or addresses, each once.
SETS = st.one_of(
    _CNAME.map(lambda pair: (AddressRecord("CNAME", *pair),)),
    st.tuples(
        st.lists(_A, unique_by=lambda pair: pair[0], max_size=3),
        st.lists(_AAAA, unique_by=lambda pair: pair[0], max_size=2),
    ).map(
        lambda pair: (
            *(AddressRecord("A", *each) for each in pair[0]),
            *(AddressRecord("AAAA", *each) for each in pair[1]),
        )
    ),
)


def _whole(records: tuple[DnsRecord, ...] | tuple[AddressRecord, ...]) -> set[tuple[str, str, bool]]:
    return {(each.kind, each.content, each.proxied) for each in records}


def _after(held: tuple[DnsRecord, ...], step: Step) -> tuple[DnsRecord, ...]:
    left = tuple(each for each in held if step.old is None or each.id != step.old.id)
    if step.new is None:
        return left
    identity = step.old.id if step.old else f"new {len(held)} {step.new.content}"
    return (*left, DnsRecord(identity, HOST, step.new.kind, step.new.content, step.new.proxied))


@given(SETS, SETS)
@settings(deadline=None)
def test_any_records_become_any_others(before: tuple[AddressRecord, ...], wanted: tuple[AddressRecord, ...]) -> None:
    """On the way a name would vanish, a CNAME would stand beside an address, or one record would be there twice."""
    held = tuple(
        DnsRecord(str(number), HOST, each.kind, each.content, each.proxied) for number, each in enumerate(before)
    )
    for step in steps(held, wanted):
        held = _after(held, step)
        assert held or not wanted
        assert len({(each.kind, each.content) for each in held}) == len(held)
        assert len(held) == 1 or all(each.kind != "CNAME" for each in held)
    assert _whole(held) == _whole(wanted)


def _held(flare: Flare, act: SetRecords) -> DnsRecords:
    found = flare.account().look((act.target,))[act.target]
    assert isinstance(found, DnsRecords)
    return found


ALIAS = (AddressRecord("CNAME", NEW, proxied=True),)
ADDRESSES = (
    AddressRecord("A", "192.0.2.1", proxied=True),
    AddressRecord("A", "192.0.2.2", proxied=True),
    AddressRecord("AAAA", "2001:db8::1", proxied=True),
)


@pytest.mark.parametrize("before", [(), ALIAS, ADDRESSES, (AddressRecord("CNAME", NEW, proxied=False),)])
@pytest.mark.parametrize("wanted", [(), ALIAS, ADDRESSES])
def test_records_are_changed_and_changed_back(
    flare: Flare, before: tuple[AddressRecord, ...], wanted: tuple[AddressRecord, ...]
) -> None:
    """The real API's refusals (81053, 81058) would stop it on the way."""
    ours = flare.account()
    assert ours.performed(SetRecords(flare.zone, HOST, before, ())) == Done()
    act = SetRecords(flare.zone, HOST, wanted, before)
    assert ours.performed(act) == Done()
    assert remaining(act, _held(flare, act)) is None
    back = inverse(act)
    assert isinstance(back, SetRecords)
    assert ours.performed(back) == Done()
    assert _whole(_held(flare, back).records) == _whole(before)


def test_what_is_so_already_is_left_alone(flare: Flare) -> None:
    """Records would be written again on every run, and lose their comments."""
    ours, act = flare.account(), SetRecords(flare.zone, HOST, ADDRESSES, ())
    ours.performed(act)
    before = len(flare.asked())
    assert ours.performed(act) == Done()
    assert {method for method, _ in flare.asked(before)} == {"GET"}


def test_records_of_other_kinds_and_names_stay(flare: Flare) -> None:
    """The mail of a domain would be gone."""
    base = f"zones/{flare.zone}/dns_records"
    flare.client.call("POST", base, {"type": "TXT", "name": HOST, "content": "v=spf1 -all", "ttl": 1})
    flare.client.call("POST", base, {"type": "A", "name": f"x.{HOST}", "content": "192.0.2.9", "ttl": 1})
    ours = flare.account()
    ours.performed(SetRecords(flare.zone, HOST, ADDRESSES, ()))
    ours.performed(SetRecords(flare.zone, HOST, (), ADDRESSES))
    left = flare.client.call("GET", base)
    assert {(each["type"], each["name"]) for each in left} == {("TXT", HOST), ("A", f"x.{HOST}")}


def test_an_alias_beside_addresses_is_refused_before_anything_is_done(flare: Flare) -> None:
    """The name would lose its records, and then get none."""
    ours, act = flare.account(), SetRecords(flare.zone, HOST, (*ALIAS, *ADDRESSES), ())
    assert isinstance(ours.performed(act), Failed)
    assert _held(flare, act).records == ()


def test_what_fails_half_way_is_unclear(flare: Flare) -> None:
    """'Nothing was done' would be told where half of it was."""
    flare.fault("denied", method="POST", at=2)
    ours, act = flare.account(), SetRecords(flare.zone, HOST, ADDRESSES, ())
    outcome = ours.performed(act)
    assert isinstance(outcome, Unsure)
    assert "1 of the changes" in outcome.message
    assert remaining(act, _held(flare, act)) == act
    assert ours.performed(act) == Done()
    assert remaining(act, _held(flare, act)) is None


def test_records_that_cannot_be_seen_are_not_changed(flare: Flare) -> None:
    """Records would be made beside those that are there."""
    flare.fault("denied", method="GET")
    outcome = flare.account().performed(SetRecords(flare.zone, HOST, ADDRESSES, ()))
    assert isinstance(outcome, Failed)
    assert '"DNS Read"' in outcome.message
    assert not flare.client.call("GET", f"zones/{flare.zone}/dns_records")


def test_ids_that_lead_elsewhere_are_none(flare: Flare, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer could make originlock delete something else."""
    ours = flare.account()
    record = {"id": "..", "type": "A", "name": HOST, "content": "192.0.2.1"}
    monkeypatch.setattr(ours.calls, "listed", lambda *_, **__: (record, {**record, "id": "a/b"}))
    found = ours.records_of(flare.zone, HOST)
    assert not isinstance(found, Unknown)
    assert found == ()
