"""Pages drawn from many entries (a statement, a passbook, a lot) check themselves in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ledger import queries
from ledger.services.log import publish_checkpoint
from tests.browser.conftest import Opener
from tests.browser.test_proof import DISAGREES, NOT_CHECKED, PAST, deliver
from tests.conftest import _owner as as_owner
from tests.ledger.conftest import LOT, declare
from tests.market.goods import on_shelf, stall
from tests.world import agreed, beans, world

pytestmark = pytest.mark.browser

STATEMENT = f"/accounts/{LOT}/"
WRONG = "An entry behind this page does not agree with the signed log."
AGAIN = "And the log still holds all that this device saw before."


def all_of(page: Page, count: int) -> None:
    said = f"Checked on this device: all {count} entries behind this page stand in the signed log."
    expect(page.locator("[data-state]:visible", has_text=said)).to_have_count(1)


@pytest.fixture
def statement(own_database: str) -> str:
    """The statement of an account that three entries changed, in a published log."""
    declare()
    for number in range(1, 4):
        deliver(number)
    publish_checkpoint()
    return STATEMENT


class TestStatement:
    def test_checks_all_its_entries_and_remembers_the_log(self, open_page: Opener, statement: str) -> None:
        page = open_page(statement)
        all_of(page, 3)
        deliver(4)
        publish_checkpoint()
        page.reload()
        all_of(page, 4)
        expect(page.get_by_text(AGAIN)).to_be_visible()
        expect(page.get_by_text(NOT_CHECKED)).to_be_hidden()

    def test_says_what_is_too_new_to_be_sealed(self, open_page: Opener, statement: str) -> None:
        deliver(4)
        page = open_page(statement)
        all_of(page, 3)
        expect(page.get_by_text("1 entry is so new that it is not sealed yet")).to_be_visible()

    def test_without_scripts_says_that_it_is_not_checked(self, open_page: Opener, statement: str) -> None:
        expect(open_page(statement, javascript=False).get_by_text(NOT_CHECKED)).to_be_visible()

    def test_marks_the_entry_that_was_changed_behind_our_back(
        self, open_page: Opener, own_database: str, statement: str
    ) -> None:
        place = queries.log_size() - 2  # the second of three deliveries
        with as_owner(own_database) as link:
            link.execute("ALTER TABLE ledger_leaf DISABLE TRIGGER USER")
            link.execute("UPDATE ledger_leaf SET text = replace(text, '\"2\"', '\"9\"') WHERE index = %s", [place])
        page = open_page(statement)
        expect(page.get_by_text(WRONG)).to_be_visible()
        expect(page.locator(f"[data-index='{place}']")).to_have_text(f"✗ {place}")
        expect(page.locator("[data-index]", has_text="✗")).to_have_count(1)

    def test_finds_another_past_though_it_is_signed(self, open_page: Opener, statement: str) -> None:
        page = open_page(statement)
        all_of(page, 3)
        page.evaluate("""() => { const kept = JSON.parse(localStorage["rennet-log"]);
            kept.root = btoa("another past, 32 bytes of hash...".slice(0, 32));
            localStorage["rennet-log"] = JSON.stringify(kept); }""")
        page.reload()
        expect(page.get_by_text(PAST)).to_be_visible()
        expect(page.get_by_text(DISAGREES)).to_be_hidden()


class TestPagesOfACooperative:
    def test_check_themselves(self, open_page: Opener, own_database: str) -> None:
        w = world()
        lot = beans(w, 900, code="wet-9")
        publish_checkpoint()
        for path, member in (
            (f"/lots/fern/{lot.code}/", w.people["ada"]),
            ("/passbook/", w.people["ben"]),
        ):
            page = open_page(path, member=member)
            expect(page.locator("[data-checked=first]")).to_have_count(1)

    def test_of_a_lot_for_sale_do_so_for_strangers(self, open_page: Opener, own_database: str, settings: Any) -> None:
        settings.OPEN_BOOKS = False
        w = world()
        agreed(w)
        stall(w)
        page_of = f"/shop/{on_shelf(w).pk}/"
        publish_checkpoint()
        page = open_page(page_of)
        expect(page.locator("[data-checked=first]")).to_have_count(1)
        expect(page.locator("a[data-index]")).to_have_count(0)
