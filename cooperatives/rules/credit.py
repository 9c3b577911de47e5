"""Mutual credit: how hours and local units are written, and what a part of a price is worth in them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.rules.amounts import NotANumber, format_quantity, parse_quantity

HOURS = "hours"
WHOLE = {HOURS: 60, "local": 100}  # smallest parts in one: minutes of an hour, hundredths of a local unit
DECIMALS = {HOURS: 0, "local": 2}  # of the ledger's unit
FEW = 5  # accounts below which even a count could name somebody


def read_credit(text: str, kind: str, decimal_mark: str = ".") -> int:
    """What somebody wrote: "2:30" and "2.5" of hours are 150 minutes, "12.50" of a local unit 1,250 hundredths."""
    if kind != HOURS:
        return parse_quantity(text, DECIMALS[kind], decimal_mark)
    if clock := re.fullmatch(r"\s*(\d{1,6}):([0-5]\d)\s*", text):
        return int(clock[1]) * 60 + int(clock[2])
    hundredths = parse_quantity(text, 2, decimal_mark)
    if hundredths * 60 % 100:
        raise NotANumber(text=text.strip())
    return hundredths * 60 // 100


def write_credit(quantity: int, kind: str, decimal_mark: str = ".") -> str:
    """How a person types it: "2:30", "12.50"."""
    if kind == HOURS:
        return f"{'-' if quantity < 0 else ''}{abs(quantity) // 60}:{abs(quantity) % 60:02}"
    return format_quantity(quantity, DECIMALS[kind], decimal_mark)


def worth_of(credit: int, *, worth: int, kind: str) -> int:
    """What so much credit pays of a price, in the money's smallest part, never rounded up; `worth` is of a whole."""
    return credit * worth // WHOLE[kind]


def credit_for(amount: int, *, worth: int, kind: str) -> int:
    """The most credit that pays no more than `amount` of a price."""
    return ((amount + 1) * WHOLE[kind] - 1) // worth


@dataclass(frozen=True, slots=True)
class Health:
    """A whole circle without anybody's balance: the sum (zero, always), what is in use, who is near a limit.

    Counts stay None where fewer than FEW accounts would be counted."""

    total: int
    accounts: int
    in_use: int
    near_floor: int | None
    near_ceiling: int | None
    room: int | None  # what all together could still owe


def health(balances: Iterable[tuple[int, int, int]], *, outside: int = 0) -> Health:
    """The state of a circle from each account's (balance, floor, ceiling), the limits both zero or more; `outside` lies
    with orders on its way. Near is within a tenth of the whole span between the limits."""
    rows = list(balances)
    is_many = len(rows) >= FEW

    def near(gap: int, floor: int, ceiling: int) -> bool:
        return 10 * gap <= floor + ceiling

    return Health(
        total=sum(row[0] for row in rows) + outside,
        accounts=len(rows),
        in_use=sum(max(0, row[0]) for row in rows) + outside,
        near_floor=sum(near(b + floor, floor, top) for b, floor, top in rows) if is_many else None,
        near_ceiling=sum(near(top - b, floor, top) for b, floor, top in rows) if is_many else None,
        room=sum(max(0, b + floor) for b, floor, _top in rows) if is_many else None,
    )
