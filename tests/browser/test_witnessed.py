"""Pages check in a real browser what the witnesses signed, and say it in one sentence."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from ledger import queries
from ledger.services.journal import record_entry, record_owner
from ledger.services.log import publish_checkpoint
from ledger.services.witnesses import hand_over, publish_quorum
from tests.browser.conftest import Opener
from tests.ledger.conftest import AT, LOT, declare
from tests.ledger.witnesses.test_service import enrol, signed_by

pytestmark = pytest.mark.browser

CHANGED = "The list of witnesses has changed since this device looked last."
WRONG = "What the witnesses signed is not the log that is shown here."


def witnessed(*numbers: int) -> int:
    """Publish, and let these witnesses sign."""
    found = publish_checkpoint()
    assert found
    signed_by(numbers, found)
    publish_quorum()
    return found.size


@pytest.fixture
def entry(own_database: str) -> str:
    """The page of an entry in a log that three of four witnesses signed."""
    declare()
    enrol(0, 1, 2, 3)
    record_entry(key="phone/1", action="transfer", purpose="delivery", at=AT, by=["members/ada"],
                 flows=[("members/ben/harvest", LOT, "g", 1)])  # fmt: skip
    witnessed(0, 1, 3)
    return f"/entries/{queries.latest_entries(1)[0].id}/"


def spoil(page: Page, change: Any) -> None:
    def answer(route: Route) -> None:
        given = route.fetch()
        route.fulfill(response=given, json=change(given.json()))

    page.route("**/api/1/log/quorum/", answer)


class TestWitnessed:
    def test_says_how_many_signed(self, open_page: Opener, entry: str) -> None:
        size = queries.log_size()
        page = open_page(entry)
        signed = page.get_by_text(f"3 of 4 witnesses signed the log up to {size} records, and")
        expect(signed).to_be_visible()
        record_owner(owner="members/later", place=None, at=AT)
        publish_checkpoint()
        page.reload()
        expect(signed).to_be_visible()
        page.goto("/log/witnesses/")
        expect(signed).to_be_visible()
        expect(page.get_by_text(CHANGED)).to_be_hidden()

    def test_says_that_a_record_is_newer(self, open_page: Opener, entry: str) -> None:
        size = queries.log_size()
        record_owner(owner="members/later", place=None, at=AT)
        publish_checkpoint()
        page = open_page(f"/log/records/{size}/")
        expect(page.get_by_text("What is newer here they sign when they look next.")).to_be_visible()

    def test_says_that_the_witnesses_are_others(self, open_page: Opener, entry: str) -> None:
        page = open_page(entry)
        expect(page.locator("[data-state=signed]", has_text="3 of 4 witnesses")).to_be_visible()
        enrol(4)
        witnessed(0, 1, 2)
        assert hand_over(at=AT)
        witnessed(0, 1, 2, 4)
        page.reload()
        expect(page.locator("[data-state=signed]", has_text="4 of 5 witnesses")).to_be_visible()
        expect(page.get_by_text(CHANGED)).to_be_visible()

    @pytest.mark.parametrize("part", ["left out", "signature", "place"])
    def test_finds_witnesses_to_whom_nobody_handed_over(self, open_page: Opener, entry: str, part: str) -> None:
        page = open_page(entry)
        expect(page.locator("[data-state=signed]", has_text="3 of 4 witnesses")).to_be_visible()
        enrol(4)
        witnessed(0, 1, 2)
        assert hand_over(at=AT)
        witnessed(0, 1, 2, 4)
        spoilt: dict[str, Any] = {
            "left out": lambda step: [],
            "signature": lambda step: [step | {"note": step["note"][:-9] + "AAAAAAA=\n"}],
            "place": lambda step: [step | {"index": step["index"] - 1}],
        }
        spoil(page, lambda said: said | {"hand_overs": spoilt[part](said["hand_overs"][0])})
        page.reload()
        expect(page.get_by_text(WRONG)).to_be_visible()

    @pytest.mark.parametrize("part", ["roster", "note", "proof", "line"])
    def test_finds_what_does_not_hold(self, open_page: Opener, entry: str, part: str) -> None:
        page = open_page("/log/")
        changes: dict[str, Any] = {
            "roster": lambda said: said | {"roster": said["roster"].replace('"quorum":3', '"quorum":4')},
            "note": lambda said: said | {"note": said["note"].replace("\n", "\n1", 1)},
            "proof": lambda said: said | {"proof": said["proof"][1:]},
            "line": lambda said: said | {"note": said["note"][:-9] + "AAAAAAA=\n"},
        }
        spoil(page, changes[part])
        page.goto(entry)
        expect(page.get_by_text(WRONG)).to_be_visible()

    def test_says_so_where_nobody_signs(self, open_page: Opener, own_database: str) -> None:
        declare()
        record_entry(key="phone/1", action="transfer", purpose="delivery", at=AT, by=["members/ada"],
                     flows=[("members/ben/harvest", LOT, "g", 1)])  # fmt: skip
        publish_checkpoint()
        page = open_page(f"/entries/{queries.latest_entries(1)[0].id}/")
        expect(page.get_by_text("No quorum of witnesses has signed this log yet")).to_be_visible()

    def test_leaves_the_page_to_its_reader_meanwhile(self, open_page: Opener, entry: str) -> None:
        page = open_page("/log/")
        with page.expect_worker() as begun:
            page.goto(entry)
        assert begun.value.url.endswith("/quorum_worker.js")
        expect(page.locator("[data-state=signed]", has_text="3 of 4 witnesses")).to_be_visible()
        assert page.workers == []

    @pytest.mark.parametrize("lacking", ["window.Worker = undefined", "broken"])
    def test_says_that_it_is_not_checked_where_no_worker_works(
        self, open_page: Opener, entry: str, lacking: str
    ) -> None:
        page = open_page("/log/")
        if lacking == "broken":
            page.route("**/quorum_worker.js", lambda route: route.fulfill(status=404))
        else:
            page.add_init_script(lacking)
        page.goto(entry)
        expect(page.locator("[data-witnessed=not-checked]")).to_be_visible()
        expect(page.get_by_text("This device has not checked what the witnesses signed.")).to_be_visible()

    def test_without_scripts_says_that_it_is_not_checked(self, open_page: Opener, entry: str) -> None:
        page = open_page("/log/witnesses/", javascript=False)
        expect(page.get_by_text("This device has not checked what the witnesses signed.")).to_be_visible()
