"""Signed bundles: a recipe leaves one market with its lineage and labels, and another keeps and obeys them."""

import json
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cooperatives.models import Bundle, Letter, Recipe
from cooperatives.queries import recipes as queries
from cooperatives.rules.bundles import (
    FORMAT,
    BundleTampered,
    NoBundle,
    Permitted,
    _signed_text,
    read_bundle,
    write_bundle,
)
from cooperatives.services.bundles import BundleContradicts, NewerIsKnown, SignerChanged, bring_bundle, sign_bundle
from cooperatives.services.labels import (
    LabelForbidsSale,
    PermissionNeeded,
    declare_ownership,
    lift_label,
    refuse_forbidden_sale,
    set_label,
)
from cooperatives.services.people import UnreadableName
from cooperatives.services.permissions import permit_sale, permit_sale_elsewhere
from cooperatives.services.recipes import DescendsFromIt, FromElsewhere, draft_version, publish_version
from ledger.queries import document
from ledger.rules.notes import Note, SignerKey
from ledger.rules.refusal import NotAllowed
from tests.cooperatives.test_recipes import DARK, fork, made, recipe
from tests.market.goods import on_shelf, stall
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

THERE = SignerKey("oak.example/log", bytes(range(32)))


@pytest.fixture
def there(settings):
    """What another market signs, about recipes that it wrote under its own name."""

    def sign(w, name="Milk 50", at=None, key=THERE, **of):
        bundle = read_bundle(sign_bundle(recipe=Recipe.objects.get(name=name, origin=""), at=at or w.later()))
        grams, moved = bundle.grams, []
        for each in bundle.recipes:
            names = {r.slug: f"far-{r.slug}" for r in bundle.recipes}
            fields = {f: getattr(each, f) for f in ("name", "community", "versions", "labels")} | of
            for version in each.versions:
                parents = version.body.get("parents", ())
                version.body["parents"] = [[names[slug], number] for slug, number in parents]
            far = names[each.slug]
            moved.append(type(each)(slug=far, origin="oak.example/log", name_there=far, **fields))
        slug = f"far-{bundle.recipe}"
        return write_bundle(recipe=slug, recipes=moved, grams=grams, made_at=bundle.made_at, key=key)

    return sign


def resigned(content, change, key=THERE):
    """The same bundle with something changed, and signed anew by its own market."""
    bundle = read_bundle(content)
    recipes = list(bundle.recipes)
    change(recipes)
    return write_bundle(
        recipe=bundle.recipe, recipes=recipes, grams=bundle.grams, made_at=bundle.made_at, key=key
    )  # fmt: skip


def family(w):
    """Dark, by agreement only and not for sale, and Milk made from it."""
    dark = recipe(w, terms="agreement", authors=[{"who": w.ben.address, "role": "maker", "minutes": 5}])
    set_label(by=w.ada, recipe=dark.recipe, code="TK-NC", text="Shared at feasts.", at=w.later())
    return dark, fork(w, dark)


class TestSignBundle:
    def test_holds_the_lineage_labels_and_licences_and_names_nobody_who_did_not_ask(self, client):
        w = world()
        family(w)
        answer = client.get("/recipes/milk-50/bundle.json")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="milk-50.bundle.json"'
        bundle = read_bundle(answer.content)
        assert bundle.origin == "rennet.example/log"
        assert {each.slug: [a.code for a in each.labels] for each in bundle.recipes} == {
            "dark-72": ["TK-NC"], "milk-50": [],
        }  # fmt: skip
        dark = next(each for each in bundle.recipes if each.slug == "dark-72")
        assert dark.versions[0].body["license"] == "CC-BY-SA-4.0"
        assert dark.versions[0].credits == ()
        assert "Ben" not in answer.text

    def test_a_secret_recipe_is_given_away_by_its_own_members_alone(self, client):
        w, oak = world(), world("oak", "Oak")
        dark = recipe(w)
        fork(oak, dark)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-SS", text="Ours.", at=w.later())
        for person, met in ((w.dov, [404, 404]), (oak.people["ada"], [404, 404]), (w.people["ben"], [200, 404])):
            client.force_login(person)
            assert [client.get(f"/recipes/{s}/bundle.json").status_code for s in ("dark-72", "milk-50")] == met


class TestReadBundle:
    @pytest.mark.parametrize(
        "change",
        [
            lambda f: f.update(words=f["words"].replace("TK-NC", "TK-OC")),
            lambda f: f.update(words=f["words"].replace("Shared at feasts.", "Sell it.")),
            lambda f: f.update(key=str(SignerKey("rennet.example/log", os.urandom(32)).verifier)),
            lambda f: f.update(note=f["note"].replace("rennet.example/log\n", "other.example/log\n", 1)),
            lambda f: f.update(note=f["note"][: f["note"].index("—")]),
        ],
    )
    def test_refuses_what_was_changed_after_signing(self, change):
        w = world()
        family(w)
        file = json.loads(sign_bundle(recipe=Recipe.objects.get(name="Milk 50"), at=w.later()))
        change(file)
        with pytest.raises((BundleTampered, NoBundle)):
            read_bundle(json.dumps(file).encode())
        with pytest.raises((BundleTampered, NoBundle)):
            bring_bundle(by=w.ada, cooperative=w.fern, content=json.dumps(file).encode(), at=w.later())
        assert not Bundle.objects.exists()

    @pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b'{"format": "rennet-bundle/v1"}', b"\xff{"])
    def test_refuses_what_is_none(self, content):
        with pytest.raises(NoBundle):
            read_bundle(content)

    def test_a_checkpoint_is_no_bundle(self):
        note = f"rennet-bundle/v1\n4\n{'A' * 43}=\n"
        file = {"format": "rennet-bundle/v1", "key": str(THERE.verifier), "words": "{}",
                "note": f"{note}\n{THERE.sign(note)}\n"}  # fmt: skip
        with pytest.raises(BundleTampered):
            read_bundle(json.dumps(file).encode())


class TestBringBundle:
    def test_labels_and_terms_travel_and_are_obeyed(self, there):
        w, oak = world(), world("oak", "Oak")
        family(w)
        content = there(w)
        for _ in range(2):
            bundle, taken = bring_bundle(by=oak.ada, cooperative=oak.fern, content=content, at=oak.later())
        assert (taken.recipes, taken.versions) == (0, 0)
        assert bundle.origin == "oak.example/log"
        assert queries.ancestors(["far-milk-50"]) == {"far-milk-50", "far-dark-72"}
        dark = queries.versions_of(queries.recipe("far-dark-72"))[0]
        assert dark.body["credits"] == ["Fern Cooperative"]
        assert "authors" not in dark.body
        assert document("recipe", "far-dark-72").body == dark.body
        milk = fork(oak, queries.versions_of(queries.recipe("far-milk-50"))[0], name="Our milk")
        lot = made(oak, milk)
        with pytest.raises(LabelForbidsSale, match=r"Fern Cooperative has set .*Shared at feasts"):
            refuse_forbidden_sale(lot=lot, at=oak.later())
        for act in (
            lambda: lift_label(by=oak.ada, recipe=dark.recipe, code="TK-NC", at=oak.later()),
            lambda: set_label(by=oak.ada, recipe=dark.recipe, code="TK-NC", text="Go on.", at=oak.later()),
            lambda: permit_sale(by=oak.ada, recipe=dark.recipe, cooperative=oak.fern, at=oak.later()),
            lambda: draft_version(by=oak.ada, recipe=dark.recipe, said=DARK | {"terms": "everyone"}, at=oak.later()),
        ):
            with pytest.raises(FromElsewhere):
                act()
        later = resigned(there(w, at=w.later()), lambda r: r.__setitem__(slice(None), [_free(each) for each in r]))
        bring_bundle(by=oak.ada, cooperative=oak.fern, content=later, at=oak.later())
        declare_ownership(by=oak.ada, cooperative=oak.fern, kind="members", at=oak.later())
        with pytest.raises(PermissionNeeded):
            refuse_forbidden_sale(lot=lot, at=oak.later())
        with pytest.raises(NewerIsKnown):
            bring_bundle(by=oak.ada, cooperative=oak.fern, content=content, at=oak.later())

    def test_who_only_passes_a_recipe_on_lifts_no_label(self, there):
        w = world()
        family(w)
        bring_bundle(by=w.ada, cooperative=w.fern, content=there(w), at=w.later())
        elm = SignerKey("elm.example/log", os.urandom(32))
        passed = resigned(there(w), lambda r: r.__setitem__(slice(None), [_free(each) for each in r]), key=elm)
        bring_bundle(by=w.ada, cooperative=w.fern, content=passed, at=w.later())
        assert [label.code for label in queries.labels_on(["far-dark-72"])] == ["TK-NC"]

    def test_refuses_another_key_and_other_words(self, there):
        w = world()
        family(w)
        content = there(w)
        bring_bundle(by=w.ada, cooperative=w.fern, content=content, at=w.later())
        stolen = SignerKey("oak.example/log", os.urandom(32))
        with pytest.raises(SignerChanged):
            bring_bundle(by=w.ada, cooperative=w.fern, content=there(w, key=stolen), at=w.later())

        def rewrite(recipes):
            recipes[0].versions[0].body["license"] = "MIT"

        with pytest.raises(BundleContradicts):
            bring_bundle(by=w.ada, cooperative=w.fern, content=resigned(there(w), rewrite), at=w.later())
        with pytest.raises(NotAllowed):
            bring_bundle(by=w.ben, cooperative=w.fern, content=content, at=w.later())

    def test_our_own_recipes_come_back_as_they_are(self):
        w = world()
        dark, milk = family(w)
        content = sign_bundle(recipe=milk.recipe, at=w.later())
        _, taken = bring_bundle(by=w.ada, cooperative=w.fern, content=content, at=w.later())
        assert (taken.recipe, taken.recipes, taken.versions) == (milk.recipe, 0, 0)
        lift_label(by=w.ada, recipe=dark.recipe, code="TK-NC", at=w.later())
        bring_bundle(by=w.ada, cooperative=w.fern, content=content, at=w.later())
        assert queries.labels_on(["dark-72"]) == [], "an old file of ours sets no label again"

    def test_a_circle_and_a_gap_are_no_bundle(self, there):
        w = world()
        family(w)

        def circle(recipes):
            recipes[0].versions[0].body["parents"] = [["far-milk-50", 1]]

        def gap(recipes):
            recipes.pop(0)

        for change in (circle, gap):
            with pytest.raises(NoBundle):
                bring_bundle(by=w.ada, cooperative=w.fern, content=resigned_raw(there(w), change), at=w.later())

    def test_a_fork_never_comes_round_to_what_was_brought_in(self, there):
        w = world()
        family(w)
        bring_bundle(by=w.ada, cooperative=w.fern, content=there(w), at=w.later())
        ours = fork(w, queries.versions_of(queries.recipe("far-milk-50"))[0], name="Ours")
        with pytest.raises((DescendsFromIt, FromElsewhere)):
            said = DARK | {"parents": [[ours.recipe.slug, 1]]}
            draft_version(by=w.ada, recipe=queries.recipe("far-dark-72"), said=said, at=w.later())


def resigned_raw(content, change):
    """Signed by its own market although it is wrong."""
    bundle = read_bundle(content)
    recipes = list(bundle.recipes)
    change(recipes)
    return write_bundle(recipe=bundle.recipe, recipes=recipes, grams={}, made_at=bundle.made_at, key=THERE)


def _free(each):
    """Without labels."""
    fields = {f: getattr(each, f) for f in ("slug", "origin", "name_there", "name", "community", "versions")}
    return type(each)(labels=(), **fields)


class TestPages:
    def test_a_steward_looks_and_brings_it_in(self, client, there):
        w, oak = world(), world("oak", "Oak")
        family(w)
        content, where = there(w), "/cooperatives/oak/recipes/file/"
        client.force_login(oak.people["ada"])
        page = client.post(where, {"recipe": SimpleUploadedFile("x.json", content)}).text
        for words in (
            "oak.example/log",
            THERE.verifier.id.hex(),
            "Shared at feasts.",
            "refuses to list",
            "Bring it in",
        ):
            assert words in page, words
        assert not Bundle.objects.exists()
        seen = page.partition('name="seen" value="')[2].partition('"')[0]
        answer = client.post(where, {"seen": seen, "keep": "1"})
        assert answer.headers["Location"] == "/recipes/far-milk-50/"
        page = client.get("/recipes/far-milk-50/").text
        for words in ("signed by oak.example/log", "Fern Cooperative", "Shared at feasts."):
            assert words in page, words
        assert "Write the next version" not in page
        assert "Set a label" not in page

    def test_a_changed_file_is_refused_in_a_sentence(self, client, there):
        w = world()
        family(w)
        client.force_login(w.people["ada"])
        content = there(w).replace(b"Shared at feasts", b"Sell it at fairs")
        answer = client.post("/cooperatives/fern/recipes/file/", {"recipe": SimpleUploadedFile("x.json", content)})
        assert answer.status_code == 422
        assert "The signature does not fit" in answer.text

    def test_old_versions_of_ours_go_along(self, client):
        w = world()
        dark = recipe(w)
        draft = draft_version(by=w.ada, recipe=dark.recipe, said=DARK | {"readiness": 4}, at=w.later())
        publish_version(by=w.ada, version=draft, at=w.later())
        bundle = read_bundle(client.get("/recipes/dark-72/bundle.json").content)
        assert [v.number for v in bundle.main.versions] == [1, 2]


class TestPermissions:
    """What one market permits reaches the other in a bundle, from the market where the recipe began alone."""

    TERMS = {"terms": "agreement"}

    def test_travel_as_far_as_the_cooperative_that_they_name(self, there, settings):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        recipe(w, name="Milk 50", **self.TERMS)
        given = Permitted(settings.LOG_ORIGIN, "oak", "A tenth for the trees.", w.later())
        far = Permitted("elsewhere.example/log", "oak", "", w.later())
        (_, first) = bring_bundle(
            by=oak.ada, cooperative=oak.fern, content=there(w, permissions=(far,)), at=oak.later()
        )  # fmt: skip
        lot = made(oak, first.recipe.versions.get())
        with pytest.raises(PermissionNeeded):
            refuse_forbidden_sale(lot=lot, at=oak.later())
        bring_bundle(by=oak.ada, cooperative=oak.fern, content=there(w, permissions=(given, far)), at=oak.later())
        (kept,) = queries.permissions_of(first.recipe)
        assert (kept.cooperative, kept.words, kept.given_by) == (oak.fern, "A tenth for the trees.", None)
        refuse_forbidden_sale(lot=lot, at=oak.later())
        bring_bundle(by=oak.ada, cooperative=oak.fern, content=there(w), at=oak.later())  # taken back there
        with pytest.raises(PermissionNeeded):
            refuse_forbidden_sale(lot=lot, at=oak.later())
        (letter,) = Letter.objects.filter(key__startswith="permissions/")
        assert letter.to == oak.people["ada"].email and "no longer lets Oak Mill sell" in letter.body
        bring_bundle(by=oak.ada, cooperative=oak.fern, content=there(w, permissions=(given,)), at=oak.later())
        refuse_forbidden_sale(lot=lot, at=oak.later())

    def test_a_newer_version_that_comes_with_stricter_terms_takes_goods_off_the_shelf(self, there):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        stall(oak)
        milk = recipe(w, name="Milk 50").recipe
        _, first = bring_bundle(by=oak.ada, cooperative=oak.fern, content=there(w), at=oak.later())
        lot = made(oak, first.recipe.versions.get())
        listing = on_shelf(oak, lot, price=1_000, unit_quantity=1_000)
        draft = draft_version(by=w.ada, recipe=milk, said=DARK | {"name": "Milk 50"} | self.TERMS, at=w.later())
        publish_version(by=w.ada, version=draft, at=w.later())
        content = there(w)
        for is_rehearsal, state in ((True, "published"), (False, "withdrawn")):
            bring_bundle(
                by=oak.ada, cooperative=oak.fern, content=content, at=oak.later(), is_rehearsal=is_rehearsal
            )  # fmt: skip
            listing.refresh_from_db()
            assert listing.state == state
        (letter,) = Letter.objects.filter(key__startswith="recipes/")
        assert letter.to == oak.people["ada"].email and f"“{listing.title}” is off the shelf." in letter.body

    def test_who_only_passes_a_recipe_on_permits_nothing(self, there, settings):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        recipe(w, name="Milk 50", **self.TERMS)
        given = Permitted(settings.LOG_ORIGIN, "oak", "", w.later())
        between = SignerKey("between.example/log", bytes(range(1, 33)))
        _bundle, taken = bring_bundle(
            by=oak.ada, cooperative=oak.fern, content=there(w, permissions=(given,), key=between), at=oak.later()
        )  # fmt: skip
        assert taken.recipe.origin == "oak.example/log" and queries.permissions_of(taken.recipe) == []

    def test_a_steward_gives_one_on_the_page_and_the_bundle_says_it(self, client, settings):
        w = world()
        dark = recipe(w, **self.TERMS).recipe
        client.force_login(w.people["ada"])
        said = {"cooperative": "oak", "market": "oak.example/log", "words": "A tenth for the trees."}
        at = "/cooperatives/fern/recipes/dark-72/permit"
        assert client.post(at, said | {"market": settings.LOG_ORIGIN}).status_code == 409
        for _ in "ab":
            assert client.post(at, said).status_code == 302
        assert "oak, oak.example/log" in client.get("/recipes/dark-72/").text
        (given,) = read_bundle(sign_bundle(recipe=dark, at=w.later())).main.permissions
        assert (given.market, given.cooperative, given.words) == ("oak.example/log", "oak", "A tenth for the trees.")
        with pytest.raises(NotAllowed):
            permit_sale_elsewhere(by=w.ben, recipe=dark, market="oak.example/log", name_there="oak", at=w.later())
        with pytest.raises(UnreadableName):
            permit_sale_elsewhere(by=w.ada, recipe=dark, market="oak.example/log", name_there="Oak!", at=w.later())

    def test_one_that_was_withdrawn_is_in_no_bundle_any_more(self, client):
        w = world()
        dark = recipe(w, **self.TERMS).recipe
        given = permit_sale_elsewhere(
            by=w.ada, recipe=dark, market="oak.example/log", name_there="oak", at=w.later()
        )  # fmt: skip
        client.force_login(w.people["ada"])
        page = client.post(f"/cooperatives/fern/recipes/dark-72/permit/{given.pk}/withdraw", follow=True)
        assert "may sell until a bundle that you sign from now on is brought in there" in page.text
        assert not read_bundle(sign_bundle(recipe=dark, at=w.later())).main.permissions
        assert not Letter.objects.exists()  # nobody here is told of somebody elsewhere

    def test_a_bundle_of_before_has_none(self):
        w = world()
        file = json.loads(sign_bundle(recipe=recipe(w).recipe, at=w.later()))
        words = json.loads(file["words"])
        assert words["recipes"][0].pop("permissions") == []
        key = SignerKey("old.example/log", bytes(range(2, 34)))
        text = _signed_text(key.name, said := json.dumps(words))
        old = {"format": FORMAT, "key": str(key.verifier), "note": str(Note(text, (key.sign(text),))), "words": said}
        assert read_bundle(json.dumps(old).encode()).main.permissions == ()
