"""Two journeys through the design commons: a fork whose label blocks a listing, and a joint batch from plan to lots."""

import re

import pytest
from playwright.sync_api import expect

from cooperatives.models import Lot
from market.models import Listing
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE
from tests.cooperatives.test_plans import CHEESE
from tests.cooperatives.test_recipes import recipe
from tests.market.goods import stall
from tests.world import beans, world

pytestmark = pytest.mark.browser


class TestAFork:
    def test_is_written_published_labelled_made_by_and_not_sold(self, open_page):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        recipe(oak)
        stall(w)
        beans(w, 50_000)
        page = open_page("/recipes/", size=DESK, member=w.people["ada"], javascript=False)
        page.get_by_role("link", name="Dark 72").click()
        page.get_by_role("link", name="Fork it for Fern Cooperative").click()
        page.get_by_label("Name", exact=True).fill("Feast sweet")
        page.get_by_label("It uses").first.fill("Palm sugar")
        page.get_by_label("Instead of").first.fill("Cane sugar")
        page.get_by_role("button", name="Keep the draft").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("heading", name="Feast sweet", level=1)).to_be_visible()
        expect(page.get_by_role("link", name=re.compile("Dark 72.*Oak Mill"))).to_be_visible()
        page.get_by_label("Label", exact=True).select_option("TK-NC")
        page.get_by_label("In your community's words").fill("Made for feasts, never sold.")
        page.get_by_role("button", name="Set the label").click()
        expect(page.get_by_text("Made for feasts, never sold.")).to_be_visible()

        page.goto(page.url.replace("/recipes/feast-sweet/", "/cooperatives/fern/making/"))
        page.get_by_label("What is made").fill("Feast sweet")
        page.get_by_label("By the recipe").select_option("feast-sweet")
        page.get_by_role("button", name="Start making").click()
        page.get_by_label("How much").first.fill("50")
        page.get_by_role("button", name="Put it in").click()
        expect(page.get_by_label("Goods").first).to_have_value("Chocolate")
        page.get_by_label("What is missing of the weight").select_option("nature/air")
        page.get_by_role("button", name="Finish").click()
        assert Lot.objects.get(goods="Chocolate").process is not None

        page.goto(re.sub(r"/cooperatives/.*", "/stall/fern/listings/", page.url))
        page.get_by_role("link", name=re.compile("Offer it.*Chocolate")).click()
        page.get_by_label("Price of one piece").fill("6.00")
        page.get_by_label("VAT in percent").fill("5.5")
        page.get_by_label("Net quantity", exact=False).first.fill("100")
        page.get_by_label("None of the fourteen").check()
        page.get_by_role("button", name="Save; publish it next").click()
        expect(page.get_by_text("TK Non-Commercial").first).to_be_visible()
        expect(page.get_by_text("Made for feasts, never sold.").first).to_be_visible()
        assert not Listing.objects.exists()


class TestAJointBatch:
    def test_goes_from_plan_to_labelled_lots_on_a_phone(self, open_page):
        w = world()
        recipe(w, **CHEESE)
        beans(w, 50_000)
        page = open_page("/cooperatives/fern/making/", size=PHONE, member=w.people["tom"])
        page.get_by_role("link", name="Plan a batch").click()
        page.get_by_label("How much is wanted").fill("5")
        page.get_by_role("button", name="Work it out").click()
        expect(page.get_by_text("50 kg").first).to_be_visible()
        page.get_by_role("button", name="Start making").click()
        page.get_by_label("How much").first.fill("50")
        page.get_by_role("button", name="Put it in").click()
        expect(page.get_by_role("group", name="Lot 1").get_by_label("How much")).to_have_value("5")
        expect(page.get_by_role("group", name="Lot 2").get_by_label("How much")).to_have_value("42.5")
        page.get_by_role("group", name="Lot 1").get_by_label("How much").fill("3")
        page.get_by_label("What is missing of the weight").select_option("nature/air")
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_text("Less than expected").first).to_be_visible()
        assert set(Lot.objects.exclude(process=None).values_list("goods", flat=True)) == {"Cheese", "Whey", "Rind"}
        page.locator("main .lines").get_by_role("link", name="Cheese", exact=True).click()
        page.get_by_role("link", name="Print labels").click()
        expect(page.locator("svg.qr").first).to_be_visible()
        assert violations(page) == []
