"""What goes back: money and goods."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.forms import AmountField
from market.models import Order


class RefundForm(forms.Form):
    """How much of each line of one's own goes back to the buyer: to his card, or by hand (`is_by_hand`)."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    why = forms.CharField(label=_("Why"), max_length=300, required=False)
    statement_line = forms.CharField(
        label=_("Line of the statement or cash book"), max_length=80, help_text=_("Where it stands that it was given.")
    )

    def __init__(
        self, *args: Any, order: Order, by: Any, exponent: int = 2, is_by_hand: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_by_hand = is_by_hand
        if not is_by_hand:
            del self.fields["statement_line"]
        self.numbers = {}
        for line in order.lines.all():
            if line.listing.product.cooperative_id == by.cooperative_id:
                field = AmountField(label=line.title, exponent=exponent, required=False)
                self.fields[f"line-{line.number}"] = field
                self.numbers[f"line-{line.number}"] = line.number
        self.order_fields([*self.numbers, "why", "statement_line", "key"])

    @property
    def lines(self) -> list[Any]:
        """The fields of the lines, bound."""
        return [self[name] for name in self.numbers]

    def amounts(self) -> dict[int, int]:
        """{number of a line: amount}, of those that were filled in."""
        return {number: self.cleaned_data[name] or 0 for name, number in self.numbers.items()}


class ReturnForm(forms.Form):
    """How many pieces of each line of one's own came back, and in what state."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    state = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=[
            ("good", _("It is good: back into its lot, for sale again")),
            ("spoiled", _("It is spoiled: to the soil")),
        ],
        initial="good",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, order: Order, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = {}
        for line in order.lines.all():
            if line.listing.product.cooperative_id == by.cooperative_id and line.kept:
                label = _("%(title)s: pieces, of %(kept)s") % {"title": line.title, "kept": line.kept}
                self.fields[f"line-{line.number}"] = forms.IntegerField(label=label, min_value=0, required=False)
                self.numbers[f"line-{line.number}"] = line.number
        self.order_fields([*self.numbers, "state", "key"])

    @property
    def lines(self) -> list[Any]:
        """The fields of the lines, bound."""
        return [self[name] for name in self.numbers]

    def pieces(self) -> dict[int, int]:
        """{number of a line: pieces}, of those that were filled in."""
        return {number: self.cleaned_data[name] or 0 for name, number in self.numbers.items()}
