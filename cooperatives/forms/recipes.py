"""The form of a recipe: its words, and a line for each thing that goes in, comes out, is done, or was changed."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import MeasureField, as_measured, ledger_unit, short
from cooperatives.forms.names import OneOf
from cooperatives.models import Ownership
from cooperatives.rules.bundles import MOST_BYTES
from cooperatives.rules.labels import LABELS
from cooperatives.rules.measures import measure_of, read_measure
from cooperatives.rules.recipes import MOST_ADDRESS, MOST_WORDS, READINESS
from ledger.forms import field_of
from ledger.rules.refusal import Refusal

TERMS = [
    ("everyone", _("everyone")),
    ("peers", _("cooperatives and non-profits; others by agreement")),
    ("agreement", _("only who agrees with us")),
]
ALLOCATIONS = [("mass", _("by weight")), ("economic", _("by value"))]
SOURCES = [("made-here", _("made here")), ("stored", _("stored")), ("bought", _("bought")), ("unknown", _("unknown"))]
LEVELS = [
    (1, _("1, an idea")), (2, _("2, a concept")), (3, _("3, in development")), (4, _("4, tried as a prototype")),
    (5, _("5, made in small numbers")), (6, _("6, proven in use")),
]  # fmt: skip


class RecipeForm(forms.Form):
    """What a recipe says in words."""

    name = forms.CharField(label=_("Name"), max_length=100)
    summary = forms.CharField(label=_("What it is for"), max_length=MOST_WORDS, required=False, widget=forms.Textarea)
    license = forms.CharField(
        label=_("Licence"), max_length=100, initial="CC-BY-SA-4.0",
        help_text=_("As it stands on the SPDX list: CC-BY-SA-4.0, CERN-OHL-S-2.0, PPL …"),
    )  # fmt: skip
    terms = forms.ChoiceField(
        label=_("Who may sell what is made by it"),
        choices=TERMS,
        help_text=_(
            "It holds for what was made by earlier versions too: what others may no longer sell goes off the shelf."
        ),
    )
    readiness = forms.TypedChoiceField(label=_("How ready it is"), choices=LEVELS, coerce=int, initial=READINESS[2])
    allocation = forms.ChoiceField(label=_("Several products share what went in"), choices=ALLOCATIONS)
    equipment = forms.CharField(
        label=_("Equipment, one thing a line"), max_length=2000, required=False, widget=forms.Textarea
    )
    credits = forms.CharField(
        label=_("Who worked on it elsewhere, one a line"), max_length=2000, required=False, widget=forms.Textarea
    )
    source = forms.URLField(
        label=_("Where it comes from"), max_length=MOST_ADDRESS, required=False, assume_scheme="https"
    )
    parents = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)

    def clean_parents(self) -> list[list[Any]]:
        """The versions it is made from, written as milk-50@2 salt@1."""
        found = []
        for word in self.cleaned_data["parents"].split():
            slug, _at, number = word.partition("@")
            if not number.isdecimal():
                raise forms.ValidationError(gettext("This names no version of a recipe."))
            found.append([slug, int(number)])
        return found


class GoodsLine(forms.Form):
    """Goods that go in or come out; a line left empty is none."""

    says_optional = ()

    goods = forms.CharField(label=_("Goods"), max_length=100, required=False)
    quantity = forms.CharField(label=_("How much"), max_length=30, required=False, widget=short(8))
    unit = forms.CharField(label=_("Counted in"), max_length=20, initial="kg", required=False, widget=short(6))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("goods"):
            said["unit"] = ledger_unit(said.get("unit") or "kg")
            try:
                said["quantity"] = read_measure(said["quantity"] or "", said["unit"], get_format("DECIMAL_SEPARATOR"))
            except Refusal as no:
                self.add_error("quantity", no.words(gettext))
        return said

    def row(self) -> dict[str, Any] | None:
        """What the line says, for a recipe."""
        said = self.cleaned_data
        return {name: said[name] for name in ("goods", "quantity", "unit")} if said.get("goods") else None


class ProductLine(GoodsLine):
    """Goods that come out: what one counts for among several, and whether it is scrap."""

    grams = forms.IntegerField(label=_("Grams of one piece"), min_value=1, required=False)
    value = forms.IntegerField(label=_("Value of one"), min_value=0, initial=1, required=False)
    is_scrap = forms.BooleanField(label=_("Scrap"), required=False)

    def row(self) -> dict[str, Any] | None:
        said, found = self.cleaned_data, super().row()
        value = 1 if said.get("value") is None else said["value"]
        return found and found | {"value": value, "is_scrap": bool(said.get("is_scrap"))}


class StepLine(forms.Form):
    """Something to do."""

    says_optional = ()

    text = forms.CharField(label=_("What to do"), max_length=500, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, required=False)

    def row(self) -> dict[str, Any] | None:
        said = self.cleaned_data
        return {"text": said["text"], "minutes": said.get("minutes") or 0} if said.get("text") else None


class EnergyLine(forms.Form):
    """Energy for one batch."""

    says_optional = ()

    watt_hours = MeasureField(label=_("kWh"), required=False)
    source = forms.ChoiceField(label=_("Where from"), choices=SOURCES)

    def row(self) -> dict[str, Any] | None:
        said = self.cleaned_data
        return {"source": said["source"], "watt_hours": said["watt_hours"]} if said.get("watt_hours") else None


class AuthorLine(forms.Form):
    """Who worked on the design."""

    says_optional = ()

    who = OneOf(label=_("Who"), required=False)
    role = forms.CharField(label=_("As what"), max_length=60, required=False)
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=10_000, required=False)

    def __init__(self, *args: Any, members: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, OneOf, "who").choices = [("", "–"), *members]

    def row(self) -> dict[str, Any] | None:
        said = self.cleaned_data
        minutes = (said.get("hours") or 0) * 60
        return {"who": said["who"], "role": said["role"], "minutes": minutes} if said.get("who") else None


class AdaptationLine(forms.Form):
    """What was changed for this place."""

    says_optional = ()

    place = forms.CharField(label=_("Where"), max_length=100, required=False)
    instead_of = forms.CharField(label=_("Instead of"), max_length=100, required=False)
    uses = forms.CharField(label=_("It uses"), max_length=100, required=False)
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)
    result = forms.CharField(label=_("How it turned out"), max_length=300, required=False)

    def row(self) -> dict[str, Any] | None:
        said = self.cleaned_data
        return {name: said[name] for name in self.fields} if said.get("uses") else None


class LabelForm(forms.Form):
    """A label, in the community's own words."""

    code = forms.ChoiceField(label=_("Label"), choices=[(code, label.name) for code, label in LABELS.items()])
    text = forms.CharField(label=_("In your community's words"), max_length=2000, widget=forms.Textarea)
    months = forms.MultipleChoiceField(
        label=_("Only in these months"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(n, str(n)) for n in range(1, 13)],
        help_text=_("For a seasonal label: the months in which what is made may be sold."),
    )  # fmt: skip


class PermissionForm(forms.Form):
    """Who else may sell by a recipe."""

    cooperative = forms.SlugField(label=_("Short name of the cooperative"), max_length=40)
    market = forms.CharField(
        label=_("At another market: the name of its log"), max_length=200, required=False,
        help_text=_("As it signs, such as oak.example/log. The next signed bundle tells it."),
    )  # fmt: skip
    words = forms.CharField(label=_("What you agreed"), max_length=300, required=False)


class RecipeFileForm(forms.Form):
    """A recipe from elsewhere: the file at first, then what was looked at, once more."""

    recipe = forms.FileField(label=_("Recipe"), widget=forms.FileInput({"accept": ".yml,.yaml,.toml,.json"}))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipe"].required = not self.data.get("seen")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        sent = said.get("recipe")
        try:
            said["content"] = sent.read(MOST_BYTES + 1) if sent else b64decode(said.get("seen") or "", validate=True)
        except ValueError:
            said["content"] = b""
        if not said["content"] and not self.errors:
            self.add_error("recipe", gettext("Choose a file."))
        return said


class OwnershipForm(forms.Form):
    """Who owns the cooperative."""

    kind = forms.ChoiceField(label=_("Owned by"), choices=Ownership.Kind.choices)


LINES: dict[str, type[forms.Form]] = {
    "inputs": GoodsLine, "outputs": ProductLine, "steps": StepLine, "energy": EnergyLine, "authors": AuthorLine,
    "adaptations": AdaptationLine,
}  # fmt: skip
LISTS = ("equipment", "credits")  # words that stand one a line
MOST = 40


@dataclass
class Sheet:
    """The whole form: `words`, and a set of lines for each part of a recipe."""

    words: RecipeForm
    lines: dict[str, "BaseFormSet[Any]"]

    @classmethod
    def empty(cls, body: Mapping[str, Any], members: list[tuple[str, str]]) -> "Sheet":
        """The form filled with what a recipe says, with room for more."""
        first = {name: body[name] for name in RecipeForm.base_fields if name in body and name != "parents"}
        for name in LISTS:
            first[name] = "\n".join(body.get(name, ()))
        first["parents"] = " ".join(f"{slug}@{number}" for slug, number in body.get("parents", ()))
        lines = {
            name: _lines(name)(
                initial=[_typed(name, row) for row in body.get(name, ())], prefix=name, **_more(name, members)
            )
            for name in LINES
        }
        return cls(RecipeForm(initial=first or None), lines)

    @classmethod
    def sent(cls, data: QueryDict, members: list[tuple[str, str]]) -> "Sheet":
        """The form as it came back."""
        return cls(RecipeForm(data), {n: _lines(n)(data, prefix=n, **_more(n, members)) for n in LINES})

    def is_valid(self) -> bool:
        """Whether every part can be read."""
        return all([self.words.is_valid(), *(lines.is_valid() for lines in self.lines.values())])

    def said(self) -> dict[str, Any]:
        """The recipe as plain data."""
        words = dict(self.words.cleaned_data)
        for name in LISTS:
            words[name] = [line.strip() for line in words[name].splitlines() if line.strip()]
        for name, lines in self.lines.items():
            words[name] = [row for line in lines if (row := line.row()) is not None]
        return words

    def pieces(self) -> dict[str, int | None]:
        """{unit: grams of one} for whatever comes out."""
        outputs = [line.cleaned_data for line in self.lines["outputs"]]
        return {said["unit"]: said.get("grams") for said in outputs if said.get("goods")}


def _lines(name: str) -> Any:
    return formset_factory(LINES[name], extra=2, max_num=MOST, absolute_max=MOST)


def _more(name: str, members: list[tuple[str, str]]) -> dict[str, Any]:
    return {"form_kwargs": {"members": members}} if name == "authors" else {}


def _typed(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a recipe as its reader would type it."""
    typed = dict(row)
    if "unit" in row:
        typed |= {"quantity": as_measured(row["quantity"], row["unit"]), "unit": measure_of(row["unit"]).symbol}
    if name == "energy":
        typed["watt_hours"] = as_measured(row["watt_hours"], "Wh")
    if name == "authors":
        typed["hours"] = row.get("minutes", 0) // 60
    return typed
