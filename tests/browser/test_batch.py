"""A batch on a phone: beans, a tool and energy go in, nibs come out, and their lot tells of it; and one that fails."""

import pytest
from playwright.sync_api import Page, expect

from ledger.queries import balance_of, entries_touching
from tests.browser.axe import violations
from tests.browser.conftest import Opener
from tests.world import World, beans, world

pytestmark = pytest.mark.browser

ROASTING = "coops/fern/processes/roast-1"


@pytest.fixture
def w(own_database: str) -> World:
    w = world()
    beans(w, 50_000)
    return w


@pytest.fixture
def roast(w: World, open_page: Opener) -> Page:
    """Ben has begun to roast, and put all of the beans in."""
    page = open_page("/cooperatives/fern/making/", member="ben")
    page.get_by_label("What is made").fill("Roast")
    page.get_by_role("button", name="Start making").click()
    page.get_by_label("How much", exact=True).first.fill("50")
    page.get_by_role("button", name="Put it in").click()
    expect(page.get_by_text("lot wet-beans-1")).to_be_visible()
    return page


def test_tool_and_energy_are_in_the_lot(roast: Page) -> None:
    tool = roast.locator("details", has_text="Use of a tool")
    tool.locator("summary").click()
    tool.get_by_label("Another tool").fill("Drum roaster")
    tool.get_by_label("Hours").fill("1")
    tool.get_by_label("Minutes").fill("30")
    tool.get_by_role("button", name="Record the use").click()
    expect(roast.get_by_text("use of: drum roaster")).to_be_visible()
    for source, amount in (("made here: sun", "6.5"), ("bought", "1.5")):
        energy = roast.locator("details", has_text="Where from")
        energy.locator("summary").click()
        energy.get_by_label("Where from").select_option(label=source)
        energy.get_by_label("How much, kWh").fill(amount)
        energy.get_by_label("Bought from").fill("Kumasi Grid" if source == "bought" else "")
        energy.get_by_role("button", name="Record the energy").click()
        expect(roast.get_by_role("cell", name=f"{amount} kWh")).to_be_visible()
    assert violations(roast) == []
    roast.get_by_label("Goods").first.fill("Nibs")
    finish = roast.locator("form", has_text="Finish: what came out")
    finish.get_by_label("How much").first.fill("40")
    finish.get_by_label("What is missing of the weight").select_option(label="dried, into the air")
    finish.get_by_role("button", name="Finish", exact=True).click()
    roast.get_by_role("link", name="Nibs").click()
    told = roast.locator("section", has=roast.get_by_role("heading", name="Energy and tools in the whole lot"))
    for name, amount in (
        ("Energy, made here", "6.5 kWh"), ("Energy, bought", "1.5 kWh"), ("Drum roaster", "1 h 30 min of use"),
    ):  # fmt: skip
        expect(told.locator("li", has_text=name)).to_contain_text(amount)
    units = {
        flow.unit: flow.quantity for e in entries_touching([ROASTING]) for flow in e.flows if flow.taker == ROASTING
    }
    assert units == {"g": 50_000, "use.min": 90, "Wh": 1_500}


def test_a_batch_that_failed_is_a_loss_and_says_so(roast: Page) -> None:
    finish = roast.locator("form", has_text="Finish: what came out")
    finish.get_by_label("What is missing of the weight").select_option(label="waste, to the soil")
    finish.get_by_role("button", name="Finish", exact=True).click()
    expect(roast.get_by_text("This batch failed: no lot came out of it.")).to_be_visible()
    expect(roast.locator("li", has_text="the soil")).to_contain_text("50 kg")
    assert balance_of("nature/soil/body", "g") == 50_000
    assert [entry.purpose for entry in entries_touching([ROASTING])] == ["making", "loss"]
