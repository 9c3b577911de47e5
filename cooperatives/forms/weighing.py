"""The form at the scale."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import MeasureField
from cooperatives.forms.givers import GiverForm
from cooperatives.models import Hub
from cooperatives.queries import LotAtHand
from cooperatives.queries.weighings import Before
from ledger.forms import AmountField, field_of

NEW_GOODS = "new"


class DeliveryForm(GiverForm):
    """What stands on the scale: who brought it, into which lot, gross and tare."""

    who = "giver"

    giver = forms.CharField(label=_("Member"), max_length=200)
    into = forms.ChoiceField(label=_("Goods, lot"))
    goods = forms.CharField(label=_("New goods"), max_length=100, required=False)
    hub = forms.ChoiceField(label=_("Place"))
    gross = MeasureField(label=_("On the scale"))
    tare = MeasureField(label=_("Tare"), required=False)
    price = AmountField(label=_("Agreed price for one kilogram"), required=False)
    grade = forms.CharField(
        label=_("Grade"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"list": "grades", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        lots: Iterable[LotAtHand],
        known: Before,
        hubs: Iterable[Hub],
        exponent: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.grades = known.grades
        open_lots = [(f"lot/{row.code}", f"{row.goods}, {row.code}") for row in lots]
        new_lots = [(f"{NEW_GOODS}/{goods}", _("%(goods)s, new lot") % {"goods": goods}) for goods in known.goods]
        field_of(self, forms.ChoiceField, "into").choices = [*open_lots, *new_lots, (NEW_GOODS, _("Other goods"))]
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, hub.name) for hub in hubs]
        field_of(self, AmountField, "price").exponent = exponent

    def clean_giver(self) -> str:
        return self.meant()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        into = said.get("into", "")
        if into == NEW_GOODS and not said.get("goods"):
            self.add_error("goods", _("Say what it is."))
        elif into.startswith(f"{NEW_GOODS}/"):
            said["goods"] = into.partition("/")[2]
        return said
