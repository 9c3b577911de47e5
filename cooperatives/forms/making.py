"""Processes: what goes in, who works on it, what comes out; and plans."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm, MeasureField, in_measure, ledger_unit
from cooperatives.forms.givers import GiverForm
from cooperatives.forms.names import OneOf
from cooperatives.models import Process
from cooperatives.queries import LotAtHand
from cooperatives.rules.measures import read_measure
from ledger.forms import AmountField, field_of
from ledger.rules.refusal import Refusal

KINDS = [("share", _("for a share")), ("care", _("care")), ("family", _("family"))]

NOT_TYPED = {"paid", "hired", "unknown"}  # kinds of work that have a form of their own, or come from a table


class WorkForm(KeyedForm):
    """Time that a member worked in a process."""

    says_optional = ("wage",)

    worker = OneOf(label=_("Member"))
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=200, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=59, required=False)
    kind = forms.ChoiceField(
        label=_("What work"),
        choices=[*KINDS, ("paid", _("for a wage"))],
    )
    wage = AmountField(label=_("Wage for all of it"), required=False)

    def __init__(self, *args: Any, members: Iterable[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "worker").choices = list(members)
        field_of(self, AmountField, "wage").exponent = exponent


class InputCorrectionForm(KeyedForm):
    """What somebody put into a process should have said, and why; nothing takes it back altogether."""

    quantity = MeasureField(label=_("What it should say"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "quantity").unit = unit


class HoursForm(GiverForm):
    """Time that a member worked, and on what."""

    says_optional = ()

    who = "worker"

    worker = forms.CharField(label=_("Member"), max_length=200)
    process = forms.ChoiceField(label=_("What you work on"))
    kind = forms.ChoiceField(label=_("What work"), choices=KINDS)
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=200, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=59, required=False)

    def __init__(self, *args: Any, processes: Iterable[Process], in_use: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {kind for kind, _word in KINDS} | NOT_TYPED
        more = [(kind, kind.replace("-", " ")) for kind in in_use if kind not in known]
        field_of(self, forms.ChoiceField, "kind").choices = [*KINDS, *more]
        field_of(self, forms.ChoiceField, "process").choices = [(p.code, f"{p.name}, {p.code}") for p in processes]

    def clean_worker(self) -> str:
        return self.meant()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["minutes"] = (said.get("hours") or 0) * 60 + (said.get("minutes") or 0)
        return said


class ProcessForm(forms.Form):
    """The beginning of something made, by a recipe or none."""

    name = forms.CharField(label=_("What is made"), max_length=100)
    recipe = forms.ChoiceField(label=_("By the recipe"), required=False)

    def __init__(self, *args: Any, recipes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "recipe").choices = [("", _("none")), *recipes]


class PlanForm(forms.Form):
    """What is wanted, and by which recipe."""

    recipe = forms.ChoiceField(label=_("By the recipe"))
    quantity = forms.CharField(label=_("How much is wanted"), max_length=30, required=False)

    def __init__(self, *args: Any, recipes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "recipe").choices = list(recipes)


class InputForm(KeyedForm):
    """Some of a lot that goes into a process."""

    lot = forms.ChoiceField(label=_("Lot"))
    quantity = forms.CharField(label=_("How much"), max_length=30, widget=forms.TextInput({"inputmode": "decimal"}))

    def __init__(self, *args: Any, lots: Iterable[LotAtHand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lots = {row.lot.path if row.brought_by else row.code: row for row in lots}
        field_of(self, forms.ChoiceField, "lot").choices = [
            (name, f"{row.goods}, {row.code}: {in_measure(row.quantity, row.unit)}" + _whose(row))
            for name, row in self.lots.items()
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        row = self.lots.get(said.get("lot", ""))
        if row and said.get("quantity"):
            try:
                said["quantity"] = read_measure(said["quantity"], row.unit, get_format("DECIMAL_SEPARATOR"))
            except Refusal as no:
                self.add_error("quantity", no.words(gettext))
        return said


def _whose(row: LotAtHand) -> str:
    return f" ({row.brought_by})" if row.brought_by else ""


class OutputForm(forms.Form):
    """One lot that comes out of a process; a line left empty is no lot."""

    says_optional = ()

    goods = forms.CharField(label=_("Goods"), max_length=100, required=False)
    unit = forms.CharField(label=_("Counted in"), max_length=20, initial="kg", required=False)
    grams = forms.IntegerField(label=_("Grams of one piece"), min_value=1, required=False)
    quantity = forms.CharField(label=_("How much"), max_length=30, required=False)
    percent = AmountField(label=_("Share of what went in, %"), required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("goods"):
            return said
        said["unit"] = ledger_unit(said.get("unit") or "kg")
        try:
            said["quantity"] = read_measure(said.get("quantity") or "", said["unit"], get_format("DECIMAL_SEPARATOR"))
        except Refusal as no:
            self.add_error("quantity", no.words(gettext))
        return said


class FinishForm(KeyedForm):
    """Where the rest of the mass went."""

    rest = forms.ChoiceField(
        label=_("What is missing of the weight"),
        choices=[
            ("", _("Nothing may be missing")),
            ("nature/air", _("dried, into the air")),
            ("nature/soil", _("waste, to the soil")),
        ],
        required=False,
    )


class MakingFileForm(forms.Form):
    """A table of contributions, lots or recipes."""

    table = forms.FileField(label=_("Table"), widget=forms.FileInput({"accept": ".csv,.xlsx"}))
    only_look = forms.BooleanField(label=_("Only look, record nothing yet"), required=False, initial=True)
