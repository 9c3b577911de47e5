"""Rows of an agreement's form: a price for anything that can be given, and a fund that receives."""

from typing import Any

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import as_measured, ledger_unit, short
from cooperatives.rules.energy import USE_MINUTE
from cooperatives.rules.measures import measure_of, read_measure
from cooperatives.rules.steps import Rate
from ledger.forms import AmountField, as_typed, field_of
from ledger.rules.entries import Address, is_unit
from ledger.rules.refusal import Refusal

KINDS = [
    ("harvest", _("goods brought")), ("harvest/lots", _("lots that member cooperatives deliver")),
    ("lots", _("another cooperative’s goods, taken for a share")), ("work", _("work")),
    ("work/family", _("family work")), ("work/hired", _("hired work")), ("work/care", _("care")),
    ("tools", _("use of tools")), ("body", _("what nature and communities give")), ("recipe", _("designs followed")),
    ("stock", _("what suppliers bring")), ("opening", _("given before the books began")),
]  # fmt: skip


class PriceField(AmountField):
    """An amount of nothing or more."""

    def clean(self, value: Any) -> int | None:
        amount = super().clean(value)
        if amount is not None and amount < 0:
            raise forms.ValidationError(gettext("This cannot be less than nothing."))
        return amount


def percent_field(label: Any, **more: Any) -> PriceField:
    """Thousandths, as people write percent with one decimal."""
    return PriceField(label=label, exponent=1, **{"required": False} | more)


class RateLine(forms.Form):
    """A price for anything that can be given; a row without a price is none."""

    says_optional = ()

    of = forms.ChoiceField(label=_("For what"), choices=KINDS, initial="harvest")
    name = forms.RegexField(
        r"^[a-z0-9-]{1,40}$", label=_("Which, by name"), required=False, widget=short(10),
    )  # fmt: skip
    pays = PriceField(label=_("Price"), required=False, widget=short(6))
    quantity = forms.CharField(label=_("For how much"), max_length=30, initial="1", required=False, widget=short(6))
    unit = forms.CharField(label=_("Counted in"), max_length=20, initial="kg", required=False, widget=short(6))
    plus = percent_field(_("Raised by, %"), widget=short(6))

    def __init__(self, *args: Any, exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "pays").exponent = exponent
        of = self.data.get(self.add_prefix("of")) or self.initial.get("of")
        if of and of not in dict(KINDS):  # an agreement from before, or one that was not written here
            field_of(self, forms.ChoiceField, "of").choices = [*KINDS, (of, of)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("pays") is not None:
            try:
                said["per"], said["unit"] = _read_counted(said.get("quantity"), said.get("unit"), said.get("of", ""))
                if said["per"] <= 0:
                    self.add_error("quantity", gettext("A price is for more than nothing."))
                if not is_unit(said["unit"]):
                    self.add_error("unit", gettext("This is not a unit."))
            except Refusal as no:
                self.add_error("quantity", no.words(gettext))
            if said.get("name") and "/" in said.get("of", ""):
                self.add_error("name", gettext("This has no kinds of its own."))
        return said

    def rate(self) -> Rate | None:
        """What the row says."""
        said = self.cleaned_data
        if said.get("pays") is None:
            return None
        of = f"{said['of']}/{said['name']}" if said["name"] else said["of"]
        return Rate(of, said["unit"], said["per"], said["pays"], said["plus"] or 0)

    @staticmethod
    def typed(rate: Rate, exponent: int) -> dict[str, Any]:
        """A price as its reader would type it."""
        of, name = rate.of, ""
        if of not in dict(KINDS):
            of, _slash, name = of.partition("/")
        quantity, unit = _typed_counted(rate)
        plus = as_typed(rate.plus, 1) if rate.plus else ""
        return {"of": of, "name": name, "pays": as_typed(rate.pays, exponent), "quantity": quantity, "unit": unit,
                "plus": plus}  # fmt: skip


def _read_counted(quantity: str | None, unit: str | None, of: str) -> tuple[int, str]:
    unit = (unit or "").strip()
    if unit == "h":
        unit = USE_MINUTE if of.partition("/")[0] == "tools" else "min"
        return 60 * read_measure(quantity or "1", unit, get_format("DECIMAL_SEPARATOR")), unit
    unit = ledger_unit(unit or "kg")
    return read_measure(quantity or "1", unit, get_format("DECIMAL_SEPARATOR")), unit


def _typed_counted(rate: Rate) -> tuple[str, str]:
    minute = USE_MINUTE if rate.of.partition("/")[0] == "tools" else "min"
    if rate.unit == minute and rate.per % 60 == 0:
        return str(rate.per // 60), "h"
    if rate.unit == "min":
        return str(rate.per), "min"
    return as_measured(rate.per, rate.unit), measure_of(rate.unit).symbol


class FundLine(forms.Form):
    """A fund that receives parts of what goes to the commons; a row without a name is none."""

    says_optional = ()

    fund = forms.CharField(label=_("Fund"), max_length=130, required=False)
    parts = forms.IntegerField(label=_("Its parts"), min_value=1, max_value=10**6, required=False)

    def clean_fund(self) -> str:
        said: str = self.cleaned_data["fund"].strip().lower()
        account = said if "/" in said or not said else f"commons/{said}/purse"
        if account:
            try:
                Address.parse(account)
            except Refusal as no:
                raise forms.ValidationError(
                    gettext("Letters a–z, digits and hyphens, or a whole account: nature/shade/purse.")
                ) from no
        return account


def fund_typed(account: str) -> str:
    """shade of commons/shade/purse; any other account whole."""
    kind, name, word = account.split("/", 2)
    return name if (kind, word) == ("commons", "purse") else account
