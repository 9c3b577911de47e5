"""What makes the scale a program of the phone: its manifest, the worker that keeps its pages, and Field Mode."""

import json
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cooperatives.forms.fields import GRAMS, as_measured
from cooperatives.models import Member, Membership
from cooperatives.queries import LotAtHand, givers_for
from cooperatives.services.contributions import NothingOnTheScale, NothingWorked
from cooperatives.services.energy import NoEnergy, SupplierMissing
from cooperatives.services.people import choose_field_mode as choose
from cooperatives.services.tools import NotInUse
from cooperatives.views.access import exponent_of, for_members

SHEET, NIGHT = "#fffdf7", "#1c2133"  # as in the style sheet
FILES = (
    "look/rennet.css", "look/fonts/vollkorn.woff2", "look/fonts/source-sans-3.woff2",
    "look/illustrations/rennet-mark.svg", "cooperatives/scale.js", "cooperatives/station.js",
    "cooperatives/hours.js", "cooperatives/uses.js",
)  # fmt: skip
MODULES = (
    "cooperatives/weight.js", "cooperatives/givers.js", "cooperatives/kept.js", "cooperatives/device.js",
    "cooperatives/sending.js", "cooperatives/phone.js",
)  # fmt: skip
ICONS = (("192x192", "icon-192", "any"), ("512x512", "icon-512", "any"), ("512x512", "icon-maskable", "maskable"))


@require_GET
@never_cache
def station_worker(request: HttpRequest) -> HttpResponse:
    """The service worker; where it stands, it answers for the scale's pages and for no others."""
    # Modules import one another by their plain names, whatever else they are called.
    files = [*(static(name) for name in FILES), *(f"{settings.STATIC_URL}{name}" for name in MODULES)]
    version = sha256("\n".join(files).encode()).hexdigest()[:8]
    context = {"files": json.dumps(files), "version": version, "static": settings.STATIC_URL, "start": reverse("weigh")}
    return render(request, "cooperatives/station_worker.js", context, content_type="text/javascript")


@require_GET
def station_manifest(request: HttpRequest) -> JsonResponse:
    """How a phone installs the scale."""
    start = reverse("weigh")
    said = {
        "id": start, "start_url": start, "scope": start, "display": "standalone", "orientation": "portrait",
        "name": _("Rennet, at the scale"), "short_name": _("Scale"), "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr", "background_color": SHEET, "theme_color": NIGHT,
        "icons": [
            {"src": static(f"cooperatives/{name}.png"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for sizes, name, purpose in ICONS
        ],
    }  # fmt: skip
    return JsonResponse(said, content_type="application/manifest+json")


@require_GET
@never_cache
@for_members
def givers(request: HttpRequest, by: Membership) -> JsonResponse:
    """For whom one may record, as the scale's page keeps it on the phone: address and name of each."""
    return JsonResponse({"givers": givers_for(by)})


@login_required
@require_POST
def choose_field_mode(request: HttpRequest) -> HttpResponse:
    """Large keys in black and white, or the usual page, from now on and on every device."""
    assert isinstance(request.user, Member)
    choose(member=request.user, is_on=request.POST.get("on") == "1")
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "weigh")


def clocked() -> dict[str, str]:
    """What the timer's script must know without asking: its words."""
    words = {
        "who": _("Choose who worked."),
        "process": _("Say what you work on."),
        "minutes": NothingWorked().words(_),
        "since": _("Since {time}: {what}"),
        "discard": _("Throw away the time that is running? It was not recorded."),
        "kept": _("Kept on this phone: {time}, {who}, {what}"),
    } | _words()
    return {"words": json.dumps(words)}


def used() -> dict[str, str]:
    """What the script of tools and energy must know without asking: its words."""
    words = {
        "process": _("Say what it was used for."),
        "name": _("Say what it is."),
        "minutes": NotInUse().words(_),
        "energy": NoEnergy().words(_),
        "supplier": SupplierMissing().words(_),
        "kept": _("Kept on this phone: {much}, {what}, {process}"),
    } | _words()
    return {"words": json.dumps(words)}


def _words() -> dict[str, str]:
    """What the scale and the timer both say of what they keep."""
    return {
        "refused": _("Refused by the server: {n}."),
        "drop": _("Drop it? It was not recorded and will not be."),
        "late": _("It is on its way to the server already. Correct it there, with a reason."),
    }


def station(by: Membership, lots: list[LotAtHand]) -> dict[str, str | int]:
    """What the scale's script must know without asking: the open lots, the money, and its words."""
    words = {
        "who": _("Choose who brought it."),
        "goods": _("Say what it is."),
        "weight": _("Type a weight, such as %(example)s.") % {"example": as_measured(18_100, GRAMS)},
        "price": _("Type an amount of money."),
        "nothing": NothingOnTheScale().words(_),
        "kept": _("Kept on this phone: {net}, {who}, {lot}"),
    } | _words()
    at_hand = {row.code: {"goods": row.goods, "hub": row.lot.hub.slug} for row in lots}
    return {"lots": json.dumps(at_hand), "words": json.dumps(words), "exponent": exponent_of(by.cooperative)}
