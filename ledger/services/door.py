"""The database's own functions, called: what they refuse is raised, a clash with another writer is tried again."""

import json
from contextlib import nullcontext
from typing import Any

import psycopg
from django.db import Error, connection, transaction

from ledger.rules.laws import BY_NAME
from ledger.rules.refusal import Refusal

REFUSED = "RN001"  # the SQLSTATE by which the journal's functions refuse
CLASHES = frozenset({"23505", "40P01"})  # a unique key taken meanwhile, a deadlock: the next try sees what is there
TRIES = 5


def ask(statement: str, values: list[Any]) -> list[Any]:
    """The rows that a call of a function answers. Raises the Refusal that the function refused with."""
    for attempt in range(TRIES):
        try:
            # The savepoint lets a caller's transaction live on after a refusal; alone, the call is its own transaction.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                return _ask(statement, values)
        except Error as error:
            told = error.__cause__
            if not isinstance(told, psycopg.Error):
                raise
            if told.sqlstate == REFUSED:
                raise _refusal(told.diag) from None
            if told.sqlstate not in CLASHES or attempt == TRIES - 1:
                raise
    raise AssertionError("the last try answers or raises")


def _ask(statement: str, values: list[Any]) -> list[Any]:
    connection.ensure_connection()
    link = connection.connection
    # Django's own cursor writes parameters into the statement's text, and its connections prepare nothing: here they go
    # binary, and the statement is parsed and planned once a connection.
    usual, link.prepare_threshold = link.prepare_threshold, 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(link) as cursor:
            cursor.execute(statement, values, prepare=True)
            return cursor.fetchall()
    finally:
        link.prepare_threshold = usual


def _refusal(told: Any) -> Refusal:
    return BY_NAME[told.message_primary](**json.loads(told.message_detail))
