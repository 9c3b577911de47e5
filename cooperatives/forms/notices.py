"""What is offered and looked for among members."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Membership, Notice, Place
from ledger.forms import field_of

WHAT = [("offered", _("Offered")), ("wanted", _("Looked for"))]


class NoticeSearch(forms.Form):
    """What somebody looks for on the board."""

    says_optional = ()

    what = forms.ChoiceField(label=_("Offered or looked for"), choices=[("", _("Both")), *WHAT], required=False)
    kind = forms.ChoiceField(label=_("What"), choices=[("", _("Anything")), *Notice.Kind.choices], required=False)
    place = forms.ModelChoiceField(
        label=_("Inside"), queryset=Place.objects.all(), to_field_name="path", required=False, empty_label=_("anywhere")
    )
    words = forms.CharField(label=_("With the words"), max_length=100, required=False)


class _AsMember(forms.Form):
    """A form of somebody who may belong to several cooperatives."""

    cooperative = forms.ChoiceField(label=_("For"))

    def __init__(self, *args: Any, memberships: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(m.cooperative.slug, m.cooperative.name) for m in memberships]
        field_of(self, forms.ChoiceField, "cooperative").choices = found


class NoticeForm(_AsMember):
    """Something offered or looked for."""

    what = forms.ChoiceField(label=_("Offered or looked for"), choices=WHAT)
    kind = forms.ChoiceField(label=_("What"), choices=Notice.Kind.choices)
    title = forms.CharField(label=_("In a few words"), max_length=100)
    words = forms.CharField(
        label=_("What exactly"), max_length=2000, required=False, widget=forms.Textarea({"rows": 4})
    )
    place = forms.ModelChoiceField(
        label=_("Place"), queryset=Place.objects.all(), to_field_name="path", required=False, empty_label=_("anywhere")
    )


class ReplyForm(_AsMember):
    """An answer to it."""

    words = forms.CharField(label=_("Your answer"), max_length=2000, widget=forms.Textarea({"rows": 4}))
