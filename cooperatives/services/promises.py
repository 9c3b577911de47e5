"""Keeping promises: what was promised for a contribution when there was no money is set aside once there is."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Cooperative, Membership, Role
from cooperatives.queries.agreements import owed_by_divisions
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.people import OPERATOR, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Draft, Flow, claim
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entries


class NothingToKeep(Refusal):
    """Nothing is promised to {owner}, or there is no working money to keep it with."""


@transaction.atomic
def keep_promise(*, cooperative: Cooperative, owner: str, at: datetime, key: str, by: Membership | None) -> int:
    """Set aside for `owner` what was promised, as far as the working money goes; answers how much, in its money.

    A division brings the cost of what was sold back into the working money: this is how it reaches those whose
    contribution it was. Raises NotAllowed (a treasurer or a steward), NothingToKeep.
    """
    unit, here = claim(cooperative.currency, cooperative.address), cooperative.address
    purse, debt = f"{owner}/purse", f"{owner}/debt"
    lock_cooperative(cooperative.pk)
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows[0][:3] != (f"{here}/free", purse, unit):
            raise KeyHasAnotherBody(key=key, field="flows")
        return known.flows[0].quantity
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=cooperative)
    # What a division could not pay is filled by later shares, so it is not set aside here as well.
    promised = ledger.balance_of(debt, unit) - owed_by_divisions(cooperative).get(debt, 0)
    amount = min(promised, ledger.balance_of(f"{here}/free", unit))
    if amount <= 0:
        raise NothingToKeep(owner=owner)
    signed = (by.address,) if by else (OPERATOR,)
    paid, ended = Flow(f"{here}/free", purse, unit, amount), Flow(debt, f"{here}/debts", unit, amount)
    record_entries(
        [
            Draft(key, "transfer-all-rights", "promise", (paid,), at, signed),
            Draft(f"{key}/kept", "lower", "promise", (ended,), at, signed),
        ]
    )
    return amount
