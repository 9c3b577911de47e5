"""What happens to a lot after it was made: its date, split, combined, moved to another hub, spoiled or missing."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.dispatch import Signal

from cooperatives.models import Hub, Lot, Membership, Role
from cooperatives.services.contributions import lock_cooperative, open_lot
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import OPERATOR, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.journal import record_entry

KEEPERS = (Role.STEWARD, Role.CLERK)
# Sent before a lot goes to another hub (`lot`, `hub`), within the transaction: who sells from it follows, or refuses.
lot_moves = Signal()
REASONS = {"spoiled": "nature/soil/body", "missing": "unknown/count/count"}


class ExpiryBeforeOpening(BadInput):
    """A lot cannot expire before it was opened."""


class OneLotIsNoSplit(BadInput):
    """A split makes at least two lots, or leaves something in the first."""


class NothingToCombine(BadInput):
    """Choose at least two lots to combine."""


class NotTheSameGoods(Refusal):
    """Only lots of the same goods at the same place are combined: {lot} is not."""


class AlreadyThere(Refusal):
    """Lot {lot} is at {hub} already."""


class PromisedFromHere(Refusal):
    """Some of lot {lot} is promised to buyers who come to where it is. Hand it over first."""


class UnknownReason(BadInput):
    """Say whether it is spoiled or missing."""


@transaction.atomic
def set_expiry(*, by: Membership | None, lot: Lot, on: date | None, at: datetime) -> Lot:
    """The day until which a lot is good; None takes it off. Raises NotAllowed, ExpiryBeforeOpening."""
    lot = _locked(lot)
    refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
    if on is not None and on < lot.opened_at.date():
        raise ExpiryBeforeOpening()
    lot.best_before = on
    lot.save(update_fields=["best_before"])
    return lot


@transaction.atomic
def split_lot(*, by: Membership | None, lot: Lot, quantities: Sequence[int], at: datetime, key: str) -> list[Lot]:
    """Lots of their own, one for each quantity; what is not split off stays. Each carries its share of the story.

    Raises NotAllowed, QuantityMissing, OneLotIsNoSplit, and of the ledger BelowFloor.
    """
    lot = _locked(lot)
    if known := ledger.entries_by_key([key]).get(key):
        return _split_before(lot, known.flows, quantities, key)
    refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
    if not quantities or any(quantity <= 0 for quantity in quantities):
        raise QuantityMissing()
    if len(quantities) == 1 and quantities[0] == ledger.balance_of(lot.address, lot.unit):
        raise OneLotIsNoSplit()
    made = [_like(lot, at) for _ in quantities]
    flows = [Flow(lot.address, each.address, lot.unit, n) for each, n in zip(made, quantities, strict=True)]
    record_entry(key=key, action="separate", purpose="making", flows=flows, at=at, by=_signed(by), evidence="declared")
    return made


@transaction.atomic
def combine_lots(*, by: Membership | None, lots: Sequence[Lot], at: datetime, key: str) -> Lot:
    """One new lot of all that these hold; the earliest date of theirs is its own.

    Raises NotAllowed, NothingToCombine, NotTheSameGoods.
    """
    lots = sorted((_locked(lot) for lot in {lot.pk: lot for lot in lots}.values()), key=lambda lot: lot.pk)
    if len(lots) < 2:
        raise NothingToCombine()
    first = lots[0]
    if known := ledger.entries_by_key([key]).get(key):
        if {flow.giver for flow in known.flows} != {lot.address for lot in lots}:
            raise KeyHasAnotherBody(key=key, field="flows")
        return _at(first, known.flows[0].taker)
    for lot in lots:
        refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
        if (lot.cooperative_id, lot.goods, lot.unit, lot.hub_id) != (
            first.cooperative_id, first.goods, first.unit, first.hub_id
        ):  # fmt: skip
            raise NotTheSameGoods(lot=lot.code)
    held = {lot.address: ledger.balance_of(lot.address, lot.unit) for lot in lots}
    if any(quantity <= 0 for quantity in held.values()):
        raise QuantityMissing()
    made = _like(first, at)
    made.best_before = min((lot.best_before for lot in lots if lot.best_before), default=None)
    made.save(update_fields=["best_before"])
    flows = [Flow(lot.address, made.address, lot.unit, held[lot.address]) for lot in lots]
    record_entry(key=key, action="combine", purpose="making", flows=flows, at=at, by=_signed(by), evidence="declared")
    return made


@transaction.atomic
def move_lot(*, by: Membership | None, lot: Lot, hub: Hub, at: datetime, key: str) -> Lot:
    """All that a lot still holds goes to another hub, of ours or of others: who owns it stays, who keeps it changes.

    A part is split off first. Raises NotAllowed, AlreadyThere, QuantityMissing, PromisedFromHere.
    """
    lot = _locked(lot)
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows[0].taker != f"{lot.path}@{hub.address}":
            raise KeyHasAnotherBody(key=key, field="flows")
        return lot
    refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
    if lot.hub_id == hub.pk:
        raise AlreadyThere(lot=lot.code, hub=hub.name)
    held = ledger.balance_of(lot.address, lot.unit)
    if held <= 0:
        raise QuantityMissing()
    if ledger.held([lot.address]):
        raise PromisedFromHere(lot=lot.code)
    lot_moves.send(Lot, lot=lot, hub=hub)
    flows = [Flow(lot.address, f"{lot.path}@{hub.address}", lot.unit, held)]
    record_entry(
        key=key, action="transfer-custody", purpose="move", flows=flows, at=at, by=_signed(by), evidence="declared"
    )
    lot.hub = hub
    lot.save(update_fields=["hub"])
    return lot


@transaction.atomic
def take_off_lot(*, by: Membership | None, lot: Lot, quantity: int, reason: str, at: datetime, key: str) -> None:
    """What spoiled goes to the soil, what nobody finds to the count.

    Raises NotAllowed, QuantityMissing, UnknownReason, and of the ledger BelowFloor.
    """
    lot = _locked(lot)
    if reason not in REASONS:
        raise UnknownReason()
    flows = [Flow(lot.address, REASONS[reason], lot.unit, quantity)]
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows != tuple(flows):
            raise KeyHasAnotherBody(key=key, field="flows")
        return
    refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
    if quantity <= 0:
        raise QuantityMissing()
    record_entry(key=key, action="lower", purpose="loss", flows=flows, at=at, by=_signed(by), evidence="declared")


def _locked(lot: Lot) -> Lot:
    lock_cooperative(lot.cooperative_id)
    return Lot.objects.select_related("hub", "cooperative").get(pk=lot.pk)


def _like(lot: Lot, at: datetime) -> Lot:
    """A new, empty lot of the same goods at the same hub, of the same process and date."""
    made = open_lot(lot.cooperative_id, goods=lot.goods, unit=lot.unit, hub=lot.hub, code=None, at=at)
    made.process_id, made.best_before = lot.process_id, lot.best_before
    made.save(update_fields=["process", "best_before"])
    return made


def _split_before(lot: Lot, flows: Sequence[Flow], quantities: Sequence[int], key: str) -> list[Lot]:
    if [flow.quantity for flow in flows] != list(quantities) or flows[0].giver != lot.address:
        raise KeyHasAnotherBody(key=key, field="flows")
    return [_at(lot, flow.taker) for flow in flows]


def _at(lot: Lot, address: str) -> Lot:
    code = address.partition("@")[0].rpartition("/")[2]
    found = (
        Lot.objects.filter(cooperative_id=lot.cooperative_id, code=code).select_related("hub", "cooperative").first()
    )
    if found is None:
        raise NotFound()
    return found


def _signed(by: Membership | None) -> tuple[str, ...]:
    return (by.address,) if by else (OPERATOR,)
