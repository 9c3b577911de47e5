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
    goods = {line.number: (line.price, line.vat) for line in order.lines.all()}
    goods |= {each.number: (each.price, each.vat) for each in order.carriages.all()}
    containers = {line.number: line.pieces for line in order.lines.all()}
    return _write(order, goods, containers, None, at)


def write_credit_notes(*, refund: Refund, at: datetime) -> list[Invoice]:
    """A credit note of each seller for what a refund gave back of his lines, and of the deposits on his containers."""
    goods = {int(n): (-sum(parts.values()), -parts.get("tax", 0)) for n, parts in refund.lines.items()}
    containers = {int(n): -back for n, back in refund.deposits.items()}
    return _write(refund.order, {n: amounts for n, amounts in goods.items() if amounts[0]}, containers, refund, at)


def _write(
    order: Order,
    goods: Mapping[int, tuple[int, int]],
    containers: Mapping[int, int],
    refund: Refund | None,
    at: datetime,
) -> list[Invoice]:
    """By number of a line: its price with the VAT inside, and for how many containers a deposit is charged; both below
    zero where they go back."""
    if known := list(Invoice.objects.filter(order=order, refund=refund)):
        return known
    sellers: dict[Cooperative, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines(order):
        said = sellers[line.listing.product.cooperative]
        if line.number in goods:
            price, vat = goods[line.number]
            said.append(
                {"title": line.title, "pieces": line.pieces, "price": price, "vat": vat, "vat_rate": line.vat_rate}
            )
        if line.container and (deposit := line.deposit * containers.get(line.number, 0)):
            said.append(
                {"title": line.container.name, "pieces": abs(containers[line.number]), "price": deposit, "vat": 0,
                 "vat_rate": 0, "is_deposit": True}
            )  # fmt: skip
    for each in order.carriages.all():
        if each.number in goods:
            price, vat = goods[each.number]
            sellers[each.offer.cooperative].append(
                {"title": each.title, "pieces": 1, "price": price, "vat": vat, "vat_rate": each.offer.vat_rate}
            )
    told = {seller: lines for seller, lines in sellers.items() if lines}
    stalls = {stall.cooperative_id: stall for stall in Stall.objects.filter(cooperative__in=told)}
    return [
        _number(seller, stalls.get(seller.pk), order, refund, told[seller], at)
        for seller in sorted(told, key=lambda seller: seller.pk)  # one order of locks for all
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
