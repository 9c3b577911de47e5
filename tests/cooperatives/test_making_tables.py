"""Contributions, lots and recipes as tables: brought in after a look, all or nothing, once; and taken away."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from cooperatives.queries import deliveries
from cooperatives.queries.making_tables import contributions_of
from cooperatives.rules.tables import read_table, write_csv, write_xlsx
from cooperatives.services.contribution_files import import_contributions
from cooperatives.services.contributions import correct_quantity
from cooperatives.services.labels import set_label
from cooperatives.services.making import put_in, start_process
from cooperatives.services.people import leave_cooperative
from cooperatives.services.table_cells import Brought, TableRefused
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import close_period
from tests.cooperatives.test_recipes import made, recipe
from tests.world import beans, key, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

HEAD = ["Date", "Member’s number", "Goods", "On the scale", "Tare", "Counted in", "Place", "Lot", "Process", "Minutes"]


@pytest.fixture
def w():
    w = world()
    w.ben.number = "7"
    w.ben.save()
    start_process(by=w.ben, cooperative=w.fern, name="Roast", at=w.later())
    return w


ROWS = [
    HEAD,
    ["2026-11-23", "7", "Wet beans", "20.5", "0.5", "kg", "", "", "", ""],
    ["2026-11-23 09:30:00", "7", "", "", "", "", "", "", "roast-1", "90"],
    ["2026-11-23", "7", "Wet beans", "20.5", "0.5", "kg", "", "", "", ""],
]


def brought(w, rows=ROWS, **more):
    return import_contributions(cooperative=w.fern, rows=rows, by=w.tom, at=w.later(days=1), **more)


class TestImportContributions:
    def test_records_goods_and_hours_once(self, w):
        assert brought(w) == Brought(new=3, known=0)
        rows = contributions_of(w.fern, w.ada)
        assert [(row.net, row.minutes) for row in rows] == [(0, 90), (20_000, 0), (20_000, 0)]
        assert rows[0].at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
        assert brought(w) == Brought(new=0, known=3)
        assert brought(w, [*ROWS, ["2026-11-24", "7", "", "", "", "", "", "", "roast-1", "5"]]) == Brought(1, 3)
        assert len(contributions_of(w.fern, w.ada)) == 4

    def test_a_rehearsal_keeps_nothing(self, w):
        assert brought(w, is_rehearsal=True) == Brought(new=3, known=0)
        assert contributions_of(w.fern, w.ada) == []

    def test_names_row_and_column_of_all_that_is_wrong_and_takes_nothing(self, w):
        good = ROWS[1]
        wrong = {
            "Date": "tomorrow", "Member’s number": "99", "On the scale": "heavy", "Place": "Nowhere",
            "Process": "roast-1", "Tare": "20.5",
        }  # fmt: skip
        rows = [HEAD, good]
        for column, cell in wrong.items():
            rows.append([cell if head == column else was for head, was in zip(HEAD, good, strict=True)])
        rows.append(["2100-01-01", *good[1:]])
        with pytest.raises(TableRefused) as no:
            brought(w, rows)
        found = [(problem.row, problem.column) for problem in no.value.problems]
        assert found == [
            (3, "Date"), (4, "Member’s number"), (5, "On the scale"), (6, "Place"), (7, "Goods"), (8, "Goods"),
            (9, "Date"),
        ]  # fmt: skip
        assert contributions_of(w.fern, w.ada) == []
        with pytest.raises(TableRefused):
            brought(w, [["Weight"], ["3"]])

    def test_reads_french_heads_commas_and_days(self, w):
        with override("fr"):
            heads = ["Date", "Numéro du membre", "goods", "gross", "unit"]
            rows = [heads, ["23/11/2026", "7", "Fèves", "12,5", "kg"]]
            assert brought(w, rows) == Brought(1, 0)
        assert contributions_of(w.fern, w.ada)[0].net == 12_500

    def test_only_who_records_for_others_brings_a_table(self, w):
        with pytest.raises(NotAllowed):
            import_contributions(cooperative=w.fern, rows=ROWS, by=w.ben, at=w.later())

    def test_five_hundred_rows_are_one_or_none(self, w):
        rows = [HEAD, *(["2026-11-23", "7", "Wet beans", str(n), "", "kg", "", "", "", ""] for n in range(1, 501))]
        assert brought(w, rows) == Brought(500, 0)
        assert sum(row.net for row in contributions_of(w.fern, w.ada)) == 1000 * 500 * 501 // 2

    def test_five_hundred_rows_ask_the_database_no_more_often_than_five(self, w):
        def asked(rows, day):
            table = [[f"2026-11-{day}", "7", "Wet beans", str(n), "", "kg", "", "", "", ""] for n in range(1, rows, 2)]
            table += [[f"2026-11-{day}", "7", "", "", "", "", "", "", "roast-1", str(n)] for n in range(1, rows, 2)]
            with CaptureQueriesContext(connection) as found:
                assert brought(w, [HEAD, *table]).new == len(table)
            return len(found)

        few = asked(5, "21")
        assert asked(500, "22") == few < 30

    def test_lots_without_a_code_are_numbered_as_one_by_one(self, w):
        beans(w, 900)
        brought(w)
        assert [lot.code for lot in w.fern.lots.order_by("pk")] == ["wet-beans-1", "wet-beans-2", "wet-beans-3"]

    def test_a_lot_that_the_table_names_is_filled_row_by_row_and_not_once_it_was_drawn(self, w):
        row = [*ROWS[1][:7], "market-day", "", ""]
        assert brought(w, [HEAD, row, [*row[:3], "3", *row[4:]]]) == Brought(2, 0)
        lot = w.fern.lots.get(code="market-day")
        assert ledger.balance_of(lot.address, "g") == 22_500
        other = [*row[:2], "Dry beans", *row[3:]]
        put_in(by=w.ben, process=w.fern.processes.get(), lot=lot, quantity=1, at=w.later(), key=key())
        with pytest.raises(TableRefused) as no:
            brought(w, [HEAD, ROWS[1], [*row[:3], "4", *row[4:]], other])
        assert [(p.row, p.column, p.reason) for p in no.value.problems] == [
            (3, "Goods", "coops/fern/lots/market-day was already drawn from: open a new lot."),
            (4, "Goods", "Lot market-day holds Wet beans in g at Fern Cooperative. Open another lot for this."),
        ]  # fmt: skip

    def test_what_only_the_ledger_refuses_is_named_by_its_row(self, w):
        day = datetime(2026, 11, 20, tzinfo=UTC)
        close_period(owner="coops/fern", before=day, by=w.ada.address, at=w.at)
        with pytest.raises(TableRefused) as no:
            brought(w, [HEAD, ROWS[1], ["2026-11-19", *ROWS[1][1:]], ["2026-11-18", *ROWS[2][1:]]])
        assert [(p.row, p.column) for p in no.value.problems] == [(3, "Goods"), (4, "Process")]
        assert "closed" in no.value.problems[0].reason
        assert contributions_of(w.fern, w.ada) == [] and not w.fern.lots.exists()

    def test_a_member_who_had_left_gave_nothing_after(self, w):
        leave_cooperative(membership=w.ben, by=w.ben, at=w.later())
        with pytest.raises(TableRefused) as no:
            brought(w, [HEAD, ["2026-11-24", *ROWS[1][1:]]])
        assert [(p.row, p.column) for p in no.value.problems] == [(2, "Goods")]


class TestTables:
    @pytest.mark.parametrize(("kind", "write"), [("csv", write_csv), ("xlsx", write_xlsx)])
    def test_what_is_taken_away_brings_nothing_new(self, client, w, kind, write):
        brought(w)
        first = deliveries(w.fern, reader=w.ada)[0]
        correct_quantity(
            by=w.ada, entry=first.weighing.key, quantity=18_000, reason="Read wrongly", at=w.later(), key=key()
        )  # fmt: skip
        client.force_login(w.people["tom"])
        table = read_table(client.get(f"/cooperatives/fern/contributions.{kind}").content)
        assert len(table) == 4
        assert sorted(row[3] for row in table[1:]) == ["", "18.5", "20.5"]
        where = "/cooperatives/fern/tables/"
        answer = client.post(where, {"table": SimpleUploadedFile(f"t.{kind}", write(table)), "only_look": "on"})
        assert "0 would be recorded, 3 are in the books already" in answer.text

    def test_a_member_takes_the_own_rows_and_brings_none(self, client, w):
        brought(w)
        beans(w, 1_000, giver=w.tom)
        client.force_login(w.people["ben"])
        assert len(read_table(client.get("/cooperatives/fern/contributions.csv").content)) == 4
        assert 'value="contributions"' not in client.get("/cooperatives/fern/tables/").text
        table = SimpleUploadedFile("t.csv", write_csv(ROWS))
        assert client.post("/cooperatives/fern/tables/", {"table": table}).status_code == 403
        client.force_login(w.people["tom"])
        assert len(read_table(client.get("/cooperatives/fern/contributions.csv").content)) == 5

    def test_a_clerk_looks_sees_what_is_wrong_and_sends(self, client, w):
        client.force_login(w.people["tom"])
        where = "/cooperatives/fern/tables/"
        bad = write_csv([HEAD, ["2026-11-23", "99", *ROWS[1][2:]]])
        answer = client.post(where, {"table": SimpleUploadedFile("t.csv", bad), "only_look": "on"})
        assert answer.status_code == 422
        assert "We know no such member." in answer.text
        good = write_csv(ROWS)
        answer = client.post(where, {"table": SimpleUploadedFile("t.csv", good), "only_look": "on"})
        assert "3 would be recorded" in answer.text
        assert client.post(where, {"table": SimpleUploadedFile("t.csv", good)}).status_code == 302
        assert len(contributions_of(w.fern, w.ada)) == 3

    def test_lots_and_recipes_go_out_in_the_readers_language(self, client, w):
        lot = made(w, recipe(w))
        client.force_login(w.people["ben"])
        lots = read_table(client.get("/cooperatives/fern/lots.csv").content)
        row = next(row for row in lots if row[0] == lot.code)
        assert row[1:4] == ["Chocolate", "12", "kg"]
        assert "dark-72 1" in row
        told = read_table(client.get("/cooperatives/fern/recipes.xlsx", headers={"Accept-Language": "fr"}).content)
        assert "Licence" in told[0]
        assert "Nom court" in told[0]
        assert told[1][:6] == ["Dark 72", "1", "entre", "Wet beans", "50", "kg"]
        assert "dark-72" in told[1]


class TestApi:
    def test_recipes_are_public_and_a_secret_one_is_not(self, client, w):
        dark = recipe(w)
        (row,) = client.get("/api/1/recipes").json()
        assert (row["slug"], row["community"], row["license"]) == ("dark-72", "Fern Cooperative", "CC-BY-SA-4.0")
        assert client.get("/api/1/recipes?q=cheese").json() == []
        assert client.get("/api/1/recipes?page=2").json() == []
        said = client.get("/api/1/recipes/dark-72").json()
        assert said["says"]["outputs"] == dark.body["outputs"]
        assert client.get("/api/1/recipes/dark-72?version=9").status_code == 404
        set_label(by=w.ada, recipe=dark.recipe, code="TK-SS", text="Ours.", at=w.later())
        assert client.get("/api/1/recipes").json() == []
        assert client.get("/api/1/recipes/dark-72").status_code == 404
        client.force_login(w.people["ben"])
        assert client.get("/api/1/recipes/dark-72").json()["labels"][0]["text"] == "Ours."

    def test_a_plan_scales_and_looks_at_what_is_at_hand(self, client, w):
        recipe(w)
        beans(w, 30_000)
        client.force_login(w.people["ben"])
        where = "/api/1/cooperatives/fern/plan?recipe=dark-72"
        said = client.get(f"{where}&quantity=24000").json()
        assert said["needs"] == [
            {"goods": "Wet beans", "unit": "g", "quantity": 100_000, "at_hand": 30_000, "missing": 70_000}
        ]  # fmt: skip
        assert client.get(where).json()["wanted"] == 12_000
        for wrong in ("0", "-1", "many", "９"):
            assert client.get(f"{where}&quantity={wrong}").status_code in {400, 422}, wrong
        assert client.get("/api/1/cooperatives/fern/plan?recipe=none").status_code == 404

    def test_a_lot_is_told_backward_and_forward(self, client, w):
        lot = made(w, recipe(w))
        work(w, lot.process, 60)
        client.force_login(w.people["ben"])
        said = client.get(f"/api/1/cooperatives/fern/lots/{lot.code}").json()
        assert (said["filled"], said["left"], said["unit"]) == (12_000, 12_000, "g")
        assert {row["unit"] for row in said["given"]} >= {"g", "min"}
        client.force_login(w.dov)
        assert client.get(f"/api/1/cooperatives/fern/lots/{lot.code}").status_code == 404
