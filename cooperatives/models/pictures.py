"""Pictures of cooperatives, of members, and of those for whom a cooperative speaks."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.agents import Agent
from cooperatives.models.people import Cooperative, Membership


class Picture(models.Model):
    """What a cooperative shows of itself or of whom it speaks for, or a member's portrait; drawn anew from what was
    uploaded."""

    name = models.CharField(_("name of the file"), max_length=40, unique=True)
    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="pictures", verbose_name=_("cooperative")
    )
    of = models.OneToOneField(
        Membership, on_delete=models.PROTECT, null=True, related_name="portrait", verbose_name=_("portrait of")
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, null=True, related_name="pictures", verbose_name=_("of nature or a community")
    )
    words = models.CharField(_("what it shows"), max_length=200)
    width = models.PositiveIntegerField(_("width in pixels"))
    height = models.PositiveIntegerField(_("height in pixels"))
    added_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["added_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="picture_says_what_it_shows"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0), name="picture_has_a_size"),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def file(self) -> str:
        """Where it lies, inside the folder of what was uploaded."""
        return f"pictures/{self.name}.webp"
