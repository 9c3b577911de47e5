"""The laws that need what came before: kept by the database when it records, and here again when a log is replayed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.rules.amounts import LARGEST
from ledger.rules.entries import (
    MIRRORS,
    PART,
    PURPOSES,
    Address,
    ClaimsAndMoneyPart,
    Draft,
    Flow,
    MalformedEntry,
    family_of,
    floor_of,
    is_owner,
    refuse_malformed,
)
from ledger.rules.refusal import BadInput, NotFound, Refusal

CLOSED_PERIOD = "closed-period"  # the kind of document that closes one
WHOLE = 10_000  # parts: how finely a process divides what went in


class BelowFloor(Refusal):
    """There is not enough: {address} lacks {short} {unit}."""


class MoreThanWasGiven(Refusal):
    """{address} cannot take back more {unit} than it gave."""


class BalanceTooLarge(BadInput):
    """{address} would hold more {unit} than can be counted."""


class KeyHasAnotherBody(Refusal):
    """“{key}” was recorded before with another {field}."""


class UnknownOwner(NotFound):
    """{owner} was never declared."""


class UnknownUnit(NotFound):
    """The unit {unit} was never declared."""


class UnitHasAnotherMeaning(Refusal):
    """The unit {unit} was declared otherwise before, and a unit never changes its meaning."""


class AnotherVersionCameFirst(Refusal):
    """Someone recorded another version of {kind} {name} first. Look at it and try again."""


class AccountClosed(Refusal):
    """{address} is closed."""


class LotAlreadyDrawn(Refusal):
    """{lot} was already drawn from: open a new lot."""


class ProcessFinished(Refusal):
    """{process} is finished: it takes no more goods and produces no second time."""


class NothingToUndo(Refusal):
    """There is no entry {entry} that could be undone; what undoes is not undone itself."""


class UndoesTooMuch(Refusal):
    """More would be undone than was done by {key}: it moved {got} {unit} at {address}, and {taken} would come back."""


class PeriodClosed(Refusal):
    """What happened before {before} is closed for {scope}. Date it later, and say in the evidence when it happened."""


class PeriodStaysClosed(Refusal):
    """A later date is closed for {scope} already, and what is closed stays closed."""


class PeriodNotOver(BadInput):
    """Only what is over can be closed."""


class MalformedClosing(BadInput):
    """A closing names an owner, a unit or both, and its name is theirs."""


class NoSuchHold(NotFound):
    """There is no hold “{hold}”."""


class HoldResolved(Refusal):
    """The hold “{hold}” was resolved before, and a hold resolves once."""


class HoldOfSomethingElse(Refusal):
    """The hold “{hold}” is on something that this entry does not take."""


class LogHasGrown(Refusal):
    """The log has grown meanwhile."""


BY_NAME: dict[str, type[Refusal]] = {  # what the database may answer
    kind.__name__: kind
    for kind in (*globals().values(), ClaimsAndMoneyPart, MalformedEntry)
    if isinstance(kind, type) and issubclass(kind, Refusal)
}


class Books:
    """The state that a log's records lead to, one after the other; each record is checked against all laws.

    It holds what the database holds: balances with their bounds, owners, units, closed batches, keys.
    """

    def __init__(self) -> None:
        self.balance: dict[tuple[str, str], int] = defaultdict(int)
        self.floors: dict[tuple[str, str], int | None] = {}
        self.places: dict[str, str | None] = {}
        self.exponents: dict[str, int] = {}
        self.money: frozenset[str] = frozenset()
        self.closed_accounts: set[str] = set()
        self.closed_batches: set[str] = set()
        self.versions: dict[tuple[str, str], int] = {}
        self.keys: set[str] = set()
        self.closings: dict[tuple[str, str], datetime] = {}  # by owner and unit, each empty where it is for all
        self._done: dict[UUID, dict[tuple[str, str], int]] = {}
        self._undone: dict[tuple[UUID, str, str], int] = defaultdict(int)

    def record(self, body: dict[str, Any]) -> None:
        """Apply one record, given as the object its leaf says; raises a Refusal where it breaks a law."""
        match body["type"]:
            case "owner":
                if not is_owner(body["owner"]):
                    raise UnknownOwner(owner=body["owner"])
                self.places[body["owner"]] = body["place"]
            case "account":
                self._record_account(body)
            case "document":
                self._record_document(body)
            case _:
                raise BadInput()

    def _record_account(self, body: dict[str, Any]) -> None:
        address = Address.parse(body["address"])
        if address.owner not in self.places:
            raise UnknownOwner(owner=address.owner)
        for unit, floor in body["floors"].items():
            self._refuse_unknown_unit(unit)
            self.floors[body["address"], unit] = None if floor is None else int(floor)
        (self.closed_accounts.add if body["closed"] else self.closed_accounts.discard)(body["address"])

    def _record_document(self, body: dict[str, Any]) -> None:
        named = (body["kind"], body["id"])
        if body["version"] != self.versions.get(named, 0) + 1:
            raise AnotherVersionCameFirst(kind=body["kind"], name=body["id"])
        if body["kind"] == "unit":
            if body["version"] > 1:
                raise UnitHasAnotherMeaning(unit=body["id"])
            self.exponents[body["id"]] = body["body"]["exponent"]
            if body["body"]["family"] == "money":
                self.money |= {body["id"]}
        if body["kind"] == CLOSED_PERIOD:
            self._close_period(body)
        self.versions[named] = body["version"]

    def _close_period(self, body: dict[str, Any]) -> None:
        scope = owner, unit = body["body"]["owner"] or "", body["body"]["unit"] or ""
        before = datetime.fromisoformat(body["body"]["before"])
        if not body["id"] or body["id"] != closing_name(owner, unit):
            raise MalformedClosing()
        if before > datetime.fromisoformat(body["at"]):
            raise PeriodNotOver()
        if owner and owner not in self.places:
            raise UnknownOwner(owner=owner)
        if unit and unit not in self.exponents:
            raise UnknownUnit(unit=unit)
        if scope in self.closings and self.closings[scope] > before:
            raise PeriodStaysClosed(scope=body["id"])
        self.closings[scope] = before

    def _refuse_backdating(self, draft: Draft, parsed: dict[str, Address]) -> None:
        for (owner, unit), before in self.closings.items():
            if draft.at < before and any(_is_within(owner, unit, flow, parsed) for flow in draft.flows):
                raise PeriodClosed(scope=closing_name(owner, unit), before=f"{before:%Y-%m-%d %H:%M}")

    def record_entry(self, draft: Draft, entry_id: UUID) -> None:
        """Apply one entry; raises a Refusal where it breaks a law, and leaves the books as they were."""
        refuse_malformed(draft, self.money)
        if draft.key in self.keys:
            raise KeyHasAnotherBody(key=draft.key, field="body")
        parsed = {address: Address.parse(address) for flow in draft.flows for address in flow[:2]}
        for flow in draft.flows:
            self._refuse_unknown(flow, parsed)
        self._refuse_backdating(draft, parsed)
        if draft.undoes is None:
            for flow in draft.flows:
                self._refuse_batch(flow, parsed, draft.action)
        change = _changes(draft.flows)
        for (address, unit), quantity in change.items():
            self._refuse_bounds(parsed[address], unit, quantity)
        self._note_undoing(draft)
        for account, quantity in change.items():
            self.balance[account] += quantity
        if draft.undoes is None:
            self._done[entry_id] = {account: got for account, got in change.items() if got}
            self._close_batches(draft, parsed)
        self.keys.add(draft.key)

    def _refuse_unknown(self, flow: Flow, parsed: dict[str, Address]) -> None:
        for address in (parsed[flow.giver], parsed[flow.taker]):
            if address.owner not in self.places:
                raise UnknownOwner(owner=address.owner)
            if str(address) in self.closed_accounts:
                raise AccountClosed(address=address)
        self._refuse_unknown_unit(flow.unit)

    def _refuse_unknown_unit(self, unit: str) -> None:
        code, _, debtor = unit.partition("@")
        if code not in self.exponents or (debtor and (code not in self.money or debtor not in self.places)):
            raise UnknownUnit(unit=unit)

    def _refuse_batch(self, flow: Flow, parsed: dict[str, Address], action: str) -> None:
        giver, taker = parsed[flow.giver], parsed[flow.taker]
        if giver.word == "processes" and action == "produce" and giver.path in self.closed_batches:
            raise ProcessFinished(process=giver.path)
        if not self._is_thing(flow.unit):
            return
        if taker.word == "lots" and taker.path != giver.path and taker.path in self.closed_batches:
            raise LotAlreadyDrawn(lot=taker.path)
        if taker.word == "processes" and giver.word == "lots" and taker.path in self.closed_batches:
            raise ProcessFinished(process=taker.path)

    def _close_batches(self, draft: Draft, parsed: dict[str, Address]) -> None:
        for flow in draft.flows:
            giver, taker = parsed[flow.giver], parsed[flow.taker]
            drawn = giver.word == "lots" and self._is_thing(flow.unit) and giver.path != taker.path
            if drawn or (giver.word == "processes" and draft.action == "produce"):
                self.closed_batches.add(giver.path)

    def _is_thing(self, unit: str) -> bool:
        return unit != PART and family_of(unit, self.money) == "thing"

    def _refuse_bounds(self, address: Address, unit: str, change: int) -> None:
        account = (str(address), unit)
        after = self.balance[account] + change
        floor, ceiling = (
            self.floors.get(account, bound_below(address, unit)),
            PURPOSES[address.word].ceiling,
        )
        if change < 0 and floor is not None and after < floor:
            raise BelowFloor(
                address=address,
                unit=unit,
                after=after,
                floor=floor,
                short=floor - after,
            )
        if change > 0 and ceiling is not None and after > ceiling:
            raise MoreThanWasGiven(address=address, unit=unit)
        if abs(after) > LARGEST:
            raise BalanceTooLarge(address=address, unit=unit)

    def _note_undoing(self, draft: Draft) -> None:
        if draft.undoes is None:
            return
        done = self._done.get(draft.undoes)
        if done is None:
            raise NothingToUndo(entry=draft.undoes)
        back: dict[tuple[str, str], int] = defaultdict(int)
        for giver, taker, unit, quantity in draft.flows:
            if done.get((giver, unit), 0) > 0:
                back[giver, unit] += quantity
            if done.get((taker, unit), 0) < 0 and Address.parse(taker).word not in MIRRORS:
                back[taker, unit] += quantity
        for (address, unit), quantity in back.items():
            got, taken = abs(done[address, unit]), self._undone[draft.undoes, address, unit] + quantity
            if taken > got:
                raise UndoesTooMuch(key=draft.undoes, address=address, unit=unit, got=got, taken=taken)
        for (address, unit), quantity in back.items():
            self._undone[draft.undoes, address, unit] += quantity


def closing_name(owner: str, unit: str) -> str:
    """The name of a closed period: its owner, its unit, or both."""
    return f"{owner} {unit}".strip()


def _is_within(owner: str, unit: str, flow: Flow, parsed: dict[str, Address]) -> bool:
    """Whether a flow is in what was closed: accounts of the owner and claims on it, in the unit and claims in it."""
    code, _, debtor = flow.unit.partition("@")
    owners = {"", parsed[flow.giver].owner, parsed[flow.taker].owner, debtor}
    return owner in owners and unit in {"", code}


def bound_below(address: Address, unit: str) -> int | None:
    """The floor of an account in a unit where no record says otherwise; a process posts its 10,000 parts once."""
    return -WHOLE if address.word == "processes" and unit == PART else floor_of(address)


def _changes(flows: Iterable[Flow]) -> dict[tuple[str, str], int]:
    change: dict[tuple[str, str], int] = defaultdict(int)
    for giver, taker, unit, quantity in flows:
        change[giver, unit] -= quantity
        change[taker, unit] += quantity
    return change
