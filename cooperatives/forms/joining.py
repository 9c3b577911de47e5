"""Asking to join, and being asked."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm
from cooperatives.models import Admission, Role
from ledger.forms import field_of


class InvitationForm(KeyedForm):
    """Whom to write to, and as what they come in; or whose membership they take over."""

    email = forms.EmailField(label=_("E-mail"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, initial=[Role.MEMBER], widget=forms.CheckboxSelectMultiple
    )
    claims = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)


class JoinForm(forms.Form):
    """How somebody wants to be called here, and why they ask."""

    says_optional = ("name", "words")

    name = forms.CharField(label=_("Your name here"), max_length=100, required=False)
    words = forms.CharField(label=_("What you would like to bring or do"), max_length=2000, required=False,
                            widget=forms.Textarea({"rows": 4}))  # fmt: skip

    society = forms.ChoiceField(label=_("Who joins"), required=False)

    def __init__(
        self, *args: Any, asks: bool = False, societies: Iterable[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = asks
        found = list(societies)
        if found:
            field_of(self, forms.ChoiceField, "society").choices = [("", _("I myself")), *found]
        else:
            del self.fields["society"]


class DeclineForm(forms.Form):
    """Why somebody is not taken in."""

    reason = forms.CharField(label=_("Why not"), max_length=300)


class AdmissionForm(forms.Form):
    """How those who ask become members."""

    admission = forms.ChoiceField(label=_("Whoever was not invited"), choices=Admission.choices)
    by_people = forms.BooleanField(label=_("A member cooperative has a vote for each person in it"), required=False)
