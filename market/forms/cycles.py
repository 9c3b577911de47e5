"""An order cycle as a steward says it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from market.models import Cycle, Listing
from market.rules.cart import MOST
from market.services.cycles import Plan

CLOCK = "%Y-%m-%dT%H:%M"


def clock() -> forms.DateTimeInput:
    """A day and a time of day, as every browser asks for them."""
    return forms.DateTimeInput({"type": "datetime-local"}, format=CLOCK)


class CycleForm(forms.Form):
    """From when to when orders are taken, for which hand-over, of which goods."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Buyers see it: Bread of week 49."))
    opens_at = forms.DateTimeField(label=_("Orders from"), widget=clock())
    closes_at = forms.DateTimeField(label=_("Orders until"), widget=clock())
    handover_on = forms.DateField(
        label=_("Day of the hand-over"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    handover_place = forms.CharField(label=_("Place of the hand-over"), max_length=300)
    handover_note = forms.CharField(
        label=_("What buyers should know"),
        max_length=300,
        required=False,
        help_text=_("From when to when, what to bring."),
    )
    has_all_goods = forms.BooleanField(label=_("All goods on the shelf are in it"), required=False, initial=True)

    def __init__(self, *args: Any, goods: Iterable[Listing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.localtime().strftime("%Z")
        for name in ("opens_at", "closes_at"):
            self.fields[name].help_text = _("In the time of the market: %(zone)s.") % {"zone": zone}
        self.listings = list(goods)
        for row in self.listings:
            self.fields[f"in-{row.pk}"] = forms.BooleanField(label=row.title, required=False)
            self.fields[f"most-{row.pk}"] = forms.IntegerField(
                label=_("Pieces at most: %(title)s") % {"title": row.title}, min_value=1, max_value=MOST * 1000,
                required=False, widget=forms.NumberInput({"inputmode": "numeric"}),
            )  # fmt: skip

    def goods(self) -> list[tuple[Listing, BoundField, BoundField]]:
        """Each listing with its two fields."""
        return [(row, self[f"in-{row.pk}"], self[f"most-{row.pk}"]) for row in self.listings]

    def plan(self) -> Plan:
        """What was said, as the services want it."""
        said = self.cleaned_data
        has_all = said["has_all_goods"]
        chosen = tuple(row.pk for row in self.listings if said[f"in-{row.pk}"])
        most = {row.pk: said[f"most-{row.pk}"] for row in self.listings if said[f"most-{row.pk}"]}
        names = ("name", "opens_at", "closes_at", "handover_on", "handover_place", "handover_note")
        return Plan(
            **{name: said[name] for name in names},
            goods=None if has_all else chosen,
            most={pk: n for pk, n in most.items() if has_all or pk in chosen},
        )


def as_said(cycle: Cycle) -> dict[str, Any]:
    """What the form of a cycle begins with."""
    names = ("name", "opens_at", "closes_at", "handover_on", "handover_place", "handover_note", "has_all_goods")
    rows = {good.listing_id: good.most for good in cycle.goods.all()}
    return (
        {name: getattr(cycle, name) for name in names}
        | {f"in-{pk}": not cycle.has_all_goods for pk in rows}
        | {f"most-{pk}": most for pk, most in rows.items()}
    )
