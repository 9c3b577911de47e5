"""One whole chain in the browser: weighed, made, listed, bought, divided, and read in a passbook down to its entry."""

import re

import pytest
from playwright.sync_api import Page, expect

from ledger.queries import balance_of
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Order
from tests.browser.conftest import DESK, PHONE, Opener
from tests.market.goods import LABEL, stall
from tests.world import agreed, world

pytestmark = pytest.mark.browser


def weigh_beans(page: Page) -> None:
    page.get_by_label("Member").select_option(label="Ben")
    page.get_by_text("Other goods, grade, agreed price").click()
    page.get_by_label("New goods").fill("Wet beans")
    page.get_by_label("On the scale").fill("50")
    page.get_by_role("button", name=re.compile("^Record")).click()
    # A thumb has ten seconds to take it back; then it is sent.
    expect(page.get_by_text("1 record, 50 kg")).to_be_visible(timeout=20_000)


def make_bars(page: Page) -> None:
    page.get_by_label("What is made").fill("Roast")
    page.get_by_role("button", name="Start").click()
    page.get_by_label("How much").first.fill("50")
    page.get_by_role("button", name="Put it in").click()
    page.get_by_label("Member").select_option(label="Ben")
    page.locator("#id_hours").fill("6")
    page.get_by_role("button", name="Record the hours").click()
    page.locator("#id_form-0-goods").fill("Dark 72")
    page.locator("#id_form-0-quantity").fill("400")
    page.locator("#id_form-0-unit").fill("bar")
    page.locator("#id_form-0-grams").fill("100")
    page.get_by_label("What is missing of the weight").select_option("nature/soil")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("link", name="Dark 72")).to_be_visible()


def list_bars(page: Page) -> None:
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


def buy_a_bar(page: Page) -> str:
    page.get_by_role("link", name="Dark 72", exact=True).click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Go on to your details").click()
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("E-mail address").fill("cleo@rennet.example")
    page.get_by_role("button", name="Order with obligation to pay").click()
    expect(page.get_by_role("heading", name="Cleo, your order is placed")).to_be_visible()
    return page.url


def test_a_bar_from_the_scale_to_the_passbook(open_page: Opener) -> None:
    w = world()
    agreed(w)
    stall(w)
    weigh_beans(open_page("/weigh/", size=PHONE, member="tom"))
    make_bars(open_page("/cooperatives/fern/making/", size=DESK, member="ada"))
    list_bars(open_page("/stall/fern/listings/", size=DESK, member="ada"))
    receipt = buy_a_bar(open_page("/shop/", size=PHONE, javascript=False))

    clerk = open_page("/stall/fern/orders/", size=DESK, member="tom")
    clerk.get_by_role("link", name=Order.objects.get().word).click()
    clerk.get_by_role("button", name="Cash received, goods handed over").click()
    expect(clerk.get_by_text("Picked up").first).to_be_visible()
    steward = open_page("/stall/fern/settlement/", size=DESK, member="ada")
    steward.get_by_role("button", name="Divide the period").click()
    expect(steward.get_by_text("Everything is divided")).to_be_visible()

    earned = balance_of(f"{w.ben.address}/purse", "EUR@coops/fern")
    assert earned > 0
    member = open_page("/passbook/", size=PHONE, member="ben")
    expect(member.get_by_text("Your share of a sale")).to_be_visible()
    expect(member.locator("tfoot")).to_contain_text(f"{earned / 100:.2f}")
    member.locator("tr", has_text="Your share of a sale").get_by_role("link").first.click()
    name = w.ben.address.removeprefix("members/")
    expect(member.get_by_text(f"Member {name}: purse").first).to_be_visible()
    publish_checkpoint()
    assert verify_log().agrees

    buyer = open_page(receipt, size=PHONE)
    expect(buyer.get_by_text("Ashanti").first).to_be_visible()
