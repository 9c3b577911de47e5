"""What all doors of the API share: who may come in, what is refused, how a body is read."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from cooperatives import queries
from cooperatives.authentication import SignedByDevice
from cooperatives.models import Membership
from ledger.rules.refusal import NotFound

PAGE = 100


KEY = r"^phone/[0-9A-Za-z-]{8,64}$"


class Recorded(serializers.Serializer[Any]):
    """The key of what was recorded, and the lot or process that received it."""

    key = serializers.CharField()
    lot = serializers.CharField(required=False)
    process = serializers.CharField(required=False)


BEFORE = OpenApiParameter("before", int, description="the number that the answer before gave as `next`")
REFUSED = {
    code: OpenApiResponse(description="A refusal: code, message and facts") for code in (400, 401, 403, 404, 409, 422)
}


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


def read(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    said: dict[str, Any] = checked.validated_data
    return said


def when(said: dict[str, Any]) -> datetime:
    """When it happened, as the phone says; never later than now."""
    now = timezone.now()
    return min(said.get("at") or now, now)
