"""Who comes in: pages of a cooperative are for its members; to everyone else they are not there."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from cooperatives.models import Cooperative, Member, Membership, Role
from cooperatives.queries import members_of, membership_in, shown_name
from ledger.queries import unit
from ledger.rules.refusal import NotAllowed, NotFound, Refusal

Page = Callable[..., HttpResponse]


def for_members(page: Page) -> Page:
    """`by` is the reader's membership in the cooperative that the address names."""

    @wraps(page)
    @never_cache
    @login_required
    def door(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        by = membership_in(request.user, slug)
        if by is None:
            raise NotFound
        return page(request, by, **kwargs)

    return door


def for_stewards(page: Page) -> Page:
    """`by` is the reader's membership, and a steward's: no other member is let in."""

    @wraps(page)
    def desk(request: HttpRequest, by: Membership, **kwargs: Any) -> HttpResponse:
        if not by.has_role(Role.STEWARD):
            raise NotAllowed
        return page(request, by, **kwargs)

    return for_members(desk)


def person_of(request: HttpRequest) -> Member:
    """Who has signed in; for pages that nobody else reaches."""
    assert isinstance(request.user, Member)
    return request.user


def shown(
    request: HttpRequest, page: str, by: Membership | None, cooperative: Cooperative, **more: Any
) -> HttpResponse:
    """A page of a cooperative, as this reader may see it."""
    status = more.pop("status", 200)
    context = {"here": "cooperatives", "by": by, "cooperative": cooperative, "currency": cooperative.currency} | more
    return render(request, f"cooperatives/{page}.html", context, status=status)


def try_out(form: BaseForm, act: Callable[[], Any]) -> int:
    """Do what a form asks. A refusal that the person can mend goes to the head of the form; answers the status."""
    try:
        act()
    except (NotAllowed, NotFound):
        raise
    except Refusal as no:
        form.add_error(None, no.words(_))
        return no.status
    return 200


def exponent_of(cooperative: Cooperative) -> int:
    """How many decimals its money has."""
    return _exponent(cooperative.currency)


@cache
def _exponent(currency: str) -> int:
    """A unit never changes its meaning, so what was once read is true for ever."""
    found = unit(currency)
    if found is None:
        raise NotFound
    return found.exponent


def choices_of(by: Membership) -> list[tuple[str, str]]:
    """The members for whom `by` may record: all of them for a clerk, else only oneself."""
    if not by.has_role(Role.STEWARD, Role.CLERK):
        return [(by.address, shown_name(by, by))]
    return [(m.address, shown_name(m, by)) for m in members_of(by.cooperative)]


def member_of(by: Membership, address: str) -> Membership:
    """A member of the reader's own cooperative by address."""
    found = (
        by.cooperative.memberships.filter(address=address, left_at=None)
        .select_related("cooperative", "place", "portrait")
        .first()
    )
    if found is None:
        raise NotFound
    return found
