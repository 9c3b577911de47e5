"""Members' credit at /api/1/credit/: one's own account and payments out of it, by session or by a token with its
scopes; the same services and refusals as the pages. Quantities are decimal digits, in the unit's smallest part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives.queries import membership_in
from cooperatives.queries.credit import circle_of, credit_account, credit_payments
from cooperatives.services.credit import pay_credit
from ledger.rules.refusal import NotFound
from market import queries
from market.api.stall import BearerToken
from market.models import Token
from market.services.credit_parts import pay_part_in_credit
from market.services.tokens import refuse_without

if TYPE_CHECKING:
    from cooperatives.models import Circle, Membership

LAST = 200


class CreditPaymentSerializer(serializers.Serializer[Any]):
    """Credit that one account gave another."""

    key = serializers.CharField()
    giver = serializers.CharField()
    taker = serializers.CharField()
    quantity = serializers.CharField()
    words = serializers.CharField()
    paid_at = serializers.DateTimeField()
    returned_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField()


class CreditAccountSerializer(serializers.Serializer[Any]):
    """One's own account: `unit` counts minutes (`kind` hours) or hundredths (local); `floor` is how far below zero."""

    unit = serializers.CharField(source="circle.code")
    name = serializers.CharField(source="circle.name")
    kind = serializers.CharField(source="circle.kind")
    owner = serializers.CharField(source="account.owner")
    balance = serializers.CharField(source="account.balance")
    floor = serializers.CharField(source="account.floor")
    ceiling = serializers.CharField(source="account.ceiling")
    payments = CreditPaymentSerializer(many=True)


class NewCreditPaymentSerializer(serializers.Serializer[Any]):
    """A payment out of one's own account. `key` is the client's own: sent again it answers the same payment."""

    key = serializers.RegexField(r"^[0-9A-Za-z-]{16,64}$")
    to = serializers.CharField(max_length=60)
    quantity = serializers.IntegerField(min_value=1, max_value=2**52)
    words = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class InTheCircle(APIView):
    """For members; where nothing is open there is nothing. A token needs the scope as well."""

    authentication_classes = (BearerToken, SessionAuthentication)
    permission_classes = (IsAuthenticated,)

    def by(self, request: Request, slug: str, scope: str) -> tuple[Membership, Circle]:
        """The membership of who asks, and its circle."""
        token = request.auth if isinstance(request.auth, Token) else None
        found = membership_in(request.user, slug)
        if found is None or found.society_id is not None or (token and token.membership_id != found.pk):
            raise NotFound
        refuse_without(token, scope)
        circle = circle_of(found.cooperative)
        if circle is None:
            raise NotFound
        return found, circle


class CreditAccountView(InTheCircle):
    """What one has, and what one gave and received last."""

    @extend_schema(operation_id="credit_retrieve", responses=CreditAccountSerializer)
    def get(self, request: Request, slug: str) -> Response:
        by, circle = self.by(request, slug, "read")
        said = {
            "circle": circle,
            "account": credit_account(circle, by.address),
            "payments": credit_payments(circle, by.address)[:LAST],
        }
        return Response(CreditAccountSerializer(said).data)


class CreditPayments(InTheCircle):
    """Where one pays."""

    @extend_schema(
        operation_id="credit_pay", request=NewCreditPaymentSerializer, responses={201: CreditPaymentSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        by, circle = self.by(request, slug, "credit")
        sent = NewCreditPaymentSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = pay_credit(by=by, circle=circle, at=timezone.now(), **sent.validated_data)
        return Response(CreditPaymentSerializer(made).data, status=status.HTTP_201_CREATED)


class NewCreditPartSerializer(serializers.Serializer[Any]):
    """A part of an order, paid out of one's own account. `key` is the client's own: sent again it pays once."""

    key = serializers.RegexField(r"^[0-9A-Za-z-]{16,64}$")
    quantity = serializers.IntegerField(min_value=1, max_value=2**52)


class CreditPartSerializer(serializers.Serializer[Any]):
    """The part of an order that was paid in credit, what it pays of the price, and what is still open, in its money."""

    unit = serializers.CharField(source="part.circle.code")
    quantity = serializers.CharField(source="part.quantity")
    worth = serializers.CharField(source="part.worth")
    open = serializers.CharField()
    entry = serializers.UUIDField(source="part.entry")


class CreditParts(InTheCircle):
    """Where a part of an order is paid, by whoever has its secret link."""

    @extend_schema(
        operation_id="credit_pay_order", request=NewCreditPartSerializer, responses={201: CreditPartSerializer}
    )
    def post(self, request: Request, slug: str, token: str) -> Response:
        by, _circle = self.by(request, slug, "credit")
        sent = NewCreditPartSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        order = queries.order_at(token)
        part = pay_part_in_credit(by=by, order=order, at=timezone.now(), **sent.validated_data)
        said = {"part": part, "open": queries.open_of(queries.order_at(token))}
        return Response(CreditPartSerializer(said).data, status=status.HTTP_201_CREATED)


urlpatterns = [
    path("credit/<slug:slug>/", CreditAccountView.as_view(), name="api_credit"),
    path("credit/<slug:slug>/payments/", CreditPayments.as_view(), name="api_pay_credit"),
    path("credit/<slug:slug>/orders/<str:token>/", CreditParts.as_view(), name="api_credit_part"),
]
