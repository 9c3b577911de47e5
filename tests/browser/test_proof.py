"""A page checks its own record in a real browser: against the signed log, and against what this device saw before."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ledger import queries
from ledger.services.journal import record_entry
from ledger.services.log import publish_checkpoint
from tests.browser.conftest import Opener
from tests.ledger.conftest import AT, LOT, declare

pytestmark = pytest.mark.browser

FIRST = "Checked on this device: this record stands in the signed log."
AGAIN = "the log still holds all that this device saw before"
NOT_CHECKED = "This page has not checked itself on this device."
DISAGREES = "This record does not agree with the signed log."
PAST = "The log is not the one that this device saw before."


def deliver(number: int) -> None:
    record_entry(key=f"phone/{number}", action="transfer", purpose="delivery", at=AT, by=["members/ada"],
                 flows=[("members/ben/harvest", LOT, "g", number)])  # fmt: skip


@pytest.fixture
def address(own_database: str) -> str:
    """The page of an entry in a published log."""
    declare()
    deliver(1)
    publish_checkpoint()
    return f"/entries/{queries.latest_entries(1)[0].id}/"


class TestEntryPage:
    def test_checks_itself_and_remembers_the_log(self, open_page: Opener, address: str) -> None:
        page = open_page(address)
        expect(page.get_by_text(FIRST)).to_be_visible()
        for number in range(2, 9):
            deliver(number)
            publish_checkpoint()
            page.reload()
            expect(page.get_by_text(AGAIN)).to_be_visible()
        expect(page.get_by_text(NOT_CHECKED)).to_be_hidden()

    def test_without_scripts_says_that_it_is_not_checked(self, open_page: Opener, address: str) -> None:
        page = open_page(address, javascript=False)
        expect(page.get_by_text(NOT_CHECKED)).to_be_visible()
        expect(page.get_by_text(FIRST)).to_be_hidden()

    @pytest.mark.parametrize("part", ["text", "index", "tile"])
    def test_finds_a_record_that_is_another(self, open_page: Opener, address: str, own_log: Path, part: str) -> None:
        page = open_page("/log/")
        if part == "tile":
            tile = own_log / f"tile/0/000.p/{queries.log_size()}"
            tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
        else:
            change = {"text": ('data-text="{', 'data-text="{ '), "index": ('data-index="', 'data-index="1')}[part]
            page.route(f"**{address}", lambda route: route.fulfill(
                response=(answer := route.fetch()), body=answer.text().replace(*change)))  # fmt: skip
        page.goto(address)
        expect(page.get_by_text(DISAGREES)).to_be_visible()

    def test_finds_another_past_though_it_is_signed(self, open_page: Opener, address: str) -> None:
        page = open_page(address)
        expect(page.get_by_text(FIRST)).to_be_visible()
        root = page.evaluate("JSON.parse(localStorage['rennet-log']).root")
        page.evaluate("""() => { const kept = JSON.parse(localStorage["rennet-log"]);
            kept.root = btoa("another past, 32 bytes of hash...".slice(0, 32));
            localStorage["rennet-log"] = JSON.stringify(kept); }""")
        deliver(2)
        publish_checkpoint()
        page.reload()
        expect(page.get_by_text(PAST)).to_be_visible()
        assert page.evaluate("JSON.parse(localStorage['rennet-log']).root") != root  # what it remembers is kept

    def test_finds_another_key(self, open_page: Opener, address: str) -> None:
        page = open_page(address)
        expect(page.get_by_text(FIRST)).to_be_visible()
        page.evaluate("""() => { const kept = JSON.parse(localStorage["rennet-log"]);
            localStorage["rennet-log"] = JSON.stringify({ ...kept, key: "another" }); }""")
        page.reload()
        expect(page.get_by_text(PAST)).to_be_visible()
