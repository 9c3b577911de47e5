"""One total: in the cart before anybody says who he is, at checkout, at Stripe, in the letters, on the order's page, in
the invoices and in the ledger, carriage too; in moneys of no, two and three decimals, in English and French."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger.queries import balance_of
from market.models import Invoice, Letter, Order
from market.pages.invoices import invoice_pdf
from market.services.settlements import divide_period
from tests.market.cards import come_back, now, page_of, reconciled
from tests.market.goods import on_shelf, stall
from tests.market.parcels import carrier
from tests.market.test_shop_pages import details, put, words
from tests.world import agreed, bars, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

# {currency: (exponent, Fern's price, Oak's, its carrier's, three of each as people read them in English and in French)}
MONEYS = {
    "EUR": (2, 601, 41_339, 691, "1,265.11", "1\u202f265,11"),
    "XOF": (0, 3_935, 7_777, 1_999, "37,135", "37\u202f135"),
    "KWD": (3, 6_050, 1_234_560, 2_170, "3,724.000", "3\u202f724,000"),
}


def total_of(page) -> list[str]:
    """The figure in the foot of a page's table of goods, without the sign of its money."""
    shown = re.findall(r"<tfoot>.*?<td[^>]*>(?:<[^>]+>)*([^<]+)<", page.content.decode(), re.S)
    return [found[0] for text in shown if (found := re.search(r"\d[\d.,\u202f]*\d", text))]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("currency", MONEYS)
def test_is_the_same_to_the_last_decimal_wherever_it_stands(stripe, settings, currency, language):
    exponent, mine, others, brought, english, french = MONEYS[currency]
    said = english if language == "en" else french
    fern = world(currency=currency, exponent=exponent)
    oak = world("oak", "Oak Mill", "fr/jura", currency=currency, exponent=exponent)
    agreed(fern)
    stall(fern)
    one = on_shelf(fern, price=mine, currency=currency)
    other = on_shelf(oak, bars(oak, 10), price=others, currency=currency, vat_rate=200)
    client = Client(headers={"accept-language": language})
    for listing in (one, other):
        cart = put(client, listing, 3)
        assert currency in words(client.get(reverse("listing", args=[listing.pk]))) or currency == "EUR"
    offer = carrier(oak, price=brought)
    cart = client.post(reverse("choose_carriage"), {f"reach-{oak.fern.pk}": offer.pk}, follow=True)
    assert total_of(cart) == [said]
    checkout = client.get(reverse("checkout"))
    assert total_of(checkout) == [said] and 'name="email"' not in cart.content.decode()
    client.post(
        reverse("place_order"), details(client, way="card", street="3 rue du Collège", town="Poligny", country="FR")
    )
    order = Order.objects.get()
    page = page_of(order)
    total = 3 * (mine + others) + brought
    (session,) = stripe.objects("checkout.session")
    assert (session["amount_total"], session["currency"]) == (total, currency.lower()) and order.total == total
    assert total_of(client.get(reverse("order", args=[order.token])))[0] == said
    assert stripe.pay(page.url)[0] == 303
    order = come_back(order)
    paid = client.get(reverse("order", args=[order.token]))
    assert total_of(paid)[0] == said and sum(paid.context["groups"].values()) == total
    plain = said.replace(",", "") if language == "en" else said.replace("\u202f", "")
    for letter in Letter.objects.filter(order=order):
        assert f"{plain} {currency}" in letter.body, letter.body
    assert Letter.objects.filter(order=order).count() == 2
    assert sum(row.total for row in Invoice.objects.all()) == total == -balance_of(f"{order.owner}/pocket", currency)
    assert all(invoice_pdf(row).startswith(b"%PDF") for row in Invoice.objects.all())
    (row,) = divide_period(by=fern.ada, cooperative=fern.fern, upto=now().date(), at=now())
    client.force_login(fern.ada.member)
    settled = words(client.get(reverse("settlement", args=["fern"])))
    digits = str(row.amount).rjust(exponent + 1, "0")
    mark = "." if language == "en" else ","
    shown = digits if not exponent else f"{digits[:-exponent]}{mark}{digits[-exponent:]}"
    group = "," if language == "en" else r"\s"
    assert shown in re.sub(rf"(?<=\d){group}(?=\d{{3}})", "", settled)
    reconciled(stripe)
