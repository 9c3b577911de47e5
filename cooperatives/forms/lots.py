"""What is done to a lot: its date, a part of it, a loss, two lots made one, another hub."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm, MeasureField, in_measure
from cooperatives.models import Hub
from cooperatives.queries import LotAtHand
from ledger.forms import field_of


class ExpiryForm(forms.Form):
    """The day until which a lot is good."""

    on = forms.DateField(
        label=_("Good until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )


class QuantityForm(KeyedForm):
    """Some of a lot."""

    quantity = MeasureField(label=_("How much"))

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "quantity").unit = unit


class LossForm(QuantityForm):
    """Some of a lot that is no longer there."""

    reason = forms.ChoiceField(label=_("Why"), choices=[("spoiled", _("spoiled")), ("missing", _("nobody finds it"))])


class GiftForm(QuantityForm):
    """Some of a lot as a gift, and to whom."""

    to = forms.ChoiceField(label=_("To"))

    def __init__(self, *args: Any, receivers: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "to").choices = list(receivers)


class CombineForm(KeyedForm):
    """The lots that go together with this one."""

    others = forms.MultipleChoiceField(label=_("With"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, lots: Iterable[LotAtHand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.MultipleChoiceField, "others").choices = [
            (row.code, f"{row.goods}, {row.code}: {in_measure(row.quantity, row.unit)}") for row in lots
        ]


class MoveForm(KeyedForm):
    """Where a lot goes."""

    hub = forms.ChoiceField(label=_("To"))

    def __init__(self, *args: Any, hubs: Iterable[Hub], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, called(hub)) for hub in hubs]


class UnionForm(QuantityForm):
    """Some of a lot for a union of which the cooperative is a member, and where it is brought."""

    hub = forms.ChoiceField(label=_("To"))

    def __init__(self, *args: Any, hubs: Iterable[Hub], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, called(hub)) for hub in hubs]


def called(hub: Hub) -> str:
    """“Alder Growers, Mill”; once where a hub has the name of its cooperative."""
    return ", ".join(dict.fromkeys([hub.cooperative.name, hub.name]))
