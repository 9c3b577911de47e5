"""A proposal tried on past sales, for the members who vote on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cooperatives.charts import COLOURS, STEP_WORDS, bands
from cooperatives.queries import agreement_in_force, agreement_version, names_of, proposal_of
from cooperatives.rules.steps import read_agreement
from cooperatives.views.access import for_members
from ledger.rules.refusal import NotFound
from market.pages.trials import Side
from market.pages.trials import tried as try_on
from market.rules.trials import Outcome

if TYPE_CHECKING:
    from cooperatives.models import Membership

SHOWN = 40  # accounts that stand in a row of their own; the others, who would change least, are told in one sum


@require_GET
@for_members
def tried(request: HttpRequest, by: Membership, number: int) -> HttpResponse:
    """Who would have got what, by the version in force (once adopted: the one before) and by the proposal."""
    proposal = proposal_of(by.cooperative, number)
    if proposal is None or proposal.rule is not None:
        raise NotFound
    if proposal.agreement:
        agreement = agreement_version(by.cooperative, proposal.agreement.version - 1)
    else:
        agreement = agreement_in_force(by.cooperative)
    was = _("Before") if proposal.agreement else _("In force")
    now = read_agreement(agreement.steps) if agreement else ()
    trial = try_on(by.cooperative, now, read_agreement(proposal.steps))
    mine = [side for side in trial.sides if side.owner == by.address]
    others = [side for side in trial.sides if side.owner != by.address]
    shown = [*mine, *others[:SHOWN]]
    names = names_of([side.owner for side in shown], reader=by)
    return render(request, "market/tried.html", {
        "here": "cooperatives", "tab": "agreement", "by": by, "cooperative": by.cooperative,
        "currency": by.cooperative.currency, "proposal": proposal, "agreement": agreement, "trial": trial, "was": was,
        "rows": [(_called(side, names), side, side.owner == by.address) for side in shown],
        "is_owing": bool(trial.now.owed or trial.then.owed),
        "rest": _together(others[SHOWN:]), "rest_count": len(others[SHOWN:]),
        "bars": [(was, _bands(trial.now, trial.total)), (_("Proposed"), _bands(trial.then, trial.total))],
        "steps": [(words, COLOURS[name], trial.now.by_step.get(name, 0), trial.then.by_step.get(name, 0))
                  for name, words in STEP_WORDS.items() if name in trial.now.by_step or name in trial.then.by_step],
        "lots": [(row.lot_path.rpartition("/")[2], row) for row in trial.divisions],
    })  # fmt: skip


def _bands(outcome: Outcome, whole: int) -> Any:
    return bands(list(STEP_WORDS), [outcome.by_step.get(name, 0) for name in STEP_WORDS], whole)


def _together(sides: Sequence[Side]) -> Side:
    return Side("", *(sum(getattr(side, name) for side in sides) for name in ("now", "then", "owed_now", "owed_then")))


def _called(side: Side, names: Mapping[str, str]) -> str:
    """A member by the name the reader may know, a fund by its own; the cooperative's pots by what they are for."""
    kind, _slash, name = side.owner.partition("/")
    if kind == "commons":
        return _("Commons: %(name)s") % {"name": name}
    pots = {"reserve": _("Reserve"), "free": _("Working money")}
    return pots.get(side.word) or names.get(side.owner) or name
