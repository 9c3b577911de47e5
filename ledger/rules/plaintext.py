"""The journal as other bookkeeping programs read it: hledger's and Beancount's plain text, one entry after the other.

Nothing is lost on the way: an entry keeps its key, id, evidence and what it undoes, and every balance is ours.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC

from ledger.rules.amounts import format_quantity
from ledger.rules.entries import PURPOSES, Address, Recorded

Exponents = Mapping[str, int]  # by unit, claims too
LONGEST_CURRENCY = 24  # characters, in Beancount
FIRST_DAY = "1700-01-01"  # the first that Beancount reads: accounts are open from then on


def hledger(entries: Iterable[Recorded], exponents: Exponents) -> Iterator[str]:
    """A journal for hledger: `members:ben:purse`, units in quotes."""
    yield "decimal-mark .\n\n"
    for entry in entries:
        yield f"{_day(entry)} * ({entry.id}) {entry.purpose}\n    ; {' '.join(f'{n}: {v}' for n, v in _facts(entry))}\n"
        for giver, taker, unit, quantity in entry.flows:
            for address, change in ((giver, -quantity), (taker, quantity)):
                yield f'    {hledger_account(address)}  {format_quantity(change, exponents[unit])} "{unit}"\n'
        yield "\n"


def hledger_account(address: str) -> str:
    """An address with hledger's colons; they stand in no address, so nothing is lost."""
    return address.replace("/", ":")


def beancount(entries: Iterable[Recorded], exponents: Exponents) -> Iterator[str]:
    """A ledger for Beancount. Accounts and units have names that it takes, and say in their metadata whose they are."""
    accounts, currencies = Names(_beancount_account), Names(_beancount_currency)
    for entry in entries:
        for unit in dict.fromkeys(flow.unit for flow in entry.flows):
            if unit not in currencies:
                yield f"{FIRST_DAY} commodity {currencies[unit]}\n  unit: {_quoted(unit)}\n"
        for address in dict.fromkeys(a for flow in entry.flows for a in flow[:2]):
            if address not in accounts:
                yield f"{FIRST_DAY} open {accounts[address]}\n  address: {_quoted(address)}\n"
        yield f"{_day(entry)} * {_quoted(entry.purpose)} {_quoted(entry.key)}\n"
        yield "".join(f"  {name}: {_quoted(value)}\n" for name, value in _facts(entry) if name != "key")
        for giver, taker, unit, quantity in entry.flows:
            for address, change in ((giver, -quantity), (taker, quantity)):
                yield f"  {accounts[address]}  {format_quantity(change, exponents[unit])} {currencies[unit]}\n"
        yield "\n"


FORMATS: dict[str, Callable[[Iterable[Recorded], Exponents], Iterator[str]]] = {
    "hledger": hledger,
    "beancount": beancount,
}


class Names:
    """What each of our names is called there: as it can be, and numbered where two would be called the same."""

    def __init__(self, spell: Callable[[str, str], str]) -> None:
        self._spell = spell
        self._by_ours: dict[str, str] = {}
        self._taken: set[str] = set()

    def __contains__(self, ours: str) -> bool:
        return ours in self._by_ours

    def __getitem__(self, ours: str) -> str:
        if ours not in self._by_ours:
            name, number = self._spell(ours, ""), 1
            while name in self._taken:
                number += 1
                name = self._spell(ours, f"-{number}")
            self._by_ours[ours] = name
            self._taken.add(name)
        return self._by_ours[ours]


def _beancount_account(address: str, mark: str) -> str:
    parsed = Address.parse(address)
    root = "Assets" if PURPOSES[parsed.word].kind in {"pot", "lot", "process"} else "Equity"
    keeper = ["At", *parsed.keeper.split("/")] if parsed.keeper else []
    return ":".join([root, *(_capital(part) for part in [*parsed.path.split("/"), *keeper])]) + mark


def _capital(part: str) -> str:
    return f"X{part}" if part.startswith("-") else part[0].upper() + part[1:]


def _beancount_currency(unit: str, mark: str) -> str:
    if "@" in unit and not mark:
        mark = "-1"  # EUR is money, EUR-1 the claims on the first debtor
    plain = re.sub(r"[^A-Z0-9._-]", "-", unit.partition("@")[0].upper())
    name = plain[: LONGEST_CURRENCY - len(mark)].rstrip("._-") + mark
    return name if len(name) > 1 else f"{name}-0"


def _facts(entry: Recorded) -> list[tuple[str, str]]:
    """What an entry says beside its flows, as names and values of one line each."""
    facts = [("key", entry.key), ("id", str(entry.id)), ("action", entry.action), ("evidence", entry.evidence)]
    facts += [("by", " ".join(entry.by))] if entry.by else []
    facts += [("undoes", str(entry.undoes))] if entry.undoes else []
    facts += [("reason", entry.reason)] if entry.reason else []
    return facts


def _day(entry: Recorded) -> str:
    return f"{entry.at.astimezone(UTC):%Y-%m-%d}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
