"""Give me: how a lot came about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from cooperatives.models import (
    Lot,
    Membership,
)
from cooperatives.queries.people import names_of
from cooperatives.rules import generations, lineage
from cooperatives.rules.energy import USE_MINUTE, energy_by_source, given_of, minutes_by_tool
from cooperatives.rules.plans import WATT_HOUR
from cooperatives.rules.streams import Stream, stream
from ledger import queries as ledger
from ledger.rules.entries import Address
from ledger.rules.readings import NetFlow, net_flows

LAST = ("min", USE_MINUTE, WATT_HOUR, "cite")  # behind the goods, in this order


@dataclass(frozen=True, slots=True)
class Given:
    """What one owner gave to a lot: by kind and unit, the share that is in the lot, rounded to the unit."""

    who: str
    owner: str
    kind: str
    unit: str
    quantity: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Story:
    """How a lot came about: how much was filled and is left, who gave what, the steps of making, minutes by kind."""

    filled: int
    left: int
    given: list[Given]
    steps: list[generations.Generation]
    minutes: Mapping[str, int]
    stream: Stream | None = None
    tokens: Sequence[int] = ()  # of all entries behind it, undone ones too
    energy: Mapping[str, int] = field(default_factory=dict)  # watt-hours in the whole lot, by source
    tools: Mapping[str, int] = field(default_factory=dict)  # minutes in use for the whole lot, by the tool's account

    @property
    def people(self) -> int:
        """How many members and groups of workers stand behind the lot."""
        return len({g.owner for g in self.given if g.owner.startswith(("members/", "workers/"))})


def lot_story(lot: Lot, *, reader: Membership | None = None) -> Story:
    """Who and what is in a lot, back over every process and lot behind it, whoever owns them, under the names that
    `reader` may know."""
    entries = ledger.entries_behind([lot.path])
    told = replace(story_in(net_flows(entries), lot), tokens=[entry.token for entry in entries])
    names = names_of({given.owner for given in told.given}, reader=reader)
    given = [replace(each, who=names.get(each.owner, each.owner)) for each in told.given]
    return replace(told, given=sorted(given, key=_by_weight))


def story_in(flows: Sequence[NetFlow], lot: Lot) -> Story:
    """The same from flows at hand, and nobody's name: givers are called by their addresses."""
    facts = lineage.facts(flows)
    sources = lineage.embodied(lot.path, facts)
    how = {f.token: f.evidence for f in flows}
    weighed = {code: unit.grams for code, unit in ledger.units({f.unit for f in flows}).items() if unit.grams}
    sums: dict[tuple[str, str, str, str], Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        key = (lineage.owner_of(source.giver), Address.parse(source.giver).purpose, source.unit, how[source.token])
        sums[key] += quantity
    given = [
        Given(owner, owner, kind, unit, round(quantity), evidence)
        for (owner, kind, unit, evidence), quantity in sums.items()
    ]
    return Story(
        filled=facts.filled.get(lot.path, 0),
        left=facts.filled.get(lot.path, 0) - facts.drawn.get(lot.path, 0),
        given=sorted(given, key=_by_weight),
        steps=generations.story(lot.path, facts),
        minutes={kind: round(minutes) for kind, minutes in generations.minutes_by_kind(sources).items()},
        stream=stream(lot.path, facts, weighed),
        energy={source: round(quantity) for source, quantity in energy_by_source(given_of(sources)).items()},
        tools={tool: round(minutes) for tool, minutes in minutes_by_tool(given_of(sources)).items()},
    )


@dataclass(frozen=True, slots=True)
class Onward:
    """A lot that some of another went into: which fraction of the other, and how much of it in the other's unit."""

    lot: Lot
    share: Fraction
    quantity: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Where a lot went: into which lots, how much is under way in processes, and how much left for buyers as it was."""

    into: list[Onward]
    under_way: int
    sold: int


def lot_onward(lot: Lot) -> Ahead:
    """What was made of a lot, forward over every process and lot, whoever owns them. Raises CircularLineage."""
    flows = net_flows(ledger.entries_ahead([lot.path]))
    facts = lineage.facts(flows)
    filled = facts.filled.get(lot.path, 0)
    shares = {path: share for path, share in lineage.made_of(lot.path, facts).items() if path != lot.path and share}
    found = Lot.objects.filter(code__in=[path.rpartition("/")[2] for path in shares]).select_related("cooperative")
    into = [Onward(each, shares[each.path], round(shares[each.path] * filled)) for each in found if each.path in shares]
    open_here = [path for path in shares if lineage.word_of(path) == "processes" and not facts.parts.get(path)]
    ended = {path for path in open_here if facts.outputs.get(path)}
    under_way = sum((shares[path] for path in open_here if path not in ended), Fraction(0))
    draws = facts.draws.get(lot.path, ())
    sold = sum(flow.quantity for flow in draws if lineage.word_of(flow.taker) in {"parcels", "goods"})
    return Ahead(sorted(into, key=lambda each: (-each.share, each.lot.code)), round(under_way * filled), sold)


def _by_weight(given: Given) -> tuple[int, int, str]:
    """Goods first, then hours, tools, energy and designs; of each kind the most first."""
    kind = LAST.index(given.unit) + 1 if given.unit in LAST else 0
    return (kind, -given.quantity, given.who)


def flows_behind(paths: Iterable[str]) -> list[NetFlow]:
    """Every net flow that touches these lots or anything they were made of."""
    return net_flows(ledger.entries_behind(paths))
