"""What goes back: money and goods."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.forms import AmountField
from market.models import Order


def _line_label(keeper: str) -> Any:
    return _("Line of the bank statement") if keeper.startswith("bank/") else _("Line of the cash book")


class RefundForm(forms.Form):
    """How much of each line of one's own goes back to the buyer: to his card, or by hand, out of `hands` (keepers)."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    why = forms.CharField(label=_("Why"), max_length=300, required=False)
    statement_line = forms.CharField(
        label=_("Line of the statement or cash book"), max_length=80, help_text=_("Where it stands that it was given.")
    )

    def __init__(
        self, *args: Any, order: Order, by: Any, exponent: int = 2, hands: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hands, self.is_by_hand = hands, bool(hands)
        told_by = self.fields.pop("statement_line")
        if len(hands) == 1:
            self.fields["statement_line"] = told_by
        for keeper in hands if len(hands) > 1 else ():
            field = forms.CharField(
                label=_line_label(keeper), max_length=80, required=False, help_text=told_by.help_text
            )
            self.fields[f"statement_line_{keeper.partition('/')[0]}"] = field
        told = [name for name in self.fields if name.startswith("statement_line")]
        self.numbers = {}
        for line in order.lines.all():
            if line.listing.product.cooperative_id == by.cooperative_id:
                field = AmountField(label=line.title, exponent=exponent, required=False)
                self.fields[f"line-{line.number}"] = field
                self.numbers[f"line-{line.number}"] = line.number
        for each in order.carriages.all():
            if each.offer.cooperative_id == by.cooperative_id:
                field = AmountField(label=each.title, exponent=exponent, required=False)
                self.fields[f"line-{each.number}"] = field
                self.numbers[f"line-{each.number}"] = each.number
        self.order_fields([*self.numbers, "why", *told, "key"])

    def told(self) -> str | dict[str, str]:
        """Which line of the book tells of it; by keeper, where two may give by hand."""
        if len(self.hands) < 2:
            return str(self.cleaned_data.get("statement_line", ""))
        return {keeper: self.cleaned_data[f"statement_line_{keeper.partition('/')[0]}"] for keeper in self.hands}

    @property
    def told_fields(self) -> list[Any]:
        """The fields of those lines, bound."""
        return [self[name] for name in self.fields if name.startswith("statement_line")]

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
