"""The demo world: made through the services, whole or not at all, and every law holds in it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from config.demo.witnesses import homes, sign_as_witnesses
from cooperatives.models import Member
from cooperatives.queries import (
    agent,
    cooperative,
    cooperatives,
    exchanges_of,
    open_invitations,
    open_requests,
    place_at,
    place_seen,
    proposals_of,
    societies_of,
    tally_of,
)
from cooperatives.queries.containers import whereabouts
from ledger import verifier
from ledger.queries import balance_of, balances
from ledger.services.export import export_log
from ledger.services.journal import record_owner
from ledger.services.verify import verify_log
from ledger.services.witnesses import publish_quorum
from market.queries import deposits_owed, divisions_of
from tests.browser.kinds import just_signed_in, readers, walk
from tests.forms import forms_of
from tests.world import NOON

pytestmark = pytest.mark.quick
MOST_QUESTIONS = 12


@pytest.fixture
def data_folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR, settings.LOGINS = tmp_path, tmp_path / "logins.json"
    return tmp_path


# Buttons of allauth, which asks for the password again, and those that end the session or speak to Stripe.
NOT_PRESSED = ("account_", "mfa_", "set_language", "leave_tour", "tour", "begin_stripe_account", "open_stripe_page")


def more_readers() -> Iterator[tuple[str, Client]]:
    """Those of the demo whose part somebody else has too: a plain treasurer, a plain member, somebody who has signed in
    and belongs to no cooperative."""
    for who, name in (("treasurer", "kofi"), ("member", "ben"), ("stranger", "adwoa")):
        yield who, just_signed_in(Member.objects.get(email=f"{name}@rennet.example"))


@dataclass
class Counting:
    """Reads pages; `asked` is how often the last one asked the database."""

    get: Callable[..., Any]
    asked: int = 0
    page: str = ""

    def __call__(self, path: str) -> Any:
        with CaptureQueriesContext(connection) as asked:
            answer = self.get(path)
        self.asked = sum(query["sql"] not in {"BEGIN", "COMMIT"} for query in asked.captured_queries)
        self.page = "" if answer.streaming else answer.content.decode(errors="replace")
        return answer


def tried() -> tuple[dict[str, tuple[int, str]], list[str]]:
    """{kind of page: (the most that one of them asks of the database, which one)}, for every reader, by every link; and
    what is shown to a reader and does not open for them: links and buttons."""
    most: dict[str, tuple[int, str]] = {}
    shut: list[str] = []
    for reader, client in [*readers(), *more_readers()]:
        closed: list[tuple[str, str, int]] = []
        pressed: set[tuple[str, str]] = set()
        get = Counting(client.get)
        client.get = get  # type: ignore[method-assign]  # whatever the walk reads is counted
        client.get("/no-such-place/")  # the first that the walk names, without reading it
        for name, path in walk(client, shut=closed):
            most[name] = max(most.get(name, (0, "")), (get.asked, path))
            closed += press(client, name, path, get.page, pressed)
        shut += [f"{reader}: {link} of {page} answers {status}" for page, link, status in closed]
    return most, shut


def press(
    client: Client, name: str, path: str, html: str, pressed: set[tuple[str, str]]
) -> Iterator[tuple[str, str, int]]:
    """Press each button of a page as it is shown, take back what that did, and tell those that were not for this
    reader: whatever else is missing or wrong, the page itself says."""
    for action, fields in forms_of(html):
        target = urljoin(path, action.replace("&amp;", "&"))
        button = resolve(target.partition("?")[0]).url_name or ""
        if (name, button) in pressed or button.startswith(NOT_PRESSED):
            continue
        pressed.add((name, button))
        with transaction.atomic():
            answer = client.post(target, fields)
            transaction.set_rollback(True)
        if answer.status_code in {403, 404, 500}:
            yield path, target, answer.status_code


class TestMakeDemo:
    def test_makes_a_world_in_which_every_law_holds(self, own_database: str, data_folder: Path) -> None:
        call_command("make_demo")
        assert verify_log().agrees
        assert len(cooperatives()) == 8
        for each in cooperatives():
            claims = {h.quantity for h in balances(prefix=f"{each.address}/owes")}
            money = sum(h.quantity for h in balances(prefix=f"{each.address}/till"))
            assert claims == {-money} and money > 0
        assert balance_of("coops/fern/reserve", "EUR@coops/fern") > 0
        fern = cooperative("fern")
        # An agreement under vote, the rule of hours among members, and the agreement in force.
        assert fern and [p.state for p in proposals_of(fern)] == ["open", "adopted", "adopted"]
        assert (tally_of(proposals_of(fern)[0]).cast, tally_of(proposals_of(fern)[0]).electorate) == (2, 5)
        assert [row.parts["agreement"] for row in divisions_of(fern)] == [2, 2, 1, 1]
        logins = json.loads((data_folder / "logins.json").read_text())
        assert [login["person"].partition(":")[0] for login in logins] == ["Cooperative", "Buyer", "Member"]
        assert len({login["password"] for login in logins}) == 3
        assert (data_folder / "logins.json").stat().st_mode & 0o077 == 0
        with pytest.raises(CommandError, match="empty one"):
            call_command("make_demo")
        assert fern and [invitation.email for invitation in open_invitations(fern, at=timezone.now())] == [
            "kwame@rennet.example"
        ]
        assert [request.name for request in open_requests(fern)] == ["Adwoa"]
        union = cooperative("jura-union")
        assert union and [m.name for m in societies_of(union)] == ["Sedge Dairy", "Moss Charcoal", "Clover Workshop"]
        found = agent("offin-shade")
        assert found and {(row.unit, row.gave, row.received) for row in exchanges_of(found)} == {
            ("g", 620_000, 180_000), ("min", 0, 960),
        }  # fmt: skip
        crates, tins = whereabouts(fern, None)
        assert (crates.total, sorted(n for *_, n in crates.with_members)) == (40, [1, 6])
        assert (tins.total, tins.with_buyers) == (30, 2)
        assert deposits_owed(fern) == 2 * 250
        kumasi = place_at("gh/ashanti/kumasi")
        assert kumasi and [str(one.since) for one in place_seen(kumasi).boundaries] == ["2022-01-01", "2010-01-01"]
        assert all(each.pictures.exists() for each in cooperatives())
        compared = Client().get("/books/recipes/biochar/").content.decode()
        assert all(said in compared for said in ("Alder Growers", "92.5%", "Moss Charcoal", "100.0%"))
        assert (sign_as_witnesses(), sign_as_witnesses()) == (7, 0)
        quorum = publish_quorum()
        assert quorum and quorum.signed == 7
        assert "Nobody's witness should be set up so" in (homes() / "README").read_text()
        export_log(to=data_folder / "copy")
        said, books = verifier.verify(str(data_folder / "copy"), data_folder / "kept", needs_quorum=True)
        assert said["signed"] == 7
        assert books.balance == {(h.address, h.unit): h.quantity for h in balances()}
        most, shut = tried()
        assert {name: n for name, n in most.items() if n[0] > MOST_QUESTIONS} == {}
        assert shut == []

    def test_is_refused_in_a_database_from_outside(self, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://web:x@db.example/rennet")
        with pytest.raises(CommandError, match="DATABASE_URL"):
            call_command("make_demo")

    def test_starts_over_where_it_was_left_half_made(
        self, own_database: str, data_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop_here(**_: Any) -> None:
            record_owner(owner="operators/market", place="fr", at=NOON)
            raise KeyboardInterrupt

        monkeypatch.setattr("config.management.commands.make_demo.make_world", stop_here)
        for _ in range(2):  # what the first left behind does not stand in the way of the second
            with pytest.raises(KeyboardInterrupt):
                call_command("make_demo")
        assert (data_folder / "demo.half-made").exists()
        assert not (data_folder / "logins.json").exists()
