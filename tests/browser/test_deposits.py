"""A jar goes round: its deposit seen and paid with the goods, and given back to whoever brings the jar."""

import re

import pytest
from playwright.sync_api import Page, expect

from cooperatives.queries.containers import whereabouts
from cooperatives.services.containers import add_container, count_in
from market.models import Order
from market.queries import deposits_owed
from tests.browser.axe import violations
from tests.browser.conftest import Opener
from tests.market.goods import on_shelf, stall
from tests.world import World, key, world

pytestmark = pytest.mark.browser


@pytest.fixture
def w(own_database: str) -> World:
    """Fern, selling bars in jars."""
    w = world()
    stall(w)
    kind = add_container(by=w.ada, name="Jar", deposit=50, at=w.later())
    count_in(by=w.ada, container=kind, hub=w.hub, quantity=20, at=w.later(), key=key())
    on_shelf(w, container=kind)
    return w


def clean(page: Page) -> None:
    assert violations(page) == []


def test_a_jar_goes_out_with_its_deposit_and_comes_back(w: World, open_page: Opener) -> None:
    buyer = open_page("/shop/")
    expect(buyer.get_by_text("+ €0.50 deposit")).to_be_visible()
    buyer.get_by_role("link", name="Dark 72").first.click()
    expect(buyer.get_by_text("€0.50 for each container (Jar)")).to_be_visible()
    buyer.get_by_label("How many").fill("3")
    buyer.get_by_role("button", name="Add to cart").click()
    expect(buyer.get_by_text("€1.50 of it is deposit")).to_be_visible()
    expect(buyer.locator("tfoot")).to_contain_text("19.50")
    clean(buyer)
    buyer.get_by_role("link", name="Go on to your details").click()
    expect(buyer.get_by_text("You will pay €19.50")).to_be_visible()
    buyer.get_by_label("Your name").fill("Cleo")
    buyer.get_by_label("E-mail address").fill("cleo@rennet.example")
    buyer.get_by_label("At pick-up, in cash").check()
    buyer.get_by_role("button", name="Order with obligation to pay").click()
    expect(buyer.get_by_text("Deposit: Jar")).to_be_visible()
    clean(buyer)

    order = Order.objects.get()
    clerk = open_page(f"/stall/fern/orders/{order.name}/", member="tom")
    expect(clerk.get_by_text("Take €19.50 in cash")).to_be_visible()
    clerk.get_by_role("button", name="Cash received, goods handed over").click()
    clerk.get_by_text("Containers came back").click()
    clerk.get_by_label("Jar of “Dark 72”: how many, of 3").fill("1")
    clean(clerk)
    clerk.get_by_role("button", name="Give the deposit back").click()
    expect(clerk.get_by_text("0.50 EUR of deposit goes back")).to_be_visible()

    clerk.goto("/stall/fern/containers/")
    expect(clerk.get_by_text("€1.00")).to_be_visible()  # still owed for two
    clerk.get_by_label("Jar").check()
    clerk.get_by_label("How many").fill("2")
    clean(clerk)
    clerk.get_by_role("button", name="Came back, deposit paid").click()
    expect(clerk.get_by_text("1.00 EUR of deposit goes back")).to_be_visible()
    assert deposits_owed(w.fern) == 0
    (row,) = whereabouts(w.fern, w.ada)
    assert (row.with_buyers, [n for _, n in row.at_hubs]) == (0, [20])
    buyer.reload()
    expect(buyer.get_by_text("Jar: 3 of 3 came back")).to_be_visible()


def test_a_can_is_lent_to_a_member_and_comes_back(w: World, open_page: Opener) -> None:
    clerk = open_page("/cooperatives/fern/containers/", member="tom")
    lend = clerk.locator("form").filter(has=clerk.get_by_role("button", name="Taken along"))
    lend.get_by_label("How many").fill("4")
    lend.get_by_label("Member").select_option(label="Ben")
    lend.get_by_role("button", name="Taken along").click()
    expect(clerk.get_by_text(re.compile("Lent to Ben"))).to_be_visible()
    clean(clerk)
    back = clerk.locator("form").filter(has=clerk.get_by_role("button", name="They came back"))
    back.get_by_label("How many").fill("4")
    back.get_by_role("button", name="They came back").click()
    expect(clerk.get_by_text("Lent to Ben")).to_have_count(0)
