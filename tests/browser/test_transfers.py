"""A transfer typed by hand: a part, then too much; what is too much goes back, or on, where its buyer sees it."""

import pytest
from playwright.sync_api import Page, expect

from ledger.queries import balance_of
from market.models import Order
from market.queries import open_of
from market.rules.words import bank_reference
from tests.browser.axe import violations
from tests.browser.conftest import PHONE
from tests.market.goods import on_shelf, ordered, stall
from tests.world import agreed, world

pytestmark = pytest.mark.browser


def typed(page: Page, amount: str, line: str, *, is_sure: bool) -> None:
    page.get_by_label("Amount received").fill(amount)
    page.get_by_label("Line of the bank statement").fill(line)
    if is_sure:
        page.get_by_label("It is another amount than what is open").check()
    page.get_by_role("button", name="Transfer received").click()


@pytest.fixture
def w(site, settings):
    settings.PUBLIC_ADDRESS = site
    found = world()
    agreed(found)
    stall(found)
    found.shelf = on_shelf(found)
    return found


class TestAnOrderPaidInParts:
    @pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
    def test_the_clerk_types_each_and_what_is_too_much_is_sent_back(self, open_page, w, javascript):
        order = ordered(w, w.shelf, 2, way="bank")
        clerk = open_page(f"/stall/fern/orders/{order.name}/", member="tom", javascript=javascript)
        typed(clerk, "5.00", "n-1", is_sure=False)
        expect(clerk.get_by_role("alert")).to_be_visible()
        expect(clerk.get_by_label("Amount received")).to_have_value("5.00")
        typed(clerk, "5.00", "n-1", is_sure=True)
        expect(clerk.get_by_text(f"A part of order {order.word} came; the rest is open.")).to_be_visible()
        buyer = open_page(f"/orders/{order.token}/", javascript=javascript)
        expect(buyer.get_by_text("Still open", exact=True)).to_be_visible()
        expect(buyer.get_by_text("€7.00", exact=True).first).to_be_visible()
        typed(clerk, "9.50", "n-2", is_sure=True)
        expect(clerk.get_by_text(f"Order {order.word} is paid.")).to_be_visible()
        expect(clerk.get_by_text("€2.50 lies at the bank for the buyer.")).to_be_visible()
        buyer.reload()
        expect(buyer.get_by_text("Too much came", exact=True)).to_be_visible()
        expect(buyer.get_by_text("It lies at the bank as yours.")).to_be_visible()
        ada = open_page(f"/stall/fern/orders/{order.name}/", size=PHONE, member="ada", javascript=javascript)
        back = ada.get_by_role("region", name="Too much came")
        expect(back.get_by_label("Amount sent back")).to_have_value("2.50")
        back.get_by_label("Line of the bank statement").fill("out-1")
        back.get_by_role("button", name="It was given back").click()
        expect(ada.get_by_text("Recorded: the money was given back.")).to_be_visible()
        buyer.reload()
        expect(buyer.get_by_text("Too much came", exact=True)).to_have_count(0)
        expect(buyer.get_by_role("definition").filter(has_text="€2.50")).to_contain_text("by bank transfer")
        if javascript:
            assert violations(buyer) == [] and violations(ada) == []
        assert balance_of(f"{order.owner}/pocket", "EUR") == -1200

    def test_or_it_pays_another_order_of_his(self, open_page, w):
        order, other = ordered(w, w.shelf, way="bank"), ordered(w, w.shelf, way="bank")
        clerk = open_page(f"/stall/fern/orders/{order.name}/", member="tom")
        typed(clerk, "7.00", "n-1", is_sure=True)
        clerk.get_by_label("Reference of the other order").fill(bank_reference(other.name))
        clerk.get_by_role("button", name="Lay it on that order").click()
        expect(clerk.get_by_text(f"It is laid on order {other.word}.")).to_be_visible()
        buyer = open_page(f"/orders/{other.token}/")
        expect(buyer.get_by_text("€5.00", exact=True).first).to_be_visible()
        assert open_of(Order.objects.get(pk=other.pk)) == 500
