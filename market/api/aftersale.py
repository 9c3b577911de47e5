"""After the sale, at /api/1/stalls/: orders handed over, money and goods that come back, and money to the bank, which a
second person agrees to. What is sent again under the same key changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives.queries import approvals_of
from cooperatives.services.approvals import decline
from ledger.rules.refusal import NotFound
from market import queries
from market.api.stall import LAST, AtTheStall, StallOrderSerializer
from market.services import bank_payouts, carriage, orders, refunds_by_hand, returns
from market.services.approvals import approve_wish

if TYPE_CHECKING:
    from cooperatives.models import Approval, Membership

AMOUNT = serializers.IntegerField(min_value=1, max_value=2**62)


class ParcelSerializer(serializers.Serializer[Any]):
    """What the carrier said of a parcel: its number, where it gave one."""

    tracking = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class RefundSerializer(serializers.Serializer[Any]):
    """Money given back, or asked to be; `lines` is {number of a line: {part of its price: amount}}, in the smallest
    part of the currency; `line` is that of the statement that tells of it."""

    key = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    lines = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    why = serializers.CharField()
    refund_state = serializers.CharField(source="state")
    asked_at = serializers.DateTimeField()
    given_at = serializers.DateTimeField(allow_null=True)
    line = serializers.CharField(source="refund", allow_null=True)


class NewRefundSerializer(serializers.Serializer[Any]):
    """How much of which lines (by number) is given back. `statement_line` is needed where no card was used: it names
    the line of the cash book or bank statement. `key` is the client's own: sent again it answers the same refund."""

    key = serializers.CharField(min_length=16, max_length=64)
    amounts = serializers.DictField(child=AMOUNT)
    why = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    statement_line = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    statement_lines = serializers.DictField(
        child=serializers.CharField(max_length=80), required=False, default=dict,
        help_text="Where bank and cash box both give: {keeper: line}, as {“bank/fern”: “17”, “cash/fern”: “3”}.",
    )  # fmt: skip


class ReturnSerializer(serializers.Serializer[Any]):
    """How many pieces of which lines (by number) came back; good ones go into their lot, others to the soil."""

    key = serializers.RegexField(r"^[a-z0-9-]+$", min_length=8, max_length=40)
    pieces = serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=2**31))
    is_good = serializers.BooleanField()


class BankPayoutSerializer(serializers.Serializer[Any]):
    """What went from the cooperative's account at Stripe to its bank."""

    id = serializers.IntegerField(source="pk")
    amount = serializers.CharField()
    currency = serializers.CharField()
    payout_state = serializers.CharField(source="state")
    asked_at = serializers.DateTimeField()


class WishSerializer(serializers.Serializer[Any]):
    """A wish to send money to the bank; it is sent once a second person agrees."""

    id = serializers.IntegerField(source="pk")
    amount = serializers.CharField(source="wish.amount")
    wish_state = serializers.CharField(source="state")
    asked_by = serializers.CharField(source="asked_by.address")
    answered_by = serializers.CharField(source="answered_by.address", allow_null=True, default=None)
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class NewBankPayoutSerializer(serializers.Serializer[Any]):
    """How much goes to the bank. `key` is the client's own: sent again it answers the same wish."""

    key = serializers.CharField(min_length=16, max_length=64)
    amount = AMOUNT


class ArrivedSerializer(serializers.Serializer[Any]):
    """The line of the bank's statement in which it stands."""

    statement_line = serializers.CharField(max_length=80)


def _by_number(said: dict[str, int]) -> dict[int, int]:
    """{number of a line: …}; what is no number names no line of any order."""
    return {int(number) if number.isdecimal() and len(number) < 6 else 0: n for number, n in said.items()}


class StallHandOver(AtTheStall):
    """Where the goods of a paid order are given to the buyer."""

    @extend_schema(request=None, responses=StallOrderSerializer)
    def post(self, request: Request, slug: str, name: str) -> Response:
        by = self.by(request, slug, "payments")
        orders.hand_over(by=by, order=queries.order_of(by.cooperative, name), at=timezone.now())
        return Response(StallOrderSerializer(queries.order_of(by.cooperative, name)).data)


class StallParcel(AtTheStall):
    """Where it is said that a carrier has what is sent of a paid order."""

    @extend_schema(request=ParcelSerializer, responses=StallOrderSerializer)
    def post(self, request: Request, slug: str, name: str) -> Response:
        by = self.by(request, slug, "payments")
        order = queries.order_of(by.cooperative, name)
        carriage.send_parcel(by=by, order=order, at=timezone.now(), **self.said(ParcelSerializer, request))
        return Response(StallOrderSerializer(queries.order_of(by.cooperative, name)).data)


class StallRefunds(AtTheStall):
    """What was given back of an order, and where more is: by the ways it came, to the card first. Where one wish goes
    two ways, the first is answered; the list has both."""

    @extend_schema(operation_id="refunds_list", responses=RefundSerializer(many=True))
    def get(self, request: Request, slug: str, name: str) -> Response:
        order = queries.order_of(self.by(request, slug).cooperative, name)
        return Response(RefundSerializer(order.refunds.all(), many=True).data)

    @extend_schema(request=NewRefundSerializer, responses={201: RefundSerializer})
    def post(self, request: Request, slug: str, name: str) -> Response:
        by = self.by(request, slug, "refunds")
        order, said = queries.order_of(by.cooperative, name), self.said(NewRefundSerializer, request)
        row, *_others = refunds_by_hand.refund_order(
            by=by, order=order, amounts=_by_number(said["amounts"]), why=said["why"], at=timezone.now(),
            statement_line=said["statement_lines"] or said["statement_line"], key=said["key"],
        )  # fmt: skip
        return Response(RefundSerializer(row).data, status=status.HTTP_201_CREATED)


class StallReturns(AtTheStall):
    """Where goods come back."""

    @extend_schema(request=ReturnSerializer, responses=StallOrderSerializer)
    def post(self, request: Request, slug: str, name: str) -> Response:
        by = self.by(request, slug, "refunds")
        said = self.said(ReturnSerializer, request)
        said["pieces"] = _by_number(said["pieces"])
        returns.take_goods_back(by=by, order=queries.order_of(by.cooperative, name), at=timezone.now(), **said)
        return Response(StallOrderSerializer(queries.order_of(by.cooperative, name)).data)


class BankPayouts(AtTheStall):
    """Money sent to the bank, and where the first person wishes for it."""

    @extend_schema(operation_id="bank_payouts_list", responses=BankPayoutSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = queries.bank_payouts_of(self.by(request, slug).cooperative)[:LAST]
        return Response(BankPayoutSerializer(found, many=True).data)

    @extend_schema(request=NewBankPayoutSerializer, responses={201: WishSerializer})
    def post(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug, "payouts")
        said = self.said(NewBankPayoutSerializer, request)
        asked = bank_payouts.ask_bank_payout(by=by, at=timezone.now(), **said)
        return Response(WishSerializer(asked).data, status=status.HTTP_201_CREATED)


class BankPayoutArrived(AtTheStall):
    """Where it is said that the money stands in the bank's statement."""

    @extend_schema(request=ArrivedSerializer, responses=BankPayoutSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        by = self.by(request, slug, "payouts")
        found, said = queries.bank_payout_of(by.cooperative, pk), self.said(ArrivedSerializer, request)
        row = bank_payouts.receive_bank_payout(by=by, payout=found, at=timezone.now(), **said)
        return Response(BankPayoutSerializer(row).data)


class BankWishes(AtTheStall):
    """The wishes to send money to the bank, the newest first."""

    @extend_schema(operation_id="bank_wishes_list", responses=WishSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        found = approvals_of(self.by(request, slug).cooperative).filter(kind="sending")[:LAST]
        return Response(WishSerializer(found, many=True).data)


class BankWishAnswer(AtTheStall):
    """Where a second person agrees, and Stripe is asked, or somebody says no."""

    @extend_schema(request=None, responses=WishSerializer)
    def post(self, request: Request, slug: str, pk: int, answer: str) -> Response:
        by = self.by(request, slug, "payouts")
        found = _wish_of(by, pk)
        answered = (
            approve_wish(by=by, approval=found, at=timezone.now())
            if answer == "agree"
            else decline(by=by, approval=found, at=timezone.now())
        )
        return Response(WishSerializer(answered).data)


def _wish_of(by: Membership, pk: int) -> Approval:
    """Only wishes about the bank: roles and rules are no business of a token."""
    found = approvals_of(by.cooperative).filter(pk=pk, kind="sending").first()
    if found is None:
        raise NotFound
    return found


_ORDER, _BANK = "stalls/<slug:slug>/orders/<slug:name>", "stalls/<slug:slug>/bank-payouts"
urlpatterns = [
    path(f"{_ORDER}/hand-over/", StallHandOver.as_view(), name="api_hand_over"),
    path(f"{_ORDER}/parcel/", StallParcel.as_view(), name="api_parcel"),
    path(f"{_ORDER}/refunds/", StallRefunds.as_view(), name="api_refunds"),
    path(f"{_ORDER}/returns/", StallReturns.as_view(), name="api_returns"),
    path(f"{_BANK}/", BankPayouts.as_view(), name="api_bank_payouts"),
    path(f"{_BANK}/<int:pk>/arrived/", BankPayoutArrived.as_view(), name="api_bank_payout_arrived"),
    path(f"{_BANK}/wishes/", BankWishes.as_view(), name="api_bank_wishes"),
    path(f"{_BANK}/wishes/<int:pk>/agree/", BankWishAnswer.as_view(), {"answer": "agree"}, name="api_agree_to_bank"),
    path(f"{_BANK}/wishes/<int:pk>/decline/", BankWishAnswer.as_view(), {"answer": "decline"}, name="api_decline_bank"),
]
