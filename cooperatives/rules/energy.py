"""Energy and tools: where watt-hours came from, by the account that gave them, and how long which tools were in use."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

from cooperatives.rules.lineage import Source, path_of
from cooperatives.rules.plans import WATT_HOUR
from cooperatives.rules.recipes import ENERGY
from ledger.rules.entries import Address

MADE_HERE, STORED, BOUGHT, UNKNOWN = ENERGY
NATURES = ("sun", "wind", "water", "wood", "biogas")  # what gives the energy that is made here
USE_MINUTE = "use.min"  # a minute for which a tool is in use, whoever stands beside it
STORE = "battery"  # the tool that gives stored energy
NOBODY = "unknown/unexplained/stock"  # who gives energy of which nobody knows the source


def source_of(giver: str) -> str:
    """made-here, stored, bought or unknown: what gave watt-hours, by the address of its account."""
    account = Address.parse(giver)
    if account.owner_class == "nature":
        return MADE_HERE
    if account.word == "tools":
        return STORED
    return BOUGHT if account.owner_class == "suppliers" else UNKNOWN


def energy_by_source(given: Iterable[tuple[str, str, int | Fraction]]) -> dict[str, Fraction]:
    """{source: watt-hours} among (giver, unit, quantity), in the order of ENERGY; sources that gave nothing are not in
    it."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for giver, unit, quantity in given:
        if unit == WATT_HOUR:
            found[source_of(giver)] += quantity
    return {source: found[source] for source in ENERGY if found.get(source)}


def minutes_by_tool(given: Iterable[tuple[str, str, int | Fraction]]) -> dict[str, Fraction]:
    """{account of a tool: minutes in use} among (giver, unit, quantity), the longest first."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for giver, unit, quantity in given:
        if unit == USE_MINUTE:
            found[path_of(giver)] += quantity
    return dict(sorted(found.items(), key=lambda row: (-row[1], row[0])))


def given_of(sources: Mapping[Source, Fraction]) -> list[tuple[str, str, Fraction]]:
    """(giver, unit, quantity) of what a lot carries (lineage.embodied)."""
    return [(source.giver, source.unit, quantity) for source, quantity in sources.items()]
