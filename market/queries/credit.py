"""Give me: what sales brought in members' credit and nobody has handed on, and what of a line was not given back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F

from market.models import CreditDivision, Cycle, Order, OrderLine
from market.rules.credit import credit_back

if TYPE_CHECKING:
    from cooperatives.models import Circle, Cooperative

MOST = 500  # lines that one page looks at


def left_in_credit(order: Order) -> dict[int, int]:
    """{number of a line: what of its price was paid in credit and is not given back}, in the order's money."""
    back: dict[int, int] = {}
    for row in order.refunds.all():
        for number, parts in row.lines.items() if row.credit else ():
            back[int(number)] = back.get(int(number), 0) + parts["credit"]
    return {line.number: line.worth - back.get(line.number, 0) for line in order.lines.all() if line.worth}


def credit_left(line: OrderLine) -> int:
    """What of a line's credit was not given back, in the circle's unit."""
    back = line.worth - left_in_credit(line.order).get(line.number, 0)
    return line.credit - credit_back(credit=line.credit, worth=line.worth, before=0, amount=back)


def undivided_credit(cooperative: Cooperative, cycle: Cycle | None) -> list[OrderLine]:
    """Every line sold by a cooperative, in a cycle or outside of all, for a part in credit that no division has handed
    on, with its order's part; those whose card's fee is not known wait."""
    found = OrderLine.objects.filter(
        listing__product__cooperative=cooperative, cycle=cycle, credit__gt=0, credit_division=None,
        order__paid_at__isnull=False,
    )  # fmt: skip
    ready = found.exclude(order__payments__is_fee_known=False)
    rows = ready.select_related("listing", "order__credit_part__circle__cooperative").order_by("pk")
    return [line for line in rows.prefetch_related("order__refunds", "order__lines") if credit_left(line)]


@dataclass(frozen=True, slots=True)
class CreditWaiting:
    """What a lot's sales (by its code) brought in credit, in an order cycle or outside of all, and nobody handed on."""

    lot: str
    circle: Circle
    quantity: int
    cycle: Cycle | None = None


def credit_of(cooperative: Cooperative) -> tuple[list[CreditWaiting], list[CreditDivision]]:
    """What waits for the next division, and what was handed on, the newest first; both in one look."""
    sold = OrderLine.objects.filter(
        listing__product__cooperative=cooperative, credit__gt=0, order__paid_at__isnull=False
    ).order_by(F("credit_division").desc(nulls_first=True), "pk")
    rows = sold.select_related(
        "listing", "cycle", "order__credit_part__circle__cooperative", "credit_division__circle__cooperative",
        "credit_division__cooperative", "credit_division__cycle",
    ).prefetch_related("order__refunds", "order__lines")[:MOST]  # fmt: skip
    waiting: dict[tuple[str, Circle, Cycle | None], int] = defaultdict(int)
    divisions: dict[int, CreditDivision] = {}
    for line in rows:
        if line.credit_division is not None:
            divisions[line.credit_division.pk] = line.credit_division
        elif left := credit_left(line):
            waiting[line.listing.lot_path.rpartition("/")[2], line.order.credit_part.circle, line.cycle] += left
    told = [CreditWaiting(lot, circle, n, cycle) for (lot, circle, cycle), n in waiting.items()]
    return sorted(told, key=lambda row: row.lot), list(divisions.values())
