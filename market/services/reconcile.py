"""Our books beside Stripe's, line by line: what we missed is taken, what then still differs is told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from ledger.queries import balances, entries_by_prefix
from market import stripe_connect
from market.models import StripeAccount, Transfer
from market.rules.cards import PLATFORM
from market.services.stripe_answers import make_calls
from market.services.stripe_events import read_events
from market.services.stripe_facts import take_fact

SOURCES = {"ch": "charge", "re": "refund", "tr": "transfer", "du": "dispute", "dp": "dispute", "po": "payout"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that Stripe and we tell differently, in the currency's smallest part."""

    keeper: str
    what: str
    currency: str
    ours: int
    stripes: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one comparison found: lines of statements read, entries written to catch up, differences left."""

    lines: int
    healed: int
    differences: tuple[Difference, ...]


def reconcile(*, at: datetime) -> Reconciled:
    """Take everything that Stripe's statements tell and we do not know yet, then compare every line and every balance.

    Run again it finds and writes nothing, unless something happened meanwhile.
    """
    before = len(entries_by_prefix("stripe/"))
    make_calls(at=at)
    read_events(at=at)
    accounts = {PLATFORM: ""} | {
        f"stripe/{row.cooperative.slug}": row.account
        for row in StripeAccount.objects.exclude(account=None).select_related("cooperative")
        if row.account
    }
    statements = {keeper: stripe_connect.statement(account) for keeper, account in accounts.items()}
    for keeper, lines in statements.items():
        _take_unknown(keeper, accounts[keeper], lines, at)
    make_calls(at=at)
    found: list[Difference] = []
    for keeper, lines in statements.items():
        if keeper == PLATFORM:
            found += _lines_that_differ(keeper, lines)
        found += _balances_that_differ(keeper, stripe_connect.balance(accounts[keeper]))
    healed = len(entries_by_prefix("stripe/")) - before
    return Reconciled(sum(map(len, statements.values())), healed, tuple(found))


def _take_unknown(keeper: str, account: str, lines: Iterable[Mapping[str, Any]], at: datetime) -> None:
    """Ask for every object whose lines we tell otherwise."""
    for source, _currency in _unlike(_told(keeper), _sums(lines)):
        if source.startswith("trr_"):  # a reversal is found by the transfer it takes back, and by no other way
            _take_reversals(at)
        if kind := SOURCES.get(source.partition("_")[0]):
            with suppress(stripe_connect.Refused):  # what Stripe does not know stays a difference
                take_fact(kind=kind, identity=source, account=account, at=at)


def _take_reversals(at: datetime) -> None:
    open_ones = Transfer.objects.filter(transfer__isnull=False, reversed__lt=F("amount"))
    for identity in open_ones.values_list("transfer", flat=True):
        take_fact(kind="transfer", identity=str(identity), at=at)


def _lines_that_differ(keeper: str, lines: Iterable[Mapping[str, Any]]) -> Iterable[Difference]:
    """An object may have several lines, a dispute that was won two: they are compared together."""
    ours, theirs = _told(keeper), _sums(lines)
    for key in _unlike(ours, theirs):
        yield Difference(keeper, key[0], key[1], ours.get(key, 0), theirs.get(key, 0))


def _sums(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """{(object, currency): by how much its lines changed the balance}"""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        sums[str(line["source"]), line["currency"].upper()] += line["net"]
    return dict(sums)


def _told(keeper: str) -> dict[tuple[str, str], int]:
    """The same from our entries, whose keys name the object."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries_by_prefix(f"{keeper}/"):
        source = entry.key.removeprefix(f"{keeper}/").partition("/")[0]
        for flow in entry.flows:
            if "@" not in flow.unit:
                change = flow.taker.endswith(f"@{keeper}") - flow.giver.endswith(f"@{keeper}")
                sums[source, flow.unit] += change * flow.quantity
    return dict(sums)


def _unlike(ours: Mapping[tuple[str, str], int], theirs: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    return [key for key in sorted({*ours, *theirs}) if ours.get(key, 0) != theirs.get(key, 0)]


def _balances_that_differ(keeper: str, theirs: Mapping[str, int]) -> Iterable[Difference]:
    ours: dict[str, int] = defaultdict(int)
    for row in balances(keeper=keeper):
        ours[row.unit] += row.quantity
    for currency in sorted(set(ours) | set(theirs)):
        if ours.get(currency, 0) != theirs.get(currency, 0):
            yield Difference(keeper, "balance", currency, ours.get(currency, 0), theirs.get(currency, 0))
