"""Who takes part and where: members, cooperatives, memberships, places and hubs."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Member(AbstractUser):
    """A person who signs in; known to the ledger only by the random address of each membership."""

    has_field_mode = models.BooleanField(_("field mode"), default=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")


class Place(models.Model):
    """Somewhere, inside somewhere larger: its path names all of them, as in gh/ashanti/kumasi."""

    path = models.CharField(_("path"), max_length=200, unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(path__regex=r"^[a-z0-9-]+(/[a-z0-9-]+)*$"), name="place_path_is_made_of_plain_names"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Admission(models.TextChoices):
    """How somebody becomes a member who was not invited."""

    OPEN = "open", _("whoever asks is a member")
    STEWARD = "steward", _("a steward decides")
    CLOSED = "closed", _("by invitation only")


class Cooperative(models.Model):
    """A group of people who give, make and sell together; it holds money for its members."""

    slug = models.CharField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("place"))
    currency = models.CharField(_("currency"), max_length=8)
    story = models.TextField(_("story"), blank=True)
    is_weighted_by_people = models.BooleanField(
        _("a member cooperative has a vote for each person in it"), default=False
    )
    admission = models.CharField(_("how to join"), max_length=7, choices=Admission.choices, default=Admission.STEWARD)
    founded_at = models.DateTimeField(_("founded"))

    class Meta:
        verbose_name = _("cooperative")
        verbose_name_plural = _("cooperatives")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9-]{1,40}$"), name="cooperative_slug_is_a_plain_name"
            ),
            models.CheckConstraint(
                condition=Q(admission__in=Admission.values), name="cooperative_admits_in_a_way_we_know"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Its owner's address in the ledger."""
        return f"coops/{self.slug}"


class Hub(models.Model):
    """Where a cooperative keeps goods, weighs them and hands them over."""

    slug = models.CharField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="hubs", verbose_name=_("cooperative")
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("place"))

    class Meta:
        verbose_name = _("hub")
        verbose_name_plural = _("hubs")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9-]{1,40}$"), name="hub_slug_is_a_plain_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Its keeper's address in the ledger."""
        return f"hubs/{self.slug}"


class Role(models.TextChoices):
    """What a member may do: a clerk enters only, an auditor reads all and writes nothing."""

    STEWARD = "steward", _("steward")
    TREASURER = "treasurer", _("treasurer")
    CLERK = "clerk", _("clerk")
    AUDITOR = "auditor", _("auditor")
    MEMBER = "member", _("member")


class Audience(models.TextChoices):
    """Who may read something of a member."""

    PUBLIC = "public", _("everyone")
    COOPERATIVE = "cooperative", _("the cooperative")
    SELF = "self", _("only me")


class Membership(models.Model):
    """One person or farm in one cooperative, under a random address; the only name the ledger knows."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("cooperative")
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("person")
    )
    society = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, null=True, blank=True, related_name="seats",
        verbose_name=_("member cooperative"),
    )  # fmt: skip
    address = models.CharField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    number = models.CharField(_("number in its own books"), max_length=40, blank=True)
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    roles = models.JSONField(_("roles"))
    name_shown_to = models.CharField(
        _("name shown to"), max_length=11, choices=Audience.choices, default=Audience.COOPERATIVE
    )
    place_shown_to = models.CharField(
        _("place shown to"), max_length=11, choices=Audience.choices, default=Audience.COOPERATIVE
    )
    amounts_shown_to = models.CharField(
        _("amounts shown to"), max_length=11, choices=Audience.choices, default=Audience.SELF
    )
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "member"], name="person_joins_a_cooperative_once"),
            models.UniqueConstraint(fields=["cooperative", "society"], name="cooperative_joins_another_once"),
            models.CheckConstraint(
                condition=Q(society=None) | (Q(member=None, roles=[Role.MEMBER]) & ~Q(society=F("cooperative"))),
                name="cooperative_joins_another_as_a_member",
            ),
            models.UniqueConstraint(
                fields=["cooperative", "number"], condition=~Q(number=""), name="number_is_given_once_in_a_cooperative"
            ),
            models.CheckConstraint(
                condition=Q(roles__contained_by=Role.values) & ~Q(roles=[]), name="membership_has_roles_we_know"
            ),
            models.CheckConstraint(
                condition=Q(name_shown_to__in=Audience.values), name="name_is_shown_to_someone_we_know"
            ),
            models.CheckConstraint(
                condition=Q(address__regex=r"^members/[a-z0-9-]{1,40}$"), name="membership_has_an_address"
            ),
            models.CheckConstraint(condition=Q(left_at__gte=F("joined_at")), name="membership_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(place_shown_to__in=Audience.values), name="place_is_shown_to_someone_we_know"
            ),
            # What one person got is never everyone's: public tables have their own rule for few receivers.
            models.CheckConstraint(
                condition=Q(amounts_shown_to__in=[Audience.COOPERATIVE, Audience.SELF]),
                name="amounts_are_shown_to_the_cooperative_at_most",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(name="", number="", member=None, place=None, left_at__isnull=False),
                name="who_is_erased_has_no_name",
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def random_name(self) -> str:
        """The address without its class, as it stands in the address of a page."""
        return self.address.removeprefix("members/")

    @property
    def pseudonym(self) -> str:
        """What everyone may call this member: the first letters of the random address."""
        return self.random_name[:4]

    @property
    def is_unclaimed(self) -> bool:
        """Whether it stands in the books only: no person and no cooperative is behind it yet."""
        return self.member_id is None and self.society_id is None and self.left_at is None

    def has_role(self, *roles: str) -> bool:
        """Whether this membership, while it lasts, carries one of `roles`."""
        return self.left_at is None and any(role in self.roles for role in roles)
