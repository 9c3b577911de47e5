"""One recipe beside itself: how cooperatives that make by it fare, in yields, hours, energy and what stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cooperatives import queries as cooperatives
from cooperatives.queries import recipes
from cooperatives.queries.plans import Batch, batches_by
from cooperatives.rules.places import Atlas
from market import queries as market
from market.queries import Trail
from market.rules.disclosure import publish
from reports.queries.asking import Reader, commonest_money, home_of, sealed
from reports.rules.figures import Figures, figures

if TYPE_CHECKING:
    from datetime import datetime

    from cooperatives.models import Cooperative, Recipe


@dataclass(frozen=True, slots=True)
class Use:
    """How a cooperative fared with a recipe, over all its batches. `per` is what hours and energy are for: 1,000 g, or
    one piece where pieces have no weight. A figure is None where nothing is known, or where it is withheld."""

    cooperative: Cooperative
    batches: int
    yielded: Fraction | None  # of the product: observed for each one expected
    minutes: Fraction | None  # for one `per`
    is_withheld: bool  # the minutes: too few people worked, or one of them nearly all of it
    watt_hours: Mapping[str, Fraction]  # for one `per`, by source
    sold: Figures | None

    @property
    def energy(self) -> Fraction:
        return sum(self.watt_hours.values(), Fraction(0))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything a page of comparison says."""

    recipe: Recipe
    uses: list[Use]
    is_by_weight: bool
    places: Mapping[str, str]
    sealed: object


def compare(slug: str, reader: Reader, *, at: datetime) -> Comparison | None:
    """Who makes by a recipe and how it goes; None where there is no such recipe, or none for this reader."""
    batches, mine = batches_by(slug), {m.cooperative_id for m in reader.memberships}
    followed = batches[0].process.recipe if batches else None
    recipe = followed.recipe if followed else recipes.recipe(slug)
    if recipe is None or not recipes.is_open_to(recipe, mine, at, is_published=bool(batches)):
        return None
    grouped: dict[str, list[Batch]] = defaultdict(list)
    for batch in batches:
        grouped[batch.process.cooperative.address].append(batch)
    is_by_weight = all(batch.grams or batch.product[1] == "g" for batch in batches)
    trail = market.trail_behind([path for batch in batches for path in batch.lots])
    where = cooperatives.atlas()
    sold = _sold(grouped, trail, where)
    uses = [_use(its, sold.get(maker), reader, is_by_weight) for maker, its in grouped.items()]
    homes = {use.sold.boundary for use in uses if use.sold and use.sold.boundary}
    return Comparison(
        recipe, sorted(uses, key=lambda u: u.cooperative.name), is_by_weight, where.named(homes), sealed()
    )


def _use(its: Sequence[Batch], sold: Figures | None, reader: Reader, is_by_weight: bool) -> Use:
    cooperative = its[0].process.cooperative
    made = sum(batch.actual * (batch.grams or 1) if is_by_weight else batch.actual for batch in its)
    each = Fraction(1000 if is_by_weight else 1, made) if made else Fraction(0)
    told = [batch for batch in its if batch.expected]
    expected = sum(batch.expected or 0 for batch in told)
    minutes: dict[str, int] = defaultdict(int)
    energy: dict[str, int] = defaultdict(int)
    for batch in its:
        for who, worked in batch.minutes.items():
            minutes[who] += worked
        for source, watt_hours in batch.energy.items():
            energy[source] += watt_hours
    cell = publish({"minutes": list(minutes.values())}, has_total=False)["minutes"]
    is_withheld = bool(minutes) and cell.is_withheld and not reader.sees_all([cooperative.address])
    return Use(
        cooperative=cooperative, batches=len(its), is_withheld=is_withheld,
        yielded=Fraction(sum(batch.actual for batch in told), expected) if expected else None,
        minutes=sum(minutes.values()) * each if made and minutes and not is_withheld else None,
        watt_hours={source: n * each for source, n in energy.items() if made},
        sold=sold,
    )  # fmt: skip


def _sold(grouped: Mapping[str, Sequence[Batch]], trail: Trail, where: Atlas) -> dict[str, Figures]:
    """{maker: what buyers paid for its lots, seen from its own region}; makers that sold nothing are left out."""
    went = {}
    for maker, its in grouped.items():
        if lines := market.lines_of(trail, [path for batch in its for path in batch.lots]):
            went[maker] = trail.went(lines, commonest_money(lines, [its[0].process.cooperative]))
    owners = {part.owner for each in went.values() for part in each.slices} | went.keys()
    homes = cooperatives.homes_of(owners, where) if owners else {}
    regions = {maker: home_of([home] if (home := homes[maker]) else []) for maker in went}
    return {maker: figures(each, homes, regions[maker]) for maker, each in went.items()}
