"""A member cooperative's lot goes to its union for a share: who made it stays in the story, and is paid through it."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Hub, Lot, Membership, Role
from cooperatives.services.contributions import open_lot, signed
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import NotFound, Refusal
from ledger.services.journal import record_entry


class NoMemberThere(Refusal):
    """{cooperative} is no member of {union}, so it delivers nothing for a share there."""


@transaction.atomic
def deliver_lot(
    *,
    by: Membership,
    lot: Lot,
    hub: Hub,
    quantity: int,
    lot_code: str | None = None,
    at: datetime,
    key: str,
) -> Lot:
    """So much of a lot becomes a lot of the union whose `hub` it is brought to, for a share of what that one sells.

    What the union's agreement gives for delivered goods goes to the earnings of this lot, and is divided among those
    behind it by its own cooperative's agreement. Raises NotAllowed (a steward or a clerk of the lot's cooperative),
    NoMemberThere, QuantityMissing, LotHoldsOther, and of the ledger BelowFloor, LotAlreadyDrawn.
    """
    # Both books change; they are always locked in the same order.
    list(Cooperative.objects.select_for_update().filter(pk__in={lot.cooperative_id, hub.cooperative_id}).order_by("pk"))
    lot = Lot.objects.select_related("hub", "cooperative").get(pk=lot.pk)
    if known := ledger.entries_by_key([key]).get(key):
        if (known.flows[0].giver, known.flows[0].quantity) != (lot.address, quantity):
            raise KeyHasAnotherBody(key=key, field="flows")
        return _taken_before(hub.cooperative_id, known.flows[0].taker)
    refuse_unless(by, Role.STEWARD, Role.CLERK, cooperative=lot.cooperative)
    union = hub.cooperative
    if not union.memberships.filter(society=lot.cooperative, left_at=None).exists():
        raise NoMemberThere(cooperative=lot.cooperative.name, union=union.name)
    if quantity <= 0:
        raise QuantityMissing()
    taken = open_lot(union.pk, goods=lot.goods, unit=lot.unit, hub=hub, code=lot_code or None, at=at)
    flow = Flow(lot.address, taken.address, lot.unit, quantity)
    record_entry(
        key=key, action="transfer", purpose="delivery", flows=[flow], at=at, by=signed(by), evidence="declared"
    )  # fmt: skip
    return taken


def _taken_before(union: int, address: str) -> Lot:
    code = address.partition("@")[0].rpartition("/")[2]
    found = Lot.objects.filter(cooperative=union, code=code).select_related("hub", "cooperative").first()
    if found is None:
        raise NotFound()
    return found
