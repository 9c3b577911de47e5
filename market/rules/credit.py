"""A part of an order in members' credit: how much the lines take, and how it goes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cooperatives.rules.shares import apportion


@dataclass(frozen=True, slots=True)
class Priced:
    """A line as it can be paid in credit: amounts in the order's money, the share in percent."""

    number: int
    price: int
    vat: int
    commission: int
    share: int


def caps(lines: Iterable[Priced]) -> dict[int, int]:
    """{number: the most of its price that credit pays}: tax and commission are paid in money, and a cent at least."""
    return {
        line.number: max(0, min(line.price * line.share // 100, line.price - max(line.vat + line.commission, 1)))
        for line in lines
    }


def laid_on(amount: int, most: Mapping[int, int]) -> dict[int, int]:
    """An amount laid on lines by what each takes at most, and no more than that."""
    return {int(name): part for name, part in apportion(amount, {f"{n:04}": cap for n, cap in most.items()}).items()}


def credit_back(*, credit: int, worth: int, before: int, amount: int) -> int:
    """How much credit goes back with `amount` of what it was worth, after `before` went back: all, once all did."""
    return credit * (before + amount) // worth - credit * before // worth
