"""An order cycle from its opening to the last cent: a steward opens it, a guest orders on a phone, it closes, its goods
are packed and handed over by their code, it is divided by itself, and a member sees what arrived."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledger.queries import balance_of
from market.models import Cycle, Order
from market.rules.words import bank_reference
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE
from tests.market.goods import bought, on_shelf, stall
from tests.world import agreed, world

pytestmark = pytest.mark.browser


class TestAnOrderCycle:
    def test_from_its_opening_to_the_last_cent(self, open_page):
        w = world()
        agreed(w)
        stall(w)
        listing = on_shelf(w)
        bought(w, listing, 5)  # before there were cycles; it is divided by period, and waits here
        steward = open_page("/stall/fern/cycles/", size=DESK, member=w.people["ada"])
        steward.get_by_label("Name").fill("Bars of week 48")
        steward.get_by_label("What buyers should know").fill("17 to 19 h")
        assert violations(steward) == []
        steward.get_by_role("button", name="Open it", exact=True).click()
        expect(steward.get_by_text("Takes orders")).to_be_visible()

        guest = open_page("/shop/", size=PHONE, javascript=False)
        guest.get_by_role("link", name="Dark 72", exact=True).click()
        expect(guest.get_by_text("Orders until")).to_be_visible()
        guest.get_by_label("How many").fill("2")
        guest.get_by_role("button", name="Add to cart").click()
        guest.get_by_role("link", name="Go on to your details").click()
        expect(guest.get_by_text("17 to 19 h")).to_be_visible()
        guest.get_by_label("Your name").fill("Cleo")
        guest.get_by_label("E-mail address").fill("cleo@rennet.example")
        guest.get_by_role("button", name="Order with obligation to pay").click()
        expect(guest.get_by_role("heading", name="Cleo, your order is placed")).to_be_visible()
        expect(guest.get_by_text("17 to 19 h")).to_be_visible()

        steward.reload()
        steward.get_by_role("button", name="Close it now").click()
        expect(steward.get_by_text("Whoever ordered before is in it.")).to_be_visible()
        assert violations(steward) == []
        late = open_page(f"/shop/{listing.pk}/", size=PHONE)
        expect(late.get_by_text("Orders were taken until")).to_be_visible()
        expect(late.get_by_role("button", name="Add to cart")).to_have_count(0)
        assert violations(late) == []

        order = Order.objects.get(buyer="Cleo", state="placed")
        clerk = open_page("/stall/fern/cycles/fern-1/", size=PHONE, member=w.people["tom"])
        clerk.get_by_role("button", name="Write that the goods are ready").click()
        expect(clerk.get_by_text("One letter is written.")).to_be_visible()
        clerk.get_by_role("link", name="Pack and hand over").click()
        expect(clerk.get_by_role("heading", name="By goods")).to_be_visible()
        assert violations(clerk) == []
        clerk.get_by_label("Code of an order").fill(bank_reference(order.name))
        clerk.keyboard.press("Enter")  # a scanner types, and presses it
        clerk.get_by_role("button", name="Cash received, goods handed over").click()
        expect(clerk.get_by_text(f"Order {order.word} is paid.")).to_be_visible()

        before = balance_of(f"{w.ben.address}/purse", "EUR@coops/fern")
        steward.reload()
        steward.get_by_role("button", name="Divide this cycle").click()
        expect(steward.get_by_text("One lot is divided.")).to_be_visible()
        gained = balance_of(f"{w.ben.address}/purse", "EUR@coops/fern") - before
        division = Cycle.objects.get().divisions.get()
        assert gained == division.parts["parts"][f"{w.ben.address}/purse"] > 0
        assert division.amount == 1089 and balance_of(listing.earned_path, "EUR@coops/fern")  # the period's waits on

        ben = open_page("/passbook/", size=PHONE, member=w.people["ben"])
        expect(ben.get_by_text(f"{gained / 100:.2f}").first).to_be_visible()
        steward.goto("/stall/fern/settlement/")
        expect(steward.get_by_text("in the order cycle “Bars of week 48”")).to_be_visible()

        steward.goto("/stall/fern/cycles/fern-1/")
        steward.get_by_role("button", name="Open it again").click()
        expect(steward.get_by_text("“Bars of week 48” is planned again. Look at its dates.")).to_be_visible()
        assert Cycle.objects.count() == 2 and Cycle.objects.first().opens_at > timezone.now()
