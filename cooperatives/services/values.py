"""Ecological and social value: what nature and communities give to a process, and what is given to them."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Agent, Lot, Membership, Process, Showing
from cooperatives.services.contributions import lock_cooperative, signed
from cooperatives.services.lots import KEEPERS
from cooperatives.services.making import MAKERS, QuantityMissing
from cooperatives.services.people import OPERATOR, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow, Recorded, is_unit
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound
from ledger.services.evidence import salt_evidence
from ledger.services.journal import record_entry, record_unit


class NothingShown(BadInput):
    """Say what shows it: a map, a list of names, a photograph and where it is."""


class NotAValue(BadInput):
    """“{unit}” is weighed like goods. Bring it in as a delivery, or count it in something else."""


@transaction.atomic
def declare_value(
    *,
    by: Membership | None,
    process: Process,
    agent: Agent,
    unit: str,
    quantity: int,
    words: str,
    at: datetime,
    key: str,
) -> Recorded:
    """Something of worth without a weight that nature or a community gives to a process, also one that is finished:
    trees kept, land cared for, people trained; `words` say what shows it, and their salted hash stands in the log.

    It is divided among the lots like anything given. Raises NotAllowed, QuantityMissing, NothingShown, NotAValue.
    """
    lock_cooperative(process.cooperative_id)
    given = Flow(f"{agent.address}/body", process.address, unit, quantity)
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows != (given,):
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    refuse_unless(by, *MAKERS, cooperative=process.cooperative)
    if quantity <= 0:
        raise QuantityMissing()
    if not words.strip():
        raise NothingShown()
    known_unit = ledger.unit(unit) if is_unit(unit) else None
    if not is_unit(unit) or "@" in unit or (known_unit and (known_unit.grams or known_unit.family != "thing")):
        raise NotAValue(unit=unit)
    record_unit(code=unit, family="thing", exponent=0, at=at, by=OPERATOR)
    words = words.strip()[:500]
    Showing.objects.create(key=key, words=words, by=by, at=at)
    return record_entry(
        key=key, action="use", purpose="making", flows=[given], at=at, by=signed(by), evidence="declared",
        evidence_hash=salt_evidence(key=key, content=words.encode()),
    )  # fmt: skip


@transaction.atomic
def give_away(
    *, by: Membership | None, lot: Lot, to: Agent | Membership, quantity: int, at: datetime, key: str
) -> Recorded:
    """Some of a lot as a gift, for no money: back to nature, to a community, or to a member.

    Raises NotAllowed (a steward or a clerk gives), QuantityMissing, and of the ledger BelowFloor.
    """
    lock_cooperative(lot.cooperative_id)
    lot = Lot.objects.select_related("hub", "cooperative").get(pk=lot.pk)
    is_nature = isinstance(to, Agent)
    flows = [Flow(lot.address, f"{to.address}/{'body' if is_nature else 'goods'}", lot.unit, quantity)]
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows != tuple(flows):
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    refuse_unless(by, *KEEPERS, cooperative=lot.cooperative)
    if isinstance(to, Membership) and to.cooperative_id != lot.cooperative_id:
        raise NotFound()
    if quantity <= 0:
        raise QuantityMissing()
    return record_entry(
        key=key, action="raise" if is_nature else "transfer", purpose="gift", flows=flows, at=at, by=signed(by),
        evidence="declared",
    )  # fmt: skip
