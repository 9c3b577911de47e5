"""Where places lie and how far they reach, by date."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Membership, Place


class Boundary(models.Model):
    """From a day on: which place this one lies in, and its outline (rules/outlines.py), where it is known."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="boundaries", verbose_name=_("place"))
    since = models.DateField(_("since"))
    inside = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("lies in"))
    outline = models.JSONField(_("outline"), null=True)
    source = models.CharField(_("where the outline is from"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("boundary")
        verbose_name_plural = _("boundaries")
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(fields=["place", "since"], name="place_has_one_boundary_a_day"),
            models.CheckConstraint(condition=Q(inside=None) | ~Q(inside=F("place")), name="place_lies_in_another"),
        ]

    def __str__(self) -> str:
        return f"{self.place_id} {self.since}"
