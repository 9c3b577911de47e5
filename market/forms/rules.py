"""What a cooperative decides about its money, and which programs may work for it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.queries import SCHEDULES, TWO_PERSONS
from ledger.forms import AmountField, field_of
from market.models import Scope


class MoneyRulesForm(forms.Form):
    """What a cooperative decides about its money."""

    two_persons = forms.ChoiceField(label=_("Two persons are needed"), choices=TWO_PERSONS, widget=forms.RadioSelect)
    minimum = AmountField(label=_("Least that is paid out"))
    schedule = forms.ChoiceField(label=_("Purses are paid"), choices=SCHEDULES)
    second_factor_from = forms.DateField(
        label=_("Stewards and treasurers need a passkey or a code from"), required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Leave some days for setting it up. Empty: a password is enough."),
    )  # fmt: skip

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "minimum").exponent = exponent


class TokenForm(forms.Form):
    """A new token: for what, and what it may do."""

    name = forms.CharField(label=_("What the token is for"), max_length=60)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, initial=["read"], widget=forms.CheckboxSelectMultiple
    )
