"""Entries of flows: addresses, what each account may hold, and the laws an entry keeps whatever came before it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ledger.rules.amounts import LARGEST
from ledger.rules.refusal import BadInput, Refusal

OWNERS = frozenset(
    [
        "coops",
        "operators",
        "members",
        "workers",
        "commons",
        "nature",
        "orders",
        "suppliers",
        "carriers",
        "processors",
        "funders",
        "tax",
        "unknown",
        "hubs",
    ]
)
HOLDERS = frozenset({"coops", "operators"})  # they hold money for others, so their money and the claims on it are equal
DEBTORS = HOLDERS | {"orders"}
KEEPERS = frozenset(["stripe", "bank", "cash", "momo", "way"])
STATEMENTS = frozenset(
    ["stripe", "bank", "cash", "momo"]
)  # an entry keyed by a line of one of these moves what it keeps
EVIDENCE = ("invoice", "two-sided", "declared", "modelled", "unknown")
REASONS = ("did-not-occur", "incorrect-data")  # why an error is declared: those of EPCIS (CBV 2.0, error reasons)
CORRECTION = "correction"
PART = "part"  # how a process divides what went in among its lots: 10,000 parts
ACTIONS = frozenset(
    [
        "produce",
        "consume",
        "use",
        "work",
        "cite",
        "copy",
        "deliver-service",
        "transfer",
        "transfer-custody",
        "transfer-all-rights",
        "raise",
        "lower",
        "separate",
        "combine",
    ]
)

_NAME = r"[a-z0-9-]{1,40}"
_ADDRESS = re.compile(rf"({_NAME})/({_NAME})/({_NAME})(?:/({_NAME}))?(?:@({_NAME}/{_NAME}))?")
_OWNER = re.compile(rf"({_NAME})/({_NAME})")
_HASH = re.compile(r"[0-9a-f]{64}")
_UNIT = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,19}")


class Purpose(NamedTuple):
    """What the first word of an account's purpose fixes. Quantities are in the unit's smallest part; None: no bound."""

    kind: str  # pot, lot, process, source, world
    holds: str  # money, claim, thing; with + where a second family is welcome
    floor: int | None = None
    ceiling: int | None = None


PURPOSES: dict[str, Purpose] = {
    "till": Purpose("pot", "money", 0),
    "prepaid": Purpose("pot", "money", 0),
    "float": Purpose("pot", "money"),
    "pocket": Purpose("world", "money"),
    "owes": Purpose("source", "claim"),
    "losses": Purpose("source", "claim"),
    "debts": Purpose("source", "claim"),
    "free": Purpose("pot", "claim", 0),
    "reserve": Purpose("pot", "claim", 0),
    "funds": Purpose("pot", "claim", 0),
    "earned": Purpose("pot", "claim", 0),
    "disputed": Purpose("pot", "claim", 0),
    "debt": Purpose("pot", "claim", 0),
    "capital": Purpose("pot", "claim", 0),
    "purse": Purpose("pot", "claim+money", 0),
    "lots": Purpose("lot", "thing", 0),
    "processes": Purpose("process", "thing"),
    "parcels": Purpose("pot", "thing", 0),
    "goods": Purpose("world", "thing"),
    "stock": Purpose("world", "thing"),
    "harvest": Purpose("source", "thing", None, 0),
    "work": Purpose("source", "thing", None, 0),
    "tools": Purpose("source", "thing", None, 0),
    "recipe": Purpose("source", "thing", None, 0),
    "copies": Purpose("source", "thing", None, 0),
    "body": Purpose("world", "thing"),
    "count": Purpose("world", "thing+money+claim"),
    "opening": Purpose("world", "thing+money+claim"),
}
OWN = frozenset(
    ["owes", "free", "reserve", "funds", "losses", "debts"]
)  # only the debtor itself has these in its own claim
MIRRORS = frozenset(
    ["owes", "debts", "losses"]
)  # of the money a holder has, of debts and capital, of harm not yet borne


SHAPED = frozenset(["transfer-custody", "transfer-all-rights"])  # what they leave as it was: see NotThatAction
HELD = frozenset(["till", "prepaid", "float"])  # where a holder's money lies
WATCHED = HELD | {"owes"}


class MalformedEntry(BadInput):
    """This cannot be recorded: {why}."""


class NotThatAction(Refusal):
    """An entry of {action} must leave what each {side} has as it was; {who} would change by {change} {unit}."""


class NoStatementLine(Refusal):
    """Only a line of a keeper's statement changes what the keeper holds; {keeper} would change by {change} {unit}."""


class ClaimsAndMoneyPart(Refusal):
    """{holder} would hold {change} {unit} more than the claims on it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An account: `owner/purpose[@keeper]`, such as coops/fern/lots/bars-31@hubs/kumasi."""

    owner: str
    word: str
    name: str
    keeper: str
    is_watched: bool = False  # what moves here must leave something else as it was, whatever the action

    @staticmethod
    @lru_cache(maxsize=20_000)
    def parse(text: str) -> "Address":
        found = _ADDRESS.fullmatch(text)
        if not found:
            raise MalformedEntry(why=f"“{text}” is no account's address")
        owner_class, owner_name, word, name, keeper = found.groups()
        if owner_class not in OWNERS or word not in PURPOSES:
            raise MalformedEntry(why=f"“{text}” is an account of no known kind")
        kept_by = keeper or f"{owner_class}/{owner_name}"
        watched = word in WATCHED or kept_by.partition("/")[0] in KEEPERS
        return Address(f"{owner_class}/{owner_name}", word, name or "", keeper or "", watched)

    @property
    def purpose(self) -> str:
        return f"{self.word}/{self.name}" if self.name else self.word

    @property
    def path(self) -> str:
        """The address without its keeper: one lot is one path, wherever it lies."""
        return f"{self.owner}/{self.purpose}"

    @property
    def kept_by(self) -> str:
        return self.keeper or self.owner

    @property
    def owner_class(self) -> str:
        return self.owner.partition("/")[0]

    @property
    def kind(self) -> str:
        return PURPOSES[self.word].kind

    def __str__(self) -> str:
        return f"{self.path}@{self.keeper}" if self.keeper else self.path


def floor_of(address: Address) -> int | None:
    """The floor an account has where no record says otherwise: a tax purse may fall below zero by input tax."""
    if address.word == "purse" and address.owner_class == "tax":
        return None
    return PURPOSES[address.word].floor


class Flow(NamedTuple):
    """From which account to which account, how much of which unit (a whole number above zero of its smallest part)."""

    giver: str
    taker: str
    unit: str
    quantity: int

    def reversed(self) -> "Flow":
        return Flow(self.taker, self.giver, self.unit, self.quantity)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be recorded. `undoes` is the id of the one earlier entry it takes back, in whole or in part.

    Who takes an error back says why (`reason`) and signs (`by`). `evidence_hash` is salted (services/evidence.py).
    """

    key: str
    action: str
    purpose: str
    flows: tuple[Flow, ...]
    at: datetime
    by: tuple[str, ...] = ()
    evidence: str = "declared"
    undoes: UUID | None = None
    evidence_hash: str | None = None
    reason: str | None = None


class Recorded(NamedTuple):
    """An entry as the journal has it. `token` orders entries as they can be replayed.

    A tuple, because a frozen dataclass takes four times as long to make, and reports read thousands.
    """

    token: int
    id: UUID
    key: str
    action: str
    purpose: str
    at: datetime
    recorded: datetime
    by: tuple[str, ...]
    evidence: str
    undoes: UUID | None
    flows: tuple[Flow, ...]
    is_new: bool = False
    evidence_hash: str | None = None
    reason: str | None = None


def claim(money: str, debtor: str) -> str:
    """The unit of claims on `debtor` in `money`: EUR@coops/fern."""
    return f"{money}@{debtor}"


def family_of(unit: str, money: Iterable[str]) -> str:
    """claim, money or thing; `money` names the units declared as money."""
    return "claim" if "@" in unit else "money" if unit in money else "thing"


@lru_cache(maxsize=20_000)
def is_owner(text: str) -> bool:
    found = _OWNER.fullmatch(text)
    return found is not None and found.group(1) in OWNERS


def is_word(text: str) -> bool:
    return re.fullmatch(_NAME, text) is not None


@lru_cache(maxsize=2_000)
def is_unit(text: str) -> bool:
    code, at, debtor = text.partition("@")
    return bool(_UNIT.fullmatch(code)) and (not at or (is_owner(debtor) and debtor.partition("/")[0] in DEBTORS))


def refuse_malformed(draft: Draft, money: frozenset[str]) -> None:
    """Refuse an entry that breaks a law of form: those that need neither a balance nor an earlier entry."""
    _refuse_words(draft)
    is_watched = draft.action in SHAPED
    for giver, taker, unit, quantity in draft.flows:
        is_watched |= _refuse_way(giver, taker, unit, family_of(unit, money))
        if type(quantity) is not int or not 0 < quantity <= LARGEST:
            raise MalformedEntry(why="a quantity is a whole number above zero, at most 2^63−1")
    if is_watched:
        _refuse_shape(draft, money)


def _refuse_words(draft: Draft) -> None:
    if not _is_plain(draft.key, 200):
        raise MalformedEntry(why="its key must be 1 to 200 plain characters")
    if not _is_plain(draft.purpose, 40):
        raise MalformedEntry(why="its purpose must be 1 to 40 plain characters")
    if draft.action not in ACTIONS:
        raise MalformedEntry(why=f"“{draft.action}” is no action we know")
    if draft.evidence not in EVIDENCE:
        raise MalformedEntry(why=f"“{draft.evidence}” is no grade of evidence")
    if draft.at.tzinfo is None:
        raise MalformedEntry(why="its time has no time zone")
    if not draft.flows:
        raise MalformedEntry(why="an entry moves something")
    if not all(map(is_owner, draft.by)):
        raise MalformedEntry(why="who recorded it is no owner's address")
    if draft.evidence_hash is not None and not _HASH.fullmatch(draft.evidence_hash):
        raise MalformedEntry(why="the hash of its evidence is not 64 hexadecimal digits")
    declares_an_error = draft.purpose == CORRECTION and draft.undoes is not None
    if draft.reason not in (REASONS if declares_an_error else (None,)):
        raise MalformedEntry(why=f"a correction that undoes says why, and nothing else does: {', '.join(REASONS)}")
    if declares_an_error and not draft.by:
        raise MalformedEntry(why="whoever corrects signs it")


def _is_plain(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isascii() and text.isprintable()


@lru_cache(maxsize=20_000)  # most entries go a way that others went before
def _refuse_way(giver: str, taker: str, unit: str, family: str) -> bool:
    """Refuse a flow from one account to another of such a unit; tells whether what moves here is watched."""
    parsed = Address.parse(giver), Address.parse(taker)
    if giver == taker:
        raise MalformedEntry(why=f"{giver} cannot give to itself")
    if not is_unit(unit):
        raise MalformedEntry(why=f"“{unit}” is no unit")
    debtor = unit.partition("@")[2]
    for address in parsed:
        if family not in PURPOSES[address.word].holds.split("+"):
            raise MalformedEntry(why=f"{address} cannot hold {unit}")
        if debtor and address.word in OWN and address.owner != debtor:
            raise MalformedEntry(why=f"{address} is not {debtor}'s own")
    return any(address.is_watched for address in parsed)


def _refuse_shape(draft: Draft, money: frozenset[str]) -> None:
    parsed = {a: Address.parse(a) for flow in draft.flows for a in flow[:2]}
    by_owner: dict[tuple[str, str], int] = defaultdict(int)
    by_keeper: dict[tuple[str, str], int] = defaultdict(int)
    held: dict[tuple[str, str], int] = defaultdict(int)
    for giver, taker, unit, quantity in draft.flows:
        family = family_of(unit, money)
        for address, change in ((parsed[giver], -quantity), (parsed[taker], quantity)):
            if family != "claim":
                by_owner[address.owner, unit] += change
                by_keeper[address.kept_by, unit] += change
            if family == "money" and address.owner_class in HOLDERS and address.word in HELD:
                held[address.owner, unit] += change
            if address.word == "owes":
                held[address.owner, unit.partition("@")[0]] += change
    for action, side, sums in (
        ("transfer-custody", "owner", by_owner),
        ("transfer-all-rights", "keeper", by_keeper),
    ):
        for (who, unit), change in sums.items():
            if draft.action == action and change:
                raise NotThatAction(action=action, side=side, who=who, change=change, unit=unit)
    told = draft.key.partition("/")[0] in STATEMENTS
    for (keeper, unit), change in by_keeper.items():
        if change and keeper.partition("/")[0] in KEEPERS and not told:
            raise NoStatementLine(keeper=keeper, change=change, unit=unit)
    for (holder, unit), change in held.items():
        if change:
            raise ClaimsAndMoneyPart(holder=holder, change=change, unit=unit)
