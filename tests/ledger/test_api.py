"""The ledger at /api/1/: the same as the pages show, to the letter, and nothing that changes it."""

from collections.abc import Iterator

import pytest
from django.test import Client

from ledger import queries
from ledger.rules.entries import Recorded
from ledger.rules.merkle import is_consistent, leaf_hash
from ledger.services.journal import undo_entry
from ledger.services.log import publish_checkpoint
from tests.ledger.conftest import AT, reader
from tests.ledger.test_log import LOT, deliver
from tests.ledger.test_publishing import more

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]


def pages_of(client: Client, url: str, name: str) -> Iterator[dict[str, object]]:
    """Everything that a list at that address holds, page after page."""
    going: int | None = None
    while True:
        answer = client.get(url, {} if going is None else {"before": going}).json()
        yield from answer[name]
        going = answer["next"]
        if going is None:
            return


class TestRecords:
    def test_hold_the_whole_log_from_the_newest_on(self, client: Client) -> None:
        more(0, 120)
        publish_checkpoint()
        rows = list(pages_of(client, "/api/1/log/records/", "records"))
        assert [row["index"] for row in rows] == list(reversed(range(queries.log_size())))
        assert all(leaf_hash(str(row["text"]).encode()).hex() == row["hash"] for row in rows)

    @pytest.mark.parametrize("before", ["x", "-1", "1.5", "٣", "9" * 19])
    def test_begin_at_a_whole_number(self, client: Client, before: str) -> None:
        answer = client.get("/api/1/log/records/", {"before": before})
        assert (answer.status_code, answer.json()["code"]) == (422, "NoPlace")
        assert client.get("/api/1/entries/", {"before": before}).status_code == 422


class TestEntries:
    def test_are_told_as_each_one_is(self, client: Client) -> None:
        for n in range(60):
            deliver(f"phone/{n}", n + 1)
        rows = list(pages_of(client, "/api/1/entries/", "entries"))
        assert [row["key"] for row in rows] == [f"phone/{n}" for n in reversed(range(60))]
        assert rows[0] == client.get(f"/api/1/entries/{rows[0]['id']}/").json()

    def test_say_why_one_was_undone(self, client: Client, delivery: Recorded) -> None:
        undo_entry(entry=delivery.id, key="fix", at=AT, by=["members/ada"])
        newest = next(pages_of(client, "/api/1/entries/", "entries"))
        assert (newest["undoes"], newest["reason"]) == (str(delivery.id), "did-not-occur")


class TestStatement:
    def test_is_the_passbook_that_the_page_shows(self, client: Client) -> None:
        deliver("phone/1", 2**53 + 1)
        deliver("phone/2", 10)
        (passbook,) = client.get(f"/api/1/accounts/{LOT}/statement/").json()
        assert (passbook["unit"], passbook["exponent"], passbook["balance"]) == ("g", 0, str(2**53 + 11))
        assert [(line["change"], line["balance"]) for line in passbook["lines"]] == [
            (str(2**53 + 1), str(2**53 + 1)), ("10", str(2**53 + 11)),
        ]  # fmt: skip
        assert passbook["lines"][0]["others"] == ["members/ben/harvest"]

    def test_of_an_account_that_never_was_is_none(self, client: Client) -> None:
        for path in ("members/ada/purse/statement/", "nonsense/statement/", "nonsense/"):
            answer = client.get(f"/api/1/accounts/{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "NoSuchAccount"), path


class TestCheckpoint:
    def test_leads_to_the_one_that_is_published_now(self, client: Client) -> None:
        first = publish_checkpoint()
        more(0, 50)
        last = publish_checkpoint()
        assert first and last
        said = client.get(f"/api/1/log/checkpoints/{first.size}/").json()
        assert (said["size"], said["published"], said["continues"], said["signed"]) == (first.size, last.size, True, 0)
        proof = [bytes.fromhex(each) for each in said["proof"]]
        root = bytes.fromhex(said["root_hash"])
        assert is_consistent(first.size, last.size, root, bytes(last.root), proof)
        assert client.get(f"/api/1/log/checkpoints/{last.size + 1}/").status_code == 404


class TestWhoReads:
    @pytest.mark.parametrize("url", ["log/records/", "entries/", f"accounts/{LOT}/statement/"])
    def test_who_got_what_is_for_readers_of_the_books(self, client: Client, closed_books: None, url: str) -> None:
        deliver("phone/1")
        assert client.get(f"/api/1/{url}").status_code == 403
        assert reader().get(f"/api/1/{url}").status_code == 200

    def test_checkpoints_are_for_everyone(self, client: Client, closed_books: None) -> None:
        kept = publish_checkpoint()
        assert kept and client.get(f"/api/1/log/checkpoints/{kept.size}/").status_code == 200

    @pytest.mark.parametrize("url", ["log/", "log/records/", "entries/", f"accounts/{LOT}/statement/"])
    def test_nothing_is_changed_here(self, client: Client, url: str) -> None:
        for ask in (client.post, client.put, client.patch, client.delete):
            assert ask(f"/api/1/{url}").status_code in {403, 405}
