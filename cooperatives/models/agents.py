"""Nature and communities that give and receive: forests, rivers, soils, the people of a place."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Membership, Place


class Agent(models.Model):
    """A forest, a river or a community that gives and receives; a cooperative, its guardian, speaks for it."""

    class Kind(models.TextChoices):
        """What it is."""

        FOREST = "forest", _("forest")
        WATER = "water", _("river, lake or sea")
        SOIL = "soil", _("soil")
        ANIMALS = "animals", _("animals")
        COMMUNITY = "community", _("community of people")
        OTHER = "other", _("something else")

    slug = models.CharField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("what it is"), max_length=9, choices=Kind.choices)
    words = models.TextField(_("what it is and needs"), blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("place"))
    guardian = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="wards", verbose_name=_("guardian")
    )
    # Who is asked to speak for it next, and who asked; until that cooperative answers, the guardian stays.
    offered_to = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("offered to")
    )
    offered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField(_("registered"))

    class Meta:
        verbose_name = _("nature or community")
        verbose_name_plural = _("nature and communities")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9-]{1,40}$"), name="agent_slug_is_a_plain_name"),
            models.CheckConstraint(
                condition=Q(kind__in=["forest", "water", "soil", "animals", "community", "other"]),
                name="agent_is_of_a_kind_we_know",
            ),
            models.CheckConstraint(
                condition=Q(offered_to=None, offered_by=None) | Q(offered_to__isnull=False, offered_by__isnull=False),
                name="a_guardianship_is_offered_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Its owner's address in the ledger."""
        return f"nature/{self.slug}"
