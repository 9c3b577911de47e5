"""A person's devices: which phones sign for me, and a button that ends it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cooperatives import queries
from cooperatives.models import Member
from cooperatives.services import devices as services


@never_cache
@login_required
@require_GET
def devices(request: HttpRequest) -> HttpResponse:
    """The devices that sign for the reader."""
    assert isinstance(request.user, Member)
    return render(request, "cooperatives/devices.html", {"devices": queries.devices_of(request.user)})


@login_required
@require_POST
def revoke_device(request: HttpRequest, pk: int) -> HttpResponse:
    """What the device signs is refused from now on."""
    assert isinstance(request.user, Member)
    services.revoke_device(by=request.user, pk=pk, at=timezone.now())
    messages.success(request, _("Revoked. What still waits on that device is kept there until you sign in on it."))
    return redirect("devices")
