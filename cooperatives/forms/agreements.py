"""Agreements: setting one down, proposing another, voting on it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Proposal, Vote
from cooperatives.rules.agreements import credit_going_on
from cooperatives.rules.steps import (
    Commons,
    Credit,
    Debts,
    Designs,
    Floors,
    PassThrough,
    Rate,
    Reserve,
    Residual,
    Step,
    write_agreement,
)
from ledger.forms import AmountField, as_typed, field_of


class AgreementForm(forms.Form):
    """The first agreement in a treasurer's words: agreed prices, commons, reserve, and the rest by what each gave."""

    kilo = AmountField(label=_("Agreed price for one kilogram brought"), required=False)
    hour = AmountField(label=_("Agreed price for one hour of work"), required=False)
    commons = forms.IntegerField(label=_("Of the rest, to the commons, %"), min_value=0, max_value=100, initial=10)
    fund = forms.SlugField(label=_("Name of the commons fund"), max_length=40)
    reserve = forms.IntegerField(label=_("Then to the reserve, %"), min_value=0, max_value=100, initial=10)

    def __init__(self, *args: Any, exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kilo", "hour"):
            field_of(self, AmountField, name).exponent = exponent

    def rules(self) -> list[dict[str, Any]]:
        """The steps that the form says, as an agreement is written."""
        said = self.cleaned_data
        rates = [
            {"of": of, "unit": unit, "per": per, "pays": said[name]}
            for name, of, unit, per in (("kilo", "harvest", "g", 1000), ("hour", "work", "min", 60))
            if said[name]
        ]
        steps: list[dict[str, Any]] = [{"step": "pass-through"}, {"step": "debts"}]
        if rates:
            steps.append({"step": "floors", "rates": rates})
        if said["commons"]:
            funds = {f"commons/{said['fund'].lower()}/purse": 1}
            steps.append({"step": "commons", "thousandths": said["commons"] * 10, "funds": funds})
        if said["reserve"]:
            steps.append({"step": "reserve", "thousandths": said["reserve"] * 10})
        if rates:
            steps.append({"step": "residual", "rates": rates})
        return steps


PRICES = (
    ("kilo", "harvest", "g", 1000, _("Agreed price for one kilogram brought")),
    ("litre", "harvest", "ml", 1000, _("Agreed price for one litre brought")),
    ("care", "work/care", "min", 60, _("Agreed price for one hour of care")),
    ("hour", "work", "min", 60, _("Agreed price for one hour of work")),
)


FUNDS = (1, 2, 3)


def _percent_field(label: Any, **more: Any) -> AmountField:
    """Thousandths, as people write percent with one decimal."""
    return AmountField(label=label, exponent=1, required=False, **more)


def _of_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Of what"), choices=[("rest", _("of what is left by then")), ("sale", _("of the whole sale"))]
    )


class ProposalForm(forms.Form):
    """An agreement in a treasurer's words, step after step, and how it is to be voted on.

    It begins as `base`, the steps that it changes; what the form has no field for stays as it is there.
    """

    kilo = AmountField(label=PRICES[0][4], required=False)
    litre = AmountField(label=PRICES[1][4], required=False)
    hour = AmountField(label=PRICES[3][4], required=False)
    care = AmountField(label=PRICES[2][4], required=False)
    is_owed = forms.BooleanField(label=_("What a sale cannot pay of these prices is owed, and paid first next time"),
                                 required=False)  # fmt: skip
    commons = _percent_field(_("To the commons, %"))
    commons_of = _of_field()
    fund_1 = forms.SlugField(label=_("First fund"), max_length=40, required=False)
    part_1 = forms.IntegerField(label=_("Its parts"), min_value=1, max_value=1000, required=False)
    fund_2 = forms.SlugField(label=_("Second fund"), max_length=40, required=False)
    part_2 = forms.IntegerField(label=_("Its parts"), min_value=1, max_value=1000, required=False)
    fund_3 = forms.SlugField(label=_("Third fund"), max_length=40, required=False)
    part_3 = forms.IntegerField(label=_("Its parts"), min_value=1, max_value=1000, required=False)
    designs = _percent_field(_("Thanks to the designs that were followed, %"))
    passed_on = _percent_field(_("Of its thanks each design passes on to those it was made from, %"))
    reserve = _percent_field(_("To the reserve, %"))
    reserve_of = _of_field()
    is_balanced = forms.BooleanField(
        label=_("Whoever received too little in earlier shares of the rest comes first"), required=False
    )
    credit = _percent_field(_("Of members’ credit that sales bring, to those who receive the money, %"))
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea({"rows": 4}), required=False)
    quorum = forms.IntegerField(label=_("Of the members so many must vote, %"), min_value=1, max_value=100)
    majority = forms.ChoiceField(label=_("Votes that must be for it"), choices=Proposal.Majority.choices)

    def __init__(self, data: Any, *, base: Sequence[Step], exponent: int, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=said_by(base, exponent) | {"quorum": 50, "majority": "half"} | initial)
        self.base = base
        for name, *_rest in PRICES:
            field_of(self, AmountField, name).exponent = exponent

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for name in ("commons", "designs", "passed_on", "reserve", "credit"):
            if (said.get(name) or 0) > 1000:
                self.add_error(name, _("More than all of it cannot be given."))
        if said.get("commons") and not any(said.get(f"fund_{n}") for n in FUNDS):
            self.add_error("fund_1", _("Name the fund that receives it."))
        return said

    def rules(self) -> list[dict[str, Any]]:
        """The steps that the form says, as an agreement is written."""
        said = self.cleaned_data
        floors, residual = _first(self.base, Floors), _first(self.base, Residual)
        rates = self._rates(floors or residual)
        steps: list[Step] = [PassThrough(), Debts()]
        if rates:
            steps.append(replace(floors or Floors(rates), rates=rates, is_owed=said["is_owed"]))
        if said["commons"]:
            steps.append(Commons(said["commons"], self._funds(), said["commons_of"] == "sale"))
        if said["designs"]:
            steps.append(Designs(said["designs"], said["passed_on"] or 0))
        if said["reserve"]:
            steps.append(Reserve(said["reserve"], said["reserve_of"] == "sale"))
        if rates:
            steps.append(replace(residual or Residual(rates), rates=rates, is_balanced=said["is_balanced"]))
        if said["credit"] not in {None, 1000}:
            steps.append(Credit(said["credit"]))
        return write_agreement(steps)

    def _rates(self, base: Floors | Residual | None) -> tuple[Rate, ...]:
        """The prices of the form, in the order they had; rates that the form has no field for stay."""
        before = list(base.rates) if base else []
        known = {(of, unit): (per, self.cleaned_data[name]) for name, of, unit, per, _label in PRICES}
        kept = []
        for rate in before:
            per, pays = known.pop((rate.of, rate.unit), (rate.per, rate.pays))
            if pays:
                kept.append(replace(rate, per=per, pays=pays))
        new = [Rate(of, unit, per, pays) for (of, unit), (per, pays) in known.items() if pays]
        # A price of its own for care must be met before the price of any work.
        return tuple(sorted([*kept, *new], key=lambda rate: "/" not in rate.of))

    def _funds(self) -> dict[str, int]:
        known = {_fund_name(to): to for step in self.base if isinstance(step, Commons) for to in step.funds}
        names = [(self.cleaned_data[f"fund_{n}"].lower(), self.cleaned_data[f"part_{n}"] or 1) for n in FUNDS]
        return {known.get(name, f"commons/{name}/purse"): part for name, part in names if name}


def said_by(steps: Sequence[Step], exponent: int) -> dict[str, Any]:
    """What the form of a proposal would hold, were it to say these steps."""
    floors, commons, designs = _first(steps, Floors), _first(steps, Commons), _first(steps, Designs)
    reserve, residual = _first(steps, Reserve), _first(steps, Residual)
    said: dict[str, Any] = {"is_owed": floors is None or floors.is_owed, "passed_on": as_typed(500, 1)}
    for rate in (floors or residual or Floors(())).rates:
        name = next(
            (name for name, of, unit, per, _label in PRICES if (of, unit, per) == (rate.of, rate.unit, rate.per)), None
        )
        if name:
            said[name] = as_typed(rate.pays, exponent)
    if commons:
        said |= {"commons": as_typed(commons.thousandths, 1), "commons_of": "sale" if commons.is_straight else "rest"}
        for n, (to, part) in zip(FUNDS, commons.funds.items(), strict=False):
            said |= {f"fund_{n}": _fund_name(to), f"part_{n}": part}
    if designs:
        said |= {"designs": as_typed(designs.thousandths, 1), "passed_on": as_typed(designs.passed_on, 1)}
    if reserve:
        said |= {"reserve": as_typed(reserve.thousandths, 1), "reserve_of": "sale" if reserve.is_straight else "rest"}
    said["credit"] = as_typed(credit_going_on(steps), 1)
    return said | {"is_balanced": residual is not None and residual.is_balanced}


def _first[S: Step](steps: Sequence[Step], kind: type[S]) -> S | None:
    return next((step for step in steps if isinstance(step, kind)), None)


def _fund_name(account: str) -> str:
    """shade of commons/shade/purse."""
    return account.split("/")[1]


class OpeningForm(forms.Form):
    """Until when members may vote."""

    closes_on = forms.DateField(
        label=_("The vote closes at the end of"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )


class VoteForm(forms.Form):
    """One vote, on the words that were read."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(label=_("Your vote"), choices=Vote.Choice.choices, widget=forms.RadioSelect)


class CommentForm(forms.Form):
    """What a member wants to say of a proposal."""

    text = forms.CharField(label=_("What you think of it"), max_length=2000, widget=forms.Textarea({"rows": 3}))
