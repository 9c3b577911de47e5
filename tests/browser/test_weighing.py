"""A clerk at the scale, on a phone: three taps and a weight, undone, corrected; and the same without a script."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cooperatives.models import Weighing
from cooperatives.services.people import admit_member
from ledger.queries import balance_of
from tests.browser.axe import violations
from tests.browser.conftest import DESK, Opener
from tests.browser.kept import wait_until_kept
from tests.world import World, agreed, bars, beans, world

pytestmark = pytest.mark.browser

LOT = "coops/fern/lots/wet-beans-1@hubs/fern"


def weigh(page: Page, gross: str) -> None:
    page.get_by_label("On the scale").fill(gross)
    page.get_by_role("button", name=re.compile("^Record")).click()


class TestWeighing:
    def test_records_with_a_weight_and_a_tap_once_it_remembers(self, open_page: Opener) -> None:
        w = world()
        page = open_page("/weigh/", member="tom")
        page.get_by_label("Member").select_option(label="Ben")
        page.get_by_label("Goods, lot").select_option("new")
        page.get_by_text("Other goods, grade, agreed price").click()
        page.get_by_label("New goods").fill("Wet beans")
        page.get_by_label("Tare").fill("1.8")
        page.clock.install()
        weigh(page, "18.1")
        expect(page.locator("[data-kept] tr").last).to_be_visible()
        page.clock.fast_forward(11_000)
        expect(page.get_by_text("1 record, 16.3 kg")).to_be_visible()
        weigh(page, "11.8")
        expect(page.locator("[data-kept] tr").last).to_be_visible()
        page.clock.fast_forward(11_000)
        expect(page.get_by_text("2 records, 26.3 kg")).to_be_visible()
        assert [weighing.lot.goods for weighing in Weighing.objects.all()] == ["Wet beans", "Wet beans"]
        lot = Weighing.objects.all()[0].lot
        assert balance_of(f"coops/fern/lots/{lot.code}@hubs/fern", "g") == 26_300
        assert {weighing.giver for weighing in Weighing.objects.all()} == {w.ben}

    def test_shows_the_net_while_it_is_typed(self, open_page: Opener) -> None:
        world()
        page = open_page("/weigh/fern/", member="tom")
        page.get_by_label("Tare").fill("1.8")
        for digit in "18":
            page.get_by_role("button", name=digit, exact=True).click()
        expect(page.locator("[data-net]")).to_have_text("16.2 kg")

    def test_works_without_a_script(self, open_page: Opener) -> None:
        w = world()
        beans(w, 1_000)
        page = open_page("/weigh/fern/", member="ada", javascript=False)
        weigh(page, "2.5")
        assert balance_of(LOT, "g") == 3_500
        page.get_by_role("button", name="Undo").click()
        assert "Both entries stay in the books." in page.content()
        assert balance_of(LOT, "g") == 1_000
        weigh(page, "2.5")
        page.get_by_role("link", name=re.compile("^Correct")).first.click()
        page.get_by_label("What it should say, net").fill("2.4")
        page.get_by_label("Why").fill("The crate was on it")
        page.get_by_role("button", name="Correct").click()
        assert "The crate was on it" in page.content()
        assert balance_of(LOT, "g") == 3_400


class TestManyMembers:
    """Where they are too many for a list: the last ones at a tap, everybody by a few letters."""

    @pytest.fixture
    def w(self, own_database: str) -> World:
        w = world()
        for number in range(10, 30):
            name = "Émile Kouassi" if number == 17 else f"Farmer {number}"
            admit_member(cooperative=w.fern, name=name, number=f"F{number}", at=w.later(), by=w.ada)
        beans(w, 1_000)
        return w

    def test_three_taps_and_the_weight_also_without_a_network(self, w: World, open_page: Opener) -> None:
        page = open_page("/weigh/fern/", member="tom")
        wait_until_kept(page, "/weigh/fern/", "/weigh/fern/givers.json")
        page.context.set_offline(True)
        page.reload()
        page.locator("[data-ready=yes]").wait_for()
        who = page.get_by_role("textbox", name="Member")
        who.click()
        page.keyboard.type("emile")
        expect(page.locator("[data-found] button")).to_have_count(1)
        assert violations(page) == []
        page.locator("[data-found] button").click()
        expect(page.get_by_label("On the scale")).to_be_focused()
        page.keyboard.type("18.1")
        page.clock.install()
        page.get_by_role("button", name=re.compile("^Record 18.1 kg for Émile Kouassi, F17")).click()
        expect(page.locator("[data-kept] tr").last).to_contain_text("F17")
        page.context.set_offline(False)
        page.clock.fast_forward(31_000)
        expect(page.get_by_text("1 record, 18.1 kg")).to_be_visible()
        assert Weighing.objects.latest("pk").giver.number == "F17"

    def test_who_came_last_is_a_tap_away(self, w: World, open_page: Opener) -> None:
        page = open_page("/weigh/fern/", member="ada")
        page.get_by_role("textbox", name="Member").fill("f2")
        expect(page.locator("[data-found] button")).to_have_count(6)
        page.get_by_role("textbox", name="Member").fill("")
        page.locator("[data-found] button").get_by_text("Ben").click()
        page.get_by_label("On the scale").fill("2")
        expect(page.locator("[data-says]")).to_have_text("2 kg for Ben")

    def test_asks_who_it_was_before_it_keeps_anything(self, w: World, open_page: Opener) -> None:
        page = open_page("/weigh/fern/", member="tom")
        page.locator("[data-ready=yes]").wait_for()
        page.get_by_role("textbox", name="Member").fill("F2")
        weigh(page, "2.5")
        expect(page.locator("[data-kept] tr")).to_have_count(0)
        assert Weighing.objects.count() == 1

    def test_without_a_script_words_are_enough(self, w: World, open_page: Opener) -> None:
        page = open_page("/weigh/fern/", member="tom", javascript=False)
        page.get_by_label("Member").fill("f2")
        weigh(page, "2.5")
        page.get_by_label("Member").select_option(label="Farmer 22, F22")
        weigh(page, "2.5")
        assert Weighing.objects.latest("pk").giver.number == "F22"


class TestCooperativePages:
    def test_break_no_rule_of_accessibility(self, open_page: Opener) -> None:
        w = world()
        lot = bars(w)
        agreed(w)
        for path in (
            "/cooperatives/", "/cooperatives/fern/", "/cooperatives/fern/agreement/", "/cooperatives/fern/members/",
            "/cooperatives/fern/making/", "/cooperatives/fern/making/roast-1/", f"/lots/fern/{lot.code}/",
            "/weigh/fern/",
            f"/weigh/fern/{Weighing.objects.get().pk}/", f"/passbook/fern/{w.ben.random_name}/", "/cooperatives/found/",
        ):  # fmt: skip
            for size in (None, DESK):
                page = open_page(path, member="ada", **({"size": size} if size else {}))
                if folder := os.environ.get("PICTURES"):
                    name = path.strip("/").replace("/", "-").replace(w.ben.random_name, "ben")
                    page.screenshot(path=Path(folder) / f"{name}-{'desk' if size else 'phone'}.png", full_page=True)
                assert violations(page) == [], path
