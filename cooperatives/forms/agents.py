"""Forms about nature and communities."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Agent, Cooperative, Membership, Place
from ledger.forms import field_of


class AgentForm(forms.Form):
    """What it is and where."""

    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("What it is"), choices=Agent.Kind.choices)
    place = forms.ModelChoiceField(
        label=_("Place"), queryset=Place.objects.all(), to_field_name="path", required=False,
        empty_label=_("not said"),
    )  # fmt: skip
    words = forms.CharField(
        label=_("In a few sentences"), max_length=2000, required=False, widget=forms.Textarea({"rows": 4}),
        help_text=_("What it gives, what it needs, and how its guardian looks after it."),
    )  # fmt: skip


class RegisterAgentForm(AgentForm):
    """One that nobody registered yet, with the cooperative that speaks for it."""

    slug = forms.SlugField(
        label=_("Short name"), max_length=40,
        help_text=_("Letters, digits and hyphens. It stands in the books and cannot be changed."),
    )  # fmt: skip
    cooperative = forms.ChoiceField(label=_("Guardian"))
    field_order = ("name", "slug", "kind", "place", "words", "cooperative")

    def __init__(self, *args: Any, memberships: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.memberships = memberships
        choices = [(m.cooperative.slug, m.cooperative.name) for m in memberships]
        field_of(self, forms.ChoiceField, "cooperative").choices = choices


class OfferForm(forms.Form):
    """Which cooperative is asked to speak for it from now on."""

    cooperative = forms.ModelChoiceField(
        label=_("To which cooperative"), queryset=Cooperative.objects.all(), to_field_name="slug"
    )

    def __init__(self, *args: Any, guardian: Cooperative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Cooperative.objects.exclude(pk=guardian.pk)
        field_of(self, forms.ModelChoiceField, "cooperative").queryset = others
