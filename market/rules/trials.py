"""What past sales would have given, had another agreement been in force: the same divisions, made again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cooperatives.rules.agreements import Past, add_division
from cooperatives.rules.royalties import Parents
from cooperatives.rules.steps import Step
from market.rules.settlements import Basis


class Sold(NamedTuple):
    """What one lot had earned when it was divided, and what stood behind that."""

    basis: Basis
    amount: int


@dataclass(slots=True)
class Outcome:
    """What accounts received of all sales together, by account and by step, and what is still owed after them."""

    parts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_step: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    owed: dict[str, int] = field(default_factory=dict)  # by account of debt

    @property
    def total(self) -> int:
        return sum(self.parts.values())


def divide_again(
    sales: Sequence[Sold],
    steps: Sequence[Step],
    *,
    debts: Mapping[str, int],
    past: Mapping[str, Past],
    parents: Parents | None = None,
) -> Outcome:
    """All sales in their order; what one cannot pay is owed to the next, from what was owed before the first."""
    found, owed, known = Outcome(), dict(debts), dict(past)
    for sale in sales:
        division = sale.basis.divided(sale.amount, steps, owed, past=known, parents=parents)
        add_division(division, debts=owed, past=known)
        for account, amount in division.parts.items():
            found.parts[account] += amount
        for reason in division.why:
            found.by_step[reason.name] += reason.amount
    found.owed = {account: amount for account, amount in owed.items() if amount > 0}
    return found
