"""Members open credit among themselves by a vote; one pays half of an order in it and half by card, and the books are
Stripe's to the cent."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cooperatives.models import Circle
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


class TestMembers:
    def test_open_hours_among_themselves_by_a_vote(self, open_page):
        w = world()
        treasurer(w)
        desk = open_page("/cooperatives/fern/credit/desk/", size=PHONE, member="ada")
        for label, said in (
            ("Name of the unit in the books", "HFERN"),
            ("What you call it", "Fern hours"),
            ("How far below zero everybody may fall at first", "10"),
            ("How high everybody may rise at first", "20"),
            ("The furthest below zero that a treasurer may allow", "30"),
            ("The highest that a treasurer may allow", "60"),
            ("What one hour, or one unit, pays of a price", "12.00"),
            ("Why", "We help each other."),
            ("Of the members so many must vote, %", "50"),
        ):
            desk.get_by_label(label).fill(said)
        desk.get_by_role("button", name="Save the draft").click()
        desk.get_by_label("The vote closes at the end of").fill((timezone.localdate() + timedelta(days=3)).isoformat())
        desk.get_by_role("button", name="Open the vote").click()
        expect(desk.get_by_text("0 of 4 have voted.")).to_be_visible()
        where = desk.url.partition("/cooperatives/")[2]
        for who, choice in (("ada", "for"), ("ben", "for"), ("tom", "against"), ("eve", "for")):
            phone = open_page(f"/cooperatives/{where}", size=PHONE, member=who, javascript=who != "ben")
            phone.get_by_label(choice, exact=True).check()
            phone.get_by_role("button", name="Vote", exact=True).click()
            expect(phone.get_by_text("Your vote is kept.")).to_be_visible()
        assert not Circle.objects.exists(), "nothing is open before the votes are counted"
        desk.reload()
        desk.get_by_role("button", name="Count the votes").click()
        assert violations(desk) == []
        circle = Circle.objects.get()
        assert (circle.code, circle.floor, circle.ceiling) == ("HFERN", 600, 1_200)
        ben = open_page("/cooperatives/fern/credit/", size=PHONE, member="ben")
        ben.get_by_label("To whom").select_option(w.tom.address)
        ben.get_by_label("How much").fill("1:30")
        ben.get_by_label("What for").fill("Pruning")
        ben.get_by_role("button", name="Look at it once more").click()
        ben.get_by_role("button", name="Pay", exact=True).click()
        expect(ben.get_by_text("You owe the others")).to_be_visible()
        assert balance_of(f"{w.ben.address}/purse", "HFERN") == -90 == -balance_of(f"{w.tom.address}/purse", "HFERN")
