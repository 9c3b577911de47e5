"""The ledger at /api/1/: read only. Quantities are strings of decimal digits, since JSON numbers lose above 2^53."""

from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger import queries
from ledger.permissions import may_read_books
from ledger.rules.entries import Address
from ledger.views import NoSuchRecord


class ReadsBooks(permissions.BasePermission):
    """Members, auditors, and everyone where the books are open."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_read_books(request.user)


class CheckpointSerializer(serializers.Serializer[Any]):
    """The log's size and root at its last checkpoint."""

    size = serializers.IntegerField()
    root_hash = serializers.CharField(help_text="32 bytes, hexadecimal")


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
    undoes = serializers.UUIDField(allow_null=True)
    flows = FlowSerializer(many=True)


class HoldingSerializer(serializers.Serializer[Any]):
    """What an account holds of one unit."""

    address = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.CharField()


class CheckpointView(APIView):
    """What anyone may read: how long the log is, and its root."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="log_retrieve", responses=CheckpointSerializer)
    def get(self, request: Request) -> Response:
        last = queries.checkpoint()
        return Response({"size": last.size if last else 0, "root_hash": queries.log_root().hex()})


class EntryView(APIView):
    """One entry by its id."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="entry_retrieve", responses=EntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:
        found = queries.entry(entry_id)
        if found is None:
            raise NoSuchRecord()
        return Response(EntrySerializer(found).data)


class AccountView(APIView):
    """What an account holds, unit by unit."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="account_retrieve", responses=HoldingSerializer(many=True))
    def get(self, request: Request, address: str) -> Response:
        holdings = queries.balances(addresses=[str(Address.parse(address))])
        return Response(HoldingSerializer(holdings, many=True).data)


urlpatterns = [
    path("log/", CheckpointView.as_view(), name="api_log"),
    path("entries/<uuid:entry_id>/", EntryView.as_view(), name="api_entry"),
    path("accounts/<path:address>/", AccountView.as_view(), name="api_account"),
]
