"""What a stall says of itself and of its goods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.forms import AmountField, field_of
from market.models import Listing, Product, Stall
from market.rules.labels import ALLERGENS, ALWAYS, FOOD

if TYPE_CHECKING:
    from cooperatives.models import Container

ALLERGEN_WORDS = {
    "gluten": _("Cereals with gluten"),
    "crustaceans": _("Crustaceans"),
    "eggs": _("Eggs"),
    "fish": _("Fish"),
    "peanuts": _("Peanuts"),
    "soya": _("Soya"),
    "milk": _("Milk"),
    "nuts": _("Nuts"),
    "celery": _("Celery"),
    "mustard": _("Mustard"),
    "sesame": _("Sesame"),
    "sulphites": _("Sulphites"),
    "lupin": _("Lupin"),
    "molluscs": _("Molluscs"),
}


NONE_OF_THEM = "none"


class StallForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no argument at run time
    """How a cooperative meets its buyers."""

    class Meta:
        model = Stall
        exclude = ("cooperative", "sells_in_cycles")


class ListingForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no argument at run time
    """A listing: price, size of a piece and everything a label must say."""

    price = AmountField(label=_("Price of one piece, VAT inside"))
    vat_rate = AmountField(label=_("VAT in percent"), exponent=1, help_text=_("5.5 for most food in France."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Product.Kind)
    credit_share = forms.IntegerField(
        label=_("Share taken in members’ credit, in percent"), min_value=0, max_value=100, initial=0, required=False,
        help_text=_("Of the price; tax and commission are always paid in money."),
    )  # fmt: skip
    allergens = forms.MultipleChoiceField(
        label=_("Allergens in it"),
        choices=[(NONE_OF_THEM, _("None of the fourteen")), *[(a, ALLERGEN_WORDS[a]) for a in ALLERGENS]],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Say none if there are none: silence is not an answer."),
    )

    container = forms.ChoiceField(
        label=_("Comes in"),
        required=False,
        help_text=_("A container that comes back; its deposit is paid beside the price."),
    )

    class Meta:
        model = Listing
        fields = (
            "title",
            "kind",
            "price",
            "vat_rate",
            "unit_quantity",
            "container",
            "credit_share",
            "description",
            "is_food",
            "net_quantity",
            "net_unit",
            "ingredients",
            "allergens",
            "storage",
            "origin",
            "operator",
        )

    def __init__(self, *args: Any, exponent: int = 2, containers: Sequence[Container] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        price = field_of(self, AmountField, "price")
        price.exponent = exponent
        self.containers = {str(one.pk): one for one in containers}
        field_of(self, forms.ChoiceField, "container").choices = [
            ("", _("nothing that comes back")), *[(pk, one.name) for pk, one in self.containers.items()]
        ]  # fmt: skip
        if not containers:
            del self.fields["container"]
        # A draft may be saved without these; the form says already here that it cannot be published so.
        self.beside = {
            name: _("(needed before it is published)") if name in ALWAYS else _("(needed for food)") for name in FOOD
        }
        if self.instance.pk:
            for name in ("title", "kind", "unit_quantity"):
                del self.fields[name]

    def clean_container(self) -> Container | None:
        return self.containers.get(self.cleaned_data["container"])

    def clean_credit_share(self) -> int:
        return self.cleaned_data["credit_share"] or 0

    def clean_allergens(self) -> list[str] | None:
        said = self.cleaned_data["allergens"]
        return [a for a in said if a != NONE_OF_THEM] if said else None

    def _post_clean(self) -> None:
        """The services write; a form that fills its instance would look like a second hand."""
