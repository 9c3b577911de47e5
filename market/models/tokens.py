"""Tokens with which a program speaks for one person at one stall."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token may do; each is one word, and none holds another."""

    READ = "read", _("read orders, settlements and payouts")
    PAYMENTS = "payments", _("receive payments")
    SETTLEMENTS = "settlements", _("divide periods")
    CYCLES = "cycles", _("open and close order cycles")
    PAYOUTS = "payouts", _("prepare and confirm payouts")
    REFUNDS = "refunds", _("give money back and take goods back")
    CREDIT = "credit", _("pay members’ credit out of one’s own account")


class Token(models.Model):
    """What a program shows instead of a password; only its digest is kept. It never may more than its member."""

    membership = models.ForeignKey("cooperatives.Membership", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=60)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    scopes = models.JSONField(_("what it may do"))
    made_at = models.DateTimeField(_("made"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes=[]), name="a_token_has_scopes_we_know"
            )
        ]

    def __str__(self) -> str:
        return self.name
