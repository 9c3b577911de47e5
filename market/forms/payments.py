"""What came in, and which line of the bank says so."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.forms import AmountField, field_of


class PaymentForm(forms.Form):
    """Money that came in for an order."""

    amount = AmountField(label=_("Amount received"))
    statement_line = forms.CharField(
        label=_("Line of the bank statement"),
        max_length=80,
        help_text=_("Its number or reference at the bank."),
    )

    is_sure = forms.BooleanField(label=_("It is another amount than what is open: a part, or too much"), required=False)

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = field_of(self, AmountField, "amount")
        amount.exponent = exponent


class SurplusForm(forms.Form):
    """What goes back to a buyer who paid too much."""

    amount = AmountField(label=_("Amount sent back"))
    statement_line = forms.CharField(
        label=_("Line of the bank statement"), max_length=80, help_text=_("Its number or reference at the bank.")
    )

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "amount").exponent = exponent


class ForwardForm(forms.Form):
    """To which other order it goes on."""

    reference = forms.CharField(label=_("Reference of the other order"), max_length=40)


class StatementForm(forms.Form):
    """A bank's statement: as a file, or once more as it was shown."""

    file = forms.FileField(label=_("Statement"), required=False)
    content = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2_000_000, strip=False)
    is_seen = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("content")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        file, text = said.get("file"), said.get("content", "")
        if file is not None:
            if file.size > 2_000_000:
                raise forms.ValidationError(_("This file is too large. Take a shorter period."))
            data = file.read()
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = data.decode("cp1252", "replace")  # what banks write that do not write UTF-8
        if not text.strip() and not self.errors:
            raise forms.ValidationError(_("Choose a file first."))
        said["said"] = text
        return said


class LineForm(forms.Form):
    """Which line of the bank's statement it is."""

    statement_line = forms.CharField(label=_("Line of the bank statement"), max_length=80)
