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


def handed_on(
    quantity: int, weights: Mapping[str, int], *, ours: str, room: Mapping[str, int], thousandths: int
) -> dict[str, int]:
    """{owner: what he has of the credit that goods brought}: so many thousandths in proportion to `weights` (by owner),
    to each as far as he has room; `ours`, the cooperative that sold, keeps the rest, and what was for those outside."""
    going = quantity * thousandths // 1000
    due = apportion(going, weights) if any(weights.values()) else {}
    parts = {owner: min(due.get(owner, 0), space) for owner, space in room.items()}
    return {owner: part for owner, part in parts.items() if part} | {ours: quantity - sum(parts.values())}


def given_by(quantity: int, left: Mapping[str, int], *, ours: str, room: Mapping[str, int]) -> dict[str, int]:
    """{owner: what he gives back of it}: in proportion to what is left of his part, as far as his account reaches;
    `ours` gives the rest. `quantity` is at most what all have left together."""
    due = apportion(quantity, {owner: n for owner, n in left.items() if n > 0})
    parts = {owner: min(n, room.get(owner, 0)) for owner, n in due.items() if owner != ours}
    return parts | {ours: quantity - sum(parts.values())}
