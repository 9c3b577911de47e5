"""The steps of an agreement as parts of a form: what a treasurer often changes stands first, the rest behind it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.forms.rates import FundLine, PriceField, RateLine, fund_typed, percent_field
from cooperatives.rules.steps import (
    NAMES,
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
)
from ledger.forms import as_typed, field_of

PRICES = {  # the prices that most agreements name, each with a field of its own
    "kilo": ("harvest", "g", 1000, _("Agreed price for one kilogram brought")),
    "litre": ("harvest", "ml", 1000, _("Agreed price for one litre brought")),
    "hour": ("work", "min", 60, _("Agreed price for one hour of work")),
    "care": ("work/care", "min", 60, _("Agreed price for one hour of care")),
}
MOST = 60  # rows of one step


def _of_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Of what"), choices=[("rest", _("of what is left by then")), ("sale", _("of the whole sale"))]
    )


class StepForm(forms.Form):
    """One step of an agreement: its fields, and rows of them where it has any."""

    says_optional = ()
    kind: type[Step]
    place = forms.IntegerField(min_value=1, max_value=200)
    rows: "BaseFormSet[Any] | None" = None

    def __init__(
        self, data: Any, step: Step | None, *, exponent: int, prefix: str, place: int, called: Any = ""
    ) -> None:
        initial = {"place": place} | (self.typed(step, exponent) if step else {})
        super().__init__(data, prefix=prefix, initial=initial)
        self.has_step, self.exponent, self.turn = step is not None, exponent, place
        self.fields["place"].label = called
        self.start(step)

    def start(self, step: Step | None) -> None:
        """What a kind of step needs besides."""

    def typed(self, step: Any, exponent: int) -> dict[str, Any]:
        """The step as its reader would type it."""
        return {}

    def step(self, floors: Floors | None) -> Step | None:
        """The step that is said, if any; `floors` are the first agreed prices before."""
        raise NotImplementedError  # a form has a metaclass of its own, so that none can be abstract

    @property
    def word(self) -> str:
        return NAMES[self.kind]

    def lines(self) -> list[forms.Form]:
        """Its rows."""
        return list(self.rows or ())

    def is_valid(self) -> bool:
        return super().is_valid() and (self.rows is None or self.rows.is_valid())

    @property
    def is_wrong(self) -> bool:
        """Whether something of it was sent that cannot be read."""
        return self.is_bound and any(field.errors for field in self.every_field())

    def every_field(self) -> Iterator[forms.BoundField]:
        """Its fields and those of its rows."""
        for form in (self, *self.lines()):
            yield from form


class PlainStepForm(StepForm):
    """A step that says nothing but that it is there."""

    kind: type[PassThrough | Debts]
    is_there = forms.BooleanField(required=False)
    words: Any

    def start(self, step: Step | None) -> None:
        self.fields["is_there"].label = self.words
        self.initial["is_there"] = step is not None

    def step(self, floors: Floors | None) -> Step | None:
        return self.kind() if self.cleaned_data["is_there"] else None


class PassThroughForm(PlainStepForm):
    kind = PassThrough
    words = _("What was paid for inputs goes back to the working money that paid it")


class DebtsForm(PlainStepForm):
    kind = Debts
    words = _("What earlier sales could not pay is paid")


class PartForm(StepForm):
    """A step that takes a part of what is left, or of the whole sale; without a part it is none."""

    thousandths = percent_field("")
    of = _of_field()
    label: Any

    def start(self, step: Step | None) -> None:
        self.fields["thousandths"].label = self.label

    def typed(self, step: Any, exponent: int) -> dict[str, Any]:
        return {
            "thousandths": as_typed(step.thousandths, 1),
            "of": "sale" if getattr(step, "is_straight", False) else "rest",
        }

    def clean_thousandths(self) -> int | None:
        return _refuse_more_than_all(self.cleaned_data["thousandths"])

    @property
    def is_straight(self) -> bool:
        return bool(self.cleaned_data["of"] == "sale")


def _refuse_more_than_all(thousandths: int | None) -> int | None:
    if (thousandths or 0) > 1000:
        raise forms.ValidationError(gettext("More than all of it cannot be given."))
    return thousandths


class ReserveForm(PartForm):
    kind = Reserve
    label = _("To the reserve, %")

    def step(self, floors: Floors | None) -> Step | None:
        part = self.cleaned_data["thousandths"]
        return None if part is None else Reserve(part, self.is_straight)


class DesignsForm(PartForm):
    kind = Designs
    label = _("Thanks to the designs that were followed, %")
    passed_on = percent_field(_("Of its thanks each design passes on to those it was made from, %"))

    def start(self, step: Step | None) -> None:
        super().start(step)
        self.initial.setdefault("passed_on", as_typed(500, 1))

    def typed(self, step: Any, exponent: int) -> dict[str, Any]:
        return super().typed(step, exponent) | {"passed_on": as_typed(step.passed_on, 1)}

    def clean_passed_on(self) -> int | None:
        return _refuse_more_than_all(self.cleaned_data["passed_on"])

    def step(self, floors: Floors | None) -> Step | None:
        said = self.cleaned_data
        part = said["thousandths"]
        return None if part is None else Designs(part, said["passed_on"] or 0, self.is_straight)


class CreditForm(PartForm):
    kind = Credit
    label = _("Of members’ credit that sales bring, to those who receive the money, %")

    def start(self, step: Step | None) -> None:
        super().start(step)
        del self.fields["of"]

    def step(self, floors: Floors | None) -> Step | None:
        part = self.cleaned_data["thousandths"]
        return None if part is None else Credit(part)


class CommonsForm(PartForm):
    kind = Commons
    label = _("To the commons, %")

    def start(self, step: Step | None) -> None:
        super().start(step)
        funds = step.funds.items() if isinstance(step, Commons) else ()
        initial = [{"fund": fund_typed(to), "parts": parts} for to, parts in funds]
        self.shown = max(1, len(initial))
        self.rows = _rows(FundLine, self, initial, extra=self.shown - len(initial) + 3)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        assert self.rows is not None
        named = [row["fund"] for row in self.rows.cleaned_data if row.get("fund")] if self.rows.is_valid() else None
        if named is not None and len(named) != len(set(named)):
            self.add_error("thousandths", gettext("A fund is named twice."))
        if said.get("thousandths") is not None and named == []:
            self.add_error("thousandths", gettext("Name the fund that receives it."))
        return said

    def step(self, floors: Floors | None) -> Step | None:
        part = self.cleaned_data["thousandths"]
        funds = {row.cleaned_data["fund"]: row.cleaned_data["parts"] or 1 for row in self.lines()
                 if row.cleaned_data.get("fund")}  # fmt: skip
        return None if part is None else Commons(part, funds, self.is_straight)

    @property
    def first_rows(self) -> list[forms.Form]:
        return self.lines()[: self.shown]

    @property
    def more_rows(self) -> list[forms.Form]:
        return self.lines()[self.shown :]


class RatesForm(PartForm):
    """A step that counts what was given by prices. `order` keeps the turn that the prices had, since the first that
    fits is the one that counts."""

    order = forms.CharField(required=False, widget=forms.HiddenInput)
    named: Sequence[str] = ()  # of PRICES, those with a field

    def start(self, step: Step | None) -> None:
        super().start(step)
        order: list[str] = []
        typed: list[dict[str, Any]] = []
        for rate in step.rates if isinstance(step, Floors | Residual) else ():
            name = next((n for n in self.named if rate == _named(n, rate.pays) and n not in order), None)
            if name:
                self.initial[name] = as_typed(rate.pays, self.exponent)
            else:
                name = str(len(typed))
                typed.append(RateLine.typed(rate, self.exponent))
            order.append(name)
        self.initial["order"] = " ".join(order)
        for name in self.named:
            field_of(self, PriceField, name).exponent = self.exponent
        self.rows = _rows(RateLine, self, typed, extra=2, exponent=self.exponent)

    def typed(self, step: Any, exponent: int) -> dict[str, Any]:
        whole = step.thousandths == 1000
        return super().typed(step, exponent) | ({"thousandths": ""} if whole else {})

    def rates(self) -> tuple[Rate, ...]:
        """The prices, in the turn they had; a new one comes before the price that would otherwise meet it first."""
        said = {name: _named(name, pays) for name in self.named if (pays := self.cleaned_data[name]) is not None}
        said |= {str(n): rate for n, row in enumerate(self.rows or ()) if (rate := row.rate())}
        before = [name for name in self.cleaned_data["order"].split() if name in said]
        rates = [said[name] for name in dict.fromkeys(before)]
        for name, rate in said.items():
            if name not in before:
                wider = (n for n, other in enumerate(rates) if _meets(other, rate))
                rates.insert(next(wider, len(rates)), rate)
        return tuple(rates)

    @property
    def part(self) -> int:
        part = self.cleaned_data["thousandths"]
        return 1000 if part is None else part

    @property
    def filled_rows(self) -> list[forms.Form]:
        """Rows that say something, which a page shows at once."""
        return [row for row in self.lines() if _says_something(row)]

    @property
    def empty_rows(self) -> list[forms.Form]:
        """Rows for what may come."""
        return [row for row in self.lines() if not _says_something(row)]


def _says_something(row: forms.Form) -> bool:
    return row.has_changed() if row.is_bound else bool(row.initial)


def _named(name: str, pays: int) -> Rate:
    of, unit, per, _label = PRICES[name]
    return Rate(of, unit, per, pays)


def _meets(wide: Rate, narrow: Rate) -> bool:
    return wide.unit == narrow.unit and narrow.of.startswith(f"{wide.of}/")


class FloorsForm(RatesForm):
    kind = Floors
    label = _("At most so much goes to these prices, %")
    named = tuple(PRICES)
    kilo = PriceField(label=PRICES["kilo"][3], required=False)
    litre = PriceField(label=PRICES["litre"][3], required=False)
    hour = PriceField(label=PRICES["hour"][3], required=False)
    care = PriceField(label=PRICES["care"][3], required=False)
    is_owed = forms.BooleanField(
        label=_("What a sale cannot pay of these prices is owed, and paid first next time"), required=False
    )

    def start(self, step: Step | None) -> None:
        super().start(step)
        self.initial["is_owed"] = step.is_owed if isinstance(step, Floors) else True

    def step(self, floors: Floors | None) -> Step | None:
        rates = self.rates()
        return Floors(rates, self.cleaned_data["is_owed"], self.part, self.is_straight) if rates else None


class ResidualForm(RatesForm):
    kind = Residual
    label = _("Only so much of it is shared, %")
    is_there = forms.BooleanField(
        label=_("What is left is shared by what each gave, counted by the agreed prices"), required=False
    )
    is_balanced = forms.BooleanField(
        label=_("Whoever received too little in earlier shares of the rest comes first"), required=False
    )

    def __init__(self, data: Any, step: Step | None, *, like: Floors | None = None, **more: Any) -> None:
        self.like = like
        super().__init__(data, step, **more)

    def start(self, step: Step | None) -> None:
        is_same = isinstance(step, Residual) and self.like is not None and step.rates == self.like.rates
        super().start(None if is_same else step)
        self.initial["is_there"] = step is not None
        self.initial["is_balanced"] = isinstance(step, Residual) and step.is_balanced

    def step(self, floors: Floors | None) -> Step | None:
        if not self.cleaned_data["is_there"]:
            return None
        rates = self.rates() or (floors.rates if floors else ())
        if not rates:
            self.add_error("is_there", gettext("Nothing says how to count: name a price, here or among the agreed."))
            return None
        return Residual(rates, self.part, self.is_straight, self.cleaned_data["is_balanced"])


FORMS: dict[str, type[StepForm]] = {
    NAMES[form.kind]: form
    for form in (
        PassThroughForm,
        DebtsForm,
        FloorsForm,
        CommonsForm,
        DesignsForm,
        ReserveForm,
        ResidualForm,
        CreditForm,
    )
}


def _rows(line: type[forms.Form], step: StepForm, initial: list[dict[str, Any]], *, extra: int, **more: Any) -> Any:
    made = formset_factory(line, extra=extra, max_num=MOST, absolute_max=MOST)
    # What was sent is read as it is, whatever the agreement has come to say since the page was shown.
    begun = {"data": step.data} if step.is_bound else {"initial": initial}
    return made(**begun, prefix=f"{step.prefix}-rows", form_kwargs=more)
