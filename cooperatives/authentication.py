"""How a phone proves who uses it: it signs each request with a key that it enrolled while its person was signed in."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from cooperatives.models import Device, Member
from cooperatives.rules.signatures import read_signed
from cooperatives.services.devices import recognise_device


class SignedByDevice(BaseAuthentication):
    """Knows a request by its signature (RFC 9421); one without a signature may be known otherwise."""

    def authenticate(self, request: Request) -> tuple[Member, Device] | None:
        if "Signature-Input" not in request.headers:
            return None
        # What stands after a question mark is not signed, so there may be nothing.
        signed = None if request.META.get("QUERY_STRING") else read_signed(
            method=request.method or "", authority=request.get_host(), path=request.path, body=request.body,
            headers=request.headers,
        )  # fmt: skip
        device = recognise_device(signed=signed, at=timezone.now())
        return device.member, device

    def authenticate_header(self, request: Request) -> str:
        return "Signature"


class InTheSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registry has no types
    """What the schema of the API says of it."""

    target_class = SignedByDevice
    name = "device"

    def get_security_definition(self, auto_schema: object) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "signature",
            "description": "HTTP Message Signatures (RFC 9421) with the key of a device that its person enrolled.",
        }
