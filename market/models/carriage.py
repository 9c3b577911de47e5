"""Sending goods: the carriers a cooperative works with, and what of an order goes with one of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from market.models.orders import Order


class CarriageOffer(models.Model):
    """A carrier that brings a cooperative's goods to buyers, at one price for what an order has of them.

    It never changes, since orders were placed by it: another price is another offer, and the old one is closed.
    """

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    carrier = models.CharField(_("carrier in the ledger"), max_length=50)
    name = models.CharField(_("carrier"), max_length=80)
    days = models.CharField(_("how long it takes"), max_length=80, blank=True)
    countries = models.JSONField(_("countries it goes to"))
    price = models.BigIntegerField(_("price"))
    currency = models.CharField(_("currency"), max_length=20)
    vat_rate = models.PositiveSmallIntegerField(_("VAT, per mille"))
    tax = models.CharField(_("whose tax"), max_length=50)
    offered_at = models.DateTimeField(_("offered"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("carriage offer")
        verbose_name_plural = _("carriage offers")
        ordering = ["price", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="carriage_has_a_price"),
            models.CheckConstraint(condition=Q(vat_rate__lt=1000), name="carriage_has_a_tax_rate_per_mille"),
        ]

    def __str__(self) -> str:
        return self.name


class Carriages(models.Manager["Carriage"]):
    """With the offer by which each was agreed, which whoever reads one reads too."""

    def get_queryset(self) -> models.QuerySet["Carriage"]:
        return super().get_queryset().select_related("offer__cooperative")


class Carriage(models.Model):
    """What one cooperative sends of an order, as it was agreed; `number` goes on after the order's lines."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="carriages")
    number = models.PositiveSmallIntegerField(_("number"))
    offer = models.ForeignKey(CarriageOffer, on_delete=models.PROTECT, related_name="carriages")
    price = models.BigIntegerField(_("price"))
    vat = models.BigIntegerField(_("VAT inside"))
    sent_at = models.DateTimeField(_("given to the carrier"), null=True, blank=True)
    tracking = models.CharField(_("number of the parcel"), max_length=80, blank=True)

    objects = Carriages()

    class Meta:
        verbose_name = _("carriage")
        verbose_name_plural = _("carriages")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="an_order_numbers_its_carriages_once"),
            models.UniqueConstraint(fields=["order", "offer"], name="an_order_goes_by_an_offer_once"),
            models.CheckConstraint(condition=Q(price__gt=0, vat__gte=0), name="a_carriage_has_a_price"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.number}"

    @property
    def title(self) -> str:
        """As receipts, letters and invoices name it."""
        return str(_("Carriage: %(carrier)s")) % {"carrier": self.offer.name}
