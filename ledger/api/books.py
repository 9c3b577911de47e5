"""The books at /api/1/: entries, what accounts hold, and the journal for other programs."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger import queries
from ledger.api.pages import A_PAGE, ReadsBooks, place_of
from ledger.rules.plaintext import FORMATS
from ledger.views.books import NoSuchAccount, NoSuchRecord, account_asked


class FlowSerializer(serializers.Serializer[Any]):
    """Who gave what to whom."""

    giver = serializers.CharField()
    taker = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.CharField(help_text="whole number of the unit's smallest part")


class EntrySerializer(serializers.Serializer[Any]):
    """An entry as the journal has it."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    action = serializers.CharField()
    purpose = serializers.CharField()
    at = serializers.DateTimeField()
    recorded = serializers.DateTimeField()
    by = serializers.ListField(child=serializers.CharField())
    evidence = serializers.CharField()
    evidence_hash = serializers.CharField(allow_null=True, help_text="salted SHA-256, hexadecimal")
    reason = serializers.CharField(allow_null=True, help_text="of a correction")
    undoes = serializers.UUIDField(allow_null=True)
    flows = FlowSerializer(many=True)


class EntriesSerializer(serializers.Serializer[Any]):
    """Entries, the newest first, and where to go on; null at the beginning of the journal."""

    entries = EntrySerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class HoldingSerializer(serializers.Serializer[Any]):
    """What an account holds of one unit."""

    address = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.CharField()


class EntryView(APIView):
    """One entry by its id."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="entry_retrieve", responses=EntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:
        found = queries.entry(entry_id)
        if found is None:
            raise NoSuchRecord()
        return Response(EntrySerializer(found).data)


class JournalView(APIView):
    """The whole journal as a text that another bookkeeping program reads: hledger or beancount."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="journal_retrieve", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, program: str) -> StreamingHttpResponse:
        if program not in FORMATS:
            raise NoSuchRecord()
        text = FORMATS[program](queries.each_entry(), queries.exponents())
        named = {"Content-Disposition": f'attachment; filename="journal.{program}"'}
        return StreamingHttpResponse(text, content_type="text/plain; charset=utf-8", headers=named)


class AccountView(APIView):
    """What an account holds, unit by unit."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="account_retrieve", responses=HoldingSerializer(many=True))
    def get(self, request: Request, address: str) -> Response:
        holdings = queries.balances(addresses=[account_asked(address)])
        return Response(HoldingSerializer(holdings, many=True).data)


class StatementLineSerializer(serializers.Serializer[Any]):
    """One entry as the account saw it; who was on the other side, the change, and the balance after it."""

    entry = EntrySerializer()
    others = serializers.ListField(child=serializers.CharField())
    change = serializers.CharField(help_text="of the unit's smallest part; below zero where it left the account")
    balance = serializers.CharField()


class StatementSerializer(serializers.Serializer[Any]):
    """A passbook: all that happened to an account in one unit, in the order in which it was recorded."""

    unit = serializers.CharField(source="unit.code")
    exponent = serializers.IntegerField(source="unit.exponent", help_text="decimals of the unit")
    balance = serializers.CharField()
    lines = StatementLineSerializer(many=True)


class StatementView(APIView):
    """What an account holds, unit by unit, and every entry that changed it."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="statement_list", responses=StatementSerializer(many=True))
    def get(self, request: Request, address: str) -> Response:
        account = account_asked(address)
        found = queries.statements_of(account)
        if not found:
            raise NoSuchAccount(address=account)
        return Response(StatementSerializer(found, many=True).data)


class EntriesView(APIView):
    """Entries, the newest first, fifty at a time; `next` is the token before which the next fifty stand."""

    permission_classes = [ReadsBooks]

    @extend_schema(
        operation_id="entries_list", responses=EntriesSerializer,
        parameters=[OpenApiParameter("before", int, description="the token that the answer before gave as `next`")],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        before = place_of(request, "before")
        found = queries.latest_entries(A_PAGE + 1, before=before)
        after = found[A_PAGE - 1].token if len(found) > A_PAGE else None
        return Response(EntriesSerializer({"entries": found[:A_PAGE], "next": after}).data)
