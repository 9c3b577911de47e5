"""Carriers: what a stall offers, and what it gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.forms import AmountField, field_of, in_their_words
from market.rules.countries import read_countries


class ParcelForm(forms.Form):
    """What the carrier said of a parcel."""

    tracking = forms.CharField(
        label=_("Number of the parcel"), max_length=80, required=False, help_text=_("If the carrier gave one.")
    )


class CarriageForm(forms.Form):
    """A carrier that brings goods to buyers."""

    name = forms.CharField(
        label=_("Carrier"), max_length=80, help_text=_("As buyers know it: La Poste, Anna’s bicycle.")
    )
    price = AmountField(label=_("Price for one order, VAT inside"))
    vat_rate = AmountField(
        label=_("VAT in percent"), exponent=1, help_text=_("As a rule, that of the goods it goes with.")
    )
    countries = forms.CharField(
        label=_("Countries it goes to"), max_length=1000, help_text=_("With commas between: France, Belgium, CH.")
    )
    days = forms.CharField(
        label=_("How long it takes"), max_length=80, required=False, help_text=_("Two to four working days.")
    )
    place = forms.ChoiceField(
        label=_("Where the carrier is at home"), required=False,
        help_text=_("So that reports can tell what of it stays local."),
    )  # fmt: skip

    def __init__(self, *args: Any, exponent: int = 2, places: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "price").exponent = exponent
        field_of(self, forms.ChoiceField, "place").choices = [("", _("not known")), *places]

    def clean_countries(self) -> list[str]:
        return in_their_words(lambda: read_countries(self.cleaned_data["countries"], get_language() or "en"))

    def clean_place(self) -> str | None:
        return self.cleaned_data["place"] or None
