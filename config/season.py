"""One season of the rice farms, played through the services that everyone uses: milled, listed, bought, divided, paid.

The harvest, hours and wages are the survey's (cooperatives/mappings/ricefarms.toml). What happens after the field is
declared here, since the survey ends there: how much of the paddy is rice, its price, the agreement, and who buys.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings

from cooperatives import queries as people
from cooperatives.rules.imports import FileMapping
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.making import Output, finish_process, put_in
from cooperatives.services.people import admit_member
from cooperatives.services.promises import keep_promise
from ledger.queries import balances, places_of
from ledger.rules.entries import claim
from market.queries import where_money_went
from market.services.catalogue import list_lot, open_stall, publish_listing
from market.services.checkout import Buyer, place_order
from market.services.orders import hand_over
from market.services.payments import BANK, CASH, receive_payment
from market.services.payouts import pay_purse
from market.services.settlements import divide_period

# Declared, in thousandths of the paddy's mass: white rice and bran; the husks go back to the soil.
RICE, BRAN = 650, 100
PARTS = (9_300, 700)  # how rice and bran share what went in, of 10,000
SACK, SACK_OF_BRAN = 50_000, 25_000  # grams
PRICE_OF_A_KILO, PRICE_OF_BRAN = 17_000, 4_000  # sen, with tax
TAX = 100  # thousandths
BUYERS = ("Sari", "Budi", "Wati")
LABEL = {
    "net_unit": "g", "allergens": [], "origin": "Cimanuk basin, West Java", "storage": "Dry, away from light",
}  # fmt: skip


def rules(slug: str) -> list[dict[str, Any]]:
    """The agreement of every village: wages back, then water and reserve, the rest by harvest and family work."""
    rates = [
        {"of": "harvest", "unit": "g", "per": 1_000, "pays": 6_000},
        {"of": "work/family", "unit": "min", "per": 60, "pays": 5_000},
    ]
    return [
        {"step": "pass-through"},
        {"step": "debts"},
        {"step": "commons", "thousandths": 50, "funds": {f"commons/{slug}-water/purse": 1}},
        {"step": "reserve", "thousandths": 100},
        {"step": "residual", "rates": rates},
    ]


@dataclass(frozen=True, slots=True)
class VillageReport:
    """What a village's season came to: grams, minutes by kind, and where each sen of its sales went."""

    name: str
    grams_sold: int
    minutes: dict[str, int]
    sales: int
    ends: dict[str, int]
    places: dict[str, int]


@dataclass(slots=True)
class Village:
    """A cooperative with the people who run it, and a clock."""

    cooperative: Any
    steward: Any
    treasurer: Any
    at: datetime
    listings: list[Any] = field(default_factory=list)

    def later(self) -> datetime:
        """A moment after all others so far."""
        self.at += timedelta(minutes=1)
        return self.at


def play_season(*, mapping: FileMapping, season: int) -> list[VillageReport]:
    """Mill, sell, divide and pay one imported season in every village, and report it. Play it once in a database."""
    numbers = count(1)
    reports = []
    with _no_commission():
        for place in sorted(mapping.places.values()):
            cooperative = people.cooperative(place.slug)
            if cooperative is not None:
                village = _open(cooperative, mapping.seasons[season - 1])
                lots = _mill(village, season)
                _list(village, lots)
                _sell(village, numbers)
                _divide(village)
                reports.append(_report(village, season, place.path, lots[0]))
    return reports


@contextmanager
def _no_commission() -> Iterator[None]:
    """The villages sell at their own mills: no market keeps a part."""
    usual, settings.MARKET_COMMISSION = settings.MARKET_COMMISSION, 0
    try:
        yield
    finally:
        settings.MARKET_COMMISSION = usual


def _open(cooperative: Any, harvested: datetime) -> Village:
    """A steward, a treasurer, the agreement and a stall."""
    at = harvested + timedelta(days=14)
    place = cooperative.place.path
    steward, treasurer = (
        admit_member(cooperative=cooperative, number=role, place=place, roles=[role, "member"], at=at, by=None)
        for role in ("steward", "treasurer")
    )
    village = Village(cooperative, steward, treasurer, at)
    adopt_agreement(cooperative=cooperative, rules=rules(cooperative.slug), at=village.later(), by=steward)
    address = f"The mill, {cooperative.place.name}, West Java, Indonesia"
    said = {"seller": cooperative.name, "address": address, "pickup_address": address, "pickup_hours": "Every morning"}
    open_stall(by=steward, cooperative=cooperative, said=said, at=village.later())
    return village


def _mill(village: Village, season: int) -> list[Any]:
    """The season's paddy, in one process that began in the field, becomes rice, bran and husks."""
    cooperative = village.cooperative
    process, paddy = people.process(cooperative.slug, f"rice-{season}"), f"paddy-{season}"
    row = next(row for row in people.lots_at_hand(cooperative) if row.code == paddy)
    assert process is not None
    put_in(
        by=village.steward, process=process, lot=row.lot, quantity=row.quantity, at=village.later(),
        key=f"mill/{cooperative.slug}/{season}/in",
    )  # fmt: skip
    outputs = [
        Output(f"{goods.lower()}-{season}", goods, "g", row.quantity * yields // 1000, row.lot.hub, parts)
        for goods, yields, parts in (("White-rice", RICE, PARTS[0]), ("Rice-bran", BRAN, PARTS[1]))
    ]
    return finish_process(
        by=village.steward, process=process, outputs=outputs, rest_to="nature/soil", at=village.later(),
        key=f"mill/{cooperative.slug}/{season}/out",
    )  # fmt: skip


def _list(village: Village, lots: list[Any]) -> None:
    """Both lots on the shelf, by the sack."""
    for lot, title, sack, price in (
        (lots[0], "White rice, sack of 50 kg", SACK, PRICE_OF_A_KILO * SACK // 1000),
        (lots[1], "Rice bran, sack of 25 kg", SACK_OF_BRAN, PRICE_OF_BRAN * SACK_OF_BRAN // 1000),
    ):
        name = village.cooperative.name
        listing = list_lot(
            by=village.steward, lot=lot, title=title, price=price, currency=village.cooperative.currency,
            unit_quantity=sack, vat_rate=TAX, at=village.later(), kind="grain", net_quantity=sack,
            ingredients=lot.goods,
            description=f"Grown and milled by the members of {name}.", operator=name, **LABEL,
        )  # fmt: skip
        village.listings.append(publish_listing(by=village.steward, listing=listing, at=village.later()))


def _sell(village: Village, numbers: Iterator[int]) -> None:
    """Every full sack is bought: one for cash at the mill, the others by bank transfer, buyer after buyer."""
    filled = {row.code: row.quantity for row in people.lots_at_hand(village.cooperative)}
    for listing in village.listings:
        sacks = filled[listing.lot_path.rpartition("/")[2]] // listing.unit_quantity
        for number, buyer in zip(_portions(sacks), _again(BUYERS), strict=False):
            n = next(numbers)
            who = Buyer(buyer, f"{buyer.lower()}@rennet.example")
            way, paid = ("pickup", CASH) if number == 1 else ("bank", BANK)
            order = place_order(
                cart={str(listing.pk): number}, buyer=who, way=way, at=village.later(), key=f"season-checkout-{n:06}"
            )
            receive_payment(
                by=village.treasurer, order=order, way=paid, amount=order.total, at=village.later(),
                statement_line=f"transfer-{n:06}" if paid == BANK else "",
            )  # fmt: skip
            order.refresh_from_db()
            hand_over(by=village.steward, order=order, at=village.later())


def _portions(sacks: int) -> list[int]:
    """One sack, then as many as a cart holds at most, in like parts."""
    rest = max(sacks - 1, 0)
    orders = max(len(BUYERS) - 1, -(-rest // 500))
    parts = [rest // orders + (n < rest % orders) for n in range(orders)]
    return [n for n in (min(sacks, 1), *parts) if n]


def _again(names: Iterable[str]) -> Iterator[str]:
    while True:
        yield from names


def _divide(village: Village) -> None:
    """What was earned is divided by the agreement, wages are kept, and every purse is paid with its evidence."""
    cooperative = village.cooperative
    unit = claim(cooperative.currency, cooperative.address)
    divide_period(by=village.treasurer, cooperative=cooperative, upto=village.at.date(), at=village.later())
    workers = f"workers/{cooperative.slug}"
    keep_promise(
        cooperative=cooperative, owner=workers, at=village.later(), key=f"promise/{cooperative.slug}/wages",
        by=village.treasurer,
    )  # fmt: skip
    for n, purse in enumerate(balances(unit=unit, words=["purse"]), start=1):
        owner = purse.address.removesuffix("/purse")
        if owner.startswith(("members/", "workers/")) and purse.quantity > 0:
            pay_purse(
                by=village.treasurer, approved_by=village.steward, owner=owner, amount=purse.quantity,
                currency=cooperative.currency, keeper=f"bank/{cooperative.slug}", statement_line=f"purse-{n:04}",
                evidence="Signed in the pay list", at=village.later(),
            )  # fmt: skip


def _report(village: Village, season: int, boundary: str, lot: Any) -> VillageReport:
    """From the journal: where the sales went, by end and by place, and the hours behind the rice."""
    went = where_money_went(cooperative=village.cooperative)
    owners = went.by_owner()
    places = places_of(owners)
    ends: dict[str, int] = defaultdict(int)
    inside: dict[str, int] = defaultdict(int)
    for owner, amount in owners.items():
        ends["reserve" if owner == village.cooperative.address else owner.partition("/")[0]] += amount
        inside[_side(owner, places.get(owner), boundary)] += amount
    listings = village.listings
    left = {row.code: row.quantity for row in people.lots_at_hand(village.cooperative)}
    story = people.lot_story(lot)
    return VillageReport(
        name=village.cooperative.place.name, grams_sold=story.filled - left.get(lot.code, 0) if listings else 0,
        minutes=dict(story.minutes), sales=went.price, ends=dict(ends), places=dict(inside),
    )  # fmt: skip


def _side(owner: str, place: str | None, boundary: str) -> str:
    if owner == "waiting":
        return "waiting"
    if place is None:
        return "unknown"
    return "local" if f"{place}/".startswith(f"{boundary}/") else "extracted"
