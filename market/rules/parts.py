"""One order paid in several parts: what each part pays of each line, and in which order parts go back.

A part is split over what is *left* of the lines, as refunds are: so the parts of any sequence sum to each line, to its
tax, its commission and its rest, and nobody is short of a cent at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cooperatives.rules.shares import apportion
from market.rules.cards import PLATFORM
from market.rules.sales import SoldLine

Parts = dict[str, int]  # tax, commission, rest


def whole(line: SoldLine) -> Parts:
    """All of a line."""
    return {"commission": line.commission, "rest": line.rest, "tax": line.vat}


def shared_out(lines: Sequence[SoldLine], amounts: Mapping[str, int]) -> dict[str, dict[int, Parts]]:
    """{keeper: {number of a line: what it pays of it}} of amounts that together are the price of all lines."""
    left = {line.number: whole(line) for line in lines}
    out: dict[str, dict[int, Parts]] = {}
    for keeper, amount in amounts.items():
        sums = {f"{number:04}": sum(parts.values()) for number, parts in left.items()}
        out[keeper] = {}
        for name, part in apportion(amount, sums).items():
            number = int(name)
            taken = apportion(part, left[number]) if part else dict.fromkeys(left[number], 0)
            left[number] = {word: quantity - taken[word] for word, quantity in left[number].items()}
            out[keeper][number] = taken
    return out


def as_paid(lines: Iterable[SoldLine], paid: Mapping[str, Mapping[str, int]]) -> list[SoldLine]:
    """The lines as one payment paid them; `paid` is {number: parts}, empty where it paid all."""
    if not paid:
        return list(lines)
    found = []
    for line in lines:
        part = paid[str(line.number)]
        found.append(replace(line, price=sum(part.values()), vat=part["tax"], commission=part["commission"]))
    return found


def rank(keeper: str) -> tuple[int, str]:
    """In which order parts go back: to the card first, then from the bank, then in cash."""
    return (0 if keeper == PLATFORM else 1 if keeper.startswith("bank/") else 2), keeper


def taken_in_order(amount: int, left: Mapping[str, int]) -> dict[str, int]:
    """How much of an amount each way gives back, in the order of `left`, each as far as it reaches."""
    out: dict[str, int] = {}
    for way, most in left.items():
        out[way] = min(amount, most)
        amount -= out[way]
    return out
