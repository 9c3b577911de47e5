"""Letters to members and those who want to be: written with the change they tell of, sent later by a sweep."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Letter(models.Model):
    """A letter that waits: the row is the queue. What it said is forgotten once it went."""

    key = models.CharField(_("key"), max_length=100, unique=True)
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("body"), blank=True)
    written_at = models.DateTimeField(_("written"))
    claimed_at = models.DateTimeField(_("being sent since"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("times tried"), default=0)

    class Meta:
        verbose_name = _("letter to a member")
        verbose_name_plural = _("letters to members")
        ordering = ["-written_at", "-id"]
        indexes = [models.Index(fields=["sent_at", "id"], name="member_letters_to_send")]

    def __str__(self) -> str:
        return self.subject
