"""Give me: what sales brought in members' credit and nobody has handed on, and what of a line was not given back."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from market.models import CreditDivision, Cycle, Order, OrderLine
from market.rules.credit import credit_back

if TYPE_CHECKING:
    from cooperatives.models import Circle, Cooperative


def left_in_credit(order: Order) -> dict[int, int]:
    """{number of a line: what of its price was paid in credit and is not given back}, in the order's money."""
    back: dict[int, int] = {}
    for said in order.refunds.exclude(credit=0).values_list("lines", flat=True):
        for number, parts in said.items():
            back[int(number)] = back.get(int(number), 0) + parts["credit"]
    return {line.number: line.worth - back.get(line.number, 0) for line in order.lines.all() if line.worth}


def credit_left(line: OrderLine) -> int:
    """What of a line's credit was not given back, in the circle's unit."""
    back = line.worth - left_in_credit(line.order).get(line.number, 0)
    return line.credit - credit_back(credit=line.credit, worth=line.worth, before=0, amount=back)


def undivided_credit(cooperative: Cooperative, cycle: Cycle | None) -> list[OrderLine]:
    """Every line sold by a cooperative, in a cycle or outside of all, for a part in credit that no division has handed
    on, with its order's part."""
    found = OrderLine.objects.filter(
        listing__product__cooperative=cooperative, cycle=cycle, credit__gt=0, credit_division=None,
        order__paid_at__isnull=False,
    )  # fmt: skip
    rows = found.select_related("listing", "order__credit_part__circle__cooperative").order_by("pk")
    return [line for line in rows if credit_left(line)]


def credit_waiting(cooperative: Cooperative) -> list[tuple[str, Circle, int]]:
    """(code of a lot, circle, how much) that waits for the next division of a period."""
    sums: dict[tuple[str, Circle], int] = defaultdict(int)
    for line in undivided_credit(cooperative, None):
        sums[line.listing.lot_path.rpartition("/")[2], line.order.credit_part.circle] += credit_left(line)
    return [(lot, circle, quantity) for (lot, circle), quantity in sorted(sums.items(), key=lambda row: row[0][0])]


def credit_divisions_of(cooperative: Cooperative) -> QuerySet[CreditDivision]:
    """What was handed on in credit, the newest first."""
    return CreditDivision.objects.filter(cooperative=cooperative).select_related(
        "circle__cooperative", "cooperative", "cycle"
    )
