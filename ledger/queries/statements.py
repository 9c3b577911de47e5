"""Give me: statements, the entries of one account in one unit with the balance after each."""

from dataclasses import dataclass

from ledger.models import Unit
from ledger.queries.declarations import units
from ledger.queries.entries import entries_touching
from ledger.rules.entries import Recorded


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry as one account saw it: the change, the balance after it, and who was on the other side."""

    entry: Recorded
    others: tuple[str, ...]
    change: int
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened to one account in one unit."""

    unit: Unit
    lines: list[StatementLine]

    @property
    def balance(self) -> int:
        return self.lines[-1].balance if self.lines else 0


def statement_of(address: str, unit: str) -> list[StatementLine]:
    """Every entry that changed the account in that unit, in order of recording, with the balance after each."""
    return _lines(entries_touching([address]), address, unit)


def statements_of(address: str) -> list[Statement]:
    """The statement of an account in each unit it ever held, ordered by unit."""
    found = entries_touching([address])
    codes = sorted({flow.unit for e in found for flow in e.flows if address in flow[:2]})
    declared = units(codes)
    return [Statement(declared[code], _lines(found, address, code)) for code in codes]


def _lines(found: list[Recorded], address: str, unit: str) -> list[StatementLine]:
    balance, lines = 0, []
    for e in found:
        mine = [f for f in e.flows if f.unit == unit and address in f[:2]]
        if mine:
            change = sum(f.quantity if f.taker == address else -f.quantity for f in mine)
            others = tuple(dict.fromkeys(f.giver if f.taker == address else f.taker for f in mine))
            balance += change
            lines.append(StatementLine(e, others, change, balance))
    return lines
