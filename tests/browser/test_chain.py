"""The whole chain in a real browser: a delivery, a lot on the shelf, a sale, a division, a passbook, a checked log."""

import re

import pytest
from playwright.sync_api import Page, expect

from ledger import queries as ledger
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.queries import orders_of
from tests.browser.conftest import DESK, PHONE, Opener
from tests.market.goods import stall
from tests.world import World, agreed, world

pytestmark = pytest.mark.browser


def record_a_delivery(page: Page) -> None:
    page.goto("/weigh/")
    page.get_by_label("Member").select_option(label="Ben")
    page.get_by_label("Goods, lot").select_option("new")
    page.get_by_text("Other goods, agreed price").click()
    page.get_by_label("New goods").fill("Honey")
    page.get_by_label("Tare").fill("0.5")
    page.get_by_label("On the scale").fill("12.5")
    page.get_by_role("button", name=re.compile("^Record")).click()
    expect(page.get_by_text("1 record, 12 kg")).to_be_visible()


def offer_the_lot(page: Page) -> None:
    page.goto("/stall/fern/listings/")
    page.get_by_role("link", name=re.compile("Offer it.*Honey")).click()
    page.get_by_label("Price of one piece").fill("8.40")
    page.get_by_label("VAT in percent").fill("5.5")
    page.get_by_label("Units of the lot in one piece").fill("500")
    page.locator("#id_net_quantity").fill("500")
    page.locator("#id_ingredients").fill("Honey")
    page.locator("#id_storage").fill("Dry, not above 25 °C")
    page.get_by_label("None of the fourteen").check()
    page.get_by_role("button", name="Save; publish it next").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("“Honey” is on the shelf.")).to_be_visible()


def buy_it(page: Page) -> str:
    page.get_by_role("link", name="Honey").click()
    expect(page.get_by_text("€8.40").first).to_be_visible()
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_text("Total, with VAT of 0.44")).to_be_visible()
    page.get_by_role("link", name="Go on to your details").click()
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("E-mail address").fill("cleo@rennet.example")
    page.get_by_role("button", name="Order with obligation to pay").click()
    expect(page.get_by_role("heading", name="Cleo, your order is placed")).to_be_visible()
    return page.url


def take_the_money(page: Page, order_word: str) -> None:
    page.goto("/stall/fern/orders/")
    page.get_by_role("link", name=order_word).click()
    page.get_by_role("button", name="Cash received, goods handed over").click()
    expect(page.get_by_text("Picked up").first).to_be_visible()


def divide(page: Page) -> None:
    page.goto("/stall/fern/settlement/")
    page.get_by_role("button", name="Divide the period").click()
    expect(page.get_by_text("Who received what").first).to_be_attached()


class TestTheWholeChain:
    def test_from_the_scale_to_the_passbook_and_the_log(self, open_page: Opener) -> None:
        w = world()
        agreed(w)
        stall(w)
        at_the_stall = open_page("/", size=DESK, member=w.people["ada"])
        record_a_delivery(at_the_stall)
        offer_the_lot(at_the_stall)

        buyer = open_page("/shop/", size=PHONE)
        order = buy_it(buyer)
        take_the_money(at_the_stall, orders_of(w.fern, "placed").get().word)
        divide(at_the_stall)

        buyer.goto(order)
        expect(buyer.get_by_role("heading", name=re.compile("Where your €8.40"))).to_be_visible()
        expect(buyer.locator("main")).to_contain_text("8.40")

        self.member_checks(w, open_page)

    def member_checks(self, w: World, open_page: Opener) -> None:
        """Ben sees what the sale paid him, goes to the entry behind it, and the log agrees with the database."""
        purse = ledger.balance_of(f"{w.ben.address}/purse", "EUR@coops/fern")
        assert purse > 0
        page = open_page("/passbook/", size=PHONE, member=w.people["ben"])
        expect(page.locator("main")).to_contain_text(f"{purse / 100:.2f}")
        expect(page.locator("main")).to_contain_text("honey-1")
        checkpoint = publish_checkpoint()
        assert checkpoint
        page.goto("/log/")
        page.get_by_role("link", name=re.compile("20")).first.click()
        expect(page.get_by_text("How we know")).to_be_visible()
        page.get_by_role("link", name=f"{w.ben.address}/purse").first.click()
        expect(page.locator("main")).to_contain_text("EUR@coops/fern")
        assert verify_log().agrees
