"""How a sale is shared: ordered steps that divide what a lot earned, in whole cents, and say why (indicators E).

An agreement is plain JSON, read into the values below and never evaluated. Amounts are in the smallest part of the
money, rates in that per `per` units of what was given, fractions in thousandths.

Claims as value equations know them: *debt-like* are floors (what is missing is owed, and nothing beyond the price is
paid), *once* are floors that are not owed, *equity-like* is the residual (what was given counts in every sale). Each
takes a part of the whole sale (`is_straight`) or of what is left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from cooperatives.rules.royalties import Parents, along_lineage
from cooperatives.rules.shares import apportion, ration
from ledger.rules.refusal import BadInput


class UnreadableAgreement(BadInput):
    """Step {step} cannot be read: {why}."""


class Contribution(NamedTuple):
    """What stands behind the part of a lot that was sold: who is paid for it, what kind it is, and how much of it."""

    to: str  # the account that receives its share: members/ben/purse, coops/oak/earned/dry-1
    of: str  # harvest, work/roast, lots …: the purpose it came from
    unit: str
    quantity: int | Fraction


@dataclass(frozen=True, slots=True)
class Rate:
    """`pays` cents for each `per` units of `of` (work stands for every kind of work), raised by `plus` thousandths."""

    of: str
    unit: str
    per: int
    pays: int
    plus: int = 0

    def counts(self, given: Contribution) -> bool:
        """Whether this rate is for a contribution of that kind."""
        return given.unit == self.unit and (given.of == self.of or given.of.startswith(f"{self.of}/"))

    def times(self, common: int) -> int:
        """What one unit is worth, in parts of which `common` times 1,000 are one cent; `per` divides `common`."""
        return self.pays * (1000 + self.plus) * (common // self.per)


@dataclass(frozen=True, slots=True)
class PassThrough:
    """The cost of inputs that are paid for already returns to the working money that paid it."""


@dataclass(frozen=True, slots=True)
class Debts:
    """What earlier sales could not pay is paid first."""


@dataclass(frozen=True, slots=True)
class Floors:
    """Each contribution receives its agreed price; where there is less, all in proportion, and the gap is owed.

    `thousandths` says how much of what is left (or of the whole sale) may go to them at most.
    """

    rates: tuple[Rate, ...]
    is_owed: bool = True
    thousandths: int = 1000
    is_straight: bool = False


@dataclass(frozen=True, slots=True)
class Commons:
    """`thousandths` of what is left (or of the whole sale, where `is_straight`), among funds by their weights."""

    thousandths: int
    funds: Mapping[str, int]
    is_straight: bool = False


@dataclass(frozen=True, slots=True)
class Designs:
    """`thousandths` of what is left (or of the whole sale) thanks the designs that were cited, by what each weighs.

    Each passes `passed_on` thousandths of its part to the designs that it was made from. Without a design: nothing.
    """

    thousandths: int
    passed_on: int = 500
    is_straight: bool = False


@dataclass(frozen=True, slots=True)
class Reserve:
    """`thousandths` of what is left (or of the whole sale) stays with the cooperative."""

    thousandths: int
    is_straight: bool = False


@dataclass(frozen=True, slots=True)
class Residual:
    """`thousandths` of what is left (or of the whole sale) are shared by the weights of what each gave.

    Balanced (SourceCred's rule): those receive first whom earlier shares gave less than their part of all that was ever
    shared, each in proportion to what is missing.
    """

    rates: tuple[Rate, ...]
    thousandths: int = 1000
    is_straight: bool = False
    is_balanced: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """Of what sales bring in members' credit, `thousandths` go to those who receive the money, in proportion to it; the
    rest stays with the cooperative. Without this step all of it goes on. No money is taken."""

    thousandths: int


Weights = dict[str, int | Fraction]
MILLION = 1_000_000

Step = PassThrough | Debts | Floors | Commons | Designs | Reserve | Residual | Credit
STEPS: dict[str, type[Step]] = {
    "pass-through": PassThrough, "debts": Debts, "floors": Floors, "commons": Commons, "designs": Designs,
    "reserve": Reserve, "residual": Residual, "credit": Credit,
}  # fmt: skip
NAMES = {kind: name for name, kind in STEPS.items()}


class Past(NamedTuple):
    """What somebody's gifts have weighed in all shares of the rest so far, and what these have paid for them."""

    weight: int  # in millionths of a cent, by the rates
    paid: int


def add_share(past: Past | None, *, weight: int = 0, paid: int = 0) -> Past:
    """What somebody's past is after one more share."""
    return Past((past.weight if past else 0) + weight, (past.paid if past else 0) + paid)


@dataclass(frozen=True, slots=True)
class Behind:
    """What a division of `holder` looks at beside the amount; see `divide`."""

    holder: str
    contributions: Sequence[Contribution] = ()
    costs: int | Fraction = 0
    debts: Mapping[str, int] = field(default_factory=dict)
    parents: Parents = field(default_factory=dict)
    past: Mapping[str, Past] = field(default_factory=dict)
    scale: int = 1


class Reason(NamedTuple):
    """One line of a division: which step (from 1; 0 is what was left at the end) gave how much to which account."""

    step: int
    name: str
    to: str
    amount: int
    due: int  # what the step would have given, had there been enough


@dataclass(slots=True)
class Division:
    """What a division gives to each account, what it still owes (by account of debt), and why."""

    left: int
    parts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    gaps: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    repaid: dict[str, int] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # in shares of the rest, as in Past
    why: list[Reason] = field(default_factory=list)

    def give(self, step: int, name: str, parts: Mapping[str, int], due: Mapping[str, int] | None = None) -> None:
        """Take `parts` from what is left, and write the reason of each."""
        for to, amount in parts.items():
            owed = amount if due is None else due[to]
            if amount:
                self.parts[to] += amount
                self.left -= amount
            if amount or owed:
                self.why.append(Reason(step, name, to, amount, owed))


def add_division(division: Division, *, debts: dict[str, int], past: dict[str, Past]) -> None:
    """Carry a division forward to the next: what it repaid and owes, what its share of the rest weighed and paid."""
    for account, repaid in division.repaid.items():
        debts[account] -= repaid
    for account, gap in division.gaps.items():
        debts[account] = debts.get(account, 0) + gap
    for to, weight in division.weights.items():
        past[to] = add_share(past.get(to), weight=weight)
    for reason in division.why:
        if reason.name == NAMES[Residual]:
            past[reason.to] = add_share(past.get(reason.to), paid=reason.amount)


def divide(
    amount: int,
    steps: Sequence[Step],
    *,
    holder: str,
    contributions: Sequence[Contribution] = (),
    costs: int | Fraction = 0,
    debts: Mapping[str, int] | None = None,
    parents: Parents | None = None,
    past: Mapping[str, Past] | None = None,
    scale: int = 1,
) -> Division:
    """`amount` that a lot of `holder` earned, divided by the steps in their order; the parts sum to it, to the cent.

    `contributions` are those behind what was sold, `scale` of their quantities to one of a unit; `costs` what inputs
    have cost, `debts` what `holder` still owes by account of debt (members/ben/debt), paid into the purse of the same
    owner; `parents` the designs that designs were made from, `past` what earlier shares of the rest weighed and paid,
    by purse. What no step takes stays in reserve.
    """
    behind = Behind(holder, contributions, costs, debts or {}, parents or {}, past or {}, scale)
    division = Division(left=amount)
    for n, step in enumerate(steps, start=1):
        _take(division, n, step, amount, behind)
    if division.left:
        division.give(0, "left", {f"{holder}/reserve": division.left})
    return division


def _take(division: Division, n: int, step: Step, amount: int, behind: Behind) -> None:
    name = NAMES[type(step)]
    match step:
        case PassThrough():
            free, due = f"{behind.holder}/free", int(behind.costs)
            division.give(n, name, {free: min(due, division.left)}, {free: due})
        case Debts():
            division.repaid = ration(division.left, behind.debts)
            division.give(n, name, _purses(division.repaid), _purses(behind.debts))
        case Floors():
            _floors(division, n, step, _share(step, amount, division.left), behind)
        case Commons():
            division.give(n, name, apportion(_share(step, amount, division.left), step.funds))
        case Designs():
            thanked = _thanked(behind, step.passed_on)
            if thanked:
                division.give(n, name, apportion(_share(step, amount, division.left), thanked))
        case Reserve():
            division.give(n, name, {f"{behind.holder}/reserve": _share(step, amount, division.left)})
        case Residual():
            _residual(division, n, step, _share(step, amount, division.left), behind)
        case Credit():  # no money is taken
            pass


def credit_going_on(steps: Sequence[Step]) -> int:
    """How many thousandths of members' credit an agreement hands on."""
    return next((step.thousandths for step in steps if isinstance(step, Credit)), 1000)


def _floors(division: Division, n: int, step: Floors, at_most: int, behind: Behind) -> None:
    weights, one_cent = _weights(step.rates, behind)
    due = apportion(int(sum(weights.values()) // one_cent), weights)
    paid = ration(at_most, due)
    division.give(n, NAMES[Floors], paid, due)
    for to in due:
        if step.is_owed and due[to] > paid[to] and to.endswith("/purse"):
            division.gaps[f"{to.removesuffix('/purse')}/debt"] += due[to] - paid[to]


def _residual(division: Division, n: int, step: Residual, share: int, behind: Behind) -> None:
    weights, one_cent = _weights(step.rates, behind)
    own = {to: int(weight * MILLION // one_cent) for to, weight in weights.items()}
    for to, weight in own.items():
        division.weights[to] += weight
    if step.is_balanced:
        weights = _missing(share, own, behind.past)
    if any(weights.values()):
        division.give(n, NAMES[Residual], apportion(share, weights))


def _missing(share: int, weights: Mapping[str, int], past: Mapping[str, Past]) -> Weights:
    """How much each would still have to receive, were all that was ever shared and `share` shared by all weights."""
    ever = {to: weights.get(to, 0) + (past[to].weight if to in past else 0) for to in {*weights, *past}}
    whole, shared = sum(ever.values()), share + sum(row.paid for row in past.values())
    missing = {to: shared * weight - whole * (past[to].paid if to in past else 0) for to, weight in ever.items()}
    return {to: amount for to, amount in missing.items() if amount > 0}


def _thanked(behind: Behind, passed_on: int) -> dict[str, Fraction]:
    """The purses of the designs that were cited, and of those they were made from, by their parts."""
    cited: dict[str, Fraction] = defaultdict(Fraction)
    for given in behind.contributions:
        if given.unit == "cite" and given.to.startswith("commons/"):
            cited[given.to.removesuffix("/purse")] += given.quantity
    found = along_lineage({design: part for design, part in cited.items() if part}, behind.parents, passed_on)
    return {f"{design}/purse": part for design, part in found.items()}


def _weights(rates: Sequence[Rate], behind: Behind) -> tuple[Weights, int]:
    """What the first fitting rate pays for each contribution, added up by receiver; and how many are one cent."""
    common = lcm(*(rate.per for rate in rates))
    worth: dict[tuple[str, str], int] = {}  # of one unit, by kind
    weights: Weights = defaultdict(int)
    for given in behind.contributions:
        kind = given.of, given.unit
        if kind not in worth:
            worth[kind] = next((x for rate in rates if rate.counts(given) and (x := rate.times(common))), 0)
        if worth[kind]:
            weights[given.to] += given.quantity * worth[kind]
    return {to: weight for to, weight in weights.items() if weight}, common * 1000 * behind.scale


def _share(step: Floors | Commons | Designs | Reserve | Residual, amount: int, left: int) -> int:
    return min((amount if step.is_straight else left) * step.thousandths // 1000, left)


def _purses(debts: Mapping[str, int]) -> dict[str, int]:
    return {f"{account.removesuffix('/debt')}/purse": amount for account, amount in debts.items()}


def read_agreement(steps: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps that plain JSON says. Raises UnreadableAgreement with the step's number and what is wrong with it."""
    if not steps:
        raise UnreadableAgreement(step=1, why="an agreement needs at least one step")
    return tuple(_read_step(n, dict(said)) for n, said in enumerate(steps, start=1))


def _read_step(n: int, said: dict[str, Any]) -> Step:
    kind = STEPS.get(said.pop("step", ""))
    if kind is None:
        raise UnreadableAgreement(step=n, why=f"its kind is none of {', '.join(STEPS)}")
    if "rates" in said:
        said["rates"] = tuple(_read_rate(n, rate) for rate in said["rates"])
    try:
        step = kind(**said)
    except TypeError:
        raise UnreadableAgreement(step=n, why="a field is missing, or is not known here") from None
    for name, value in said.items():
        _refuse_field(n, name, value)
    return step


def _read_rate(n: int, said: Mapping[str, Any]) -> Rate:
    try:
        rate = Rate(**said)
    except TypeError:
        raise UnreadableAgreement(step=n, why="a rate needs of, unit, per and pays") from None
    numbers = (rate.per, rate.pays, rate.plus)
    if (
        any(type(x) is not int or x < 0 for x in numbers)
        or rate.per == 0
        or not all(isinstance(x, str) and x for x in (rate.of, rate.unit))
    ):
        raise UnreadableAgreement(step=n, why="a rate pays a whole number for a whole number of units")
    return rate


def _refuse_field(n: int, name: str, value: Any) -> None:
    match name, value:
        case "rates", tuple() if value:
            pass
        case (("thousandths" | "passed_on"), int()) if type(value) is int and 0 <= value <= 1000:
            pass
        case (("is_straight" | "is_owed" | "is_balanced"), bool()):
            pass
        case "funds", dict() if value and all(type(w) is int and w > 0 for w in value.values()):
            pass
        case _:
            raise UnreadableAgreement(step=n, why=f"“{name}” is not readable")


def write_agreement(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Steps as the plain JSON they are read from; fields at their usual value are left out."""
    return [{"step": NAMES[type(step)]} | _write_fields(step) for step in steps]


def _write_fields(step: Step) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for each in fields(step):
        value = getattr(step, each.name)
        if value != each.default:
            said[each.name] = _write_value(value)
    return said


def _write_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_write_rate(rate) for rate in value]
    return dict(value) if isinstance(value, Mapping) else value


def _write_rate(rate: Rate) -> dict[str, Any]:
    said = {"of": rate.of, "unit": rate.unit, "per": rate.per, "pays": rate.pays}
    return said | ({"plus": rate.plus} if rate.plus else {})
