"""The pages that belong to no app: the start page, and the look's own page for those who build."""

from datetime import UTC, datetime

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from config.look.amounts import number
from config.look.confluence import Stage
from cooperatives.queries import cooperatives
from ledger.queries import log_size
from market.queries import on_the_shelf

EXAMPLE = {"local": 413, "commons": 30, "unknown": 44, "waiting": 0, "extracted": 113}
STAGES = (280, 230, Stage(320, 90, is_known=False), 320)
FARMS = (56, 32, 12, 40, 20, 92, 8, 36, 16, 48, 12, 28)


def home(request: HttpRequest) -> HttpResponse:
    """What Rennet is, in one sentence and one picture, and three doors."""
    return render(
        request,
        "home.html",
        {
            "example": EXAMPLE,
            "threads": FARMS,
            "stages": STAGES,
            "numbers": _numbers(),
            "has_tours": on_the_shelf(at=timezone.now()).exists(),
        },
    )


def _numbers() -> list[tuple[str, str, str]]:
    """What there is right now: a figure, its words and the page that shows it; nothing where nothing has happened."""
    on_sale = on_the_shelf(at=timezone.now()).count()
    counted = [
        (len(cooperatives()), ngettext_lazy("cooperative here", "cooperatives here"), "cooperatives"),
        (on_sale, ngettext_lazy("kind of goods on the shelf", "kinds of goods on the shelf"), "shelf"),
        (log_size(), ngettext_lazy("record in the log", "records in the log"), "log"),
    ]
    return [(number(count), str(words % count), page) for count, words, page in counted if count]


class _Example(forms.Form):
    """Every kind of field once, for the look's page."""

    email = forms.EmailField(label=_("E-mail"), help_text=_("For the receipt only"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    payment = forms.ChoiceField(
        label=_("How do you pay?"),
        choices=[("pickup", _("At pick-up")), ("bank", _("By bank transfer"))],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label=_("I have read the agreement"))


def look(request: HttpRequest) -> HttpResponse:
    """Every part of the look as it renders."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    steps = [
        {"title": _("Ordered"), "note": _("Monday, 18:04"), "state": "done"},
        {"title": _("Packed"), "note": _("Next"), "state": "now"},
        {"title": _("Picked up"), "note": _("Saturday")},
    ]
    figure = {
        "data": [
            {
                "type": "bar",
                "x": [413, 30, 44, 113],
                "y": ["local", "commons", "unknown", "leaves"],
                "orientation": "h",
                "marker": {"color": ["#26724a", "#2b62ac", "#77766f", "#8a3a26"]},
            }
        ],
        "layout": {"height": 240},
    }
    return render(
        request,
        "look.html",
        {
            "groups": {**EXAMPLE, "waiting": 60},
            "example": EXAMPLE,
            "nothing": {},
            "form": _Example(),
            "wrong": _Example({"email": "cleo.post.example"}),
            "proofs": ["invoice", "two-sided", "declared", "modelled", "unknown"],
            "steps": steps,
            "page": Paginator(range(400), 20).get_page(7),
            "threads": FARMS,
            "stages": STAGES,
            "when": datetime(2026, 11, 23, 18, 4, tzinfo=UTC),
            "figure": figure,
        },
    )
