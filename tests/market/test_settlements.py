"""Dividing what was earned, paying it out, and following every cent of it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from cooperatives.services.agreements import adopt_agreement
from ledger.queries import balance_of, entry, log_size, places_of
from ledger.rules.refusal import NotAllowed
from market.models import Payment, Payout
from market.queries import earnings_of, purses_to_pay, where_money_went
from market.rules.splits import by_boundary
from market.services.payouts import (
    EvidenceNeeded,
    NotThatKeeper,
    OnePayoutAtATime,
    PayoutClosed,
    PurseTooSmall,
    SecondPersonNeeded,
    confirm_payout,
    drop_payout,
    pay_purse,
    prepare_payout,
)
from market.services.settlements import NoAgreement, divide_period
from tests.market.goods import bought, on_shelf, treasurer
from tests.world import NOON, agreed, bars, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

FERN, E_FERN, TODAY = "coops/fern", "EUR@coops/fern", date(2026, 11, 24)


def divided(w, upto=TODAY):
    return divide_period(by=w.ada, cooperative=w.fern, upto=upto, at=w.later())


class TestDividePeriod:
    def test_empties_what_each_lot_earned_into_the_purses_of_those_who_made_it(self):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        bought(w, listing, 10)
        (division,) = divided(w)
        assert division.amount == 5447 == sum(division.parts["parts"].values())
        assert balance_of(listing.earned_path, E_FERN) == 0 and earnings_of(w.fern) == {}
        assert {f"{w.ben.address}/purse", f"{FERN}/reserve", "commons/shade/purse"} <= division.parts["parts"].keys()

    def test_the_entry_has_its_key_and_says_who_divided(self):
        w = world()
        agreed(w)
        bought(w, on_shelf(w))
        (division,) = divided(w)
        found = entry(division.entry)
        assert found.key.startswith("divide/fern-2026-11-24/") and found.by == (w.ada.address,)
        assert (found.action, found.purpose) == ("transfer-all-rights", "share")

    def test_again_nothing_is_divided_twice(self):
        w = world()
        agreed(w)
        bought(w, on_shelf(w))
        divided(w)
        size = log_size()
        assert divided(w) == [] and log_size() == size

    def test_what_is_sold_later_in_the_period_waits_for_the_next(self):
        w = world()
        agreed(w)
        listing = on_shelf(w)
        bought(w, listing)
        divided(w)
        bought(w, listing)
        assert divided(w) == [] and len(divided(w, date(2026, 12, 1))) == 1

    def test_a_cost_returns_to_the_working_money_for_the_part_that_was_sold(self):
        w = world()
        agreed(w)
        lot = bars(w, 100, inputs=[beans(w, price=9000)])
        bought(w, on_shelf(w, lot), 10)
        (division,) = divided(w)
        assert division.parts["parts"][f"{FERN}/free"] == 9000 * 9 // 10 // 10

    def test_a_floor_that_is_not_met_becomes_a_debt_and_is_paid_first(self):
        w = world()
        agreed(w)
        listing = on_shelf(w, price=1, number=10)
        bought(w, listing, 5)
        divided(w)
        debt = balance_of(f"{w.ben.address}/debt", E_FERN)
        assert debt > 0 == balance_of(f"{FERN}/debts", E_FERN) + debt
        bought(w, on_shelf(w, price=5000), 10)
        divided(w, date(2026, 12, 1))
        assert balance_of(f"{w.ben.address}/debt", E_FERN) < debt

    def test_a_balanced_rest_makes_good_what_an_earlier_share_gave_too_little(self):
        w = world()
        rates = [{"of": "harvest", "unit": "g", "per": 1000, "pays": 200}]
        rest = {"step": "residual", "rates": rates, "is_balanced": True}
        adopt_agreement(cooperative=w.fern, rules=[rest], at=NOON, by=None)
        first, second = beans(w, giver=w.ben), beans(w, giver=w.ada)
        for lot, period in ((first, TODAY), (second, date(2026, 12, 1))):
            bought(w, on_shelf(w, lot, price=1000, unit_quantity=50_000), 1)
            divided(w, period)
        purses = [balance_of(f"{m.address}/purse", E_FERN) for m in (w.ben, w.ada)]
        # Each brought as much as the other, so that in the end each has half, though Ben's lot was sold first.
        assert sum(purses) and abs(purses[0] - purses[1]) <= 1

    def test_a_payment_whose_fee_is_not_known_waits(self):
        w = world()
        agreed(w)
        bought(w, on_shelf(w))
        Payment.objects.update(is_fee_known=False)
        assert divided(w) == []

    def test_refuses_without_an_agreement_and_without_the_role(self):
        w = world()
        bought(w, on_shelf(w))
        with pytest.raises(NoAgreement):
            divided(w)
        agreed(w)
        for by in (w.ben, w.tom, world("oak", "Oak").ada):
            with pytest.raises(NotAllowed):
                divide_period(by=by, cooperative=w.fern, upto=TODAY, at=w.later())


class TestPayouts:
    def purse(self):
        w = world()
        agreed(w)
        bought(w, on_shelf(w), 10)
        divided(w)
        return w, treasurer(w), balance_of(f"{w.ben.address}/purse", E_FERN)

    def prepared(self, w, eve, amount, **more):
        said = {"owner": w.ben.address, "currency": "EUR", "keeper": "cash/fern", "key": key("payout"), **more}
        return prepare_payout(by=eve, amount=amount, at=w.later(), **said)

    def confirmed(self, w, by, payout, line="17", evidence="Ben signed the book"):
        return confirm_payout(by=by, payout=payout, statement_line=line, evidence=evidence, at=w.later())

    def test_two_persons_pay_and_the_purse_is_empty(self):
        w, eve, amount = self.purse()
        payout = self.confirmed(w, w.ada, self.prepared(w, eve, amount))
        assert balance_of(f"{w.ben.address}/purse", E_FERN) == 0
        assert balance_of(f"{w.ben.address}/pocket", "EUR") == amount
        found = entry(payout.entry)
        assert found.key == "cash/fern/17" and found.by == (eve.address, w.ada.address)
        assert "Ben signed" not in str(found) and payout.evidence == "Ben signed the book"

    def test_preparing_moves_nothing(self):
        w, eve, amount = self.purse()
        size = log_size()
        self.prepared(w, eve, amount)
        assert log_size() == size and purses_to_pay(w.fern)[0].payout

    def test_refuses_the_same_person_twice(self):
        w, eve, amount = self.purse()
        payout = self.prepared(w, eve, amount)
        with pytest.raises(SecondPersonNeeded):
            self.confirmed(w, eve, payout)
        with pytest.raises(IntegrityError, match="two_persons_pay_out"), transaction.atomic():
            Payout.objects.filter(pk=payout.pk).update(confirmed_by=eve)

    def test_refuses_a_steward_who_is_no_treasurer_to_prepare_and_others_to_confirm(self):
        w, eve, amount = self.purse()
        with pytest.raises(NotAllowed):
            self.prepared(w, w.ada, amount)
        payout = self.prepared(w, eve, amount)
        for by in (w.ben, w.tom, world("oak", "Oak").ada):
            with pytest.raises(NotAllowed):
                self.confirmed(w, by, payout)

    def test_refuses_more_than_the_purse_holds_and_a_keeper_nobody_knows(self):
        w, eve, amount = self.purse()
        for wrong in (amount + 1, 0):
            with pytest.raises(PurseTooSmall):
                self.prepared(w, eve, wrong)
        with pytest.raises(NotThatKeeper):
            self.prepared(w, eve, amount, keeper="sock/fern")

    def test_refuses_without_evidence(self):
        w, eve, amount = self.purse()
        payout = self.prepared(w, eve, amount)
        for line, evidence in (("", "signed"), ("17", " ")):
            with pytest.raises(EvidenceNeeded):
                self.confirmed(w, w.ada, payout, line, evidence)

    def test_one_at_a_time_until_it_is_dropped(self):
        w, eve, amount = self.purse()
        payout = self.prepared(w, eve, 1)
        with pytest.raises(OnePayoutAtATime):
            self.prepared(w, eve, 1)
        drop_payout(by=w.ada, payout=payout, at=w.later())
        with pytest.raises(PayoutClosed):
            self.confirmed(w, w.ada, payout)
        self.prepared(w, eve, amount)

    def test_confirmed_again_it_is_the_same(self):
        w, eve, amount = self.purse()
        payout = self.prepared(w, eve, amount)
        first = self.confirmed(w, w.ada, payout)
        size = log_size()
        assert self.confirmed(w, w.ada, payout).entry == first.entry and log_size() == size

    def test_at_one_table_both_persons_are_named(self):
        w, eve, amount = self.purse()
        payout = pay_purse(
            by=eve, approved_by=w.ada, owner=w.ben.address, amount=amount, currency="EUR", keeper="cash/fern",
            statement_line="m1", evidence="message 4711", at=w.later(),
        )  # fmt: skip
        assert entry(payout.entry).by == (eve.address, w.ada.address)


class TestWhereMoneyWent:
    def sale(self, **more):
        w = world()
        agreed(w)
        listing = on_shelf(w, **more)
        return w, listing, bought(w, listing, 3)

    def test_before_the_division_it_is_waiting(self):
        _w, _listing, order = self.sale()
        found = where_money_went(order=order)
        assert found.price == 1800 and found.by_owner() == {"tax/gh": 94, "operators/market": 72, "waiting": 1634}

    def test_after_it_every_cent_has_an_owner_for_order_listing_lot_product_cooperative_and_all(self):
        w, listing, order = self.sale()
        divided(w)
        asked = [
            {"order": order},
            {"listing": listing},
            {"lot": listing.lot_path},
            {"product": listing.product_id},
            {"cooperative": w.fern},
            {},
        ]
        for one in asked:
            found = where_money_went(**one)
            assert found.price == 1800 == sum(found.by_owner().values()) and not found.waiting
            assert found.by_owner()[w.ben.address] > 0

    def test_a_period_holds_its_own_sales_only(self):
        w, listing, _order = self.sale()
        middle = w.later()
        bought(w, listing, 1)
        assert where_money_went(cooperative=w.fern, until=middle).price == 1800
        assert where_money_went(cooperative=w.fern, since=middle).price == 600

    def test_what_stays_depends_on_the_boundary_and_the_sum_does_not(self):
        w, _listing, order = self.sale()
        divided(w)
        slices = where_money_went(order=order).slices
        places = places_of([part.owner for part in slices])
        wide, narrow = (by_boundary(slices, places, boundary) for boundary in ("gh", "gh/ashanti"))
        assert sum(wide.values()) == sum(narrow.values()) == 1800
        assert wide["local"] - narrow["local"] == 94  # the tax of Ghana stays in Ghana and leaves Ashanti
        assert narrow["unknown"] == 72  # nobody said where the operator is

    def test_a_priced_delivery_is_a_cost_that_goes_on_to_its_giver(self):
        w = world()
        agreed(w)
        lot = bars(w, 100, inputs=[beans(w, price=9000)])
        order = bought(w, on_shelf(w, lot), 10)
        divided(w)
        reasons = {(part.owner, part.reason): part.quantity for part in where_money_went(order=order).slices}
        assert reasons[w.ben.address, "cost"] == 810

    def test_it_asks_the_journal_a_bounded_number_of_times(self, django_assert_max_num_queries):
        w, _listing, order = self.sale()
        divided(w)
        with django_assert_max_num_queries(10):
            where_money_went(order=order)
