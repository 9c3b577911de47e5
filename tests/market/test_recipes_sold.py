"""What recipes ask of the shop: labels that stop a listing, and thanks that reach the forebears of a design."""

import pytest

from cooperatives.models import Letter
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.labels import (
    LabelForbidsSale,
    PermissionNeeded,
    declare_ownership,
    lift_label,
    set_label,
)
from cooperatives.services.permissions import permit_sale, withdraw_permission
from cooperatives.services.recipes import draft_version, publish_version
from ledger.rules.refusal import NotAllowed
from market.models import Division, Listing
from market.queries import on_the_shelf
from market.services.catalogue import publish_listing
from market.services.checkout import KeptFromSale, NotForSale
from market.services.settlements import divide_period
from tests.cooperatives.test_recipes import DARK, fork, made, recipe
from tests.market.goods import bought, offered, on_shelf, ordered, stall
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


def sold(w, at=None, **said):
    """A lot of a recipe on the shelf, with a label that was set on the recipe afterwards."""
    dark = recipe(w)
    listing = on_shelf(w, made(w, fork(w, dark)), price=1_000, unit_quantity=1_000)
    said = {"code": "TK-NC", "text": "Shared at feasts."} | said
    set_label(by=w.ada, recipe=dark.recipe, at=at or w.later(), **said)
    return listing, dark


class TestALabelAfterPublishing:
    def test_takes_the_lot_off_the_shelf_and_puts_it_back_when_lifted(self, client):
        w = world()
        stall(w)
        listing, dark = sold(w)
        free = on_shelf(w)
        page = client.get("/shop/").text
        assert f'href="/shop/{listing.pk}/"' not in page
        assert f'href="/shop/{free.pk}/"' in page
        assert [row["id"] for row in client.get("/api/1/listings/").json()] == [free.pk]
        page = client.get(f"/shop/{listing.pk}/").text
        for words in ("TK Non-Commercial", "Shared at feasts.", "Not sold for now"):
            assert words in page, words
        assert 'name="pieces"' not in page
        lift_label(by=w.ada, recipe=dark.recipe, code="TK-NC", at=w.later())
        assert f'href="/shop/{listing.pk}/"' in client.get("/shop/").text

    def test_refuses_a_new_order_in_the_cart_and_at_the_checkout(self, client):
        w = world()
        stall(w)
        listing, _ = sold(w)
        client.post(f"/shop/{listing.pk}/put", {"pieces": 1})
        assert "is not sold for now, as Fern Cooperative asks: Shared at feasts." in client.get("/cart/").text
        with pytest.raises(KeptFromSale, match=r"Fern Cooperative has set .TK Non-Commercial. on the recipe Dark 72"):
            ordered(w, listing)

    def test_what_was_ordered_before_stays_ordered(self):
        w = world()
        stall(w)
        dark = recipe(w)
        listing = on_shelf(w, made(w, dark), price=1_000, unit_quantity=1_000)
        order = ordered(w, listing)
        set_label(by=w.ada, recipe=dark.recipe, code="TK-NC", text="Shared at feasts.", at=w.later())
        order.refresh_from_db()
        assert order.state == "placed"

    def test_a_season_comes_and_goes(self):
        w = world()
        stall(w)
        listing, _ = sold(w, code="TK-S", text="After the harvest.", months=[1, 2])
        on = [{row.pk for row in on_the_shelf(at=w.at.replace(month=month))} for month in (2, 7)]
        assert on == [{listing.pk}, set()]

    def test_terms_that_changed_stop_new_orders_too(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        stall(oak)
        dark = recipe(w)
        listing = on_shelf(oak, made(oak, dark), price=1_000, unit_quantity=1_000)
        draft = draft_version(by=w.ada, recipe=dark.recipe, said=dark.body | {"terms": "agreement"}, at=w.later())
        publish_version(by=w.ada, version=draft, at=w.later())
        with pytest.raises(NotForSale):
            ordered(oak, listing)

    def test_attribution_is_shown_on_the_shelf_and_on_the_page(self, client):
        w = world()
        stall(w)
        listing, _ = sold(w, code="TK-A", text="Thought out by the women of Kumasi.")
        for where in ("/shop/", f"/shop/{listing.pk}/"):
            page = client.get(where).text
            assert "Thought out by the women of Kumasi." in page, where
            assert "TK-A" in page, where
        (row,) = client.get("/api/1/listings/").json()
        assert row["labels"] == [
            {"code": "TK-A", "text": "Thought out by the women of Kumasi.", "community": "Fern Cooperative"}
        ]
        assert ordered(w, listing).state == "placed"


@pytest.fixture
def let():
    """Oak sells, by Fern's leave, what it makes by a recipe of Fern's, and beside it something of its own."""
    w, oak = world(), world("oak", "Oak Mill", "fr/jura")
    stall(oak)
    dark = recipe(w, terms="agreement")
    given = permit_sale(by=w.ada, recipe=dark.recipe, cooperative=oak.fern, words="A tenth back.", at=w.later())
    lot = made(oak, fork(oak, dark))
    return w, oak, given, on_shelf(oak, lot, price=1_000, unit_quantity=1_000), on_shelf(oak)


def withdrawn(w, given, **more):
    said = {"by": w.ada, "permission": given, "language": "en", "at": w.later()} | more
    return withdraw_permission(**said)


class TestAPermissionWithdrawn:
    def test_takes_off_the_shelf_what_was_made_by_it_and_nothing_else(self, let):
        w, oak, given, listing, own = let
        order = ordered(oak, listing)
        withdrawn(w, given)
        assert [row.pk for row in on_the_shelf(at=w.later())] == [own.pk]
        listing.refresh_from_db()
        order.refresh_from_db()
        assert (listing.state, order.state) == ("withdrawn", "placed")
        with pytest.raises(NotForSale):
            ordered(oak, listing)
        with pytest.raises(PermissionNeeded):
            offered(oak, listing.lot)

    def test_tells_the_stewards_who_lost_it_once(self, let):
        w, oak, given, listing, _own = let
        for _ in "ab":
            ended = withdrawn(w, given)
        (letter,) = Letter.objects.filter(key__startswith="permissions/")
        assert letter.to == oak.people["ada"].email and letter.subject == "Dark 72: a permission to sell has ended"
        assert f"“{listing.title}” is off the shelf." in letter.body and "What was ordered stays ordered" in letter.body
        assert (ended.withdrawn_by, ended.withdrawn_at < w.at) == (w.ada, True)

    def test_leaves_what_may_be_sold_without_it(self, let):
        w, oak, given, listing, _own = let
        declare_ownership(by=oak.ada, cooperative=oak.fern, kind="members", at=oak.later())
        draft = draft_version(by=w.ada, recipe=given.recipe, said=DARK | {"terms": "peers"}, at=w.later())
        publish_version(by=w.ada, version=draft, at=w.later())
        withdrawn(w, given)
        listing.refresh_from_db()
        assert listing.state == "published"

    def test_a_season_is_no_reason_to_take_off_for_good(self, let):
        w, oak, *_others = let
        said = {"code": "TK-S", "text": "After the harvest.", "months": [w.at.month % 12 + 1]}
        dark = recipe(w, name="Milk 50")
        sown = on_shelf(oak, made(oak, dark), price=1_000, unit_quantity=1_000)
        set_label(by=w.ada, recipe=dark.recipe, at=w.later(), **said)
        withdrawn(w, permit_sale(by=w.ada, recipe=dark.recipe, cooperative=oak.fern, at=w.later()))
        sown.refresh_from_db()
        assert sown.state == "published"

    def test_given_again_it_holds_again(self, let):
        w, oak, given, listing, _own = let
        withdrawn(w, given)
        permit_sale(by=w.ada, recipe=given.recipe, cooperative=oak.fern, at=w.later())
        assert on_shelf(oak, listing.lot, price=1_000, unit_quantity=1_000).state == "published"

    def test_only_a_steward_of_the_community_withdraws(self, let):
        w, oak, given, listing, _own = let
        for by in (w.ben, oak.ada):
            with pytest.raises(NotAllowed):
                withdrawn(w, given, by=by)
        listing.refresh_from_db()
        assert listing.state == "published"

    def test_by_its_button(self, client, let):
        w, oak, given, listing, _own = let
        at = f"/cooperatives/fern/recipes/dark-72/permit/{given.pk}/withdraw"
        client.force_login(oak.people["ada"])
        assert client.post(at).status_code == 404
        client.force_login(w.people["ada"])
        assert at in client.get("/recipes/dark-72/").text
        page = client.post(at, follow=True).text
        assert "Oak Mill may no longer sell what it makes by this recipe" in page and at not in page
        assert client.post(at.replace(str(given.pk), "0")).status_code == 404
        listing.refresh_from_db()
        assert listing.state == "withdrawn"


class TestStricterTerms:
    def test_take_off_the_shelf_what_they_forbid_and_tell_why(self, let):
        w, *_, listing, own = let
        elm = world("elm", "Elm Mill", "fr/jura")
        stall(elm)
        milk = recipe(w, name="Milk 50")
        sown = on_shelf(elm, made(elm, milk), price=1_000, unit_quantity=1_000)
        for terms, state in (("everyone", "published"), ("peers", "withdrawn")):
            draft = draft_version(
                by=w.ada, recipe=milk.recipe, said=DARK | {"name": "Milk 50", "terms": terms, "summary": terms},
                at=w.later(),
            )  # fmt: skip
            publish_version(by=w.ada, version=draft, at=w.later())
            sown.refresh_from_db()
            assert sown.state == state
        assert {row.pk for row in on_the_shelf(at=w.later())} == {listing.pk, own.pk}
        (letter,) = Letter.objects.filter(key__startswith="recipes/")
        assert letter.to == elm.people["ada"].email and f"“{sown.title}” is off the shelf." in letter.body
        assert letter.subject == "Milk 50: goods made by it are off the shelf" and "version 3" in letter.body


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
