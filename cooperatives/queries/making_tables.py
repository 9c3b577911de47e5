"""Give me: contributions, lots and recipes as rows of plain facts, for tables that people take away."""

from dataclasses import dataclass
from datetime import datetime

from cooperatives.models import Cooperative, Lot, Membership, RecipeVersion, Role
from cooperatives.queries.weighings import deliveries
from cooperatives.rules import lineage
from ledger import queries as ledger
from ledger.rules.entries import PART
from ledger.rules.readings import net_flows

READ_ALL = (Role.STEWARD, Role.CLERK, Role.TREASURER, Role.AUDITOR)
EVERY = 10**9


@dataclass(frozen=True, slots=True)
class Contribution:
    """Goods or work that a member gave: `net` after corrections in `unit`, or minutes in the process `process`."""

    at: datetime
    giver: Membership
    goods: str
    lot: str
    hub: str
    unit: str
    gross: int
    tare: int
    net: int
    process: str
    minutes: int
    key: str
    grade: str = ""


def contributions_of(cooperative: Cooperative, reader: Membership) -> list[Contribution]:
    """All deliveries and hours, the first first; a member without an office has the own ones."""
    found = [
        Contribution(
            w.at,
            w.giver,
            w.lot.goods,
            w.lot.code,
            w.lot.hub.slug,
            w.lot.unit,
            w.gross,
            w.tare,
            row.net,
            "",
            0,
            w.key,
            w.grade,
        )
        for row in deliveries(cooperative, reader=reader, last=EVERY)
        if (w := row.weighing)
    ]
    members = {m.address: m for m in cooperative.memberships.select_related("cooperative")}
    for flow in net_flows(ledger.entries_touching(prefixes=[f"{cooperative.address}/processes/"])):
        giver = members.get(lineage.owner_of(flow.giver))
        if flow.unit == "min" and giver is not None and lineage.word_of(flow.taker) == "processes":
            code = flow.taker.rpartition("/")[2]
            found.append(Contribution(flow.at, giver, "", "", "", "", 0, 0, 0, code, flow.quantity, flow.key))
    if not reader.has_role(*READ_ALL):
        found = [row for row in found if row.giver.pk == reader.pk]
    return sorted(found, key=lambda row: (row.at, row.key))


def lots_of(cooperative: Cooperative) -> list[tuple[Lot, int]]:
    """Every lot that was ever opened, the first first, with what is left of it."""
    left: dict[str, int] = {}
    for holding in ledger.balances(prefix=f"{cooperative.address}/lots/"):
        if holding.unit != PART:
            path = lineage.path_of(holding.address)
            left[path] = left.get(path, 0) + holding.quantity
    rows = cooperative.lots.select_related("cooperative", "hub", "process__recipe__recipe").order_by("opened_at", "pk")
    return [(lot, left.get(lot.path, 0)) for lot in rows]


def recipe_versions_of(cooperative: Cooperative) -> list[RecipeVersion]:
    """Every version of every recipe that began here, for a table that can be brought in again."""
    found = RecipeVersion.objects.filter(recipe__cooperative=cooperative, recipe__origin="").select_related("recipe")
    return list(found.order_by("recipe__name", "recipe__pk", "number"))
