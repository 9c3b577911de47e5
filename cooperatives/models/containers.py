"""Packaging that comes back: jars, cans, crates. How many are where is read from the journal, never stored here."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative


class Container(models.Model):
    """A kind of packaging that comes back, and the deposit on one, in the smallest part of the cooperative's money."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="containers", verbose_name=_("cooperative")
    )
    name = models.CharField(_("name"), max_length=60)
    deposit = models.PositiveBigIntegerField(_("deposit on one"), default=0)
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("container")
        verbose_name_plural = _("containers")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "name"], name="a_cooperative_names_a_container_once"),
            models.CheckConstraint(condition=~Q(name=""), name="a_container_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
