"""What a buyer says."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.credit import CreditField
from ledger.forms import field_of
from market.models import Order
from market.rules.cart import MOST
from market.services.carriage import SendTo

SENT_TO = ("street", "postcode", "town", "country")


class PiecesForm(forms.Form):
    """How many pieces of one listing."""

    pieces = forms.IntegerField(label=_("How many"), min_value=0, max_value=MOST, initial=1)


class CheckoutForm(forms.Form):
    """Who orders and how it will be paid: at most six inputs; and where it is sent, if it is."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    total = forms.IntegerField(widget=forms.HiddenInput)  # what the buyer was shown, so that nobody is bound to more
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("For the link to your order, and nothing else."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"autocomplete": "tel", "type": "tel"}),
    )
    street = forms.CharField(
        label=_("Street and number"), max_length=200, widget=forms.TextInput({"autocomplete": "address-line1"})
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"autocomplete": "postal-code"}),
    )
    town = forms.CharField(label=_("Town"), max_length=100, widget=forms.TextInput({"autocomplete": "address-level2"}))
    country = forms.ChoiceField(label=_("Country"), widget=forms.Select({"autocomplete": "country"}))
    way = forms.ChoiceField(label=_("How you pay"), choices=Order.Way, widget=forms.RadioSelect)
    note = forms.CharField(label=_("A note for the cooperative"), max_length=300, required=False)

    def __init__(
        self,
        *args: Any,
        ways: tuple[str, ...] = tuple(Order.Way.values),
        is_sent: bool = False,
        countries: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        way = field_of(self, forms.ChoiceField, "way")
        way.choices = [(name, Order.Way(name).label) for name in ways]
        way.initial = next(iter(ways), None)
        if not is_sent:
            for name in SENT_TO:
                del self.fields[name]
            return
        choices = list((countries or {}).items())
        field_of(self, forms.ChoiceField, "country").choices = choices if len(choices) == 1 else [("", ""), *choices]

    def send_to(self) -> SendTo:
        """Where it is sent; nowhere, where nothing is."""
        return SendTo(**{name: self.cleaned_data.get(name, "") for name in SENT_TO})

    @property
    def address(self) -> list[Any]:
        """The fields of where it is sent, bound."""
        return [self[name] for name in SENT_TO if name in self.fields]


class CreditPartForm(forms.Form):
    """How much of an order is paid in members' credit."""

    key = forms.RegexField(r"^[0-9A-Za-z-]{16,64}$", widget=forms.HiddenInput)
    quantity = CreditField(label=_("How much"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, CreditField, "quantity").kind = kind
