"""Money by card: payment pages, refunds, disputes, and what is sent to cooperatives through Stripe."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.models.orders import Order
from market.models.payments import Payment
from market.models.stripe import StripeCall


class PaymentPage(models.Model):
    """A page at Stripe on which one order can be paid; an order has one open page at most."""

    class State(models.TextChoices):
        """As Stripe last told it."""

        ASKED = "asked", _("Asked for")
        OPEN = "open", _("Open")
        COMPLETE = "complete", _("Paid")
        CLOSED = "closed", _("Closed")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField(_("number"))
    call = models.OneToOneField(StripeCall, on_delete=models.PROTECT, related_name="page")
    session = models.CharField(_("session at Stripe"), max_length=255, unique=True, null=True, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    expires_at = models.DateTimeField(_("open until"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)

    class Meta:
        verbose_name = _("payment page")
        verbose_name_plural = _("payment pages")
        ordering = ["order", "number"]
        indexes = [models.Index(fields=["state", "expires_at"], name="pages_that_are_open")]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="an_order_numbers_its_pages_once"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=["asked", "open"]), name="one_open_page_for_each_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"

    @property
    def amount(self) -> int:
        """What it takes, as it was asked of Stripe."""
        return sum(item["quantity"] * item["price_data"]["unit_amount"] for item in self.call.body["line_items"])


class Refund(models.Model):
    """Money given back line by line, to a card or by hand from where it was kept (then `refund` is the line of that
    keeper's statement), or the deposits of containers (`deposits`: {number: containers}), or all of a payment that no
    order wanted (both are empty)."""

    class State(models.TextChoices):
        """Asked is a wish; given is a line of Stripe's statement."""

        ASKED = "asked", _("Asked for")
        GIVEN = "given", _("Given back")
        FAILED = "failed", _("Not possible")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="refunds", null=True, verbose_name=_("of what was paid")
    )
    key = models.CharField(_("key"), max_length=100, unique=True)
    charge = models.CharField(_("charge at Stripe"), max_length=255)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=20)
    lines = models.JSONField(_("what each line gives back"), default=dict)
    deposits = models.JSONField(_("for how many containers of each line"), default=dict)
    credit = models.BigIntegerField(_("in so much credit"), default=0)
    why = models.CharField(_("reason"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("asked for"))
    asked_by = models.ForeignKey(
        "cooperatives.Membership", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("asked by")
    )
    call = models.OneToOneField(StripeCall, on_delete=models.PROTECT, related_name="refund", null=True)
    refund = models.CharField(_("refund at Stripe"), max_length=255, unique=True, null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    given_at = models.DateTimeField(_("given back"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["asked_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="a_refund_is_of_something")]

    def __str__(self) -> str:
        return self.key


class Dispute(models.Model):
    """A buyer's bank took the money of a charge back; Stripe decides who is right."""

    class State(models.TextChoices):
        """As Stripe last told it."""

        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    dispute = models.CharField(_("dispute at Stripe"), max_length=255, unique=True)
    charge = models.CharField(_("charge at Stripe"), max_length=255)
    amount = models.BigIntegerField(_("amount"))
    fee = models.BigIntegerField(_("fee"))
    currency = models.CharField(_("currency"), max_length=20)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    lines = models.JSONField(_("what each line lost"), default=dict)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at", "-id"]

    def __str__(self) -> str:
        return self.dispute
