"""Give me: orders, what is open of them and to be packed, their invoices, bank lines and letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum

from ledger.queries import balances, entries_touching
from ledger.rules.entries import Address, Recorded, claim
from ledger.rules.refusal import NotFound
from market.models import BankLine, CreditPart, Invoice, Letter, Order, OrderLine, Refund
from market.rules.cards import PLATFORM

if TYPE_CHECKING:
    from cooperatives.models import Container, Cooperative
    from market.models import Cycle


class NoSuchOrder(NotFound):
    """There is no order at this address."""


def _orders() -> QuerySet[Order]:
    lines = OrderLine.objects.select_related("listing__product__cooperative__place", "container", "cycle__cooperative")
    return Order.objects.select_related("credit_part__circle").prefetch_related(
        Prefetch("lines", lines),
        "carriages",
    )


def order_at(token: str) -> Order:
    """The order whose secret link ends in `token`."""
    if "\x00" not in token and (found := _orders().filter(token=token).first()):
        return found
    raise NoSuchOrder


def orders_of(cooperative: Cooperative, *states: str) -> QuerySet[Order]:
    """Orders with a line that the cooperative sells, or that was ordered in a cycle of its own, in some states or in
    all; the newest first."""
    found = _orders().filter(Exists(OrderLine.objects.filter(_its(cooperative), order=OuterRef("pk"))))
    return found.filter(state__in=states) if states else found


def _its(cooperative: Cooperative) -> Q:
    return Q(listing__product__cooperative=cooperative) | Q(cycle__cooperative=cooperative)


def orders_to_pack(cooperative: Cooperative, cycle: Cycle | None = None) -> QuerySet[Order]:
    """Orders of a cooperative that wait to be picked up, all or those of one order cycle."""
    waiting = OrderLine.objects.filter(_its(cooperative), order=OuterRef("pk"), handed_over_at=None)
    waiting = waiting if cycle is None else waiting.filter(cycle=cycle)
    return orders_of(cooperative, Order.State.PLACED, Order.State.PAID).filter(Exists(waiting))


def order_of(cooperative: Cooperative, name: str) -> Order:
    """One order of a cooperative by its name in the ledger."""
    if found := orders_of(cooperative).filter(name=name).first():
        return found
    raise NoSuchOrder


def buyers_with(container: Container) -> list[str]:
    """The names of the orders that containers went out with and can still come back from, the longest out first."""
    rows = OrderLine.objects.filter(container=container, containers_back__lt=F("pieces"))
    rows = rows.exclude(handed_over_at=None)
    return list(dict.fromkeys(rows.order_by("handed_over_at", "order").values_list("order__name", flat=True)))


def deposits_owed(cooperative: Cooperative) -> int:
    """What a cooperative owes buyers for containers that are still out, in its own money."""
    held = balances(words=["purse"], unit=claim(cooperative.currency, cooperative.address))
    return sum(row.quantity for row in held if row.address.startswith("orders/"))


def came_of(order: Order) -> dict[str, int]:
    """{keeper: what came of the order and lies there, before it is sold}. A card pays all that is open or nothing, so
    what lies with cards is no part but waits to be given back."""
    found: dict[str, int] = {}
    for row in balances(owner=order.owner, words=["prepaid"]):
        keeper = row.address.partition("@")[2]
        if row.unit == order.currency and keeper and keeper != PLATFORM:
            found[keeper] = row.quantity
    return found


def credit_part_of(order: Order) -> CreditPart | None:
    """The part of an order that is paid in members' credit."""
    if not any(line.worth for line in order.lines.all()):
        return None
    return getattr(order, "credit_part", None)


def surplus_of(order: Order, keeper: str) -> int:
    """What lies at a keeper for an order's buyer: what came beyond the price, or after the order was cancelled."""
    is_over = order.is_sold or order.state == Order.State.CANCELLED
    return came_of(order).get(keeper, 0) if is_over else 0


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money that went back to a buyer out of a keeper; `at` nothing: it was asked of Stripe and is on its way."""

    keeper: str
    quantity: int
    at: datetime | None


def entries_of(order: Order) -> list[Recorded]:
    """All entries that touch an account of the order, in the order of recording."""
    return entries_touching(owners=[order.owner])


def lies_there(order: Order, entries: Iterable[Recorded]) -> int:
    """What lies with keepers for the order's buyer by its entries, cards apart, as `came_of` says it."""
    prepaid, cards = f"{order.owner}/prepaid@", f"{order.owner}/prepaid@{PLATFORM}"
    flows = [flow for entry in entries for flow in entry.flows if flow.unit == order.currency]
    came = sum(flow.quantity for flow in flows if flow.taker.startswith(prepaid) and flow.taker != cards)
    return came - sum(flow.quantity for flow in flows if flow.giver.startswith(prepaid) and flow.giver != cards)


def given_back(order: Order, known: Sequence[Recorded] | None = None) -> list[GivenBack]:
    """All that went back to an order's buyer by its entries (`known`, where they were read already), for whatever
    reason, in the order of recording; then what was asked of Stripe and is on its way."""
    entries = entries_of(order) if known is None else known
    pocket, cards = f"{order.owner}/pocket", f"{order.owner}/prepaid@{PLATFORM}"
    undone = {entry.undoes for entry in entries}
    made = [
        GivenBack(Address.parse(flow.giver).keeper, flow.quantity, entry.at)
        for entry in entries
        if entry.id not in undone
        for flow in entry.flows
        if flow.taker == pocket and flow.unit == order.currency
    ]
    has_card = any(flow.taker == cards for entry in entries for flow in entry.flows)
    asked = order.refunds.filter(state=Refund.State.ASKED) if has_card else ()
    return made + [GivenBack(PLATFORM, row.amount, None) for row in asked]


def open_of(order: Order) -> int:
    """What of an order is still to be paid."""
    return 0 if order.is_sold else max(0, order.due - sum(came_of(order).values()))


@dataclass(frozen=True, slots=True)
class ToPack:
    """So many pieces of one listing are paid or promised and not yet picked up."""

    title: str
    hub: str
    pieces: int


def to_pack(cooperative: Cooperative) -> list[ToPack]:
    """What is to be packed for the orders that are not picked up yet, by goods."""
    lines = OrderLine.objects.filter(
        listing__product__cooperative=cooperative,
        order__state__in=[Order.State.PLACED, Order.State.PAID],
        handed_over_at=None,
    )
    rows = lines.order_by("title", "hub").values_list("title", "hub").annotate(left=Sum(F("pieces") - F("returned")))
    return [ToPack(*row) for row in rows.filter(left__gt=0)]


def bank_lines_of(cooperative: Cooperative, *states: str) -> QuerySet[BankLine]:
    """What a cooperative's bank statements told, in some states or in all; the newest first."""
    found = BankLine.objects.filter(cooperative=cooperative).select_related("order")
    return found.filter(state__in=states) if states else found


def invoices_of(cooperative: Cooperative) -> QuerySet[Invoice]:
    """The invoices and credit notes that a cooperative wrote, the newest first."""
    return Invoice.objects.filter(cooperative=cooperative).select_related("order", "cooperative")


def invoice_at(token: str, pk: int) -> Invoice | None:
    """An invoice of the order whose secret link ends in `token`."""
    found = Invoice.objects.filter(order__token=token.replace("\x00", ""), pk=pk)
    return found.select_related("order", "cooperative").first()


def letters_of(cooperative: Cooperative) -> QuerySet[Letter]:
    """The letters about orders of a cooperative."""
    sells = OrderLine.objects.filter(order=OuterRef("order"), listing__product__cooperative=cooperative)
    return Letter.objects.filter(Exists(sells))
