"""What lists at /api/1/ share: who reads them, how long an answer is, and where the next one begins."""

from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from ledger.permissions import may_read_books
from ledger.rules.refusal import BadInput

A_PAGE = 50


class NoPlace(BadInput):
    """“{text}” is no place in a list: ask for what stands before a whole number."""


class ReadsBooks(permissions.BasePermission):
    """Members, auditors, and everyone where the books are open."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_read_books(request.user)


def place_of(request: Request, name: str) -> int | None:
    """The whole number that a query gives under that name; None where it gives none."""
    said = request.query_params.get(name, "")
    if said and not (said.isascii() and said.isdigit() and len(said) < 19):
        raise NoPlace(text=said[:40])
    return int(said) if said else None
