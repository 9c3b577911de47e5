"""The market at /api/1/: the same services and refusals as the pages. Amounts are strings of decimal digits, in the
smallest part of their money, since JSON numbers lose above 2^53."""

from typing import Any

from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives.queries import cooperative, cooperatives
from cooperatives.queries.recipes import labelled_lots
from ledger.fields import WholeNumberField
from ledger.rules.refusal import NotFound
from market import queries
from market.models import Order, Product
from market.pages.offers import offer_page, offers
from market.rules.cart import MOST
from market.rules.labels import ALLERGENS
from market.services.carriage import CarriageGone, SendTo
from market.services.checkout import Buyer, place_order
from market.services.orders import cancel_order

PAGE = 100


class GroupsSerializer(serializers.Serializer[Any]):
    """A price by what becomes of it, seen from the maker's own region; the groups sum to the price."""

    local = serializers.CharField()
    commons = serializers.CharField()
    unknown = serializers.CharField()
    waiting = serializers.CharField()
    extracted = serializers.CharField()


class AskedSerializer(serializers.Serializer[Any]):
    """A TK or BC Label on what the lot was made by, in the words of its community."""

    code = serializers.CharField()
    text = serializers.CharField()
    community = serializers.CharField(source="recipe.by")


class HandoverSerializer(serializers.Serializer[Any]):
    """An order cycle as a buyer meets it."""

    code = serializers.CharField()
    name = serializers.CharField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField(source="ended_at")
    handover_on = serializers.DateField()
    handover_place = serializers.CharField()
    handover_note = serializers.CharField()


class OrderedInSerializer(serializers.Serializer[Any]):
    """How goods that are sold in order cycles are ordered: now in `open`; if in none, from `next` on; they could be
    until the end of `last`."""

    open = HandoverSerializer(allow_null=True)
    next = HandoverSerializer(allow_null=True)
    last = HandoverSerializer(allow_null=True)


class OfferSerializer(serializers.Serializer[Any]):
    """One listing on the shelf. `price` holds its VAT; `vat_rate` is per mille; `left` counts pieces."""

    id = serializers.IntegerField(source="listing.pk")
    title = serializers.CharField(source="listing.title")
    description = serializers.CharField(source="listing.description")
    cooperative = serializers.CharField(source="listing.product.cooperative.slug")
    kind = serializers.ChoiceField(source="listing.product.kind", choices=Product.Kind.choices)
    lot = serializers.CharField(source="listing.lot_path")
    price = serializers.CharField(source="listing.price")
    deposit = serializers.CharField(source="listing.deposit", help_text="for its container, beside the price")
    currency = serializers.CharField(source="listing.currency")
    vat_rate = serializers.IntegerField(source="listing.vat_rate")
    unit_price = serializers.CharField()
    per = serializers.CharField()
    left = serializers.IntegerField()
    net_quantity = serializers.IntegerField(source="listing.net_quantity")
    net_unit = serializers.CharField(source="listing.net_unit")
    ingredients = serializers.CharField(source="listing.ingredients")
    allergens = serializers.ListField(child=serializers.CharField(), source="listing.allergens", allow_null=True)
    origin = serializers.CharField(source="listing.origin")
    boundary = serializers.CharField()
    groups = GroupsSerializer(source="price.groups")
    labels = AskedSerializer(many=True)
    cycle = OrderedInSerializer(source="standing", allow_null=True)


class WantedLineSerializer(serializers.Serializer[Any]):
    """So many pieces of one listing."""

    listing = serializers.IntegerField(min_value=1, max_value=2**62)
    pieces = WholeNumberField(min_value=1, max_value=MOST)


class SentSerializer(serializers.Serializer[Any]):
    """By which of a cooperative's carriers its goods are sent."""

    cooperative = serializers.SlugField(max_length=40)
    offer = serializers.IntegerField(min_value=1, max_value=2**62)


class NewOrderSerializer(serializers.Serializer[Any]):
    """An order to be placed. `key` is the client's own, new for each checkout: sent again it answers the same order."""

    key = serializers.CharField(min_length=16, max_length=100)
    lines = serializers.ListField(child=WantedLineSerializer(), min_length=1, max_length=100)
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=40, required=False, default="")
    note = serializers.CharField(max_length=300, required=False, default="")
    way = serializers.ChoiceField(choices=Order.Way.choices)
    total = serializers.IntegerField(
        required=False, default=None, help_text="what the buyer was shown; refused if it changed"
    )
    carriages = serializers.ListField(
        child=SentSerializer(), required=False, default=list, max_length=100,
        help_text="what is sent; the goods of other cooperatives are picked up",
    )  # fmt: skip
    street = serializers.CharField(max_length=200, required=False, default="")
    postcode = serializers.CharField(max_length=20, required=False, default="")
    town = serializers.CharField(max_length=100, required=False, default="")
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False, default="", help_text="ISO 3166-1, two letters")


class LineSerializer(serializers.Serializer[Any]):
    """One line of an order, as it was agreed."""

    listing = serializers.IntegerField(source="listing_id")
    title = serializers.CharField()
    pieces = serializers.IntegerField()
    price = serializers.CharField()
    vat = serializers.CharField()
    deposit = serializers.CharField(source="deposits", help_text="for its containers, beside the price")


class CarriageOfferSerializer(serializers.Serializer[Any]):
    """A carrier that brings a cooperative's goods to buyers, at one price for an order, its VAT inside (per mille)."""

    id = serializers.IntegerField(source="pk")
    cooperative = serializers.CharField(source="cooperative.slug")
    name = serializers.CharField()
    days = serializers.CharField()
    countries = serializers.ListField(child=serializers.CharField())
    price = serializers.CharField()
    currency = serializers.CharField()
    vat_rate = serializers.IntegerField()


class CarriageSerializer(serializers.Serializer[Any]):
    """What one cooperative sends of an order."""

    cooperative = serializers.CharField(source="offer.cooperative.slug")
    name = serializers.CharField(source="offer.name")
    price = serializers.CharField()
    vat = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    tracking = serializers.CharField()


class OrderSerializer(serializers.Serializer[Any]):
    """An order, for whoever has its secret `token`."""

    token = serializers.CharField()
    name = serializers.CharField()
    word = serializers.CharField()
    state = serializers.ChoiceField(choices=Order.State.choices)
    way = serializers.ChoiceField(choices=Order.Way.choices)
    currency = serializers.CharField()
    total = serializers.CharField()
    vat = serializers.CharField()
    placed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    handed_over_at = serializers.DateTimeField(allow_null=True)
    lines = LineSerializer(many=True, source="lines.all")
    carriages = CarriageSerializer(many=True, source="carriages.all")


class ListingsView(APIView):
    """The shelf, for anyone."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(
        operation_id="listings_list",
        parameters=[
            OpenApiParameter("q", str, description="words to look for"),
            OpenApiParameter("kind", str, many=True),
            OpenApiParameter("without", str, many=True, description="allergens to leave out"),
            OpenApiParameter("cooperative", str),
        ],
        responses=OfferSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        wanted = queries.Wanted(
            words=asked.get("q", "")[:100],
            kinds=tuple(kind for kind in asked.getlist("kind") if kind in Product.Kind.values),
            without=tuple(allergen for allergen in asked.getlist("without") if allergen in ALLERGENS),
            cooperative=asked.get("cooperative", "")[:40],
        )
        labelled = labelled_lots()
        now = timezone.now()
        found = offers(queries.on_the_shelf(wanted, at=now, labelled=labelled)[:PAGE], labelled, at=now)
        return Response(OfferSerializer(found, many=True).data)


class ListingView(APIView):
    """One listing, for anyone."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="listings_retrieve", responses=OfferSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(OfferSerializer(offer_page(queries.listing(pk), boundary=None, at=timezone.now())).data)


class CarriageView(APIView):
    """Who brings a cooperative's goods to buyers, for anyone."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="carriage_list", responses=CarriageOfferSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = cooperative(slug)
        if found is None:
            raise NotFound
        return Response(CarriageOfferSerializer(queries.offers_of([found]), many=True).data)


class OrdersView(APIView):
    """Where guests order."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="orders_create", request=NewOrderSerializer, responses={201: OrderSerializer})
    def post(self, request: Request) -> Response:
        asked = NewOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        cart: dict[str, int] = {}
        for line in said["lines"]:
            cart[str(line["listing"])] = cart.get(str(line["listing"]), 0) + line["pieces"]
        to = SendTo(said["street"], said["postcode"], said["town"], said["country"])
        buyer = Buyer(said["name"], said["email"], said["phone"], said["note"], get_language() or "en", to)
        numbers = {one.slug: one.pk for one in cooperatives()} if said["carriages"] else {}
        if unknown := [sent["cooperative"] for sent in said["carriages"] if sent["cooperative"] not in numbers]:
            raise CarriageGone(name=unknown[0])
        order = place_order(
            cart=cart, buyer=buyer, way=said["way"], at=timezone.now(), key=said["key"], total=said["total"],
            carriage={numbers[sent["cooperative"]]: sent["offer"] for sent in said["carriages"]},
        )  # fmt: skip
        return private(Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED))


class OrderView(APIView):
    """One order, for whoever has its secret token."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="orders_retrieve", responses=OrderSerializer)
    def get(self, request: Request, token: str) -> Response:
        return private(Response(OrderSerializer(queries.order_at(token)).data))


class CancelOrderView(APIView):
    """Where an unpaid order is taken back."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="orders_cancel", request=None, responses=OrderSerializer)
    def post(self, request: Request, token: str) -> Response:
        order = cancel_order(order=queries.order_at(token), at=timezone.now())
        return private(Response(OrderSerializer(order).data))


def private(response: Response) -> Response:
    """No cache keeps what a secret token opened."""
    response["Cache-Control"] = "no-store, private"
    return response


urlpatterns = [
    path("listings/", ListingsView.as_view(), name="api_listings"),
    path("listings/<int:pk>/", ListingView.as_view(), name="api_listing"),
    path("cooperatives/<slug:slug>/carriage/", CarriageView.as_view(), name="api_carriage"),
    path("orders/", OrdersView.as_view(), name="api_orders"),
    path("orders/<str:token>/", OrderView.as_view(), name="api_order"),
    path("orders/<str:token>/cancel/", CancelOrderView.as_view(), name="api_cancel_order"),
]
