"""Counting what lies at a hub: what is missing and what is found, beside the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cooperatives.models import CountLine, Hub, Lot, Membership, StockCount
from cooperatives.rules.names import LONGEST, next_code
from cooperatives.services.contributions import NoReason, lock_cooperative, open_lot, signed
from cooperatives.services.lots import KEEPERS, REASONS, UnknownReason
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import PART, Draft, Flow
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.journal import record_entries

FOUND = "unknown/count/count"  # where what was found comes from: nobody knows


class NothingCounted(BadInput):
    """Type what you counted beside at least one lot."""


class StockMoved(Refusal):
    """Lot {lot} changed in the books while you counted. Look at what they say now, and count it again."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A lot as it was counted, in its unit; `book` is what the books said then, `reason` what became of less."""

    lot: Lot
    book: int
    counted: int
    reason: str = "missing"


@dataclass(frozen=True, slots=True)
class Found:
    """Goods that stand in no lot of the books."""

    goods: str
    unit: str
    quantity: int


@transaction.atomic
def count_stock(
    *,
    by: Membership | None,
    hub: Hub,
    rows: Sequence[Counted],
    found: Sequence[Found] = (),
    words: str = "",
    at: datetime,
    key: str,
) -> StockCount:
    """A count at a hub of the cooperative's own lots there. Less goes to the soil or to the count; more, and what stood
    in no lot, is found: lots of their own, of which nobody knows who gave them.

    Raises NotAllowed (a steward or a clerk counts), NothingCounted, StockMoved where something was recorded meanwhile,
    NoReason where anything differs, UnknownReason, QuantityMissing, and of the ledger BelowFloor.
    """
    lock_cooperative(hub.cooperative_id)
    if known := StockCount.objects.filter(key=key).first():
        _refuse_another(known, hub, rows)
        return known
    refuse_unless(by, *KEEPERS, cooperative=hub.cooperative)
    differs = bool(found) or any(row.counted != row.book for row in rows)
    _refuse(hub, rows, found)
    if differs and not words.strip():
        raise NoReason()
    count = StockCount.objects.create(
        key=key, cooperative=hub.cooperative, hub=hub, words=words.strip()[:300], by=by, at=at
    )
    drafts = []
    for number, row in enumerate(rows):
        less, lot = row.book - row.counted, None
        if less > 0:
            drafts.append(_draft(f"{key}/{number}", by, at, row.lot.address, REASONS[row.reason], row.lot.unit, less))
        elif less < 0:
            lot = _found_lot(row.lot, hub, at)
            drafts.append(_draft(f"{key}/{number}", by, at, FOUND, lot.address, lot.unit, -less))
        CountLine.objects.create(
            count=count, lot=row.lot, book=row.book, counted=row.counted, reason=row.reason if less > 0 else "",
            found=lot,
        )  # fmt: skip
    for number, goods in enumerate(found):
        lot = open_lot(hub.cooperative_id, goods=goods.goods, unit=goods.unit, hub=hub, code=None, at=at)
        drafts.append(_draft(f"{key}/found/{number}", by, at, FOUND, lot.address, lot.unit, goods.quantity))
        CountLine.objects.create(count=count, lot=lot, book=0, counted=goods.quantity, found=lot)
    record_entries(drafts)
    return count


def _refuse(hub: Hub, rows: Sequence[Counted], found: Sequence[Found]) -> None:
    if not rows and not found:
        raise NothingCounted()
    if any(goods.quantity <= 0 for goods in found) or any(row.counted < 0 for row in rows):
        raise QuantityMissing()
    holdings = ledger.balances(addresses=[row.lot.address for row in rows])
    held = {holding.address: holding.quantity for holding in holdings if holding.unit != PART}
    for row in rows:
        if (row.lot.cooperative_id, row.lot.hub_id) != (hub.cooperative_id, hub.pk):
            raise NotFound()
        if row.reason not in REASONS:
            raise UnknownReason()
        if held.get(row.lot.address, 0) != row.book:
            raise StockMoved(lot=row.lot.code)


def _refuse_another(known: StockCount, hub: Hub, rows: Sequence[Counted]) -> None:
    was = {(line.lot_id, line.book, line.counted) for line in known.lines.all() if line.found_id != line.lot_id}
    if known.hub_id != hub.pk or was != {(row.lot.pk, row.book, row.counted) for row in rows}:
        raise KeyHasAnotherBody(key=known.key, field="flows")


def _draft(
    key: str, by: Membership | None, at: datetime, giver: str, taker: str, unit: str, quantity: int
) -> Draft:  # fmt: skip
    action, purpose = ("raise", "count") if giver == FOUND else ("lower", "loss")
    return Draft(key, action, purpose, (Flow(giver, taker, unit, quantity),), at, signed(by))


def _found_lot(lot: Lot, hub: Hub, at: datetime) -> Lot:
    """A lot of its own for what was found beside another: bars-31-found, then bars-31-found-1."""
    taken = set(lot.cooperative.lots.values_list("code", flat=True))
    code = f"{lot.code[: LONGEST - 8].strip('-')}-found"
    code = next_code(code, taken) if code in taken else code
    return open_lot(lot.cooperative_id, goods=lot.goods, unit=lot.unit, hub=hub, code=code, at=at)
