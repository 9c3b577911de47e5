"""A guest buys on a phone, with no script at all, and a cooperative hands the goods over at the desk."""

import re

import pytest
from playwright.sync_api import expect

from market.models import Order
from market.services.settlements import divide_period
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE
from tests.market.goods import LABEL, bought, on_shelf, stall
from tests.world import agreed, bars, world

pytestmark = pytest.mark.browser


def shop():
    """Fern's bars on the shelf, and one order picked up and divided."""
    w = world()
    agreed(w)
    stall(w)
    listing = on_shelf(w, description="Made where the cocoa grows, by the people who grow it.")
    order = bought(w, listing, 3)
    divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
    return w, listing, order


class TestAGuestOnAPhone:
    def test_buys_without_a_script_and_keeps_the_link(self, open_page):
        w, _listing, _order = shop()
        page = open_page("/shop/", size=PHONE, javascript=False)
        page.get_by_role("link", name="Dark 72", exact=True).click()
        expect(page.get_by_role("heading", name="Where €6.00 goes")).to_be_visible()
        page.get_by_role("button", name="Add to cart").click()
        expect(page.get_by_text("Total, with VAT of 0.31")).to_be_visible()
        page.get_by_role("link", name="Go on to your details").click()
        page.get_by_label("Your name").fill("Cleo")
        page.get_by_label("E-mail address").fill("cleo@rennet.example")
        page.get_by_role("button", name="Order with obligation to pay").click()
        expect(page.get_by_role("heading", name="Cleo, your order is placed")).to_be_visible()
        order = Order.objects.get(buyer="Cleo", state="placed")
        assert page.url.endswith(f"/orders/{order.token}/")
        page.get_by_role("button", name="Cancel the order").click()
        expect(page.get_by_role("heading", name="Cleo, your order is cancelled")).to_be_visible()
        assert w.cleo

    def test_is_led_to_what_must_be_corrected(self, open_page):
        shop()
        page = open_page("/shop/", size=PHONE)
        page.get_by_role("button", name=re.compile("^Add")).first.click()
        page.goto(page.url.replace("/shop/", "/checkout/"))
        page.get_by_label("Your name").fill("Cleo")
        page.locator("form.sheet").evaluate("form => { form.noValidate = true }")
        page.get_by_role("button", name="Order with obligation to pay").click()
        expect(page).to_have_title(re.compile("^Error:"))
        expect(page.locator("#errors")).to_be_focused()
        expect(page.get_by_label("Your name")).to_have_value("Cleo")


class TestTheStall:
    def test_takes_cash_and_hands_over_in_one_press(self, open_page):
        w, listing, _order = shop()
        from tests.market.goods import ordered

        order = ordered(w, listing, 2)
        page = open_page("/stall/", size=PHONE, member=w.people["tom"], javascript=False)
        page.get_by_role("link", name="Look at the orders").click()
        page.get_by_role("link", name=order.word).click()
        page.get_by_role("button", name="Cash received, goods handed over").click()
        expect(page.get_by_text("Picked up").first).to_be_visible()
        assert Order.objects.get(pk=order.pk).state == "handed_over"

    def test_offers_a_lot_in_one_form(self, open_page):
        w = world()
        bars(w)
        page = open_page("/stall/fern/listings/", size=DESK, member=w.people["ada"], javascript=False)
        page.get_by_role("link", name=re.compile("Offer it.*Dark 72")).click()
        page.get_by_label("Price of one piece").fill("6.00")
        page.get_by_label("VAT in percent").fill("5.5")
        page.get_by_label("Net quantity", exact=False).first.fill("100")
        for label in ("ingredients", "storage", "origin", "operator"):
            page.locator(f"#id_{label}").fill(str(LABEL[label]))
        page.get_by_label("None of the fourteen").check()
        page.get_by_role("button", name="Save; publish it next").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("“Dark 72” is on the shelf.")).to_be_visible()


PAGES = ("/shop/", "/shop/{listing}/", "/cart/", "/checkout/", "/orders/{order}/")
STALL = ("", "orders/", "listings/", "settlement/", "purses/", "letters/", "facts/", "listings/{listing}/")


class TestEveryone:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_can_read_the_shop_and_the_stall(self, open_page, scheme):
        """No fault that axe knows, nothing wider than a phone, nothing the content policy refuses."""
        w, listing, order = shop()
        page = open_page("/shop/", size=PHONE, scheme=scheme)
        page.get_by_role("button", name=re.compile("^Add")).first.click()
        for path in PAGES:
            page.goto(path.format(listing=listing.pk, order=order.token))
            assert violations(page) == [], path
        page = open_page("/stall/", size=PHONE, scheme=scheme, member=w.people["ada"])
        for path in STALL:
            page.goto("/stall/fern/" + path.format(listing=listing.pk))
            assert violations(page) == [], path
