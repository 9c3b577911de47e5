"""Writing invoices: with the payment that they are for, and credit notes with the refund; within its transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from market.models import Invoice, InvoiceSeries, Order, OrderLine, Refund, Stall

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


def write_invoices(*, order: Order, at: datetime) -> list[Invoice]:
    """An invoice of each seller for a paid order; written again, they are the same. The caller's transaction draws the
    numbers: if it is taken back, they are free again, so a series has no gap."""
    said = {line.number: (line.price, line.vat) for line in _lines(order)}
    return _write(order, said, None, at, with_deposits=True)


def write_credit_notes(*, refund: Refund, at: datetime) -> list[Invoice]:
    """A credit note of each seller for what a refund gave back of his lines."""
    said = {int(n): (-sum(parts.values()), -parts.get("tax", 0)) for n, parts in refund.lines.items()}
    return _write(refund.order, {n: amounts for n, amounts in said.items() if amounts[0]}, refund, at)


def _write(
    order: Order,
    said: Mapping[int, tuple[int, int]],
    refund: Refund | None,
    at: datetime,
    *,
    with_deposits: bool = False,
) -> list[Invoice]:
    if known := list(Invoice.objects.filter(order=order, refund=refund)):
        return known
    sellers: dict[Cooperative, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines(order):
        if line.number in said:
            price, vat = said[line.number]
            sellers[line.listing.product.cooperative].append(
                {"title": line.title, "pieces": line.pieces, "price": price, "vat": vat, "vat_rate": line.vat_rate}
            )
            if with_deposits and line.container and line.deposits:
                sellers[line.listing.product.cooperative].append(
                    {"title": line.container.name, "pieces": line.pieces, "price": line.deposits, "vat": 0,
                     "vat_rate": 0, "is_deposit": True}
                )  # fmt: skip
    stalls = {stall.cooperative_id: stall for stall in Stall.objects.filter(cooperative__in=sellers)}
    return [
        _number(seller, stalls.get(seller.pk), order, refund, sellers[seller], at)
        for seller in sorted(sellers, key=lambda seller: seller.pk)  # one order of locks for all
    ]


def _number(
    seller: Cooperative,
    stall: Stall | None,
    order: Order,
    refund: Refund | None,
    lines: list[dict[str, Any]],
    at: datetime,
) -> Invoice:
    year = timezone.localtime(at).year
    InvoiceSeries.objects.get_or_create(cooperative=seller, year=year)
    series = InvoiceSeries.objects.select_for_update().get(cooperative=seller, year=year)
    series.last += 1
    series.save()
    return Invoice.objects.create(
        cooperative=seller,
        year=year,
        number=series.last,
        order=order,
        refund=refund,
        seller=stall.seller if stall else seller.name,
        address=stall.address if stall else "",
        currency=order.currency,
        lines=lines,
        issued_at=at,
    )


def _lines(order: Order) -> list[OrderLine]:
    return list(order.lines.select_related("listing__product__cooperative", "container").order_by("number"))
