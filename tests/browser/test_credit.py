"""A member pays half of an order in hours and half by card: two taps each, and the books are Stripe's to the cent."""

import pytest
from playwright.sync_api import expect

from cooperatives.queries.credit import own_and_health
from ledger.queries import balance_of, balances
from tests.browser.axe import violations
from tests.browser.conftest import PHONE
from tests.cooperatives.circle import opened
from tests.market.cards import reconciled
from tests.market.goods import on_shelf, stall, treasurer
from tests.sandbox.desk import GOOD
from tests.world import agreed, world

pytestmark = pytest.mark.browser


class TestAMember:
    @pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
    def test_pays_half_in_hours_and_half_by_card(self, open_page, site, settings, stripe, javascript):
        settings.PUBLIC_ADDRESS = site
        w = world()
        circle = opened(w, treasurer(w))
        agreed(w)
        stall(w)
        listing = on_shelf(w, price=1_200, credit_share=50)
        page = open_page("/shop/", size=PHONE, javascript=javascript, member=w.people["ben"])
        page.goto(f"/shop/{listing.pk}/")
        expect(page.get_by_text("up to 50 %")).to_be_visible()
        page.get_by_role("button", name="Add to cart").click()
        page.goto("/checkout/")
        page.get_by_label("Your name").fill("Ben")
        page.get_by_label("E-mail address").fill("ben@rennet.example")
        page.get_by_label("By card").check()
        page.get_by_role("button", name="Order with obligation to pay").click()
        page.get_by_role("link", name="Choose how much").click()
        page.get_by_role("button", name="Look at it once more").click()
        expect(page.get_by_text("€6.00").first).to_be_visible()
        page.get_by_role("button", name="Pay", exact=True).click()
        expect(page.get_by_text("Still open", exact=True)).to_be_visible()
        if javascript:
            assert violations(page) == []
        page.get_by_role("button", name="Pay €6.00 by card").click()
        page.get_by_label("Card number").fill(GOOD)
        page.get_by_role("button", name="Pay 6.00 EUR").click()
        expect(page.get_by_role("heading", name="Ben, your order is paid")).to_be_visible()
        own, whole = own_and_health(circle, w.ben.address)
        assert (own.balance, whole.total, balance_of("coops/fern/purse", "HFERN")) == (-30, 0, 30)
        assert sum(row.quantity for row in balances(unit="HFERN")) == 0
        reconciled(stripe)
