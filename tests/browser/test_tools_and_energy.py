"""Tools and energy at the machine: kept on a phone without a network, sent once through a cut reply, taken back."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from cooperatives.queries.tools import tools_of
from cooperatives.services.making import start_process
from cooperatives.services.tools import add_tool
from ledger.queries import balance_of, entries_touching
from tests.browser.axe import violations
from tests.browser.conftest import Opener
from tests.browser.kept import wait_until_kept
from tests.world import World, world

pytestmark = pytest.mark.browser

ROAST = "coops/fern/processes/roast-1"
USE = "**/api/1/cooperatives/fern/contributions/use"


@pytest.fixture
def w(own_database: str) -> World:
    """Fern, with a roast under way and a roaster."""
    w = world()
    start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    add_tool(by=w.ada, cooperative=w.fern, name="Roaster", at=w.later())
    return w


@pytest.fixture
def machine(w: World, open_page: Opener) -> Page:
    """Ben's phone at the machine, enrolled, its pages kept, with a clock that the test winds on."""
    page = open_page("/weigh/fern/uses/", member="ben")
    page.clock.install()
    page.reload()
    return wait_until_kept(page, "/weigh/fern/uses/", "/weigh/fern/hours/")


def enter(page: Page, what: str, **typed: str) -> None:
    page.get_by_label("Tool or energy").select_option(label=what)
    for label, text in typed.items():
        page.get_by_label(label.replace("_", " "), exact=label in {"Hours", "Minutes"}).fill(text)
    page.get_by_role("button", name="Record").click()


class TestAtTheMachine:
    def test_is_kept_without_a_network_and_counts_once_through_a_cut_reply(self, machine: Page) -> None:
        machine.context.set_offline(True)
        machine.reload()  # the page opens without a network
        machine.locator("[data-ready=yes]").wait_for()
        enter(machine, "Roaster", Hours="1", Minutes="30")
        enter(machine, "made here: sun", How_much="1.5")
        kept = machine.locator("[data-kept] tr")
        expect(kept).to_have_count(2)
        expect(kept.first).to_contain_text("1.5 kWh")
        expect(kept.first).to_contain_text("waiting")
        expect(kept.last).to_contain_text("1 h 30 min")
        assert violations(machine) == []
        assert entries_touching([ROAST]) == []
        cut = {"left": 2}

        def lose(route: Route) -> None:
            if cut["left"]:
                cut["left"] -= 1
                route.fetch()  # the server has it, the phone never hears of it
                route.abort()
            else:
                route.continue_()

        machine.context.route(USE, lose)
        machine.context.set_offline(False)
        machine.clock.fast_forward(11_000)
        for _ in range(3):
            machine.wait_for_timeout(1000)
            machine.clock.fast_forward(16_000)
        expect(machine.locator("[data-rows] tr")).to_have_count(2, timeout=40_000)
        expect(machine.locator("[data-kept] tr")).to_have_count(0)
        assert cut["left"] == 0
        assert (balance_of(ROAST, "use.min"), balance_of(ROAST, "Wh")) == (90, 1500)
        assert len(entries_touching([ROAST])) == 2

    def test_a_slip_is_taken_back_within_ten_seconds(self, machine: Page) -> None:
        enter(machine, "unknown", How_much="3")
        expect(machine.locator("[data-undo]")).to_contain_text("3 kWh")
        machine.locator("[data-undo] button").click()
        expect(machine.locator("[data-kept] tr")).to_have_count(0)
        machine.clock.fast_forward(15_000)
        assert entries_touching([ROAST]) == []

    def test_a_tool_is_named_without_a_network(self, machine: Page, w: World) -> None:
        machine.context.set_offline(True)
        enter(machine, "Another tool", Minutes="20")
        expect(machine.locator("[data-kept] tr")).to_have_count(0)  # what is it called?
        enter(machine, "Another tool", Name_of_the_tool="Drum mill", Minutes="20")
        expect(machine.locator("[data-kept] tr")).to_contain_text("Drum mill")
        enter(machine, "Another tool", Minutes="15")  # the name stands there still
        expect(machine.locator("[data-kept] tr")).to_have_count(2)
        machine.locator("[data-kept] tr").first.get_by_role("button", name="Mend").click()
        expect(machine.get_by_label("Name of the tool")).to_have_value("Drum mill")
        expect(machine.get_by_label("Minutes", exact=True)).to_have_value("15")
        enter(machine, "Another tool", Minutes="25")
        assert violations(machine) == []
        machine.context.set_offline(False)
        machine.clock.fast_forward(30_000)
        expect(machine.locator("[data-rows] tr")).to_have_count(2, timeout=40_000)
        assert [tool.name for tool in tools_of(w.fern)] == ["Drum mill", "Roaster"]
        assert balance_of(ROAST, "use.min") == 45

    def test_only_what_belongs_to_it_is_asked_for(self, machine: Page) -> None:
        for what, shown in (
            ("Roaster", "Hours"),
            ("Another tool", "Name of the tool"),
            ("bought", "Bought from"),
            ("stored: from our battery", "How much, kWh"),
        ):
            machine.get_by_label("Tool or energy").select_option(label=what)
            expect(machine.get_by_label(shown, exact=True)).to_be_visible()
            is_tool = what in {"Roaster", "Another tool"}
            expect(machine.get_by_label("Minutes", exact=True)).to_be_visible(visible=is_tool)
            expect(machine.get_by_label("Bought from", exact=True)).to_be_visible(visible=what == "bought")
            expect(machine.get_by_label("Name of the tool")).to_be_visible(visible=what == "Another tool")
        assert re.search("uses", machine.url)
