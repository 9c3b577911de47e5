"""Labels, order words and whose tax it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.rules.entries import is_owner
from market.rules.labels import FOOD, missing
from market.rules.taxes import country_of, tax_owner
from market.rules.words import POSSIBLE, WORDS, bank_reference, order_word

pytestmark = pytest.mark.quick

BAR = {
    "title": "Dark 72",
    "net_quantity": 100,
    "operator": "Fern, Station Road, Kumasi",
    "origin": "Ghana",
    "ingredients": "Cocoa mass, sugar",
    "allergens": [],
    "storage": "Dry",
}


class TestMissing:
    def test_a_full_label_misses_nothing(self):
        assert missing(BAR, is_food=True) == []

    def test_no_allergens_is_something_said_and_silence_is_not(self):
        assert missing({**BAR, "allergens": None}, is_food=True) == ["allergens"]

    def test_each_fact_of_food_is_asked_for(self):
        assert missing({}, is_food=True) == list(FOOD)

    def test_a_tool_has_no_ingredients(self):
        assert missing({**BAR, "ingredients": "", "allergens": None, "storage": ""}, is_food=False) == []


class TestOrderWord:
    def test_every_number_has_its_own_word(self):
        assert len({order_word(n) for n in range(POSSIBLE)}) == POSSIBLE == len(WORDS) * 90

    def test_a_reference_can_be_read_out(self):
        assert bank_reference("9q2c7f3a8k4m") == "R-9Q2C-7F3A-8K4M"


class TestTaxOwner:
    def test_the_country_is_the_widest_place(self):
        assert tax_owner("gh/ashanti/kumasi") == "tax/gh" and country_of("tax/gh") == "gh"

    def test_an_unknown_place_pays_an_unknown_tax(self):
        assert tax_owner(None) == "tax/unknown" and country_of("tax/unknown") is None

    @given(some.text())
    def test_is_always_an_owner_of_the_ledger(self, place):
        assert is_owner(tax_owner(place))
