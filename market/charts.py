"""How a price is drawn and tabled: groups for the value bar, and rows with words for the table that says the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from market.rules.receivers import Group, Receiver, receivers
from market.rules.splits import GROUPS, Breakdown, by_boundary


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table under a bar."""

    who: str
    why: str
    quantity: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Section:
    """One colour of the bar with its lines."""

    name: str
    title: str
    quantity: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Price:
    """A price, its bar and its table, as seen from one boundary."""

    price: int
    money: str
    place: str
    groups: Mapping[str, int]
    sections: tuple[Section, ...]

    @property
    def low(self) -> int:
        """What is known to stay."""
        return self.groups["local"] + self.groups["commons"]

    @property
    def high(self) -> int:
        """What stays at most: nobody knows the hatched part, and what is not divided yet may still stay."""
        return self.low + self.groups["unknown"] + self.groups["waiting"]


def price_of(
    went: Breakdown, places: Mapping[str, str | None], boundary: str | None, *, place: str, names: Mapping[str, str]
) -> Price:
    """A breakdown seen from `boundary` (None: nobody knows where that is, so nothing is known to stay there)."""
    seen = places if boundary else {}
    groups = by_boundary(went.slices, seen, boundary or "")
    sections = tuple(_section(g, place, names) for g in receivers(went.slices, seen, boundary or ""))
    return Price(went.price, went.money, place, groups, sections)


def _section(group: Group, place: str, names: Mapping[str, str]) -> Section:
    titles = {
        "local": _("Stays in %(place)s") % {"place": place},
        "commons": _("Commons"),
        "unknown": _("Unknown"),
        "waiting": _("Not divided yet"),
        "extracted": _("Leaves %(place)s") % {"place": place},
    }
    return Section(group.name, titles[group.name], group.quantity, tuple(_row(r, names) for r in group.receivers))


def _row(receiver: Receiver, names: Mapping[str, str]) -> Row:
    return Row(_who(receiver, names), _why(receiver), receiver.quantity, receiver.evidence)


def _who(row: Receiver, names: Mapping[str, str]) -> str:
    name = names.get(row.owner) or row.owner.partition("/")[2]
    match row.kind:
        case "together":
            people = ngettext("One person", "%(n)s people", row.people) % {"n": row.people}
            return (
                _("%(people)s and %(name)s") % {"people": people, "name": _called(row.owner, name)}
                if row.owner
                else people
            )
        case "members":
            return ngettext("One member", "%(n)s members", row.people) % {"n": row.people}
        case "workers":
            return ngettext("Hired work of one village", "Hired work of %(n)s villages", row.people) % {"n": row.people}
        case "suppliers":
            return ngettext("One supplier", "%(n)s suppliers", row.people) % {"n": row.people}
        case "carriers":
            return names.get(row.owner) or name.replace("-", " ").title()
        case "tax":
            return _("Value added tax, %(country)s") % {"country": names.get(row.owner) or name.upper()}
        case "operators":
            return _("This market's commission")
        case "processors":
            return _("Payment fee, %(name)s") % {"name": name.capitalize()}
        case _:
            return _called(row.owner, name)


def _called(owner: str, name: str) -> str:
    said = {
        "commons": _("Commons: %(name)s"), "nature": _("Nature: %(name)s"),
        "operators": _("this market"), "tax": _("the tax office"),
    }  # fmt: skip
    return said.get(owner.partition("/")[0], "%(name)s") % {"name": name}


def _why(row: Receiver) -> str:
    words = {
        "together": _("In one sum, so that nobody’s own is told"),
        "share": _("Their share by the agreement"),
        "cost": _("Paid for what went in"),
        "reserve": _("Reserve, owned by its members"),
        "own": _("Working money"),
        "fund": _("Tied funds"),
        "tax": _("Inside the price"),
        "commission": _("For running the shop"),
        "fee": _("Taken by the payment service"),
        "delivery": _("Bringing it to you"),
        "waiting": _("Sold; the period is not divided yet"),
    }
    return words.get(row.reason, row.reason)


NOTHING = dict.fromkeys(GROUPS, 0)
