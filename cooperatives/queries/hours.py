"""Give me: hours that were logged, and what one may log them for."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from cooperatives.models import Cooperative, Membership, Process
from cooperatives.queries.people import names_of
from cooperatives.queries.tools import tool_names
from cooperatives.rules import lineage
from cooperatives.rules.energy import USE_MINUTE
from cooperatives.rules.plans import WATT_HOUR
from ledger import queries as ledger
from ledger.rules.entries import Address
from ledger.rules.readings import net_flows


@dataclass(frozen=True, slots=True)
class Logged:
    """Minutes that somebody worked in a process, as they stand after corrections."""

    who: str
    worker: str  # the address of the membership
    process: Process
    minutes: int
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took of a tool (minutes) or of energy (watt-hours), as it stands after corrections; `tool` is the
    tool's name, empty for energy."""

    tool: str
    owner: str
    purpose: str
    process: Process
    quantity: int
    unit: str
    key: str
    at: datetime


def uses_since(processes: list[Process], since: datetime) -> list[Used]:
    """Tools and energy that these processes took since a moment, the last first."""
    by_address = {process.address: process for process in processes}
    flows = [
        flow
        for flow in net_flows(ledger.entries_touching(list(by_address)))
        if flow.unit in {USE_MINUTE, WATT_HOUR} and flow.taker in by_address and flow.at >= since and flow.quantity > 0
    ]
    called = tool_names({flow.giver for flow in flows})
    rows = [
        Used(
            called.get(f.giver, ""), lineage.owner_of(f.giver), Address.parse(f.giver).purpose, by_address[f.taker],
            f.quantity, f.unit, f.key, f.at,
        )
        for f in flows
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.at, reverse=True)


def worked_on(cooperative: Cooperative, *, ended_since: datetime) -> list[Process]:
    """Processes for which hours may be logged: those under way, then those that ended since; newest first."""
    found = cooperative.processes.filter(Q(finished_at=None) | Q(finished_at__gte=ended_since))
    return sorted(found.select_related("cooperative"), key=lambda process: process.finished_at is not None)


def kinds_of_work(cooperative: Cooperative) -> list[str]:
    """The kinds of work that its members ever gave, by the name that the books have for them."""
    return ledger.names_after("work", cooperative.memberships.values_list("address", flat=True))


def hours_since(processes: list[Process], since: datetime, reader: Membership) -> list[Logged]:
    """Hours worked in these processes since a moment, the last first, under the names that `reader` may know."""
    by_address = {process.address: process for process in processes}
    flows = [
        flow
        for flow in net_flows(ledger.entries_touching(list(by_address)))
        if flow.unit == "min" and flow.taker in by_address and flow.at >= since and flow.quantity > 0
    ]
    names = names_of({lineage.owner_of(flow.giver) for flow in flows}, reader=reader)
    rows = [
        Logged(
            names.get(lineage.owner_of(f.giver), lineage.owner_of(f.giver)), lineage.owner_of(f.giver),
            by_address[f.taker], f.quantity, f.key, f.at,
        )
        for f in flows
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.at, reverse=True)
