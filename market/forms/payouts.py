"""What goes out: to purses, to the bank, before it is earned."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.names import NamesInput, OneOf
from ledger.forms import AmountField, field_of


class KeeperField(forms.CharField):
    """Where money lies, chosen by its word, or typed where a place may be new; the value is its address."""

    def __init__(self, *, may_be_new: bool = False, **more: Any) -> None:
        super().__init__(max_length=60, **more)
        self.may_be_new, self.keepers = may_be_new, dict[str, str]()

    def offer(self, keepers: list[tuple[str, str]]) -> None:
        """(address, word) of each place there is."""
        self.keepers = dict(keepers)
        self.widget = NamesInput([*self.keepers.values()], "…") if self.may_be_new else forms.Select(choices=keepers)
        self.widget.is_required = self.required

    def prepare_value(self, value: Any) -> Any:
        return self.keepers.get(value, value) if self.may_be_new else value

    def to_python(self, value: Any) -> str:
        said = super().to_python(value) or ""
        meant = (keeper for keeper, word in self.keepers.items() if word.casefold() == said.casefold())
        return next(meant, said)


class PayoutForm(forms.Form):
    """Whom to pay how much, from where."""

    owner = forms.CharField(widget=forms.HiddenInput, max_length=60)
    lot = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = AmountField(label=_("Amount"))
    keeper = KeeperField(label=_("Paid from"))

    def __init__(self, *args: Any, keepers: list[tuple[str, str]], exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, KeeperField, "keeper").offer(keepers)
        field_of(self, AmountField, "amount").exponent = exponent


class EvidenceForm(forms.Form):
    """How we know that a payout arrived."""

    statement_line = forms.CharField(label=_("Line of the statement or cash book"), max_length=80)
    evidence = forms.CharField(
        label=_("How we know that it arrived"), max_length=1000, help_text=_("A signed receipt, a message, a number.")
    )


class LimitForm(forms.Form):
    """How far below zero a member's purse may fall."""

    member = OneOf(label=_("Member"))
    limit = AmountField(label=_("May be advanced at most"))

    def __init__(self, *args: Any, members: list[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "member").choices = members
        field_of(self, AmountField, "limit").exponent = exponent


class AdvanceForm(forms.Form):
    """Whom to pay how much before it is earned, from where, and which line of its book says so."""

    member = OneOf(label=_("Member"))
    amount = AmountField(label=_("Amount"))
    keeper = KeeperField(label=_("Paid from"))
    statement_line = forms.SlugField(label=_("Line of the statement or cash book"), max_length=40)

    def __init__(
        self,
        *args: Any,
        members: list[tuple[str, str]],
        keepers: list[tuple[str, str]],
        exponent: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "member").choices = members
        field_of(self, KeeperField, "keeper").offer(keepers)
        field_of(self, AmountField, "amount").exponent = exponent


class MoveForm(forms.Form):
    """How much goes from which place to which, and which line of the receiving one says so."""

    source = forms.ChoiceField(label=_("From"))
    target = KeeperField(
        label=_("To"), may_be_new=True, help_text=_("Another account gets a name of its own, such as bank/savings.")
    )
    amount = AmountField(label=_("Amount"))
    statement_line = forms.SlugField(
        label=_("Line of the statement or cash book"), max_length=40, help_text=_("Of the place that receives it.")
    )

    def __init__(
        self,
        *args: Any,
        sources: list[tuple[str, str]],
        keepers: list[tuple[str, str]],
        exponent: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "source").choices = sources
        field_of(self, KeeperField, "target").offer(keepers)
        field_of(self, AmountField, "amount").exponent = exponent


class BankPayoutForm(forms.Form):
    """How much goes from the account at Stripe to the bank."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = AmountField(label=_("Amount"))

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "amount").exponent = exponent
