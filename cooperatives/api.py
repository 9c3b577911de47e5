"""The cooperatives' part of the API: the same queries, services and refusals as the pages."""

from datetime import datetime
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives import queries
from cooperatives.authentication import SignedByDevice
from cooperatives.models import Device, Member, Membership, Role
from cooperatives.queries import plans, recipes
from cooperatives.rules.labels import PAGE as PAGE_LABEL
from cooperatives.rules.measures import price_of
from cooperatives.rules.recipes import LARGEST
from cooperatives.services import contributions, devices
from cooperatives.views.access import member_of
from ledger.fields import WholeNumberField
from ledger.rules.amounts import NotANumber
from ledger.rules.refusal import BadInput, NotFound

PAGE = 100
KEY = r"^phone/[0-9A-Za-z-]{8,64}$"


class CooperativeRow(serializers.Serializer[Any]):
    """A cooperative as everyone may see it."""

    slug = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    place = serializers.CharField(source="place.path", default=None)
    currency = serializers.CharField()
    story = serializers.CharField()


class LotRow(serializers.Serializer[Any]):
    """A lot that holds something; `quantity` is in `unit`."""

    code = serializers.CharField()
    goods = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    is_drawn = serializers.BooleanField()
    hub = serializers.CharField(source="lot.hub.slug")
    address = serializers.CharField(source="lot.address")


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


class RecipeRow(serializers.Serializer[Any]):
    """A published version of a recipe."""

    slug = serializers.CharField(source="recipe.slug")
    name = serializers.CharField(source="body.name")
    community = serializers.CharField(source="recipe.by")
    version = serializers.IntegerField(source="number")
    license = serializers.CharField(source="body.license")
    published_at = serializers.DateTimeField()


class LabelRow(serializers.Serializer[Any]):
    """A TK or BC Label in force, in its community's words."""

    code = serializers.CharField()
    text = serializers.CharField()
    months = serializers.ListField(child=serializers.IntegerField())
    recipe = serializers.CharField(source="recipe.slug")
    community = serializers.CharField(source="recipe.by")


class RecipeDetail(serializers.Serializer[Any]):
    """A version with all that it says (`says`, as it stands in the log), the labels on it, and the other versions."""

    slug = serializers.CharField(source="recipe.slug")
    community = serializers.CharField(source="recipe.by")
    version = serializers.IntegerField(source="version.number")
    published_at = serializers.DateTimeField(source="version.published_at")
    says = serializers.DictField(source="version.body")
    labels = LabelRow(many=True)
    versions = serializers.ListField(child=serializers.IntegerField())


class NeedRow(serializers.Serializer[Any]):
    """Raw goods that a plan takes, in `unit`."""

    goods = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    at_hand = serializers.IntegerField()
    missing = serializers.IntegerField()


class PlanDetail(serializers.Serializer[Any]):
    """A plan: `wanted` of the product in its unit."""

    recipe = serializers.CharField(source="version.recipe.slug")
    version = serializers.IntegerField(source="version.number")
    wanted = serializers.IntegerField()
    needs = NeedRow(many=True)


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


class GivenGoods(serializers.Serializer[Any]):
    """A delivery from a phone: `gross` and `tare` in `unit`, once for each `key`."""

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
    at = serializers.DateTimeField(required=False)


class GivenWork(serializers.Serializer[Any]):
    """Minutes that a member worked in a process, once for each `key`."""

    key = serializers.RegexField(KEY)
    worker = serializers.CharField(max_length=60)
    process = serializers.SlugField(max_length=40)
    minutes = WholeNumberField(min_value=1, max_value=60 * 24 * 31)
    kind = serializers.SlugField(max_length=40, default="share")
    at = serializers.DateTimeField(required=False)


class ProcessRow(serializers.Serializer[Any]):
    """A process, under way or finished."""

    code = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()


class InsideRow(serializers.Serializer[Any]):
    """What went into a process (above zero) or came out of it."""

    who = serializers.CharField()
    what = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    key = serializers.CharField()
    at = serializers.DateTimeField()
    evidence = serializers.CharField()


class ProcessDetail(ProcessRow):
    """A process with what is in it."""

    inside = InsideRow(many=True)


class EnrolledKey(serializers.Serializer[Any]):
    """The public key that a device made: a point of P-256, uncompressed, in hexadecimal."""

    public_key = serializers.RegexField(r"^04[0-9a-f]{128}$")
    name = serializers.CharField(max_length=60, default="", allow_blank=True)


class EnrolledDevice(serializers.Serializer[Any]):
    """A device by its key's id, as it names itself in what it signs."""

    id = serializers.CharField(source="key_id")
    name = serializers.CharField()


class Recorded(serializers.Serializer[Any]):
    """The key of what was recorded, and the lot or process that received it."""

    key = serializers.CharField()
    lot = serializers.CharField(required=False)
    process = serializers.CharField(required=False)


REFUSED = {
    code: OpenApiResponse(description="A refusal: code, message and facts") for code in (400, 401, 403, 404, 409, 422)
}


class Cooperatives(APIView):
    """All cooperatives; public."""

    @extend_schema(responses=CooperativeRow(many=True))
    def get(self, request: Request) -> Response:
        return Response(CooperativeRow(queries.cooperatives(), many=True).data)


class OneCooperative(APIView):
    """One cooperative; public."""

    @extend_schema(responses={200: CooperativeRow, 404: REFUSED[404]})
    def get(self, request: Request, slug: str) -> Response:
        found = queries.cooperative(slug)
        if found is None:
            raise NotFound
        return Response(CooperativeRow(found).data)


class OfMembers(APIView):
    """What members of a cooperative may read or do, signed in or by a device; to everyone else it is not there."""

    authentication_classes = (SignedByDevice, SessionAuthentication)
    permission_classes = (IsAuthenticated,)

    def by(self, request: Request, slug: str) -> Membership:
        """The membership of who asks."""
        found = queries.membership_in(request.user, slug)
        if found is None:
            raise NotFound
        return found


class Lots(OfMembers):
    """Lots at hand."""

    @extend_schema(responses={200: LotRow(many=True)} | REFUSED)
    def get(self, request: Request, slug: str) -> Response:
        return Response(LotRow(queries.lots_at_hand(self.by(request, slug).cooperative), many=True).data)


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


class Recipes(APIView):
    """The newest published version of each recipe that its community shows to everyone; public, 100 a page."""

    @extend_schema(
        responses=RecipeRow(many=True), parameters=[OpenApiParameter("page", int), OpenApiParameter("q", str)]
    )
    def get(self, request: Request) -> Response:
        mine = {membership.cooperative_id for membership in queries.memberships_of(request.user)}
        hidden, words = recipes.hidden_from_all(), request.query_params.get("q", "")[:100].strip().casefold()
        found = [
            version
            for version in recipes.recipes()
            if (version.recipe.slug not in hidden or version.recipe.cooperative_id in mine)
            and words in f"{version.recipe.name} {version.recipe.by} {version.body}".casefold()
        ]
        asked = request.query_params.get("page", "1")
        first = (int(asked) - 1) * PAGE if asked.isdecimal() and 0 < int(asked) < 10**6 else 0
        return Response(RecipeRow(found[first : first + PAGE], many=True).data)


class OneRecipe(APIView):
    """A recipe: its newest published version, or ?version=2; public where no label keeps it."""

    @extend_schema(responses={200: RecipeDetail, 404: REFUSED[404]}, parameters=[OpenApiParameter("version", int)])
    def get(self, request: Request, slug: str) -> Response:
        found = recipes.recipe(slug)
        versions = recipes.versions_of(found) if found else []
        asked = request.query_params.get("version", "")
        version = next((v for v in versions if not asked or str(v.number) == asked), None)
        if found is None or version is None:
            raise NotFound
        labels = recipes.labels_on([slug])
        mine = {membership.cooperative_id for membership in queries.memberships_of(request.user)}
        if found.cooperative_id not in mine and recipes.blocked(labels, PAGE_LABEL, timezone.now()):
            raise NotFound
        numbers = [each.number for each in versions]
        return Response(RecipeDetail({"version": version, "recipe": found, "labels": labels, "versions": numbers}).data)


class OnePlan(OfMembers):
    """What it takes to make so much of a recipe's product, down to raw goods, beside what is at hand."""

    @extend_schema(
        responses={200: PlanDetail} | REFUSED,
        parameters=[
            OpenApiParameter("recipe", str, required=True),
            OpenApiParameter("quantity", int, description="of the product, in its unit; one batch where not given"),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        if not request.query_params.get("recipe"):
            raise BadInput
        versions = plans.choices(by)
        version = next((v for v in versions if v.recipe.slug == request.query_params.get("recipe")), None)
        if version is None:
            raise NotFound
        design = recipes.design_of(version)
        asked = request.query_params.get("quantity") or str(design.product.quantity)
        if not asked.isdecimal() or not asked.isascii() or not 0 < int(asked) <= LARGEST:
            raise NotANumber(text=asked)
        made = plans.plan_for(design, int(asked), versions)
        needs = plans.needs_of(made, by.cooperative)
        return Response(PlanDetail({"version": version, "wanted": int(asked), "needs": needs, "plan": made}).data)


class Contributions(OfMembers):
    """The last deliveries; a member without an office sees the own ones."""

    @extend_schema(responses={200: DeliveryRow(many=True)} | REFUSED)
    def get(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        rows = queries.deliveries(by.cooperative, reader=by, last=200)
        if not by.has_role(Role.STEWARD, Role.CLERK, Role.TREASURER, Role.AUDITOR):
            rows = [row for row in rows if row.weighing.giver_id == by.pk]
        return Response(DeliveryRow(rows, many=True).data)


class Goods(OfMembers):
    """Deliveries."""

    @extend_schema(request=GivenGoods, responses={201: Recorded} | REFUSED)
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        said = _read(GivenGoods, request)
        hub = by.cooperative.hubs.filter(slug=said["hub"]).first()
        # Also one who has left: what was recorded and is sent again is answered the same.
        giver = by.cooperative.memberships.filter(address=said["giver"]).select_related("cooperative").first()
        if hub is None or giver is None:
            raise NotFound
        lot = contributions.give_goods(
            by=by, giver=giver, goods=said["goods"], unit=said["unit"], quantity=said["gross"],
            tare=said["tare"], hub=hub, lot_code=said.get("lot"), at=_when(said), key=said["key"],
            price=price_of(said["gross"] - said["tare"], said.get("kilo_price")),
        )  # fmt: skip
        return Response({"key": said["key"], "lot": lot.code}, status=status.HTTP_201_CREATED)


class Work(OfMembers):
    """Hours."""

    @extend_schema(request=GivenWork, responses={201: Recorded} | REFUSED)
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        said = _read(GivenWork, request)
        process = queries.process(slug, said["process"])
        if process is None:
            raise NotFound
        contributions.give_work(
            by=by, worker=member_of(by, said["worker"]), process=process, minutes=said["minutes"], kind=said["kind"],
            at=_when(said), key=said["key"],
        )  # fmt: skip
        return Response({"key": said["key"], "process": process.code}, status=status.HTTP_201_CREATED)


class Processes(OfMembers):
    """Processes that are under way."""

    @extend_schema(responses={200: ProcessRow(many=True)} | REFUSED)
    def get(self, request: Request, slug: str) -> Response:
        return Response(ProcessRow(queries.open_processes(self.by(request, slug).cooperative), many=True).data)


class OneProcess(OfMembers):
    """A process with what is in it."""

    @extend_schema(responses={200: ProcessDetail} | REFUSED)
    def get(self, request: Request, slug: str, code: str) -> Response:
        by = self.by(request, slug)
        found = queries.process(slug, code)
        if found is None:
            raise NotFound
        return Response({**ProcessRow(found).data, "inside": InsideRow(queries.inside(found, by), many=True).data})


class Devices(APIView):
    """Where a device is enrolled, by whoever is signed in on it."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(request=EnrolledKey, responses={201: EnrolledDevice} | REFUSED)
    def post(self, request: Request) -> Response:
        said = _read(EnrolledKey, request)
        assert isinstance(request.user, Member)
        device = devices.enrol_device(
            member=request.user, public_key=said["public_key"], name=said["name"], at=timezone.now()
        )
        return Response(EnrolledDevice(device).data, status=status.HTTP_201_CREATED)


class ThisDevice(APIView):
    """The device that signed the request."""

    authentication_classes = (SignedByDevice,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(request=None, responses={204: None} | REFUSED)
    def delete(self, request: Request) -> Response:
        """Revoke it."""
        device = request.auth
        assert isinstance(device, Device)
        devices.revoke_device(by=device.member, pk=device.pk, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _read(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    said: dict[str, Any] = read.validated_data
    return said


def _when(said: dict[str, Any]) -> datetime:
    """When it happened, as the phone says; never later than now."""
    now = timezone.now()
    return min(said.get("at") or now, now)


urlpatterns = [
    path("devices", Devices.as_view(), name="api_devices"),
    path("devices/this", ThisDevice.as_view(), name="api_this_device"),
    path("cooperatives", Cooperatives.as_view(), name="api_cooperatives"),
    path("cooperatives/<slug:slug>", OneCooperative.as_view(), name="api_cooperative"),
    path("cooperatives/<slug:slug>/lots", Lots.as_view(), name="api_lots"),
    path("cooperatives/<slug:slug>/lots/<slug:code>", OneLot.as_view(), name="api_lot"),
    path("cooperatives/<slug:slug>/plan", OnePlan.as_view(), name="api_plan"),
    path("recipes", Recipes.as_view(), name="api_recipes"),
    path("recipes/<slug:slug>", OneRecipe.as_view(), name="api_recipe"),
    path("cooperatives/<slug:slug>/contributions", Contributions.as_view(), name="api_contributions"),
    path("cooperatives/<slug:slug>/contributions/goods", Goods.as_view(), name="api_give_goods"),
    path("cooperatives/<slug:slug>/contributions/work", Work.as_view(), name="api_give_work"),
    path("cooperatives/<slug:slug>/processes", Processes.as_view(), name="api_processes"),
    path("cooperatives/<slug:slug>/processes/<slug:code>", OneProcess.as_view(), name="api_process"),
]
