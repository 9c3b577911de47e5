"""What people saw for themselves: counts of what lies at a hub, and what shows a value that has no scale."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cooperatives.models.making import Lot
from cooperatives.models.people import Cooperative, Hub, Membership


class StockCount(models.Model):
    """A count of what lies at a hub, beside the books; what differs is recorded in the journal."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="counts", verbose_name=_("cooperative")
    )
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+", verbose_name=_("hub"))
    words = models.CharField(_("why it differs"), max_length=300, blank=True)
    by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("counted by")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.key


class CountLine(models.Model):
    """One lot in a count, in its unit: what the books said, and what was there; `found` holds what was more."""

    count = models.ForeignKey(StockCount, on_delete=models.CASCADE, related_name="lines", verbose_name=_("stock count"))
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+", verbose_name=_("lot"))
    book = models.PositiveBigIntegerField(_("in the books"))
    counted = models.PositiveBigIntegerField(_("counted"))
    reason = models.CharField(_("reason"), max_length=10, blank=True)
    found = models.ForeignKey(
        Lot, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("lot of what was found")
    )

    class Meta:
        verbose_name = _("line of a stock count")
        verbose_name_plural = _("lines of stock counts")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["count", "lot"], name="lot_is_counted_once_in_a_count")]

    def __str__(self) -> str:
        return f"{self.lot}: {self.counted}"

    @property
    def difference(self) -> int:
        """How much more was there than the books said."""
        return self.counted - self.book


class Showing(models.Model):
    """What shows a declared value, such as trees kept: words beside the entry of that key, whose hash is in the log."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    words = models.CharField(_("what shows it"), max_length=500)
    by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("declared by")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("what shows a value")
        verbose_name_plural = _("what shows values")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.key
