"""How people come in: invitations by a steward, and requests by those who want to join."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Member, Membership, Role


class Invitation(models.Model):
    """A way into a cooperative, sent by letter to one address; it is used once, and not after its last day."""

    key = models.CharField(_("key"), max_length=60, unique=True)
    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("cooperative")
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="invitations", verbose_name=_("membership")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    roles = models.JSONField(_("roles"))
    invited_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("good until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_as = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cooperative", "email"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_for_an_address",
            ),
            models.CheckConstraint(
                condition=Q(roles__contained_by=Role.values) & ~Q(roles=[]), name="invitation_has_roles_we_know"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_as=None)
                | Q(accepted_at__isnull=False, accepted_as__isnull=False),
                name="invitation_is_accepted_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="invitation_ends_in_one_way"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("invited_at")), name="invitation_ends_after_it_was_written"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cooperative} {self.pk}"

    def is_open(self, at: datetime) -> bool:
        """Whether somebody may still come in by it."""
        return self.accepted_at is None and self.withdrawn_at is None and at <= self.expires_at


class MembershipRequest(models.Model):
    """Somebody who asks to be a member, and what a steward answered."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="requests", verbose_name=_("cooperative")
    )
    person = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+", verbose_name=_("person"))
    society = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("member cooperative")
    )
    name = models.CharField(_("name"), max_length=100)
    words = models.TextField(_("in their own words"), blank=True)
    language = models.CharField(_("language"), max_length=8)
    asked_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    is_accepted = models.BooleanField(_("accepted"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("membership request")
        verbose_name_plural = _("membership requests")
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cooperative", "person"], condition=Q(answered_at=None), name="person_asks_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, is_accepted=False)
                | Q(answered_at__isnull=False, is_accepted=True)
                | (Q(answered_at__isnull=False, is_accepted=False) & ~Q(reason="")),
                name="request_is_declined_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cooperative} {self.pk}"
