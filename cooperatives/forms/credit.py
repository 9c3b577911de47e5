"""Forms of mutual credit: amounts in hours or a local unit, to whom, and what the rule is."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.names import OneOf
from cooperatives.models import Circle, Proposal
from cooperatives.rules.credit import HOURS, read_credit
from ledger.forms import AmountField, field_of


class CreditField(AmountField):
    """An amount of credit as people write it: "2:30" or "2.5" hours, "12.50" of a local unit."""

    kind = HOURS

    def read(self, said: str, decimal_mark: str) -> int:
        return read_credit(said, self.kind, decimal_mark)


class CreditForm(forms.Form):
    """A form whose amounts are of one circle."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, CreditField):
                field.kind = kind


class PayCreditForm(CreditForm):
    """Whom to pay, how much, and what for; sent twice under its key it pays once."""

    key = forms.RegexField(r"^[0-9A-Za-z-]{16,64}$", widget=forms.HiddenInput)
    to = OneOf(label=_("To whom"))
    quantity = CreditField(label=_("How much"))
    words = forms.CharField(label=_("What for"), max_length=200, required=False)

    def __init__(self, *args: Any, partners: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "to").choices = list(partners)
        quantity = field_of(self, CreditField, "quantity")
        if quantity.kind == HOURS:
            quantity.help_text = _("In hours: 1:30 or 1.5 is an hour and a half.")


class LimitsForm(CreditForm):
    """How far an account may fall and rise."""

    owner = OneOf(label=_("Whose account"))
    floor = CreditField(label=_("How far below zero"))
    ceiling = CreditField(label=_("How high above zero"))

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "owner").choices = list(owners)


class CircleForm(forms.Form):
    """A circle's rule: what it is called, its limits, and what one of it pays of a price."""

    kind = forms.ChoiceField(label=_("What is counted"), choices=Circle.Kind)
    code = forms.CharField(
        label=_("Name of the unit in the books"), max_length=12, help_text=_("Capital letters, such as HFERN.")
    )
    name = forms.CharField(label=_("What you call it"), max_length=60)
    floor = CreditField(label=_("How far below zero everybody may fall at first"))
    ceiling = CreditField(label=_("How high everybody may rise at first"))
    lowest = CreditField(label=_("The furthest below zero that a treasurer may allow"))
    highest = CreditField(label=_("The highest that a treasurer may allow"))
    worth = AmountField(label=_("What one hour, or one unit, pays of a price"))
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea({"rows": 3}), required=False)
    quorum = forms.IntegerField(label=_("Of the members so many must vote, %"), min_value=1, max_value=100)
    majority = forms.ChoiceField(label=_("Votes that must be for it"), choices=Proposal.Majority.choices)

    def __init__(self, *args: Any, exponent: int, circle: Circle | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "worth").exponent = exponent
        kind = circle.kind if circle else self.data.get("kind", HOURS)
        for field in self.fields.values():
            if isinstance(field, CreditField):
                field.kind = kind if kind in Circle.Kind.values else HOURS
        if circle is not None:  # a unit never changes its meaning
            del self.fields["kind"], self.fields["code"]
