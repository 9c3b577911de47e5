"""Give me: what a plan needs and what is at hand of it, and how batches turned out beside their recipe."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from cooperatives.models import Cooperative, Lot, Membership, Process, RecipeVersion
from cooperatives.queries.goods import LotAtHand, lots_at_hand
from cooperatives.queries.recipes import design_of, usable_versions
from cooperatives.rules import lineage
from cooperatives.rules.energy import energy_by_source
from cooperatives.rules.plans import Beside, Goods, Plan, beside, energy_beside, goods_of, plan
from cooperatives.rules.recipes import Design
from ledger import queries as ledger
from ledger.rules.entries import PART
from ledger.rules.readings import NetFlow, net_flows


@dataclass(frozen=True, slots=True)
class Need:
    """Goods that a plan takes: how much, and how much of them is at hand."""

    goods: str
    unit: str
    quantity: int
    at_hand: int

    @property
    def missing(self) -> int:
        return max(0, self.quantity - self.at_hand)


@dataclass(frozen=True, slots=True)
class Observed:
    """A batch beside its recipe: goods, watt-hours by source with their sum last, and minutes worked in it."""

    process: Process
    rows: list[Beside]
    minutes: int
    energy: list[Beside] = field(default_factory=list)
    equipment: tuple[str, ...] = ()  # what the recipe asks for

    @property
    def yielded(self) -> Fraction | None:
        """Of the recipe's product: observed for each one expected."""
        return next((row.ratio for row in self.rows if row.is_output), None)


def choices(reader: Membership) -> list[RecipeVersion]:
    """The versions by which the reader's cooperative may make, its own first."""
    found = usable_versions(reader)
    return sorted(found, key=lambda v: (v.recipe.cooperative_id != reader.cooperative_id, v.recipe.name))


def makers(versions: Iterable[RecipeVersion]) -> dict[Goods, Design]:
    """{goods: the first of these recipes that makes them}."""
    found: dict[Goods, Design] = {}
    for version in versions:
        design = design_of(version)
        found.setdefault(goods_of(design.product.goods, design.product.unit), design)
    return found


def plan_for(design: Design, wanted: int, versions: Iterable[RecipeVersion]) -> Plan:
    """What it takes to make so much by a recipe, with these at hand for what it needs. Raises CircularRecipes."""
    return plan(design, wanted, makers(versions))


def needs_of(made: Plan, cooperative: Cooperative) -> list[Need]:
    """The raw goods of a plan beside what is at hand."""
    at_hand = _at_hand(lots_at_hand(cooperative))
    return [Need(made.said[goods], goods[1], n, at_hand.get(goods, 0)) for goods, n in sorted(made.raw.items())]


def observed(cooperative: Cooperative, recipe: RecipeVersion, *, last: int = 12) -> list[Observed]:
    """The last batches that a cooperative made by any version of a recipe, each beside the version it followed."""
    found = cooperative.processes.filter(recipe__recipe=recipe.recipe_id).exclude(finished_at=None)
    return _observed(list(found.select_related("recipe", "cooperative")[:last]))


def observed_in(process: Process, known: list[NetFlow] | None = None) -> Observed | None:
    """A process that follows a recipe, beside it. `known`: its flows, where they were read already."""
    return _observed([process], known)[0] if process.recipe_id else None


@dataclass(frozen=True, slots=True)
class Batch:
    """A finished process by a recipe, for comparing: what it gave of the product beside what was expected, minutes by
    who worked, watt-hours by source, and the lots of the product."""

    process: Process
    product: Goods
    expected: int | None
    actual: int
    grams: int | None  # of one of the product's unit
    minutes: Mapping[str, int]
    energy: Mapping[str, int]
    lots: tuple[str, ...]


def batches_by(slug: str) -> list[Batch]:
    """Every finished process that followed any version of a recipe (by short name), whoever's, the first first."""
    rows = Process.objects.filter(recipe__recipe__slug=slug).exclude(finished_at=None)
    rows = rows.select_related("recipe__recipe__cooperative", "cooperative__place")
    processes = list(rows.order_by("finished_at", "pk"))
    flows = net_flows(ledger.entries_touching([process.address for process in processes])) if processes else []
    lots = _lots({lineage.path_of(a) for f in flows for a in (f.giver, f.taker)}) if flows else {}
    grams = {code: unit.grams for code, unit in ledger.units({f.unit for f in flows}).items()} if flows else {}
    found = []
    for process in processes:
        assert process.recipe is not None
        design = design_of(process.recipe)
        product = goods_of(design.product.goods, design.product.unit)
        went_in, came_out, _minutes = _sides(process.address, flows, lots)
        line = next(row for row in beside(design, went_in, came_out, grams) if row.is_output)
        here = [f for f in flows if lineage.path_of(f.taker) == process.address]
        minutes: dict[str, int] = defaultdict(int)
        for flow in here:
            if flow.unit == "min":
                minutes[lineage.owner_of(flow.giver)] += flow.quantity
        power = energy_by_source((f.giver, f.unit, f.quantity) for f in here)
        paths = {lineage.path_of(f.taker) for f in flows if lineage.path_of(f.giver) == process.address}
        made = tuple(sorted(p for p in paths if p in lots and goods_of(lots[p].goods, lots[p].unit) == product))
        energy = {source: int(quantity) for source, quantity in power.items()}
        found.append(
            Batch(
                process, product, line.expected, came_out.get(product, 0), grams.get(product[1]), minutes, energy, made
            )
        )
    return found


def _observed(processes: list[Process], known: list[NetFlow] | None = None) -> list[Observed]:
    if not processes:
        return []
    flows = known or net_flows(ledger.entries_touching([process.address for process in processes]))
    paths = {lineage.path_of(a) for f in flows for a in (f.giver, f.taker)}
    lots = _lots(paths)
    grams = {code: unit.grams for code, unit in ledger.units({f.unit for f in flows}).items()}
    made = []
    for process in processes:
        went_in, came_out, minutes = _sides(process.address, flows, lots)
        assert process.recipe is not None
        design = design_of(process.recipe)
        here = [(f.giver, f.unit, f.quantity) for f in flows if lineage.path_of(f.taker) == process.address]
        used = {source: int(quantity) for source, quantity in energy_by_source(here).items()}
        power = energy_beside(design, went_in, used, grams)
        made.append(Observed(process, beside(design, went_in, came_out, grams), minutes, power, design.equipment))
    return made


def _sides(
    process: str, flows: list[NetFlow], lots: Mapping[str, Lot]
) -> tuple[dict[Goods, int], dict[Goods, int], int]:
    went_in: dict[Goods, int] = defaultdict(int)
    came_out: dict[Goods, int] = defaultdict(int)
    minutes = 0
    for flow in flows:
        giver, taker = lineage.path_of(flow.giver), lineage.path_of(flow.taker)
        if taker == process and flow.unit == "min":
            minutes += flow.quantity
        elif taker == process and giver in lots:
            went_in[goods_of(lots[giver].goods, flow.unit)] += flow.quantity
        elif giver == process and taker in lots and flow.unit != PART:
            came_out[goods_of(lots[taker].goods, flow.unit)] += flow.quantity
    return went_in, came_out, minutes


def _lots(paths: Iterable[str]) -> dict[str, Lot]:
    codes = {path.rpartition("/lots/")[2] for path in paths if "/lots/" in path}
    found = Lot.objects.filter(code__in=codes).select_related("cooperative")
    return {lot.path: lot for lot in found}


def _at_hand(rows: Iterable[LotAtHand]) -> dict[Goods, int]:
    found: dict[Goods, int] = defaultdict(int)
    for row in rows:
        found[goods_of(row.goods, row.unit)] += row.quantity
    return found
