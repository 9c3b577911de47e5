"""What a reader of the books may ask for."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports.queries import Asked


class AskForm(forms.Form):
    """Boundary, cooperative and period; everything may be left out. Which places there are is known after reading."""

    says_optional = ()

    place = forms.CharField(label=_("Local means inside"), required=False, max_length=200)
    cooperative = forms.SlugField(label=_("Cooperative"), required=False, max_length=40)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    money = forms.CharField(label=_("Currency"), required=False, max_length=20)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and until < since:
            self.add_error("until", _("The period ends before it begins."))
        return said

    def asked(self) -> Asked:
        """What was asked; a form that is wrong asks for everything."""
        said = self.cleaned_data if self.is_valid() else {}
        since, until = said.get("since"), said.get("until")
        return Asked(
            boundary=said.get("place", ""),
            cooperative=said.get("cooperative", ""),
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
            money=said.get("money", ""),
        )

    def offer(self, **choices: list[tuple[str, Any]]) -> None:
        """Turn fields into lists of what there is; a list with one choice needs no field."""
        for name, offered in choices.items():
            field = self.fields[name]
            if len(offered) < 2:
                field.widget = forms.HiddenInput()
            else:
                field.widget = forms.Select(choices=offered)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
