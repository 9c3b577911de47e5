"""Give me: cooperatives that are members of others, and for whom each of them speaks."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from cooperatives.models import Cooperative, Hub, Membership, Role
from cooperatives.queries.proposals import voters
from cooperatives.rules import lineage
from cooperatives.rules.federations import inner, people_behind
from ledger.queries import entries_touching
from ledger.rules.readings import NetFlow, net_flows


@dataclass(frozen=True, slots=True)
class Voice:
    """A voting member, for how many people it speaks, and the cooperative it represents, if it is one."""

    membership: Membership
    weight: int
    represents: Cooperative | None


def societies_of(cooperative: Cooperative) -> list[Membership]:
    """The cooperatives that are members of this one now."""
    return list(cooperative.memberships.filter(left_at=None).exclude(society=None).select_related("society__place"))


def federations_of(cooperative: Cooperative) -> list[Membership]:
    """Where this cooperative is a member now."""
    return list(cooperative.seats.filter(left_at=None).select_related("cooperative__place"))


def union_hubs(cooperative: Cooperative) -> list[Hub]:
    """Where the cooperatives of which this one is a member take goods in."""
    unions = cooperative.seats.filter(left_at=None).values("cooperative")
    return list(
        Hub.objects.filter(cooperative__in=unions).select_related("cooperative").order_by("cooperative__name", "name")
    )


def seats_of(cooperative: Cooperative) -> list[Membership]:
    """Wherever this cooperative is or was a member."""
    return list(cooperative.seats.select_related("cooperative"))


def stewards_of(cooperative: Cooperative) -> list[Membership]:
    """Who looks after it now, with the person behind each."""
    found = cooperative.memberships.filter(left_at=None, member__isnull=False).select_related("member")
    return [membership for membership in found if membership.has_role(Role.STEWARD)]


def given_to(cooperative: Cooperative) -> list[NetFlow]:
    """All that members ever gave to its lots and processes, as it stands in the end, in order of recording."""
    entries = entries_touching(prefixes=[f"{cooperative.address}/lots/", f"{cooperative.address}/processes/"])
    return [
        flow
        for flow in net_flows(entries)
        if flow.giver.startswith("members/")
        and lineage.word_of(flow.giver) in {"harvest", "work", "tools"}
        and lineage.owner_of(flow.taker) == cooperative.address
    ]


def society_at(cooperative: Cooperative, seat: str) -> Cooperative | None:
    """The member cooperative whose seat in `cooperative` has that address; none where a person's is."""
    found = cooperative.memberships.filter(address=seat).exclude(society=None).select_related("society").first()
    return found.society if found else None


def voices(cooperative: Cooperative, *, at: datetime) -> list[Voice]:
    """Who votes, with the weight of each vote: one, or the people of a member cooperative where it runs through."""
    found = voters(cooperative, at=at)
    people: dict[int, int] = {}
    if cooperative.is_weighted_by_people and any(m.society_id for m in found):
        people = _people_of_each([m.society_id for m in found if m.society_id], at)
    return [Voice(m, people.get(m.society_id, 1) if m.society_id is not None else 1, m.society) for m in found]


def is_inside(cooperative: Cooperative, of: Cooperative) -> bool:
    """Whether a cooperative is, through however many others, a member of `of`, or is it itself."""
    return cooperative.pk in inner(_seats(), of.pk)


def _seats() -> dict[int, set[int]]:
    seats: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.filter(left_at=None).exclude(society=None).values_list("cooperative", "society")
    for outer, society in rows:
        if society is not None:
            seats[outer].add(society)
    return seats


def _people_of_each(societies: list[int], at: datetime) -> dict[int, int]:
    seats = _seats()
    wanted = set().union(*(inner(seats, society) for society in societies))
    people: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.filter(cooperative__in=wanted, left_at=None, joined_at__lte=at).exclude(member=None)
    for society, member in rows.values_list("cooperative", "member"):
        if member is not None:
            people[society].add(member)
    return {society: people_behind(seats, people, society) for society in societies}
