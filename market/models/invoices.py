"""Invoices and credit notes: numbered by each seller without a gap, and what each said when it was written."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.models.cards import Refund
from market.models.orders import Order


class InvoiceSeries(models.Model):
    """The last number that a seller gave in a year; whoever writes an invoice holds its lock until it stands."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("series of invoices")
        verbose_name_plural = _("series of invoices")
        constraints = [models.UniqueConstraint(fields=["cooperative", "year"], name="a_seller_has_one_series_a_year")]

    def __str__(self) -> str:
        return f"{self.cooperative_id} {self.year}"


class Invoice(models.Model):
    """What one seller charged for an order, or gave back of it; amounts in the smallest part, never changed."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="invoices", null=True)
    seller = models.CharField(_("seller"), max_length=200)
    address = models.TextField(_("address of the seller"), max_length=500, blank=True)
    currency = models.CharField(_("currency"), max_length=20)
    lines = models.JSONField(_("lines"))
    issued_at = models.DateTimeField(_("issued"))

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "year", "number"], name="a_seller_gives_a_number_once"),
            models.UniqueConstraint(
                fields=["cooperative", "order"], condition=Q(refund=None), name="a_seller_charges_an_order_once"
            ),
            models.UniqueConstraint(
                fields=["cooperative", "refund"],
                condition=Q(refund__isnull=False),
                name="a_seller_credits_a_refund_once",
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="invoices_count_from_one"),
        ]

    def __str__(self) -> str:
        return self.called

    @property
    def called(self) -> str:
        """Its number, as it is printed: 2026-0007."""
        return f"{self.year}-{self.number:04}"

    @property
    def total(self) -> int:
        """What it charges, VAT inside; below zero where it gives back."""
        return sum(line["price"] for line in self.lines)
