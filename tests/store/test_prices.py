"""The shipped prices and those that AWS was asked for: the newer counts, and a damaged file is never another price."""

from __future__ import annotations

import datetime
import json
import stat
from fractions import Fraction
from pathlib import Path

import pytest

from originlock.errors import StateError, UsageError
from originlock.facts.prices import Egress, Item, Price, RegionPrices, Tier
from originlock.facts.regions import dollar_region
from originlock.store import prices as store
from originlock.store.prices import PriceFiles
from originlock.wiring.money import prices_of

NOW = datetime.datetime(2026, 11, 23, 3, tzinfo=datetime.UTC)
SHIPPED = json.loads((Path(store.__file__).parent / "shipped-prices.json").read_bytes())


def price(item: Item, usd: str, as_of: str = "2026-11-23") -> Price:
    """A price that AWS was asked for."""
    return Price(item, Fraction(usd), datetime.date.fromisoformat(as_of), "asked")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory that the product finds."""
    monkeypatch.setenv("ORIGINLOCK_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


# What the facts give: (Region, item, dollars), from the table of prices by Region.
GIVEN = (
    ("us-east-1", Item.ALB_HOUR, "0.0225"),
    ("us-east-1", Item.ALB_LCU, "0.008"),
    ("us-east-1", Item.ALB_RESERVED_LCU, "0.008"),
    ("us-east-1", Item.TRUST_STORE_HOUR, "0.005"),
    ("us-east-1", Item.NLB_HOUR, "0.0225"),
    ("us-east-1", Item.NLB_LCU, "0.006"),
    ("us-east-1", Item.GWLB_HOUR, "0.0125"),
    ("us-east-1", Item.GWLB_LCU, "0.004"),
    ("us-east-2", Item.ALB_HOUR, "0.0225"),
    ("us-east-2", Item.ALB_LCU, "0.008"),
    ("us-east-2", Item.TRUST_STORE_HOUR, "0.005"),
    ("us-west-1", Item.ALB_HOUR, "0.0252"),
    ("us-west-2", Item.ALB_HOUR, "0.0225"),
    ("us-west-2", Item.ALB_LCU, "0.008"),
    ("us-west-2", Item.TRUST_STORE_HOUR, "0.0063"),
    ("us-west-2", Item.NLB_HOUR, "0.0225"),
    ("us-west-2", Item.GWLB_HOUR, "0.0125"),
    ("ca-central-1", Item.ALB_HOUR, "0.02475"),
    ("ca-central-1", Item.ALB_LCU, "0.0088"),
    ("eu-west-1", Item.ALB_HOUR, "0.0252"),
    ("eu-west-1", Item.ALB_LCU, "0.008"),
    ("eu-west-1", Item.ALB_RESERVED_LCU, "0.008"),
    ("eu-west-1", Item.TRUST_STORE_HOUR, "0.0056"),
    ("eu-west-2", Item.ALB_HOUR, "0.02646"),
    ("eu-west-2", Item.TRUST_STORE_HOUR, "0.0059"),
    ("ap-northeast-1", Item.ALB_HOUR, "0.0243"),
    ("ap-northeast-1", Item.ALB_LCU, "0.008"),
    ("ap-northeast-1", Item.TRUST_STORE_HOUR, "0.0054"),
    ("ap-northeast-1", Item.NLB_LCU, "0.006"),
    ("ap-northeast-2", Item.ALB_HOUR, "0.0225"),
    ("ap-northeast-2", Item.ALB_LCU, "0.008"),
    ("ap-northeast-2", Item.TRUST_STORE_HOUR, "0.005"),
)


@pytest.mark.parametrize("region,item,usd", GIVEN)
def test_a_shipped_price_is_exact(state: Path, region: str, item: Item, usd: str) -> None:
    """Somebody would be told another price than the one that was found."""
    assert prices_of(region).usd(item) == Fraction(usd)
    assert not state.exists()


def test_nothing_ships_beyond_what_was_found() -> None:
    """A price without evidence would be shown as if it had some."""
    shipped = {(row["region"], Item(row["item"])) for row in SHIPPED["prices"]}
    addresses = {(region, Item.PUBLIC_IPV4_HOUR) for region, _, _ in GIVEN}
    assert shipped == {(region, item) for region, item, _ in GIVEN} | addresses
    assert all(row["usd"] in {"0.005", "0.0050"} for row in SHIPPED["prices"] if row["item"] == "public-ipv4-hour")


def test_each_shipped_row_says_who_says_so_and_when() -> None:
    """A person could not see how old a price is, or whom to believe."""
    for row in (*SHIPPED["prices"], *SHIPPED["egress"]):
        assert row["source"].strip()
        assert datetime.date(2023, 1, 1) <= datetime.date.fromisoformat(row["as_of"]) <= datetime.date(2026, 11, 23)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_tiers_of_transfer(state: Path, region: str) -> None:
    """A flood's egress would be priced in the wrong tier."""
    assert state.name
    egress = prices_of(region).transfer()
    assert egress.free_gb == 100
    assert [(tier.up_to_gb, tier.usd_per_gb) for tier in egress.tiers] == [
        (10240, Fraction("0.09")),
        (51200, Fraction("0.085")),
        (153600, Fraction("0.07")),
        (None, Fraction("0.05")),
    ]


def test_transfer_is_known_in_two_regions_alone(state: Path) -> None:
    """Another Region's transfer would be priced as if it were Ireland's."""
    assert state.name
    for region in {region for region, _, _ in GIVEN} - {"us-east-1", "eu-west-1"}:
        with pytest.raises(UsageError, match="data transfer out to the internet in"):
            prices_of(region).transfer()


def test_a_missing_price_is_said_with_the_way_to_it(state: Path) -> None:
    """Another Region's price would be taken, or a person would not know what to do."""
    assert state.name
    with pytest.raises(UsageError, match="LCU-hour in us-west-1 is not known") as caught:
        prices_of("us-west-1").usd(Item.ALB_LCU)
    assert caught.value.remedy.endswith("originlock cost prices --refresh --region us-west-1")


# Each mistake in the name of a Region, with words of its own message and of its remedy.
WRONG_NAMES = (
    ("eu-wset-1", "no price of the Region eu-wset-1 .* did you mean eu-west-1", "--refresh --region eu-wset-1"),
    ("eu-central-1", r"no price of the Region eu-central-1 is known here \(known: ", "--refresh --region eu-central-1"),
    ("us-gov-west-1", "no price of the Region us-gov-west-1", "--refresh --region us-gov-west-1"),
    ("cn-north-1", "billed in yuan", "outside China"),
    ("cn-northwest-1", "billed in yuan", "outside China"),
    ("us-east-1a", "is an Availability Zone", "say us-east-1"),
    ("us-west-2-lax-1", "is a Local Zone or a Wavelength Zone", "us-west-2 is this one's parent"),
    ("us-west-2-lax-1a", "is a Local Zone or a Wavelength Zone", "us-west-2 is this one's parent"),
    ("us-east-1-wl1-bos-wlz-1", "is a Local Zone or a Wavelength Zone", "us-east-1 is"),
    ("op-0123456789abcdef0", "is an Outpost", "name the Region"),
    ("arn:aws:outposts:eu-west-1:123456789012:outpost/op-0", "is an Outpost", "name the Region"),
    ("EU-WEST-1", "no name of an AWS Region; did you mean eu-west-1", "such as eu-west-1"),
    ("Ireland", "'Ireland' is no name of an AWS Region", "such as eu-west-1"),
    ("", "'' is no name of an AWS Region", "such as eu-west-1"),
    ("../../etc/passwd", "is no name of an AWS Region", "such as eu-west-1"),
    ("eu-west-1\n", "is no name of an AWS Region", "such as eu-west-1"),
    ("x" * 5000, "is no name of an AWS Region", "such as eu-west-1"),
)


@pytest.mark.parametrize("said,message,remedy", WRONG_NAMES)
def test_a_wrong_region_has_its_own_message(state: Path, said: str, message: str, remedy: str) -> None:
    """A person would get a price for another place, or no hint at what is wrong."""
    assert state.name
    with pytest.raises(UsageError, match=message) as caught:
        prices_of(said)
    assert remedy in caught.value.remedy
    assert len(caught.value.what) < 400


def test_a_region_that_nobody_heard_of_may_be_asked_for() -> None:
    """A Region newer than this version could never be priced."""
    assert dollar_region("xx-somewhere-9") == "xx-somewhere-9"


# ---------------------------------------------------------------- what AWS was asked for


TIERS = (Tier(Fraction(10240), Fraction("0.0912345678")), Tier(None, Fraction("0.05")))
EGRESS = Egress(Fraction(100), TIERS, NOW.date(), "asked")


def asked(*prices: Price, region: str = "eu-west-1", egress: Egress | None = None) -> RegionPrices:
    """An answer of AWS's."""
    return RegionPrices(region, prices or (price(Item.ALB_LCU, "0.0081234567"),), egress)


def test_what_was_asked_for_is_kept_exactly(tmp_path: Path) -> None:
    """Ten digits behind the point would come back rounded."""
    files = PriceFiles(tmp_path / "state")
    files.keep(asked(egress=EGRESS), NOW)
    known = PriceFiles(tmp_path / "state").known("eu-west-1")
    assert known is not None
    assert known.prices.price(Item.ALB_LCU) == price(Item.ALB_LCU, "0.0081234567")
    assert known.prices.egress == EGRESS
    assert known.asked_at == NOW
    assert known.asked == {Item.ALB_LCU}
    assert known.egress_asked
    assert stat.S_IMODE((tmp_path / "state" / "prices-eu-west-1.json").stat().st_mode) == 0o600


def test_the_newer_price_of_each_thing_counts(tmp_path: Path) -> None:
    """An old cache would outlive a newer table; or what was not asked for would be lost."""
    files = PriceFiles(tmp_path)
    old = price(Item.TRUST_STORE_HOUR, "0.1", "2020-01-01")
    files.keep(asked(price(Item.ALB_LCU, "0.009"), old), NOW)
    known = files.known("eu-west-1")
    assert known is not None
    assert known.prices.usd(Item.ALB_LCU) == Fraction("0.009")
    assert known.prices.usd(Item.TRUST_STORE_HOUR) == Fraction("0.0056")
    assert known.prices.usd(Item.ALB_HOUR) == Fraction("0.0252")
    assert known.asked == {Item.ALB_LCU}
    assert known.prices.transfer().tiers[0].usd_per_gb == Fraction("0.09")
    assert not known.egress_asked


def test_of_two_prices_of_a_day_the_asked_one_counts(tmp_path: Path) -> None:
    """What AWS said last would lose to what a table says."""
    files = PriceFiles(tmp_path)
    files.keep(asked(price(Item.ALB_LCU, "0.0085", "2026-09-11")), NOW)
    known = files.known("eu-west-1")
    assert known is not None
    assert known.prices.usd(Item.ALB_LCU) == Fraction("0.0085")


def test_a_region_that_does_not_ship_is_known_once_asked(tmp_path: Path) -> None:
    """What AWS says of Frankfurt would be thrown away; or be taken for another's."""
    files = PriceFiles(tmp_path)
    files.keep(asked(region="eu-central-1"), NOW)
    known = files.known("eu-central-1")
    assert known is not None
    assert [each.item for each in known.prices.prices] == [Item.ALB_LCU]
    assert "eu-central-1" in files.regions()
    assert files.known("eu-north-1") is None


def test_asking_again_replaces_all(tmp_path: Path) -> None:
    """A price that AWS no longer lists would live on."""
    files = PriceFiles(tmp_path)
    files.keep(asked(region="eu-central-1"), NOW)
    files.keep(asked(price(Item.ALB_HOUR, "0.03"), region="eu-central-1"), NOW)
    known = files.known("eu-central-1")
    assert known is not None
    assert [each.item for each in known.prices.prices] == [Item.ALB_HOUR]


def _cached(**over: object) -> str:
    row = {"item": "alb-lcu", "usd": "0.008", "as_of": "2026-11-23", "source": "asked"}
    whole: dict[str, object] = {
        "version": 1,
        "region": "eu-west-1",
        "asked_at": "2026-11-23T03:00:00Z",
        "prices": [row],
        "egress": None,
    }
    return json.dumps(whole | over)


_ROW = {"item": "alb-lcu", "usd": "0.008", "as_of": "2026-11-23", "source": "asked"}
_EGRESS = {"free_gb": "100", "tiers": [{"up_to_gb": None, "usd_per_gb": "0.05"}], "as_of": "2026-11-23", "source": "s"}

DAMAGED = {
    "empty": "",
    "torn": _cached()[:-20],
    "no JSON": "<html></html>",
    "of another Region": _cached(region="us-east-1"),
    "of a later version": _cached(version=2),
    "a price as a number": _cached(prices=[_ROW | {"usd": 0.008}]),
    "a price below nothing": _cached(prices=[_ROW | {"usd": "-0.008"}]),
    "a price that is no number": _cached(prices=[_ROW | {"usd": "NaN"}]),
    "a price as a fraction": _cached(prices=[_ROW | {"usd": "1/125"}]),
    "a thing that nobody knows": _cached(prices=[_ROW | {"item": "moon"}]),
    "two prices of a thing": _cached(prices=[_ROW, _ROW | {"usd": "0.009"}]),
    "no date": _cached(prices=[_ROW | {"as_of": "soon"}]),
    "a time without zone": _cached(asked_at="2026-11-23T03:00:00"),
    "more than was written": _cached(more=1),
    "no tier": _cached(egress=_EGRESS | {"tiers": []}),
    "tiers that end": _cached(egress=_EGRESS | {"tiers": [{"up_to_gb": "10", "usd_per_gb": "0.05"}]}),
    "tiers out of order": _cached(
        egress=_EGRESS
        | {
            "tiers": [
                {"up_to_gb": "20", "usd_per_gb": "0.05"},
                {"up_to_gb": "10", "usd_per_gb": "0.05"},
                {"up_to_gb": None, "usd_per_gb": "0.05"},
            ]
        }
    ),
    "nested without end": "[" * 100_000,
    "too large": _cached() + " " * 1024 * 1024,
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_file_is_an_error_and_never_another_price(state: Path, how: str) -> None:
    """The shipped price would quietly stand in for the one that AWS gave."""
    state.mkdir()
    (state / "prices-eu-west-1.json").write_text(DAMAGED[how])
    with pytest.raises(StateError, match=r"prices-eu-west-1\.json, are damaged") as caught:
        prices_of("eu-west-1")
    assert "remove" in caught.value.remedy
    assert caught.value.remedy.endswith("originlock cost prices --refresh --region eu-west-1")
    assert prices_of("us-east-1").usd(Item.ALB_LCU) == Fraction("0.008")


def test_a_file_that_cannot_be_read_is_an_error(state: Path) -> None:
    """The same, where the file is there and closed."""
    (state / "prices-eu-west-1.json").mkdir(parents=True)
    with pytest.raises(StateError, match="cannot be read"):
        prices_of("eu-west-1")


def test_other_files_are_no_regions(tmp_path: Path) -> None:
    """A stray file would be listed as a Region."""
    for name in ("prices-.json", "prices-moon.json", "prices-eu-west-9.json.bak", "accepted-cloudflare.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "prices-eu-west-9.json").write_text("{}")
    assert set(PriceFiles(tmp_path).regions()) == {region for region, _, _ in GIVEN} | {"eu-west-9"}
