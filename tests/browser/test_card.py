"""A guest on a phone pays by card: to the payment page, past the bank's question, and back to a paid order."""

import pytest
from playwright.sync_api import Page, expect

from market.models import Order
from tests.browser.axe import violations
from tests.browser.conftest import PHONE
from tests.market.cards import reconciled
from tests.market.goods import on_shelf, stall
from tests.sandbox.desk import ASKS, DECLINED
from tests.world import agreed, bars, world

pytestmark = pytest.mark.browser


def shop(settings, site):
    """Bars of two cooperatives on one shelf, and a shop that knows its own address."""
    settings.PUBLIC_ADDRESS = site
    w, oak = world(), world("oak", "Oak Mill", "fr/jura")
    agreed(w)
    stall(w)
    return on_shelf(w), on_shelf(oak, bars(oak, 10), price=900)


def ordered(page: Page, *listings) -> None:
    for listing in listings:
        page.goto(f"/shop/{listing.pk}/")
        page.get_by_role("button", name="Add to cart").click()
    page.goto("/checkout/")
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("E-mail address").fill("cleo@rennet.example")
    page.get_by_label("By card").check()
    page.get_by_role("button", name="Order with obligation to pay").click()


class TestAGuestOnAPhone:
    @pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
    def test_buys_from_two_cooperatives_with_3d_secure(self, open_page, site, settings, stripe, javascript):
        listings = shop(settings, site)
        page = open_page("/shop/", size=PHONE, javascript=javascript)
        ordered(page, *listings)
        expect(page.get_by_role("note")).to_contain_text("Test mode")
        expect(page.get_by_text("15.00 EUR").first).to_be_visible()
        page.get_by_label("Card number").fill(DECLINED)
        page.get_by_role("button", name="Pay 15.00 EUR").click()
        expect(page.get_by_role("alert")).to_contain_text("Your card was declined")
        page.get_by_label("Card number").fill(ASKS)
        page.get_by_role("button", name="Pay 15.00 EUR").click()
        page.get_by_role("button", name="Complete").click()
        expect(page.get_by_role("heading", name="Cleo, your order is paid")).to_be_visible()
        order = Order.objects.get()
        assert page.url == f"{site}/orders/{order.token}/" and order.state == "paid"
        if javascript:
            assert violations(page) == []
        reconciled(stripe)

    def test_leaves_the_page_and_comes_back_to_it(self, open_page, site, settings, stripe):
        listing, _other = shop(settings, site)
        page = open_page("/shop/", size=PHONE)
        ordered(page, listing)
        page.get_by_role("link", name="Back to the shop").click()
        expect(page.get_by_role("heading", name="Cleo, your order is placed")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="by card").click()
        page.get_by_label("Card number").fill("4242 4242 4242 4242")
        page.get_by_role("button", name="Pay 6.00 EUR").click()
        expect(page.get_by_role("heading", name="Cleo, your order is paid")).to_be_visible()

    def test_changes_his_mind_and_nothing_can_be_paid_any_more(self, open_page, site, settings, stripe):
        listing, _other = shop(settings, site)
        page = open_page("/shop/", size=PHONE)
        ordered(page, listing)
        payment_page = page.url
        page.get_by_role("link", name="Back to the shop").click()
        page.get_by_role("button", name="Cancel the order").click()
        expect(page.get_by_role("heading", name="Cleo, your order is cancelled")).to_be_visible()
        page.goto(payment_page)
        expect(page.get_by_role("heading", name="This payment page has expired")).to_be_visible()
        assert stripe.balances() == {}
