"""Lines of a cooperative's bank statement, and what became of each."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.models.orders import Order


class BankLine(models.Model):
    """A line of a statement, taken once by its name; money above zero came in, below it went out."""

    class State(models.TextChoices):
        """What became of it."""

        PAID = "paid", _("Pays its order")
        PART = "part", _("Too little: the rest is still due")
        OVER = "over", _("Too much: the order is paid, the rest goes back")
        LATE = "late", _("The order was over: the money goes back")
        RETURNED = "returned", _("Went back to a buyer")
        SEVERAL = "several", _("Pays several orders")
        UNMATCHED = "unmatched", _("No order found")
        ASIDE = "aside", _("Not for an order")

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name at the bank"), max_length=60)
    day = models.DateField(_("day"))
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=20)
    text = models.CharField(_("text"), max_length=500, blank=True)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="bank_lines", null=True, blank=True)
    parts = models.JSONField(_("what of it is for which order"), default=list, blank=True)
    taken_at = models.DateTimeField(_("taken"))
    taken_by = models.ForeignKey("cooperatives.Membership", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("line of a bank statement")
        verbose_name_plural = _("lines of bank statements")
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "name"], name="a_bank_line_is_taken_once"),
            models.CheckConstraint(
                condition=Q(state__in=["unmatched", "aside"]) | Q(order__isnull=False),
                name="a_matched_line_names_its_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name
