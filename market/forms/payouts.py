"""What goes out: to purses, to the bank, before it is earned."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.forms import AmountField, field_of


class PayoutForm(forms.Form):
    """Whom to pay how much, from where."""

    owner = forms.CharField(widget=forms.HiddenInput, max_length=60)
    lot = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = AmountField(label=_("Amount"))
    keeper = forms.CharField(label=_("Paid from"), max_length=60)

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = field_of(self, AmountField, "amount")
        amount.exponent = exponent


class EvidenceForm(forms.Form):
    """How we know that a payout arrived."""

    statement_line = forms.CharField(label=_("Line of the statement or cash book"), max_length=80)
    evidence = forms.CharField(
        label=_("How we know that it arrived"), max_length=1000, help_text=_("A signed receipt, a message, a number.")
    )


class LimitForm(forms.Form):
    """How far below zero a member's purse may fall."""

    member = forms.ChoiceField(label=_("Member"))
    limit = AmountField(label=_("May be advanced at most"))

    def __init__(self, *args: Any, members: list[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "member").choices = members
        field_of(self, AmountField, "limit").exponent = exponent


class AdvanceForm(forms.Form):
    """Whom to pay how much before it is earned, from where, and which line of its book says so."""

    member = forms.ChoiceField(label=_("Member"))
    amount = AmountField(label=_("Amount"))
    keeper = forms.CharField(label=_("Paid from"), max_length=60)
    statement_line = forms.SlugField(label=_("Line of the statement or cash book"), max_length=40)

    def __init__(self, *args: Any, members: list[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "member").choices = members
        field_of(self, AmountField, "amount").exponent = exponent


class MoveForm(forms.Form):
    """How much goes from which place to which, and which line of the receiving one says so."""

    source = forms.ChoiceField(label=_("From"))
    target = forms.CharField(label=_("To"), max_length=50, help_text=_("Such as bank/fern, cash/fern or momo/fern."))
    amount = AmountField(label=_("Amount"))
    statement_line = forms.SlugField(
        label=_("Line of the statement or cash book"), max_length=40, help_text=_("Of the place that receives it.")
    )

    def __init__(self, *args: Any, sources: list[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "source").choices = sources
        field_of(self, AmountField, "amount").exponent = exponent


class BankPayoutForm(forms.Form):
    """How much goes from the account at Stripe to the bank."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = AmountField(label=_("Amount"))

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "amount").exponent = exponent
