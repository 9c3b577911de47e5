"""Order cycles: a span in which orders are taken for one hand-over, and what of which goods is in it."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.models.catalogue import Listing
from market.rules.cycles import Window


class Cycle(models.Model):
    """A span in which a stall takes orders for one hand-over; what they earn is kept apart and divided by itself."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(_("number"))
    code = models.CharField(_("name in the ledger"), max_length=40, unique=True)
    key = models.CharField(_("key"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=80)
    opens_at = models.DateTimeField(_("orders from"))
    closes_at = models.DateTimeField(_("orders until"))
    handover_on = models.DateField(_("day of the hand-over"))
    handover_place = models.CharField(_("place of the hand-over"), max_length=300)
    handover_note = models.CharField(_("what buyers should know"), max_length=300, blank=True)
    has_all_goods = models.BooleanField(_("all goods on the shelf are in it"), default=True)
    planned_at = models.DateTimeField(_("planned"))
    planned_by = models.ForeignKey("cooperatives.Membership", on_delete=models.PROTECT, related_name="+", null=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    called_at = models.DateTimeField(_("buyers were told that the goods are ready"), null=True, blank=True)

    class Meta:
        verbose_name = _("order cycle")
        verbose_name_plural = _("order cycles")
        ordering = ["-opens_at", "-id"]
        indexes = [models.Index(fields=["cooperative", "-closes_at"], name="cycles_of_a_cooperative")]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "number"], name="a_cooperative_numbers_its_cycles_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="a_cycle_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(called_at__isnull=True) | Q(closed_at__isnull=False),
                name="buyers_are_called_once_a_cycle_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def window(self) -> Window:
        """When it takes orders."""
        return Window(self.opens_at, self.closes_at, self.closed_at)

    @property
    def ended_at(self) -> datetime:
        """When it was closed, or will be."""
        return self.closed_at or self.closes_at


class CycleGood(models.Model):
    """One listing in a cycle: which goods it has where it has not all, and how many pieces of them at most."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="goods")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="+")
    most = models.PositiveIntegerField(_("pieces at most"), null=True, blank=True)

    class Meta:
        verbose_name = _("good in a cycle")
        verbose_name_plural = _("goods in a cycle")
        constraints = [
            models.UniqueConstraint(fields=["cycle", "listing"], name="a_cycle_names_a_listing_once"),
            models.CheckConstraint(condition=Q(most__isnull=True) | Q(most__gt=0), name="at_most_so_many_is_some"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id}/{self.listing_id}"
