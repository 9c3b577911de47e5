"""Letters to buyers: written with the change they tell of, sent later by a sweep."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from market.models.orders import Order


class Letter(models.Model):
    """A letter in the outbox: the row is the queue."""

    key = models.CharField(_("key"), max_length=100, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="letters")
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("body"))
    written_at = models.DateTimeField(_("written"))
    claimed_at = models.DateTimeField(_("being sent since"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("times tried"), default=0)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-written_at", "-id"]
        indexes = [models.Index(fields=["sent_at", "id"], name="letters_to_send")]

    def __str__(self) -> str:
        return self.subject
