"""The form at the scale."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm, MeasureField
from cooperatives.models import Hub
from cooperatives.queries import Giver, LotAtHand, givers_called
from ledger.forms import AmountField, field_of

NEW_GOODS = "new"
MOST_CHOICES = 40  # of members who answer to the same words


class DeliveryForm(KeyedForm):
    """What stands on the scale: who brought it, into which lot, gross and tare."""

    giver = forms.CharField(label=_("Member"), max_length=200)
    into = forms.ChoiceField(label=_("Goods, lot"))
    goods = forms.CharField(label=_("New goods"), max_length=100, required=False)
    hub = forms.ChoiceField(label=_("Place"))
    gross = MeasureField(label=_("On the scale"))
    tare = MeasureField(label=_("Tare"), required=False)
    price = AmountField(label=_("Agreed price for one kilogram"), required=False)

    def __init__(
        self,
        *args: Any,
        givers: list[Giver],
        at_hand: list[Giver],
        are_many: bool,
        lots: Iterable[LotAtHand],
        known: Iterable[str],
        hubs: Iterable[Hub],
        exponent: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.givers, self.at_hand = givers, at_hand
        look: dict[str, Any] = {
            "autocomplete": "off",
            "list": "givers",
            "enterkeyhint": "next",
            "placeholder": _("Name or number"),
        }
        if are_many and not self.is_bound:
            address = self.initial.get("giver", "")
            self.initial["giver"] = name = dict(givers).get(address, "")
            # Whoever is remembered stands there by name; else nobody does, and the page asks.
            look |= {"data-address": address} if name else {}
        self.fields["giver"].widget = forms.TextInput(look) if are_many else forms.Select(choices=givers)
        open_lots = [(f"lot/{row.code}", f"{row.goods}, {row.code}") for row in lots]
        new_lots = [(f"{NEW_GOODS}/{goods}", _("%(goods)s, new lot") % {"goods": goods}) for goods in known]
        field_of(self, forms.ChoiceField, "into").choices = [*open_lots, *new_lots, (NEW_GOODS, _("Other goods"))]
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, hub.name) for hub in hubs]
        field_of(self, AmountField, "price").exponent = exponent

    def clean_giver(self) -> str:
        """The address of whoever is meant; where several answer to the same words, one of them is chosen next."""
        found = givers_called(self.cleaned_data["giver"], self.givers)
        if len(found) == 1:
            return found[0][0]
        if not found:
            raise forms.ValidationError(_("No member here answers to that."))
        if len(found) <= MOST_CHOICES:
            self.fields["giver"].widget = forms.Select(choices=[("", "…"), *found])
        raise forms.ValidationError(_("Several members answer to that: choose one of them, or write more."))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        into = said.get("into", "")
        if into == NEW_GOODS and not said.get("goods"):
            self.add_error("goods", _("Say what it is."))
        elif into.startswith(f"{NEW_GOODS}/"):
            said["goods"] = into.partition("/")[2]
        return said
