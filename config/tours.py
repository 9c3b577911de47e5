"""Three tours through the program: what to see on each page, and the way on; each ends with something to show a friend.

A visitor walks on the program's own pages; where the tour is stands in the session, so it lasts through buttons too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from market.queries import on_the_shelf

if TYPE_CHECKING:
    from market.models import Listing

KEPT = "tour"  # in the session: whose tour, and the number of the step


@dataclass(frozen=True, slots=True)
class Step:
    """One stop: the page it leads to, what there is to see, and the words of the link that leads there."""

    page: str
    see: Promise
    way: Promise
    leads_to: tuple[str, ...] = ("account_login",)  # pages that the step's own page leads to


TOURS: dict[str, tuple[Step, ...]] = {
    "buyer": (
        Step("shelf", _("Each card stands on a bar: who receives its price. Hatched: nobody knows."), _("Shelf")),
        Step(
            "listing",
            _("Read the price line by line. Then add one to the cart, and order it: nothing is charged here."),
            _("Look at one of them"),
            ("shelf", "cart", "checkout", "order"),
        ),
        Step(
            "chain",
            _("Everyone behind the lot you chose, and how we know. This is the page to show a friend."),
            _("See who is behind it"),
        ),
    ),
    "cooperative": (
        Step("cooperative", _("A cooperative as a stranger sees it: who it is, what it makes."), _("A cooperative")),
        Step("agreement", _("Its rule for dividing a sale, in words its members adopted."), _("Its agreement")),
        Step("scale", _("Where deliveries are weighed: three taps and the weight."), _("Weigh a delivery")),
        Step("stall_today", _("What there is to do: pack, divide what was earned, pay it out."), _("Its stall")),
        Step(
            "listing",
            _("What all of it becomes: a price that says whom it pays. This is the page to show a friend."),
            _("See what buyers see"),
        ),
    ),
    "member": (
        Step("books", _("Of what buyers spent: how much stayed, how much left, what nobody knows."), _("The books")),
        Step("log", _("Every record is a leaf of one log that only grows; here you check it."), _("The log")),
        Step("chain", _("From many hands to one piece: each step, and how we know it."), _("Who is behind a lot")),
        Step(
            "passbook",
            _("What you gave, earned and were paid, line by line. Print it: this is the page to show a friend."),
            _("Your passbook"),
        ),
    ),
}  # fmt: skip
LETS_IN = {"scale": "ada", "stall_today": "ada", "passbook": "ben"}  # pages that need one of the demo's log-ins


@require_safe
def tour(request: HttpRequest, who: str, step: int) -> HttpResponse:
    """Go to a step of a tour, and remember that we are there."""
    if who not in TOURS or not 1 <= step <= len(TOURS[who]):
        raise Http404
    example = on_the_shelf(at=timezone.now()).order_by("pk").select_related("product__cooperative").first()
    if example is None:
        raise Http404
    request.session[KEPT] = [who, step]
    return redirect(_address(TOURS[who][step - 1].page, example))


@require_safe
def leave_tour(request: HttpRequest) -> HttpResponse:
    """Back to the start page, without a guide."""
    request.session.pop(KEPT, None)
    return redirect("home")


def _address(page: str, example: Listing) -> str:
    slug = example.product.cooperative.slug
    arguments: dict[str, list[object]] = {
        "listing": [example.pk],
        "chain": [slug, example.lot_path.rpartition("/")[2]],
        "cooperative": [slug],
        "agreement": [slug],
        "scale": [slug],
        "stall_today": [slug],
    }
    return reverse(page, args=arguments.get(page, []))


def guide(request: HttpRequest) -> dict[str, object] | None:
    """What the guide says on this page, for whoever is on a tour."""
    session = getattr(request, "session", None)
    who, step = session.get(KEPT, ("", 0)) if session is not None else ("", 0)
    if who not in TOURS or not 1 <= step <= len(TOURS[who]):
        return None
    steps = TOURS[who]
    page = request.resolver_match.url_name if request.resolver_match else ""
    return {
        "who": who,
        "step": step,
        "of": len(steps),
        # Whoever strays elsewhere is shown the way back instead.
        "see": steps[step - 1].see if page in {steps[step - 1].page, *steps[step - 1].leads_to} else "",
        "login": LETS_IN.get(steps[step - 1].page, "") if not request.user.is_authenticated else "",
        "next": {"number": step + 1, "way": steps[step].way} if step < len(steps) else None,
    }
