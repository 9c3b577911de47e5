"""Recipes in the books: the chain of a lot names what it follows, and cooperatives that make by one are compared."""

from fractions import Fraction

import pytest

from cooperatives.services.energy import use_energy
from cooperatives.services.labels import set_label
from cooperatives.services.making import Output as Made
from cooperatives.services.making import finish_process, put_in, start_process
from cooperatives.services.people import admit_member
from ledger.rules.laws import WHOLE
from market.services.settlements import divide_period
from reports.queries import Reader, compare
from tests.cooperatives.test_recipes import fork, made, recipe
from tests.market.goods import bought, on_shelf, stall
from tests.world import agreed, beans, key, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def batch(w, version, gave=12_000, minutes=(360,), watt_hours=0):
    """A batch of so many grams, with so many minutes by each of some workers."""
    process = start_process(by=w.ben, cooperative=w.fern, name="Batch", recipe=version, at=w.later())
    put_in(by=w.ben, process=process, lot=beans(w), quantity=50_000, at=w.later(), key=key())
    for n, spent in enumerate(minutes):
        member = w.ben
        if n:
            about = {"cooperative": w.fern, "name": f"Hand {n}", "place": "gh/ashanti/kumasi", "roles": ["member"]}
            member = admit_member(**about, at=w.later(), by=w.ada)
        work(w, process, spent, member)
    if watt_hours:
        use_energy(
            by=w.ben, process=process, source="made-here", origin="sun", watt_hours=watt_hours, at=w.later(), key=key()
        )  # fmt: skip
    outputs = [Made(None, "Chocolate", "g", gave, w.hub, WHOLE)]
    (lot,) = finish_process(
        by=w.ben, process=process, outputs=outputs, rest_to="nature/air", at=w.later(), key=key("finish")
    )
    return lot


class TestMaking:
    def test_names_recipes_with_version_and_licence_energy_and_the_way_forward(self, client):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        stall(w)
        dark = recipe(w)
        milk = fork(oak, dark)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-A", text="Of the women of Kumasi.", at=w.later())
        lot = batch(w, dark, watt_hours=4_000)
        process = start_process(by=w.ben, cooperative=w.fern, name="Again", recipe=milk, at=w.later())
        put_in(by=w.ben, process=process, lot=lot, quantity=6_000, at=w.later(), key=key())
        page = client.get(f"/books/lots/fern/{lot.code}/making/").text.replace("\u00a0", " ")
        for words in ("Dark 72", "version 1", "CC-BY-SA-4.0", "Of the women of Kumasi.", "Energy, made here", "4 kWh"):
            assert words in page, words
        assert "Being made into something" in page
        outputs = [Made(None, "Milk", "g", 5_000, w.hub, WHOLE)]
        (onward,) = finish_process(
            by=w.ben, process=process, outputs=outputs, rest_to="nature/air", at=w.later(), key=key("finish")
        )
        bought(w, on_shelf(w, lot, price=1_000, unit_quantity=1_000), 2)
        page = client.get(f"/books/lots/fern/{lot.code}/making/").text
        assert f'href="/books/lots/fern/{onward.code}/making/"' in page
        assert "Sold to buyers as it is" in page
        page = client.get(f"/books/lots/fern/{onward.code}/making/").text
        assert page.count("CC-BY-SA-4.0") == 2, "both recipes, the one before too"

    def test_a_secret_recipe_is_counted_and_not_named(self, client):
        w = world()
        dark = recipe(w)
        lot = made(w, dark)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-SS", text="Ours.", at=w.later())
        page = client.get(f"/books/lots/fern/{lot.code}/making/").text
        assert "One more recipe is kept by its community." in page
        assert "Dark 72" not in page
        assert "Dark 72" not in client.get(f"/books/lots/fern/{lot.code}/chain/").text
        assert "dark-72" not in client.get(f"/books/lots/fern/{lot.code}/chain/").text
        for file in (f"/books/lots/fern/{lot.code}/figures.csv", f"/api/1/reports/lots/fern/{lot.code}/"):
            answer = client.get(file)
            assert answer.status_code == 200 and "recipe" in answer.text, file
            assert "dark-72" not in answer.text and "Dark 72" not in answer.text, file
        client.force_login(w.people["ben"])
        assert "Dark 72" in client.get(f"/books/lots/fern/{lot.code}/making/").text


class TestCompare:
    def test_yields_hours_energy_and_what_stays(self, client, settings):
        settings.OPEN_BOOKS = False
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        dark = recipe(w)
        stall(w)
        agreed(w)
        first = batch(w, dark, 12_000, minutes=(60, 60, 60, 60, 60), watt_hours=6_000)
        batch(w, dark, 6_000)
        batch(oak, dark, 12_000)
        bought(w, on_shelf(w, first, price=1_000, unit_quantity=1_000), 2)
        divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
        found = compare("dark-72", Reader(), at=w.later())
        fern, other = found.uses
        assert found.is_by_weight
        assert (fern.cooperative.slug, fern.batches, fern.yielded) == ("fern", 2, Fraction(18, 24))
        assert fern.minutes == Fraction(300 + 360, 18)
        assert fern.watt_hours == {"made-here": Fraction(6_000, 18)}
        assert fern.sold.price == 2_000
        assert fern.sold.known > 0
        assert other.is_withheld, "one pair of hands is nobody else's business"
        assert other.minutes is None
        page = client.get("/books/recipes/dark-72/").text.replace("\u00a0", " ")
        for words in ("Fern Cooperative", "Oak Mill", "75.0%", "37 min", "withheld"):
            assert words in page, words
        assert "/books/recipes/dark-72/" in client.get("/recipes/dark-72/").text

    def test_asks_no_more_for_more_makers(self, django_assert_max_num_queries):
        w = world()
        dark = recipe(w)
        for maker in (w, world("oak", "Oak Mill", "fr/jura"), world("elm", "Elm Mill", "fr/jura")):
            stall(maker)
            bought(maker, on_shelf(maker, batch(maker, dark), price=1_000, unit_quantity=1_000), 1)
        with django_assert_max_num_queries(10):
            found = compare("dark-72", Reader(), at=w.later())
        assert [use.sold.price for use in found.uses] == [1_000, 1_000, 1_000]

    def test_a_batch_of_which_nothing_was_expected_counts_in_no_yield(self, client):
        """What went in is nothing that the recipe asks for, so the recipe says nothing of what should come out."""
        w = world()
        dark = recipe(w)
        batch(w, dark, 6_000)
        process = start_process(by=w.ben, cooperative=w.fern, name="By hand", recipe=dark, at=w.later())
        work(w, process, 60)
        outputs = [Made(None, "Chocolate", "g", 5_000, w.hub, WHOLE)]
        finish_process(by=w.ben, process=process, outputs=outputs, rest_to=None, at=w.later(), key=key("finish"))
        (use,) = compare("dark-72", Reader(), at=w.later()).uses
        assert (use.batches, use.yielded) == (2, Fraction(1, 2))

    def test_an_auditor_sees_all_and_a_stranger_no_secret(self, client, settings):
        settings.OPEN_BOOKS = False
        w = world()
        dark = recipe(w)
        batch(w, dark)
        about = {"cooperative": w.fern, "name": "Eve", "place": None, "roles": ["auditor"], "member": w.dov}
        auditor = admit_member(**about, at=w.later(), by=w.ada)
        assert compare("dark-72", Reader(), at=w.later()).uses[0].minutes is None
        assert compare("dark-72", Reader((auditor,)), at=w.later()).uses[0].minutes == 30
        set_label(by=w.ada, recipe=dark.recipe, code="TK-SS", text="Ours.", at=w.later())
        assert client.get("/books/recipes/dark-72/").status_code == 404
        client.force_login(w.people["ben"])
        assert client.get("/books/recipes/dark-72/").status_code == 200
        assert client.get("/books/recipes/none/").status_code == 404
