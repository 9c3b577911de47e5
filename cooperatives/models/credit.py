"""Mutual credit: a cooperative's unit in which members pay each other, each account's limits, and who paid whom."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Membership
from cooperatives.rules.credit import WHOLE


class Circle(models.Model):
    """A unit of mutual credit: what one has more, others have less, and all balances together are zero."""

    class Kind(models.TextChoices):
        """What is counted."""

        HOURS = "hours", _("hours")
        LOCAL = "local", _("a unit of the region")

    cooperative = models.OneToOneField(Cooperative, on_delete=models.PROTECT, related_name="circle")
    code = models.CharField(_("unit in the ledger"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    floor = models.BigIntegerField(_("how far below zero an account may fall, at first"))
    ceiling = models.BigIntegerField(_("how high it may rise, at first"))
    lowest = models.BigIntegerField(_("the furthest below zero that a treasurer may allow"))
    highest = models.BigIntegerField(_("the highest that a treasurer may allow"))
    worth = models.BigIntegerField(_("what one of it pays of a price"))
    opened_at = models.DateTimeField(_("opened"))

    class Meta:
        verbose_name = _("circle of credit")
        verbose_name_plural = _("circles of credit")
        constraints = [
            models.CheckConstraint(
                condition=Q(floor__gte=0, ceiling__gte=0, floor__lte=F("lowest"), ceiling__lte=F("highest")),
                name="first_limits_are_within_the_rule",
            ),
            models.CheckConstraint(condition=Q(worth__gt=0), name="credit_is_worth_something"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def whole(self) -> int:
        """Smallest parts in one."""
        return WHOLE[self.kind]


class CreditLimit(models.Model):
    """How far one account of a circle may fall below zero, and how high it may rise; both zero or more.

    The ledger keeps the floor; whoever receives is locked by this row while the ceiling is looked at."""

    circle = models.ForeignKey(Circle, on_delete=models.PROTECT, related_name="limits")
    owner = models.CharField(_("owner"), max_length=60)
    floor = models.BigIntegerField(_("how far below zero"))
    ceiling = models.BigIntegerField(_("how high"))
    set_at = models.DateTimeField(_("set"))
    set_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("set by")
    )

    class Meta:
        verbose_name = _("limit of credit")
        verbose_name_plural = _("limits of credit")
        constraints = [
            models.UniqueConstraint(fields=["circle", "owner"], name="an_account_of_a_circle_has_its_limits_once"),
            models.CheckConstraint(condition=Q(floor__gte=0, ceiling__gte=0), name="limits_are_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.circle_id}"


class CreditPayment(models.Model):
    """Credit that one gave another, with what it was for; the words stay here, the journal has the entry."""

    circle = models.ForeignKey(Circle, on_delete=models.PROTECT, related_name="payments")
    key = models.CharField(_("key"), max_length=120, unique=True)
    giver = models.CharField(_("from"), max_length=60)
    taker = models.CharField(_("to"), max_length=60)
    quantity = models.BigIntegerField(_("how much"))
    words = models.CharField(_("what for"), max_length=200, blank=True)
    paid_at = models.DateTimeField(_("paid"))
    paid_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("paid by"))
    entry = models.UUIDField(_("entry"))
    returned_at = models.DateTimeField(_("given back"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment in credit")
        verbose_name_plural = _("payments in credit")
        ordering = ["-paid_at", "-id"]
        indexes = [
            models.Index(fields=["circle", "giver"], name="credit_given"),
            models.Index(fields=["circle", "taker"], name="credit_taken"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="credit_paid_is_of_something"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="credit_goes_to_another"),
        ]

    def __str__(self) -> str:
        return self.key
