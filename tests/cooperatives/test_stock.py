"""A count beside the books: less is missing or spoiled, more is found in a lot of its own, whoever counts twice."""

import re

import pytest

from cooperatives.models import CountLine, StockCount
from cooperatives.queries import lot_story, lots_at_hand
from cooperatives.services.contributions import NoReason
from cooperatives.services.lots import UnknownReason
from cooperatives.services.making import QuantityMissing, put_in, start_process
from cooperatives.services.people import open_hub
from cooperatives.services.stock import Counted, Found, NothingCounted, StockMoved, count_stock
from ledger import queries as ledger
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed, NotFound
from tests.world import NOON, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def counted(w, *rows, by=None, **said):
    rows = [row if isinstance(row, Counted) else Counted(*row) for row in rows]
    return count_stock(**{"by": by or w.tom, "hub": w.hub, "rows": rows, "words": "Counted twice", "at": w.later(),
                          "key": key("count")} | said)  # fmt: skip


def held(w):
    return {row.code: row.quantity for row in lots_at_hand(w.fern)}


class TestCountStock:
    def test_takes_off_what_is_missing_or_spoiled(self):
        w = world()
        first, second, third = (beans(w, 1_000, code=f"b-{n}") for n in range(3))
        count = counted(w, (first, 1_000, 900), (second, 1_000, 700, "spoiled"), (third, 1_000, 1_000))
        assert held(w) == {"b-0": 900, "b-1": 700, "b-2": 1_000}
        assert ledger.balance_of("unknown/count/count", "g") == 100
        assert ledger.balance_of("nature/soil/body", "g") == 300
        assert [(line.difference, line.reason) for line in count.lines.all()] == [
            (-100, "missing"), (-300, "spoiled"), (0, "")
        ]  # fmt: skip
        entry = next(e for e in ledger.entries_touching([first.address]) if e.purpose == "loss")
        assert (entry.action, entry.by) == ("lower", (w.tom.address,))

    def test_what_is_found_is_a_lot_of_its_own_of_nobody(self):
        w = world()
        lot = beans(w, 1_000, code="b")
        put_in(by=w.ben, process=start_process(by=w.ben, cooperative=w.fern, name="R", at=NOON), lot=lot, quantity=400,
               at=w.later(), key=key())  # fmt: skip
        for book, more in ((600, 50), (600, 20)):
            counted(w, (lot, book, book + more))
        assert held(w) == {"b": 600, "b-found": 50, "b-found-1": 20}
        found = next(row.lot for row in lots_at_hand(w.fern) if row.code == "b-found")
        (given,) = lot_story(found).given
        assert (given.owner, given.kind, given.quantity) == ("unknown/count", "count", 50)
        (entry,) = ledger.entries_touching([found.address])
        assert (entry.action, entry.purpose) == ("raise", "count")

    def test_goods_of_no_lot_get_one(self):
        w = world()
        count = counted(w, found=[Found("Salt", "g", 250)])
        (line,) = count.lines.all()
        assert (line.lot.goods, line.book, line.counted, line.found) == ("Salt", 0, 250, line.lot)
        assert held(w) == {"salt-1": 250}

    def test_is_done_once(self):
        w = world()
        lot = beans(w, 1_000)
        for _ in range(2):
            assert counted(w, (lot, 1_000, 900), key="page/1").pk == StockCount.objects.get().pk
        assert sum(held(w).values()) == 900
        with pytest.raises(KeyHasAnotherBody):
            counted(w, (lot, 900, 800), key="page/1")

    def test_refuses_a_count_of_what_has_changed_since(self):
        w = world()
        lot = beans(w, 1_000, code="b")
        beans(w, 500, code="b")
        with pytest.raises(StockMoved):
            counted(w, (lot, 1_000, 1_000))
        assert not StockCount.objects.exists()

    def test_refuses_strangers_foreign_lots_and_what_says_nothing(self):
        w, oak = world(), world("oak", "Oak")
        lot, theirs = beans(w, 1_000), beans(oak, 1_000)
        hut = open_hub(cooperative=w.fern, name="Hut", slug="hut", place=None, at=NOON, by=w.ada)
        for refusal, rows, said in (
            (NotAllowed, [(lot, 1_000, 900)], {"by": w.ben}), (NotAllowed, [(lot, 1_000, 900)], {"by": oak.ada}),
            (NotFound, [(theirs, 1_000, 900)], {}), (NotFound, [(lot, 1_000, 900)], {"hub": hut}),
            (NothingCounted, [], {}), (NoReason, [(lot, 1_000, 900)], {"words": " "}),
            (NoReason, [], {"words": "", "found": [Found("Salt", "g", 1)]}),
            (UnknownReason, [(lot, 1_000, 900, "eaten")], {}), (QuantityMissing, [(lot, 1_000, -1)], {}),
            (QuantityMissing, [], {"found": [Found("Salt", "g", 0)]}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                counted(w, *rows, **said)
        assert not CountLine.objects.exists()
        assert held(w) == {lot.code: 1_000}


class TestPage:
    URL = "/cooperatives/fern/stock/fern/"

    def form(self, client):
        page = client.get(self.URL).text
        return dict(re.findall(r'name="(key|book_\d+)" value="([^"]*)"', page))

    def test_a_clerk_counts_and_everybody_with_the_keys_reads_it(self, client):
        w = world()
        lot = beans(w, 18_100)
        client.force_login(w.people["tom"])
        said = self.form(client) | {f"counted_{lot.pk}": "17.5", "words": "The scale was wet"}
        assert client.post(f"{self.URL}count", said | {"words": ""}).status_code == NoReason.status
        for _ in range(2):
            assert client.post(f"{self.URL}count", said).status_code == 302
        assert held(w) == {lot.code: 17_500}
        page = client.get(self.URL).text.replace("\N{NO-BREAK SPACE}", " ")
        assert "The scale was wet" in page and "600 g" in page and "missing" in page
        assert f'href="{self.URL}"' in client.get("/cooperatives/fern/making/").text
        found = self.form(client) | {"goods": "Salt", "quantity": "2", "unit": "kg", "words": "Behind the door"}
        assert client.post(f"{self.URL}count", found).status_code == 302
        assert held(w) == {lot.code: 17_500, "salt-1": 2_000}

    def test_shows_what_the_books_say_now_where_they_changed(self, client):
        w = world()
        lot = beans(w, 1_000, code="b")
        client.force_login(w.people["ada"])
        said = self.form(client) | {f"counted_{lot.pk}": "1", "words": "x"}
        beans(w, 500, code="b")
        answer = client.post(f"{self.URL}count", said)
        assert answer.status_code == StockMoved.status
        assert f'name="book_{lot.pk}" value="1500"' in answer.text

    def test_strangers_and_makers_are_refused(self, client):
        w = world()
        for who in ("dov", "ben"):
            client.force_login(w.people[who])
            assert client.get(self.URL).status_code in {403, 404}
            assert client.post(f"{self.URL}count", {}).status_code in {403, 404}
