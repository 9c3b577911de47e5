"""Bringing goods to the shelf: nothing is sold before everything is said."""

import pytest
from django.db import IntegrityError, transaction

from cooperatives.services.lots import PromisedFromHere, move_lot
from ledger.rules.refusal import NotAllowed
from market.models import Listing, Product
from market.queries import pieces_left
from market.services.catalogue import (
    FactsMissing,
    NotAPrice,
    NotYourLot,
    TakenOff,
    UnknownAllergen,
    change_listing,
    list_lot,
    publish_listing,
    withdraw_listing,
)
from tests.market.goods import offered, on_shelf, ordered
from tests.world import bars, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestListLot:
    def test_a_listing_begins_as_a_draft_of_its_lot(self):
        w = world()
        lot = bars(w)
        listing = offered(w, lot)
        assert listing.state == "draft" and listing.lot_address == lot.address and listing.tax == "tax/gh"

    def test_the_next_lot_of_the_same_goods_is_the_same_product(self):
        w = world()
        first, second = offered(w), offered(w)
        assert first.product == second.product and Product.objects.count() == 1

    def test_refuses_a_lot_of_another_cooperative(self):
        w, other = world(), world("oak", "Oak")
        with pytest.raises(NotYourLot):
            offered(w, bars(other))

    def test_refuses_a_member_without_a_role_and_the_clerk_of_another_stall(self):
        w = world()
        lot = bars(w)
        for by in (w.ben, world("oak", "Oak").tom):
            with pytest.raises((NotAllowed, NotYourLot)):
                list_lot(
                    by=by, lot=lot, title="Bar", price=600, currency="EUR", unit_quantity=1, vat_rate=55, at=w.later()
                )

    @pytest.mark.parametrize("wrong", [{"price": 0}, {"unit_quantity": 0}, {"vat_rate": 1000}])
    def test_refuses_what_is_no_price(self, wrong):
        with pytest.raises(NotAPrice):
            offered(world(), **wrong)

    def test_refuses_an_allergen_that_is_none_of_the_fourteen(self):
        with pytest.raises(UnknownAllergen):
            offered(world(), allergens=["milk", "moonlight"])


class TestPublishListing:
    def test_a_full_label_goes_on_the_shelf(self):
        listing = on_shelf(world())
        assert listing.state == "published" and listing.published_at

    @pytest.mark.parametrize(
        ("field", "nothing", "name"),
        [
            ("ingredients", "", "ingredients"),
            ("allergens", None, "allergens"),
            ("net_quantity", None, "net quantity"),
            ("operator", "", "made or sold by, with address"),
            ("origin", "", "origin"),
            ("storage", "", "how to keep it"),
        ],
    )
    def test_names_the_fact_that_is_missing(self, field, nothing, name):
        w = world()
        with pytest.raises(FactsMissing) as no:
            publish_listing(by=w.ada, listing=offered(w, **{field: nothing}), at=w.later())
        assert no.value.facts["fields"] == name and name in str(no.value)

    def test_a_tool_needs_no_ingredients(self):
        w = world()
        tool = offered(w, is_food=False, ingredients="", allergens=None, storage="")
        assert publish_listing(by=w.ada, listing=tool, at=w.later()).state == "published"

    def test_a_clerk_lists_and_a_steward_publishes(self):
        w = world()
        with pytest.raises(NotAllowed):
            publish_listing(by=w.tom, listing=offered(w), at=w.later())

    def test_the_database_knows_it_too(self):
        listing = offered(world(), storage="")
        with pytest.raises(IntegrityError, match="published_food_names_its_ingredients"), transaction.atomic():
            Listing.objects.filter(pk=listing.pk).update(state="published", published_at=listing.listed_at)


class TestChangeListing:
    def test_a_new_price_does_not_touch_the_lot(self):
        w = world()
        listing = on_shelf(w)
        assert change_listing(by=w.ada, listing=listing, price=550).price == 550

    def test_a_published_label_cannot_lose_a_fact(self):
        w = world()
        with pytest.raises(FactsMissing):
            change_listing(by=w.ada, listing=on_shelf(w), storage="")


class TestWithdrawListing:
    def test_takes_it_off_for_good(self):
        w = world()
        listing = on_shelf(w)
        assert withdraw_listing(by=w.ada, listing=listing, at=w.later()).state == "withdrawn"
        with pytest.raises(TakenOff):
            publish_listing(by=w.ada, listing=listing, at=w.later())


class TestFollowLot:
    def test_what_is_offered_goes_where_the_lot_goes(self):
        w, oak = world(), world("oak", "Oak")
        listing = on_shelf(w)
        moved = move_lot(by=w.tom, lot=listing.lot, hub=oak.hub, at=w.later(), key=key())
        listing.refresh_from_db()
        assert listing.hub == oak.hub.address and listing.lot_address == moved.address
        assert pieces_left([listing])[listing.pk] > 0

    def test_a_lot_stays_where_a_buyer_comes_for_it(self):
        w, oak = world(), world("oak", "Oak")
        listing = on_shelf(w)
        ordered(w, listing)
        with pytest.raises(PromisedFromHere):
            move_lot(by=w.tom, lot=listing.lot, hub=oak.hub, at=w.later(), key=key())
        listing.refresh_from_db()
        assert listing.hub == w.hub.address
