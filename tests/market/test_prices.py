"""Prices and carts: what is inside a price, and that nothing is lost of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from market.rules import cart
from market.rules.cart import Line
from market.rules.prices import commission_of, half_up, split_price, unit_price, vat_inside

pytestmark = pytest.mark.quick

amounts = some.integers(1, 10**12)
rates = some.integers(0, 999)


class TestVatInside:
    def test_six_euros_at_five_and_a_half_percent_hold_thirty_one_cents(self):
        assert vat_inside(600, 55) == 31

    def test_nothing_is_inside_what_is_exempt(self):
        assert vat_inside(600, 0) == 0

    def test_a_half_goes_up(self):
        assert [half_up(n, 2) for n in (1, 3, 4)] == [1, 2, 2]

    @given(amounts, rates)
    def test_is_never_more_than_half_a_part_from_the_exact_tax(self, price, rate):
        assert abs(vat_inside(price, rate) * (1000 + rate) - price * rate) * 2 <= 1000 + rate


class TestSplitPrice:
    @given(amounts, rates, some.integers(0, 1000))
    def test_tax_commission_and_rest_are_the_price(self, price, vat_rate, commission_rate):
        split = split_price(price, vat_rate=vat_rate, commission_rate=commission_rate)
        assert split.vat + split.commission + split.rest == price
        assert min(split.vat, split.commission, split.rest) >= 0

    def test_four_percent_of_six_euros_are_twenty_four_cents(self):
        assert commission_of(600, 40) == 24


class TestUnitPrice:
    def test_a_hundred_grams_at_six_euros_are_sixty_a_kilogram(self):
        assert unit_price(600, 100, "g") == (6000, "kg")

    def test_ten_litres_at_nine_eighty_are_ninety_eight_cents_a_litre(self):
        assert unit_price(980, 10_000, "ml") == (98, "l")

    def test_four_seats_are_compared_by_the_seat(self):
        assert unit_price(1800, 4, "piece") == (450, "piece")


class TestCart:
    def test_putting_in_twice_adds(self):
        assert cart.added(cart.added({}, 7, 1), 7, 2) == {"7": 3}

    def test_none_of_it_takes_it_out(self):
        assert cart.changed({"7": 3, "8": 1}, 7, 0) == {"8": 1}

    def test_no_cart_holds_more_than_anyone_carries(self):
        assert cart.added({"7": 998}, 7, 5) == {"7": cart.MOST}

    @given(some.lists(some.tuples(some.integers(1, 50), some.integers(1, 5000), rates), max_size=8))
    def test_the_tax_of_a_cart_is_that_of_its_lines(self, rows):
        lines = [Line(n, pieces, price, rate) for n, (pieces, price, rate) in enumerate(rows)]
        assert cart.total(lines) == sum(pieces * price for pieces, price, _ in rows)
        assert cart.vat(lines) == sum(vat_inside(pieces * price, rate) for pieces, price, rate in rows)
