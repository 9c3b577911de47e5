"""A count of what lies at a hub."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm, MeasureField, ledger_unit
from cooperatives.models import Place
from cooperatives.queries import LotAtHand
from cooperatives.rules.measures import measure_of, read_measure
from ledger.rules.refusal import Refusal

REASONS = [("missing", _("nobody finds it")), ("spoiled", _("spoiled"))]


class GoodsGiftForm(KeyedForm):
    """Goods that somebody outside gave."""

    giver = forms.CharField(label=_("Who gave them"), max_length=40)
    place = forms.ModelChoiceField(
        label=_("Where they are"), queryset=Place.objects.all(), to_field_name="path", required=False,
        empty_label=_("not said"),
    )  # fmt: skip
    goods = forms.CharField(label=_("Goods"), max_length=100)
    quantity = forms.CharField(label=_("How much"), max_length=30)
    unit = forms.CharField(label=_("Counted in"), max_length=20, initial="kg")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["unit"] = ledger_unit(said.get("unit") or "kg")
        try:
            said["quantity"] = read_measure(said.get("quantity") or "", said["unit"], get_format("DECIMAL_SEPARATOR"))
        except Refusal as no:
            self.add_error("quantity", no.words(gettext))
        return said


class CountForm(KeyedForm):
    """For each lot what the books said when the page was shown, and what was counted; a line left empty was not."""

    words = forms.CharField(label=_("Why it differs"), max_length=300, required=False)
    goods = forms.CharField(label=_("Goods"), max_length=100, required=False)
    unit = forms.CharField(label=_("Counted in"), max_length=20, initial="kg", required=False)
    quantity = forms.CharField(label=_("How much"), max_length=30, required=False)

    def __init__(self, *args: Any, rows: Iterable[LotAtHand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = list(rows)
        for row in self.rows:
            where, said = row.lot.pk, {"lot": row.code, "unit": measure_of(row.unit).symbol}
            counted = MeasureField(label=_("Counted in %(lot)s, %(unit)s") % said, required=False)
            counted.unit = row.unit
            counted.widget.attrs |= {"aria-label": counted.label, "size": 8}
            self.fields[f"counted_{where}"] = counted
            self.fields[f"book_{where}"] = forms.IntegerField(min_value=0, required=False)
            reason = forms.ChoiceField(label=_("If it is less, %(lot)s") % said, choices=REASONS, required=False)
            reason.widget.attrs["aria-label"] = reason.label
            self.fields[f"reason_{where}"] = reason

    def lines(self) -> list[tuple[LotAtHand, forms.BoundField, forms.BoundField]]:
        """Each lot with its fields: what was counted, and why it is less."""
        return [(row, self[f"counted_{row.lot.pk}"], self[f"reason_{row.lot.pk}"]) for row in self.rows]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("goods"):
            said["unit"] = ledger_unit(said.get("unit") or "kg")
            try:
                said["quantity"] = read_measure(
                    said.get("quantity") or "", said["unit"], get_format("DECIMAL_SEPARATOR")
                )
            except Refusal as no:
                self.add_error("quantity", no.words(gettext))
        return said
