"""What recipes ask of the shop: labels that stop a listing, and thanks that reach the forebears of a design."""

import pytest

from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.labels import LabelForbidsSale, lift_label, set_label
from market.models import Division, Listing
from market.services.catalogue import publish_listing
from market.services.settlements import divide_period
from tests.cooperatives.test_recipes import fork, made, recipe
from tests.market.goods import bought, offered, on_shelf, stall
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestLabels:
    def test_a_lot_made_by_a_labelled_recipe_is_neither_listed_nor_published(self):
        w = world()
        dark = recipe(w)
        lot, other = made(w, dark), made(w, dark)
        draft = offered(w, other)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-NC", text="Shared at feasts.", at=w.later())
        with pytest.raises(LabelForbidsSale):
            offered(w, lot)
        with pytest.raises(LabelForbidsSale):
            publish_listing(by=w.ada, listing=draft, at=w.later())
        assert not Listing.objects.filter(state="published").exists()
        lift_label(by=w.ada, recipe=dark.recipe, code="TK-NC", at=w.later())
        assert publish_listing(by=w.ada, listing=draft, at=w.later()).state == "published"

    def test_the_page_says_who_asked_and_in_which_words(self, client):
        w = world()
        dark = recipe(w)
        draft = offered(w, made(w, dark))
        set_label(by=w.ada, recipe=dark.recipe, code="TK-NC", text="Shared at feasts.", at=w.later())
        client.force_login(w.people["ada"])
        answer = client.post(f"/stall/fern/listings/{draft.pk}/publish", follow=True)
        assert "Shared at feasts." in answer.text
        assert "TK Non-Commercial" in answer.text


class TestThanks:
    def test_half_of_what_thanks_a_fork_goes_on_to_what_it_was_made_from(self):
        w = world()
        milk = fork(w, recipe(w))
        stall(w)
        steps = [{"step": "designs", "thousandths": 100, "passed_on": 500}, {"step": "reserve", "thousandths": 1000}]
        adopt_agreement(cooperative=w.fern, rules=steps, at=w.later(), by=w.ada)
        bought(w, on_shelf(w, made(w, milk), price=1_000, unit_quantity=1_000), 2)
        divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
        parts = Division.objects.get().parts["parts"]
        assert (parts["commons/milk-50/purse"], parts["commons/dark-72/purse"]) == (90, 91)
