"""How a cooperative shares a sale, in sentences; and the adoption of its first agreement."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.charts import picture_of
from cooperatives.forms.agreements import AgreementForm
from cooperatives.models import Cooperative, Membership, Role
from cooperatives.rules.sentences import say_step
from cooperatives.rules.steps import read_agreement
from cooperatives.services.agreements import adopt_agreement as adopt
from cooperatives.views.access import exponent_of, for_members, shown, try_out
from ledger.rules.refusal import NotFound


@require_GET
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """The agreement in force, as sentences; earlier versions; for members what is proposed, for a steward the first."""
    found = queries.cooperative(slug)
    if found is None:
        raise NotFound
    form = AgreementForm(exponent=exponent_of(found), initial={"fund": f"{slug}-care"})
    return _page(request, queries.membership_in(request.user, slug), found, form)


@require_GET
def agreement_version(request: HttpRequest, slug: str, version: int) -> HttpResponse:
    """One version as it was or is in force, with the vote that carried it: what a settlement names."""
    cooperative = queries.cooperative(slug)
    found = queries.agreement_version(cooperative, version) if cooperative else None
    if cooperative is None or found is None:
        raise NotFound
    proposal = queries.proposal_behind(found)
    return shown(
        request, "agreement_version", queries.membership_in(request.user, slug), cooperative, tab="agreement",
        version=found, sentences=sentences(found.steps, cooperative), proposal=proposal,
        tally=queries.tally_of(proposal) if proposal else None,
        picture=picture_of(read_agreement(found.steps), whole=100 * 10 ** exponent_of(cooperative)),
    )  # fmt: skip


@require_POST
@for_members
def adopt_agreement(request: HttpRequest, by: Membership) -> HttpResponse:
    """Adopt the next version."""
    form = AgreementForm(request.POST, exponent=exponent_of(by.cooperative))
    status = 400
    if form.is_valid():
        rules = form.rules()
        status = try_out(form, lambda: adopt(cooperative=by.cooperative, rules=rules, at=timezone.now(), by=by))
    if form.errors:
        return _page(request, by, by.cooperative, form, status=status)
    messages.success(request, _("Adopted. Every settlement from now on follows it and names its version."))
    return redirect("agreement", by.cooperative.slug)


def _page(
    request: HttpRequest, by: Membership | None, cooperative: Cooperative, form: AgreementForm, *, status: int = 200
) -> HttpResponse:
    versions = list(cooperative.agreements.all())
    said = [(version, sentences(version.steps, cooperative)) for version in versions]
    picture = None
    if versions:
        whole = 100 * 10 ** exponent_of(cooperative)
        picture = picture_of(read_agreement(versions[0].steps), whole=whole)
    return shown(
        request, "agreement", by, cooperative, tab="agreement", versions=said, form=form, picture=picture,
        is_steward=by is not None and by.has_role(Role.STEWARD),
        may_draft=by is not None and by.has_role(Role.STEWARD, Role.TREASURER),
        proposals=queries.proposals_of(cooperative) if by else [], status=status,
    )  # fmt: skip


def money_of(cooperative: Cooperative) -> Callable[[int], str]:
    """How an amount of a cooperative's money is written in a sentence."""
    exponent, locale = exponent_of(cooperative), to_locale(get_language() or "en")

    def money(amount: int) -> str:
        said: str = format_currency(Decimal(amount).scaleb(-exponent), cooperative.currency, locale=locale)
        return said

    return money


def sentences(rules: Sequence[Mapping[str, Any]], cooperative: Cooperative) -> list[str]:
    """An agreement, a sentence each step, in the reader's language."""
    money = money_of(cooperative)
    return [say_step(step, money, _) for step in read_agreement(rules)]
