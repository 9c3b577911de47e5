"""Containers that come back to the stall."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.forms import field_of
from market.models import Order
from market.rules.cards import PLATFORM
from market.services.containers_back import BANK, CARD, CASH

if TYPE_CHECKING:
    from cooperatives.models import Container, Hub

WAYS = {
    CASH: _("in cash, out of the box"), CARD: _("to the card it was paid with"), BANK: _("by bank transfer"),
}  # fmt: skip


class OrderContainersForm(forms.Form):
    """How many containers of each line of one's own came back, and how the deposit goes back."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    hub = forms.ChoiceField(label=_("Where they came back"))
    way = forms.ChoiceField(label=_("The deposit goes back"), widget=forms.RadioSelect, initial=CASH)
    statement_line = forms.CharField(label=_("Line of the bank statement"), max_length=80, required=False)

    def __init__(self, *args: Any, order: Order, by: Any, hubs: Iterable[Hub], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keepers = {row.keeper for row in order.payments.all()}
        self.has_bank = any(keeper.startswith("bank/") for keeper in keepers)
        ways = [CASH, *[CARD for _one in [1] if PLATFORM in keepers], *[BANK for _one in [1] if self.has_bank]]
        field_of(self, forms.ChoiceField, "way").choices = [(way, WAYS[way]) for way in ways]
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, hub.name) for hub in hubs]
        self.numbers = {}
        for line in order.lines.all():
            if line.listing.product.cooperative_id == by.cooperative_id and line.container and line.containers_left:
                said = {"container": line.container.name, "title": line.title, "left": line.containers_left}
                label = _("%(container)s of “%(title)s”: how many, of %(left)s") % said
                self.fields[f"line-{line.number}"] = forms.IntegerField(label=label, min_value=0, required=False)
                self.numbers[f"line-{line.number}"] = line.number
        self.order_fields([*self.numbers, "hub", "way", "statement_line", "key"])

    @property
    def lines(self) -> list[Any]:
        """The fields of the lines, bound."""
        return [self[name] for name in self.numbers]

    def containers(self) -> dict[int, int]:
        """{number of a line: containers}, of those that were filled in."""
        return {number: self.cleaned_data[name] or 0 for name, number in self.numbers.items()}


class ContainersForm(forms.Form):
    """What somebody brought, whoever it is."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    container = forms.ChoiceField(label=_("What came back"), widget=forms.RadioSelect)
    containers = forms.IntegerField(label=_("How many"), min_value=1, max_value=10_000)
    hub = forms.ChoiceField(label=_("Where they came back"))

    def __init__(self, *args: Any, kinds: Iterable[Container], hubs: Iterable[Hub], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "container").choices = [(str(kind.pk), kind.name) for kind in kinds]
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, hub.name) for hub in hubs]
