"""Pages of the ledger: the log, an entry, an account's statement."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ledger import queries
from ledger.permissions import may_read_books, reads_books
from ledger.rules.entries import Address, MalformedEntry
from ledger.rules.notes import BadNote
from ledger.rules.parts import whole_key
from ledger.rules.refusal import NotFound
from ledger.services.cosigners import cosigned as cosigned_by
from ledger.services.log import log_folder

LATEST = 25
A_PAGE = 100  # entries of an account
# What a QR code of ours says, whatever the address was when it was printed: only the path is followed.
PRINTED = re.compile(r"https?://[^/\s]+(/(?:log/records/[0-9]{1,18}|entries/[0-9a-f-]{36})/)")
# A form's field makes one line of a receipt that is pasted into it.
NUMBER_OR_RECEIPT = re.compile(
    r"(?:c2sp\.org/tlog-proof@v1\s+(?:extra \S+\s+)?index )?([0-9]{1,18})(?:\s.*)?", re.DOTALL | re.ASCII
)
SILENCE = timedelta(days=1)  # a witness that did not sign for so long before the newest quorum is silent


class NoSuchRecord(NotFound):
    """There is no entry by that number or id. Look at the receipt again, or go to the latest entries."""


class NoSuchAccount(NotFound):
    """There is no account “{address}” in the books."""


def account_asked(address: str) -> str:
    """The account whose address somebody wrote. Raises NoSuchAccount where it is no account's address."""
    try:
        return str(Address.parse(address))
    except MalformedEntry:
        raise NoSuchAccount(address=address) from None


def log(request: HttpRequest) -> HttpResponse:
    """The state of the log, what it proves, and (for members) its latest entries."""
    before = request.GET.get("before", "")
    shows_entries = may_read_books(request.user)
    entries = (
        queries.latest_entries(LATEST + 1, before=int(before) if before.isdigit() else None) if shows_entries else []
    )
    found = {
        "here": "books",
        "checkpoint": queries.checkpoint(),
        "quorum": queries.quorum(),
        "root": queries.log_root().hex(),
        "size": queries.log_size(),
        "entries": entries[:LATEST],
        "older": entries[LATEST - 1].token if len(entries) > LATEST else None,
        "shows_entries": shows_entries,
    }
    return render(request, "ledger/log.html", found)


def witnesses(request: HttpRequest) -> HttpResponse:
    """Who checks this log on machines of their own, what they signed last, and who is silent."""
    roster, newest = queries.roster(), queries.quorum()
    rows = queries.witnesses_seen(roster)
    quiet_since = newest.at - SILENCE if newest else None
    cosigned, cosigners = cosigned_by()
    found = {
        "here": "books",
        "cosigned": cosigned,
        "cosigners": [{"name": row.name, "at": datetime.fromtimestamp(row.at, UTC)} for row in cosigners],
        "roster": roster,
        "count": len(rows),
        "newest": newest,
        "rows": [{"seen": row, "is_silent": not (row.at and quiet_since and row.at >= quiet_since)} for row in rows],
        "is_demonstration": settings.IS_DEMONSTRATION,
    }
    return render(request, "ledger/witnesses.html", found)


@reads_books
def find_record(request: HttpRequest) -> HttpResponse:
    """From what a person has in hand (a record's number, a receipt or its QR code, an id, a key, an address) to its
    page."""
    wanted = request.GET.get("q", "").strip()
    if printed := PRINTED.match(wanted):
        return redirect(printed[1])
    if place := NUMBER_OR_RECEIPT.fullmatch(wanted):
        return redirect("record", index=int(place[1]))
    try:
        return redirect("entry", entry_id=UUID(wanted))
    except ValueError:
        pass
    if by_key := queries.entries_by_key([wanted]).get(wanted):
        return redirect("entry", entry_id=by_key.id)
    try:
        return redirect("statement", address=str(Address.parse(wanted)))
    except MalformedEntry:
        raise NoSuchRecord() from None


@reads_books
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry: who gave what to whom, how we know, and what undid it."""
    found = queries.entry(entry_id)
    if found is None:
        raise NoSuchRecord()
    place = queries.place_in_log(found.token)
    undone = queries.entry(found.undoes) if found.undoes else None
    whole = whole_key(found.key)
    return render(
        request,
        "ledger/entry.html",
        {
            "here": "books",
            "entry": found,
            "whole": queries.entries_by_key([whole]).get(whole) if whole != found.key else None,
            "units": queries.units({flow.unit for flow in found.flows}),
            "leaf": place,
            "index": place.index,
            "text": place.text,
            "is_published": place.index is not None and place.index < _published(),
            "undone_by": queries.undone_by(found.id),
            "undoes": undone,
        },
    )


@reads_books
def statement(request: HttpRequest, address: str) -> HttpResponse:
    """What one account holds, unit by unit, and the entries that changed it: the last ones, or those before a token."""
    account, before = account_asked(address), request.GET.get("before", "")
    found = queries.statements_of(account)
    if not found:
        raise NoSuchAccount(address=account)
    tokens = sorted({line.entry.token for s in found for line in s.lines})
    if before.isdigit():
        tokens = [token for token in tokens if token < int(before)]
    shown = set(tokens[-A_PAGE:])
    lines = [(s, [line for line in s.lines if line.entry.token in shown]) for s in found]
    return render(
        request,
        "ledger/statement.html",
        {
            "here": "books",
            "address": account,
            "statements": lines,
            "units": {s.unit.code: s.unit for s in found},
            "older": min(shown) if len(tokens) > A_PAGE else None,
            "is_latest": not before,
            "sealed": queries.sealed(shown),
        },
    )


def _published() -> int:
    """How many records are published and signed; none where the checkpoint is broken."""
    try:
        head = log_folder().head()
    except BadNote:
        return 0
    return head.size if head else 0
