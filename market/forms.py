"""Forms of the shop and the stall: they read what people type, services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.credit import CreditField
from cooperatives.queries import SCHEDULES, TWO_PERSONS
from ledger.forms import AmountField, field_of
from market.models import Listing, Order, Product, Scope, Stall
from market.rules.cart import MOST
from market.rules.labels import ALLERGENS, ALWAYS, FOOD

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


class PiecesForm(forms.Form):
    """How many pieces of one listing."""

    pieces = forms.IntegerField(label=_("How many"), min_value=0, max_value=MOST, initial=1)


class CheckoutForm(forms.Form):
    """Who orders and how it will be paid: at most six inputs."""

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
    way = forms.ChoiceField(label=_("How you pay"), choices=Order.Way, widget=forms.RadioSelect)
    note = forms.CharField(label=_("A note for the cooperative"), max_length=300, required=False)

    def __init__(self, *args: Any, ways: tuple[str, ...] = tuple(Order.Way.values), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        way = field_of(self, forms.ChoiceField, "way")
        way.choices = [(name, Order.Way(name).label) for name in ways]
        way.initial = ways[0]


class StallForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no argument at run time
    """How a cooperative meets its buyers."""

    class Meta:
        model = Stall
        exclude = ("cooperative",)


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

    class Meta:
        model = Listing
        fields = (
            "title",
            "kind",
            "price",
            "vat_rate",
            "unit_quantity",
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

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        price = field_of(self, AmountField, "price")
        price.exponent = exponent
        # A draft may be saved without these; the form says already here that it cannot be published so.
        self.beside = {
            name: _("(needed before it is published)") if name in ALWAYS else _("(needed for food)") for name in FOOD
        }
        if self.instance.pk:
            for name in ("title", "kind", "unit_quantity"):
                del self.fields[name]

    def clean_credit_share(self) -> int:
        return self.cleaned_data["credit_share"] or 0

    def clean_allergens(self) -> list[str] | None:
        said = self.cleaned_data["allergens"]
        return [a for a in said if a != NONE_OF_THEM] if said else None

    def _post_clean(self) -> None:
        """The services write; a form that fills its instance would look like a second hand."""


class CreditPartForm(forms.Form):
    """How much of an order is paid in members' credit."""

    key = forms.RegexField(r"^[0-9A-Za-z-]{16,64}$", widget=forms.HiddenInput)
    quantity = CreditField(label=_("How much"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, CreditField, "quantity").kind = kind


class PaymentForm(forms.Form):
    """Money that came in for an order."""

    amount = AmountField(label=_("Amount received"))
    statement_line = forms.CharField(
        label=_("Line of the bank statement"),
        max_length=80,
        help_text=_("Its number or reference at the bank."),
    )

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = field_of(self, AmountField, "amount")
        amount.exponent = exponent


class PayoutForm(forms.Form):
    """Whom to pay how much, from where."""

    owner = forms.CharField(widget=forms.HiddenInput, max_length=60)
    lot = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = AmountField(label=_("Amount"))
    keeper = forms.CharField(label=_("Paid from"), max_length=60)

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = field_of(self, AmountField, "amount")
        amount.exponent = exponent


class EvidenceForm(forms.Form):
    """How we know that a payout arrived."""

    statement_line = forms.CharField(label=_("Line of the statement or cash book"), max_length=80)
    evidence = forms.CharField(
        label=_("How we know that it arrived"), max_length=1000, help_text=_("A signed receipt, a message, a number.")
    )


class MoneyRulesForm(forms.Form):
    """What a cooperative decides about its money."""

    two_persons = forms.ChoiceField(label=_("Two persons are needed"), choices=TWO_PERSONS, widget=forms.RadioSelect)
    minimum = AmountField(label=_("Least that is paid out"))
    schedule = forms.ChoiceField(label=_("Purses are paid"), choices=SCHEDULES)
    second_factor_from = forms.DateField(
        label=_("Stewards and treasurers need a passkey or a code from"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave some days for setting it up. Empty: a password is enough."),
    )  # fmt: skip

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "minimum").exponent = exponent


class TokenForm(forms.Form):
    """A new token: for what, and what it may do."""

    name = forms.CharField(label=_("What the token is for"), max_length=60)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, initial=["read"], widget=forms.CheckboxSelectMultiple
    )


class LimitForm(forms.Form):
    """How far below zero a member's purse may fall."""

    member = forms.ChoiceField(label=_("Member"))
    limit = AmountField(label=_("May be advanced at most"))

    def __init__(self, *args: Any, members: list[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "member").choices = members
        field_of(self, AmountField, "limit").exponent = exponent


class AdvanceForm(forms.Form):
    """Whom to pay how much before it is earned, from where, and which line of its book says so."""

    member = forms.ChoiceField(label=_("Member"))
    amount = AmountField(label=_("Amount"))
    keeper = forms.CharField(label=_("Paid from"), max_length=60)
    statement_line = forms.SlugField(label=_("Line of the statement or cash book"), max_length=40)

    def __init__(self, *args: Any, members: list[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "member").choices = members
        field_of(self, AmountField, "amount").exponent = exponent


class StatementForm(forms.Form):
    """A bank's statement: as a file, or once more as it was shown."""

    file = forms.FileField(label=_("Statement"), required=False)
    content = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2_000_000, strip=False)
    is_seen = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("content")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        file, text = said.get("file"), said.get("content", "")
        if file is not None:
            if file.size > 2_000_000:
                raise forms.ValidationError(_("This file is too large. Take a shorter period."))
            data = file.read()
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = data.decode("cp1252", "replace")  # what banks write that do not write UTF-8
        if not text.strip() and not self.errors:
            raise forms.ValidationError(_("Choose a file first."))
        said["said"] = text
        return said


class LineForm(forms.Form):
    """Which line of the bank's statement it is."""

    statement_line = forms.CharField(label=_("Line of the bank statement"), max_length=80)


class BankPayoutForm(forms.Form):
    """How much goes from the account at Stripe to the bank."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = AmountField(label=_("Amount"))

    def __init__(self, *args: Any, exponent: int = 2, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, AmountField, "amount").exponent = exponent


class RefundForm(forms.Form):
    """How much of each line of one's own goes back to the buyer: to his card, or by hand (`is_by_hand`)."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    why = forms.CharField(label=_("Why"), max_length=300, required=False)
    statement_line = forms.CharField(
        label=_("Line of the statement or cash book"), max_length=80, help_text=_("Where it stands that it was given.")
    )

    def __init__(
        self, *args: Any, order: Order, by: Any, exponent: int = 2, is_by_hand: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_by_hand = is_by_hand
        if not is_by_hand:
            del self.fields["statement_line"]
        self.numbers = {}
        for line in order.lines.all():
            if line.listing.product.cooperative_id == by.cooperative_id:
                field = AmountField(label=line.title, exponent=exponent, required=False)
                self.fields[f"line-{line.number}"] = field
                self.numbers[f"line-{line.number}"] = line.number
        self.order_fields([*self.numbers, "why", "statement_line", "key"])

    @property
    def lines(self) -> list[Any]:
        """The fields of the lines, bound."""
        return [self[name] for name in self.numbers]

    def amounts(self) -> dict[int, int]:
        """{number of a line: amount}, of those that were filled in."""
        return {number: self.cleaned_data[name] or 0 for name, number in self.numbers.items()}


class ReturnForm(forms.Form):
    """How many pieces of each line of one's own came back, and in what state."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    state = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=[
            ("good", _("It is good: back into its lot, for sale again")),
            ("spoiled", _("It is spoiled: to the soil")),
        ],
        initial="good",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, order: Order, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = {}
        for line in order.lines.all():
            if line.listing.product.cooperative_id == by.cooperative_id and line.kept:
                label = _("%(title)s: pieces, of %(kept)s") % {"title": line.title, "kept": line.kept}
                self.fields[f"line-{line.number}"] = forms.IntegerField(label=label, min_value=0, required=False)
                self.numbers[f"line-{line.number}"] = line.number
        self.order_fields([*self.numbers, "state", "key"])

    @property
    def lines(self) -> list[Any]:
        """The fields of the lines, bound."""
        return [self[name] for name in self.numbers]

    def pieces(self) -> dict[int, int]:
        """{number of a line: pieces}, of those that were filled in."""
        return {number: self.cleaned_data[name] or 0 for name, number in self.numbers.items()}
