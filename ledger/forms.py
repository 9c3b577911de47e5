"""Fields of forms that read what people write: amounts in a unit's smallest part, refused in the reader's language."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext

from ledger.rules.amounts import format_quantity, parse_quantity
from ledger.rules.refusal import Refusal


class AmountField(forms.CharField):
    """An amount as people write it, in whole smallest parts: "12,50" in French is 1250 with two decimals."""

    def __init__(self, *, exponent: int = 2, **kwargs: Any) -> None:
        self.exponent = exponent
        super().__init__(max_length=30, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def read(self, said: str, decimal_mark: str) -> int:
        """What `said` means; raises a Refusal where it means nothing."""
        return parse_quantity(said, self.exponent, decimal_mark)

    def clean(self, value: Any) -> int | None:
        said = super().clean(value)
        return in_their_words(lambda: self.read(said, get_format("DECIMAL_SEPARATOR"))) if said else None


def as_typed(quantity: int, exponent: int) -> str:
    """A quantity as the reader of this page would type it."""
    return format_quantity(quantity, exponent, get_format("DECIMAL_SEPARATOR"))


def in_their_words[T](act: Callable[[], T]) -> T:
    """What `act` answers; its refusal becomes a fault of the form, in the reader's language."""
    try:
        return act()
    except Refusal as no:
        raise forms.ValidationError(no.words(gettext)) from no


def field_of[F: forms.Field](form: forms.BaseForm, kind: type[F], name: str) -> F:
    """A form's own copy of a field, as the kind that its class declares."""
    field = form.fields[name]
    assert isinstance(field, kind)
    return field
