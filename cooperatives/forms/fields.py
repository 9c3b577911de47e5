"""What several forms share: a measure with its unit, and the key that lets a form be sent once."""

from uuid import uuid4

from django import forms
from django.utils.formats import get_format

from cooperatives.rules.measures import measure_of, read_measure, say_measure
from ledger.forms import AmountField

GRAMS = "g"


class MeasureField(AmountField):
    """A quantity as people write it in the measure of a unit: "18,1" kilograms in French are 18,100 g."""

    unit = GRAMS

    def read(self, said: str, decimal_mark: str) -> int:
        return read_measure(said, self.unit, decimal_mark)


def as_measured(quantity: int, unit: str) -> str:
    """A quantity as the reader would type it, without its unit: 1,800 g are "1.8"."""
    return say_measure(quantity, unit, get_format("DECIMAL_SEPARATOR")).partition(" ")[0]


def in_measure(quantity: int, unit: str) -> str:
    """A quantity with its unit, the number as the reader writes it: 1,800 g are "1.8 kg"."""
    return say_measure(quantity, unit, get_format("DECIMAL_SEPARATOR"))


def short(letters: int) -> forms.TextInput:
    """A field for a few letters, so that several stand on one line."""
    return forms.TextInput({"size": letters})


def fresh_key() -> str:
    """A key of its own for each form that is shown, so that sending it twice records once."""
    return f"page/{uuid4()}"


class KeyedForm(forms.Form):
    """A form that records an entry, once."""

    key = forms.RegexField(r"^page/[0-9a-f-]{36}$", widget=forms.HiddenInput, initial=fresh_key)


def ledger_unit(typed: str) -> str:
    """The unit of the journal for what people type: g for kg; any other word stands for itself."""
    return next((unit for unit in ("g", "ml", "Wh", "mm") if measure_of(unit).symbol == typed.strip()), typed.strip())
