"""Quantities in and out: exact or refused, never rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.amounts import LARGEST, NotANumber, TooLarge, TooPrecise, format_quantity, parse_quantity
from ledger.rules.refusal import Refusal

pytestmark = pytest.mark.quick


class TestParseQuantity:
    @pytest.mark.parametrize(
        ("text", "exponent", "mark", "quantity"),
        [
            ("12.5", 2, ".", 1250),
            ("12,5", 2, ",", 1250),
            (" 1 234,50 ", 2, ",", 123450),
            ("1\u202f234", 0, ",", 1234),
            ("-0", 2, ".", 0),
            ("9007199254740993", 0, ".", 2**53 + 1),
            (str(LARGEST), 0, ".", LARGEST),
            ("٣", 0, ".", 3),
            ("١٢٫٥", 2, ",", 1250),
            ("٠٫٥٠", 1, ".", 5),
            ("−12.5", 2, ".", -1250),
            ("−0", 2, ".", 0),
            ("12.50", 1, ".", 125),
            ("0.001", 3, ".", 1),
        ],
    )
    def test_reads(self, text: str, exponent: int, mark: str, quantity: int) -> None:
        assert parse_quantity(text, exponent, mark) == quantity

    @pytest.mark.parametrize(
        ("text", "refusal"),
        [
            ("", NotANumber), ("NaN", NotANumber), ("1e3", NotANumber), ("inf", NotANumber), ("1,234", NotANumber),
            ("1.2.3", NotANumber), ("12 34", NotANumber), ("0x10", NotANumber), ("--1", NotANumber),
            ("0.001", TooPrecise), (str(LARGEST + 1), TooLarge), ("9" * 400, TooLarge),
        ],
    )  # fmt: skip
    def test_refuses(self, text: str, refusal: type[Refusal]) -> None:
        with pytest.raises(refusal):
            parse_quantity(text, 2 if refusal is not TooLarge else 0)

    @given(st.integers(-LARGEST, LARGEST), st.integers(0, 9), st.sampled_from(".,"))
    def test_reads_what_format_quantity_writes(self, quantity: int, exponent: int, mark: str) -> None:
        assert parse_quantity(format_quantity(quantity, exponent, mark), exponent, mark) == quantity
