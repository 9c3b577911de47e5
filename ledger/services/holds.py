"""Holds: goods and money that are promised and still there. They stand beside the journal and are no records of it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ledger import queries
from ledger.rules.amounts import LARGEST
from ledger.rules.entries import Address, MalformedEntry, is_unit
from ledger.rules.laws import HoldResolved
from ledger.services.door import ask


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold to be placed: so much of an account stays, until an entry captures it or it is released."""

    key: str
    address: str
    unit: str
    quantity: int
    ends_at: datetime | None = None


def place_holds(holds: Iterable[Wanted]) -> None:
    """Hold what is wanted, all or none; a known key with the same hold changes nothing.

    Raises BelowFloor where there is not so much left that nobody else holds, KeyHasAnotherBody, AccountClosed.
    """
    wanted = list(holds)
    for hold in wanted:
        Address.parse(hold.address)
        if not hold.key or not is_unit(hold.unit):
            raise MalformedEntry(why="a hold has a key and a unit")
        if type(hold.quantity) is not int or not 0 < hold.quantity <= LARGEST:
            raise MalformedEntry(why="a quantity is a whole number above zero, at most 2^63−1")
    if wanted:
        columns = zip(*((h.key, h.address, h.unit, h.quantity, h.ends_at) for h in wanted), strict=True)
        ask(
            "SELECT ledger_hold(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])",
            [list(column) for column in columns],
        )


def release_holds(keys: Sequence[str]) -> None:
    """Let go of holds that no entry used. Again changes nothing; raises HoldResolved where an entry captured one."""
    if keys:
        ask("SELECT ledger_release(%s::text[])", [list(keys)])


def release_ended_holds(*, at: datetime) -> int:
    """Release the open holds whose time was over at `at`; returns how many."""
    released = 0
    for key in queries.ended_holds(at):
        with suppress(HoldResolved):  # captured since we looked
            release_holds([key])
            released += 1
    return released
