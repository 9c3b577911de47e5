"""What members vote on: the next agreement, or the rule of their credit; what they say of it, and their votes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cooperatives.models.agreements import Agreement
from cooperatives.models.people import Cooperative, Membership


class Proposal(models.Model):
    """How a cooperative might share a sale from now on, or, where it has a `rule`, how its members might pay each other
    in credit. Its members vote on it. An edition is one wording of it."""

    class State(models.TextChoices):
        """A draft can be changed; an open one is voted on; the other two stay as they are."""

        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        ADOPTED = "adopted", pgettext_lazy("a proposal", "adopted")
        REJECTED = "rejected", _("rejected")

    class Majority(models.TextChoices):
        """How many of the votes for and against must be for it."""

        HALF = "half", _("more than half")
        TWO_THIRDS = "two-thirds", _("two thirds")

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="proposals", verbose_name=_("cooperative")
    )
    number = models.PositiveIntegerField(_("number"))
    edition = models.PositiveIntegerField(_("edition"), default=1)
    steps = models.JSONField(_("steps"), default=list, blank=True)
    rule = models.JSONField(_("the rule of members’ credit, where it is about that"), null=True, blank=True)
    why = models.TextField(_("why"), max_length=2000, blank=True)
    quorum = models.PositiveSmallIntegerField(_("percent of the members who must vote"))
    majority = models.CharField(_("majority"), max_length=10, choices=Majority.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("drafted by"))
    drafted_at = models.DateTimeField(_("drafted"))
    changed_at = models.DateTimeField(_("changed"))
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    electorate = models.PositiveIntegerField(_("members who may vote"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    agreement = models.OneToOneField(
        Agreement, on_delete=models.PROTECT, null=True, blank=True, related_name="proposal",
        verbose_name=_("the version it became"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "number"], name="proposal_has_its_number_once"),
            models.UniqueConstraint(
                fields=["cooperative"], condition=Q(state="open"), name="one_vote_at_a_time_in_a_cooperative"
            ),
            models.CheckConstraint(condition=Q(quorum__gte=1, quorum__lte=100), name="quorum_is_a_percentage"),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(opened_at__isnull=False, closes_at__isnull=False, electorate__isnull=False),
                name="a_vote_has_its_dates_and_its_electorate",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "open"], closed_at__isnull=True)
                | Q(state__in=["adopted", "rejected"], closed_at__isnull=False),
                name="a_closed_vote_has_its_result",
            ),
            models.CheckConstraint(
                condition=Q(state="adopted", rule__isnull=True, agreement__isnull=False)
                | (Q(rule__isnull=False) | ~Q(state="adopted")) & Q(agreement__isnull=True),
                name="an_adopted_proposal_is_a_version",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.cooperative} {self.number}"


class Vote(models.Model):
    """What one member said to one edition of a proposal; changeable until the vote closes."""

    class Choice(models.TextChoices):
        """For it, against it, or neither, which counts for the quorum only."""

        YES = "yes", _("for")
        NO = "no", _("against")
        ABSTAIN = "abstain", _("neither")

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="votes", verbose_name=_("proposal"))
    edition = models.PositiveIntegerField(_("edition"))
    voter = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("voter"))
    choice = models.CharField(_("choice"), max_length=7, choices=Choice.choices)
    cast_at = models.DateTimeField(_("cast"))
    weight = models.PositiveIntegerField(_("people it speaks for"), default=1)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering = ["cast_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "edition", "voter"], name="each_member_has_one_vote"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.choice}"


class Comment(models.Model):
    """What a member said of a proposal, beside the edition that was there to be read."""

    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, related_name="comments", verbose_name=_("proposal")
    )
    edition = models.PositiveIntegerField(_("edition"))
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("said by"))
    text = models.TextField(_("text"), max_length=2000)
    said_at = models.DateTimeField(_("said"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["said_at", "id"]

    def __str__(self) -> str:
        return f"{self.proposal} {self.said_at}"
