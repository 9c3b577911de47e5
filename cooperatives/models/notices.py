"""The board: what members of cooperatives offer one another, and what they look for."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Membership, Place


class Notice(models.Model):
    """Work, skill or equipment that somebody offers or looks for, across cooperatives."""

    class Kind(models.TextChoices):
        """What it is about."""

        WORK = "work", _("work")
        SKILL = "skill", _("skill")
        EQUIPMENT = "equipment", _("equipment")

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="notices", verbose_name=_("cooperative")
    )
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("posted by"))
    is_wanted = models.BooleanField(_("looked for, not offered"))
    kind = models.CharField(_("what it is about"), max_length=9, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=100)
    words = models.TextField(_("what exactly"), blank=True)
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    posted_at = models.DateTimeField(_("posted"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-posted_at", "-id"]
        indexes = [models.Index(fields=["closed_at", "-posted_at"], name="notices_on_the_board")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["work", "skill", "equipment"]), name="notice_is_about_something_we_know"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="notice_has_a_title"),
            models.CheckConstraint(
                condition=Q(closed_at__gte=F("posted_at")), name="notice_closes_after_it_was_posted"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Reply(models.Model):
    """What a member of some cooperative answered; whoever posted the notice reads it."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="replies", verbose_name=_("notice"))
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("answered by"))
    words = models.TextField(_("answer"))
    replied_at = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["replied_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "by"], name="member_answers_a_notice_once"),
            models.CheckConstraint(condition=~Q(words=""), name="answer_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.notice} {self.pk}"
