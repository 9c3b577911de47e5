"""Where the money went: the slices sum to the price, always, and each has the owner whom the journal names."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cooperatives.rules.lineage import PaidToLot
from ledger.rules.entries import Draft, Flow
from ledger.rules.readings import NetFlow
from market.rules.parts import whole
from market.rules.prices import split_price
from market.rules.sales import SoldLine, division_draft, payment_draft, payout_draft, sale_draft
from market.rules.splits import (
    GROUPS,
    Journal,
    Slice,
    breakdown,
    by_boundary,
    is_inside,
    sale_lines,
    where_it_went,
)

pytestmark = pytest.mark.quick

AT = datetime(2026, 11, 24, tzinfo=UTC)
FERN, OAK, OPERATOR = "coops/fern", "coops/oak", "operators/market"
BARS = f"{FERN}/lots/bars-31"


def flows_of(*drafts: Draft) -> list[NetFlow]:
    """The drafts as the journal would read them, in order."""
    tokens = count(1)
    return [
        NetFlow(token, d.key, d.action, d.purpose, d.at, d.evidence, f.giver, f.taker, f.unit, f.quantity)
        for d in drafts
        for token in [next(tokens)]
        for f in d.flows
    ]


def bar(
    order: str = "orders/9q2c", number: int = 1, price: int = 600, commission: int = 0, vat_rate: int = 55
) -> SoldLine:
    split = split_price(price, vat_rate=vat_rate, commission_rate=commission)
    return SoldLine(
        order, number, FERN, "bars-31", "hubs/kumasi", "bar", 1, price, split.vat, split.commission, "tax/fr", "EUR"
    )


def sold(line: SoldLine) -> Draft:
    return sale_draft(line, operator=OPERATOR, paid={"cash/kumasi": whole(line)}, at=AT, by=())


def divided(parts: dict[str, int], *, seller: str = FERN, lot: str = "bars-31", key: str = "divide/w1") -> Draft:
    return division_draft(key=key, pot=f"{seller}/earned/{lot}", money="EUR", parts=parts, at=AT, by=())


def owners(flows: list[NetFlow], costs=lambda lot: {}) -> dict[str, int]:
    went = where_it_went(sale_lines(flows), Journal.of(flows), costs)
    return breakdown("EUR", went).by_owner()


class TestASale:
    def test_before_a_division_all_but_tax_and_commission_is_waiting(self):
        found = owners(flows_of(sold(bar(commission=40))))
        assert found == {"tax/fr": 31, OPERATOR: 24, "waiting": 545}

    def test_after_it_every_cent_has_its_last_owner(self):
        parts = {
            "members/ben/purse": 262,
            "members/ada/purse": 145,
            "commons/dark-72/purse": 16,
            f"{FERN}/reserve": 146,
        }
        found = owners(flows_of(sold(bar()), divided(parts)))
        assert found == {"members/ben": 262, "members/ada": 145, "commons/dark-72": 16, FERN: 146, "tax/fr": 31}

    def test_the_next_division_counts_not_an_earlier_one(self):
        flows = flows_of(
            sold(bar("orders/a")),
            divided({"members/ben/purse": 569}),
            sold(bar("orders/b")),
            divided({"members/ada/purse": 569}, key="divide/w2"),
        )
        _first, second = sale_lines(flows)
        went = where_it_went([second], Journal.of(flows), lambda lot: {})
        assert breakdown("EUR", went).by_owner() == {"members/ada": 569, "tax/fr": 31}

    def test_what_is_paid_in_or_given_back_is_no_sale(self):
        paid = payment_draft(
            key="cash/kumasi/1", order="orders/a", keeper="cash/kumasi", money="EUR", amount=700, at=AT, by=(),
            evidence="two-sided",
        )  # fmt: skip
        back = Draft("cash/kumasi/2", "transfer-custody", "refund",
                     (Flow("orders/a/prepaid@cash/kumasi", "orders/a/pocket", "EUR", 100),), AT)  # fmt: skip
        lines = sale_lines(flows_of(paid, sold(bar("orders/a")), back))
        assert [line.price for line in lines] == [600]

    def test_paying_a_purse_moves_no_slice(self):
        payout = payout_draft(
            key="cash/kumasi/7", holder=FERN, owner="members/ben", keeper="cash/kumasi", money="EUR", amount=569, at=AT,
            by=(), evidence_hash="",
        )  # fmt: skip
        flows = flows_of(sold(bar()), divided({"members/ben/purse": 569}), payout)
        assert owners(flows) == {"members/ben": 569, "tax/fr": 31}


class TestAFee:
    def test_lies_on_the_line_it_cost(self):
        charge = Draft("stripe/ch-1", "transfer-custody", "payment",
                       (Flow("orders/9q2c/pocket", "orders/9q2c/prepaid@stripe/market", "EUR", 600),), AT)  # fmt: skip
        fee = Draft("stripe/ch-1/fee/fern", "transfer", "fee", (
            Flow(f"{FERN}/till@stripe/market", "processors/stripe/pocket", "EUR", 34),
            Flow(f"{FERN}/earned/bars-31", f"{FERN}/owes", "EUR@coops/fern", 34)), AT, (), "invoice")  # fmt: skip
        flows = flows_of(charge, sold(bar()), fee, divided({"members/ben/purse": 535}))
        assert owners(flows) == {"members/ben": 535, "processors/stripe": 34, "tax/fr": 31}


class TestACost:
    def test_goes_on_to_those_who_were_paid(self):
        paid = {BARS: {"suppliers/sugar": Fraction(2), "members/ada": Fraction(1)}}
        flows = flows_of(sold(bar()), divided({f"{FERN}/free": 300, "members/ben/purse": 269}))
        assert owners(flows, paid.__getitem__) == {
            "suppliers/sugar": 200, "members/ada": 100, "members/ben": 269, "tax/fr": 31,
        }  # fmt: skip

    def test_without_a_payee_is_the_cooperatives_own(self):
        flows = flows_of(sold(bar()), divided({f"{FERN}/free": 569}))
        assert owners(flows) == {FERN: 569, "tax/fr": 31}

    def test_paid_to_another_cooperatives_lot_follows_that_lots_division(self):
        bought = Draft("bank/1", "transfer", "purchase", (
            Flow(f"{FERN}/till@bank/fern", f"{OAK}/till@bank/oak", "EUR", 100),
            Flow(f"{FERN}/free", f"{FERN}/owes", "EUR@coops/fern", 100),
            Flow(f"{OAK}/owes", f"{OAK}/earned/dry-1", "EUR@coops/oak", 100)), AT)  # fmt: skip
        flows = flows_of(
            bought, sold(bar()), divided({f"{FERN}/free": 569}),
            divided({"members/f1/purse": 75, f"{OAK}/reserve": 25}, seller=OAK, lot="dry-1", key="divide/oak"),
        )  # fmt: skip
        paid = {BARS: {PaidToLot(f"{OAK}/earned/dry-1", 1): Fraction(100)}}
        assert owners(flows, paid.__getitem__) == {"members/f1": 427, OAK: 142, "tax/fr": 31}


class TestAShareOfAnothersLot:
    SHARE = divided({f"{OAK}/earned/dry-1": 569})

    def test_waits_until_it_is_paid_on(self):
        assert owners(flows_of(sold(bar()), self.SHARE)) == {"waiting": 569, "tax/fr": 31}

    def test_then_follows_that_lots_division(self):
        paid_on = Draft("bank/9", "transfer", "share", (
            Flow(f"{FERN}/till@bank/fern", f"{OAK}/till@bank/oak", "EUR", 569),
            Flow(f"{OAK}/earned/dry-1", f"{FERN}/owes", "EUR@coops/fern", 569),
            Flow(f"{OAK}/owes", f"{OAK}/earned/dry-1", "EUR@coops/oak", 569)), AT)  # fmt: skip
        there = divided({"members/f1/purse": 569}, seller=OAK, lot="dry-1", key="divide/oak")
        assert owners(flows_of(sold(bar()), self.SHARE, paid_on, there)) == {"members/f1": 569, "tax/fr": 31}


takers = some.sampled_from(
    ["members/ben/purse", "members/ada/purse", "commons/care/purse", f"{FERN}/reserve", f"{FERN}/free"]
)


class TestTheLaw:
    @given(
        some.lists(
            some.tuples(some.integers(1, 10**6), some.integers(0, 300), some.integers(0, 200)), min_size=1, max_size=6
        ),
        some.lists(some.dictionaries(takers, some.integers(1, 10**6), min_size=1), max_size=3),
        some.dictionaries(some.sampled_from(["suppliers/x", "members/ada"]), some.fractions(0, 100), max_size=2),
    )
    def test_the_slices_of_any_sales_sum_to_their_prices(self, sales, divisions, paid):
        drafts = [
            sold(bar(f"orders/o{n}", price=price, vat_rate=vat, commission=commission))
            for n, (price, vat, commission) in enumerate(sales)
        ]
        drafts[len(drafts) // 2 : len(drafts) // 2] = [divided(p, key=f"divide/w{n}") for n, p in enumerate(divisions)]
        flows = flows_of(*drafts)
        lines, journal = sale_lines(flows), Journal.of(flows)
        for some_lines in (lines, *[[line] for line in lines]):
            found = breakdown("EUR", where_it_went(some_lines, journal, lambda lot: paid))
            assert found.price == sum(line.price for line in some_lines) == sum(s.quantity for s in found.slices)
            assert sum(by_boundary(found.slices, {}, "gh").values()) == found.price


class TestBoundary:
    PLACES = {
        "members/ben": "gh/ashanti",
        "tax/fr": "fr",
        "commons/care": "gh",
        "commons/far": "fr",
        "suppliers/x": None,
    }

    def groups(self, *owners: str) -> dict[str, int]:
        slices = [Slice(owner, "share", "declared", 10) for owner in owners]
        return by_boundary(slices, self.PLACES, "gh")

    def test_a_place_is_inside_itself_and_not_inside_a_longer_word(self):
        assert [is_inside(place, "gh") for place in ("gh", "gh/ashanti", "ghx", None)] == [True, True, False, None]

    def test_what_is_unknown_is_never_spread(self):
        assert self.groups("members/ben", "tax/fr", "suppliers/x", "members/nobody") == {
            "local": 10, "commons": 0, "unknown": 20, "waiting": 0, "extracted": 10,
        }  # fmt: skip

    def test_commons_are_shown_apart_only_where_they_are_local(self):
        found = self.groups("commons/care", "commons/far")
        assert found["commons"] == found["extracted"] == 10

    def test_what_waits_has_no_place_yet(self):
        slices = [Slice("members/ben", "waiting", "unknown", 5)]
        assert by_boundary(slices, self.PLACES, "gh") == {**dict.fromkeys(GROUPS, 0), "waiting": 5}


class TestExemptGoods:
    def test_carry_no_flow_of_nothing(self):
        flows = sold(replace(bar(), vat=0)).flows
        assert all(flow.quantity for flow in flows) and not any("tax/" in flow.taker for flow in flows)
