"""People and places: found a cooperative, declare where it is, admit members, and say who may do what."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from cooperatives.models import Audience, Cooperative, Hub, Member, Membership, Place, Role
from cooperatives.queries.approvals import APPROVERS, others_who_agree
from cooperatives.queries.credit import credit_words, open_credit
from cooperatives.queries.second_factors import lacks_second_factor
from cooperatives.rules.names import plain_name, random_name
from ledger.rules.refusal import BadInput, NotAllowed, Refusal
from ledger.services.journal import record_owner, record_place, record_unit

OPERATOR = "operators/market"
NATURE = ("nature/soil", "nature/air")  # who takes back what is lost
UNKNOWN = ("unknown/count", "unknown/unexplained")
RESERVED = frozenset({"found"})  # words of addresses beside those of cooperatives


class SlugTaken(Refusal):
    """The short name “{slug}” is taken. Choose another."""


class UnreadableName(BadInput):
    """“{name}” cannot be a short name: use letters, digits and hyphens, at most 40."""


class UnknownPlace(BadInput):
    """We do not know a place “{path}”. Declare it first."""


class AddressMissing(BadInput):
    """“{email}” is no e-mail address."""


class AlreadyAMember(Refusal):
    """{who} is already a member of {cooperative}."""


class RolesUnknown(BadInput):
    """A member needs at least one role we know; “{roles}” is none."""


class NotForCooperatives(Refusal):
    """A cooperative that is a member has no other role: offices are held by people."""


class LastSteward(Refusal):
    """A cooperative needs a steward: make someone else one first."""


class CreditStillOpen(Refusal):
    """You still have {balance} of the members’ credit. Before you leave, bring it to zero: pay the cooperative or
    another member, or be paid."""


class SecondFactorMissing(NotAllowed):
    """Your cooperative asks its stewards and treasurers for a passkey or a code beside the password, before they decide
    about money or roles. You have set up neither yet: it takes a minute."""


class TwoPersonsGive(Refusal):
    """Treasurers and stewards decide about money, so two persons make one: admit them as a member, then ask for the
    role on the member’s page, and someone else agrees."""


def refuse_unless(by: Membership | None, *roles: str, cooperative: Cooperative | None = None) -> None:
    """Raise NotAllowed unless `by` carries one of `roles` in `cooperative`; None is the program itself, which may.

    What a treasurer may do and a clerk may not is about money, so it needs a second factor: SecondFactorMissing.
    """
    if by is None:
        return
    if not by.has_role(*roles) or (cooperative is not None and by.cooperative_id != cooperative.pk):
        raise NotAllowed()
    if Role.TREASURER in roles and Role.CLERK not in roles:
        refuse_without_second_factor(by)


def refuse_without_second_factor(by: Membership | None) -> None:
    """SecondFactorMissing where the cooperative asks its stewards and treasurers for one, and `by` has none."""
    if by is not None and lacks_second_factor(by):
        raise SecondFactorMissing()


@transaction.atomic
def declare_place(*, path: str, name: str, at: datetime, by: str = OPERATOR) -> Place:
    """A place and its name; the places around it must be known. Declaring it again changes nothing. UnknownPlace."""
    known = Place.objects.filter(path=path).first()
    if known and known.name == name:
        return known
    outer = path.rpartition("/")[0]
    if outer and not Place.objects.filter(path=outer).exists():
        raise UnknownPlace(path=outer)
    if not all(part == plain_name(part) and part for part in path.split("/")):
        raise UnreadableName(name=path)
    place, _ = Place.objects.update_or_create(path=path, defaults={"name": name})
    record_place(path=path, name=name, at=at, by=by)
    return place


@transaction.atomic
def found_cooperative(
    *,
    name: str,
    slug: str,
    place: str | None,
    at: datetime,
    by: Member | None,
    currency: str = "EUR",
    exponent: int = 2,
) -> Cooperative:
    """A new cooperative with one hub of its own name; `by` becomes its first steward. SlugTaken, UnreadableName."""
    if not slug or slug != plain_name(slug):
        raise UnreadableName(name=slug)
    if slug in RESERVED or Cooperative.objects.filter(slug=slug).exists() or Hub.objects.filter(slug=slug).exists():
        raise SlugTaken(slug=slug)
    where = find_place(place)
    cooperative = Cooperative.objects.create(name=name, slug=slug, place=where, currency=currency, founded_at=at)
    declare_units(currency=currency, exponent=exponent, at=at)
    for owner in (*NATURE, *UNKNOWN):
        record_owner(owner=owner, place=None, at=at)
    record_owner(owner=cooperative.address, place=place, at=at)
    open_hub(cooperative=cooperative, name=name, slug=slug, place=place, at=at, by=None)
    if by is not None:
        admit_member(
            cooperative=cooperative, member=by, name=by.get_full_name() or by.username, place=place,
            roles=[Role.STEWARD, Role.MEMBER], at=at, by=None,
        )  # fmt: skip
    return cooperative


def declare_units(*, currency: str, exponent: int, at: datetime) -> None:
    """The units that every cooperative counts in: its money, grams, minutes, citations and the parts of a process."""
    record_unit(code=currency, family="money", exponent=exponent, at=at, by=OPERATOR)
    record_unit(code="g", family="thing", exponent=0, grams=1, at=at, by=OPERATOR)
    for code in ("min", "cite", "part"):
        record_unit(code=code, family="thing", exponent=0, at=at, by=OPERATOR)


@transaction.atomic
def open_hub(
    *, cooperative: Cooperative, name: str, slug: str, place: str | None, at: datetime, by: Membership | None
) -> Hub:
    """Where the cooperative keeps goods. NotAllowed, SlugTaken, UnreadableName, UnknownPlace."""
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    if not slug or slug != plain_name(slug):
        raise UnreadableName(name=slug)
    if Hub.objects.filter(slug=slug).exists():
        raise SlugTaken(slug=slug)
    hub = Hub.objects.create(cooperative=cooperative, name=name, slug=slug, place=find_place(place))
    record_owner(owner=hub.address, place=place, at=at)
    return hub


@transaction.atomic
def admit_member(
    *,
    cooperative: Cooperative,
    name: str = "",
    place: str | None = None,
    roles: Collection[str] = (Role.MEMBER,),
    at: datetime,
    by: Membership | None,
    member: Member | None = None,
    society: Cooperative | None = None,
    number: str = "",
    name_shown_to: str = Audience.COOPERATIVE,
) -> Membership:
    """A new member under a random address, with or without a name and a log-in; who left comes back as before.

    Raises NotAllowed (a steward admits), RolesUnknown, AlreadyAMember, UnknownPlace, TwoPersonsGive.
    """
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    refuse_unknown_roles(roles)
    refuse_alone(by, roles)
    taken = cooperative.memberships.filter(number=number) if number else Membership.objects.none()
    before = cooperative.memberships.filter(member=member).first() if member else None
    if society is not None:
        before = cooperative.memberships.filter(society=society).first()
    if taken.exists() or (before and before.left_at is None):
        raise AlreadyAMember(who=name or number, cooperative=cooperative.name)
    if before:
        return _return(before, name=name, roles=roles)
    membership = Membership.objects.create(
        cooperative=cooperative, member=member, society=society, address=f"members/{random_name()}", name=name,
        number=number, place=find_place(place), roles=sorted(set(roles)), name_shown_to=name_shown_to, joined_at=at,
    )  # fmt: skip
    record_owner(owner=membership.address, place=place, at=at)
    return membership


def _return(membership: Membership, *, name: str, roles: Collection[str]) -> Membership:
    membership.left_at = None
    membership.roles = sorted(set(roles))
    membership.name = name or membership.name
    membership.save(update_fields=["left_at", "roles", "name"])
    return membership


def register_person(*, name: str, email: str, password: str | None = None) -> Member:
    """Someone who can sign in with `email`; without a password, only once they have set one by letter.

    The same address again is the same person. Raises AddressMissing.
    """
    email = email.strip().lower()
    if "@" not in email:
        raise AddressMissing(email=email)
    person, is_new = Member.objects.get_or_create(username=email, defaults={"email": email, "first_name": name})
    if is_new:
        person.set_password(password)
        person.save(update_fields=["password"])
    return person


def tell_story(*, cooperative: Cooperative, story: str, by: Membership | None) -> Cooperative:
    """What the cooperative says of itself on its page. NotAllowed (a steward tells it)."""
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    cooperative.story = story
    cooperative.save(update_fields=["story"])
    return cooperative


@transaction.atomic
def give_roles(*, membership: Membership, roles: Collection[str], by: Membership | None) -> Membership:
    """Other roles for a member. NotAllowed (a steward gives them), RolesUnknown, LastSteward, TwoPersonsGive."""
    refuse_unless(by, Role.STEWARD, cooperative=membership.cooperative)
    refuse_alone(by, set(roles) ^ set(membership.roles))
    return change_roles(membership=membership, roles=roles)


def refuse_alone(by: Membership | None, touched: Collection[str]) -> None:
    """TwoPersonsGive where `by` would touch roles that decide about money, and somebody else could agree;
    SecondFactorMissing."""
    if by is None or not APPROVERS & set(touched):
        return
    refuse_without_second_factor(by)
    if others_who_agree(by):
        raise TwoPersonsGive()


@transaction.atomic
def change_roles(*, membership: Membership, roles: Collection[str]) -> Membership:
    """Write the roles that whoever calls has seen agreed to. RolesUnknown, LastSteward."""
    stewards = stewards_held(membership.cooperative)
    refuse_unknown_roles(roles)
    if membership.society_id is not None and set(roles) != {Role.MEMBER}:
        raise NotForCooperatives()
    if stewards == [membership.pk] and Role.STEWARD not in roles:
        raise LastSteward()
    membership.roles = sorted(set(roles))
    membership.save(update_fields=["roles"])
    return membership


@transaction.atomic
def show_to(
    *, membership: Membership, name: str | None = None, place: str | None = None, amounts: str | None = None,
    by: Membership,
) -> Membership:  # fmt: skip
    """Who may read a member's name, place and amounts: the member alone decides; what is None stays. NotAllowed."""
    if by.pk != membership.pk or not {name, place, amounts} <= {*Audience.values, None}:
        raise NotAllowed()
    if amounts == Audience.PUBLIC:
        raise NotAllowed()
    membership.name_shown_to = name or membership.name_shown_to
    membership.place_shown_to = place or membership.place_shown_to
    membership.amounts_shown_to = amounts or membership.amounts_shown_to
    membership.save(update_fields=["name_shown_to", "place_shown_to", "amounts_shown_to"])
    return membership


@transaction.atomic
def leave_cooperative(*, membership: Membership, at: datetime, by: Membership) -> Membership:
    """End one's own membership; what is owed to its address stays owed. Once. NotAllowed, LastSteward,
    CreditStillOpen."""
    stewards = stewards_held(membership.cooperative)
    membership.refresh_from_db(fields=["left_at"])
    if by.pk != membership.pk:
        raise NotAllowed()
    if membership.left_at is not None:
        return membership
    if stewards == [membership.pk]:
        raise LastSteward()
    # Nobody pays them meanwhile, not for the first time either: who does holds their membership (services.credit).
    Membership.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.pk)
    if left := open_credit(membership):
        raise CreditStillOpen(balance=credit_words(left[1], left[0]))
    membership.left_at = at
    membership.save(update_fields=["left_at"])
    return membership


def stewards_held(cooperative: Cooperative) -> list[int]:
    """Whose hands the cooperative is in, with its members locked: two stewards who go at once cannot both be let go."""
    members = Membership.objects.select_for_update().filter(cooperative=cooperative, left_at=None).order_by("pk")
    return [m.pk for m in members if Role.STEWARD in m.roles]


def refuse_unknown_roles(roles: Collection[str]) -> None:
    """RolesUnknown unless there is at least one role and all are known."""
    if not roles or not set(roles) <= set(Role.values):
        raise RolesUnknown(roles=", ".join(roles))


def find_place(path: str | None) -> Place | None:
    """The declared place of that path; None where the place is unknown. UnknownPlace."""
    if path is None:
        return None
    place = Place.objects.filter(path=path).first()
    if place is None:
        raise UnknownPlace(path=path)
    return place


def choose_field_mode(*, member: Member, is_on: bool) -> None:
    """Whether the scale shows itself to this person in Field Mode: large, in black and white."""
    Member.objects.filter(pk=member.pk).update(has_field_mode=is_on)
