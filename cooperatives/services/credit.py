"""Mutual credit: a circle is opened by its members' vote, its accounts get limits, and members pay each other in it."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from cooperatives.models import Approval, Circle, Cooperative, CreditLimit, CreditPayment, Membership, Role
from cooperatives.queries.credit import circle_of, credit_account, credit_words, takes_part
from cooperatives.rules.credit import DECIMALS
from cooperatives.services.approvals import ask_approval
from cooperatives.services.people import refuse_unless
from ledger.queries import unit
from ledger.rules.entries import Recorded
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.journal import record_account, record_document, record_entry, record_unit, undo_entry

RULES = ("floor", "ceiling", "lowest", "highest", "worth")


class CodeUnreadable(BadInput):
    """A unit is named by 2 to 12 capital letters and digits, and begins with a letter."""


class CodeTaken(Refusal):
    """There is a unit {code} already. Choose another name for yours."""


class CircleThere(Refusal):
    """Your members already pay each other in {code}."""


class LimitsUnreadable(BadInput):
    """Limits are zero or more, the first ones within those that a treasurer may allow; one unit is worth something."""


class BeyondTheRule(Refusal):
    """The rule lets a treasurer allow at most {lowest} below zero and {highest} above it."""


class NothingPaid(BadInput):
    """Say how much, above zero."""


class NotInTheCircle(Refusal):
    """Only members of the cooperatives that share this credit can pay or be paid in it."""


class ToOneself(BadInput):
    """You cannot pay yourself."""


class BeyondYourLimit(Refusal):
    """That is more than this account can pay now: {room} at most."""


class BeyondTheirLimit(Refusal):
    """They cannot take that much now. Pay less, or let them spend some of theirs first."""


class NotYoursToReturn(NotFound):
    """There is no such payment to you."""


class AlreadyReturned(Refusal):
    """This was given back already."""


def rule_said(cooperative: Cooperative, said: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as it may be voted on: code and kind of a circle that is open stay.

    `said` has code, name and kind, and the numbers of RULES in the unit's smallest part (`worth`: of money). Raises
    CodeUnreadable, CodeTaken, CircleThere, LimitsUnreadable.
    """
    rule = {"name": str(said["name"]).strip(), "code": said["code"], "kind": said["kind"]}
    rule |= {name: int(said[name]) for name in RULES}
    known = circle_of(cooperative)
    if known is not None and known.cooperative_id != cooperative.pk:
        raise CircleThere(code=known.code)
    if known is not None:
        rule |= {"code": known.code, "kind": known.kind}
    _refuse_rule(rule, is_new=known is None)
    return rule


def _refuse_rule(wish: Mapping[str, Any], *, is_new: bool) -> None:
    if is_new and not re.fullmatch(r"[A-Z][A-Z0-9]{1,11}", wish["code"]):
        raise CodeUnreadable
    if is_new and (wish["kind"] not in DECIMALS or unit(wish["code"]) is not None):
        raise CodeTaken(code=wish["code"])
    within = 0 <= wish["floor"] <= wish["lowest"] and 0 <= wish["ceiling"] <= wish["highest"]
    if not wish["name"] or not within or wish["worth"] <= 0 or max(wish[name] for name in RULES) > 2**52:
        raise LimitsUnreadable


@transaction.atomic
def set_circle(
    *, cooperative: Cooperative, rule: Mapping[str, Any], vote: Mapping[str, Any], at: datetime, by: Membership | None
) -> Circle:
    """Carry out what the members decided: the unit is declared once, and the rule is a document of the log, with the
    vote that carried it. Raises CodeUnreadable, CodeTaken, LimitsUnreadable."""
    known = Circle.objects.filter(cooperative=cooperative).first()
    _refuse_rule(rule, is_new=known is None)
    if known is None:
        exponent = DECIMALS[rule["kind"]]
        record_unit(code=rule["code"], family="money", exponent=exponent, at=at, by=cooperative.address)
        known = Circle(cooperative=cooperative, code=rule["code"], kind=rule["kind"], opened_at=at)
    known.name = rule["name"]
    for name in RULES:
        setattr(known, name, rule[name])
    known.save()
    told = {"kind": known.kind, "name": known.name} | {name: str(rule[name]) for name in RULES} | {"vote": dict(vote)}
    signed = by.address if by else cooperative.address
    record_document(kind="credit", name=known.code, body=told, by=signed, at=at)
    return known


@transaction.atomic
def set_limits(*, by: Membership, circle: Circle, owner: str, floor: int, ceiling: int, at: datetime) -> CreditLimit:
    """How far one account may fall below zero, and how high it may rise; the ledger keeps the floor, and a document of
    the log says both. A limit that was passed already only stops what goes further.

    Raises NotAllowed (a treasurer of the cooperative that opened the circle sets them), NotInTheCircle, BeyondTheRule.
    """
    refuse_unless(by, Role.TREASURER, cooperative=circle.cooperative)
    if not takes_part(circle, owner):
        raise NotInTheCircle
    if not 0 <= floor <= circle.lowest or not 0 <= ceiling <= circle.highest:
        raise BeyondTheRule(lowest=credit_words(circle.lowest, circle), highest=credit_words(circle.highest, circle))
    (row,) = lock_limits(circle, [owner], at=at)
    row.floor, row.ceiling, row.set_at, row.set_by = floor, ceiling, at, by
    row.save()
    _tell_limits(row, by=by.address, at=at)
    return row


@transaction.atomic
def pay_credit(
    *, by: Membership, circle: Circle, to: str, quantity: int, words: str = "", at: datetime, key: str
) -> CreditPayment:
    """Pay somebody of the circle out of one's own account; the same key answers the same payment.

    Raises NotInTheCircle, NothingPaid, ToOneself, BeyondYourLimit, BeyondTheirLimit, KeyHasAnotherBody.
    """
    if by.left_at is not None:
        raise NotInTheCircle
    return _pay(by=by, circle=circle, giver=by.address, to=to, quantity=quantity, words=words, at=at, key=key)


@transaction.atomic
def ask_credit_payment(
    *, by: Membership, circle: Circle, to: str, quantity: int, words: str = "", at: datetime, key: str
) -> Approval:
    """Wish that the cooperative pays somebody out of its own account, as for work; a second person agrees.

    Raises NotAllowed (a treasurer asks), what pay_credit raises, AnotherWishWaits, NobodyElse.
    """
    refuse_unless(by, Role.TREASURER)
    if quantity <= 0:
        raise NothingPaid
    if not takes_part(circle, to) or not takes_part(circle, by.cooperative.address):
        raise NotInTheCircle
    wish = {"to": to, "quantity": quantity, "words": words, "code": circle.code}
    asked = ask_approval(by=by, kind=Approval.Kind.CREDIT_PAID, about=f"credit/{to}", wish=wish, at=at, key=key)
    if asked.state == Approval.State.APPROVED:
        carry_out_credit_payment(approval=asked, at=at)
    return asked


def carry_out_credit_payment(*, approval: Approval, at: datetime) -> CreditPayment:
    """Pay what two persons agreed on, out of the cooperative's account. Raises what pay_credit raises."""
    wish = approval.wish
    return _pay(
        by=approval.asked_by, circle=Circle.objects.select_related("cooperative").get(code=wish["code"]),
        giver=approval.cooperative.address, to=wish["to"], quantity=wish["quantity"], words=wish["words"], at=at,
        key=f"approval-{approval.pk}",
    )  # fmt: skip


def _pay(
    *, by: Membership, circle: Circle, giver: str, to: str, quantity: int, words: str, at: datetime, key: str
) -> CreditPayment:
    key = f"credit/{circle.code}/{key}"
    if known := CreditPayment.objects.filter(key=key).first():
        return _same(known, giver, to, quantity)
    if quantity <= 0:
        raise NothingPaid
    if giver == to:
        raise ToOneself
    if not takes_part(circle, giver) or not takes_part(circle, to):
        raise NotInTheCircle
    lock_limits(circle, [giver, to], at=at)
    if not takes_part(circle, to):  # they left while we waited
        raise NotInTheCircle
    if known := CreditPayment.objects.filter(key=key).first():  # while we waited, the same was paid
        return _same(known, giver, to, quantity)
    refuse_above(circle, to, quantity)
    flow = (f"{giver}/purse", f"{to}/purse", circle.code, quantity)
    entry = move_credit(circle, giver, key=key, purpose="credit", flows=[flow], at=at, by=(by.address,))
    return CreditPayment.objects.create(
        circle=circle, key=key, giver=giver, taker=to, quantity=quantity, words=words, paid_at=at, paid_by=by,
        entry=entry.id,
    )  # fmt: skip


@transaction.atomic
def return_credit(*, by: Membership, payment: CreditPayment, at: datetime) -> CreditPayment:
    """Give back what one received: whoever was paid may, for a cooperative a treasurer; both entries stay visible.

    Raises NotYoursToReturn, AlreadyReturned, BeyondYourLimit, BeyondTheirLimit.
    """
    circle = payment.circle
    is_mine = payment.taker == by.address or (payment.taker == by.cooperative.address and by.has_role(Role.TREASURER))
    if not is_mine or by.left_at is not None:
        raise NotYoursToReturn
    lock_limits(circle, [payment.giver, payment.taker], at=at)
    payment = CreditPayment.objects.select_for_update(of=("self",)).select_related("circle").get(pk=payment.pk)
    if payment.returned_at is not None:
        raise AlreadyReturned
    refuse_above(circle, payment.giver, payment.quantity)
    try:
        undo_entry(
            entry=payment.entry, key=f"{payment.key}/returned", at=at, by=(by.address,), purpose="credit",
            evidence="declared",
        )  # fmt: skip
    except BelowFloor as no:
        raise _beyond(circle, payment.taker) from no
    payment.returned_at = at
    payment.save(update_fields=["returned_at"])
    return payment


def lock_limits(circle: Circle, owners: Iterable[str], *, at: datetime) -> list[CreditLimit]:
    """The limits of these accounts, locked in one order; whoever comes in first gets those of the rule, and the ledger
    the floor with them. Nobody among them leaves meanwhile, not even one who has no limits yet."""
    owners = list(owners)
    lock_members(owners)
    rows = []
    for owner in sorted(set(owners)):
        found = CreditLimit.objects.select_for_update().filter(circle=circle, owner=owner).first()
        rows.append(found or _first_limits(circle, owner, at))
    return rows


def lock_members(owners: Iterable[str]) -> None:
    """Hold the memberships of these owners, as whoever leaves does."""
    mine = Membership.objects.select_for_update(of=("self",), no_key=True).filter(address__in=owners)
    list(mine.order_by("pk").values_list("pk", flat=True))


def _first_limits(circle: Circle, owner: str, at: datetime) -> CreditLimit:
    try:
        with transaction.atomic():
            row = CreditLimit.objects.create(
                circle=circle, owner=owner, floor=circle.floor, ceiling=circle.ceiling, set_at=at
            )
    except IntegrityError:  # another payment of theirs came first
        return CreditLimit.objects.select_for_update().get(circle=circle, owner=owner)
    _tell_limits(row, by=circle.cooperative.address, at=at)
    return row


def _tell_limits(row: CreditLimit, *, by: str, at: datetime) -> None:
    record_account(address=f"{row.owner}/purse", floors={row.circle.code: -row.floor}, at=at)
    body = {"floor": str(-row.floor), "ceiling": str(row.ceiling)}
    record_document(kind="credit-limit", name=f"{row.owner} {row.circle.code}", body=body, by=by, at=at)


def refuse_above(circle: Circle, owner: str, quantity: int) -> None:
    """BeyondTheirLimit where an account, locked before, would rise above its ceiling."""
    if credit_account(circle, owner).space < quantity:
        raise BeyondTheirLimit


def move_credit(
    circle: Circle, giver: str, *, key: str, purpose: str, flows: Iterable[tuple[str, str, str, int]], at: datetime,
    by: tuple[str, ...],
) -> Recorded:  # fmt: skip
    """Record a flow of credit out of somebody's account, whose floor the ledger keeps. BeyondYourLimit."""
    try:
        return record_entry(key=key, action="transfer", purpose=purpose, flows=flows, at=at, by=by, evidence="declared")
    except BelowFloor as no:
        raise _beyond(circle, giver) from no


def _beyond(circle: Circle, owner: str) -> BeyondYourLimit:
    return BeyondYourLimit(room=credit_words(credit_account(circle, owner).room, circle))


def _same(known: CreditPayment, giver: str, to: str, quantity: int) -> CreditPayment:
    if (known.giver, known.taker, known.quantity) != (giver, to, quantity):
        raise KeyHasAnotherBody(key=known.key, field="flows")
    return known
