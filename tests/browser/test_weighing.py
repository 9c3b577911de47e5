"""A clerk at the scale, on a phone: three taps and a weight, undone, corrected; and the same without a script."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cooperatives.models import Weighing
from ledger.queries import balance_of
from tests.browser.axe import violations
from tests.browser.conftest import DESK, Opener
from tests.world import agreed, bars, beans, world

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
        page.get_by_text("Other goods, agreed price").click()
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
