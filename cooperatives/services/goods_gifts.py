"""Goods as a gift: from somebody outside into a lot of ours, and out of a lot of ours to another cooperative."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Hub, Lot, Membership
from cooperatives.rules.names import plain_name
from cooperatives.services.contributions import lock_cooperative, open_lot, signed
from cooperatives.services.gifts import GiverMissing
from cooperatives.services.lots import KEEPERS
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import UnreadableName, find_place, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound
from ledger.services.journal import record_entry, record_owner


class GiftToOneself(BadInput):
    """These goods are your cooperative’s own already."""


@transaction.atomic
def take_goods(
    *,
    by: Membership,
    giver: str,
    place: str | None = None,
    goods: str,
    unit: str,
    quantity: int,
    hub: Hub,
    at: datetime,
    key: str,
) -> Lot:
    """Goods that somebody who is no member gave for nothing, into a lot of their own. No price is owed for them, and no
    share of what is made of them: they come from outside as what is bought does, and nobody is paid.

    Raises NotAllowed (a steward or a clerk), GiverMissing, UnreadableName, QuantityMissing, NotCountedSo, UnknownPlace.
    """
    cooperative = lock_cooperative(by.cooperative_id)
    if known := ledger.entries_by_key([key]).get(key):
        taker = known.flows[0].taker
        if known.flows != (Flow(f"funders/{plain_name(giver)}/stock", taker, unit, quantity),):
            raise KeyHasAnotherBody(key=key, field="flows")
        return cooperative.lots.get(code=taker.partition("@")[0].rpartition("/")[2])
    refuse_unless(by, *KEEPERS)
    if hub.cooperative_id != cooperative.pk:
        raise NotFound
    if not giver.strip():
        raise GiverMissing
    name = plain_name(giver)
    if not name:
        raise UnreadableName(name=giver)
    if quantity <= 0:
        raise QuantityMissing
    find_place(place)
    owner = f"funders/{name}"
    told = ledger.places_of([owner])
    if owner not in told or (place and told[owner] is None):
        record_owner(owner=owner, place=place, at=at)
    lot = open_lot(cooperative.pk, goods=goods, unit=unit, hub=hub, code=None, at=at)
    flow = Flow(f"{owner}/stock", lot.address, unit, quantity)
    record_entry(key=key, action="transfer", purpose="gift", flows=[flow], at=at, by=signed(by), evidence="declared")
    return lot


@transaction.atomic
def give_goods_to(*, by: Membership, lot: Lot, to: Cooperative, quantity: int, at: datetime, key: str) -> Lot:
    """Some of a lot becomes another cooperative's, for no money: a lot of its own, where the goods lie. What was known
    of them stays known; nothing is owed for them. Raises NotAllowed (a steward or a clerk), QuantityMissing,
    GiftToOneself, and of the ledger BelowFloor."""
    for pk in sorted({lot.cooperative_id, to.pk}):
        lock_cooperative(pk)
    lot = Lot.objects.select_related("hub", "cooperative").get(pk=lot.pk)
    if known := ledger.entries_by_key([key]).get(key):
        giver, taker, _unit, given = known.flows[0]
        if (giver, given) != (lot.address, quantity) or not taker.startswith(f"{to.address}/lots/"):
            raise KeyHasAnotherBody(key=key, field="flows")
        return to.lots.get(code=taker.partition("@")[0].rpartition("/")[2])
    refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
    if to.pk == lot.cooperative_id:
        raise GiftToOneself
    if quantity <= 0:
        raise QuantityMissing
    theirs = open_lot(to.pk, goods=lot.goods, unit=lot.unit, hub=lot.hub, code=None, at=at)
    theirs.best_before = lot.best_before
    theirs.save(update_fields=["best_before"])
    flow = Flow(lot.address, theirs.address, lot.unit, quantity)
    record_entry(
        key=key, action="transfer-all-rights", purpose="gift", flows=[flow], at=at, by=signed(by), evidence="declared"
    )
    return theirs
