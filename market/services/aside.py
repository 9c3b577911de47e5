"""Earnings that no division may take yet: set aside while a card's fee is not known or a bank disputes the payment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from cooperatives.services.people import OPERATOR
from ledger.queries import entries_by_key
from ledger.rules.entries import Draft, Flow, claim
from ledger.services.journal import record_entries
from market.models import Order
from market.rules.cycles import aside_key, fee_cause
from market.services.orders import sold_lines

SYSTEM = (OPERATOR,)


def set_aside(*, order: Order, amounts: Mapping[int, int], cause: str, purpose: str, at: datetime) -> None:
    """Take {number of a line: amount} out of the pots in which they wait for a division, because of `cause` (a key,
    once); within the caller's transaction, which holds the lots."""
    drafts = []
    for line in sold_lines(order):
        if amount := amounts.get(line.number, 0):
            kept = f"{line.seller}/disputed/{order.name}"
            flow = Flow(line.earned, kept, claim(line.money, line.seller), amount)
            drafts.append(_draft(aside_key(cause, line.number), purpose, flow, at))
    record_entries(drafts)


def bring_back(*, order: Order, cause: str, at: datetime) -> None:
    """What was set aside because of `cause` is earned now, for the next division; done again, it changes nothing.

    It undoes nothing: until then the money was not there to be divided, and readings follow it from here on."""
    keys = [aside_key(cause, number) for number in order.lines.values_list("number", flat=True)]
    record_entries(
        [
            _draft(f"{key}/back", found.purpose, found.flows[0].reversed(), at)
            for key, found in entries_by_key(keys).items()
        ]
    )


def is_set_aside(order: Order, number: int) -> bool:
    """Whether a line's earnings were set aside by an earlier division, its card's fee not being known."""
    return bool(entries_by_key([aside_key(fee_cause(order.name), number)]))


def came_back(order: Order, numbers: Iterable[int]) -> dict[int, int]:
    """{number of a line: the entry by which its earnings came back last}: a division before that had none of them."""
    causes = [fee_cause(order.name), *(f"dispute/{dispute.pk}" for dispute in order.disputes.all())]
    asked = {f"{aside_key(cause, number)}/back": number for cause in causes for number in numbers}
    found = entries_by_key(asked)
    return {asked[key]: entry.token for key, entry in sorted(found.items(), key=lambda one: one[1].token)}


def _draft(key: str, purpose: str, flow: Flow, at: datetime) -> Draft:
    return Draft(key, "transfer-all-rights", purpose, (flow,), at, SYSTEM, "invoice")
