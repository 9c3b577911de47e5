"""Speaking with Stripe: calls to make, events heard, and the accounts, transfers and payouts of cooperatives."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.models.orders import Order


class StripeCall(models.Model):
    """Something to ask of Stripe: written with the change that wants it, made afterwards. The row is the queue, its key
    the idempotency key, and its body never changes."""

    class State(models.TextChoices):
        """Waiting ones are made again until Stripe answers yes or no."""

        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    key = models.CharField(_("key"), max_length=200, unique=True)
    verb = models.CharField(_("verb"), max_length=20)
    account = models.CharField(_("in the account"), max_length=255, blank=True)
    body = models.JSONField(_("what is asked"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    written_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("due"))
    claimed_at = models.DateTimeField(_("being made since"), null=True, blank=True)
    first_tried_at = models.DateTimeField(_("first tried"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("times tried"), default=0)
    is_uncertain = models.BooleanField(_("it may have happened"), default=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    object_id = models.CharField(_("object at Stripe"), max_length=255, blank=True)
    said = models.CharField(_("what Stripe said"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("call to Stripe")
        verbose_name_plural = _("calls to Stripe")
        ordering = ["-written_at", "-id"]
        indexes = [models.Index(fields=["state", "due_at"], name="calls_to_make")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(answered_at__isnull=False), name="an_answered_call_says_when"
            )
        ]

    def __str__(self) -> str:
        return self.key


class StripeEvent(models.Model):
    """Word from Stripe that something changed: kept once by its number; what changed is asked for, never believed."""

    event = models.CharField(_("number"), max_length=255, unique=True)
    kind = models.CharField(_("kind"), max_length=100)
    account = models.CharField(_("in the account"), max_length=255, blank=True)
    object_kind = models.CharField(_("kind of object"), max_length=40)
    object_id = models.CharField(_("object at Stripe"), max_length=255)
    heard_at = models.DateTimeField(_("heard"))
    claimed_at = models.DateTimeField(_("being read since"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("times tried"), default=0)

    class Meta:
        verbose_name = _("event from Stripe")
        verbose_name_plural = _("events from Stripe")
        ordering = ["-heard_at", "-id"]
        indexes = [models.Index(fields=["read_at", "id"], name="events_to_read")]

    def __str__(self) -> str:
        return self.event


class StripeAccount(models.Model):
    """A cooperative's own account at Stripe, to which its part of card payments is sent."""

    cooperative = models.OneToOneField("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    call = models.OneToOneField(StripeCall, on_delete=models.PROTECT, related_name="opened_account")
    account = models.CharField(_("account at Stripe"), max_length=255, unique=True, null=True, blank=True)
    is_submitted = models.BooleanField(_("everything was given"), default=False)
    is_ready = models.BooleanField(_("money can be sent to it"), default=False)
    can_pay_out = models.BooleanField(_("it can pay out"), default=False)
    needs = models.JSONField(_("what Stripe still wants"), default=list)
    read_at = models.DateTimeField(_("asked"), null=True, blank=True)

    class Meta:
        verbose_name = _("account at Stripe")
        verbose_name_plural = _("accounts at Stripe")

    def __str__(self) -> str:
        return self.account or str(self.cooperative_id)


class Transfer(models.Model):
    """A cooperative's part of one card payment, sent to its account at Stripe."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="transfers")
    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(_("amount"))
    left = models.PositiveSmallIntegerField(_("too little to be moved, for the next one"), default=0)
    currency = models.CharField(_("currency"), max_length=20)
    call = models.OneToOneField(StripeCall, on_delete=models.PROTECT, related_name="transfer")
    transfer = models.CharField(_("transfer at Stripe"), max_length=255, unique=True, null=True, blank=True)
    reversed = models.BigIntegerField(_("taken back"), default=0)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "cooperative"], name="one_transfer_for_an_order_and_a_seller"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_transfer_is_of_something"),
            models.CheckConstraint(
                condition=Q(reversed__gte=0, reversed__lte=models.F("amount")), name="no_more_is_taken_back_than_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.amount}"


class Reversal(models.Model):
    """Part of a transfer that is taken back, because a buyer was."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="reversals")
    amount = models.BigIntegerField(_("amount"))
    call = models.OneToOneField(StripeCall, on_delete=models.PROTECT, related_name="reversal")
    reversal = models.CharField(_("reversal at Stripe"), max_length=255, unique=True, null=True, blank=True)
    is_refused = models.BooleanField(_("there was too little"), default=False)

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_reversal_is_of_something")]

    def __str__(self) -> str:
        return f"{self.transfer_id} {self.amount}"


class BankPayout(models.Model):
    """Money that goes from a cooperative's account at Stripe to its bank."""

    class State(models.TextChoices):
        """As Stripe last told it; what is on its way may still come back."""

        ASKED = "asked", _("Asked for")
        ON_ITS_WAY = "on_its_way", _("On its way")
        ARRIVED = "arrived", _("Arrived")
        FAILED = "failed", _("Came back")
        REFUSED = "refused", _("Refused")

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=20)
    call = models.OneToOneField(StripeCall, on_delete=models.PROTECT, related_name="bank_payout")
    payout = models.CharField(_("payout at Stripe"), max_length=255, unique=True, null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked for"))

    class Meta:
        verbose_name = _("payout to the bank")
        verbose_name_plural = _("payouts to the bank")
        ordering = ["-asked_at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_payout_to_a_bank_is_of_something")]

    def __str__(self) -> str:
        return f"{self.cooperative_id} {self.amount}"
