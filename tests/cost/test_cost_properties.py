"""What holds of every bill, whatever the usage, the reading and the prices."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from tests.cost.examples import EGRESS, USD, region

from originlock import cost
from originlock.cost import (
    bill as bill_module,
    estimate as estimate_module,
    readings as readings_module,
    storm as storm_module,
    units as units_module,
)
from originlock.cost.bill import HOUR_PRICE, UNIT_PRICE, Owned, bill
from originlock.cost.egress import transfer_usd
from originlock.cost.estimate import Estimate, Figures, estimate
from originlock.cost.readings import ANSWERS, CHEAPEST, DEAREST, Amount, Question, Reading, hull, readings
from originlock.cost.storm import Flood, Posture, added_units, flooding, sent_bytes, storm
from originlock.cost.units import ServerKey, Units, evaluations, marginal, unit_hours, units, with_headers
from originlock.errors import UsageError
from originlock.facts.prices import Item, Price, RegionPrices
from originlock.facts.usage import Kind, Usage

EVERY = tuple(readings())

patient = settings(deadline=None)
few = settings(patient, max_examples=25)
"""Each of these reckons under every reading."""


def fractions(least: int, most: int, parts: int = 1) -> st.SearchStrategy[Fraction]:
    """Numbers from one to another in parts of one; Hypothesis' own fractions take long to make."""
    return st.integers(least * parts, most * parts).map(lambda number: Fraction(number, parts))


amounts = fractions(0, 100_000, 840)
sizes = fractions(0, 10**13)
shares = fractions(0, 1, 60)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """An hour in which no request lends its free rules to others."""
    requests = draw(amounts)
    rules = evaluations(requests, draw(fractions(0, 200, 4)))
    return Usage(draw(amounts), draw(amounts) * 100, draw(sizes), draw(sizes), requests, rules)


floods = st.builds(
    Flood,
    rate=amounts,
    hours=fractions(0, 50, 60),
    requests_per_connection=fractions(0, 100, 12),
    request_bytes=fractions(0, 100_000),
    response_bytes=fractions(0, 1_000_000),
    open_seconds=fractions(0, 600, 10),
    rules=fractions(0, 100, 2),
)
any_reading = st.sampled_from(EVERY)
any_kind = st.sampled_from(Kind)
any_key = st.sampled_from(ServerKey)
any_posture = st.sampled_from(Posture)


class Way(msgspec.Struct, frozen=True):
    """A way in which an hour is counted."""

    reading: Reading
    mutual: bool
    key: ServerKey

    def units(self, usage: Usage, kind: Kind = Kind.ALB) -> Units:
        """The hour's units."""
        return units(kind, usage, self.reading, mutual=self.mutual, key=self.key)

    def caused(self, everyone: Usage, part: Usage, kind: Kind = Kind.ALB) -> Fraction:
        """What a class is the cause of."""
        return marginal(kind, everyone, part, self.reading, mutual=self.mutual, key=self.key)


ways = st.builds(Way, any_reading, st.booleans(), any_key)


# ---------------------------------------------------------------- units


@patient
@given(any_kind, usages(), usages(), ways)
def test_more_use_never_costs_less(kind: Kind, usage: Usage, more: Usage, way: Way) -> None:
    """A load balancer would become cheaper by being used."""
    before, after = way.units(usage, kind), way.units(usage + more, kind)
    for (_, less), (_, now) in zip(before.each(), after.each(), strict=True):
        assert less <= now
    assert before.total <= after.total


@pytest.mark.parametrize("field", ["new_connections", "active", "bytes", "lambda_bytes", "evaluations"])
@patient
@given(usages(), amounts, ways)
def test_more_of_one_thing_never_costs_less(field: str, usage: Usage, more: Fraction, way: Way) -> None:
    """One dimension would take away from another."""
    grown = msgspec.structs.replace(usage, **{field: getattr(usage, field) + more})
    assert way.units(usage).total <= way.units(grown).total


@patient
@given(usages(), ways)
def test_the_highest_is_charged_and_named(usage: Usage, way: Way) -> None:
    """The bill and the dimension that is said to decide it would be of different hours."""
    made = way.units(usage)
    numbers = dict(made.each())
    assert made.total == max(numbers.values())
    if made.decided_by is None:
        assert made.total == 0
    else:
        assert numbers[made.decided_by] == made.total > 0


@patient
@given(usages(), any_reading, any_key)
def test_mutual_tls_and_larger_keys_never_cost_less(usage: Usage, reading: Reading, key: ServerKey) -> None:
    """A lock or a key would seem to save what it adds."""
    common = units(Kind.ALB, usage, reading)
    assert common.total <= units(Kind.ALB, with_headers(usage, reading), reading, mutual=True).total
    larger = units(Kind.ALB, usage, reading, key=key)
    assert common.total <= larger.total
    assert common.each()[1:] == larger.each()[1:]


@patient
@given(usages(), any_reading)
def test_headers_are_of_requests_alone(usage: Usage, reading: Reading) -> None:
    """What is not a request would be charged for headers, or longer headers would be cheaper."""
    made = with_headers(usage, reading)
    assert made.bytes - usage.bytes == usage.requests * 3600 * reading.header_bytes
    assert msgspec.structs.replace(made, bytes=usage.bytes) == usage
    longer = msgspec.structs.replace(reading, header_bytes=reading.header_bytes + 1)
    assert made.bytes <= with_headers(usage, longer).bytes


@patient
@given(usages(), usages(), any_reading)
def test_headers_of_two_classes_are_those_of_both(one: Usage, other: Usage, reading: Reading) -> None:
    """Splitting clients into classes would make headers, or lose them."""
    assert with_headers(one, reading) + with_headers(other, reading) == with_headers(one + other, reading)


# ---------------------------------------------------------------- hours and units of input


@patient
@given(st.lists(usages(), max_size=5), any_kind, any_reading)
def test_hours_are_summed_and_each_has_its_own_highest(series: list[Usage], kind: Kind, reading: Reading) -> None:
    """A month would be charged by one dimension throughout."""
    made = [units(kind, each, reading) for each in series]
    assert unit_hours(made) == sum((each.total for each in made), Fraction(0))
    for index in range(4):
        assert sum(each.each()[index][1] for each in made) <= unit_hours(made)


@patient
@given(usages(), st.integers(1, 60), any_reading)
def test_the_same_usage_in_other_units_is_the_same(usage: Usage, parts: int, reading: Reading) -> None:
    """Rates a second, sums over the hour and sums of its parts would come to different bills."""
    whole = units(Kind.ALB, usage, reading)
    share = usage.times(Fraction(1, parts))
    added = Usage()
    for _ in range(parts):
        added = added + share
    assert units(Kind.ALB, added, reading) == whole
    hourly = Usage(
        usage.new_connections * 3600 / 3600,
        usage.active * 60 / 60,
        usage.bytes / 10**9 * 10**9,
        usage.lambda_bytes / 2**30 * 2**30,
        usage.requests * 86_400 / 86_400,
        usage.evaluations * 60 / 60,
    )
    assert units(Kind.ALB, hourly, reading) == whole


@patient
@given(usages(), shares, any_kind, any_reading)
def test_a_part_of_the_hour_is_a_part_of_the_units(usage: Usage, share: Fraction, kind: Kind, reading: Reading) -> None:
    """Averages would not be over the hour."""
    assert units(kind, usage.times(share), reading).total == units(kind, usage, reading).total * share


# ---------------------------------------------------------------- classes of clients


@patient
@given(any_kind, usages(), usages(), ways)
def test_a_class_is_the_cause_of_nothing_to_what_it_costs_alone(kind: Kind, rest: Usage, part: Usage, way: Way) -> None:
    """The network lock would be said to save more than those whom it keeps out could cost, or to cost."""
    assert 0 <= way.caused(rest + part, part, kind) <= way.units(part, kind).total


@patient
@given(any_kind, usages(), ways)
def test_all_are_the_cause_of_all(kind: Kind, usage: Usage, way: Way) -> None:
    """Something would be paid for that nobody is the cause of."""
    assert way.caused(usage, usage, kind) == way.units(usage, kind).total
    assert way.caused(usage, Usage(), kind) == 0


def test_a_request_lends_nothing_to_others() -> None:
    """A class with one rule for each request would be paid for by the free ones that it leaves: it would cost less."""
    many = Usage(requests=Fraction(100), evaluations=evaluations(Fraction(100), Fraction(20)))
    few = Usage(requests=Fraction(100), evaluations=evaluations(Fraction(100), Fraction(1)))
    assert marginal(Kind.ALB, many + few, few, DEAREST) == 0
    lent = Usage(requests=Fraction(100), evaluations=Fraction(100))
    assert marginal(Kind.ALB, many + lent, lent, DEAREST) == Fraction(-9, 10)


# ---------------------------------------------------------------- readings and hulls


@few
@given(st.lists(fractions(-1000, 1000, 7), min_size=len(EVERY), max_size=len(EVERY)))
def test_a_hull_holds_every_reading_and_is_no_wider(results: list[Fraction]) -> None:
    """An interval would be told that the bill may lie outside of."""
    by_reading = dict(zip(EVERY, results, strict=True))
    assert hull(by_reading.__getitem__) == Amount(min(results), max(results))


def test_every_combination_of_answers_is_a_reading() -> None:
    """An answer would never be tried, or be tried with some others only."""
    assert len(EVERY) == len(set(EVERY)) == 2 ** len(Question)
    for question, answers in ANSWERS.items():
        assert {getattr(each, question.value) for each in EVERY} == set(answers)
    assert DEAREST in EVERY
    assert CHEAPEST in EVERY
    assert tuple(readings(())) == (DEAREST,)


@patient
@given(usages(), ways)
def test_the_dearest_reading_is_dearest_for_a_bill(usage: Usage, way: Way) -> None:
    """The dimension that is said to decide would not be the one of the highest bill."""
    dearest, cheapest, some = (
        msgspec.structs.replace(way, reading=each).units(with_headers(usage, each)).total
        for each in (DEAREST, CHEAPEST, way.reading)
    )
    assert cheapest <= some <= dearest


@few
@given(usages(), ways)
def test_an_estimate_holds_every_reading(usage: Usage, way: Way) -> None:
    """An estimate would leave out what it says that it does not know."""
    owned = Owned(trust_stores=int(way.mutual))
    made = estimate(region(), Figures(owned, usage, way.mutual, key=way.key))
    total = way.units(with_headers(usage, way.reading) if way.mutual else usage).total
    assert made.lcu.total.low <= total <= made.lcu.total.high
    assert made.per_hour.total.low <= bill(region(), owned, total).total <= made.per_hour.total.high
    assert made.lcu.total.high == max(amount.high for _, amount in made.lcu.by_dimension)
    assert (made.lcu.decided_by is None) == (made.lcu.total.high == 0)
    assert made.lcu.decided_by is None or made.lcu.decided_by in made.lcu.may_decide


@few
@given(usages(), usages())
def test_dollars_grow_with_use(usage: Usage, more: Usage) -> None:
    """A month would become cheaper by more use, at one end of its interval or the other."""
    before, after = (estimate(region(), Figures(Owned(), each)) for each in (usage, usage + more))
    assert before.per_month.total.low <= after.per_month.total.low
    assert before.per_month.total.high <= after.per_month.total.high


@few
@given(usages(), usages(), any_reading)
def test_what_the_network_lock_saves_holds_every_reading(rest: Usage, part: Usage, reading: Reading) -> None:
    """The saving would be reckoned with one GB, and the bill with another."""
    made = estimate(region(), Figures(Owned(), rest + part, bypass=part))
    assert 0 <= made.bypassing.low <= marginal(Kind.ALB, rest + part, part, reading) <= made.bypassing.high
    assert made.bypassing.high <= made.bypassing_alone.high
    assert made.bypassing.low <= made.bypassing_alone.low
    assert made.network_lock == made.bypassing.times(Fraction("5.84"))


# ---------------------------------------------------------------- transfer


months = fractions(0, 300_000, 8)


@patient
@given(months, months, months)
def test_a_transfer_in_two_parts_costs_what_it_costs_whole(already: Fraction, one: Fraction, other: Fraction) -> None:
    """A tier would be charged twice, or skipped, where one invoice follows another."""
    whole = transfer_usd(EGRESS, one + other, already)
    assert transfer_usd(EGRESS, one, already) + transfer_usd(EGRESS, other, already + one) == whole
    assert 0 <= transfer_usd(EGRESS, one, already) <= whole


@patient
@given(months, months, months)
def test_a_gb_is_never_dearer_later(already: Fraction, later: Fraction, gb: Fraction) -> None:
    """Tiers would be applied from the wrong end; but for the free ones, which come first."""
    spent = already + EGRESS.free_gb
    assert transfer_usd(EGRESS, gb, spent + later) <= transfer_usd(EGRESS, gb, spent)
    assert gb / 20 <= transfer_usd(EGRESS, gb, spent) <= gb * Fraction(9, 100)


# ---------------------------------------------------------------- floods


@patient
@given(floods, any_reading, any_posture, any_key)
def test_a_flood_with_nothing_else_costs_what_it_costs_alone(
    flood: Flood, reading: Reading, posture: Posture, key: ServerKey
) -> None:
    """A load would be presumed that nobody stated."""
    mutual = posture is Posture.MUTUAL_TLS
    alone = units(Kind.ALB, flooding(posture, flood, reading), reading, mutual=mutual, key=key).total
    assert added_units(posture, flood, Usage(), reading, key) == alone * flood.hours


@patient
@given(floods, usages(), any_reading, any_posture, any_key)
def test_a_flood_adds_no_more_than_it_costs_alone(
    flood: Flood, normal: Usage, reading: Reading, posture: Posture, key: ServerKey
) -> None:
    """A flood would be said to save money, or to cost more than it could."""
    added = added_units(posture, flood, normal, reading, key)
    assert 0 <= added <= added_units(posture, flood, Usage(), reading, key)


@few
@given(floods, usages())
def test_the_network_lock_shuts_the_door(flood: Flood, normal: Usage) -> None:
    """The posture that keeps packets from the listener would cost something."""
    shut = storm(region(), flood, normal).harms[-1]
    assert shut.posture is Posture.SECURITY_GROUP
    nothing = Amount(Fraction(0), Fraction(0))
    assert {shut.lcu, shut.lcu_usd, shut.egress_gb, shut.egress_usd, shut.total_usd} == {nothing}


@few
@given(floods, usages(), any_reading)
def test_mutual_tls_sends_no_more_than_an_open_door(flood: Flood, normal: Usage, reading: Reading) -> None:
    """A refused handshake would be said to send more than the same one with responses."""
    refused = sent_bytes(Posture.MUTUAL_TLS, flood, reading)
    assert 0 <= refused <= sent_bytes(Posture.OPEN, flood, reading)
    is_open, mutual, _ = storm(region(), flood, normal).harms
    assert mutual.egress_usd.low <= is_open.egress_usd.low
    assert mutual.egress_usd.high <= is_open.egress_usd.high


@patient
@given(floods, any_reading)
def test_mutual_tls_needs_no_more_units_than_an_open_door(flood: Flood, reading: Reading) -> None:
    """Without another load: 1,500 open connections a unit never decide, where each is refused within a second."""
    refused = added_units(Posture.MUTUAL_TLS, flood, Usage(), reading)
    assert refused <= added_units(Posture.OPEN, flood, Usage(), reading)


def test_with_many_open_connections_mutual_tls_can_need_more_units() -> None:
    """Somebody would be told that the posture never costs more: 75,000 are open, and each one more counts twice.

    Open: (75,000 + 10) / 3,000 - 25. Mutual TLS: (75,000 + 10) / 1,500 - 50.
    """
    flood, normal = Flood(Fraction(10), Fraction(1)), Usage(active=Fraction(75_000))
    assert added_units(Posture.OPEN, flood, normal, DEAREST) == Fraction(1, 300)
    assert added_units(Posture.MUTUAL_TLS, flood, normal, DEAREST) == Fraction(1, 150)


@patient
@given(floods, usages(), any_reading, any_posture, shares)
def test_a_flood_in_two_parts_never_costs_more(
    flood: Flood, normal: Usage, reading: Reading, posture: Posture, share: Fraction
) -> None:
    """What is told would not be the dearest way to lie across hours."""

    def lasting(hours: Fraction) -> Fraction:
        return added_units(posture, msgspec.structs.replace(flood, hours=hours), normal, reading)

    assert lasting(flood.hours * share) + lasting(flood.hours * (1 - share)) <= lasting(flood.hours)


@patient
@given(floods, usages(), any_reading, any_posture, st.integers(0, 40))
def test_whole_hours_are_one_hour_many_times(
    flood: Flood, normal: Usage, reading: Reading, posture: Posture, hours: int
) -> None:
    """A long flood would not be the sum of its hours."""
    one, many = (msgspec.structs.replace(flood, hours=Fraction(each)) for each in (1, hours))
    added = added_units(posture, one, normal, reading)
    assert added_units(posture, many, normal, reading) == added * hours
    assert sent_bytes(posture, many, reading) == sent_bytes(posture, one, reading) * hours


@few
@given(floods, usages(), any_reading)
def test_a_storm_holds_every_reading(flood: Flood, normal: Usage, reading: Reading) -> None:
    """An interval of the storm would leave out a reading that it says it has tried."""
    prices = region()
    for harm in storm(prices, flood, normal).harms:
        lcu = added_units(harm.posture, flood, normal, msgspec.structs.replace(reading, lambda_adds=True))
        gb = sent_bytes(harm.posture, flood, reading) / reading.gigabyte
        out = transfer_usd(EGRESS, gb, EGRESS.free_gb)
        assert harm.lcu.low <= lcu <= harm.lcu.high
        assert harm.lcu_usd == harm.lcu.times(Fraction("0.008"))
        assert harm.egress_gb.low <= gb <= harm.egress_gb.high
        assert harm.egress_usd.low <= out <= harm.egress_usd.high
        assert harm.total_usd.low <= lcu * Fraction("0.008") + out <= harm.total_usd.high


# ---------------------------------------------------------------- prices


def estimated(prices: RegionPrices, figures: Figures) -> Estimate | UsageError:
    """What comes of asking."""
    try:
        return estimate(prices, figures)
    except UsageError as error:
        return error


@few
@given(st.sets(st.sampled_from(Item)), st.sampled_from(Kind), st.integers(0, 1), st.integers(0, 2))
def test_a_missing_price_is_an_error_and_never_another(without: set[Item], kind: Kind, stores: int, ipv4: int) -> None:
    """A bill would be made with a price that is not this Region's."""
    whole = region("us-east-1")
    holed = RegionPrices("us-east-1", tuple(each for each in whole.prices if each.item not in without), EGRESS)
    figures = Figures(Owned(kind, trust_stores=stores, ipv4=ipv4), Usage(Fraction(26)), mutual=bool(stores))
    expected = estimate(whole, figures)
    made = estimated(holed, figures)
    needed = {UNIT_PRICE[kind], HOUR_PRICE[kind]}
    needed |= {Item.TRUST_STORE_HOUR} if stores else set()
    needed |= {Item.PUBLIC_IPV4_HOUR} if ipv4 else set()
    if needed & without:
        assert isinstance(made, UsageError)
        assert "in us-east-1 is not known here" in str(made)
    else:
        assert isinstance(made, Estimate)
        assert (made.per_hour, made.per_month) == (expected.per_hour, expected.per_month)
        assert made.identity_lock == (None if Item.TRUST_STORE_HOUR in without else expected.identity_lock)


@few
@given(st.sampled_from(sorted(USD)), usages(), fractions(0, 1, 10_000))
def test_lcu_dollars_are_units_times_this_regions_price(name: str, usage: Usage, usd: Fraction) -> None:
    """Another Region's price would be taken, or a constant."""
    known = region(name)
    rows = tuple(
        Price(each.item, usd if each.item is Item.ALB_LCU else each.usd, each.as_of, each.source)
        for each in known.prices
    )
    made = estimate(RegionPrices(name, rows, None), Figures(Owned(), usage))
    assert made.per_hour.lcu == made.lcu.total.times(usd)
    assert made.per_month.lcu == made.lcu.total.times(usd * 730)


def test_a_storm_needs_the_regions_transfer() -> None:
    """A flood's dollars would leave out their larger part."""
    holed = msgspec.structs.replace(region(), egress=None)
    with pytest.raises(UsageError, match="data transfer out to the internet in eu-west-1 is not known here"):
        storm(holed, Flood(Fraction(1), Fraction(1)), Usage())


# ---------------------------------------------------------------- exactness


def numbers(made: object) -> Iterator[object]:
    """Everything in a result that is neither a name nor a date."""
    if isinstance(made, msgspec.Struct):
        for field in made.__struct_fields__:
            yield from numbers(getattr(made, field))
    elif isinstance(made, tuple):
        for each in made:
            yield from numbers(each)
    else:
        yield made


@few
@given(usages(), floods, ways)
def test_results_are_fractions(usage: Usage, flood: Flood, way: Way) -> None:
    """A float somewhere would make two ways to the same bill differ."""
    made = estimate(region(), Figures(Owned(trust_stores=1), usage, way.mutual, key=way.key))
    amounts_told = (made.lcu, made.per_hour, made.per_month, made.identity_lock, made.bypassing, made.network_lock)
    for told in (*amounts_told, storm(region(), flood, usage).harms):
        for each in numbers(told):
            assert not isinstance(each, (float, complex))
    for amount in made.per_hour.numbers():
        assert type(amount.low) is type(amount.high) is Fraction


@pytest.mark.parametrize("path", sorted(Path(cost.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_no_float_is_reckoned_with_in_the_room(path: Path) -> None:
    """A constant such as 0.4 would not be four tenths. In the words of an error a number may be shown as one."""
    tree = ast.parse(path.read_text())
    shown = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) not in shown:
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), ast.dump(node)
            assert not (isinstance(node, ast.Name) and node.id == "float"), ast.dump(node)


@patient
@given(fractions(-1000, 1000, 7), fractions(0, 1000, 7))
def test_amounts_are_scaled_at_both_ends(number: Fraction, factor: Fraction) -> None:
    """An exact amount would become an interval, or the other way round."""
    amount = Amount(number, number + 1)
    assert amount.times(factor) == Amount(number * factor, (number + 1) * factor)
    assert not amount.exact
    assert Amount(number, number).exact


def structs() -> list[type[msgspec.Struct]]:
    """Every record of the room."""
    modules = (bill_module, estimate_module, readings_module, storm_module, units_module)
    found = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return sorted((each for each in found if issubclass(each, msgspec.Struct)), key=lambda each: each.__name__)


@pytest.mark.parametrize("struct", structs(), ids=lambda struct: struct.__name__)
def test_a_record_is_what_it_was(struct: type[msgspec.Struct]) -> None:
    """A result would be changed by whoever shows it, and readings could not be told apart by a set."""
    assert struct.__struct_config__.frozen


def test_headers_are_two_certificates_and_no_range() -> None:
    """Their two lengths would be taken for the ends of what lies between: a class can be the cause of less there.

    100 requests a second of the class and of the others, 36 connections a second of the class alone (1.44 LCU). With
    1,900 B 1.44 - 0.684; with 2,000 B, where the bytes of all begin to decide, 1.44 - 0.72; with 2,180 B
    1.5696 - 0.7848.
    """
    part, rest = Usage(Fraction(36), requests=Fraction(100)), Usage(requests=Fraction(100))

    def caused(header_bytes: int) -> Fraction:
        reading = msgspec.structs.replace(DEAREST, header_bytes=header_bytes)
        counted = with_headers(part, reading)
        return marginal(Kind.ALB, counted + with_headers(rest, reading), counted, reading, mutual=True)

    assert [caused(each) for each in (1900, 2000, 2180)] == [Fraction(each) for each in ("0.756", "0.72", "0.7848")]
