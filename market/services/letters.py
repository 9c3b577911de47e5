"""Letters: written with what they tell of, in the buyer's language, and sent later."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.services.letters import send_waiting
from ledger.queries import unit
from ledger.rules.amounts import format_quantity
from market.models import Invoice, Letter, Order


def write_order_placed(*, order: Order, at: datetime) -> Letter:
    """Tell the buyer what was ordered, what it costs and where its page is."""
    with override(order.language):
        subject = _("Your order %(word)s") % {"word": order.word}
        return _write(order, "placed", subject, _("Thank you. You ordered:"), at)


def write_order_paid(*, order: Order, invoices: Iterable[Invoice], at: datetime) -> Letter:
    """Tell the buyer that the money arrived, and where the invoices are."""
    with override(order.language):
        subject = _("Order %(word)s is paid") % {"word": order.word}
        links = [
            _("Invoice %(number)s of %(seller)s: %(link)s")
            % {
                "number": row.called,
                "seller": row.seller,
                "link": settings.PUBLIC_ADDRESS + reverse("invoice", args=[order.token, row.pk]),
            }
            for row in invoices
        ]
        return _write(order, "paid", subject, _("Your payment has arrived. Your order:"), at, links)


def write_order_cancelled(*, order: Order, at: datetime) -> Letter:
    """Tell the buyer that nothing will be owed."""
    with override(order.language):
        subject = _("Order %(word)s is cancelled") % {"word": order.word}
        return _write(order, "cancelled", subject, _("This order is cancelled. You owe nothing. It was:"), at)


def _write(order: Order, what: str, subject: str, opening: str, at: datetime, links: Iterable[str] = ()) -> Letter:
    lines = [f"{line.pieces} × {line.title}: {say_money(line.price, order.currency)}" for line in order.lines.all()]
    total = _("Total, with VAT of %(vat)s: %(total)s") % {
        "vat": say_money(order.vat, order.currency),
        "total": say_money(order.total, order.currency),
    }
    page = _("Its page, for you alone: %(link)s") % {
        "link": settings.PUBLIC_ADDRESS + reverse("order", args=[order.token])
    }
    body = "\n".join([order.buyer, "", opening, *lines, "", total, "", page, *links])
    letter, _new = Letter.objects.get_or_create(
        key=f"{order.name}/{what}",
        defaults={"order": order, "to": order.email, "subject": subject, "body": body, "written_at": at},
    )
    return letter


def say_money(amount: int, currency: str) -> str:
    """An amount in plain text, with all its decimals: 6.00 EUR."""
    found = unit(currency)
    return f"{format_quantity(amount, found.exponent if found else 2, get_format('DECIMAL_SEPARATOR'))} {currency}"


def send_letters(*, send: Callable[[Letter], None], at: datetime, most: int = 50) -> int:
    """Give the letters that wait to `send`; answers how many went. They stay to be read at the stall."""
    return send_waiting(Letter.objects, send=send, at=at, most=most, leaves={})
