"""Many deliveries and hours at once, as a table tells them: the checks of one by one, and one call to the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Hub, Lot, Membership, Process, Weighing
from cooperatives.rules.names import next_code, plain_name
from cooperatives.rules.recipes import one_line
from cooperatives.services.contributions import (
    MOST_GRADE,
    delivery_draft,
    lock_cooperative,
    refuse_delivery,
    refuse_lot_code,
    refuse_other_goods,
    refuse_work,
    work_draft,
)
from ledger import queries as ledger
from ledger.rules.entries import Draft
from ledger.rules.laws import LotAlreadyDrawn
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries


@dataclass(frozen=True, slots=True)
class Delivery:
    """Goods that a member brought, in the unit of their lot; without a code they open a lot of their own."""

    giver: Membership
    goods: str
    unit: str
    quantity: int
    tare: int
    hub: Hub
    lot_code: str | None
    at: datetime
    key: str
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes that a member worked in a process."""

    worker: Membership
    process: Process
    minutes: int
    at: datetime
    key: str


class SomeRefused(BadInput):
    """{count} of these contributions cannot be recorded, so none was."""

    def __init__(self, refusals: Mapping[int, Refusal]) -> None:
        super().__init__(count=len(refusals))
        self.refusals = dict(refusals)


@transaction.atomic
def give_many(*, by: Membership, cooperative: Cooperative, gifts: Sequence[Delivery | Hours]) -> int:
    """Record contributions in their order, all or none; answers how many were new. None of their keys may stand in the
    books. Raises SomeRefused, which has the refusal of each by its place in `gifts`: those of give_goods and give_work.
    """
    cooperative = lock_cooperative(cooperative.pk)
    shelf = _Lots(cooperative, [gift for gift in gifts if isinstance(gift, Delivery)])
    drafts, weighings, refusals = list[Draft](), list[Weighing](), dict[int, Refusal]()
    for number, gift in enumerate(gifts):
        try:
            if isinstance(gift, Hours):
                refuse_work(by=by, worker=gift.worker, process=gift.process, minutes=gift.minutes)
                drafts.append(
                    work_draft(by=by, worker=gift.worker, process=gift.process, minutes=gift.minutes, at=gift.at,
                               key=gift.key)
                )  # fmt: skip
                continue
            refuse_delivery(by=by, giver=gift.giver, quantity=gift.quantity, tare=gift.tare, hub=gift.hub, at=gift.at)
            lot = shelf.lot_for(gift)
        except Refusal as no:
            refusals[number] = no
            continue
        drafts.append(
            delivery_draft(by=by, giver=gift.giver, lot=lot, net=gift.quantity - gift.tare, at=gift.at, key=gift.key)
        )
        weighed = {"gross": gift.quantity, "tare": gift.tare, "grade": one_line(gift.grade)[:MOST_GRADE]}
        weighings.append(Weighing(key=gift.key, lot=lot, giver=gift.giver, by=by, at=gift.at, **weighed))
    if refusals:
        raise SomeRefused(refusals)
    Lot.objects.bulk_create(shelf.new)
    Weighing.objects.bulk_create(weighings)
    try:
        with transaction.atomic():
            return sum(entry.is_new for entry in record_entries(drafts))
    except Refusal:
        raise SomeRefused(_found_singly(drafts)) from None


class _Lots:
    """The lots that deliveries name or open: read once, and opened in memory until all is decided."""

    def __init__(self, cooperative: Cooperative, gifts: Sequence[Delivery]) -> None:
        self.cooperative, self.new = cooperative, list[Lot]()
        named = {gift.lot_code for gift in gifts if gift.lot_code}
        known = Lot.objects.filter(cooperative=cooperative, code__in=named).select_related("hub", "cooperative")
        self.lots = {lot.code: lot for lot in known}
        self.drawn = ledger.is_batch_closed([lot.path for lot in self.lots.values()]) if self.lots else {}
        self.codes = set(Lot.objects.filter(cooperative=cooperative).values_list("code", flat=True))
        self.last: dict[str, int] = defaultdict(int)

    def lot_for(self, gift: Delivery) -> Lot:
        code = gift.lot_code
        if code is None:
            code = self._next(plain_name(gift.goods))
        refuse_lot_code(code, gift.unit)
        lot = self.lots.get(code)
        if lot is None:
            lot = Lot(cooperative=self.cooperative, code=code, goods=gift.goods, unit=gift.unit, hub=gift.hub,
                      opened_at=gift.at)  # fmt: skip
            self.lots[code] = lot
            self.codes.add(code)
            self.new.append(lot)
        refuse_other_goods(lot, goods=gift.goods, unit=gift.unit, hub=gift.hub)
        if self.drawn.get(lot.path):
            raise LotAlreadyDrawn(lot=lot.path)
        return lot

    def _next(self, stem: str) -> str:
        if not self.last[stem]:
            self.last[stem] = int(next_code(stem, self.codes).rpartition("-")[2])
        else:
            self.last[stem] += 1
        return f"{next_code(stem, ()).rpartition('-')[0]}-{self.last[stem]}"


def _found_singly(drafts: Sequence[Draft]) -> dict[int, Refusal]:
    """What the ledger has against which of some entries: asked one by one, and nothing is kept of it."""
    refusals = {}
    for number, draft in enumerate(drafts):
        try:
            with transaction.atomic():
                record_entries([draft])
        except Refusal as no:
            refusals[number] = no
    return refusals
