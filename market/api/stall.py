"""The stall at /api/1/stalls/: orders, payments, settlements and payouts, by session or by a token with its scopes; the
same services and refusals as the pages. What is sent again under the same key or line changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives.queries import membership_in
from ledger.fields import WholeNumberField
from ledger.rules.refusal import NotAllowed, NotFound
from market import queries
from market.models import Token
from market.services import payments, payouts, settlements
from market.services.tokens import digest_of, refuse_without

if TYPE_CHECKING:
    from cooperatives.models import Member, Membership

LAST = 200


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer rnt_…` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Member, Token] | None:
        word, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if word.lower() != "bearer":
            return None
        token = queries.token_of(digest_of(secret.strip()))
        if token is None or token.membership.member is None:
            raise AuthenticationFailed
        return token.membership.member, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # theirs has no types
    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class StallOrderSerializer(serializers.Serializer[Any]):
    """An order with goods of the stall, without its secret link."""

    name = serializers.CharField()
    word = serializers.CharField()
    state = serializers.CharField()
    way = serializers.CharField()
    currency = serializers.CharField()
    total = serializers.CharField()
    vat = serializers.CharField()
    placed_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class PaymentSerializer(serializers.Serializer[Any]):
    """Money that came in for an order: its line names it, so the same line again is the same payment."""

    way = serializers.ChoiceField(choices=payments.WAYS)
    amount = WholeNumberField(min_value=1, max_value=2**62)
    statement_line = serializers.CharField(max_length=80, required=False, default="")
    is_sure = serializers.BooleanField(
        required=False, default=False, help_text="A transfer of another amount than what is open: a part, or too much."
    )


class SettlementSerializer(serializers.Serializer[Any]):
    """One lot's earnings of a period, or in an order cycle, divided; `parts` is {account: amount}."""

    period = serializers.CharField()
    cycle = serializers.CharField(source="cycle.code", default=None, allow_null=True)
    lot = serializers.CharField(source="lot_path")
    currency = serializers.CharField()
    amount = serializers.CharField()
    parts = serializers.DictField(child=serializers.IntegerField(), source="parts.parts")
    divided_at = serializers.DateTimeField()
    entry = serializers.UUIDField()


class PeriodSerializer(serializers.Serializer[Any]):
    """Up to which day is divided; the same day again divides nothing twice."""

    upto = serializers.DateField()


class PayoutSerializer(serializers.Serializer[Any]):
    """A payout, prepared or confirmed."""

    id = serializers.IntegerField(source="pk")
    owner = serializers.CharField()
    lot = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    keeper = serializers.CharField()
    prepared_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    dropped_at = serializers.DateTimeField(allow_null=True)
    statement_line = serializers.CharField(allow_null=True)
    entry = serializers.UUIDField(allow_null=True)


class NewPayoutSerializer(serializers.Serializer[Any]):
    """A payout to be prepared. `key` is the client's own: sent again it answers the same payout."""

    key = serializers.CharField(min_length=16, max_length=64)
    owner = serializers.CharField(max_length=60)
    lot = serializers.CharField(max_length=40, required=False, default="")
    amount = WholeNumberField(min_value=1, max_value=2**62)
    keeper = serializers.CharField(max_length=60)


class EvidenceSerializer(serializers.Serializer[Any]):
    """How we know that a payout arrived."""

    statement_line = serializers.CharField(max_length=80)
    evidence = serializers.CharField(max_length=1000)


class AtTheStall(APIView):
    """For those who work at a stall or audit it; to others it is not there. A token needs the scope as well."""

    authentication_classes = (BearerToken, SessionAuthentication)
    permission_classes = (IsAuthenticated,)

    def by(self, request: Request, slug: str, scope: str = "read") -> Membership:
        """The membership of who asks."""
        token = request.auth if isinstance(request.auth, Token) else None
        found = membership_in(request.user, slug)
        if found is None or (token is not None and token.membership_id != found.pk):
            raise NotFound
        if not found.has_role("steward", "treasurer", "clerk", "auditor"):
            raise NotAllowed
        refuse_without(token, scope)
        return found

    def said(self, kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
        """What was sent, checked for its form."""
        sent = kind(data=request.data)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)


class StallOrders(AtTheStall):
    """The newest orders."""

    @extend_schema(operation_id="stall_orders_list", responses=StallOrderSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = queries.orders_of(self.by(request, slug).cooperative)[:LAST]
        return Response(StallOrderSerializer(found, many=True).data)


class StallPayment(AtTheStall):
    """Where money for an order is received."""

    @extend_schema(request=PaymentSerializer, responses={201: StallOrderSerializer})
    def post(self, request: Request, slug: str, name: str) -> Response:
        by = self.by(request, slug, "payments")
        order = queries.order_of(by.cooperative, name)
        payments.receive_payment(by=by, order=order, at=timezone.now(), **self.said(PaymentSerializer, request))
        order = queries.order_of(by.cooperative, name)
        return Response(StallOrderSerializer(order).data, status=status.HTTP_201_CREATED)


class PartSerializer(serializers.Serializer[Any]):
    """What one keeper (a bank, a cash box, Stripe) received of an order."""

    keeper = serializers.CharField()
    amount = serializers.CharField()


class InCreditSerializer(serializers.Serializer[Any]):
    """The part of an order that is paid in members' credit, and what it pays of the price."""

    unit = serializers.CharField(source="circle.code")
    quantity = serializers.CharField()
    worth = serializers.CharField()


class OrderPaymentsSerializer(serializers.Serializer[Any]):
    """What an order costs, what of it came and where it lies, and what is open; in the money's smallest part."""

    currency = serializers.CharField()
    total = serializers.CharField()
    open = serializers.CharField()
    is_sold = serializers.BooleanField()
    payments = PartSerializer(many=True)
    credit = InCreditSerializer(allow_null=True)


class StallPayments(AtTheStall):
    """What came of one order, before and after it is sold. Money is received at its payment."""

    @extend_schema(operation_id="order_payments_retrieve", responses=OrderPaymentsSerializer)
    def get(self, request: Request, slug: str, name: str) -> Response:
        order = queries.order_of(self.by(request, slug).cooperative, name)
        came = {row.keeper: row.amount for row in order.payments.all()} or queries.came_of(order)
        said = {
            "currency": order.currency,
            "total": order.total,
            "open": queries.open_of(order),
            "is_sold": order.is_sold,
            "payments": [{"keeper": keeper, "amount": amount} for keeper, amount in sorted(came.items())],
            "credit": queries.credit_part_of(order),
        }
        return Response(OrderPaymentsSerializer(said).data)


class StallSettlements(AtTheStall):
    """What was divided, and where a period is divided."""

    @extend_schema(operation_id="settlements_list", responses=SettlementSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = queries.divisions_of(self.by(request, slug).cooperative)[:LAST]
        return Response(SettlementSerializer(found, many=True).data)

    @extend_schema(request=PeriodSerializer, responses={201: SettlementSerializer(many=True)})
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug, "settlements")
        upto = self.said(PeriodSerializer, request)["upto"]
        made = settlements.divide_period(by=by, cooperative=by.cooperative, upto=upto, at=timezone.now())
        return Response(SettlementSerializer(made, many=True).data, status=status.HTTP_201_CREATED)


class StallPayouts(AtTheStall):
    """Payouts, and where one is prepared by the first person."""

    @extend_schema(operation_id="payouts_list", responses=PayoutSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = queries.payouts_of(self.by(request, slug).cooperative)[:LAST]
        return Response(PayoutSerializer(found, many=True).data)

    @extend_schema(request=NewPayoutSerializer, responses={201: PayoutSerializer})
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug, "payouts")
        said = self.said(NewPayoutSerializer, request)
        payout = payouts.prepare_payout(by=by, currency=by.cooperative.currency, at=timezone.now(), **said)
        return Response(PayoutSerializer(payout).data, status=status.HTTP_201_CREATED)


class StallPayoutEvidence(AtTheStall):
    """Where the second person says how we know that it arrived."""

    @extend_schema(request=EvidenceSerializer, responses=PayoutSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        by = self.by(request, slug, "payouts")
        found = queries.payouts_of(by.cooperative).filter(pk=pk).first()
        if found is None:
            raise NotFound
        said = self.said(EvidenceSerializer, request)
        payout = payouts.confirm_payout(by=by, payout=found, at=timezone.now(), **said)
        return Response(PayoutSerializer(payout).data)


urlpatterns = [
    path("stalls/<slug:slug>/orders/", StallOrders.as_view(), name="api_stall_orders"),
    path("stalls/<slug:slug>/orders/<slug:name>/payment/", StallPayment.as_view(), name="api_stall_payment"),
    path("stalls/<slug:slug>/orders/<slug:name>/payments/", StallPayments.as_view(), name="api_order_payments"),
    path("stalls/<slug:slug>/settlements/", StallSettlements.as_view(), name="api_settlements"),
    path("stalls/<slug:slug>/payouts/", StallPayouts.as_view(), name="api_payouts"),
    path("stalls/<slug:slug>/payouts/<int:pk>/evidence/", StallPayoutEvidence.as_view(), name="api_payout_evidence"),
]
