"""How a cooperative shares a sale: the versions of its agreement, in its own words and as steps."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Membership


class Agreement(models.Model):
    """One adopted version of how a cooperative shares a sale; a document of the log, never changed."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("cooperative")
    )
    version = models.PositiveIntegerField(_("version"))
    steps = models.JSONField(_("steps"))
    adopted_at = models.DateTimeField(_("adopted"))
    adopted_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("adopted by")
    )

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "version"], name="agreement_has_each_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cooperative} {self.version}"
