"""Give me: cooperatives, people and the names a reader may know."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils.translation import gettext

from cooperatives.models import (
    Agent,
    Audience,
    Cooperative,
    Hub,
    Membership,
    Picture,
    Role,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from cooperatives.models import Member


def cooperatives() -> list[Cooperative]:
    """All cooperatives with their places, by name."""
    return list(Cooperative.objects.select_related("place"))


def cooperative(slug: str) -> Cooperative | None:
    """The cooperative of that short name."""
    return Cooperative.objects.select_related("place").filter(slug=slug).first()


def membership_in(user: "Member | AnonymousUser", slug: str) -> Membership | None:
    """The membership that a signed-in person has, and has not left, in the cooperative of that short name."""
    return next((m for m in memberships_of(user) if m.cooperative.slug == slug), None)


def memberships_of(user: "Member | AnonymousUser") -> list[Membership]:
    """All memberships that a person has and has not left, then those of the cooperatives it is a steward of."""
    if not user.is_authenticated:
        return []
    stewards = Membership.objects.filter(member=user, left_at=None, roles__contains=[Role.STEWARD])
    found = Membership.objects.filter(
        Q(member=user) | Q(society__in=stewards.values("cooperative")), left_at=None
    ).order_by(F("member").asc(nulls_last=True), "joined_at", "pk")
    return list(found.select_related("cooperative__place", "place", "member", "society"))


def members_of(cooperative: Cooperative) -> list[Membership]:
    """Who belongs to the cooperative now, in the order of joining."""
    return list(cooperative.memberships.filter(left_at=None).select_related("place", "portrait"))


def member_at(cooperative: Cooperative, name: str) -> Membership | None:
    """The member whose address ends in that random name."""
    found = cooperative.memberships.filter(address=f"members/{name}", left_at=None)
    return found.select_related("cooperative", "place", "portrait").first()


def may_read(shown_to: str, membership: Membership, reader: Membership | None) -> bool:
    """Whether `reader` is among those to whom a member shows something."""
    if reader is not None and reader.pk == membership.pk:
        return True
    is_near = reader is not None and reader.cooperative_id == membership.cooperative_id
    return {Audience.PUBLIC: True, Audience.COOPERATIVE: is_near, Audience.SELF: False}[Audience(shown_to)]


def shown_name(membership: Membership, reader: Membership | None) -> str:
    """What `reader` may call a member: the name where the member agreed, else the number or the pseudonym."""
    if membership.erased_at is not None:
        return gettext("a former member")
    if membership.name and may_read(membership.name_shown_to, membership, reader):
        return membership.name
    is_near = reader is not None and reader.cooperative_id == membership.cooperative_id
    return membership.number if membership.number and is_near else membership.pseudonym


def shown_place(membership: Membership, reader: Membership | None) -> str:
    """Where a member is, as far as `reader` may know; else nothing."""
    if membership.place is None or not may_read(membership.place_shown_to, membership, reader):
        return ""
    return membership.place.name


def may_read_amounts(membership: Membership, reader: Membership) -> bool:
    """Whether `reader` may open a member's passbook: by office, or because the member shows it."""
    if reader.cooperative_id != membership.cooperative_id:
        return False
    by_office = reader.has_role(Role.STEWARD, Role.TREASURER, Role.AUDITOR)
    return by_office or may_read(membership.amounts_shown_to, membership, reader)


def pictures_of(cooperative: Cooperative) -> list[Picture]:
    """What the cooperative shows of itself, in the order in which it was added."""
    return list(cooperative.pictures.filter(of=None, agent=None))


def picture(name: str) -> Picture | None:
    """The picture of that name, with whose it is."""
    return Picture.objects.select_related("of", "cooperative").filter(name=name).first()


def hubs_of(cooperative: Cooperative) -> list[Hub]:
    """Where the cooperative keeps goods, with their places."""
    return list(cooperative.hubs.select_related("place"))


def names_of(
    owners: Iterable[str], *, reader: Membership | None = None, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What `reader` may call each of these owners of the ledger; those that are neither member, cooperative nor
    registered nature are left out. Names that are `known` already are not asked for."""
    if known:
        wanted = set(owners)
        here = {owner: name for owner, name in known.items() if owner in wanted}
        return here | names_of(wanted - here.keys(), reader=reader)
    wanted = set(owners)
    members = Membership.objects.filter(address__in=[o for o in wanted if o.startswith("members/")])
    names = {m.address: shown_name(m, reader) for m in members}
    if reader is not None and reader.cooperative.address in wanted:  # known without asking
        names[reader.cooperative.address] = reader.cooperative.name
    slugs = [o.removeprefix("coops/") for o in wanted - names.keys() if o.startswith("coops/")]
    if slugs:
        names |= {c.address: c.name for c in Cooperative.objects.filter(slug__in=slugs)}
    wards = [o.removeprefix("nature/") for o in wanted if o.startswith("nature/")]
    if wards:
        names |= {agent.address: agent.name for agent in Agent.objects.filter(slug__in=wards)}
    return names


def names_for_everyone(owners: Iterable[str]) -> dict[str, str]:
    """The names that members among these owners show to everyone; nobody else is in it."""
    members = Membership.objects.filter(address__in=set(owners), name_shown_to=Audience.PUBLIC).exclude(name="")
    return dict(members.values_list("address", "name"))
