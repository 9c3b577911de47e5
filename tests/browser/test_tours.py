"""Three tours, each walked by clicking, from the home page to a page that one would show a friend."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from market.services.settlements import divide_period
from tests.browser.conftest import PHONE, Opener
from tests.market.goods import bought, on_shelf, stall
from tests.world import agreed, world

pytestmark = pytest.mark.browser
MOST_CLICKS = 10


@pytest.fixture
def fern(own_database: str) -> dict[str, object]:
    """Fern with a lot on the shelf, some of it sold and divided. Its books are open, as in the demo."""
    w = world()
    agreed(w)
    stall(w)
    bought(w, on_shelf(w), 3)
    divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
    return w.people


def clicker() -> Callable[[Locator], None]:
    clicks = 0

    def click(what: Locator) -> None:
        nonlocal clicks
        clicks += 1
        assert clicks <= MOST_CLICKS
        what.click()

    return click


def way_on(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Tour").get_by_role("link", name=re.compile("^Next: "))


def test_a_buyer_ends_at_everyone_behind_the_lot(fern: dict[str, object], open_page: Opener) -> None:
    page, click = open_page("/", size=PHONE, javascript=False), clicker()
    click(page.get_by_role("link", name=re.compile("^Take the tour.*I want to buy$")))
    click(way_on(page))
    click(page.get_by_role("button", name="Add to cart"))
    click(page.get_by_role("link", name="Go on to your details"))
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("E-mail address").fill("cleo@rennet.example")
    click(page.get_by_role("button", name="Order with obligation to pay"))
    expect(page.get_by_role("heading", name="Cleo, your order is placed")).to_be_visible()
    click(way_on(page))
    expect(page.get_by_role("heading", name=re.compile("^Who is in "))).to_be_visible()
    expect(page.get_by_text("This is the page to show a friend.")).to_be_visible()
    expect(way_on(page)).to_have_count(0)


def test_a_cooperative_ends_at_its_price(fern: dict[str, object], open_page: Opener) -> None:
    page, click = open_page("/", size=PHONE, member=fern["ada"]), clicker()
    click(page.get_by_role("link", name=re.compile("^Take the tour.*We make and sell$")))
    for _ in range(4):
        click(way_on(page))
    expect(page.get_by_role("heading", name="Where €6.00 goes")).to_be_visible()
    expect(page.get_by_text("This is the page to show a friend.")).to_be_visible()


def test_a_member_ends_at_the_passbook(fern: dict[str, object], open_page: Opener) -> None:
    page, click = open_page("/", size=PHONE, member=fern["ben"]), clicker()
    click(page.get_by_role("link", name=re.compile("^Take the tour.*I am a member$")))
    for _ in range(3):
        click(way_on(page))
    expect(page.get_by_role("heading", name="Ben’s passbook")).to_be_visible()
    click(page.get_by_role("link", name="End of the tour"))
    expect(page.get_by_role("complementary", name="Tour")).to_have_count(0)
