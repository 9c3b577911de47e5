"""What nature and communities give that no scale weighs, and what is given away for no money."""

import pytest

from cooperatives.models import Showing
from cooperatives.queries import exchanges_of, lot_story
from cooperatives.services.agents import register_agent
from cooperatives.services.making import Output, QuantityMissing, declare_piece, finish_process, put_in, start_process
from cooperatives.services.values import NotAValue, NothingShown, declare_value, give_away
from ledger import queries as ledger
from ledger.rules.laws import BelowFloor, KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed, NotFound
from ledger.services.evidence import is_evidence
from tests.world import NOON, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w():
    w = world()
    w.forest = register_agent(by=w.ada, name="Bobiri Forest", slug="bobiri", kind="forest", place="gh/ashanti", at=NOON)
    w.process = start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    return w


def declared(w, by=None, **said):
    return declare_value(**{"by": by or w.ben, "process": w.process, "agent": w.forest, "unit": "tree", "quantity": 40,
                            "words": "Map of March", "at": w.later(), "key": key()} | said)  # fmt: skip


def given(w, lot, by=None, **said):
    return give_away(**{"by": by or w.tom, "lot": lot, "to": w.forest, "quantity": 100, "at": w.later(),
                        "key": key()} | said)  # fmt: skip


class TestDeclareValue:
    def test_is_divided_among_the_lots_and_shown_at_who_gave_it(self, w):
        put_in(by=w.ben, process=w.process, lot=beans(w, 1_000), quantity=1_000, at=w.later(), key=key())
        declared(w)
        outputs = [Output(None, f"Nibs {n}", "g", 500, w.hub, part) for n, part in enumerate((7_500, 2_500))]
        lots = finish_process(by=w.ben, process=w.process, outputs=outputs, at=w.later(), key=key())
        shares = [[g.quantity for g in lot_story(lot).given if g.owner == "nature/bobiri"] for lot in lots]
        assert shares == [[30], [10]]
        (row,) = exchanges_of(w.forest)
        assert (row.unit, row.gave, row.owner) == ("tree", 40, "coops/fern")

    def test_its_evidence_is_hashed_and_kept_beside(self, w):
        entry = declared(w)
        shown = Showing.objects.get(key=entry.key)
        assert shown.words == "Map of March" and shown.by == w.ben
        assert is_evidence(key=entry.key, content=b"Map of March", evidence_hash=entry.evidence_hash)

    def test_is_done_once(self, w):
        assert declared(w, key="page/1").id == declared(w, key="page/1").id
        with pytest.raises(KeyHasAnotherBody):
            declared(w, key="page/1", quantity=41)

    def test_refuses_strangers_goods_money_and_what_nothing_shows(self, w):
        oak = world("oak", "Oak")
        declare_piece(by=w.ada, code="bar", grams=100, at=NOON)
        for refusal, said in (
            (NotAllowed, {"by": oak.ben}), (QuantityMissing, {"quantity": 0}), (NothingShown, {"words": " "}),
            (NotAValue, {"unit": "g"}), (NotAValue, {"unit": "bar"}), (NotAValue, {"unit": "EUR"}),
            (NotAValue, {"unit": "EUR@coops/fern"}), (NotAValue, {"unit": "shade trees"}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                declared(w, **said)
        assert ledger.balances(addresses=[w.process.address]) == []


class TestGiveAway:
    def test_nature_receives_and_so_does_a_member(self, w):
        lot = beans(w, 1_000)
        back = given(w, lot)
        assert (back.action, back.purpose) == ("raise", "gift")
        given(w, lot, to=w.ben, quantity=50)
        assert ledger.balance_of(lot.address, "g") == 850
        assert ledger.balance_of("nature/bobiri/body", "g") == 100
        assert ledger.balance_of(f"{w.ben.address}/goods", "g") == 50

    def test_is_done_once(self, w):
        lot = beans(w, 1_000)
        assert given(w, lot, key="page/1").id == given(w, lot, key="page/1").id
        with pytest.raises(KeyHasAnotherBody):
            given(w, lot, key="page/1", quantity=7)

    def test_refuses_strangers_makers_nothing_and_more_than_there_is(self, w):
        oak, lot = world("oak", "Oak"), beans(w, 1_000)
        for refusal, said in (
            (NotAllowed, {"by": oak.ada}), (NotAllowed, {"by": w.ben}), (NotFound, {"to": oak.ben}),
            (QuantityMissing, {"quantity": 0}), (BelowFloor, {"quantity": 1_001}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                given(w, lot, **said)
        assert ledger.balance_of(lot.address, "g") == 1_000


class TestPages:
    KEY = "page/00000000-0000-4000-8000-00000000000"

    def test_a_member_declares_trees_and_a_clerk_gives_goods_away(self, w, client):
        lot = beans(w, 1_000)
        client.force_login(w.people["ben"])
        said = {"key": f"{self.KEY}1", "agent": "bobiri", "unit": "tree", "quantity": "40", "words": "Map"}
        url = "/cooperatives/fern/making/roast-1/"
        assert client.post(f"{url}value", said | {"words": ""}).status_code == 400
        assert client.post(f"{url}value", said | {"unit": "new"}).status_code == 400
        for _ in range(2):
            assert client.post(f"{url}value", said).status_code == 302
        page = client.get(url).text.replace("\N{NO-BREAK SPACE}", " ")
        assert "Bobiri Forest" in page and "40 trees" in page and "Map" in page
        gift = {"key": f"{self.KEY}2", "to": "nature/bobiri", "quantity": "0.2"}
        assert client.post(f"/lots/fern/{lot.code}/give-away", gift).status_code == 403
        client.force_login(w.people["tom"])
        assert client.post(f"/lots/fern/{lot.code}/give-away", gift).status_code == 302
        assert ledger.balance_of(lot.address, "g") == 800

    def test_strangers_are_refused(self, w, client):
        lot = beans(w, 1_000)
        client.force_login(w.dov)
        for url in ("/cooperatives/fern/making/roast-1/value", f"/lots/fern/{lot.code}/give-away"):
            assert client.post(url, {}).status_code == 404
