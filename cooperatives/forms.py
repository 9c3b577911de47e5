"""Forms of the cooperatives: they read what people type; services decide."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Admission, Audience, Hub, Membership, Notice, Place, Proposal, Role, Vote
from cooperatives.queries import LotAtHand
from cooperatives.rules.agreements import (
    Commons,
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
from cooperatives.rules.measures import measure_of, read_measure, say_measure
from ledger.forms import AmountField, as_typed, field_of
from ledger.rules.refusal import Refusal

GRAMS = "g"
NEW_GOODS = "new"


class MeasureField(AmountField):
    """A quantity as people write it in the measure of a unit: "18,1" kilograms in French are 18,100 g."""

    unit = GRAMS

    def read(self, said: str, decimal_mark: str) -> int:
        return read_measure(said, self.unit, decimal_mark)


def as_measured(quantity: int, unit: str) -> str:
    """A quantity as the reader would type it, without its unit: 1,800 g are "1.8"."""
    return say_measure(quantity, unit, get_format("DECIMAL_SEPARATOR")).partition(" ")[0]


def fresh_key() -> str:
    """A key of its own for each form that is shown, so that sending it twice records once."""
    return f"page/{uuid4()}"


class KeyedForm(forms.Form):
    """A form that records an entry, once."""

    key = forms.RegexField(r"^page/[0-9a-f-]{36}$", widget=forms.HiddenInput, initial=fresh_key)


class DeliveryForm(KeyedForm):
    """What stands on the scale: who brought it, into which lot, gross and tare."""

    giver = forms.ChoiceField(label=_("Member"))
    into = forms.ChoiceField(label=_("Goods, lot"))
    goods = forms.CharField(label=_("New goods"), max_length=100, required=False)
    hub = forms.ChoiceField(label=_("Place"))
    gross = MeasureField(label=_("On the scale"))
    tare = MeasureField(label=_("Tare"), required=False)
    price = AmountField(label=_("Agreed price for one kilogram"), required=False)

    def __init__(
        self,
        *args: Any,
        members: Iterable[tuple[str, str]],
        lots: Iterable[LotAtHand],
        known: Iterable[str],
        hubs: Iterable[Hub],
        exponent: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "giver").choices = list(members)
        open_lots = [(f"lot/{row.code}", f"{row.goods}, {row.code}") for row in lots]
        new_lots = [(f"{NEW_GOODS}/{goods}", _("%(goods)s, new lot") % {"goods": goods}) for goods in known]
        field_of(self, forms.ChoiceField, "into").choices = [*open_lots, *new_lots, (NEW_GOODS, _("Other goods"))]
        field_of(self, forms.ChoiceField, "hub").choices = [(hub.slug, hub.name) for hub in hubs]
        field_of(self, AmountField, "price").exponent = exponent

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        into = said.get("into", "")
        if into == NEW_GOODS and not said.get("goods"):
            self.add_error("goods", _("Say what it is."))
        elif into.startswith(f"{NEW_GOODS}/"):
            said["goods"] = into.partition("/")[2]
        return said


class CorrectionForm(KeyedForm):
    """What a delivery should have said, and why; nothing takes it back altogether."""

    net = MeasureField(label=_("What it should say, net"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "net").unit = unit


class ObjectionForm(forms.Form):
    """Why a weight is wrong, and what it was if one knows."""

    net = MeasureField(label=_("What it was, net"), required=False)
    text = forms.CharField(label=_("What is wrong"), max_length=500)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "net").unit = unit


class RemarkForm(forms.Form):
    """What one adds to a talk about a weight."""

    text = forms.CharField(label=_("What you say"), max_length=500)


class WorkForm(KeyedForm):
    """Time that a member worked in a process."""

    worker = forms.ChoiceField(label=_("Member"))
    hours = forms.IntegerField(label=_("Hours"), min_value=0, max_value=200, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=59, required=False)
    kind = forms.ChoiceField(
        label=_("What work"),
        choices=[("share", _("for a share")), ("care", _("care")), ("family", _("family")), ("paid", _("for a wage"))],
    )
    wage = AmountField(label=_("Wage for all of it"), required=False)

    def __init__(self, *args: Any, members: Iterable[tuple[str, str]], exponent: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "worker").choices = list(members)
        field_of(self, AmountField, "wage").exponent = exponent


class ProcessForm(forms.Form):
    """The beginning of something made, by a recipe or none."""

    name = forms.CharField(label=_("What is made"), max_length=100)
    recipe = forms.ChoiceField(label=_("By the recipe"), required=False)

    def __init__(self, *args: Any, recipes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "recipe").choices = [("", _("none")), *recipes]


class PlanForm(forms.Form):
    """What is wanted, and by which recipe."""

    recipe = forms.ChoiceField(label=_("By the recipe"))
    quantity = forms.CharField(label=_("How much is wanted"), max_length=30, required=False)

    def __init__(self, *args: Any, recipes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "recipe").choices = list(recipes)


class InputForm(KeyedForm):
    """Some of a lot that goes into a process."""

    lot = forms.ChoiceField(label=_("Lot"))
    quantity = forms.CharField(label=_("How much"), max_length=30, widget=forms.TextInput({"inputmode": "decimal"}))

    def __init__(self, *args: Any, lots: Iterable[LotAtHand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lots = {row.code: row for row in lots}
        field_of(self, forms.ChoiceField, "lot").choices = [
            (row.code, f"{row.goods}, {row.code}: {say_measure(row.quantity, row.unit)}") for row in self.lots.values()
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        row = self.lots.get(said.get("lot", ""))
        if row and said.get("quantity"):
            try:
                said["quantity"] = read_measure(said["quantity"], row.unit, get_format("DECIMAL_SEPARATOR"))
            except Refusal as no:
                self.add_error("quantity", no.words(gettext))
        return said


class ExpiryForm(forms.Form):
    """The day until which a lot is good."""

    on = forms.DateField(label=_("Good until"), required=False, widget=forms.DateInput({"type": "date"}))


class QuantityForm(KeyedForm):
    """Some of a lot."""

    quantity = MeasureField(label=_("How much"))

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, MeasureField, "quantity").unit = unit


class LossForm(QuantityForm):
    """Some of a lot that is no longer there."""

    reason = forms.ChoiceField(label=_("Why"), choices=[("spoiled", _("spoiled")), ("missing", _("nobody finds it"))])


class CombineForm(KeyedForm):
    """The lots that go together with this one."""

    others = forms.MultipleChoiceField(label=_("With"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, lots: Iterable[LotAtHand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.MultipleChoiceField, "others").choices = [
            (row.code, f"{row.goods}, {row.code}: {say_measure(row.quantity, row.unit)}") for row in lots
        ]


class MoveForm(KeyedForm):
    """Where a lot goes."""

    hub = forms.ChoiceField(label=_("To"))

    def __init__(self, *args: Any, hubs: Iterable[Hub], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, forms.ChoiceField, "hub").choices = [
            (hub.slug, f"{hub.name}, {hub.cooperative}") for hub in hubs
        ]


class OutputForm(forms.Form):
    """One lot that comes out of a process; a line left empty is no lot."""

    goods = forms.CharField(label=_("Goods"), max_length=100, required=False)
    unit = forms.CharField(label=_("Counted in"), max_length=20, initial="kg", required=False)
    grams = forms.IntegerField(label=_("Grams of one piece"), min_value=1, required=False)
    quantity = forms.CharField(label=_("How much"), max_length=30, required=False)
    percent = AmountField(label=_("Share of what went in, %"), required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("goods"):
            return said
        said["unit"] = ledger_unit(said.get("unit") or "kg")
        try:
            said["quantity"] = read_measure(said.get("quantity") or "", said["unit"], get_format("DECIMAL_SEPARATOR"))
        except Refusal as no:
            self.add_error("quantity", no.words(gettext))
        return said


def ledger_unit(typed: str) -> str:
    """The unit of the journal for what people type: g for kg; any other word stands for itself."""
    return next((unit for unit in ("g", "ml", "Wh", "mm") if measure_of(unit).symbol == typed.strip()), typed.strip())


class FinishForm(KeyedForm):
    """Where the rest of the mass went."""

    rest = forms.ChoiceField(
        label=_("What is missing of the weight"),
        choices=[
            ("", _("Nothing may be missing")),
            ("nature/air", _("dried, into the air")),
            ("nature/soil", _("waste, to the soil")),
        ],
        required=False,
    )


class FoundingForm(forms.Form):
    """A new cooperative."""

    name = forms.CharField(label=_("Name"), max_length=100)
    slug = forms.SlugField(
        label=_("Short name"), max_length=40, help_text=_("Small letters, digits and hyphens; part of its address.")
    )
    place = forms.ModelChoiceField(label=_("Place"), queryset=Place.objects.all(), to_field_name="path", required=False)
    currency = forms.ChoiceField(label=_("Money"), choices=[("EUR", "EUR"), ("XOF", "XOF"), ("IDR", "IDR")])


class MemberForm(forms.Form):
    """Someone who is admitted; a name is not needed."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    number = forms.CharField(label=_("Number in your own books"), max_length=40, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, initial=[Role.MEMBER], widget=forms.CheckboxSelectMultiple
    )


class RolesForm(forms.Form):
    """Other roles for a member."""

    roles = forms.MultipleChoiceField(label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple)


class InvitationForm(KeyedForm):
    """Whom to write to, and as what they come in; or whose membership they take over."""

    email = forms.EmailField(label=_("E-mail"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, initial=[Role.MEMBER], widget=forms.CheckboxSelectMultiple
    )
    claims = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)


class JoinForm(forms.Form):
    """How somebody wants to be called here, and why they ask."""

    name = forms.CharField(label=_("Your name here"), max_length=100, required=False)
    words = forms.CharField(label=_("What you would like to bring or do"), max_length=2000, required=False,
                            widget=forms.Textarea({"rows": 4}))  # fmt: skip

    society = forms.ChoiceField(label=_("Who joins"), required=False)

    def __init__(
        self, *args: Any, asks: bool = False, societies: Iterable[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = asks
        found = list(societies)
        if found:
            field_of(self, forms.ChoiceField, "society").choices = [("", _("I myself")), *found]
        else:
            del self.fields["society"]


class DeclineForm(forms.Form):
    """Why somebody is not taken in."""

    reason = forms.CharField(label=_("Why not"), max_length=300)


class AdmissionForm(forms.Form):
    """How those who ask become members."""

    admission = forms.ChoiceField(label=_("Whoever was not invited"), choices=Admission.choices)
    by_people = forms.BooleanField(label=_("A member cooperative has a vote for each person in it"), required=False)


class AudienceForm(forms.Form):
    """Who may read what of me."""

    name = forms.ChoiceField(label=_("My name and my picture are shown to"), choices=Audience.choices)
    place = forms.ChoiceField(label=_("My place is shown to"), choices=Audience.choices)
    amounts = forms.ChoiceField(
        label=_("What I gave and got is shown to"),
        choices=[(Audience.COOPERATIVE, Audience.COOPERATIVE.label), (Audience.SELF, Audience.SELF.label)],
        help_text=_("Stewards, the treasurer and auditors see it by their office."),
    )


class MemberFileForm(forms.Form):
    """A table of members."""

    table = forms.FileField(label=_("Table"), widget=forms.FileInput({"accept": ".csv,.xlsx"}))
    only_look = forms.BooleanField(label=_("Only look, admit nobody yet"), required=False, initial=True)


WHAT = [("offered", _("Offered")), ("wanted", _("Looked for"))]


class NoticeSearch(forms.Form):
    """What somebody looks for on the board."""

    what = forms.ChoiceField(label=_("Offered or looked for"), choices=[("", _("Both")), *WHAT], required=False)
    kind = forms.ChoiceField(label=_("What"), choices=[("", _("Anything")), *Notice.Kind.choices], required=False)
    place = forms.ModelChoiceField(
        label=_("Inside"), queryset=Place.objects.all(), to_field_name="path", required=False
    )
    words = forms.CharField(label=_("With the words"), max_length=100, required=False)


class _AsMember(forms.Form):
    """A form of somebody who may belong to several cooperatives."""

    cooperative = forms.ChoiceField(label=_("For"))

    def __init__(self, *args: Any, memberships: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(m.cooperative.slug, m.cooperative.name) for m in memberships]
        field_of(self, forms.ChoiceField, "cooperative").choices = found


class NoticeForm(_AsMember):
    """Something offered or looked for."""

    what = forms.ChoiceField(label=_("Offered or looked for"), choices=WHAT)
    kind = forms.ChoiceField(label=_("What"), choices=Notice.Kind.choices)
    title = forms.CharField(label=_("In a few words"), max_length=100)
    words = forms.CharField(
        label=_("What exactly"), max_length=2000, required=False, widget=forms.Textarea({"rows": 4})
    )
    place = forms.ModelChoiceField(label=_("Place"), queryset=Place.objects.all(), to_field_name="path", required=False)


class ReplyForm(_AsMember):
    """An answer to it."""

    words = forms.CharField(label=_("Your answer"), max_length=2000, widget=forms.Textarea({"rows": 4}))


class StoryForm(forms.Form):
    """What a cooperative says of itself."""

    story = forms.CharField(label=_("Story"), max_length=5000, required=False, widget=forms.Textarea({"rows": 8}))


class PictureForm(forms.Form):
    """A picture and what it shows."""

    picture = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG or WebP, at most 8 MB. Where and when it was taken is not kept."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )
    words = forms.CharField(label=_("What it shows"), max_length=200)


class PortraitForm(forms.Form):
    """A picture of oneself."""

    picture = forms.FileField(
        label=_("My picture"),
        help_text=_("JPEG, PNG or WebP, at most 8 MB. Where and when it was taken is not kept."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )


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
        for name in ("commons", "designs", "passed_on", "reserve"):
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
