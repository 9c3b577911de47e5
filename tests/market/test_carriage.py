"""Goods that are sent: chosen in the cart, paid with the goods, owed to the carrier, and given back."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.services.people import UnknownPlace
from ledger.queries import balance_of, places_of
from ledger.rules.refusal import NotAllowed, NotFound
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Hold, Letter, Order
from market.pages.invoices import invoice_pdf
from market.pages.receipts import order_page
from market.queries import offers_of, order_at, where_money_went
from market.rules.countries import NoSuchCountry, country_names, read_countries, say_countries
from market.services.carriage import (
    AddressMissing,
    CarriageGone,
    NoCountryNamed,
    NotACarriagePrice,
    NothingToSend,
    NotToThatCountry,
    OfferedAlready,
    SendTo,
    UnreadableCarrier,
    close_offer,
    send_parcel,
)
from market.services.checkout import AnotherOrder, Buyer, PriceChanged, SentIsPaidFirst, place_order
from market.services.orders import NotYetPaid, NotYourOrder, hand_over
from market.services.payouts import pay_purse
from market.services.refunds_by_hand import refund_order
from market.services.returns import take_goods_back
from reports.queries import Asked, Reader, overview
from tests.market.goods import CLEO, on_shelf, ordered, treasurer
from tests.market.jars import E_FERN, by_bank
from tests.market.parcels import CLEO_AT_HOME, POST, POST_PURSE, carrier, paid_order, sent_order
from tests.market.test_shop_pages import words
from tests.market.test_together import at_once
from tests.world import agreed, bars, key, world

pytestmark = [pytest.mark.quick]
needs_db = pytest.mark.django_db

FERN, OPERATOR = "coops/fern", "operators/market"


def state_of(order: Order) -> str:
    order.refresh_from_db()
    return order.state


def accounts(order: Order) -> tuple[int, int, int]:
    """What the carrier is owed, the tax, and what of it is the seller's loss."""
    return balance_of(POST_PURSE, E_FERN), balance_of("tax/gh/purse", E_FERN), -balance_of(f"{FERN}/losses", E_FERN)


class TestCountries:
    def test_are_read_by_name_in_either_language_and_by_letters(self):
        assert read_countries("France, be ; Suisse\nFR", "fr") == ["FR", "BE", "CH"]
        assert read_countries("Switzerland", "fr") == ["CH"] and read_countries(" , ", "en") == []
        assert say_countries(["CH", "GH"], "fr") == "Suisse, Ghana"

    @pytest.mark.parametrize("said", ["Atlantis", "EU", "ZZ", "France Belgium"])
    def test_what_is_none_is_refused_by_its_name(self, said):
        with pytest.raises(NoSuchCountry) as no:
            read_countries(f"France, {said}", "en")
        assert said in no.value.words(str)

    @given(st.sets(st.sampled_from(sorted(country_names("en")))), st.sampled_from(["en", "fr"]))
    def test_what_is_said_is_read_again(self, codes, language):
        commas = [code for code in codes if "," not in country_names(language)[code]]
        assert set(read_countries(say_countries(commas, language), language)) == set(commas)


@needs_db
class TestOffers:
    def test_the_ledger_knows_the_carrier_and_where_it_is(self):
        offer = carrier(world())
        assert (offer.carrier, offer.tax) == (POST, "tax/gh") and places_of([POST]) == {POST: "fr"}

    def test_two_cooperatives_work_with_the_same_carrier_and_its_place_stays(self):
        carrier(world(), place=None)
        oak = world("oak", "Oak Mill", "fr/jura")
        assert carrier(oak).carrier == POST and places_of([POST]) == {POST: "fr"}
        carrier(oak, name="la poste", place=None)
        assert places_of([POST]) == {POST: "fr"}

    @pytest.mark.parametrize(
        ("said", "refusal"),
        [
            ({"name": "…"}, UnreadableCarrier), ({"price": 0}, NotACarriagePrice), ({"place": "nowhere"}, UnknownPlace),
            ({"vat_rate": 1000}, NotACarriagePrice), ({"countries": []}, NoCountryNamed),
        ],
    )  # fmt: skip
    def test_refuses_what_nobody_could_keep(self, said, refusal):
        with pytest.raises(refusal):
            carrier(world(), **said)

    def test_one_name_is_offered_once_at_a_time(self):
        w = world()
        offer = carrier(w)
        with pytest.raises(OfferedAlready):
            carrier(w, price=500)
        close_offer(by=w.tom, pk=offer.pk, at=w.later())
        assert carrier(w, price=500).price == 500

    def test_only_those_who_list_goods_offer_and_only_their_own(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        offer = carrier(w)
        with pytest.raises(NotAllowed):
            close_offer(by=w.ben, pk=offer.pk, at=w.later())
        with pytest.raises(NotFound):
            close_offer(by=oak.ada, pk=offer.pk, at=w.later())


def test_a_carrier_offered_several_times_at_once_is_offered_once(own_database):
    w = world()
    told = at_once(*[lambda: carrier(w, place=None)] * 6)
    assert sum(isinstance(no, OfferedAlready) for no in told) == 5 and len(offers_of([w.fern])) == 1


@needs_db
class TestPlacing:
    def test_the_total_holds_goods_and_carriage_with_the_tax_of_each(self):
        w = world()
        order = sent_order(on_shelf(w), carrier(w), at=w.later())
        assert (order.goods, order.sending, order.total, order.due, order.vat) == (1200, 690, 1890, 1890, 63 + 115)
        assert [each.number for each in order.carriages.all()] == [2] and order.town == "Poligny"

    def test_an_address_is_kept_only_where_something_is_sent(self):
        w = world()
        assert ordered(w, on_shelf(w), buyer=CLEO_AT_HOME).street == ""

    @pytest.mark.parametrize(
        ("to", "refusal"),
        [
            (SendTo(), AddressMissing), (SendTo("3 rue", "", " ", "FR"), AddressMissing),
            (SendTo("3 rue", "", "Poligny", ""), AddressMissing),
            (SendTo("1 Road", "", "Accra", "GH"), NotToThatCountry),
        ],
    )  # fmt: skip
    def test_refuses_an_address_that_no_parcel_reaches_and_holds_nothing(self, to, refusal):
        w = world()
        with pytest.raises(refusal):
            sent_order(on_shelf(w), carrier(w), at=w.later(), buyer=Buyer("Cleo", "c@rennet.example", to=to))
        assert not Order.objects.exists() and not Hold.objects.exists()

    def test_what_is_sent_is_not_paid_at_the_door(self):
        w = world()
        with pytest.raises(SentIsPaidFirst):
            sent_order(on_shelf(w), carrier(w), at=w.later(), way="pickup")

    def test_a_closed_offer_or_another_cooperatives_is_gone(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        listing, offer, theirs = on_shelf(w), carrier(w), carrier(oak)
        with pytest.raises(CarriageGone):
            sent_order(listing, offer, at=w.later(), carriage={w.fern.pk: theirs.pk})
        close_offer(by=w.ada, pk=offer.pk, at=w.later())
        with pytest.raises(CarriageGone) as no:
            sent_order(listing, offer, at=w.later())
        assert "La Poste" in no.value.words(str)

    def test_nobody_is_bound_to_a_carriage_he_was_not_shown(self):
        w = world()
        listing, offer = on_shelf(w), carrier(w)
        with pytest.raises(PriceChanged):
            sent_order(listing, offer, at=w.later(), total=1200)
        assert sent_order(listing, offer, at=w.later(), total=1890).total == 1890

    def test_the_same_key_answers_the_same_order_and_none_that_goes_another_way(self):
        w = world()
        listing, offer = on_shelf(w), carrier(w)
        first = sent_order(listing, offer, at=w.later(), key="one-key-of-a-test")
        assert sent_order(listing, offer, at=w.later(), key="one-key-of-a-test") == first
        with pytest.raises(AnotherOrder):
            sent_order(listing, offer, at=w.later(), key="one-key-of-a-test", carriage={})

    def test_what_was_agreed_stays_when_the_offer_changes(self):
        w = world()
        offer = carrier(w)
        order = sent_order(on_shelf(w), offer, at=w.later())
        close_offer(by=w.ada, pk=offer.pk, at=w.later())
        carrier(w, price=990)
        order.refresh_from_db()
        assert order.total == 1890


@needs_db
class TestSelling:
    def test_the_carrier_is_owed_its_price_without_the_tax_and_the_log_holds(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        assert accounts(order) == (575, 63 + 115, 0)
        publish_checkpoint()
        assert verify_log().fault is None

    def test_every_cent_is_named_and_the_carriers_is_for_bringing_it(self):
        w = world()
        agreed(w)
        order = paid_order(w, on_shelf(w), carrier(w))
        went = where_money_went(order=order)
        assert went.price == 1890 and sum(s.quantity for s in went.slices) == 1890
        assert [(s.owner, s.quantity) for s in went.slices if s.reason == "delivery"] == [(POST, 575)]

    def test_the_page_says_it_before_and_after_the_payment(self, client):
        w = world()
        agreed(w)
        listing, offer = on_shelf(w), carrier(w)
        for order in (sent_order(listing, offer, at=w.later()), paid_order(w, listing, offer)):
            page = client.get(reverse("order", args=[order.token]))
            assert sum(page.context["groups"].values()) == 1890
            assert "Bringing it to you" in words(page) and "La Poste" in words(page) and "Poligny" in words(page)
            assert "Pick-up place" not in words(page)

    def test_invoice_and_letters_name_it(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        (invoice,) = order.invoices.all()
        assert invoice.total == 1890 and invoice.lines[1]["vat"] == 115 and invoice_pdf(invoice).startswith(b"%PDF")
        for letter in Letter.objects.filter(order=order):
            assert "Carriage: La Poste: 6.90 EUR" in letter.body and "3 rue du Collège, 39800 Poligny" in letter.body

    def test_two_persons_pay_the_carrier(self):
        w = world()
        eve = treasurer(w)
        paid_order(w, on_shelf(w), carrier(w))
        pay_purse(
            by=eve, approved_by=w.ada, owner=POST, amount=575, currency="EUR", keeper="bank/fern", statement_line="91",
            evidence="Invoice 7 of La Poste", at=w.later(),
        )  # fmt: skip
        assert accounts(None)[0] == 0 and balance_of(f"{POST}/pocket", "EUR") == 575


@needs_db
class TestSending:
    def test_the_carrier_takes_it_once_and_the_buyer_is_told(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        for _ in "ab":
            send_parcel(by=w.tom, order=order, tracking=" 8K 00123 ", at=w.later())
        assert state_of(order) == "handed_over" and order_at(order.token).state_words == "Sent"
        assert balance_of(f"{order.owner}/goods", "bar") == 2
        (letter,) = Letter.objects.filter(order=order, key__endswith="/sent-2")
        assert "8K 00123" in letter.body and "La Poste has taken" in letter.body

    def test_what_is_sent_is_not_handed_over_at_the_door(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        hand_over(by=w.tom, order=order, at=w.later())
        assert state_of(order) == "paid" and balance_of(f"{order.owner}/goods", "bar") == 0

    def test_refuses_what_is_not_paid_what_is_fetched_and_whoever_does_not_sell_it(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        listing, offer = on_shelf(w), carrier(w)
        order = sent_order(listing, offer, at=w.later())
        with pytest.raises(NotYetPaid):
            send_parcel(by=w.tom, order=order, tracking="", at=w.later())
        for by, one in ((oak.ada, order), (w.tom, ordered(w, listing))):
            with pytest.raises(NotYourOrder):
                send_parcel(by=by, order=one, tracking="", at=w.later())
        with pytest.raises(NotAllowed):
            send_parcel(by=w.ben, order=order, tracking="", at=w.later())

    def test_of_two_cooperatives_one_sends_and_the_other_hands_over(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        one, other, offer = on_shelf(w), on_shelf(oak, bars(oak, 10)), carrier(w)
        order = sent_order(one, offer, at=w.later(), cart={str(one.pk): 1, str(other.pk): 1})
        by_bank(w, order)
        hand_over(by=oak.ada, order=order, at=w.later())
        assert state_of(order) == "paid"
        assert "Next: it is packed and sent" in order_page(order_at(order.token))["next_step"]
        send_parcel(by=w.tom, order=order, tracking="", at=w.later())
        assert state_of(order) == "handed_over" and order_at(order.token).state_words == "Picked up and sent"

    def test_what_came_back_whole_is_not_sent(self):
        w = world()
        order = paid_order(w, on_shelf(w), carrier(w))
        refund_order(by=w.ada, order=order, amounts={1: 1200}, statement_line="r", why="", at=w.later(), key=key("r"))
        take_goods_back(by=w.ada, order=order, pieces={1: 2}, is_good=True, at=w.later(), key="back")
        with pytest.raises((NothingToSend, NotYetPaid)):
            send_parcel(by=w.tom, order=order, tracking="", at=w.later())


@needs_db
class TestReports:
    def test_the_market_reports_what_carriers_took_and_a_lot_does_not(self):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        order = paid_order(w, listing, carrier(w))
        found = overview(Asked(), Reader())
        assert found.figures.price == 1890 == sum(row.quantity for row in found.figures.received)
        assert [row.quantity for row in found.figures.received if row.owner == POST] == [575]
        assert where_money_went(lot=listing.lot_path).price == order.goods


@needs_db
def test_place_order_needs_no_carriage():
    w = world()
    listing = on_shelf(w)
    order = place_order(cart={str(listing.pk): 1}, buyer=CLEO, way="pickup", at=w.later(), key="a-key-of-a-test-1")
    assert order.sending == 0 and not order.carriages.exists()
