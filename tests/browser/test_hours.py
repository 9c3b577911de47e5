"""The timer: started and stopped on a phone without a network, kept, sent, and counted once."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from cooperatives.services.making import start_process
from cooperatives.services.people import admit_member
from ledger.queries import balance_of, entries_touching
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.kept import wait_until_kept
from tests.world import World, world

pytestmark = pytest.mark.browser

ROASTING = "coops/fern/processes/roast-1"
WORK = "**/api/1/cooperatives/fern/contributions/work"


@pytest.fixture
def w(own_database: str) -> World:
    """Fern, with a roast under way."""
    w = world()
    start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    return w


@pytest.fixture
def timer(w: World, open_page: Opener) -> Page:
    """Ben's phone at the timer, enrolled, its pages kept, with a clock that the test winds on."""
    page = open_page("/weigh/fern/hours/", member="ben")
    page.clock.install()
    page.reload()
    return wait_until_kept(page, "/weigh/fern/hours/", "/weigh/fern/")


def start(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile("^Since .*: Roast, roast-1"))).to_be_visible()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop and record").click()
    expect(page.locator("[data-kept] tr").first).to_be_visible()


def recorded() -> list[int]:
    """The minutes of each entry of work in the roast."""
    return [flow.quantity for entry in entries_touching([ROASTING]) for flow in entry.flows if flow.unit == "min"]


def expect_sent(page: Page, said: str) -> None:
    page.clock.fast_forward(11_000)
    expect(page.locator("[data-rows] tr").first).to_contain_text(said, timeout=40_000)
    expect(page.locator("[data-kept] tr")).to_have_count(0)


class TestTimer:
    def test_outlives_the_network_and_the_page_and_counts_once(self, timer: Page, w: World) -> None:
        timer.context.set_offline(True)
        start(timer)
        timer.clock.fast_forward("01:00:00")
        timer.reload()  # the page is closed, the time runs on
        timer.clock.fast_forward("00:30:00")
        expect(timer.locator("[data-clock]")).to_have_text(re.compile(r"^1:30:\d\d$"))
        stop(timer)
        expect(timer.locator("[data-kept] tr")).to_contain_text("1 h 30 min")
        expect(timer.locator("[data-kept] tr")).to_contain_text("waiting")
        expect(timer.get_by_role("button", name="Start")).to_be_visible()
        assert recorded() == []
        timer.context.set_offline(False)
        expect_sent(timer, "1 h 30 min")
        assert recorded() == [90]
        (entry,) = entries_touching([ROASTING])
        assert entry.by == (w.ben.address,) and entry.key.startswith("phone/")
        assert balance_of(f"{w.ben.address}/work/share", "min") == -90

    def test_a_reply_that_is_cut_records_once(self, timer: Page) -> None:
        cut = []

        def lose(route: Route) -> None:
            cut.append(route.fetch().status)  # the server has it, the phone hears nothing
            route.abort()

        timer.route(WORK, lose, times=2)
        start(timer)
        timer.clock.fast_forward("00:10:00")
        stop(timer)
        timer.clock.fast_forward(11_000)
        expect(timer.locator("[data-kept] tr")).to_contain_text("sending")
        timer.clock.fast_forward(16_000)
        expect_sent(timer, "10 min")
        assert cut and set(cut) == {201}
        assert recorded() == [10]

    def test_stopped_on_two_pages_counts_once(self, timer: Page) -> None:
        other = timer.context.new_page()
        other.goto("/weigh/fern/hours/")
        other.locator("[data-ready=yes]").wait_for()
        timer.context.set_offline(True)
        start(timer)
        expect(other.get_by_role("button", name="Stop and record")).to_be_visible()
        timer.evaluate("Storage.prototype.removeItem = () => {}")  # put away before it could forget that it runs
        for page in (timer, other):
            page.evaluate("document.querySelector('[data-stop]').click()")
            expect(page.locator("[data-kept] tr").first).to_be_visible()
        expect(timer.locator("[data-kept] tr")).to_have_count(1)
        expect(other.get_by_role("button", name="Start")).to_be_visible()
        other.close()
        timer.context.set_offline(False)
        expect_sent(timer, "1 min")
        assert recorded() == [1]

    def test_undo_lets_it_run_on(self, timer: Page) -> None:
        start(timer)
        timer.clock.fast_forward("02:00:00")
        stop(timer)
        timer.get_by_role("button", name="Undo").click()
        expect(timer.locator("[data-kept] tr")).to_have_count(0)
        expect(timer.locator("[data-clock]")).to_have_text(re.compile(r"^2:00:\d\d$"))
        timer.clock.fast_forward("00:15:00")
        stop(timer)
        expect_sent(timer, "2 h 15 min")
        assert recorded() == [135]

    def test_thrown_away_it_is_recorded_nowhere(self, timer: Page) -> None:
        start(timer)
        timer.once("dialog", lambda dialog: dialog.accept())
        timer.get_by_role("button", name="Throw away").click()
        expect(timer.get_by_role("button", name="Start")).to_be_visible()
        timer.reload()
        expect(timer.get_by_role("button", name="Start")).to_be_visible()
        assert recorded() == []

    def test_typed_time_is_kept_too_and_mended_before_it_goes(self, timer: Page) -> None:
        timer.context.set_offline(True)
        timer.get_by_text("Type the time").click()
        timer.get_by_label("Hours").fill("3")
        timer.get_by_role("button", name="Record the hours").click()
        timer.get_by_role("button", name="Mend").click()
        timer.get_by_label("Minutes").fill("20")
        timer.get_by_role("button", name="Record the hours").click()
        expect(timer.locator("[data-kept] tr")).to_have_count(1)
        expect(timer.locator("[data-kept] tr")).to_contain_text("3 h 20 min")
        timer.context.set_offline(False)
        expect_sent(timer, "3 h 20 min")
        assert recorded() == [200]

    def test_what_the_server_refuses_says_why_also_at_the_scale(self, timer: Page, w: World) -> None:
        timer.context.set_offline(True)
        start(timer)
        stop(timer)
        w.ben.roles = ["auditor"]
        w.ben.save(update_fields=["roles"])
        timer.context.set_offline(False)
        timer.clock.fast_forward(11_000)
        expect(timer.locator("[data-kept] tr")).to_contain_text("refused", timeout=40_000)
        timer.goto("/weigh/fern/")
        said = timer.get_by_text("Something else was refused")
        expect(said).to_be_visible()
        expect(said.get_by_role("link", name="Hours")).to_be_visible()
        assert recorded() == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_has_no_faults_that_axe_finds(open_page: Opener, w: World, size: dict[str, int]) -> None:
    page = open_page("/weigh/fern/hours/", member="ben", size=size)
    page.locator("[data-ready=yes]").wait_for()
    assert violations(page) == []


def test_hours_are_typed_without_a_script(open_page: Opener, w: World) -> None:
    page = open_page("/weigh/fern/hours/", member="ben", javascript=False)
    page.get_by_label("Hours").fill("1")
    page.get_by_label("Minutes").fill("5")
    page.get_by_role("button", name="Record the hours").click()
    expect(page.locator("[data-rows] tr")).to_contain_text("1 h 5 min")
    assert recorded() == [65]


class TestOneOfMany:
    def test_is_found_by_a_few_letters_without_a_network(self, w: World, open_page: Opener) -> None:
        for number in range(10, 30):
            name = "Émile Kouassi" if number == 17 else f"Farmer {number}"
            admit_member(cooperative=w.fern, name=name, number=f"F{number}", at=w.later(), by=w.ada)
        page = open_page("/weigh/fern/hours/", member="tom")
        wait_until_kept(page, "/weigh/fern/hours/", "/weigh/fern/givers.json")
        page.context.set_offline(True)
        page.reload()
        page.locator("[data-ready=yes]").wait_for()
        who = page.get_by_role("textbox", name="Member")
        expect(who).to_have_value(re.compile("Tom"))
        who.click()
        page.keyboard.type("emile")
        expect(page.locator("[data-found] button")).to_have_count(1)
        assert violations(page) == []
        page.locator("[data-found] button").click()
        page.clock.install()
        start(page)
        page.clock.fast_forward("00:10:00")
        page.reload()
        page.locator("[data-ready=yes]").wait_for()
        expect(page.get_by_role("textbox", name="Member")).to_have_value("Émile Kouassi, F17")
        stop(page)
        expect(page.locator("[data-kept] tr")).to_contain_text("Émile Kouassi")
        page.context.set_offline(False)
        expect_sent(page, "10 min")
        emile = w.fern.memberships.get(number="F17")
        assert balance_of(f"{emile.address}/work/share", "min") == -10
