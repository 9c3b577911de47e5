"""Plans: a recipe scaled to what is wanted, what it needs down to raw goods, and how a batch turned out beside it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from math import ceil

from cooperatives.rules.recipes import ENERGY, Design
from ledger.rules.refusal import Refusal

TOLERANCE = Fraction(1, 10)  # by how much a batch may differ from its recipe before a page speaks of it
WATT_HOUR = "Wh"
Goods = tuple[str, str]  # the name of goods without capitals, and their unit


class CircularRecipes(Refusal):
    """These recipes need one another: {goods} is made of itself."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How much of a recipe must be made: how many times its batch, its inputs in whole units, minutes, watt-hours."""

    design: Design
    times: Fraction
    inputs: Mapping[Goods, int]

    @property
    def quantity(self) -> int:
        """How much of its product comes out."""
        return ceil(self.design.product.quantity * self.times)

    @property
    def minutes(self) -> int:
        """How long all of its steps take, as if time grew with the batch."""
        return ceil(self.design.minutes * self.times)

    @property
    def watt_hours(self) -> int:
        """How much energy it takes."""
        return ceil(sum(energy.watt_hours for energy in self.design.energy) * self.times)


@dataclass(frozen=True, slots=True)
class Plan:
    """All batches, each after those it needs, and the raw goods that no recipe at hand makes."""

    batches: tuple[Batch, ...]
    raw: Mapping[Goods, int]
    said: Mapping[Goods, str] = field(default_factory=dict)  # goods as the recipes write them

    @property
    def minutes(self) -> int:
        """Of all batches together."""
        return sum(batch.minutes for batch in self.batches)


def goods_of(goods: str, unit: str) -> Goods:
    """How the same goods are known in several recipes."""
    return goods.strip().casefold(), unit


def plan(design: Design, wanted: int, known: Mapping[Goods, Design]) -> Plan:
    """What it takes to make `wanted` of a recipe's product; `known` are the recipes that make what others need.

    What several recipes need of the same goods is added up before it is made. Raises CircularRecipes.
    """
    product = goods_of(design.product.goods, design.product.unit)
    makers = {**known, product: design}
    needs: dict[Goods, set[Goods]] = {}
    frontier = [product]
    said = {product: design.product.goods}
    while frontier:
        goods = frontier.pop()
        if goods in needs:
            continue
        inputs = makers[goods].inputs if goods in makers else ()
        needs[goods] = {goods_of(row.goods, row.unit) for row in inputs}
        said |= {goods_of(row.goods, row.unit): row.goods for row in inputs}
        frontier.extend(needs[goods])
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as no:
        raise CircularRecipes(goods=said[no.args[1][0]]) from None
    demand: dict[Goods, int] = defaultdict(int, {product: wanted})
    batches, raw = [], {}
    for goods in reversed(order):
        if goods not in makers:
            raw[goods] = demand[goods]
            continue
        maker = makers[goods]
        times = Fraction(demand[goods], maker.product.quantity)
        inputs_now: dict[Goods, int] = defaultdict(int)
        for row in maker.inputs:
            inputs_now[goods_of(row.goods, row.unit)] += ceil(row.quantity * times)
        for needed, quantity in inputs_now.items():
            demand[needed] += quantity
        batches.append(Batch(maker, times, dict(inputs_now)))
    return Plan(tuple(reversed(batches)), raw, said)


@dataclass(frozen=True, slots=True)
class Beside:
    """One line of a recipe beside what was observed; `expected` is scaled to what went in, None if strange."""

    goods: str
    unit: str
    expected: int | None
    actual: int
    is_output: bool

    @property
    def ratio(self) -> Fraction | None:
        """Observed for each one expected."""
        return Fraction(self.actual, self.expected) if self.expected else None

    @property
    def is_off(self) -> bool:
        """Whether it differs so much that somebody should look."""
        return self.ratio is None or abs(self.ratio - 1) > TOLERANCE


def beside(
    design: Design, went_in: Mapping[Goods, int], came_out: Mapping[Goods, int], grams: Mapping[str, int | None]
) -> list[Beside]:
    """A batch beside its recipe, as large as what went in says: by mass where all has mass, else by its first input.

    Goods that the recipe does not know stand last, with nothing expected. Without inputs the recipe is one batch.
    """
    times = _times(design, went_in, grams)
    rows = []
    for lines, found, is_output in ((design.inputs, went_in, False), (design.outputs, came_out, True)):
        known = [(goods_of(row.goods, row.unit), row.goods, row.quantity) for row in lines]
        for goods, words, quantity in known:
            rows.append(Beside(words, goods[1], round(quantity * times), found.get(goods, 0), is_output))
        strange = set(found) - {goods for goods, _, _ in known}
        rows += [Beside(name, unit, None, found[name, unit], is_output) for name, unit in sorted(strange)]
    return rows


def energy_beside(
    design: Design,
    went_in: Mapping[Goods, int],
    used: Mapping[str, int],
    grams: Mapping[str, int | None],
) -> list[Beside]:
    """Watt-hours by source beside the recipe's, scaled as its goods are; a line for all of them stands last.

    Another source than the recipe's is no fault: only the sum is off. Nothing where neither speaks of energy.
    """
    times = _times(design, went_in, grams)
    expected: dict[str, int] = defaultdict(int)
    for row in design.energy:
        expected[row.source] += row.watt_hours
    rows = [
        Beside(source, WATT_HOUR, round(expected[source] * times) if source in expected else None, used.get(source, 0),
               is_output=False)
        for source in ENERGY
        if source in expected or source in used
    ]  # fmt: skip
    whole = round(sum(expected.values()) * times) if expected else None
    return [*rows, Beside("", WATT_HOUR, whole, sum(used.values()), is_output=False)] if rows else []


def _times(design: Design, went_in: Mapping[Goods, int], grams: Mapping[str, int | None]) -> Fraction:
    if not design.inputs:
        return Fraction(1)
    expected = [(row.quantity, grams.get(row.unit)) for row in design.inputs]
    actual = [(quantity, grams.get(unit)) for (_, unit), quantity in went_in.items()]
    if all(mass for _, mass in expected) and all(mass for _, mass in actual):
        whole = sum(quantity * (mass or 0) for quantity, mass in expected)
        return Fraction(sum(quantity * (mass or 0) for quantity, mass in actual), whole)
    first = design.inputs[0]
    return Fraction(went_in.get(goods_of(first.goods, first.unit), 0), first.quantity)
