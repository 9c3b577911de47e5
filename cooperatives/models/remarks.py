"""What is said about a delivery: an objection to its weight, the answers, and what came of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.making import Weighing
from cooperatives.models.people import Membership


class Remark(models.Model):
    """One thing that someone said about a delivery. An objection is open until a later remark ends it."""

    class Kind(models.TextChoices):
        """An objection opens the talk; the last three end it."""

        OBJECTION = "objection", _("objects")
        ANSWER = "answer", _("answers")
        CORRECTED = "corrected", _("corrected it")
        STANDS = "stands", _("lets it stand")
        WITHDRAWN = "withdrawn", _("no longer objects")

    weighing = models.ForeignKey(Weighing, on_delete=models.PROTECT, related_name="remarks", verbose_name=_("weighing"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    net = models.PositiveBigIntegerField(_("net weight they say it was"), null=True, blank=True)
    text = models.CharField(_("what they say"), max_length=500)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("said by"))
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(net__isnull=True) | Q(kind="objection"), name="only_an_objection_says_another_weight"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def ends(self) -> bool:
        """Whether nothing is left to talk about after it."""
        return self.kind in (self.Kind.CORRECTED, self.Kind.STANDS, self.Kind.WITHDRAWN)
