"""Mutual credit: one's own account, paying another in two taps, the whole circle's health, and the treasurer's desk."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.forms.credit import CircleForm, LimitsForm, PayCreditForm
from cooperatives.models import Circle, Cooperative, CreditPayment, Membership, Role
from cooperatives.queries import credit as found
from cooperatives.queries.credit import CreditLine
from cooperatives.rules.credit import write_credit
from cooperatives.services import credit as services
from cooperatives.services import proposals
from cooperatives.views.access import exponent_of, for_members, shown, try_out
from cooperatives.views.agreements import money_of
from ledger.forms import as_typed
from ledger.rules.refusal import NotAllowed, NotFound

PAGE = 30
SIGNS = {"floor": -1, "ceiling": 1, "lowest": -1, "highest": 1}


@require_GET
@for_members
def credit(request: HttpRequest, by: Membership) -> HttpResponse:
    """One's own account: balance, limits, paying somebody, everything given and received; and how the circle is."""
    return _page(request, by)


def _page(request: HttpRequest, by: Membership, form: PayCreditForm | None = None, status: int = 200) -> HttpResponse:
    circle = found.circle_of(by.cooperative)
    more: dict[str, Any] = {}
    if circle is not None:
        more["account"], more["health"] = found.own_and_health(circle, by.address)
    if circle is not None and by.society_id is None:
        listed = Paginator(found.credit_lines(circle, by.address), PAGE).get_page(request.GET.get("page"))
        partners = found.partners_of(circle, by)
        rows = credit_rows(listed.object_list, dict(partners))
        paid = (row for row in rows if _paid_by_oneself(row["line"]))
        last = list(dict.fromkeys((row["line"].other, row["other"]) for row in paid))[:3]
        said = {"key": secrets.token_hex(16), "to": request.GET.get("to") or (last[0][0] if last else "")}
        more |= {
            "listed": listed, "rows": rows, "last": last, "may_pay": True,
            "form": form or PayCreditForm(kind=circle.kind, partners=partners, initial=said),
        }  # fmt: skip
    return shown(
        request, "credit", by, by.cooperative, tab="credit", circle=circle, status=status,
        may_see_desk=_may_see_desk(by), **more,
    )  # fmt: skip


def _rows(payments: Iterable[CreditPayment], owner: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each payment as one account saw it."""
    rows = []
    for row in payments:
        came = row.taker == owner
        other = row.giver if came else row.taker
        rows.append({
            "row": row, "owner": other, "other": names.get(other, _("a former member")),
            "change": row.quantity if came else -row.quantity, "may_return": came and row.returned_at is None,
        })  # fmt: skip
    return rows


def credit_rows(lines: Iterable[CreditLine], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each line of an account with what it was for, and who the other one was."""
    return [
        {
            "line": line, "why": _why(line), "other": _other(line.other, names),
            "may_return": line.payment is not None and line.change > 0 and line.payment.returned_at is None,
        }
        for line in lines
    ]  # fmt: skip


def _why(line: CreditLine) -> str:
    if line.payment is not None:
        return line.payment.words
    if line.lot:
        return _("Share of %(lot)s") % {"lot": line.lot}
    if line.entry.undoes is not None:
        return _("given back")
    return _("Part of an order")


def _other(owner: str, names: Mapping[str, str]) -> str:
    return _("An order") if owner.startswith("orders/") else names.get(owner, _("a former member"))


def _paid_by_oneself(line: CreditLine) -> bool:
    return line.payment is not None and line.change < 0


@require_POST
@for_members
def pay_credit(request: HttpRequest, by: Membership) -> HttpResponse:
    """Show once more whom one pays and how much; with the second tap it is paid."""
    circle = _circle(by)
    partners = found.partners_of(circle, by)
    form = PayCreditForm(request.POST, kind=circle.kind, partners=partners)
    if not form.is_valid():
        return _page(request, by, form, 422)
    said = form.cleaned_data
    if "sure" not in request.POST:
        name = dict(partners)[said["to"]]
        account = found.credit_account(circle, by.address)
        return shown(
            request, "pay_credit", by, by.cooperative, tab="credit", circle=circle, form=form, name=name,
            quantity=said["quantity"], words=said["words"], account=account, after=account.balance - said["quantity"],
        )  # fmt: skip
    status = try_out(form, lambda: services.pay_credit(by=by, circle=circle, at=timezone.now(), **said))
    if form.errors:
        return _page(request, by, form, status)
    messages.success(request, _("Paid. If it was a mistake, the other one can give it back."))
    return redirect("credit", by.cooperative.slug)


@require_POST
@for_members
def return_credit(request: HttpRequest, by: Membership, pk: int) -> HttpResponse:
    """Give back what one received."""
    payment = found.credit_payment(_circle(by), pk)
    if payment is None:
        raise NotFound
    services.return_credit(by=by, payment=payment, at=timezone.now())
    messages.success(request, _("Given back."))
    return redirect("credit_desk" if payment.taker == by.cooperative.address else "credit", by.cooperative.slug)


@require_GET
@for_members
def credit_desk(request: HttpRequest, by: Membership) -> HttpResponse:
    """The rule, everybody's limits and the cooperative's own account; for its offices."""
    if not _may_see_desk(by):
        raise NotAllowed
    return _desk(request, by)


def _desk(request: HttpRequest, by: Membership, status: int = 200, **forms: Any) -> HttpResponse:
    circle = found.circle_of(by.cooperative)
    is_own = circle is None or circle.cooperative_id == by.cooperative_id
    more: dict[str, Any] = {}
    if circle is not None:
        everyone = found.partners_of(circle, by)
        owners = [(by.address, queries.shown_name(by, by)), *everyone] if by.society_id is None else everyone
        names, ours = dict(owners), by.cooperative.address
        accounts = found.credit_accounts(circle) if is_own else {}
        mark = get_format("DECIMAL_SEPARATOR")
        first = {name: write_credit(getattr(circle, name), circle.kind, mark) for name in ("floor", "ceiling")}
        more = {
            "accounts": [(names.get(one, _("a former member")), row) for one, row in accounts.items()],
            "ours": accounts.get(ours) or (
                found.CreditAccount(ours, 0, circle.floor, circle.ceiling)
                if is_own
                else found.credit_account(circle, ours)
            ),
            "rows": _rows(found.credit_payments(circle, ours)[:PAGE], ours, names),
            "limits": forms.get("limits") or LimitsForm(
                kind=circle.kind, owners=owners, initial=first, prefix="limits"
            ),
            "pay": forms.get("pay") or PayCreditForm(
                kind=circle.kind, partners=[row for row in owners if row[0] != ours], prefix="pay",
                initial={"key": secrets.token_hex(16)},
            ),
        }  # fmt: skip
    rule = forms.get("rule") or (_rule_form(by, circle) if is_own else None)
    return shown(
        request, "credit_desk", by, by.cooperative, tab="credit", circle=circle, rule=rule, status=status,
        is_treasurer=by.has_role(Role.TREASURER), may_ask=by.has_role(Role.STEWARD, Role.TREASURER), is_own=is_own,
        sent=next((form for form in forms.values() if form.errors), None), **more,
    )  # fmt: skip


def _rule_form(by: Membership, circle: Circle | None, data: Any = None) -> CircleForm:
    exponent, mark = exponent_of(by.cooperative), get_format("DECIMAL_SEPARATOR")
    initial: dict[str, Any] = {"code": f"H{by.cooperative.slug}".replace("-", "").upper()[:12], "name": _("Our hours")}
    initial |= {"floor": "20:00", "ceiling": "40:00", "lowest": "40:00", "highest": "100:00"}
    initial |= {"quorum": 50, "majority": "half"}
    if circle is not None:
        names = ("floor", "ceiling", "lowest", "highest")
        initial = {name: write_credit(getattr(circle, name), circle.kind, mark) for name in names}
        initial |= {"name": circle.name, "worth": as_typed(circle.worth, exponent), "quorum": 50, "majority": "half"}
    return CircleForm(data, exponent=exponent, circle=circle, initial=initial)


def rule_words(rule: Mapping[str, Any], cooperative: Cooperative) -> list[str]:
    """A rule of credit in sentences."""
    bounds = {name: found.wish_words(rule, sign * rule[name]) for name, sign in SIGNS.items()}
    worth = money_of(cooperative)(rule["worth"])
    return [
        _("Members pay each other in “%(name)s”; all balances together are always zero.") % {"name": rule["name"]},
        _("At first everybody may go from %(floor)s to %(ceiling)s.") % bounds,
        _("A treasurer may allow somebody from %(lowest)s to %(highest)s.") % bounds,
        _("One of it pays %(worth)s of a price, where goods take it.") % {"worth": worth},
    ]


@require_POST
@for_members
def propose_rule(request: HttpRequest, by: Membership) -> HttpResponse:
    """Draft how members pay each other in credit, or another rule for it; they vote on it."""
    if not by.has_role(Role.STEWARD, Role.TREASURER):
        raise NotAllowed
    circle = found.circle_of(by.cooperative)
    form = _rule_form(by, circle, request.POST)
    if not form.is_valid():
        return _desk(request, by, 422, rule=form)
    said = ({"code": circle.code, "kind": circle.kind} if circle else {}) | form.cleaned_data
    vote, drafts = {name: said.pop(name) for name in ("why", "quorum", "majority")}, []
    status = try_out(form, lambda: drafts.append(proposals.propose_rule(by=by, said=said, at=timezone.now(), **vote)))
    if form.errors:
        return _desk(request, by, status, rule=form)
    messages.success(request, _("Saved. Members vote on it once you open the vote."))
    return redirect("proposal", by.cooperative.slug, drafts[0].number)


@require_POST
@for_members
def set_credit_limits(request: HttpRequest, by: Membership) -> HttpResponse:
    """Set how far one account may fall and rise."""
    circle = _circle(by)
    if not by.has_role(Role.TREASURER) or circle.cooperative_id != by.cooperative_id:
        raise NotAllowed
    owners = [(by.address, ""), *found.partners_of(circle, by)]
    form = LimitsForm(request.POST, kind=circle.kind, owners=owners, prefix="limits")
    status = 422
    if form.is_valid():
        status = try_out(
            form, lambda: services.set_limits(by=by, circle=circle, at=timezone.now(), **form.cleaned_data)
        )
    if form.errors:
        return _desk(request, by, status, limits=form)
    messages.success(request, _("The limits are as you said."))
    return redirect("credit_desk", by.cooperative.slug)


@require_POST
@for_members
def ask_credit_payment(request: HttpRequest, by: Membership) -> HttpResponse:
    """Wish that the cooperative pays somebody out of its account."""
    circle = _circle(by)
    if not by.has_role(Role.TREASURER):
        raise NotAllowed
    partners = [(by.address, ""), *found.partners_of(circle, by)]
    form = PayCreditForm(request.POST, kind=circle.kind, partners=partners, prefix="pay")
    status, states = 422, []
    if form.is_valid():
        said = form.cleaned_data | {"key": f"credit/{form.cleaned_data['key']}"}
        status = try_out(form, lambda: states.append(
            services.ask_credit_payment(by=by, circle=circle, at=timezone.now(), **said).state
        ))  # fmt: skip
    if form.errors:
        return _desk(request, by, status, pay=form)
    messages.success(request, _("Paid.") if states == ["approved"] else _("Asked. A second person must agree."))
    return redirect("credit_desk", by.cooperative.slug)


def _circle(by: Membership) -> Circle:
    circle = found.circle_of(by.cooperative)
    if circle is None:
        raise NotFound
    return circle


def _may_see_desk(by: Membership) -> bool:
    return by.has_role(Role.STEWARD, Role.TREASURER, Role.AUDITOR)
