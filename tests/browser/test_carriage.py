"""A guest on a phone has goods sent: chosen in the cart, paid by card, packed, given to the carrier, and given back."""

import pytest
from playwright.sync_api import expect

from ledger.queries import balance_of
from market.models import Order
from tests.browser.axe import violations
from tests.browser.conftest import PHONE
from tests.market.cards import reconciled
from tests.market.goods import on_shelf, stall
from tests.market.jars import E_FERN
from tests.market.parcels import POST_PURSE
from tests.sandbox.desk import GOOD
from tests.world import agreed, bars, world

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_from_the_offer_to_the_parcel(open_page, site, settings, stripe, javascript):
    settings.PUBLIC_ADDRESS = site
    w, oak = world(), world("oak", "Oak Mill", "fr/jura")
    agreed(w)
    stall(w)
    listings = on_shelf(w), on_shelf(oak, bars(oak, 10), price=900)
    desk = open_page("/stall/fern/facts/", size=PHONE, javascript=javascript, member=w.people["tom"])
    desk.get_by_role("link", name="Carriers that bring your goods").click()
    desk.get_by_label("Carrier", exact=True).fill("La Poste")
    desk.get_by_label("Price for one order").fill("6.90")
    desk.get_by_label("VAT in percent").fill("20")
    desk.get_by_label("Countries it goes to").fill("France, Belgium")
    desk.get_by_label("How long it takes").fill("Two days")
    desk.get_by_label("Where the carrier is at home").select_option("fr")
    desk.get_by_role("button", name="Offer it to buyers").click()
    expect(desk.get_by_text("Buyers can choose La Poste")).to_be_visible()

    page = open_page("/shop/", size=PHONE, javascript=javascript)
    for listing in listings:
        page.goto(f"/shop/{listing.pk}/")
        page.get_by_role("button", name="Add to cart").click()
    page.goto("/cart/")
    page.get_by_label("La Poste").check()
    page.get_by_role("button", name="Show the new total").click()
    expect(page.get_by_role("row", name="Total, with VAT").get_by_text("21.90")).to_be_visible()
    if javascript:
        assert violations(page) == []
    page.get_by_role("button", name="Go on to your details").click()
    expect(page.get_by_role("row", name="Total, with VAT").get_by_text("21.90")).to_be_visible()
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("E-mail address").fill("cleo@rennet.example")
    page.get_by_label("Street and number").fill("3 rue du Collège")
    page.get_by_label("Postcode").fill("39800")
    page.get_by_label("Town").fill("Poligny")
    page.get_by_label("Country").select_option("FR")
    page.get_by_label("By card").check()
    if javascript:
        assert violations(page) == []
    page.get_by_role("button", name="Order with obligation to pay").click()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay 21.90 EUR").click()
    expect(page.get_by_role("heading", name="Cleo, your order is paid")).to_be_visible()
    expect(page.get_by_text("3 rue du Collège, 39800 Poligny, France")).to_be_visible()
    expect(page.get_by_text("Pick-up place")).to_be_visible()  # of what Oak sells
    if javascript:
        assert violations(page) == []
    order = Order.objects.get()
    assert balance_of(POST_PURSE, E_FERN) == 575

    desk.goto("/stall/fern/packing/labels/")
    expect(desk.get_by_text("39800 Poligny")).to_be_visible()
    desk.goto(f"/stall/fern/orders/{order.name}/")
    desk.get_by_label("Number of the parcel").fill("8K 00123")
    desk.get_by_role("button", name="The carrier has it").click()
    expect(desk.get_by_text("is on its way, and the buyer is told")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Number of the parcel: 8K 00123")).to_be_visible()
    expect(page.get_by_text("Next: pick it up")).to_be_visible()
    reconciled(stripe)
