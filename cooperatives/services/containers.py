"""Packaging that comes back: it stays the cooperative's own wherever it is, so it changes hands and never its owner."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cooperatives.models import Container, Hub, Lot, Membership, Role
from cooperatives.rules.names import next_code, plain_name
from cooperatives.services.contributions import lock_cooperative, open_lot, signed
from cooperatives.services.lots import KEEPERS, REASONS, UnknownReason
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import OPERATOR, UnreadableName, refuse_unless
from cooperatives.services.stock import FOUND
from ledger import queries as ledger
from ledger.rules.amounts import LARGEST
from ledger.rules.entries import Address, Draft, Flow
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.journal import record_entries, record_unit

UNIT = "container"


class ContainerKnown(Refusal):
    """There is such packaging already: {name}."""


class NoDeposit(BadInput):
    """A deposit is not below zero."""


class NotSoManyThere(Refusal):
    """There are only {left} of “{name}” at {place}."""


class NotSoManyOut(Refusal):
    """Only {left} of “{name}” went out there and have not come back."""


@transaction.atomic
def add_container(*, by: Membership, name: str, deposit: int, at: datetime) -> Container:
    """A kind of packaging that comes back, with the deposit on one. Raises NotAllowed (a steward), ContainerKnown,
    NoDeposit, UnreadableName."""
    refuse_unless(by, Role.STEWARD)
    cooperative, name = lock_cooperative(by.cooperative_id), name.strip()
    if not name:
        raise UnreadableName(name=name)
    if deposit < 0:
        raise NoDeposit
    if cooperative.containers.filter(name__iexact=name).exists():
        raise ContainerKnown(name=name)
    record_unit(code=UNIT, family="thing", exponent=0, by=OPERATOR, at=at)
    return Container.objects.create(cooperative=cooperative, name=name, deposit=deposit, added_at=at)


@transaction.atomic
def set_deposit(*, by: Membership, container: Container, deposit: int) -> Container:
    """The deposit for orders from now on; who paid another one gets that back. Raises NotAllowed, NoDeposit."""
    refuse_unless(by, Role.STEWARD, cooperative=container.cooperative)
    if deposit < 0:
        raise NoDeposit
    container.deposit = deposit
    container.save(update_fields=["deposit"])
    return container


@transaction.atomic
def count_in(*, by: Membership, container: Container, hub: Hub, quantity: int, at: datetime, key: str) -> None:
    """Containers that nobody has in the books yet: bought, or found. Raises NotAllowed, QuantityMissing."""
    container = _begin(by, container, quantity)
    if _is_known(key, quantity):
        return
    lot = _new_lot(container, _own(hub, container), at)
    flow = Flow(FOUND, lot.address, UNIT, quantity)
    record_entries([Draft(key, "raise", "count", (flow,), at, signed(by))])


@transaction.atomic
def take_off(
    *, by: Membership, container: Container, hub: Hub, quantity: int, reason: str, at: datetime, key: str
) -> None:
    """Containers that broke or that nobody finds at a hub. Raises NotAllowed, QuantityMissing, UnknownReason,
    NotSoManyThere."""
    container = _begin(by, container, quantity)
    if reason not in REASONS:
        raise UnknownReason
    if _is_known(key, quantity):
        return
    found = _drawn(container, _own(hub, container).address, quantity)
    if sum(n for _, n in found) < quantity:
        raise NotSoManyThere(left=sum(n for _, n in found), name=container.name, place=hub.name)
    flows = tuple(Flow(address, REASONS[reason], UNIT, n) for address, n in found)
    record_entries([Draft(key, "lower", "loss", flows, at, signed(by))])


@transaction.atomic
def lend(
    *, by: Membership, container: Container, member: Membership, hub: Hub, quantity: int, at: datetime, key: str
) -> None:
    """A member takes containers along, to bring goods in: a change of hands, and no money. What the books do not know
    at the hub is found there first. Raises NotAllowed, QuantityMissing, NotFound."""
    container = _begin(by, container, quantity)
    if member.cooperative_id != container.cooperative_id:
        raise NotFound
    if not _is_known(key, quantity):
        record_entries(
            leaving(container=container, hub=_own(hub, container).address, to=member.address, quantity=quantity, at=at,
                    by=signed(by), key=key)
        )  # fmt: skip


@transaction.atomic
def bring_back(
    *, by: Membership, container: Container, member: Membership, hub: Hub, quantity: int, at: datetime, key: str
) -> None:
    """A member brings lent containers back. Raises NotAllowed, QuantityMissing, NotSoManyOut."""
    container = _begin(by, container, quantity)
    if not _is_known(key, quantity):
        draft = coming_back(
            container=container, hub=_own(hub, container).address, who=member.address, quantity=quantity, at=at,
            by=signed(by), key=key,
        )  # fmt: skip
        record_entries([draft])


def leaving(
    *, container: Container, hub: str, to: str, quantity: int, at: datetime, by: Sequence[str], key: str
) -> list[Draft]:
    """The entries by which containers of a locked kind go from a hub to `to` (addresses): out of the oldest lots there.
    Goods are never kept back for want of a count, so what is missing in the books is found first."""
    found = _drawn(container, hub, quantity)
    missing, drafts = quantity - sum(n for _, n in found), list[Draft]()
    if missing:
        lot = _new_lot(container, Hub.objects.get(slug=hub.partition("/")[2]), at)
        flow = Flow(FOUND, lot.address, UNIT, missing)
        drafts.append(Draft(f"{key}/found", "raise", "count", (flow,), at, tuple(by)))
        found.append((lot.address, missing))
    flows = tuple(Flow(address, f"{Address.parse(address).path}@{to}", UNIT, n) for address, n in found)
    return [*drafts, Draft(key, "transfer-custody", "lend", flows, at, tuple(by), "two-sided")]


def coming_back(
    *, container: Container, hub: str, who: str, quantity: int, at: datetime, by: Sequence[str], key: str
) -> Draft:
    """The entry by which containers come to a hub from whom they had gone to. Raises NotSoManyOut."""
    found = _drawn(container, who, quantity)
    if (left := sum(n for _, n in found)) < quantity:
        raise NotSoManyOut(left=left, name=container.name)
    flows = tuple(Flow(address, f"{Address.parse(address).path}@{hub}", UNIT, n) for address, n in found)
    return Draft(key, "transfer-custody", "return", flows, at, tuple(by), "two-sided")


def lock_container(pk: int) -> Container:
    """A kind of container, locked: whoever moves some does so in turn, so that the lots drawn hold what they show."""
    return Container.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=pk)


def lock_hub(pk: int) -> Hub:
    """A hub, locked: what is brought to it, and counts for whoever has waited longest, is taken in turn."""
    return Hub.objects.select_for_update(no_key=True).get(pk=pk)


def out_with(container: Container, who: str) -> int:
    """How many containers of a locked kind are with somebody (an owner's address)."""
    return sum(n for _, n in _drawn(container, who, LARGEST))


def _begin(by: Membership, container: Container, quantity: int) -> Container:
    container = lock_container(container.pk)
    refuse_unless(by, *KEEPERS, cooperative=container.cooperative)
    if quantity < 1:
        raise QuantityMissing
    return container


def _is_known(key: str, quantity: int) -> bool:
    known = ledger.entries_by_key([key]).get(key)
    if known and sum(flow.quantity for flow in known.flows) != quantity:
        raise KeyHasAnotherBody(key=key, field="flows")
    return known is not None


def _own(hub: Hub, container: Container) -> Hub:
    if hub.cooperative_id != container.cooperative_id:
        raise NotFound
    return hub


def _new_lot(container: Container, hub: Hub, at: datetime) -> Lot:
    # Its code is its kind's own, so that no other lot has to be waited for: goods are being handed over meanwhile.
    stem = f"{plain_name(container.name)[:24] or 'container'}-k{container.pk}"
    code = next_code(stem, list(container.lots.values_list("code", flat=True)))
    lot = open_lot(container.cooperative_id, goods=container.name, unit=UNIT, hub=hub, code=code, at=at)
    lot.container = container
    lot.save(update_fields=["container"])
    return lot


def _drawn(container: Container, keeper: str, quantity: int) -> list[tuple[str, int]]:
    """Up to so many containers with a keeper, as (account, how many), the oldest lots first."""
    lots = container.lots.select_related("cooperative").order_by("opened_at", "pk")
    addresses = [f"{lot.path}@{keeper}" for lot in lots]
    held = {row.address: row.quantity for row in ledger.balances(addresses=addresses) if row.unit == UNIT}
    out = []
    for address in addresses:
        if n := min(quantity, held.get(address, 0)):
            out.append((address, n))
            quantity -= n
    return out
