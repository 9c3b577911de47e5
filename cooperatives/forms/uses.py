"""What a process takes beside goods and hours: the use of tools, and energy."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm, MeasureField
from cooperatives.forms.names import OneOf
from cooperatives.models import Agent, Place, Process, Tool
from cooperatives.rules.plans import WATT_HOUR
from ledger.forms import AmountField, field_of

NEW = "new"
SOURCES = [
    ("made-here/sun", _("made here: sun")),
    ("made-here/wind", _("made here: wind")),
    ("made-here/water", _("made here: water")),
    ("made-here/wood", _("made here: wood")),
    ("made-here/biogas", _("made here: biogas")),
    ("stored", _("stored: from our battery")),
    ("bought", _("bought")),
    ("unknown", _("unknown")),
]
VALUES = [
    ("tree", _("trees kept standing")),
    ("m2", _("square metres of land cared for")),
    ("trained", _("people trained")),
    ("meal", _("meals shared")),
    (NEW, _("something else")),
]
GRADES = [
    ("declared", _("read from a meter, or known")),
    ("invoice", _("it stands on a bill")),
    ("modelled", _("reckoned from what the machine takes")),
]


class ToolForm(KeyedForm):
    """For how long a tool was in use."""

    says_optional = ("name", "owner", "fee")

    tool = forms.ChoiceField(label=_("Tool"))
    name = forms.CharField(label=_("Another tool"), max_length=100, required=False)
    owner = OneOf(label=_("Whose it is"), required=False)
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=2000, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=59, required=False)
    fee = AmountField(label=_("Agreed with its owner, for all of it"), required=False)

    def __init__(
        self,
        *args: Any,
        tools: Iterable[Tool],
        asked: Iterable[str],
        members: Iterable[tuple[str, str]],
        exponent: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = [(f"tool/{tool.code}", tool.name) for tool in tools]
        # A form that was shown before somebody named the tool may still be sent, and sent again.
        named = set() if self.is_bound else {name.casefold() for _code, name in known}
        of_the_recipe = [(f"{NEW}/{name}", name) for name in asked if name.casefold() not in named]
        field_of(self, forms.ChoiceField, "tool").choices = [*known, *of_the_recipe, (NEW, _("Another tool"))]
        field_of(self, OneOf, "owner").choices = [("", str(_("the cooperative’s"))), *members]
        field_of(self, AmountField, "fee").exponent = exponent

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        tool = said.get("tool", "")
        if tool == NEW and not said.get("name"):
            self.add_error("name", gettext("Say what it is."))
        elif tool.startswith(f"{NEW}/"):
            said["name"] = tool.partition("/")[2]
        said["minutes"] = (said.get("hours") or 0) * 60 + (said.get("minutes") or 0)
        return said


class UseForm(KeyedForm):
    """A tool or energy, entered at the machine; a tool that has no name yet is named here, as the cooperative's own."""

    use_required_attribute = False

    process = forms.ChoiceField(label=_("What it was used for"))
    what = forms.ChoiceField(label=_("Tool or energy"))
    name = forms.CharField(
        label=_("Name of the tool"), help_text=_("It is kept as the cooperative’s own."), max_length=100, required=False
    )
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=700, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=59, required=False)
    quantity = MeasureField(label=_("How much, kWh"), required=False)
    supplier = forms.CharField(label=_("Bought from"), max_length=60, required=False)

    def __init__(self, *args: Any, processes: Iterable[Process], tools: Iterable[Tool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "quantity").unit = WATT_HOUR
        field_of(self, forms.ChoiceField, "process").choices = [(p.code, f"{p.name}, {p.code}") for p in processes]
        named = [*((f"tool/{tool.code}", tool.name) for tool in tools), (NEW, _("Another tool"))]
        field_of(self, forms.ChoiceField, "what").choices = [(_("Tools"), named), (_("Energy"), SOURCES)]
        # Each is asked for with what it belongs to, so it is not optional there.
        for name in ("name", "hours", "minutes", "quantity", "supplier"):
            self.fields[name].required = not self.is_bound

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        kind, _slash, name = said.get("what", "").partition("/")
        said["tool"] = name if kind == "tool" else ""
        said["is_new"] = kind == NEW
        if said["is_new"] and not said.get("name"):
            self.add_error("name", gettext("Say what it is."))
        said["source"], said["origin"] = kind, name or said.get("supplier", "")
        said["minutes"] = (said.get("hours") or 0) * 60 + (said.get("minutes") or 0)
        return said


class ValueForm(KeyedForm):
    """What nature or a community gives that no scale weighs."""

    agent = forms.ChoiceField(label=_("Who gives it"))
    unit = forms.ChoiceField(label=_("What"), choices=VALUES)
    word = forms.CharField(label=_("Counted in something else"), max_length=20, required=False)
    quantity = forms.IntegerField(label=_("How many"), min_value=1)
    words = forms.CharField(label=_("What shows it"), max_length=500)

    def __init__(self, *args: Any, agents: Iterable[Agent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "agent").choices = [(agent.slug, agent.name) for agent in agents]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("unit") == NEW:
            said["unit"] = (said.get("word") or "").strip()
            if not said["unit"]:
                self.add_error("word", gettext("Say what it is."))
        return said


class EnergyForm(KeyedForm):
    """How much energy, and where it came from."""

    source = forms.ChoiceField(label=_("Where from"), choices=SOURCES)
    quantity = MeasureField(label=_("How much, kWh"))
    evidence = forms.ChoiceField(label=_("How we know"), choices=GRADES)
    supplier = forms.CharField(label=_("Bought from"), max_length=60, required=False)
    place = forms.ModelChoiceField(
        label=_("Where the supplier is"), queryset=Place.objects.all(), to_field_name="path", required=False,
        empty_label=_("not said"),
    )  # fmt: skip
    cost = AmountField(label=_("What it costs, still to be paid"), required=False)

    def __init__(self, *args: Any, exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "quantity").unit = WATT_HOUR
        field_of(self, AmountField, "cost").exponent = exponent

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["source"], _slash, said["origin"] = said.get("source", "").partition("/")
        said["origin"] = said["origin"] or said.get("supplier", "")
        return said
