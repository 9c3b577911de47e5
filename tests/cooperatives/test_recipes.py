"""The design commons: drafts, versions that are kept, forks and merges, labels, and what they forbid."""

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.models import RecipeVersion
from cooperatives.queries import recipes as queries
from cooperatives.rules.recipes import (
    EnergyUnknown,
    NoQuantityOfGoods,
    NothingComesOut,
    NotOnTheList,
    Output,
    SharesUnknown,
    TermsUnknown,
    UnreadableRecipe,
    read_design,
    shares_of,
)
from cooperatives.rules.recipes import write_design as write
from cooperatives.services.labels import (
    LabelForbidsSale,
    LabelWithoutWords,
    OwnershipUnknown,
    PermissionNeeded,
    UnknownLabel,
    declare_ownership,
    lift_label,
    refuse_forbidden_sale,
    set_label,
)
from cooperatives.services.making import Output as Made
from cooperatives.services.making import RecipeNotOpen, finish_process, put_in, start_process
from cooperatives.services.permissions import permit_sale
from cooperatives.services.recipes import (
    DescendsFromIt,
    SaysTheSame,
    UnknownAuthor,
    UnknownParent,
    draft_recipe,
    draft_version,
    publish_version,
)
from ledger.queries import document
from ledger.rules.laws import WHOLE
from ledger.rules.refusal import NotAllowed
from tests.world import beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

DARK = {
    "name": "Dark 72",
    "license": "CC-BY-SA-4.0",
    "summary": "Seventy-two parts of cocoa.",
    "inputs": [{"goods": "Wet beans", "unit": "g", "quantity": 50_000}],
    "outputs": [{"goods": "Chocolate", "unit": "g", "quantity": 12_000}],
    "steps": [{"text": "Roast at 120 degrees", "minutes": 40}],
}


def recipe(w, at=None, **other):
    """A published version of Dark 72, or of another."""
    draft = draft_recipe(by=w.ada, cooperative=w.fern, said=DARK | other, at=at or w.later())
    return publish_version(by=w.ada, version=draft, at=w.later())


def fork(w, *parents, name="Milk 50", **other):
    return recipe(w, name=name, parents=[[p.recipe.slug, p.number] for p in parents], **other)


def made(w, version, grams=50_000):
    """A lot made by a recipe."""
    process = start_process(by=w.ben, cooperative=w.fern, name="Batch", recipe=version, at=w.later())
    put_in(by=w.ben, process=process, lot=beans(w, grams), quantity=grams, at=w.later(), key=key())
    outputs = [Made(None, "Chocolate", "g", 12_000, w.hub, WHOLE)]
    return finish_process(
        by=w.ben, process=process, outputs=outputs, rest_to="nature/air", at=w.later(), key=key("finish")
    )[0]


class TestDesign:
    def test_reads_what_it_writes(self):
        said = DARK | {"parents": [["b", 2], ["a", 1]], "equipment": ["Oven"], "terms": "peers"}
        assert read_design(write(read_design(said))) == read_design(said)

    @pytest.mark.parametrize(
        ("wrong", "refusal"),
        [
            ({"license": "PROPRIETARY-9"}, NotOnTheList),
            ({"license": "LicenseRef-scancode-free-unknown"}, NotOnTheList),
            ({"outputs": []}, NothingComesOut),
            ({"outputs": [{"goods": "Shells", "unit": "g", "quantity": 1, "is_scrap": True}]}, NothingComesOut),
            ({"inputs": [{"goods": "Milk", "unit": "g", "quantity": 0}]}, NoQuantityOfGoods),
            ({"inputs": [{"goods": "Milk", "unit": "g", "quantity": "1"}]}, UnreadableRecipe),
            ({"terms": "anyone"}, TermsUnknown),
            ({"readiness": 9}, TermsUnknown),
            ({"energy": [{"source": "wind", "watt_hours": 1}]}, EnergyUnknown),
            ({"colour": "brown"}, UnreadableRecipe),
        ],
    )
    def test_refuses_what_is_no_recipe(self, wrong, refusal):
        with pytest.raises(refusal):
            read_design(DARK | wrong)

    def test_shares_by_mass_by_value_and_never_with_scrap(self):
        cheese, whey = Output("Cheese", "g", 10_000, value=9), Output("Whey", "g", 90_000, value=1)
        shells = Output("Shells", "g", 5_000, is_scrap=True)
        grams = {"g": 1}
        assert shares_of([cheese, whey, shells], "mass", grams) == [1_000, 9_000, 0]
        assert shares_of([cheese, whey, shells], "economic", grams) == [5_000, 5_000, 0]
        assert shares_of([shells, cheese], "mass", grams) == [0, WHOLE]
        with pytest.raises(SharesUnknown):
            shares_of([Output("Seats", "seat", 9), cheese], "mass", {"seat": None, "g": 1})

    @given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 100), st.booleans()), min_size=1, max_size=9))
    def test_shares_are_always_whole(self, rows):
        outputs = [Output("x", "g", quantity, value, is_scrap) for quantity, value, is_scrap in rows]
        assert sum(shares_of(outputs, "mass", {"g": 1})) == WHOLE
        kept = [o for o in outputs if not o.is_scrap] or outputs
        if len(kept) == 1 or any(o.value for o in kept):
            assert sum(shares_of(outputs, "economic", {"g": 1})) == WHOLE


class TestPublishVersion:
    def test_stands_in_the_log_and_is_kept(self):
        w = world()
        version = recipe(w)
        kept = document("recipe", "dark-72", 1)
        assert kept is not None
        assert (kept.body, kept.version) == (version.body, version.number)
        for change in ({"number": 9}, {"body": {}}, {"published_at": None}):
            with pytest.raises(DatabaseError), transaction.atomic():
                RecipeVersion.objects.filter(pk=version.pk).update(**change)
        assert publish_version(by=w.ada, version=version, at=w.later()) == version

    def test_the_next_version_says_something_else(self):
        w = world()
        first = recipe(w)
        with pytest.raises(SaysTheSame):
            draft_version(by=w.ben, recipe=first.recipe, said=DARK, at=w.later())
        draft = draft_version(by=w.ben, recipe=first.recipe, said=DARK | {"readiness": 4}, at=w.later())
        again = draft_version(by=w.ben, recipe=first.recipe, said=DARK | {"readiness": 5}, at=w.later())
        assert (draft.pk, again.number) == (again.pk, 2)
        with pytest.raises(NotAllowed):
            publish_version(by=w.ben, version=again, at=w.later())
        publish_version(by=w.ada, version=again, at=w.later())
        assert [v.number for v in queries.versions_of(first.recipe)] == [2, 1]

    def test_refuses_strangers_and_authors_nobody_knows(self):
        w, oak = world(), world("oak", "Oak")
        with pytest.raises(NotAllowed):
            draft_recipe(by=oak.ada, cooperative=w.fern, said=DARK, at=w.later())
        with pytest.raises(UnknownAuthor):
            recipe(w, authors=[{"who": oak.ben.address, "role": "design"}])
        assert recipe(w, authors=[{"who": w.ben.address, "role": "design", "minutes": 90}]).number == 1

    def test_the_same_draft_twice_is_one_and_a_fund_keeps_its_name(self):
        w = world()
        drafts = [draft_recipe(by=w.ben, cooperative=w.fern, said=DARK, at=w.later()) for _ in range(2)]
        assert drafts[0] == drafts[1]
        assert recipe(w, readiness=5).recipe.slug == "dark-72-2"


class TestLineage:
    def test_a_fork_and_a_merge_have_their_parents(self):
        w, oak = world(), world("oak", "Oak")
        dark, salt = recipe(w), recipe(oak, name="Salt")
        milk = fork(oak, dark)
        both = fork(w, milk, salt, name="Salted milk")
        assert queries.ancestors([both.recipe.slug]) == {"dark-72", "salt", "milk-50", "salted-milk"}
        assert [len(queries.lineage_of(s)) for s in ("dark-72", "salted-milk")] == [2, 3]
        assert queries.design_parents() == {
            "commons/milk-50": ["commons/dark-72"], "commons/salted-milk": ["commons/milk-50", "commons/salt"],
        }  # fmt: skip

    def test_refuses_drafts_as_parents_and_circles(self):
        w = world()
        dark = recipe(w)
        milk = fork(w, dark)
        draft = draft_version(by=w.ada, recipe=dark.recipe, said=DARK | {"readiness": 4}, at=w.later())
        with pytest.raises(UnknownParent):
            fork(w, draft, name="Early")
        with pytest.raises(DescendsFromIt):
            draft_version(by=w.ada, recipe=dark.recipe, said=DARK | {"parents": [[milk.recipe.slug, 1]]}, at=w.later())


class TestLabels:
    def test_only_its_community_sets_one_and_in_words(self):
        w, oak = world(), world("oak", "Oak")
        dark = recipe(w).recipe
        for stranger in (oak.ada, w.tom, w.ben):
            with pytest.raises(NotAllowed):
                set_label(by=stranger, recipe=dark, code="TK-NC", text="Not for sale.", at=w.later())
        with pytest.raises(UnknownLabel):
            set_label(by=w.ada, recipe=dark, code="TK-XX", text="Not for sale.", at=w.later())
        with pytest.raises(LabelWithoutWords):
            set_label(by=w.ada, recipe=dark, code="TK-NC", text=" ", at=w.later())
        set_label(by=w.ada, recipe=dark, code="TK-NC", text="Not for sale.", at=w.later())
        kept = document("labels", "dark-72")
        assert kept is not None
        assert kept.body == {"labels": [{"code": "TK-NC", "text": "Not for sale.", "months": []}]}
        with pytest.raises(NotAllowed):
            lift_label(by=oak.ada, recipe=dark, code="TK-NC", at=w.later())

    def test_forbids_the_sale_of_what_is_made_by_it_and_by_its_forks(self):
        w, oak = world(), world("oak", "Oak")
        dark = recipe(w)
        milk = fork(oak, dark)
        own, forked, free = made(w, dark), made(oak, milk), beans(w)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-NC", text="Shared at feasts, not sold.", at=w.later())
        for lot in (own, forked):
            with pytest.raises(LabelForbidsSale, match="Shared at feasts"):
                refuse_forbidden_sale(lot=lot, at=w.later())
        refuse_forbidden_sale(lot=free, at=w.later())
        lift_label(by=w.ada, recipe=dark.recipe, code="TK-NC", at=w.later())
        for lot in (own, forked):
            refuse_forbidden_sale(lot=lot, at=w.later())

    def test_a_season_holds_outside_its_months(self):
        w = world()
        dark = recipe(w)
        lot = made(w, dark)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-S", text="After harvest.", months=[1, 2], at=w.later())
        with pytest.raises(LabelForbidsSale):
            refuse_forbidden_sale(lot=lot, at=w.at.replace(month=7))
        refuse_forbidden_sale(lot=lot, at=w.at.replace(month=2))

    def test_a_secret_recipe_is_neither_made_by_nor_forked_elsewhere(self):
        w, oak = world(), world("oak", "Oak")
        dark = recipe(w)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-SS", text="Ours.", at=w.later())
        with pytest.raises(RecipeNotOpen):
            made(oak, dark)
        with pytest.raises(UnknownParent):
            fork(oak, dark)
        assert made(w, dark).process.recipe == dark
        assert queries.hidden_from_all() == {"dark-72"}


class TestTerms:
    def test_peers_may_sell_others_must_agree(self):
        w, oak = world(), world("oak", "Oak")
        dark = recipe(w, terms="peers")
        own, lot = made(w, dark), made(oak, dark)
        refuse_forbidden_sale(lot=own, at=w.later())
        with pytest.raises(OwnershipUnknown):
            refuse_forbidden_sale(lot=lot, at=w.later())
        with pytest.raises(NotAllowed):
            declare_ownership(by=w.ada, cooperative=oak.fern, kind="members", at=w.later())
        declare_ownership(by=oak.ada, cooperative=oak.fern, kind="investors", at=w.later())
        with pytest.raises(PermissionNeeded):
            refuse_forbidden_sale(lot=lot, at=w.later())
        declare_ownership(by=oak.ada, cooperative=oak.fern, kind="members", at=w.later())
        refuse_forbidden_sale(lot=lot, at=w.later())

    def test_an_agreement_opens_the_sale(self):
        w, oak = world(), world("oak", "Oak")
        dark = recipe(w, terms="agreement")
        lot = made(oak, dark)
        with pytest.raises(PermissionNeeded):
            refuse_forbidden_sale(lot=lot, at=w.later())
        with pytest.raises(NotAllowed):
            permit_sale(by=oak.ada, recipe=dark.recipe, cooperative=oak.fern, at=w.later())
        permit_sale(by=w.ada, recipe=dark.recipe, cooperative=oak.fern, words="A tenth back.", at=w.later())
        refuse_forbidden_sale(lot=lot, at=w.later())
