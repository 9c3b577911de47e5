"""The pages of the design commons: what everyone reads, what members write, and what a label keeps from others."""

import pytest

from cooperatives.queries import recipes as queries
from cooperatives.services.labels import set_label
from cooperatives.services.recipes import draft_version, publish_version
from tests.cooperatives.test_recipes import fork, made, recipe
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def sheet(**said):
    """What the sheet sends for a recipe of one input and one output."""
    counts = {"inputs": 1, "outputs": 1, "steps": 1, "energy": 0, "authors": 0, "adaptations": 1}
    data = {}
    for name, number in counts.items():
        data |= {f"{name}-TOTAL_FORMS": number, f"{name}-INITIAL_FORMS": 0}
    data |= {
        "name": "Milk 50", "license": "CC-BY-SA-4.0", "terms": "everyone", "readiness": "4", "allocation": "mass",
        "equipment": "Oven\nMould", "inputs-0-goods": "Wet beans", "inputs-0-quantity": "50.5", "inputs-0-unit": "kg",
        "outputs-0-goods": "Bars", "outputs-0-quantity": "400", "outputs-0-unit": "bar", "outputs-0-grams": "100",
        "outputs-0-value": "1", "steps-0-text": "Roast", "steps-0-minutes": "40",
    }  # fmt: skip
    return data | said


class TestRecipes:
    def test_everyone_finds_what_is_published(self, client):
        w = world()
        recipe(w)
        assert "Dark 72" in client.get("/recipes/").text
        assert "Dark 72" in client.get("/recipes/?q=wet+beans").text
        assert "Dark 72" not in client.get("/recipes/?q=cheese").text

    def test_a_secret_one_is_there_for_its_members_alone(self, client):
        w = world()
        dark = recipe(w)
        fork(w, dark)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-CO", text="Ours.", at=w.later())
        for person in (None, w.dov):
            if person:
                client.force_login(person)
            assert "Dark 72" not in client.get("/recipes/").text
            assert [client.get(f"/recipes/{s}/").status_code for s in ("dark-72", "milk-50")] == [404, 404]
        client.force_login(w.people["ben"])
        assert "Dark 72" in client.get("/recipes/").text
        assert [client.get(f"/recipes/{s}/").status_code for s in ("dark-72", "milk-50")] == [200, 200]


class TestRecipe:
    def test_shows_family_labels_and_where_it_was_made(self, client):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        dark = recipe(w)
        milk = fork(oak, dark, adaptations=[{"place": "Jura", "instead_of": "Cane", "uses": "Beet", "reason": "Near"}])
        made(oak, milk)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-NC", text="Shared at feasts.", at=w.later())
        page = client.get("/recipes/milk-50/").text
        for words in ("Shared at feasts.", "TK-NC", "refuses to list", "Beet", "Oak Mill, Jura", "chocolate-1"):
            assert words in page, words
        assert page.partition('svg class="family"')[2].partition("</svg>")[0].count("<rect") == 2
        assert "Set a label" not in page

    def test_an_old_version_can_be_read(self, client):
        w = world()
        dark = recipe(w)
        body = dark.body | {"name": "Dark 75"}
        draft = draft_version(by=w.ada, recipe=dark.recipe, said=body, at=w.later())
        publish_version(by=w.ada, version=draft, at=w.later())
        assert '<h1 id="name">Dark 75' in client.get("/recipes/dark-72/").text
        assert '<h1 id="name">Dark 72' in client.get("/recipes/dark-72/?version=1").text


class TestSheet:
    def test_a_fork_is_written_published_and_labelled(self, client):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        recipe(w)
        client.force_login(oak.people["ada"])
        page = client.get("/cooperatives/oak/recipes/new/?from=dark-72").text
        assert 'value="dark-72@1"' in page
        assert 'value="50"' in page
        said = sheet(parents="dark-72@1", **{"adaptations-0-place": "Jura", "adaptations-0-uses": "Beet sugar"})
        assert client.post("/cooperatives/oak/recipes/draft", said).status_code == 302
        draft = queries.recipes_of(oak.fern)[0]
        assert draft.body["inputs"] == [{"goods": "Wet beans", "unit": "g", "quantity": 50_500}]
        assert draft.body["parents"] == [["dark-72", 1]]
        assert draft.body["equipment"] == ["Oven", "Mould"]
        assert client.get("/recipes/milk-50/").status_code == 404
        client.post("/cooperatives/oak/recipes/milk-50/publish")
        client.post(
            "/cooperatives/oak/recipes/milk-50/label", {"code": "TK-S", "text": "Winter.", "months": ["1", "12"]}
        )
        page = client.get("/recipes/milk-50/").text
        assert "Winter." in page
        assert queries.labels_on(["milk-50"])[0].months == [1, 12]
        client.post("/cooperatives/oak/recipes/milk-50/label/TK-S")
        assert queries.labels_on(["milk-50"]) == []

    def test_what_cannot_be_read_comes_back_with_its_words(self, client):
        w = world()
        client.force_login(w.people["ben"])
        answer = client.post("/cooperatives/fern/recipes/draft", sheet(license="Mine-1.0"))
        assert answer.status_code == 422
        assert "SPDX list" in answer.text
        assert 'value="Milk 50"' in answer.text
        assert queries.recipes_of(w.fern) == []

    def test_a_permission_names_a_cooperative_that_is_there(self, client):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        dark = recipe(w)
        client.force_login(w.people["ada"])
        where = "/cooperatives/fern/recipes/dark-72/permit"
        assert client.post(where, {"cooperative": "elm"}).status_code == 400
        assert client.post(where, {"cooperative": "oak", "words": "A tenth back."}).status_code == 302
        assert "A tenth back." in client.get("/recipes/dark-72/").text
        assert queries.permitted(oak.fern, ["dark-72"]) == {"dark-72"}
        assert dark.number == 1
