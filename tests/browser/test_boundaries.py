"""A steward brings the outline of a place; what was local to one region is local to another from that day on."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cooperatives.services.people import declare_place
from market.services.settlements import divide_period
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE, Opener
from tests.market.goods import bought, on_shelf, stall
from tests.world import agreed, world

pytestmark = pytest.mark.browser

RING = [[-1.7, 6.6], [-1.5, 6.6], [-1.5, 6.8], [-1.7, 6.8], [-1.7, 6.6]]


def stays_in(page: Page, place: str) -> str:
    """How much the books say stays inside a place, and what part of the price that is: from the first row of where
    money ends."""
    page.goto(f"/books/?place={place}")
    row = page.get_by_role("table").filter(has_text=re.compile("Stays")).first.get_by_role("row").nth(1)
    return " ".join(row.inner_text().split()[-2:])


class TestBoundaries:
    def test_a_file_moves_a_town_and_with_it_what_is_local(self, open_page: Opener) -> None:
        w = world()
        agreed(w)
        stall(w)
        bought(w, on_shelf(w), 10)
        divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
        declare_place(path="gh/bono", name="Bono", at=w.at)
        page = open_page("/cooperatives/fern/public-page/", size=DESK, member="ada")
        before = stays_in(page, "gh/ashanti")
        nothing = stays_in(page, "gh/bono")
        assert before != nothing

        page.goto("/cooperatives/fern/public-page/")
        page.get_by_role("link", name="Boundaries of places").click()
        since = (timezone.localdate() - timedelta(days=1)).isoformat()
        said = {"path": "gh/ashanti/kumasi", "inside": "gh/bono", "since": since}
        feature = {"type": "Feature", "properties": said, "geometry": {"type": "Polygon", "coordinates": [RING]}}
        file = {
            "name": "kumasi.geojson", "mimeType": "application/geo+json",
            "buffer": json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(),
        }  # fmt: skip
        page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]
        page.get_by_role("button", name="Send the file").click()
        expect(page.get_by_text("Nothing is wrong. Send it once more")).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("Kumasi.*Bono.*a new boundary"))).to_be_visible()
        assert violations(page) == []
        assert stays_in(page, "gh/ashanti") == before, "a look changes nothing"

        page.goto("/cooperatives/fern/places/")
        page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]
        page.get_by_label("Only look").uncheck()
        page.get_by_role("button", name="Send the file").click()
        expect(page.get_by_text("Nothing is wrong. Send it once more")).to_have_count(0)
        assert stays_in(page, "gh/bono") == before
        assert stays_in(page, "gh/ashanti") == nothing

        phone = open_page("/places/gh/ashanti/kumasi/", size=PHONE)
        expect(phone.get_by_role("img", name=re.compile("Outline of Kumasi"))).to_be_visible()
        expect(phone.get_by_role("link", name="Bono").first).to_be_visible()
        assert violations(phone) == []
