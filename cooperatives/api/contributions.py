"""What was given: goods and work."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives import queries
from cooperatives.api.doors import BEFORE, KEY, REFUSED, OfMembers, Recorded, read, when
from cooperatives.models import Role
from cooperatives.queries.tools import tools_of
from cooperatives.queries.weighings import deliveries_before
from cooperatives.rules.measures import price_of
from cooperatives.rules.outlines import read_point
from cooperatives.rules.recipes import ENERGY
from cooperatives.services import contributions, energy, tools
from cooperatives.views.access import member_of
from ledger.api.pages import A_PAGE, place_of
from ledger.fields import WholeNumberField
from ledger.rules.refusal import NotFound

SOURCES = tuple(ENERGY)


class DeliveryRow(serializers.Serializer[Any]):
    """A delivery: what the scale said, and the net as it stands after corrections, in the lot's unit."""

    key = serializers.CharField(source="weighing.key")
    at = serializers.DateTimeField(source="weighing.at")
    giver = serializers.CharField(source="weighing.giver.address")
    lot = serializers.CharField(source="weighing.lot.code")
    goods = serializers.CharField(source="weighing.lot.goods")
    unit = serializers.CharField(source="weighing.lot.unit")
    gross = serializers.IntegerField(source="weighing.gross")
    tare = serializers.IntegerField(source="weighing.tare")
    net = serializers.IntegerField()
    grade = serializers.CharField(source="weighing.grade")


class DeliveryPage(serializers.Serializer[Any]):
    """Deliveries, the last recorded first, and before which one the next stand; null at the first of all."""

    contributions = DeliveryRow(many=True)
    next = serializers.IntegerField(allow_null=True)


class GivenGoods(serializers.Serializer[Any]):
    """A delivery from a phone: `gross` and `tare` in `unit`, once for each `key`. Its `position` (longitude, latitude)
    is its giver's own: nobody else reads it until they show it."""

    key = serializers.RegexField(KEY)
    giver = serializers.CharField(max_length=60)
    goods = serializers.CharField(max_length=100)
    unit = serializers.CharField(max_length=20, default="g")
    gross = WholeNumberField(min_value=1, max_value=2**53 - 1)
    tare = WholeNumberField(min_value=0, max_value=2**53 - 1, default=0)
    hub = serializers.SlugField(max_length=40)
    lot = serializers.SlugField(max_length=40, required=False)
    kilo_price = WholeNumberField(
        min_value=1, max_value=2**31, required=False, help_text="for 1000 of the unit, in the smallest part of money"
    )
    grade = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    position = serializers.ListField(
        child=serializers.DecimalField(max_digits=9, decimal_places=6), min_length=2, max_length=2, required=False
    )
    at = serializers.DateTimeField(required=False)


class GivenWork(serializers.Serializer[Any]):
    """Minutes that a member worked in a process, once for each `key`."""

    key = serializers.RegexField(KEY)
    worker = serializers.CharField(max_length=60)
    process = serializers.SlugField(max_length=40)
    minutes = WholeNumberField(min_value=1, max_value=60 * 24 * 31)
    kind = serializers.SlugField(max_length=40, default="share")
    at = serializers.DateTimeField(required=False)


class GivenUse(serializers.Serializer[Any]):
    """What a process took, once for each `key`: `minutes` of a `tool`, or of one that is only `named` and becomes the
    cooperative's own; or `watt_hours` by `source` (`origin`: the sun, wind … that gave what was made here, or the
    supplier of what was bought)."""

    key = serializers.RegexField(KEY)
    process = serializers.SlugField(max_length=40)
    tool = serializers.SlugField(max_length=40, required=False)
    named = serializers.CharField(max_length=100, required=False)
    minutes = WholeNumberField(min_value=1, max_value=60 * 24 * 31, required=False)
    source = serializers.ChoiceField(choices=SOURCES, required=False)  # type: ignore[assignment]  # a name of the body
    origin = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    watt_hours = WholeNumberField(min_value=1, max_value=2**53 - 1, required=False)
    at = serializers.DateTimeField(required=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        is_tool, is_energy = "minutes" in said, "source" in said and "watt_hours" in said
        if is_tool == is_energy or is_tool != (("tool" in said) != ("named" in said)):
            raise serializers.ValidationError("minutes of a tool, known or named, or watt_hours of a source")
        return said


class Contributions(OfMembers):
    """Deliveries, fifty at a time; a member without an office sees the own ones."""

    @extend_schema(parameters=[BEFORE], responses={200: DeliveryPage} | REFUSED)
    def get(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        rows = deliveries_before(
            by.cooperative, reader=by, before=place_of(request, "before"), most=A_PAGE + 1,
            only_own=not by.has_role(Role.STEWARD, Role.CLERK, Role.TREASURER, Role.AUDITOR),
        )  # fmt: skip
        after = rows[A_PAGE - 1].weighing.pk if len(rows) > A_PAGE else None
        return Response(DeliveryPage({"contributions": rows[:A_PAGE], "next": after}).data)


class Goods(OfMembers):
    """Deliveries."""

    @extend_schema(request=GivenGoods, responses={201: Recorded} | REFUSED)
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        said = read(GivenGoods, request)
        hub = by.cooperative.hubs.filter(slug=said["hub"]).first()
        # Also one who has left: what was recorded and is sent again is answered the same.
        giver = by.cooperative.memberships.filter(address=said["giver"]).select_related("cooperative").first()
        if hub is None or giver is None:
            raise NotFound
        lot = contributions.give_goods(
            by=by, giver=giver, goods=said["goods"], unit=said["unit"], quantity=said["gross"],
            tare=said["tare"], hub=hub, lot_code=said.get("lot"), at=when(said), key=said["key"],
            price=price_of(said["gross"] - said["tare"], said.get("kilo_price")), grade=said["grade"],
            position=read_point(said["position"]) if "position" in said else None,
        )  # fmt: skip
        return Response({"key": said["key"], "lot": lot.code}, status=status.HTTP_201_CREATED)


class Work(OfMembers):
    """Hours."""

    @extend_schema(request=GivenWork, responses={201: Recorded} | REFUSED)
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        said = read(GivenWork, request)
        process = queries.process(slug, said["process"])
        if process is None:
            raise NotFound
        contributions.give_work(
            by=by, worker=member_of(by, said["worker"]), process=process, minutes=said["minutes"], kind=said["kind"],
            at=when(said), key=said["key"],
        )  # fmt: skip
        return Response({"key": said["key"], "process": process.code}, status=status.HTTP_201_CREATED)


class Use(OfMembers):
    """Tools and energy."""

    @extend_schema(request=GivenUse, responses={201: Recorded} | REFUSED)
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        said = read(GivenUse, request)
        process = queries.process(slug, said["process"])
        tool = next((tool for tool in tools_of(by.cooperative) if tool.code == said.get("tool")), None)
        if process is None or (tool is None and "tool" in said):
            raise NotFound
        about = {"by": by, "process": process, "at": when(said), "key": said["key"]}
        if "named" in said:
            tool = tools.add_tool(by=by, cooperative=by.cooperative, name=said["named"], at=about["at"])
        if tool is not None:
            tools.use_tool(**about, tool=tool, minutes=said["minutes"])
        else:
            energy.use_energy(**about, source=said["source"], origin=said["origin"], watt_hours=said["watt_hours"])
        return Response({"key": said["key"], "process": process.code}, status=status.HTTP_201_CREATED)
