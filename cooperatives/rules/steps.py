"""The steps of an agreement, as values and as the plain JSON they are read from (indicators E). Never evaluated.

Claims as value equations know them: *debt-like* are floors (what is missing is owed, and nothing beyond the price is
paid), *once* are floors that are not owed, *equity-like* is the residual (what was given counts in every sale). Each
takes a part of the whole sale (`is_straight`) or of what is left. Rates pay the smallest part of the money for `per`
units of what was given; fractions are in thousandths.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, NamedTuple

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


Step = PassThrough | Debts | Floors | Commons | Designs | Reserve | Residual | Credit
STEPS: dict[str, type[Step]] = {
    "pass-through": PassThrough, "debts": Debts, "floors": Floors, "commons": Commons, "designs": Designs,
    "reserve": Reserve, "residual": Residual, "credit": Credit,
}  # fmt: skip
NAMES = {kind: name for name, kind in STEPS.items()}


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
