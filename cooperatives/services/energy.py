"""Energy that a process took, by where it came from."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Membership, Process, Role
from cooperatives.rules.energy import BOUGHT, MADE_HERE, NATURES, NOBODY, STORE, STORED, UNKNOWN
from cooperatives.rules.names import plain_name
from cooperatives.rules.plans import WATT_HOUR
from cooperatives.rules.recipes import ENERGY
from cooperatives.services.contributions import lock_cooperative, signed
from cooperatives.services.making import MAKERS
from cooperatives.services.people import OPERATOR, UnreadableName, find_place, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow, Recorded, claim
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput
from ledger.services.journal import record_entry, record_owner, record_unit

BUYERS = (Role.STEWARD, Role.TREASURER)
GRADES = ("invoice", "declared", "modelled")  # on a bill; read from a meter; reckoned from what the machine takes


class NoEnergy(BadInput):
    """Say how much energy, above zero."""


class SourceUnknown(BadInput):
    """Say where the energy came from: made here of sun, wind, water, wood or biogas, stored, bought, or unknown."""


class SupplierMissing(BadInput):
    """Say from whom the energy was bought."""


class OnlyBoughtCosts(BadInput):
    """Only energy that was bought has a price and a bill."""


@transaction.atomic
def use_energy(
    *,
    by: Membership | None,
    process: Process,
    source: str,
    watt_hours: int,
    origin: str = "",
    place: str | None = None,
    cost: int | None = None,
    evidence: str = "declared",
    at: datetime,
    key: str,
) -> Recorded:
    """Watt-hours that a process took, also one that is finished, and what they cost, owed to the supplier.

    `source` is one of the recipes' (made-here, stored, bought, unknown); `origin` is the sun, wind … that gave what was
    made here, or the supplier of what was bought, whose `place` is declared where nobody knew it. What is bought with
    goods, as a lot of its own, is put in like goods. Raises NotAllowed (a steward or a treasurer records a cost),
    SourceUnknown, SupplierMissing, NoEnergy, OnlyBoughtCosts, UnknownPlace.
    """
    lock_cooperative(process.cooperative_id)
    owner, account = _giver(process, source, origin)
    taken = Flow(account, process.address, WATT_HOUR, watt_hours)
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows[0] != taken:
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    refuse_unless(by, *(BUYERS if cost else MAKERS), cooperative=process.cooperative)
    if watt_hours <= 0:
        raise NoEnergy()
    if source != BOUGHT and (cost or evidence == "invoice"):
        raise OnlyBoughtCosts()
    record_unit(code=WATT_HOUR, family="thing", exponent=0, at=at, by=OPERATOR)
    _declare(owner, place, at)
    return record_entry(
        key=key, action="consume", purpose="making", flows=[taken, *_owed(process, owner, cost)], at=at, by=signed(by),
        evidence=evidence if evidence in GRADES else "declared",
    )  # fmt: skip


def _giver(process: Process, source: str, origin: str) -> tuple[str, str]:
    """Whose account gives the energy, and which it is."""
    if source not in ENERGY or (source == MADE_HERE and origin not in NATURES):
        raise SourceUnknown()
    if source == MADE_HERE:
        return f"nature/{origin}", f"nature/{origin}/body"
    if source == STORED:
        return process.cooperative.address, f"{process.cooperative.address}/tools/{STORE}"
    if source == UNKNOWN:
        return NOBODY.rpartition("/")[0], NOBODY
    if not origin.strip():
        raise SupplierMissing()
    name = plain_name(origin)
    if not name:
        raise UnreadableName(name=origin)
    return f"suppliers/{name}", f"suppliers/{name}/stock"


def _declare(owner: str, place: str | None, at: datetime) -> None:
    """The giver, where nobody declared it; a place that is known already stays."""
    find_place(place)
    known = ledger.places_of([owner])
    if owner not in known or (place and known[owner] is None):
        record_owner(owner=owner, place=place, at=at)


def _owed(process: Process, supplier: str, cost: int | None) -> list[Flow]:
    """On account: the supplier is promised the price, and paid later."""
    here = process.cooperative
    owed = claim(here.currency, here.address)
    return [Flow(f"{here.address}/debts", f"{supplier}/debt", owed, cost)] if cost else []
