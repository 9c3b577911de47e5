"""Cooperatives, their members, roles, stories and pictures."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Audience, Place, Role


class FoundingForm(forms.Form):
    """A new cooperative."""

    name = forms.CharField(label=_("Name"), max_length=100)
    slug = forms.SlugField(
        label=_("Short name"), max_length=40, help_text=_("Small letters, digits and hyphens; part of its address.")
    )
    place = forms.ModelChoiceField(
        label=_("Place"), queryset=Place.objects.all(), to_field_name="path", required=False,
        empty_label=_("not said"),
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Money"), choices=[("EUR", "EUR"), ("XOF", "XOF"), ("IDR", "IDR")])


class MemberForm(forms.Form):
    """Someone who is admitted; a name is not needed."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    number = forms.CharField(label=_("Number in your own books"), max_length=40, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, initial=[Role.MEMBER], widget=forms.CheckboxSelectMultiple
    )


class RolesForm(forms.Form):
    """Other roles for a member."""

    roles = forms.MultipleChoiceField(label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple)


class AudienceForm(forms.Form):
    """Who may read what of me."""

    name = forms.ChoiceField(label=_("My name and my picture are shown to"), choices=Audience.choices)
    place = forms.ChoiceField(label=_("My place is shown to"), choices=Audience.choices)
    amounts = forms.ChoiceField(
        label=_("What I gave and got is shown to"),
        choices=[(Audience.COOPERATIVE, Audience.COOPERATIVE.label), (Audience.SELF, Audience.SELF.label)],
        help_text=_("Stewards, the treasurer and auditors see it by their office."),
    )


class MemberFileForm(forms.Form):
    """A table of members."""

    table = forms.FileField(label=_("Table"), widget=forms.FileInput({"accept": ".csv,.xlsx"}))
    only_look = forms.BooleanField(label=_("Only look, admit nobody yet"), required=False, initial=True)


class StoryForm(forms.Form):
    """What a cooperative says of itself."""

    story = forms.CharField(label=_("Story"), max_length=5000, required=False, widget=forms.Textarea({"rows": 8}))


class PictureForm(forms.Form):
    """A picture and what it shows."""

    picture = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG or WebP, at most 8 MB. Where and when it was taken is not kept."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )
    words = forms.CharField(label=_("What it shows"), max_length=200)


class PortraitForm(forms.Form):
    """A picture of oneself."""

    picture = forms.FileField(
        label=_("My picture"),
        help_text=_("JPEG, PNG or WebP, at most 8 MB. Where and when it was taken is not kept."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )
