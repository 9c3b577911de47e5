"""Keys that were made on a phone."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives.api.doors import REFUSED, read
from cooperatives.authentication import SignedByDevice
from cooperatives.models import Device, Member
from cooperatives.services import devices


class EnrolledKey(serializers.Serializer[Any]):
    """The public key that a device made: a point of P-256, uncompressed, in hexadecimal."""

    public_key = serializers.RegexField(r"^04[0-9a-f]{128}$")
    name = serializers.CharField(max_length=60, default="", allow_blank=True)


class EnrolledDevice(serializers.Serializer[Any]):
    """A device by its key's id, as it names itself in what it signs."""

    id = serializers.CharField(source="key_id")
    name = serializers.CharField()


class Devices(APIView):
    """Where a device is enrolled, by whoever is signed in on it."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(request=EnrolledKey, responses={201: EnrolledDevice} | REFUSED)
    def post(self, request: Request) -> Response:
        said = read(EnrolledKey, request)
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
