"""Who and what is in a lot: the way back over lots and processes, in exact fractions (entries, Provenance).

A lot passes on the fraction that was drawn of it, a process the parts that its lots were given; along a path they
multiply. So every reading here is one weight for each account behind a lot, and sums of what sources gave times it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from ledger.rules.entries import PART
from ledger.rules.readings import NetFlow
from ledger.rules.refusal import Refusal

UNTOLD = "unknown/payee"  # a cost whose entry does not say who was paid


class CircularLineage(Refusal):
    """{path} would be made of itself, so nobody can say who is in it."""


class PaidToLot(NamedTuple):
    """A cost that was paid to another cooperative's lot, which earned it in the entry `token`."""

    path: str  # of the lot's earnings: coops/fern/earned/dry-1
    token: int


class Source(NamedTuple):
    """One contribution: the entry that brought it, the account that gave it, and its unit."""

    token: int
    giver: str
    unit: str


Payee = str | PaidToLot
Flows = dict[str, list[NetFlow]]


def _lists() -> Flows:
    return defaultdict(list)


@dataclass(slots=True)
class Facts:
    """The net flows of goods, hours and parts, found again by the path of the lot or process they touch."""

    fills: Flows = field(default_factory=_lists)  # into a lot, from a source, a process or another lot
    draws: Flows = field(default_factory=_lists)  # out of a lot: sold, consumed, lost, split
    inputs: Flows = field(default_factory=_lists)  # into a process, from a source or a lot
    outputs: Flows = field(default_factory=_lists)  # out of a process, parts apart
    parts: dict[str, dict[str, int]] = field(default_factory=dict)  # process → lot → parts of 10,000
    filled: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # lot → all that ever came into it
    drawn: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # lot → all that left it
    entries: dict[int, list[NetFlow]] = field(
        default_factory=dict
    )  # all flows of the entries that brought something in
    # What was read of these facts before, since a report asks the same of a lot many times.
    readings: dict[tuple[str, str, str | None], Any] = field(default_factory=dict, repr=False, compare=False)


def path_of(address: str) -> str:
    """An account wherever it is kept: coops/fern/lots/bars-31."""
    return address.partition("@")[0]


def change(flow: tuple[str, str, str, int], path: str) -> int:
    """By how much a flow of giver, taker, unit and quantity changes what the account of that path holds, wherever it is
    kept."""
    giver, taker, _, quantity = flow
    return quantity * (path_of(taker) == path) - quantity * (path_of(giver) == path)


def owner_of(address: str) -> str:
    """Whose account it is: coops/fern."""
    return "/".join(address.split("/", 2)[:2])


def word_of(path: str) -> str:
    """The first word of an account's purpose: lots, processes, work …"""
    return path_of(path).split("/", 3)[2]


def reached(starts: Iterable[str], following: Mapping[str, Iterable[str]]) -> set[str]:
    """These and all that follow from them, step by step."""
    found = set(starts)
    frontier = list(found)
    while frontier:
        for further in set(following.get(frontier.pop(), ())) - found:
            found.add(further)
            frontier.append(further)
    return found


def facts(net_flows: Iterable[NetFlow]) -> Facts:
    """What the readings below ask, from net flows in any order. A custody move is no flow here."""
    found = Facts()
    entries: dict[int, list[NetFlow]] = defaultdict(list)
    bringing: set[int] = set()
    for flow in net_flows:
        entries[flow.token].append(flow)
        giver, taker = path_of(flow.giver), path_of(flow.taker)
        came_from, went_to = word_of(giver), word_of(taker)
        if flow.unit == PART:
            shares = found.parts.setdefault(giver, {})
            shares[taker] = shares.get(taker, 0) + flow.quantity
        elif giver != taker:
            if went_to == "lots":
                found.fills[taker].append(flow)
                found.filled[taker] += flow.quantity
            if went_to == "processes":
                found.inputs[taker].append(flow)
            if came_from == "lots":
                found.draws[giver].append(flow)
                found.drawn[giver] += flow.quantity
            if came_from == "processes":
                found.outputs[giver].append(flow)
            if went_to in {"lots", "processes"}:
                bringing.add(flow.token)
    found.entries = {token: entries[token] for token in bringing}
    return found


# What a lot carries -------------------------------------------------------------------------------------------------


def embodied(lot: str, known: Facts) -> Mapping[Source, Fraction]:
    """{source: quantity} carried by the whole lot, over every path behind it."""
    return read_once(known, ("embodied", lot, None), lambda: _embodied(lot, known))


def read_once[Found](known: Facts, name: tuple[str, str, str | None], read: Callable[[], Found]) -> Found:
    """What `read` finds in these facts; asked again by that name it is not read again."""
    if name not in known.readings:
        known.readings[name] = read()
    found: Found = known.readings[name]
    return found


def _embodied(lot: str, known: Facts) -> dict[Source, Fraction]:
    carried: dict[Source, Fraction] = defaultdict(Fraction)
    for account, weight in weights_behind(lot, known).items():
        for flow in given_to(account, known):
            carried[Source(flow.token, flow.giver, flow.unit)] += flow.quantity * weight
    return {source: quantity for source, quantity in carried.items() if quantity}


def costs(lot: str, known: Facts) -> Mapping[Payee, Fraction]:
    """{payee: amount} already paid for a lot's inputs, as far as its own cooperative made it.

    The cost of an input is what left `free` or `debts` in the entry that brought it; the payee is the claim's new
    owner, or who received the money there. What another cooperative gave for a share is paid by dividing, not here.
    """
    return read_once(known, ("costs", lot, None), lambda: _costs(lot, known))


def _costs(lot: str, known: Facts) -> dict[Payee, Fraction]:
    paid: dict[Payee, Fraction] = defaultdict(Fraction)
    for account, weight in weights_behind(lot, known, within=owner_of(lot)).items():
        for payee, amount in read_once(known, ("paid", account, None), partial(_paid_at, account, known)).items():
            paid[payee] += amount * weight
    return {payee: amount for payee, amount in paid.items() if amount}


def _paid_at(account: str, known: Facts) -> dict[Payee, Fraction]:
    """What was paid for all that came into one lot or process from elsewhere, whatever became of it."""
    owner = owner_of(account)
    paid: dict[Payee, Fraction] = defaultdict(Fraction)
    priced: dict[int, dict[NetFlow, dict[Payee, Fraction]]] = {}
    for flow in _brought_to(account, known):
        if not goes_back(flow, known) or owner_of(flow.giver) != owner:
            if flow.token not in priced:
                priced[flow.token] = _priced(known.entries[flow.token])
            for payee, amount in priced[flow.token].get(flow, {}).items():
                paid[payee] += amount
    return paid


def brought_to(account: str, known: Facts) -> Sequence[NetFlow]:
    """What came into one lot or process, from sources, lots and processes alike."""
    return _brought_to(account, known)


def weights_behind(lot: str, known: Facts, *, within: str | None = None) -> Mapping[str, Fraction]:
    """{path of a lot or process: which fraction of it is in this lot}, the lot itself first, each before its sources.

    `within` stops at the lots of other owners. Raises CircularLineage.
    """

    def sources(account: str) -> Mapping[str, Fraction]:
        behind = right_behind(account, known)
        return behind if within is None else {p: f for p, f in behind.items() if owner_of(p) == within}

    return read_once(known, ("weights", lot, within), lambda: _weights(lot, sources))


def made_of(lot: str, known: Facts) -> dict[str, Fraction]:
    """{path of a lot or process: which fraction of `lot` went into it}, forward: the lot itself first."""
    return _weights(lot, lambda account: _ahead(account, known))


def _weights(start: str, following: Callable[[str], Mapping[str, Fraction]]) -> dict[str, Fraction]:
    weights: dict[str, Fraction] = defaultdict(Fraction, {start: Fraction(1)})
    order = _in_order(start, following)
    for account, edges in order:
        for further, fraction in edges.items():
            weights[further] += weights[account] * fraction
    return {account: weights[account] for account, _ in order}


def _in_order(
    start: str, following: Callable[[str], Mapping[str, Fraction]]
) -> list[tuple[str, Mapping[str, Fraction]]]:
    """Every account reached, before all that follow it. Its own stack: chains may be deeper than Python's."""
    edges: dict[str, Mapping[str, Fraction]] = {start: following(start)}
    open_accounts, finished = {start}, []
    stack: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
    while stack:
        account, rest = stack[-1]
        further = next(rest, None)
        if further is None:
            stack.pop()
            open_accounts.discard(account)
            finished.append(account)
        elif further in open_accounts:
            raise CircularLineage(path=further)
        elif further not in edges:
            edges[further] = following(further)
            open_accounts.add(further)
            stack.append((further, iter(edges[further])))
    return [(account, edges[account]) for account in reversed(finished)]


def right_behind(account: str, known: Facts) -> Mapping[str, Fraction]:
    """Which fraction of each lot or process is in this one, one step back."""
    return read_once(known, ("behind", account, None), partial(_read_behind, account, known))


def _read_behind(account: str, known: Facts) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for flow in _brought_to(account, known):
        if goes_back(flow, known):
            giver = path_of(flow.giver)
            found[giver] = _part(giver, account, known) if word_of(giver) == "processes" else (
                found[giver] + Fraction(flow.quantity, known.filled[giver])
            )  # fmt: skip
    return found


def _ahead(account: str, known: Facts) -> dict[str, Fraction]:
    """Which fraction of this lot or process is in each that it went into, one step on."""
    if word_of(account) == "processes":
        return {lot: _part(account, lot, known) for lot in known.parts.get(account, ())}
    found: dict[str, Fraction] = defaultdict(Fraction)
    for flow in known.draws.get(account, ()):
        if word_of(flow.taker) in {"lots", "processes"}:
            found[path_of(flow.taker)] += Fraction(flow.quantity, known.filled[account])
    return found


def _part(process: str, lot: str, known: Facts) -> Fraction:
    shares = known.parts.get(process, {})
    return Fraction(shares.get(lot, 0), sum(shares.values()) or 1)


def _brought_to(account: str, known: Facts) -> list[NetFlow]:
    return (known.inputs if word_of(account) == "processes" else known.fills).get(account, [])


def given_to(account: str, known: Facts) -> Iterator[NetFlow]:
    """What came into a lot or process from a source: from neither a lot nor a process."""
    return (flow for flow in _brought_to(account, known) if not goes_back(flow, known))


def goes_back(flow: NetFlow, known: Facts) -> bool:
    """Whether there is something behind it: it comes out of a process, or out of a lot that was filled."""
    giver = path_of(flow.giver)
    return word_of(giver) == "processes" or (word_of(giver) == "lots" and giver in known.fills)


# What it cost -------------------------------------------------------------------------------------------------------


def _priced(its: list[NetFlow]) -> dict[NetFlow, dict[Payee, Fraction]]:
    """What was paid for each input that an entry brought.

    A cost paid to somebody who brought something is the cost of that, any other cost of everything that was brought.
    Among several inputs the units count alike, and within a unit the quantities.
    """
    paid: dict[NetFlow, dict[Payee, Fraction]] = {}
    costly = [f for f in its if "@" in f.unit and word_of(f.giver) in {"free", "debts"}]
    brought = [f for f in its if costly and f.unit != PART and word_of(f.taker) in {"lots", "processes"}]
    by_giver: Flows = defaultdict(list)
    for flow in brought:
        by_giver[owner_of(flow.giver)].append(flow)
    for cost in costly:
        for owner, payee, amount in _payees(cost, its):
            among = by_giver.get(owner, brought)
            alike: dict[str, int] = defaultdict(int)
            for flow in among:
                alike[flow.unit] += flow.quantity
            for flow in among:
                share = Fraction(flow.quantity, alike[flow.unit] * len(alike))
                lot = paid.setdefault(flow, defaultdict(Fraction))
                lot[payee] += amount * share
    return paid


def _payees(cost: NetFlow, its: list[NetFlow]) -> Iterator[tuple[str, Payee, Fraction]]:
    """(owner, payee, amount): the claim's new owner; where it became money, the lots that earned it or who got it."""
    if word_of(cost.taker) != "owes":
        yield owner_of(cost.taker), owner_of(cost.taker), Fraction(cost.quantity)
        return
    payer, money = owner_of(cost.giver), cost.unit.partition("@")[0]
    earned = [f for f in its if "@" in f.unit and word_of(f.taker) == "earned" and word_of(f.giver) == "owes"]
    got = [f for f in its if f.unit == money and owner_of(f.giver) == payer != owner_of(f.taker)]
    ends = earned or got
    whole = sum(f.quantity for f in ends)
    for end in ends:
        owner = owner_of(end.taker)
        payee = PaidToLot(path_of(end.taker), end.token) if earned else owner
        yield owner, payee, cost.quantity * Fraction(end.quantity, whole)
    if not ends:
        yield UNTOLD, UNTOLD, Fraction(cost.quantity)
