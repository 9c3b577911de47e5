"""Give me: in which circle of credit somebody pays, what an account there holds, and how the whole circle is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.formats import get_format

from cooperatives.models import Circle, Cooperative, CreditLimit, CreditPayment, Membership
from cooperatives.queries.people import shown_name
from cooperatives.rules.credit import HOURS, Health, health, write_credit
from ledger import queries as ledger
from ledger.queries.statements import statement_of
from ledger.rules.entries import Recorded

if TYPE_CHECKING:
    from django.db.models import QuerySet

KINDS = Circle.Kind.choices


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """What an account of a circle holds, and its limits; all in the unit's smallest part."""

    owner: str
    balance: int
    floor: int
    ceiling: int

    @property
    def room(self) -> int:
        """How much it can still pay."""
        return max(0, self.balance + self.floor)

    @property
    def lowest(self) -> int:
        """The balance below which nothing goes."""
        return -self.floor

    @property
    def space(self) -> int:
        """How much it can still take."""
        return max(0, self.ceiling - self.balance)


def circle_of(cooperative: Cooperative) -> Circle | None:
    """The circle in which a cooperative's members pay: its own, else that of the federation which opened one first."""
    found = Circle.objects.filter(
        Q(cooperative=cooperative)
        | Q(cooperative__memberships__society=cooperative, cooperative__memberships__left_at=None)
    )
    rows = list(found.select_related("cooperative").order_by("opened_at", "pk").distinct())
    return next((row for row in rows if row.cooperative_id == cooperative.pk), rows[0] if rows else None)


def cooperatives_in(circle: Circle) -> list[Cooperative]:
    """Whose members pay in it: the cooperative that opened it, and its member cooperatives without one of their own."""
    inside = Cooperative.objects.filter(seats__cooperative=circle.cooperative_id, seats__left_at=None, circle=None)
    seats = Membership.objects.filter(society__in=inside, left_at=None, cooperative__circle__isnull=False)
    first: dict[int | None, int] = {}
    for society, opened in seats.order_by("cooperative__circle__opened_at", "cooperative__circle__pk").values_list(
        "society", "cooperative__circle"
    ):
        first.setdefault(society, opened)
    return [circle.cooperative, *(one for one in inside.distinct() if first.get(one.pk) == circle.pk)]


def takes_part(circle: Circle, owner: str) -> bool:
    """Whether an owner, a person's membership or a cooperative, pays and is paid in this circle now."""
    inside = cooperatives_in(circle)
    if owner.startswith("coops/"):
        return owner in {one.address for one in inside}
    found = Membership.objects.filter(address=owner, left_at=None, society=None, cooperative__in=inside)
    return found.exists()


def partakers(circle: Circle, owners: Iterable[str]) -> set[str]:
    """Which of these owners pay and are paid in this circle now."""
    inside, wanted = cooperatives_in(circle), set(owners)
    found = Membership.objects.filter(address__in=wanted, left_at=None, society=None, cooperative__in=inside)
    return {one.address for one in inside if one.address in wanted} | set(found.values_list("address", flat=True))


def partners_of(circle: Circle, reader: Membership) -> list[tuple[str, str]]:
    """(address, name) of everybody whom the reader could pay: cooperatives first, then members by name."""
    inside = cooperatives_in(circle)
    found = Membership.objects.filter(cooperative__in=inside, left_at=None, society=None).exclude(pk=reader.pk)
    people = sorted(((m.address, shown_name(m, reader)) for m in found), key=lambda row: row[1].casefold())
    return [*((one.address, one.name) for one in inside), *people]


def credit_account(circle: Circle, owner: str) -> CreditAccount:
    """What one account holds, and its limits; those of the rule until it has its own."""
    limit = CreditLimit.objects.filter(circle=circle, owner=owner).first()
    floor, ceiling = (limit.floor, limit.ceiling) if limit else (circle.floor, circle.ceiling)
    return CreditAccount(owner, ledger.balance_of(f"{owner}/purse", circle.code), floor, ceiling)


def credit_accounts(circle: Circle) -> dict[str, CreditAccount]:
    """Every account ever used or limited, by owner; for a treasurer's desk, never for a page of everybody's."""
    return _whole(circle)[0]


def circle_health(accounts: Mapping[str, CreditAccount], on_the_way: int) -> Health:
    """How the whole circle is, without anybody's balance."""
    return health(((row.balance, row.floor, row.ceiling) for row in accounts.values()), outside=on_the_way)


def own_and_health(circle: Circle, owner: str) -> tuple[CreditAccount, Health]:
    """One account, and how the whole circle is."""
    accounts, on_the_way = _whole(circle)
    own = accounts.get(owner) or CreditAccount(owner, 0, circle.floor, circle.ceiling)
    return own, circle_health(accounts, on_the_way)


def _whole(circle: Circle) -> tuple[dict[str, CreditAccount], int]:
    """All accounts, and what lies with orders that are not sold yet."""
    held, on_the_way = dict[str, int](), 0
    for row in ledger.balances(unit=circle.code):
        if row.address.endswith("/purse"):
            held[row.address.removesuffix("/purse")] = row.quantity
        else:
            on_the_way += row.quantity
    limits = {row.owner: (row.floor, row.ceiling) for row in circle.limits.all()}
    first = circle.floor, circle.ceiling
    owners = sorted(held.keys() | limits.keys())
    return {one: CreditAccount(one, held.get(one, 0), *limits.get(one, first)) for one in owners}, on_the_way


@dataclass(frozen=True, slots=True)
class CreditLine:
    """One entry as an account of a circle saw it; `other` is an owner, `lot` the goods of which it is a share, and
    `payment` what one member paid another."""

    entry: Recorded
    change: int
    balance: int
    other: str
    lot: str
    payment: CreditPayment | None


def credit_lines(circle: Circle, owner: str) -> list[CreditLine]:
    """All that changed an account, the newest first: payments, parts of orders, shares of what sales brought, and what
    undid them."""
    found = statement_of(f"{owner}/purse", circle.code)
    payments = {row.entry: row for row in credit_payments(circle, owner)}
    return [
        CreditLine(
            line.entry, line.change, line.balance, line.others[0].partition("/purse")[0].partition("/prepaid")[0],
            line.entry.key.split("/")[-2] if line.entry.purpose == "share" else "", payments.get(line.entry.id),
        )
        for line in reversed(found)
    ]  # fmt: skip


def credit_payments(circle: Circle, owner: str) -> "QuerySet[CreditPayment]":
    """What one account and others paid each other, the newest first."""
    return circle.payments.filter(Q(giver=owner) | Q(taker=owner)).select_related("circle")


def credit_payment(circle: Circle, pk: int) -> CreditPayment | None:
    """One of them."""
    return circle.payments.filter(pk=pk).first()


def open_credit(membership: Membership) -> tuple[Circle, int] | None:
    """The circle in which a member still has something, or still owes, and how much; None where nothing is open."""
    held = {row.unit: row.quantity for row in ledger.balances(addresses=[f"{membership.address}/purse"])}
    for circle in Circle.objects.filter(code__in=[unit for unit, quantity in held.items() if quantity]):
        return circle, held[circle.code]
    return None


def credit_words(quantity: int, circle: Circle) -> str:
    """An amount as a page says it: "2:30 h", "−12.50 FERN"; exactly, whatever its size."""
    return wish_words({"kind": circle.kind, "code": circle.code}, quantity)


def wish_words(wish: Mapping[str, Any], quantity: int) -> str:
    """The same for a circle that is only wished yet."""
    said = write_credit(abs(quantity), wish["kind"], get_format("DECIMAL_SEPARATOR"))
    unit = "h" if wish["kind"] == HOURS else wish["code"]
    return f"{'−' if quantity < 0 else ''}{said}\u00a0{unit}"


def circles_by_code(codes: Iterable[str]) -> dict[str, Circle]:
    """Circles by their unit in the ledger."""
    return {row.code: row for row in Circle.objects.filter(code__in=list(codes)).select_related("cooperative")}
