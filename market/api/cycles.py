"""Order cycles at /api/1/stalls/: read, opened, closed and divided by whoever may do so on the stall's pages."""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.fields import WholeNumberField
from market import queries
from market.api.stall import LAST, AtTheStall, SettlementSerializer
from market.models import Cycle
from market.rules.cart import MOST
from market.services.cycles import Plan, close_cycle, open_cycle
from market.services.settlements import divide_cycle


class CycleSerializer(serializers.Serializer[Any]):
    """An order cycle; `code` names it in the ledger, `state` says whether it takes orders at the moment."""

    code = serializers.CharField()
    name = serializers.CharField()
    cooperative = serializers.CharField(source="cooperative.slug")
    state = serializers.SerializerMethodField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField(source="ended_at")
    handover_on = serializers.DateField()
    handover_place = serializers.CharField()
    handover_note = serializers.CharField()
    has_all_goods = serializers.BooleanField()

    def get_state(self, cycle: Cycle) -> str:
        return cycle.window.state(timezone.now())


class BringSerializer(serializers.Serializer[Any]):
    """What one supplier must bring: pieces, and their quantity in the smallest part of their unit."""

    supplier = serializers.CharField()
    title = serializers.CharField()
    lot = serializers.CharField()
    hub = serializers.CharField()
    pieces = serializers.IntegerField()
    quantity = serializers.CharField()
    unit = serializers.CharField()


class OneCycleSerializer(CycleSerializer):
    """The same with what is ordered, and what this stall's own sales in it earned and nobody divided yet."""

    orders = serializers.IntegerField()
    bring = serializers.SerializerMethodField()
    undivided = serializers.SerializerMethodField()

    @extend_schema_field(BringSerializer(many=True))
    def get_bring(self, cycle: Cycle) -> list[dict[str, Any]]:
        mine = self.context["cooperative"]
        rows = queries.to_bring(cycle, only=None if cycle.cooperative_id == mine.pk else mine)
        return list(BringSerializer(rows, many=True).data)

    def get_undivided(self, cycle: Cycle) -> str:
        return str(sum(queries.earned_in(cycle, self.context["cooperative"]).values()))


class GoodSerializer(serializers.Serializer[Any]):
    """A listing in a cycle, with how many pieces of it at most."""

    listing = serializers.IntegerField(min_value=1, max_value=2**62)
    most = WholeNumberField(min_value=1, max_value=MOST * 1000, required=False, allow_null=True, default=None)


class NewCycleSerializer(serializers.Serializer[Any]):
    """A cycle to be opened. `key` is the client's own: sent again it answers the same cycle. Without `goods`, all that
    is on the shelf is in it."""

    key = serializers.CharField(min_length=16, max_length=64)
    name = serializers.CharField(max_length=80)
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    handover_on = serializers.DateField()
    handover_place = serializers.CharField(max_length=300)
    handover_note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    goods = GoodSerializer(many=True, required=False)


class StallCycles(AtTheStall):
    """The order cycles, and where one is opened."""

    @extend_schema(operation_id="cycles_list", responses=CycleSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = queries.cycles_of(self.by(request, slug).cooperative)[:LAST]
        return Response(CycleSerializer(found, many=True).data)

    @extend_schema(operation_id="cycles_open", request=NewCycleSerializer, responses={201: CycleSerializer})
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug, "cycles")
        said = self.said(NewCycleSerializer, request)
        key, goods = said.pop("key"), said.pop("goods", None)
        most = {good["listing"]: good["most"] for good in goods or () if good["most"]}
        plan = Plan(**said, goods=None if goods is None else tuple(good["listing"] for good in goods), most=most)
        made = open_cycle(by=by, cooperative=by.cooperative, plan=plan, at=timezone.now(), key=key)
        return Response(CycleSerializer(made).data, status=status.HTTP_201_CREATED)


class StallCycle(AtTheStall):
    """One order cycle."""

    @extend_schema(operation_id="cycles_retrieve", responses=OneCycleSerializer)
    def get(self, request: Request, slug: str, code: str) -> Response:
        by = self.by(request, slug)
        found = queries.cycle_called(by.cooperative, code)
        return Response(OneCycleSerializer(found, context={"cooperative": by.cooperative}).data)


class StallCycleClosing(AtTheStall):
    """Where a cycle is closed; closed again, it changes nothing."""

    @extend_schema(operation_id="cycles_close", request=None, responses=CycleSerializer)
    def post(self, request: Request, slug: str, code: str) -> Response:
        by = self.by(request, slug, "cycles")
        found = close_cycle(by=by, cycle=queries.cycle_called(by.cooperative, code), at=timezone.now())
        return Response(CycleSerializer(found).data)


class StallCycleDivision(AtTheStall):
    """Where what was sold in a closed cycle is divided; asked again, nothing is divided twice."""

    @extend_schema(operation_id="cycles_divide", request=None, responses={201: SettlementSerializer(many=True)})
    def post(self, request: Request, slug: str, code: str) -> Response:
        by = self.by(request, slug, "settlements")
        found = queries.cycle_called(by.cooperative, code)
        made = divide_cycle(by=by, cooperative=by.cooperative, cycle=found, at=timezone.now())
        return Response(SettlementSerializer(made, many=True).data, status=status.HTTP_201_CREATED)


urlpatterns = [
    path("stalls/<slug:slug>/cycles/", StallCycles.as_view(), name="api_cycles"),
    path("stalls/<slug:slug>/cycles/<slug:code>/", StallCycle.as_view(), name="api_cycle"),
    path("stalls/<slug:slug>/cycles/<slug:code>/close/", StallCycleClosing.as_view(), name="api_close_cycle"),
    path("stalls/<slug:slug>/cycles/<slug:code>/divide/", StallCycleDivision.as_view(), name="api_divide_cycle"),
]
