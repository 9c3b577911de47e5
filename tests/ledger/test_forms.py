"""Amounts that people type: read by their language's mark, refused in their language's words."""

import pytest
from django import forms
from django.utils import translation

from cooperatives.forms.fields import MeasureField
from ledger.forms import AmountField, as_typed, field_of

pytestmark = pytest.mark.quick


class TestAmountField:
    @pytest.mark.parametrize(("language", "typed"), [("en", "12.50"), ("fr", "12,50")])
    def test_reads_the_mark_of_the_language(self, language: str, typed: str) -> None:
        with translation.override(language):
            assert AmountField().clean(typed) == 1250
            assert as_typed(1250, 2) == typed

    @pytest.mark.parametrize("field", [AmountField(), MeasureField()])
    def test_refuses_in_the_words_of_the_language(self, field: forms.Field) -> None:
        said = {}
        for language in ("en", "fr"):
            with translation.override(language), pytest.raises(forms.ValidationError) as no:
                field.clean("douze")
            said[language] = no.value.messages[0]
        assert "is not a number we can read" in said["en"]
        assert "douze" in said["fr"] and said["fr"] != said["en"]

    def test_may_be_left_empty_where_nothing_must_be_said(self) -> None:
        assert AmountField(required=False).clean("") is None

    def test_is_found_in_a_form_as_what_it_is(self) -> None:
        class Price(forms.Form):
            amount = AmountField()

        form = Price()
        field_of(form, AmountField, "amount").exponent = 3
        assert field_of(Price(), AmountField, "amount").exponent == 2
        with pytest.raises(AssertionError):
            field_of(form, forms.ChoiceField, "amount")
