"""Saying that an entry is wrong, and putting it right."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.fields import KeyedForm, MeasureField
from ledger.forms import field_of


class CorrectionForm(KeyedForm):
    """What a delivery should have said, and why; nothing takes it back altogether."""

    net = MeasureField(label=_("What it should say, net"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "net").unit = unit


class ObjectionForm(forms.Form):
    """Why a weight is wrong, and what it was if one knows."""

    net = MeasureField(label=_("What it was, net"), required=False)
    text = forms.CharField(label=_("What is wrong"), max_length=500)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "net").unit = unit


class RemarkForm(forms.Form):
    """What one adds to a talk about a weight."""

    text = forms.CharField(label=_("What you say"), max_length=500)
