"""What is asked for and by whom, where it lies, and the log it is worked out from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from cooperatives import queries as cooperatives
from cooperatives.rules import lineage
from cooperatives.rules.places import Atlas, named_path
from ledger import queries as ledger
from ledger.rules.merkle import EMPTY_ROOT
from ledger.rules.refusal import NotFound
from market.queries import Trail
from market.rules.receivers import region_of
from market.rules.splits import SaleLine
from reports.rules.figures import common_place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from cooperatives.models import Cooperative, Member, Membership

# The whole journal as it was last read. Nobody's copy but this process's, and only while nothing new was recorded.
remembered: dict[tuple[int, tuple[int, ...]], Trail] = {}

EACH = "each"  # the boundary that is every maker's own region, where makers are far apart
AUDITOR = "auditor"  # the role that reads all and writes nothing


class NoSuchCooperative(NotFound):
    """We know no cooperative of that name."""


class NoSuchPlace(NotFound):
    """We know no place “{place}”."""


class NoSuchLot(NotFound):
    """There is no lot {lot} here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see: empty is everybody, always; `until` is the first moment after it.

    The boundary is a place's path, EACH, or empty: the smallest place around all who sold, or EACH where none is.
    """

    boundary: str = ""
    cooperative: str = ""
    since: datetime | None = None
    until: datetime | None = None
    money: str = ""

    @property
    def last_day(self) -> date | None:
        """The day whose boundaries and places count: the last of the period; today where it has no end."""
        return (self.until - timedelta(microseconds=1)).date() if self.until else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: where they belong, and whether they may see everybody's rows (indicators F)."""

    memberships: tuple[Membership, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(m.address for m in self.memberships)

    def sees_all(self, sellers: Iterable[str]) -> bool:
        """An auditor sees the rows of the own cooperatives, everybody all of them where the books are open."""
        audited = {m.cooperative.address for m in self.memberships if m.has_role(AUDITOR)}
        wanted = set(sellers)
        return settings.OPEN_BOOKS or bool(wanted and wanted <= audited)

    def inside(self, cooperative: str) -> Membership | None:
        """The reader's membership of a cooperative (by address), or any: it decides which names may be shown."""
        own = [m for m in self.memberships if m.cooperative.address == cooperative]
        return next(iter([*own, *self.memberships]), None)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The log that a figure was worked out from: how many records, and the root of its last checkpoint."""

    size: int
    root: str


def reader_of(user: Member | AnonymousUser) -> Reader:
    """Whoever is signed in, or nobody."""
    return Reader(tuple(cooperatives.memberships_of(user)))


def sealed() -> Sealed:
    """The log as it was last published."""
    last = ledger.checkpoint()
    return Sealed(last.size, bytes(last.root).hex()) if last else Sealed(0, EMPTY_ROOT.hex())


def commonest_money(lines: Sequence[SaleLine], chosen: Sequence[Cooperative]) -> str:
    """The money most sold in; without a sale, the first cooperative's."""
    count: dict[str, int] = defaultdict(int)
    for line in lines:
        count[line.money] += 1
    if count:
        return max(count, key=lambda money: (count[money], money))
    return chosen[0].currency if chosen else "EUR"


def home_of(places: Sequence[str]) -> str | None:
    """The boundary of sellers when none was asked for: the smallest place around all, the region of a single one."""
    if len(set(places)) == 1:
        return region_of(places[0])
    return common_place(places)


def boundary_of(asked: Asked, where: Atlas) -> str:
    """Where the boundary that was asked for lay on the last day of the period; EACH and empty as they are."""
    if asked.boundary in {"", EACH}:
        return asked.boundary
    return where.located(named_path(asked.boundary), asked.last_day)


def boundaries(places: Iterable[str | None], boundary: str, where: Atlas) -> dict[str, str]:
    """Every place and all that lie around it, with names. NoSuchPlace."""
    paths = {"/".join(p.split("/")[:n]) for p in places if p for n in range(1, p.count("/") + 2)}
    names = where.named(paths | ({boundary} if boundary else set()))
    if boundary and boundary not in names:
        raise NoSuchPlace(place=boundary)
    return {path: names[path] for path in sorted(names)}


def weights_and_decimals(facts: lineage.Facts, money: str) -> tuple[dict[str, int], int]:
    """{unit: grams of one} of all that lots and sources are counted in, and the decimals of the money."""
    codes = {flow.unit for flows in (*facts.fills.values(), *facts.inputs.values()) for flow in flows}
    units = ledger.units(codes | {money})
    exponent = units[money].exponent if money in units else 2
    return {code: unit.grams for code, unit in units.items() if unit.grams}, exponent
