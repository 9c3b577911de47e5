"""What needs a second person before it counts: who wished it, who agreed, and a cooperative's rules for its money."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Membership


class MoneyRules(models.Model):
    """What a cooperative decided about its money: when two persons are needed, how little is paid, and how often."""

    class TwoPersons(models.TextChoices):
        """From when on nobody moves money alone."""

        ALWAYS = "always", _("always")
        FROM_SECOND = "from_second", _("as soon as a second person could agree")

    class Schedule(models.TextChoices):
        """How often a purse is paid; the days are the same for everybody."""

        ANY = "any", _("on any day")
        WEEKLY = "weekly", _("once a week, from Monday")
        MONTHLY = "monthly", _("once a month, from the first")
        QUARTERLY = "quarterly", _("once a quarter, from its first day")

    cooperative = models.OneToOneField(Cooperative, on_delete=models.PROTECT, related_name="money_rules")
    two_persons = models.CharField(
        _("two persons are needed"), max_length=11, choices=TwoPersons, default=TwoPersons.ALWAYS
    )
    minimum = models.BigIntegerField(_("least that is paid out"), default=0)
    schedule = models.CharField(_("purses are paid"), max_length=9, choices=Schedule, default=Schedule.ANY)
    second_factor_from = models.DateField(_("second factor needed from"), null=True, blank=True)

    class Meta:
        verbose_name = _("rules for money")
        verbose_name_plural = _("rules for money")
        constraints = [models.CheckConstraint(condition=Q(minimum__gte=0), name="the_least_payout_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.cooperative}"


class Approval(models.Model):
    """A wish of one person about money or power over it; it counts once a second person agrees."""

    class Kind(models.TextChoices):
        """What is wished."""

        ROLES = "roles", _("Other roles")
        RULES = "rules", _("Other rules for money")
        BANK = "bank", _("Another bank account")
        ACCOUNT = "account", _("A change of the account at Stripe")
        SENDING = "sending", _("Money to the bank")
        ADVANCE = "advance", _("An advance")
        MOVING = "moving", _("Money brought elsewhere")
        CREDIT_PAID = "credited", _("Credit out of the cooperative’s account")

    class State(models.TextChoices):
        """Only what waits can still be answered."""

        WAITING = "waiting", _("Waits for a second person")
        APPROVED = "approved", _("Agreed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Taken back")

    cooperative = models.ForeignKey(Cooperative, on_delete=models.PROTECT, related_name="approvals")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    about = models.CharField(_("about"), max_length=100)
    wish = models.JSONField(_("wish"))
    key = models.CharField(_("key"), max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    is_alone = models.BooleanField(_("nobody else could agree"), default=False)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("answered by")
    )

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cooperative", "about"], condition=Q(state="waiting"), name="one_wish_waits_about_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="an_answered_wish_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(is_alone=True) | ~Q(answered_by=F("asked_by")),
                name="two_persons_agree",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
