"""Give me: what went out of a lot, or came into it from another's, as somebody may have to correct it."""

from dataclasses import dataclass
from datetime import datetime

from cooperatives.models import Correction, Lot, Membership
from cooperatives.queries.people import names_of
from cooperatives.rules import lineage
from ledger import queries as ledger
from ledger.rules.readings import net_flows

PURPOSES = ("delivery", "loss", "gift", "correction")


@dataclass(frozen=True, slots=True)
class Passed:
    """Goods that passed between a lot and somebody: another cooperative, a member, nature. `quantity` is as it stands
    after corrections; `other` is their address, `who` as the reader may call them."""

    key: str
    at: datetime
    purpose: str
    other: str
    who: str
    quantity: int
    is_out: bool


def passed(lot: Lot, reader: Membership | None) -> list[Passed]:
    """What went out of a lot beside sales and processes, and what another cooperative's lot brought into it, the newest
    first. What members brought stands at the scale, with pages of its own."""
    flows = [
        flow
        for flow in net_flows(ledger.entries_touching(paths=[lot.path], purposes=PURPOSES))
        if flow.unit == lot.unit and lot.path in (lineage.path_of(flow.giver), lineage.path_of(flow.taker))
    ]
    corrected = Correction.objects.filter(key__in=[flow.key for flow in flows if flow.purpose == "correction"])
    corrects = dict(corrected.values_list("key", "corrects"))
    more: dict[str, int] = {}
    for flow in flows:
        if origin := corrects.get(flow.key):
            more[origin] = more.get(origin, 0) + flow.quantity
    rows = []
    for flow in reversed(flows):
        is_out = lineage.path_of(flow.giver) == lot.path
        other = flow.taker if is_out else flow.giver
        if flow.purpose != "correction" and (is_out or lineage.word_of(lineage.path_of(other)) == "lots"):
            rows.append((flow, lineage.owner_of(other), is_out))
    names = names_of({owner for _flow, owner, _is_out in rows}, reader=reader) if rows else {}
    return [
        Passed(
            flow.key, flow.at, flow.purpose, owner, names.get(owner, owner), flow.quantity + more.get(flow.key, 0),
            is_out,
        )
        for flow, owner, is_out in rows
    ]  # fmt: skip
