"""Devices: enrol a key that a phone made, know it again by what it signs, and revoke it."""

from datetime import datetime, timedelta

from django.db import transaction

from cooperatives.models import Device, Member
from cooperatives.rules.signatures import Signed, is_point, is_signed_by, key_id_of
from ledger.rules.refusal import BadInput, NotFound, Refusal

MOST_DEVICES = 20  # that one person may have at a time
CLOCKS_APART = timedelta(minutes=5)  # between a device's signature and the server's clock
SEEN_AGAIN = timedelta(hours=1)  # how exactly it is kept when a device was last used
FORGOTTEN = timedelta(days=180)  # a device that was silent for so long must be enrolled anew


class KeyUnreadable(BadInput):
    """This is no public key of a device."""


class KeyTaken(Refusal):
    """This key belongs to another person, or was revoked. Make another."""


class TooManyDevices(Refusal):
    """You have {most} devices. Revoke one first."""


class DeviceUnknown(Refusal):
    """This device is not known here, or it was revoked. Sign in on it to enrol it."""

    status = 401


class SignatureWrong(Refusal):
    """What was sent is not what the device signed."""

    status = 401


class ClocksApart(Refusal):
    """The clock of the device is wrong by {seconds} seconds."""

    status = 401


@transaction.atomic
def enrol_device(*, member: Member, public_key: str, name: str, at: datetime) -> Device:
    """A device of `member`, known from now on by its key; the same key again is the same device.

    Raises KeyUnreadable, KeyTaken, TooManyDevices.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    if not is_point(public_key):
        raise KeyUnreadable()
    key_id = key_id_of(public_key)
    if known := Device.objects.filter(key_id=key_id).first():
        if known.member_id != member.pk or known.revoked_at is not None:
            raise KeyTaken()
        return known
    if member.devices.filter(revoked_at=None).count() >= MOST_DEVICES:
        raise TooManyDevices(most=MOST_DEVICES)
    return Device.objects.create(member=member, name=name, key_id=key_id, public_key=public_key, enrolled_at=at)


@transaction.atomic
def revoke_device(*, by: Member, pk: int, at: datetime) -> Device:
    """What this device signs is refused from now on. Again changes nothing. Raises NotFound: it is not one's own."""
    device = Device.objects.select_for_update().filter(pk=pk, member=by).first()
    if device is None:
        raise NotFound()
    if device.revoked_at is None:
        device.revoked_at = at
        device.save(update_fields=["revoked_at"])
    return device


def recognise_device(*, signed: Signed | None, at: datetime) -> Device:
    """The device that signed a request. Raises SignatureWrong, DeviceUnknown, ClocksApart.

    A signed request that is sent again within minutes is taken again: all that a device may ask for happens once by its
    key, so nothing is gained by it.
    """
    if signed is None:
        raise SignatureWrong()
    device = Device.objects.select_related("member").filter(key_id=signed.key_id, revoked_at=None).first()
    if device is None or not device.member.is_active or at - (device.last_used_at or device.enrolled_at) > FORGOTTEN:
        raise DeviceUnknown()
    if not is_signed_by(device.public_key, signed.base, signed.signature):
        raise SignatureWrong()
    apart = signed.created - int(at.timestamp())
    if abs(apart) > CLOCKS_APART.total_seconds():
        raise ClocksApart(seconds=apart)
    if device.last_used_at is None or at - device.last_used_at > SEEN_AGAIN:
        Device.objects.filter(pk=device.pk).update(last_used_at=at)
    return device
