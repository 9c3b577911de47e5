"""How a lot was made and what became of it: the recipes that were followed, energy, tools, and the way forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cooperatives import queries as cooperatives
from cooperatives.queries import recipes
from cooperatives.queries.tools import tool_names
from cooperatives.rules import lineage
from cooperatives.rules.energy import energy_by_source, given_of, minutes_by_tool
from reports.queries.asking import NoSuchLot, Reader

if TYPE_CHECKING:
    from cooperatives.models import Lot, RecipeLabel, RecipeVersion


@dataclass(frozen=True, slots=True)
class Making:
    """`followed` are versions with their licence, each once, those that their communities keep only counted (`kept`);
    energy in watt-hours by source and minutes of tools are in the whole lot; `ahead` is where the lot went."""

    lot: Lot
    followed: list[tuple[RecipeVersion, str]]
    kept: int
    labels: list[RecipeLabel]
    energy: Mapping[str, Fraction]
    tools: list[tuple[str, Fraction]]
    ahead: cooperatives.Ahead


def making_of(slug: str, code: str, reader: Reader) -> Making:
    """How a lot was made, as this reader may see it. Raises NoSuchLot."""
    lot = cooperatives.lot(slug, code)
    if lot is None:
        raise NoSuchLot(lot=code)
    facts = lineage.facts(cooperatives.flows_behind([lot.path]))
    given = given_of(lineage.embodied(lot.path, facts))
    behind = recipes.versions_followed(lineage.weights_behind(lot.path, facts))
    versions = sorted({version.pk: version for version in behind.values()}.values(), key=lambda v: v.recipe.name)
    known = recipes.edges() if versions else []
    hidden = recipes.hidden_from_all(known) if versions else set()
    mine = {membership.cooperative_id for membership in reader.memberships}
    open_to = [v for v in versions if v.recipe.slug not in hidden or v.recipe.cooperative_id in mine]
    tools = minutes_by_tool(given)
    named = tool_names(tools)
    return Making(
        lot=lot,
        followed=[(version, recipes.design_of(version).license) for version in open_to],
        kept=len(versions) - len(open_to),
        labels=recipes.labels_on({version.recipe.slug for version in open_to}, known),
        energy=energy_by_source(given),
        tools=[(named.get(tool, tool.rpartition("/")[2]), minutes) for tool, minutes in tools.items()],
        ahead=cooperatives.lot_onward(lot),
    )
