"""The ledger's pages, for a member and for a stranger; what they show is what was recorded."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.translation import override

from ledger.log_folder import LogFolder
from ledger.rules.entries import Recorded
from ledger.services.journal import record_entry, undo_entry
from ledger.services.log import publish_checkpoint
from ledger.templatetags.ledger import document_word, purpose_word
from tests.ledger.conftest import AT, LOT, reader

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]


ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("pattern", "word"),
    [(r'purpose["=: ]+"([a-z-]+)"', purpose_word), (r'record_document\(kind="([a-z-]+)"', document_word)],
)
def test_every_kind_that_is_recorded_has_a_word_in_the_readers_language(pattern: str, word: Any) -> None:
    services = [path for app in ("ledger", "cooperatives", "market") for path in (ROOT / app / "services").glob("*.py")]
    kinds = {kind for path in services for kind in re.findall(pattern, path.read_text())}
    with override("fr"):
        assert len(kinds) > 5 and [kind for kind in sorted(kinds) if word(kind) == kind] == []


class TestLog:
    def test_shows_size_root_and_latest_entries(self, client: Client, delivery: Recorded) -> None:
        checkpoint = publish_checkpoint()
        assert checkpoint
        page = client.get("/log/").content.decode()
        assert bytes(checkpoint.root).hex() in page
        assert f"/entries/{delivery.id}/" in page

    def test_hides_who_got_what_from_strangers_where_books_are_closed(
        self, client: Client, closed_books: None, delivery: Recorded
    ) -> None:
        page = client.get("/log/").content.decode()
        assert str(delivery.id) not in page
        assert "Sign in to read the entries" in page

    def test_shows_a_reader_the_entries_where_books_are_closed(self, closed_books: None, delivery: Recorded) -> None:
        assert str(delivery.id) in reader().get("/log/").content.decode()

    def test_turns_pages(self, client: Client, delivery: Recorded) -> None:
        for n in range(30):
            record_entry(key=f"p/{n}", action="transfer", purpose="delivery", at=AT, by=[],
                         flows=[("members/ben/harvest", LOT, "g", 1)])  # fmt: skip
        first = client.get("/log/").content.decode()
        assert str(delivery.id) not in first
        older = first.split("?before=")[1].split('"')[0]
        assert str(delivery.id) in client.get(f"/log/?before={older}").content.decode()

    def test_asks_few_questions(self, client: Client, delivery: Recorded, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(6):
            client.get("/log/")


class TestEntry:
    def test_says_who_gave_what_to_whom_and_how_we_know(self, client: Client, delivery: Recorded) -> None:
        page = client.get(f"/entries/{delivery.id}/").content.decode()
        for said in ("members/ben/harvest", LOT, "1,250 g", "Both signed", "members/ada"):
            assert said in page

    def test_and_its_undoing_name_each_other(self, client: Client, delivery: Recorded) -> None:
        undoing = undo_entry(entry=delivery.id, key="fix/1", at=AT, by=["members/ada"])
        assert f"/entries/{undoing.id}/" in client.get(f"/entries/{delivery.id}/").content.decode()
        assert f"/entries/{delivery.id}/" in client.get(f"/entries/{undoing.id}/").content.decode()

    def test_says_why_it_was_corrected_and_whose_debt_a_claim_is(self, client: Client, delivery: Recorded) -> None:
        fixed = undo_entry(entry=delivery.id, key="fix", at=AT, by=["members/ada"])
        assert "It did not happen" in client.get(f"/entries/{fixed.id}/").content.decode()
        flows = [("members/ben/purse", "members/ada/purse", "EUR@coops/fern", 125)]
        paid = record_entry(key="k", action="transfer", purpose="share", flows=flows, at=AT, by=["members/ada"])
        assert "1.25 EUR owed by fern" in client.get(f"/entries/{paid.id}/").content.decode()
        page = client.get("/accounts/members/ada/purse/", HTTP_ACCEPT_LANGUAGE="fr").content.decode()
        assert "<h2>EUR dus par fern</h2>" in page and "1,25 EUR dus par fern" in page

    def test_that_is_a_part_leads_to_the_first(self, client: Client, delivery: Recorded) -> None:
        flows = [("members/ben/harvest", LOT, "g", 1)]
        part = record_entry(
            key=f"{delivery.key}/part/2", action="transfer", purpose="delivery", flows=flows, at=AT, by=["members/ada"]
        )
        page = client.get(f"/entries/{part.id}/").content.decode()
        assert f'This is a part of <a href="/entries/{delivery.id}/">' in page

    def test_that_is_not_there_is_said_kindly(self, client: Client) -> None:
        answer = client.get("/entries/00000000-0000-7000-8000-000000000000/")
        assert answer.status_code == 404
        assert "There is no entry" in answer.content.decode()


class TestStatement:
    def test_is_read_in_pages_the_last_entries_first(
        self, client: Client, delivery: Recorded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ledger.views.books.A_PAGE", 3)
        more = [
            record_entry(key=f"s/{n}", action="transfer", purpose="delivery", at=AT, by=[],
                         flows=[("members/ben/harvest", LOT, "g", 1)])
            for n in range(4)
        ]  # fmt: skip
        last = client.get(f"/accounts/{LOT}/").content.decode()
        assert [str(entry.id) in last for entry in [delivery, *more]] == [False, False, True, True, True]
        first = client.get(f"/accounts/{LOT}/?before={more[1].token}").content.decode()
        assert [str(entry.id) in first for entry in [delivery, *more]] == [True, True, False, False, False]
        assert f"?before={more[1].token}" in last and 'href="?before=' not in first

    def test_shows_each_change_and_the_balance(self, client: Client, delivery: Recorded) -> None:
        undo_entry(
            entry=delivery.id, key="fix/1", at=AT, by=["members/ada"], flows=[(LOT, "members/ben/harvest", "g", 250)]
        )
        page = client.get(f"/accounts/{LOT}/").content.decode()
        for said in ("1,250 g", "−250 g", "1,000 g"):
            assert said in page

    @pytest.mark.parametrize("address", ["coops/fern/lots/none@hubs/fern", "nonsense"])
    def test_of_nothing_is_refused(self, client: Client, address: str) -> None:
        page = client.get(f"/accounts/{address}/")
        assert page.status_code == 404 and f"There is no account “{address}” in the books." in page.text


class TestFindRecord:
    def test_goes_where_the_number_key_or_address_leads(self, client: Client, delivery: Recorded) -> None:
        for wanted in (str(delivery.id), "phone/1"):
            assert client.get("/log/find/", {"q": wanted})["Location"] == f"/entries/{delivery.id}/"
        assert client.get("/log/find/", {"q": LOT})["Location"] == f"/accounts/{LOT.replace('@', '@')}/"
        assert client.get("/log/find/", {"q": "who knows"}).status_code == 404


class TestStrangers:
    PATHS = ("/entries/{id}/", "/accounts/coops/fern/lots/wet-1@hubs/fern/", "/log/find/?q=phone/1")

    @pytest.mark.parametrize("path", PATHS)
    def test_are_asked_to_sign_in(self, client: Client, closed_books: None, delivery: Recorded, path: str) -> None:
        answer = client.get(path.replace("{id}", str(delivery.id)))
        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]

    @pytest.mark.parametrize("path", PATHS)
    def test_who_are_signed_in_but_no_members_are_refused(
        self, client: Client, closed_books: None, delivery: Recorded, path: str
    ) -> None:
        client.force_login(get_user_model().objects.create_user(username="dov", email="dov@rennet.example"))
        assert client.get(path.replace("{id}", str(delivery.id))).status_code == 403

    @pytest.mark.parametrize("path", PATHS)
    def test_readers_are_let_in(self, closed_books: None, delivery: Recorded, path: str) -> None:
        assert reader().get(path.replace("{id}", str(delivery.id)), follow=True).status_code == 200


class TestApi:
    def test_checkpoint_is_for_everyone(self, client: Client, closed_books: None, own_log: Path) -> None:
        checkpoint = publish_checkpoint()
        assert checkpoint
        said = client.get("/api/1/log/").json()
        assert (said["size"], said["root_hash"]) == (checkpoint.size, bytes(checkpoint.root).hex())
        assert said["checkpoint"] == LogFolder(own_log).note() and said["vkey"].startswith("rennet.example/log+")

    def test_entry_has_quantities_as_strings(self, client: Client, delivery: Recorded) -> None:
        said = client.get(f"/api/1/entries/{delivery.id}/").json()
        assert said["flows"] == [{"giver": "members/ben/harvest", "taker": LOT, "unit": "g", "quantity": "1250"}]

    def test_refusal_is_json(self, client: Client) -> None:
        answer = client.get("/api/1/entries/00000000-0000-7000-8000-000000000000/")
        assert (answer.status_code, answer.json()["code"]) == (404, "NoSuchRecord")

    def test_strangers_are_refused(self, client: Client, closed_books: None, delivery: Recorded) -> None:
        for path in (f"/api/1/entries/{delivery.id}/", f"/api/1/accounts/{LOT}/"):
            assert client.get(path).status_code in {401, 403}
        assert reader().get(f"/api/1/accounts/{LOT}/").json() == [{"address": LOT, "unit": "g", "quantity": "1250"}]


class TestAdmin:
    @pytest.mark.parametrize("model", ["entry", "account", "document", "leaf", "checkpoint", "owner", "unit"])
    def test_shows_and_changes_nothing(self, client: Client, delivery: Recorded, model: str) -> None:
        client.force_login(get_user_model().objects.create_superuser(username="root", email="root@rennet.example"))
        assert client.get(f"/admin/ledger/{model}/").status_code == 200
        assert client.get(f"/admin/ledger/{model}/add/").status_code == 403
