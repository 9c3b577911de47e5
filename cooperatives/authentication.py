"""How a phone proves who uses it: it signs each request with a key that it enrolled while its person was signed in."""

from django.utils import timezone
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
