"""Packaging that comes back: its kinds, and where it goes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm
from cooperatives.forms.names import OneOf
from cooperatives.forms.stock import REASONS
from cooperatives.models import Hub
from ledger.forms import AmountField, field_of


class ContainerForm(forms.Form):
    """A new kind, and the deposit on one."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Jar of 500 g, milk can, crate …"))
    deposit = AmountField(label=_("Deposit on one"), initial=0, help_text=_("Zero where only members borrow it."))

    def __init__(self, *args: Any, exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "deposit").exponent = exponent


class DepositForm(forms.Form):
    """Another deposit."""

    deposit = AmountField(label=_("Deposit on one, from now on"))

    def __init__(self, *args: Any, exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "deposit").exponent = exponent


class MoveForm(KeyedForm):
    """How many containers go where; the hub is asked for only where there are several."""

    quantity = forms.IntegerField(label=_("How many"), min_value=1, max_value=1_000_000)
    member = OneOf(label=_("Member"))
    hub = forms.ChoiceField(label=_("Place"))
    reason = forms.ChoiceField(label=_("What became of them"), choices=REASONS)

    def __init__(
        self, *args: Any, what: str, hubs: Iterable[Hub], members: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.what = what
        field_of(self, OneOf, "member").choices = list(members)
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, hub.name) for hub in hubs]
        if what not in {"lend", "back"}:
            del self.fields["member"]
        if what != "off":
            del self.fields["reason"]
