"""Give me: cooperatives that are members of others, and for whom each of them speaks."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from cooperatives.models import Cooperative, Membership
from cooperatives.queries.proposals import voters
from cooperatives.rules.federations import inner, people_behind


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
