"""Forms about places and their boundaries."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DayForm(forms.Form):
    """The day on which a place is looked at."""

    on = forms.DateField(
        label=_("As it was on"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )


class BoundaryFileForm(forms.Form):
    """A GeoJSON file of places."""

    file = forms.FileField(label=_("GeoJSON file"), widget=forms.FileInput({"accept": ".geojson,.json"}))
    since = forms.DateField(
        label=_("The boundaries count from"), initial=lambda: timezone.now().date(),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Where a place in the file says its own day, that one counts."),
    )  # fmt: skip
    source = forms.CharField(label=_("Where they are from"), max_length=200, required=False)
    only_look = forms.BooleanField(label=_("Only look, record nothing yet"), required=False, initial=True)
