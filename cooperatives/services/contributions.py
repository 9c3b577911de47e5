"""What members give: goods on a scale, hours of work; and putting right what was recorded wrongly."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Correction, Hub, Lot, Membership, Process, Role, Weighing
from cooperatives.rules.names import next_code, plain_name
from cooperatives.rules.outlines import Point
from cooperatives.rules.recipes import one_line
from cooperatives.services.people import OPERATOR, UnreadableName, refuse_unless
from cooperatives.services.remarks import settle_by_correction
from ledger import queries as ledger
from ledger.rules.entries import PART, Draft, Flow, Recorded, claim
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotAllowed, NotFound, Refusal
from ledger.services.journal import record_entries, record_entry, undo_entry

MOST_GRADE = 40  # characters, as the table has them
NO_GOODS = frozenset({PART, "min", "cite"})  # things of the journal that are no goods
CORRECTED = frozenset(
    {"delivery", "making", "loss", "count", "gift", "correction"}
)  # purposes that a correction here may undo


class NothingOnTheScale(BadInput):
    """The weight must be more than the tare."""


class GiverLeft(Refusal):
    """This member had left the cooperative by then."""


class NotCountedSo(BadInput):
    """Goods are not counted in “{unit}”."""


class NothingWorked(BadInput):
    """Work lasts at least a minute."""


class LotHoldsOther(Refusal):
    """Lot {lot} holds {goods} in {unit} at {hub}. Open another lot for this."""


class NoReason(BadInput):
    """Say why it is corrected: everyone who reads the entry will ask."""


class NotCorrectedHere(Refusal):
    """This entry moves money and is corrected where the money is: by a refund or a returned payment."""


class NothingChanged(Refusal):
    """That is what the entry says already."""


class NotOneQuantity(Refusal):
    """This entry has more than one quantity. Take it back and record it again."""


@transaction.atomic
def give_goods(
    *,
    by: Membership | None,
    giver: Membership,
    goods: str,
    unit: str,
    quantity: int,
    hub: Hub,
    lot_code: str | None = None,
    tare: int = 0,
    price: int | None = None,
    in_kind: Mapping[str, int] | None = None,
    grade: str = "",
    position: Point | None = None,
    at: datetime,
    key: str,
    evidence: str | None = None,
) -> Lot:
    """A delivery into a lot that nobody drew from yet, or into a new one: `quantity` less `tare`, in `unit`.

    `price` is what the cooperative owes for all of it, in the smallest part of its money; `in_kind` is what the giver
    paid in goods at the field, by who received it. `grade` says how good it is, in the cooperative's own words;
    `position` is where it was weighed, and only the giver's to show. Raises NotAllowed (a steward, a clerk, or the
    giver), GiverLeft, NothingOnTheScale, LotHoldsOther, and of the ledger LotAlreadyDrawn, KeyHasAnotherBody.
    """
    cooperative = lock_cooperative(giver.cooperative_id)
    if known := Weighing.objects.filter(key=key).select_related("lot__hub", "lot__cooperative").first():
        return _given_before(known, giver, quantity, tare, goods, unit, hub, lot_code)
    refuse_delivery(by=by, giver=giver, quantity=quantity, tare=tare, hub=hub, at=at)
    lot = open_lot(cooperative.pk, goods=goods, unit=unit, hub=hub, code=lot_code, at=at)
    more = [Flow(f"{giver.address}/harvest", f"{owner}/goods", unit, n) for owner, n in (in_kind or {}).items()]
    longitude, latitude = position or (None, None)
    Weighing.objects.create(
        key=key, lot=lot, giver=giver, by=by, gross=quantity, tare=tare, grade=one_line(grade)[:MOST_GRADE],
        longitude=longitude, latitude=latitude, at=at,
    )  # fmt: skip
    record_entries(
        [delivery_draft(by=by, giver=giver, lot=lot, net=quantity - tare, more=[*more, *priced(giver, price)], at=at,
                        key=key, evidence=evidence)]
    )  # fmt: skip
    return lot


def refuse_delivery(
    *, by: Membership | None, giver: Membership, quantity: int, tare: int, hub: Hub, at: datetime
) -> None:
    """What stands against a delivery before anybody looks at its lot."""
    _refuse_recording_for(giver, by)
    if giver.left_at is not None and giver.left_at < at:
        raise GiverLeft()
    if tare < 0 or quantity <= tare:
        raise NothingOnTheScale()
    if hub.cooperative_id != giver.cooperative_id:
        raise NotFound()


def delivery_draft(
    *, by: Membership | None, giver: Membership, lot: Lot, net: int, more: Sequence[Flow] = (), at: datetime, key: str,
    evidence: str | None = None,
) -> Draft:  # fmt: skip
    """The entry of a delivery of `net` of the lot's unit."""
    flows = (Flow(f"{giver.address}/harvest", lot.address, lot.unit, net), *more)
    return Draft(key, "transfer", "delivery", flows, at, signed(by), evidence or evidence_of(giver, by))


@transaction.atomic
def give_work(
    *,
    by: Membership | None,
    worker: Membership,
    process: Process,
    minutes: int,
    kind: str = "share",
    wage: int | None = None,
    at: datetime,
    key: str,
    evidence: str | None = None,
) -> Recorded:
    """Minutes of work in a process, also one that is finished. `wage` is what the cooperative owes for all of it.

    `kind` says which work (share, care, roast …). Raises NotAllowed, NothingWorked, UnreadableName.
    """
    lock_cooperative(worker.cooperative_id)
    if kind != plain_name(kind) or not kind:
        raise UnreadableName(name=kind)
    worked = _worked(worker, process, minutes, kind)
    if known := ledger.entries_by_key([key]).get(key):  # also for one who has left since: it is answered the same
        if known.flows[0] != worked:
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    refuse_work(by=by, worker=worker, process=process, minutes=minutes)
    draft = work_draft(
        by=by, worker=worker, process=process, minutes=minutes, kind=kind, more=priced(worker, wage), at=at, key=key,
        evidence=evidence,
    )  # fmt: skip
    return record_entries([draft])[0]


def refuse_work(*, by: Membership | None, worker: Membership, process: Process, minutes: int) -> None:
    """What stands against hours in a process."""
    _refuse_recording_for(worker, by)
    if process.cooperative_id != worker.cooperative_id:
        raise NotFound()
    if minutes <= 0:
        raise NothingWorked()


def work_draft(
    *, by: Membership | None, worker: Membership, process: Process, minutes: int, kind: str = "share",
    more: Sequence[Flow] = (), at: datetime, key: str, evidence: str | None = None,
) -> Draft:  # fmt: skip
    """The entry of minutes in a process."""
    flows = (_worked(worker, process, minutes, kind), *more)
    return Draft(key, "work", "making", flows, at, signed(by), evidence or evidence_of(worker, by))


def _worked(worker: Membership, process: Process, minutes: int, kind: str) -> Flow:
    return Flow(f"{worker.address}/work/{kind}", process.address, "min", minutes)


@transaction.atomic
def correct_entry(*, by: Membership, entry: str, reason: str, at: datetime, key: str) -> Recorded:
    """Take back all that is left of the entry with key `entry`; both stay visible, with the reason and who gave it.

    Raises NotFound, NotAllowed (a steward, a clerk, or who recorded it), NoReason, NotCorrectedHere, and of the ledger
    BelowFloor where the goods have gone on: correct from downstream up.
    """
    lock_cooperative(by.cooperative_id)
    if known := _corrected_before(key, entry):
        return known
    origin = _correctable(by, entry, reason)
    undone = undo_entry(entry=origin.id, key=key, at=at, by=signed(by))
    _say_why(by, entry, reason, at, key)
    return undone


@transaction.atomic
def correct_quantity(*, by: Membership, entry: str, quantity: int, reason: str, at: datetime, key: str) -> Recorded:
    """Put right the one quantity of a delivery or of hours: the difference is taken back, or recorded beside it.

    Raises as correct_entry does, NotOneQuantity, NothingOnTheScale, NothingChanged.
    """
    lock_cooperative(by.cooperative_id)
    if known := _corrected_before(key, entry):
        return known
    origin = _correctable(by, entry, reason)
    if len(origin.flows) != 1:
        raise NotOneQuantity()
    if quantity <= 0:
        raise NothingOnTheScale()
    giver, taker, unit, _ = origin.flows[0]
    now = sum(f.quantity if f.giver == taker else 0 for f in ledger.left_to_undo(origin))
    now += sum(f.quantity for e in _added_to(entry) for f in e.flows)
    if quantity == now:
        raise NothingChanged()
    if quantity < now:
        left = [Flow(taker, giver, unit, now - quantity)]
        done = undo_entry(entry=origin.id, key=key, at=at, by=signed(by), flows=left)
    else:
        more = [Flow(giver, taker, unit, quantity - now)]
        done = record_entry(
            key=key, action=origin.action, purpose="correction", flows=more, at=at, by=signed(by),
            evidence=origin.evidence,
        )  # fmt: skip
    _say_why(by, entry, reason, at, key)
    return done


def lock_cooperative(pk: int) -> Cooperative:
    """The cooperative, locked: what is sent twice at once is done in turn, and the second finds the first."""
    return Cooperative.objects.select_for_update().get(pk=pk)


def open_lot(cooperative_id: int, *, goods: str, unit: str, hub: Hub, code: str | None, at: datetime) -> Lot:
    """The lot of that code, made where it is missing; without a code, a new one named after its goods.

    Raises LotHoldsOther where the lot holds other goods, NotCountedSo, UnreadableName.
    """
    lots = Lot.objects.filter(cooperative_id=cooperative_id)
    if code is None:
        stem = plain_name(goods)
        lock_cooperative(cooperative_id)  # two clerks, two numbers
        code = next_code(stem, list(lots.filter(code__startswith=stem[:20]).values_list("code", flat=True)))
    refuse_lot_code(code, unit)
    lot, is_new = lots.select_related("hub", "cooperative").get_or_create(
        cooperative_id=cooperative_id, code=code, defaults={"goods": goods, "unit": unit, "hub": hub, "opened_at": at}
    )
    if not is_new:
        refuse_other_goods(lot, goods=goods, unit=unit, hub=hub)
    return lot


def refuse_lot_code(code: str, unit: str) -> None:
    """NotCountedSo where no goods are counted in that unit, UnreadableName where an address cannot hold the code."""
    if unit in NO_GOODS:
        raise NotCountedSo(unit=unit)
    if not code or code != plain_name(code):
        raise UnreadableName(name=code)


def refuse_other_goods(lot: Lot, *, goods: str, unit: str, hub: Hub) -> None:
    """LotHoldsOther where a lot is of other goods than these, or elsewhere."""
    if (lot.goods, lot.unit, lot.hub_id) != (goods, unit, hub.pk):
        raise LotHoldsOther(lot=lot.code, goods=lot.goods, unit=lot.unit, hub=lot.hub.name)


def _given_before(
    known: Weighing, giver: Membership, quantity: int, tare: int, goods: str, unit: str, hub: Hub, lot_code: str | None
) -> Lot:
    lot = known.lot
    was = (known.giver_id, known.gross, known.tare, lot.goods, lot.unit, lot.hub_id, lot.code)
    if was != (giver.pk, quantity, tare, goods, unit, hub.pk, lot_code or lot.code):
        raise KeyHasAnotherBody(key=known.key, field="flows")
    return known.lot


def priced(giver: Membership, price: int | None) -> list[Flow]:
    """What is owed for a contribution: set aside at once where there is working money, else promised."""
    if not price:
        return []
    cooperative = giver.cooperative
    unit = claim(cooperative.currency, cooperative.address)
    if ledger.balance_of(f"{cooperative.address}/free", unit) >= price:
        return [Flow(f"{cooperative.address}/free", f"{giver.address}/purse", unit, price)]
    return [Flow(f"{cooperative.address}/debts", f"{giver.address}/debt", unit, price)]


def _refuse_recording_for(giver: Membership, by: Membership | None) -> None:
    own = by is not None and by.pk == giver.pk
    refuse_unless(by, Role.STEWARD, Role.CLERK, *([Role.MEMBER] if own else []), cooperative=giver.cooperative)


def evidence_of(giver: Membership, by: Membership | None) -> str:
    """Two members stand behind an entry that one gave and another recorded."""
    return "declared" if by is None or by.pk == giver.pk else "two-sided"


def signed(by: Membership | None) -> tuple[str, ...]:
    """Who stands behind an entry: the member who records, else the market's program."""
    return (by.address,) if by else (OPERATOR,)


def _corrected_before(key: str, entry: str) -> Recorded | None:
    known = ledger.entries_by_key([key]).get(key)
    if known and not Correction.objects.filter(key=key, corrects=entry).exists():
        raise KeyHasAnotherBody(key=key, field="undoes")
    return known


def _correctable(by: Membership, entry: str, reason: str) -> Recorded:
    origin = ledger.entries_by_key([entry]).get(entry)
    ours = f"{by.cooperative.address}/"
    if origin is None or not any(a.startswith(ours) for flow in origin.flows for a in flow[:2]):
        raise NotFound()
    if by.address not in origin.by:
        refuse_unless(by, Role.STEWARD, Role.CLERK, cooperative=by.cooperative)
    elif not by.has_role(Role.STEWARD, Role.CLERK, Role.MEMBER):
        raise NotAllowed()
    if origin.purpose not in CORRECTED or origin.undoes is not None:
        raise NotCorrectedHere()
    if not reason.strip():
        raise NoReason()
    return origin


def _added_to(entry: str) -> list[Recorded]:
    """Earlier corrections that recorded more beside an entry."""
    keys = Correction.objects.filter(corrects=entry).values_list("key", flat=True)
    return [e for e in ledger.entries_by_key(keys).values() if e.undoes is None]


def _say_why(by: Membership, entry: str, reason: str, at: datetime, key: str) -> None:
    Correction.objects.get_or_create(
        key=key, defaults={"corrects": entry, "reason": reason.strip()[:300], "by": by, "at": at}
    )
    settle_by_correction(entry=entry, by=by, reason=reason, at=at)
