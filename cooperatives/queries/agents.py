"""Give me: nature and communities, and what each gave and received."""

from collections import defaultdict
from dataclasses import dataclass

from cooperatives.models import Agent, Cooperative
from ledger import queries as ledger
from ledger.rules.entries import EVIDENCE, Address
from ledger.rules.readings import net_flows

NAMED = frozenset({"coops", "operators", "nature", "commons"})  # whose names tell of no person


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an agent gave to one cooperative, or received from it, of one unit: less what was undone."""

    what: str  # body, purse …: the purpose of its own account
    unit: str  # of a claim: the money
    owner: str  # of the other account: coops/fern; only its kind where it is a person's
    evidence: str  # the weakest behind it
    gave: int = 0
    received: int = 0


def agents() -> list[Agent]:
    """All of them with their places and guardians, by name."""
    return list(Agent.objects.select_related("place", "guardian"))


def agents_shown() -> list[Agent]:
    """The same, each with its pictures."""
    return list(Agent.objects.select_related("place", "guardian").prefetch_related("pictures"))


def agent(slug: str) -> Agent | None:
    """The one of that short name."""
    found = Agent.objects.select_related("place", "guardian", "offered_to").prefetch_related("pictures")
    return found.filter(slug=slug).first()


def agents_of(cooperative: Cooperative) -> list[Agent]:
    """For whom a cooperative speaks."""
    return list(Agent.objects.filter(guardian=cooperative).select_related("place"))


def exchanges_of(agent: Agent) -> list[Exchange]:
    """What it gave and received in the end, the units in which most was exchanged first; people are never named."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    weakest: dict[tuple[str, str, str], str] = {}
    for flow in net_flows(ledger.entries_touching(owners=[agent.address])):
        giver, taker = Address.parse(flow.giver), Address.parse(flow.taker)
        for own, other, side in ((giver, taker, 0), (taker, giver, 1)):
            if own.owner != agent.address or other.owner == agent.address:
                continue
            near = other.owner if other.owner_class in NAMED else other.owner_class
            key = own.purpose, flow.unit.partition("@")[0], near
            sums[key][side] += flow.quantity
            weakest[key] = max(weakest.get(key, flow.evidence), flow.evidence, key=EVIDENCE.index)
    found = [Exchange(*key, weakest[key], *both) for key, both in sums.items()]
    return sorted(found, key=lambda row: (row.unit, -row.gave - row.received, row.owner))
