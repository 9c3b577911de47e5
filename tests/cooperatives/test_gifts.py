"""Money that was given: into a fund, a commons or free, once a line; and promises that are set aside."""

import pytest

from cooperatives.queries.gifts import funds_of, gifts_to, promised_by
from cooperatives.services.energy import use_energy
from cooperatives.services.gifts import GiverMissing, LineMissing, spend_fund, take_gift
from cooperatives.services.making import start_process
from cooperatives.services.money import AmountMissing, NoSuchKeeper
from cooperatives.services.people import UnreadableName
from cooperatives.services.promises import keep_promise
from ledger import queries as ledger
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed, NotFound
from ledger.services.journal import record_entry
from tests.world import NOON, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

OWED = "EUR@coops/fern"


def taken(w, by=None, **said):
    return take_gift(**{"by": by or w.ada, "giver": "Oak Foundation", "amount": 50_000, "fund": "New roof",
                        "keeper": "bank/fern", "statement_line": "2026-1", "at": w.later()} | said)  # fmt: skip


class TestTakeGift:
    def test_a_grant_is_tied_to_its_fund(self):
        w = world()
        entry = taken(w, place="fr")
        assert (entry.key, entry.purpose, entry.evidence) == ("bank/fern/2026-1", "grant", "invoice")
        held = {(h.address, h.unit): h.quantity for h in ledger.balances() if "EUR" in h.unit}
        assert held == {
            ("funders/oak-foundation/pocket", "EUR"): -50_000, ("coops/fern/till@bank/fern", "EUR"): 50_000,
            ("coops/fern/owes", OWED): -50_000, ("coops/fern/funds/new-roof", OWED): 50_000,
        }  # fmt: skip
        assert ledger.places_of(["funders/oak-foundation"]) == {"funders/oak-foundation": "fr"}
        assert funds_of(w.fern) == {"new-roof": 50_000}

    def test_a_member_gives_to_a_commons_or_for_anything(self):
        w = world()
        taken(w, giver=w.ben, fund="", commons="Shade trees")
        taken(w, giver=w.ben, fund="", amount=700, keeper="cash/fern", statement_line="7")
        assert ledger.balance_of("commons/shade-trees/purse", OWED) == 50_000
        assert ledger.balance_of("coops/fern/free", OWED) == 700
        assert [(row.who, row.goal, row.amount) for row in gifts_to(w.fern, w.ada)] == [
            ("Ben", "coops/fern/free", 700), ("Ben", "commons/shade-trees/purse", 50_000),
        ]  # fmt: skip

    def test_the_same_line_is_taken_once(self):
        w = world()
        assert taken(w).id == taken(w).id
        with pytest.raises(KeyHasAnotherBody):
            taken(w, amount=1)

    def test_refuses_strangers_and_what_says_nothing(self):
        w, oak = world(), world("oak", "Oak")
        for refusal, said in (
            (NotAllowed, {"by": w.tom}), (NotAllowed, {"by": w.ben}), (NotFound, {"giver": oak.ben}),
            (GiverMissing, {"giver": " "}), (LineMissing, {"statement_line": " "}), (UnreadableName, {"fund": "屋"}),
            (NoSuchKeeper, {"keeper": "sock/fern"}), (AmountMissing, {"amount": 0}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                taken(w, **said)
        assert gifts_to(w.fern, w.ada) == []


class TestSpendFund:
    def test_becomes_working_money_once_and_never_more_than_there_is(self):
        w = world()
        taken(w)
        said = {"by": w.ada, "fund": "new-roof", "at": w.later(), "key": "page/1"}
        assert spend_fund(**said, amount=20_000).id == spend_fund(**said, amount=20_000).id
        assert funds_of(w.fern) == {"new-roof": 30_000}
        assert ledger.balance_of("coops/fern/free", OWED) == 20_000
        for refusal, other in (
            (BelowFloor, {"amount": 30_001, "key": "page/2"}), (AmountMissing, {"amount": 0, "key": "page/3"}),
            (NotAllowed, {"amount": 1, "by": w.tom, "key": "page/4"}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                spend_fund(**said | other)


class TestPromises:
    def test_bills_and_prices_are_listed_and_set_aside(self):
        w = world()
        process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=NOON)
        use_energy(
            by=w.ada, process=process, source="bought", origin="Grid", watt_hours=9, cost=400, at=NOON, key=key()
        )
        beans(w, 10, price=900)
        assert promised_by(w.fern) == {"suppliers/grid": 400, w.ben.address: 900}
        taken(w, fund="", amount=1_000)
        keep_promise(cooperative=w.fern, owner="suppliers/grid", at=w.later(), key="page/1", by=w.ada)
        assert promised_by(w.fern) == {w.ben.address: 900}
        assert ledger.balance_of("suppliers/grid/purse", OWED) == 400

    def test_what_a_division_could_not_pay_waits_for_the_next(self):
        w = world()
        record_entry(key="divide/x/owed", action="raise", purpose="debt", at=NOON, by=(w.ada.address,),
                     flows=[("coops/fern/debts", f"{w.ben.address}/debt", OWED, 300)])  # fmt: skip
        beans(w, 10, price=900)
        assert promised_by(w.fern) == {w.ben.address: 900}
        taken(w, fund="", amount=5_000)
        keep_promise(cooperative=w.fern, owner=w.ben.address, at=w.later(), key="page/1", by=w.ada)
        assert ledger.balance_of(f"{w.ben.address}/purse", OWED) == 900
        assert ledger.balance_of(f"{w.ben.address}/debt", OWED) == 300


class TestPage:
    URL = "/cooperatives/fern/gifts/"
    KEY = "page/00000000-0000-4000-8000-000000000001"

    def test_the_treasurer_records_uses_and_keeps(self, client):
        w = world()
        beans(w, 10, price=900)
        client.force_login(w.people["ada"])
        gift = {"giver": "Oak Foundation", "amount": "500.00", "keeper": "bank", "line": "1", "goal": "fund"}
        assert client.post(f"{self.URL}take", gift).status_code == 400  # which fund?
        for _ in range(2):
            assert client.post(f"{self.URL}take", gift | {"name": "New roof"}).status_code == 302
        spent = {"key": self.KEY, "fund": "new-roof", "amount": "20"}
        assert client.post(f"{self.URL}spend", spent).status_code == 302
        kept = {"key": f"{self.KEY[:-1]}2", "owner": w.ben.address}
        assert client.post(f"{self.URL}keep-promise", kept).status_code == 302
        page = client.get(self.URL).text
        for words in ("Oak foundation, from outside", "fund new roof", "480.00", "500.00", "Nothing is promised"):
            assert words in page, words
        assert ledger.balance_of(f"{w.ben.address}/purse", OWED) == 900

    def test_others_are_refused(self, client):
        w = world()
        for who in ("dov", "ben", "tom"):
            client.force_login(w.people[who])
            for method, url in (("get", ""), ("post", "take"), ("post", "spend"), ("post", "keep-promise")):
                assert getattr(client, method)(f"{self.URL}{url}").status_code in {403, 404}, (who, url)
