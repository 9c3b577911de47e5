"""Letters: written with what they tell of, in the buyer's language, and sent later."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.services.letters import send_waiting
from ledger.queries import unit
from ledger.rules.amounts import format_quantity
from market.models import Carriage, Cycle, Invoice, Letter, Order
from market.rules.countries import country_names


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


def write_parcel_sent(*, order: Order, carriage: Carriage, at: datetime) -> Letter:
    """Tell the buyer that a carrier has the goods, and by which number it knows them."""
    with override(order.language):
        subject = _("Order %(word)s is on its way") % {"word": order.word}
        said = _("%(carrier)s has taken the goods of %(seller)s.") % {
            "carrier": carriage.offer.name,
            "seller": carriage.offer.cooperative.name,
        }
        number = _("Number of the parcel: %(number)s") % {"number": carriage.tracking} if carriage.tracking else ""
        opening = "\n".join(filter(None, [said, number, _("Your order:")]))
        return _write(order, f"sent-{carriage.number}", subject, opening, at)


def address_of(order: Order) -> str:
    """Where an order is sent, on one line."""
    country = country_names(order.language).get(order.country, order.country)
    return ", ".join([order.street, f"{order.postcode} {order.town}".strip(), country])


def write_goods_ready(*, order: Order, cycle: Cycle, at: datetime) -> bool:
    """Tell a buyer that the goods of a cycle are ready, and where and when to fetch them; whether it was not said
    before."""
    with override(order.language):
        subject = _("Your order %(word)s is ready") % {"word": order.word}
        where = _("Fetch it on %(day)s: %(place)s") % {
            "day": date_format(cycle.handover_on),
            "place": cycle.handover_place,
        }
        said = "\n".join(filter(None, [_("Your goods are ready."), where, cycle.handover_note, "", _("You ordered:")]))
        if Letter.objects.filter(key=f"{order.name}/ready-{cycle.code}").exists():
            return False
        _write(order, f"ready-{cycle.code}", subject, said, at)
        return True


def _write(order: Order, what: str, subject: str, opening: str, at: datetime, links: Iterable[str] = ()) -> Letter:
    lines = [f"{line.pieces} × {line.title}: {say_money(line.price, order.currency)}" for line in order.lines.all()]
    lines += [
        _("%(n)s × deposit on %(container)s: %(amount)s")
        % {"n": line.pieces, "container": line.container.name, "amount": say_money(line.deposits, order.currency)}
        for line in order.lines.select_related("container")
        if line.container and line.deposits
    ]
    lines += [f"{each.title}: {say_money(each.price, order.currency)}" for each in order.carriages.all()]
    total = _("Total, with VAT of %(vat)s: %(total)s") % {
        "vat": say_money(order.vat, order.currency),
        "total": say_money(order.total, order.currency),
    }
    page = _("Its page, for you alone: %(link)s") % {
        "link": settings.PUBLIC_ADDRESS + reverse("order", args=[order.token])
    }
    to = [_("Sent to: %(address)s") % {"address": address_of(order)}, ""] if order.street else []
    body = "\n".join([order.buyer, "", opening, *lines, "", total, "", *to, page, *links])
    letter, _new = Letter.objects.get_or_create(
        key=f"{order.name}/{what}",
        defaults={"order": order, "to": order.email, "subject": subject, "body": body, "written_at": at},
    )
    return letter


def say_money(amount: int, currency: str) -> str:
    """An amount in plain text, with all its decimals: 6.00 EUR."""
    found = unit(currency)
    return f"{format_quantity(amount, found.exponent if found else 2, get_format('DECIMAL_SEPARATOR'))} {currency}"


def say_moment(when: datetime) -> str:
    """A day and a time of day in plain text, where the market is, with the name of its time: 4 décembre 2026 18:00
    CET."""
    local = timezone.localtime(when)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


def say_next(cycle: Cycle | None) -> str:
    """When goods that cannot be ordered now can be again."""
    if cycle is None:
        return _("The next order cycle is not planned yet.")
    return _("You can order again from %(opens)s on.") % {"opens": say_moment(cycle.opens_at)}


def send_letters(*, send: Callable[[Letter], None], at: datetime, most: int = 50) -> int:
    """Give the letters that wait to `send`; answers how many went. They stay to be read at the stall."""
    return send_waiting(Letter.objects, send=send, at=at, most=most, leaves={})
