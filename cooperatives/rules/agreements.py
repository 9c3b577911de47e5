"""How a sale is shared: the steps of an agreement divide what a lot earned, in whole cents, and say why (indicators E).

Amounts are in the smallest part of the money.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from cooperatives.rules.royalties import Parents, along_lineage
from cooperatives.rules.shares import apportion, ration
from cooperatives.rules.steps import (
    NAMES,
    Commons,
    Contribution,
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

Weights = dict[str, int | Fraction]
MILLION = 1_000_000


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
