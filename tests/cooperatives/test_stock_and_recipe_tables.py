"""First stock and recipes from tables: declared, looked at first, all or nothing, once; and out again the same."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from cooperatives.models import Lot, Recipe
from cooperatives.rules.lineage import embodied
from cooperatives.rules.tables import read_table, write_csv, write_xlsx
from cooperatives.services.lot_files import import_lots
from cooperatives.services.making import declare_piece
from cooperatives.services.recipe_tables import import_recipes
from cooperatives.services.recipes import draft_recipe, draft_version, publish_version
from cooperatives.services.table_cells import Brought, TableRefused
from ledger.queries import balance_of, entries_touching
from ledger.rules.refusal import NotAllowed
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.queries import trail_behind
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf
from tests.world import NOON, agreed, beans, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

LOTS = [
    ["Lot", "Goods", "Left", "Counted in", "Grams of one piece", "Place", "Opened", "Best before", "How we know"],
    ["old-1", "Wet beans", "120.5", "kg", "", "", "2026-10-01", "", ""],
    ["old-2", "Dark 72", "400", "bar", "100", "fern", "", "2027-05-01", "Both signed"],
    ["course", "A course taught", "12", "seat", "0", "", "", "", ""],
]
RECIPE_HEAD = [
    "Recipe",
    "Version",
    "Line",
    "What",
    "How much",
    "Counted in",
    "Grams of one piece",
    "Minutes",
    "Licence",
]
RECIPES = [
    RECIPE_HEAD,
    ["Dark 72", "1", "goes in", "Wet beans", "50", "kg", "", "", "CC-BY-SA-4.0"],
    ["", "", "comes out", "Chocolate", "400", "bar", "100", "", ""],
    ["", "", "scrap", "Shells", "4.5", "kg", "", "", ""],
    ["", "", "step", "Roast", "", "", "", "90", ""],
    ["", "", "energy", "made here", "12", "kWh", "", "", ""],
    ["", "", "equipment", "A drum roaster", "", "", "", "", ""],
]


@pytest.fixture
def w():
    return world()


def stock(w, rows=LOTS, **more):
    said = {"cooperative": w.fern, "rows": rows, "by": w.tom, "at": w.later(days=1)}
    return import_lots(**said | more)


def recipes(w, rows=RECIPES, **more):
    said = {"cooperative": w.fern, "rows": rows, "by": w.ada, "at": w.later(days=1)}
    return import_recipes(**said | more)


class TestImportLots:
    def test_opens_lots_of_unknown_origin_as_declared_once(self, w):
        assert stock(w) == Brought(new=3, known=0)
        old, new = (w.fern.lots.get(code=code) for code in ("old-1", "old-2"))
        assert balance_of(old.address, "g") == 120_500 and balance_of(new.address, "bar") == 400
        assert new.best_before == date(2027, 5, 1)
        (first,) = entries_touching([old.address])
        (second,) = entries_touching([new.address])
        assert (first.action, first.purpose, first.evidence) == ("raise", "opening", "declared")
        assert first.flows[0].giver == "unknown/opening/opening" and first.at.date() == date(2026, 10, 1)
        assert second.evidence == "two-sided"
        assert stock(w) == Brought(new=0, known=3)
        publish_checkpoint()
        assert verify_log().agrees

    def test_a_rehearsal_keeps_nothing(self, w):
        assert stock(w, is_rehearsal=True) == Brought(new=3, known=0)
        assert not Lot.objects.exists()

    def test_names_row_and_column_of_all_that_is_wrong_and_takes_nothing(self, w):
        beans(w, 1_000, code="wet-1")
        rows = [
            LOTS[0],
            LOTS[1],
            ["wet-1", "Cocoa butter", "1", "kg", "", "", "", "", ""],
            ["old-3", "", "1", "kg", "", "", "", "", ""],
            ["old-4", "Jars", "1", "jar", "", "", "", "", ""],
            ["old-5", "Wet beans", "much", "kg", "", "", "", "", ""],
            ["old-6", "Wet beans", "1", "kg", "", "Nowhere", "", "", ""],
            ["old-7", "Wet beans", "1", "kg", "", "", "2100-01-01", "", ""],
            ["old-8", "Wet beans", "1", "kg", "", "", "", "", "Guessed"],
            ["old-9", "Wet beans", "0", "kg", "", "", "", "", ""],
        ]
        with pytest.raises(TableRefused) as no:
            stock(w, rows)
        assert [(problem.row, problem.column) for problem in no.value.problems] == [
            (3, "Lot"), (4, "Goods"), (5, "Grams of one piece"), (6, "Left"), (7, "Place"), (8, "Opened"),
            (9, "How we know"), (10, "Lot"),
        ]  # fmt: skip
        assert no.value.problems[-1].reason == "Say how much, above zero."
        assert w.fern.lots.count() == 1
        with pytest.raises(TableRefused):
            stock(w, [["Weight"], ["3"]])
        with pytest.raises(TableRefused):
            stock(w, [["Lot"], ["old-1"]])

    def test_only_who_records_for_others_brings_it(self, w):
        oak = world("oak", "Oak")
        for by in (w.ben, oak.ada):
            with pytest.raises(NotAllowed):
                stock(w, by=by)

    def test_what_it_earns_goes_to_nobody_unknown(self, w):
        """Nobody gave it, so the agreement's rates find nobody, and what no step takes stays in reserve."""
        agreed(w)
        stock(w)
        bought(w, on_shelf(w, w.fern.lots.get(code="old-2")), 10)
        (row,) = divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
        assert sum(row.parts["parts"].values()) == row.amount
        assert not [account for account in row.parts["parts"] if account.startswith(("unknown/", "members/"))]

    def test_a_report_says_that_nobody_knows_where_it_is_from(self, w, client):
        stock(w)
        lot = w.fern.lots.get(code="old-2")
        on_shelf(w, lot)
        sources = embodied(lot.path, trail_behind({lot.path}).facts)
        assert {source.giver for source in sources} == {"unknown/opening/opening"}
        page = client.get(f"/books/lots/fern/{lot.code}/chain/").text
        assert "There before" in page or "from before the books" in page


class TestImportRecipes:
    def test_drafts_what_the_rows_say_once(self, w):
        assert recipes(w) == Brought(new=1, known=0)
        version = Recipe.objects.get(slug="dark-72").versions.get()
        assert version.published_at is None
        assert version.body["inputs"] == [{"goods": "Wet beans", "unit": "g", "quantity": 50_000}]
        assert [(row["goods"], row["quantity"], row["is_scrap"]) for row in version.body["outputs"]] == [
            ("Chocolate", 400, False), ("Shells", 4_500, True)
        ]  # fmt: skip
        assert version.body["steps"] == [{"text": "Roast", "minutes": 90}]
        assert version.body["energy"] == [{"source": "made-here", "watt_hours": 12_000}]
        assert version.body["equipment"] == ["A drum roaster"]
        assert recipes(w) == Brought(new=0, known=1)

    def test_a_next_version_publishes_the_one_before_and_keeps_its_authors(self, w):
        recipes(w)
        recipe = Recipe.objects.get(slug="dark-72")
        said = recipe.versions.get().body | {"authors": [{"who": w.ben.address, "role": "roaster", "minutes": 60}]}
        draft_version(by=w.ada, recipe=recipe, said=said, at=w.later())
        second = [RECIPE_HEAD, ["Dark 72", "2", *RECIPES[1][2:4], "48", *RECIPES[1][5:]], *RECIPES[2:]]
        # Only a steward publishes, so a member's table with a second version is refused as a whole.
        with pytest.raises(TableRefused):
            recipes(w, second, by=w.ben)
        assert recipe.versions.count() == 1
        assert recipes(w, second) == Brought(new=1, known=0)
        two, one = recipe.versions.all()
        assert one.published_at and not two.published_at
        assert two.body["inputs"][0]["quantity"] == 48_000
        assert two.body["authors"][0]["who"] == w.ben.address
        assert recipes(w, [*RECIPES, *second[1:]]) == Brought(new=0, known=2)

    def test_a_rehearsal_keeps_nothing(self, w):
        assert recipes(w, is_rehearsal=True) == Brought(new=1, known=0)
        assert not Recipe.objects.exists()

    def test_names_row_and_column_of_what_is_wrong_and_takes_nothing(self, w):
        recipes(w, [RECIPE_HEAD, ["Milk 50", "1", "out", "Chocolate", "4", "kg", "", "", ""]])
        rows = [
            *RECIPES,
            ["Milk 50", "1", "out", "Chocolate", "5", "kg", "", "", ""],
            ["Butter", "2", "out", "Butter", "5", "kg", "", "", ""],
            ["Husks", "1", "aside", "Husks", "5", "kg", "", "", ""],
            ["Tea", "1", "out", "Tea", "some", "kg", "", "", ""],
            ["Jam", "1", "out", "Jam", "5", "glass", "", "", ""],
            ["Water", "1", "in", "Water", "5", "kg", "", "", ""],
            ["Salt", "one", "out", "Salt", "5", "kg", "", "", ""],
        ]
        with pytest.raises(TableRefused) as no:
            recipes(w, rows)
        assert sorted((problem.row, problem.column) for problem in no.value.problems) == [
            (8, "Version"), (9, "Version"), (10, "Line"), (11, "How much"), (12, "Grams of one piece"), (13, "Recipe"),
            (14, "Version"),
        ]  # fmt: skip
        assert Recipe.objects.count() == 1

    def test_a_clerk_of_another_cooperative_brings_none(self, w):
        oak = world("oak", "Oak")
        with pytest.raises(NotAllowed):
            recipes(w, by=oak.ada)


class TestPages:
    @pytest.mark.parametrize(("kind", "write"), [("csv", write_csv), ("xlsx", write_xlsx)])
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_what_is_taken_away_brings_nothing_new(self, client, w, kind, write, language):
        stock(w)
        declare_piece(by=w.ada, code="bar", grams=100, at=NOON)
        said = {
            "name": "Truffle", "license": "CC-BY-SA-4.0", "terms": "peers", "readiness": 5, "allocation": "economic",
            "inputs": [{"goods": "Wet beans", "unit": "g", "quantity": 1_500}],
            "outputs": [{"goods": "Truffle", "unit": "bar", "quantity": 20, "value": 3},
                        {"goods": "Shells", "unit": "g", "quantity": 100, "is_scrap": True}],
            "steps": [{"text": "Roll", "minutes": 40}], "energy": [{"source": "bought", "watt_hours": 1_500}],
            "equipment": ["A marble slab"], "source": "https://truffle.example/",
        }  # fmt: skip
        version = draft_recipe(by=w.ada, cooperative=w.fern, said=said, at=w.later())
        publish_version(by=w.ada, version=version, at=w.later())
        client.force_login(w.people["ada"])
        for what, many in (("lots", 3), ("recipes", 1)):
            speaking = {"Accept-Language": language}
            table = read_table(client.get(f"/cooperatives/fern/{what}.{kind}", headers=speaking).content)
            sent = {"what": what, "table": SimpleUploadedFile(f"t.{kind}", write(table)), "only_look": "on"}
            answer = client.post("/cooperatives/fern/tables/", sent, headers=speaking)
            assert answer.status_code == 200, answer.content.decode()
            with override(language):
                assert (f"0 would be recorded, {many} are" if language == "en" else f"{many} ") in answer.text

    def test_a_clerk_looks_sees_what_is_wrong_and_sends(self, client, w):
        client.force_login(w.people["tom"])
        bad = [LOTS[0], ["old-1", "Wet beans", "much", "kg", "", "", "", "", ""]]
        sent = {"what": "lots", "table": SimpleUploadedFile("t.csv", write_csv(bad)), "only_look": "on"}
        answer = client.post("/cooperatives/fern/tables/", sent)
        assert answer.status_code == 422 and "What is wrong in the table" in answer.text
        sent = {"what": "lots", "table": SimpleUploadedFile("t.csv", write_csv(LOTS))}
        assert client.post("/cooperatives/fern/tables/", sent).status_code == 302
        assert w.fern.lots.count() == 3

    def test_a_member_brings_recipes_but_no_stock(self, client, w):
        client.force_login(w.people["ben"])
        page = client.get("/cooperatives/fern/tables/").text
        assert "Bring recipes in" in page and "Bring your first stock in" not in page
        sent = {"what": "lots", "table": SimpleUploadedFile("t.csv", write_csv(LOTS))}
        assert client.post("/cooperatives/fern/tables/", sent).status_code == 403
        sent = {"what": "recipes", "table": SimpleUploadedFile("t.csv", write_csv(RECIPES))}
        assert client.post("/cooperatives/fern/tables/", sent).status_code == 302
        assert Recipe.objects.get().slug == "dark-72"
        assert client.post("/cooperatives/fern/tables/", {"what": "nothing"}).status_code == 404
