"""Devices whose keys sign at the scale."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Member


class Device(models.Model):
    """A phone or computer that signs what it sends for one person, until it is revoked."""

    # A key whose person is gone opens nothing, so it may go too.
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="devices", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=60, blank=True)
    key_id = models.CharField(_("key's id"), max_length=64, unique=True)
    public_key = models.CharField(_("public key"), max_length=130)
    enrolled_at = models.DateTimeField(_("enrolled"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["-enrolled_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(key_id__regex=r"^[0-9a-f]{64}$"), name="device_key_id_is_a_digest"),
            models.CheckConstraint(
                condition=Q(public_key__regex=r"^04[0-9a-f]{128}$"), name="device_key_is_an_uncompressed_point"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__gte=F("enrolled_at")), name="device_is_revoked_after_it_was_enrolled"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key_id[:8]
