"""The cooperatives as agents that pass money on: the rows of capture (indicators A1), from their divisions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from cooperatives.rules.lineage import PaidToLot, Payee, owner_of, word_of
from ledger.rules.readings import NetFlow
from market.rules.cycles import lot_of
from market.rules.splits import is_inside
from reports.rules.capture import Row

Costs = Callable[[str], Mapping[Payee, Fraction]]  # a lot's path → what was paid for its inputs


def rows(
    flows: Iterable[NetFlow], costs: Costs, places: Mapping[str, str | None], boundary: str, money: str
) -> dict[str, Row]:
    """{cooperative: what it did with each unit that its lots earned and that was divided}.

    A cost goes on to its payees; a share of another cooperative's lot, and a cost paid to one, goes on to that
    cooperative, whose own row says the rest. What was never divided is in no row: it is waiting.
    """
    sums: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for flow in flows:
        holder = owner_of(flow.giver)
        if flow.purpose == "share" and word_of(flow.giver) == "earned" and flow.unit == f"{money}@{holder}":
            for to, part in _ends(flow, costs).items():
                sums[holder][to] += part * flow.quantity
    agents = set(sums)
    return {holder: _row(given, agents, places, boundary) for holder, given in sums.items()}


def _ends(flow: NetFlow, costs: Costs) -> dict[str, Fraction]:
    """{owner, or the earnings of another's lot: which part of this flow goes there}"""
    taker, word = owner_of(flow.taker), word_of(flow.taker)
    if word == "earned":
        return {flow.taker: Fraction(1)}
    if word != "free":
        return {taker: Fraction(1)}
    paid = costs(lot_of(flow.giver))
    whole = sum(paid.values(), Fraction(0))
    found: dict[str, Fraction] = defaultdict(Fraction)
    for payee, amount in paid.items():
        found[payee.path if isinstance(payee, PaidToLot) else payee] += amount / whole
    return found or {taker: Fraction(1)}


def _row(given: Mapping[str, Fraction], agents: set[str], places: Mapping[str, str | None], boundary: str) -> Row:
    whole = sum(given.values(), Fraction(0))
    to: dict[str, Fraction] = defaultdict(Fraction)
    local, extracted, unknown = Fraction(0), Fraction(0), Fraction(0)
    for end, amount in given.items():
        share, owner = amount / whole, owner_of(end)
        inside = is_inside(places.get(owner), boundary)
        if "/earned/" in end and owner in agents:
            to[owner] += share
        elif inside is None:
            unknown += share
        elif inside:
            local += share
        else:
            extracted += share
    return Row(dict(to), local, extracted, unknown)
