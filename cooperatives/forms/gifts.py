"""Money that was given, and what becomes of it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm
from cooperatives.forms.names import OneOf
from cooperatives.models import Place
from ledger.forms import AmountField, field_of

KEEPERS = [("bank", _("at the bank")), ("cash", _("in the cash box")), ("momo", _("as mobile money"))]
GOALS = [("fund", _("a fund, tied to what it was given for")), ("commons", _("a commons")), ("free", _("free"))]


class MoneyGiftForm(forms.Form):
    """Who gave how much, where it arrived, and what it is for."""

    member = OneOf(label=_("Given by the member"), required=False)
    giver = forms.CharField(label=_("Or by somebody outside"), max_length=40, required=False)
    place = forms.ModelChoiceField(
        label=_("Where they are"), queryset=Place.objects.all(), to_field_name="path", required=False,
        empty_label=_("not said"),
    )  # fmt: skip
    amount = AmountField(label=_("How much"))
    keeper = forms.ChoiceField(label=_("Where it arrived"), choices=KEEPERS)
    line = forms.CharField(
        label=_("Line of the statement"), max_length=60, help_text=_("Or the number of the receipt, for cash.")
    )
    goal = forms.ChoiceField(label=_("For"), choices=GOALS)
    name = forms.CharField(label=_("Name of the fund or commons"), max_length=40, required=False)

    def __init__(self, *args: Any, members: Iterable[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "member").choices = [("", "–"), *members]
        field_of(self, AmountField, "amount").exponent = exponent

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("goal") in {"fund", "commons"} and not (said.get("name") or "").strip():
            self.add_error("name", _("Say what it is for."))
        return said


class FundForm(KeyedForm):
    """Some of a fund."""

    fund = forms.SlugField(max_length=40, widget=forms.HiddenInput)
    amount = AmountField(label=_("How much"))

    def __init__(self, *args: Any, exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "amount").exponent = exponent


class PromiseForm(KeyedForm):
    """To whom a promise is kept."""

    owner = forms.CharField(max_length=90, widget=forms.HiddenInput)
