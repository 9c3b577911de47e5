"""Give me: the devices that sign for somebody."""

from cooperatives.models import Device, Member


def devices_of(member: Member) -> list[Device]:
    """The devices of a person that are not revoked, the newest first."""
    return list(Device.objects.filter(member=member, revoked_at=None))
