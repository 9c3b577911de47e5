"""Whoever a record is about: chosen from a list where members are few, named by a few letters where they are many."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm
from cooperatives.queries import Giver, givers_called

MOST_CHOICES = 40  # of members who answer to the same words


class GiverForm(KeyedForm):
    """A form with a field for one member, `who`. `givers` are all who may be meant, `at_hand` those a page offers."""

    who = ""

    def __init__(self, *args: Any, givers: list[Giver], at_hand: list[Giver], are_many: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.givers, self.at_hand = givers, at_hand
        look: dict[str, Any] = {
            "autocomplete": "off",
            "list": "givers",
            "enterkeyhint": "next",
            "placeholder": _("Name or number"),
        }
        if are_many and not self.is_bound:
            address = self.initial.get(self.who, "")
            self.initial[self.who] = name = dict(givers).get(address, "")
            # Whoever is remembered stands there by name; else nobody does, and the page asks.
            look |= {"data-address": address} if name else {}
        self.fields[self.who].widget = forms.TextInput(look) if are_many else forms.Select(choices=givers)

    def meant(self) -> str:
        """The address of whoever is meant; where several answer to the same words, one of them is chosen next."""
        found = givers_called(self.cleaned_data[self.who], self.givers)
        if len(found) == 1:
            return found[0][0]
        if not found:
            raise forms.ValidationError(_("No member here answers to that."))
        if len(found) <= MOST_CHOICES:
            self.fields[self.who].widget = forms.Select(choices=[("", "…"), *found])
        raise forms.ValidationError(_("Several members answer to that: choose one of them, or write more."))
