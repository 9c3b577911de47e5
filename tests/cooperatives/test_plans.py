"""Plans down to raw goods, batches beside their recipe, and joint products by its declared allocation."""

from fractions import Fraction

import pytest

from cooperatives.queries import plans as queries
from cooperatives.queries import process as found_process
from cooperatives.rules.plans import CircularRecipes, beside, goods_of, plan
from cooperatives.rules.recipes import read_design
from cooperatives.services.making import NotInTheRecipe, Output, PartsNotWhole, finish_process, put_in, start_process
from ledger.queries import balances
from tests.cooperatives.test_recipes import made, recipe
from tests.world import NOON, beans, key, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def design(name, outputs, inputs, **more):
    rows = [[{"goods": g, "unit": "g", "quantity": n} for g, n in side] for side in (inputs, outputs)]
    return read_design({"name": name, "license": "CC0-1.0", "inputs": rows[0], "outputs": rows[1], **more})


BAR = design("Bar", [("Bar", 100)], [("Mass", 70), ("Sugar", 30)], steps=[{"text": "Mould", "minutes": 3}])
MASS = design("Mass", [("Mass", 800), ("Shell", 200)], [("Beans", 1_000)])
PRALINE = design("Praline", [("Praline", 10)], [("Bar", 5), ("Mass", 5)])


class TestPlan:
    def test_explodes_to_raw_goods_and_adds_up_what_is_shared(self):
        known = {goods_of(d.product.goods, "g"): d for d in (BAR, MASS)}
        made = plan(PRALINE, 1_000, known)
        assert [batch.design.name for batch in made.batches] == ["Mass", "Bar", "Praline"]
        assert made.raw == {("beans", "g"): 1_063, ("sugar", "g"): 150}  # 850 of mass: 500, and 350 in the bars
        assert made.batches[1].times == Fraction(5) and made.minutes == 15

    def test_a_recipe_alone_is_scaled_and_rounded_up(self):
        assert plan(BAR, 33, {}).raw == {("mass", "g"): 24, ("sugar", "g"): 10}

    def test_refuses_goods_made_of_themselves(self):
        loop = design("Beans", [("Beans", 1)], [("Praline", 1)])
        known = {goods_of(d.product.goods, "g"): d for d in (BAR, MASS, loop)}
        with pytest.raises(CircularRecipes):
            plan(PRALINE, 1, known)


class TestBeside:
    def test_scales_to_what_went_in_and_names_what_is_off(self):
        rows = beside(MASS, {("beans", "g"): 500}, {("mass", "g"): 300, ("dust", "g"): 5}, {"g": 1})
        said = [(row.goods, row.expected, row.actual, row.is_off) for row in rows]
        assert said == [
            ("Beans", 500, 500, False), ("Mass", 400, 300, True), ("Shell", 100, 0, True), ("dust", None, 5, True),
        ]  # fmt: skip

    def test_what_has_no_mass_scales_by_its_first_input(self):
        course = design("Course", [("Seats", 12)], [("Hours", 6)])
        assert beside(course, {("hours", "g"): 3}, {}, {"g": None})[1].expected == 6


CHEESE = {
    "name": "Cheese", "license": "CC0-1.0", "inputs": [{"goods": "Wet beans", "unit": "g", "quantity": 100_000}],
    "outputs": [
        {"goods": "Cheese", "unit": "g", "quantity": 10_000, "value": 9},
        {"goods": "Whey", "unit": "g", "quantity": 85_000, "value": 1},
        {"goods": "Rind", "unit": "g", "quantity": 1_000, "is_scrap": True},
    ],
}  # fmt: skip


def ended(w, version, *outputs):
    process = start_process(by=w.ben, cooperative=w.fern, name="Cheese", recipe=version, at=NOON)
    put_in(by=w.ben, process=process, lot=beans(w, 100_000), quantity=100_000, at=NOON, key=key())
    made = [Output(None, goods, "g", quantity, w.hub, *parts) for goods, quantity, *parts in outputs]
    lots = finish_process(by=w.ben, process=process, outputs=made, rest_to="nature/air", at=NOON, key=key("finish"))
    held = {h.address: h.quantity for h in balances(prefix="coops/fern/lots/") if h.unit == "part"}
    return process, [held.get(lot.address, 0) for lot in lots]


class TestJointProducts:
    @pytest.mark.parametrize(("allocation", "parts"), [("mass", [1_200, 8_800]), ("economic", [5_510, 4_490])])
    def test_share_what_went_in_as_the_recipe_declares(self, allocation, parts):
        w = world()
        version = recipe(w, **(CHEESE | {"allocation": allocation}))
        _, shared = ended(w, version, ("Cheese", 12_000), ("Whey", 88_000))
        assert shared == parts

    def test_scrap_is_a_lot_without_a_part(self):
        w = world()
        _, shared = ended(w, recipe(w, **CHEESE), ("Cheese", 10_000), ("Rind", 2_000))
        assert shared == [10_000, 0]

    def test_never_silently(self):
        w = world()
        version = recipe(w, **CHEESE)
        with pytest.raises(NotInTheRecipe):
            ended(w, version, ("Cheese", 10_000), ("Ricotta", 5_000))
        with pytest.raises(PartsNotWhole):
            ended(w, None, ("Cheese", 10_000), ("Ricotta", 5_000))
        assert ended(w, version, ("Cheese", 10_000, 7_000), ("Ricotta", 5_000, 3_000))[1] == [7_000, 3_000]


class TestPages:
    def test_a_plan_shows_what_is_missing_and_what_was_observed(self, client):
        w = world()
        version = recipe(w)
        work(w, made(w, version).process, 90)
        beans(w, 20_000)
        client.force_login(w.people["ben"])
        page = client.get("/cooperatives/fern/plan/?recipe=dark-72&quantity=24").text.replace("\N{NO-BREAK SPACE}", " ")
        for words in ("100 kg", "20 kg", "80 kg", "100%", "1 h 30 min"):
            assert words in page, words
        assert client.get("/cooperatives/fern/plan/?recipe=dark-72&quantity=x").status_code == 400
        assert client.get("/cooperatives/fern/plan/").status_code == 200

    def test_a_batch_follows_its_recipe_from_start_to_finish(self, client):
        w = world()
        recipe(w, **CHEESE)
        lot = beans(w, 50_000)
        client.force_login(w.people["ben"])
        client.post("/cooperatives/fern/making/start", {"name": "Cheese", "recipe": "cheese"})
        process = found_process("fern", "cheese-1")
        put_in(by=w.ben, process=process, lot=lot, quantity=50_000, at=w.later(), key=key())
        page = client.get("/cooperatives/fern/making/cheese-1/").text
        assert 'value="Whey"' in page and 'value="42.5"' in page
        said = {
            "key": "page/01234567-89ab-cdef-0123-456789abcdef", "form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 0,
            "form-0-goods": "Cheese", "form-0-quantity": "3", "form-0-unit": "kg",
            "form-1-goods": "Whey", "form-1-quantity": "42.5", "form-1-unit": "kg", "rest": "nature/air",
        }  # fmt: skip
        assert client.post("/cooperatives/fern/making/cheese-1/finish", said).status_code == 302
        page = client.get("/cooperatives/fern/making/cheese-1/").text
        assert "Less than expected" in page
        observed = queries.observed_in(found_process("fern", "cheese-1"))
        assert observed is not None and observed.yielded == Fraction(3, 5)
