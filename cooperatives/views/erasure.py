"""Erasure: what goes and what stays, and the button."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cooperatives import queries
from cooperatives.services.erasure import erase_person
from cooperatives.views.access import person_of


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_http_methods(["GET", "POST"])
def erasure(request: HttpRequest) -> HttpResponse:
    """What goes and what stays when somebody is erased; the button asks for the word that stands beside it."""
    word = _("erase me")
    is_wrong = False
    if request.method == "POST":
        if request.POST.get("word", "").strip().casefold() == word.casefold():
            person = person_of(request)
            erase_person(person=person, by=person, at=timezone.now())
            logout(request)
            messages.success(request, _("You are erased. What was recorded stays, and does not say by whom."))
            return redirect("home")
        is_wrong = True
    context = {"memberships": queries.memberships_of(request.user), "word": word, "is_wrong": is_wrong}
    return render(request, "cooperatives/erasure.html", context, status=400 if is_wrong else 200)
