"""Where the price of a piece goes before it is sold: as its lot was last divided, or as the agreement would do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import caches

from cooperatives.queries import agreements_in_force
from cooperatives.rules.places import Atlas
from cooperatives.rules.steps import read_agreement
from cooperatives.services.people import OPERATOR
from ledger.queries import places_of
from ledger.rules.entries import claim
from market import queries
from market.models import Listing
from market.queries import Trail
from market.rules.cycles import lot_of
from market.rules.prices import split_price
from market.rules.settlements import basis, filled, foreseen
from market.rules.splits import Breakdown, Destination, Journal, SaleLine, breakdown, where_it_went
from market.rules.taxes import country_of

if TYPE_CHECKING:
    from cooperatives.models import Agreement


def where_prices_go(
    rows: list[Listing], trail: Trail | None = None, *, agreements: Mapping[int, Agreement] | None = None
) -> dict[int, tuple[Breakdown, bool]]:
    """{listing: (where the price of one piece goes, whether that is foreseen)}; `agreements` in force, if known.

    A lot that was divided goes on as its last division did; one that was not, as the agreement in force would do it."""
    if not rows:
        return {}
    trail = trail or queries.trail_behind({row.lot_path for row in rows})
    divided = _last_divisions(trail.journal)
    undivided = [row for row in rows if _unit_of(row) not in divided]
    if agreements is None:
        agreements = agreements_in_force({row.product.cooperative_id for row in undivided}) if undivided else {}
    found = {}
    for row in rows:
        last, pot = divided.get(_unit_of(row), (0, row.earned_path))
        journal, is_forecast = trail.journal, False
        agreement = agreements.get(row.product.cooperative_id)
        if not last and agreement:
            last, journal, is_forecast = 1, _foreseen(row, trail, agreement.steps), True
        line = _one_piece(row, pot, token=last - 1 if last else 0)
        parts = where_it_went([line], journal, trail.costs)
        found[row.pk] = breakdown(row.currency, parts), is_forecast
    return found


def where_prices_went(rows: list[Listing]) -> dict[int, tuple[Breakdown, bool]]:
    """The same for a whole shelf (`queries.on_the_shelf`), remembered for a minute: following many lots back is all its
    work.

    A new price, division or agreement is seen at once; a correction far behind a lot within the minute."""
    if not rows:
        return {}
    agreements = agreements_in_force({row.product.cooperative_id for row in rows})
    states = sorted(_state(row, agreements.get(row.product.cooperative_id)) for row in rows)
    name = f"prices-{sha256(' '.join(states).encode()).hexdigest()}"
    remembered = caches["process"]
    found: dict[int, tuple[Breakdown, bool]] | None = remembered.get(name)
    if found is None:
        found = where_prices_go(rows, agreements=agreements)
        remembered.set(name, found, timeout=60)
    return found


def _state(row: Listing, agreement: Agreement | None) -> str:
    assert hasattr(row, "division"), "a listing that was not read from the shelf"
    rates = f"{row.price}-{row.vat_rate}-{settings.MARKET_COMMISSION}"
    return f"{row.pk}-{rates}-{row.division or 0}-{agreement.pk if agreement else 0}"


def _unit_of(row: Listing) -> tuple[str, str]:
    """A listing's lot (by path) and the claims that it earns."""
    return row.lot_path, claim(row.currency, row.product.cooperative.address)


def _last_divisions(journal: Journal) -> dict[tuple[str, str], tuple[int, str]]:
    """{(lot by path, unit): (its last division, the pot that it divided)}, of whatever was sold, in a cycle or not."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for (pot, unit), made in journal.divisions.items():
        one = lot_of(pot), unit
        found[one] = max(found.get(one, (0, "")), (max(made), pot))
    return found


def _foreseen(row: Listing, trail: Trail, steps: Sequence[Mapping[str, Any]]) -> Journal:
    """The whole lot, sold and divided by the agreement, as it would stand in the journal."""
    pieces = max(1, filled(row.lot_path, row.unit, trail.flows) // row.unit_quantity)
    based = basis(row.lot_path, row.currency, Fraction(1), trail.facts)
    split = split_price(row.price, vat_rate=row.vat_rate, commission_rate=settings.MARKET_COMMISSION)
    division = based.divided(split.rest * pieces, read_agreement(steps))
    flows = foreseen(division.parts, basis=based, after=1, at=row.listed_at)
    return Journal.of([*[f for f in trail.flows if f.giver != row.earned_path], *flows])


def _one_piece(row: Listing, pot: str, *, token: int) -> SaleLine:
    """One piece as if it were sold just before its lot's division."""
    split = split_price(row.price, vat_rate=row.vat_rate, commission_rate=settings.MARKET_COMMISSION)
    direct = {
        Destination(row.tax, "tax", "invoice"): split.vat,
        Destination(OPERATOR, "commission", "invoice"): split.commission,
    }
    return SaleLine("", "", token, row.listed_at, row.currency, row.price, direct, {pot: split.rest})


def places_known(owners: Iterable[str], where: Atlas) -> dict[str, str | None]:
    """Where owners are. Before the first sale the journal knows neither its tax nor the operator; their places are
    those which the sale will declare. Each is told by where it lies today."""
    wanted = set(owners)
    expected = {owner: country_of(owner) for owner in wanted if owner.startswith("tax/")}
    return where.locate(expected | {OPERATOR: settings.MARKET_OPERATOR_PLACE or None} | places_of(wanted))
