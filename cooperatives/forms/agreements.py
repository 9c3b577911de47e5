"""Agreements: setting one down, proposing another, voting on it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cooperatives.charts import STEP_WORDS
from cooperatives.forms.steps import FORMS, FloorsForm, StepForm
from cooperatives.models import Proposal, Vote
from cooperatives.rules.steps import NAMES, Floors, Residual, Step, write_agreement
from ledger.forms import AmountField, field_of

MOST_STEPS = 60


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


WORDS = STEP_WORDS | {"credit": _("Credit")}
ORDER = tuple(FORMS)  # in which a step that is not there yet is offered


class ProposalForm(forms.Form):
    """An agreement in a treasurer's words, step after step, and how it is to be voted on.

    It begins as `base`, the steps that it changes, in their turn; kinds that are not among them are offered empty.
    """

    steps = forms.CharField(max_length=2000, widget=forms.HiddenInput)
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea({"rows": 4}), required=False)
    quorum = forms.IntegerField(label=_("Of the members so many must vote, %"), min_value=1, max_value=100)
    majority = forms.ChoiceField(label=_("Votes that must be for it"), choices=Proposal.Majority.choices)
    more = forms.ChoiceField(label=_("A further step"), choices=[], required=False)

    def __init__(self, data: Any, *, base: Sequence[Step], exponent: int, initial: Mapping[str, Any]) -> None:
        offered = _offered(base)
        named = _named_apart(NAMES[type(step)] if isinstance(step, Step) else step for step in offered)
        super().__init__(data, initial={"quorum": 50, "majority": "half", "steps": " ".join(named)} | dict(initial))
        field_of(self, forms.ChoiceField, "more").choices = [("", "–"), *((name, WORDS[name]) for name in FORMS)]
        steps = dict(zip(named, offered, strict=True))
        floors = next((step for step in base if isinstance(step, Floors)), None)
        self.sections: list[StepForm] = []
        for place, name in enumerate(self._names(named), start=1):
            step = steps.get(name)
            kind = _kind_of(name)
            more: dict[str, Any] = {"exponent": exponent, "prefix": name, "place": place, "called": WORDS[kind]}
            if kind == NAMES[Residual]:
                more["like"] = floors
            sent = data if data and f"{name}-place" in data else None  # one that was just asked for was not sent yet
            self.sections.append(FORMS[kind](sent, None if isinstance(step, str) else step, **more))

    def _names(self, named: Sequence[str]) -> Sequence[str]:
        """The steps that the page had, so that it stays what it was while somebody else changes the agreement."""
        sent = str(self.data.get("steps", "")).split() if self.is_bound else list(named)
        known = [name for name in dict.fromkeys(sent) if _kind_of(name) in FORMS]
        if self.asks_for_a_step:
            asked = self.data["more"]
            known.append(next(n for n in _names_of(asked) if n not in known))
            self.data = dict(self.data.items()) | {"steps": " ".join(known)}
        return known[:MOST_STEPS]

    @property
    def asks_for_a_step(self) -> bool:
        """Whether the page was sent for one step more, and not yet for what it says."""
        return "add" in self.data and self.data.get("more") in FORMS

    def is_valid(self) -> bool:
        """Whether every part can be read, and says an agreement."""
        if not all([super().is_valid(), *(section.is_bound and section.is_valid() for section in self.sections)]):
            return False
        self.said = self._read()
        return all(not section.errors for section in self.sections)

    def rules(self) -> list[dict[str, Any]]:
        """The steps that a valid form says, as an agreement is written."""
        return write_agreement(self.said)

    def _read(self) -> list[Step]:
        # A step that is given the turn of another comes before it where it moves up, after it where it moves down.
        turns = [
            ((place := section.cleaned_data["place"]), (place > section.turn) - (place < section.turn), n)
            for n, section in enumerate(self.sections)
        ]
        ordered = [self.sections[n] for *_turn, n in sorted(turns)]
        prices = [section.step(None) for section in ordered if isinstance(section, FloorsForm)]
        floors = next((step for step in prices if isinstance(step, Floors)), None)
        return [step for section in ordered if (step := section.step(floors)) is not None]

    def visible_fields(self) -> list[forms.BoundField]:
        """Those of all parts, so that whatever is wrong is told at the head of the page."""
        found = [field for section in self.sections for field in section.every_field() if not field.is_hidden]
        return [*found, *super().visible_fields()]


def _offered(base: Sequence[Step]) -> list[Step | str]:
    """The steps of an agreement in their turn, and between them, by name, the kinds that it has not."""
    offered: list[Step | str] = list(base)
    for kind in ORDER:
        if kind not in {NAMES[type(step)] for step in base}:
            later = ORDER[ORDER.index(kind) + 1 :]
            at = (n for n, x in enumerate(offered) if (x if isinstance(x, str) else NAMES[type(x)]) in later)
            offered.insert(next(at, len(offered)), kind)
    return offered


def _named_apart(kinds: Iterable[str]) -> list[str]:
    """reserve, and reserve-2 for the second of a kind."""
    named: list[str] = []
    for kind in kinds:
        named.append(next(name for name in _names_of(kind) if name not in named))
    return named


def _names_of(kind: str) -> Iterator[str]:
    yield kind
    yield from (f"{kind}-{n}" for n in count(2))


def _kind_of(name: str) -> str:
    kind, _hyphen, number = name.rpartition("-")
    return kind if number.isdecimal() else name


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
