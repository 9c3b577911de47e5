"""Lots, what is in them and what became of them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives import queries
from cooperatives.api.doors import BEFORE, REFUSED, OfMembers
from cooperatives.queries.goods import lots_before
from ledger.api.pages import A_PAGE, place_of
from ledger.rules.refusal import NotFound


class LotRow(serializers.Serializer[Any]):
    """A lot that holds something; `quantity` is in `unit`."""

    code = serializers.CharField()
    goods = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    is_drawn = serializers.BooleanField()
    hub = serializers.CharField(source="lot.hub.slug")
    address = serializers.CharField(source="lot.address")


class LotPage(serializers.Serializer[Any]):
    """Lots that hold something, the last opened first, and before which one the next stand; null at the first."""

    lots = LotRow(many=True)
    next = serializers.IntegerField(allow_null=True)


class GivenRow(serializers.Serializer[Any]):
    """What one owner gave to a lot: the share that is in it, in `unit`."""

    owner = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    evidence = serializers.CharField()


class OnwardRow(serializers.Serializer[Any]):
    """A lot that some of this one went into, and how much of this one."""

    cooperative = serializers.CharField(source="lot.cooperative.slug")
    lot = serializers.CharField(source="lot.code")
    quantity = serializers.IntegerField()


class LotDetail(serializers.Serializer[Any]):
    """A lot, back to whoever gave and forward to all that was made of it; energy in watt-hours by source."""

    code = serializers.CharField(source="lot.code")
    goods = serializers.CharField(source="lot.goods")
    unit = serializers.CharField(source="lot.unit")
    address = serializers.CharField(source="lot.address")
    opened_at = serializers.DateTimeField(source="lot.opened_at")
    filled = serializers.IntegerField(source="story.filled")
    left = serializers.IntegerField(source="story.left")
    given = GivenRow(many=True, source="story.given")
    energy = serializers.DictField(child=serializers.IntegerField(), source="story.energy")
    into = OnwardRow(many=True, source="ahead.into")
    under_way = serializers.IntegerField(source="ahead.under_way")
    sold = serializers.IntegerField(source="ahead.sold")


class Lots(OfMembers):
    """Lots at hand, fifty at a time."""

    @extend_schema(operation_id="cooperatives_lots_list", parameters=[BEFORE], responses={200: LotPage} | REFUSED)
    def get(self, request: Request, slug: str) -> Response:
        cooperative = self.by(request, slug).cooperative
        rows = lots_before(cooperative, before=place_of(request, "before"), most=A_PAGE + 1)
        after = rows[A_PAGE - 1].lot.pk if len(rows) > A_PAGE else None
        return Response(LotPage({"lots": rows[:A_PAGE], "next": after}).data)


class OneLot(OfMembers):
    """A lot with what it holds, and how much of it came of whom and went where."""

    @extend_schema(responses={200: LotDetail} | REFUSED)
    def get(self, request: Request, slug: str, code: str) -> Response:
        by = self.by(request, slug)
        found = queries.lot(slug, code)
        if found is None:
            raise NotFound
        told = queries.lot_story(found, reader=by)
        return Response(LotDetail({"lot": found, "story": told, "ahead": queries.lot_onward(found)}).data)
