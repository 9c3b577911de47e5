"""The design commons: recipes, their versions and where they came from, labels, and who may sell by them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.people import Cooperative, Membership


class Bundle(models.Model):
    """A signed file of recipes from another market, kept as it came."""

    origin = models.CharField(_("signed by"), max_length=200)
    key = models.CharField(_("by the key"), max_length=300)
    sha256 = models.CharField(_("hash"), max_length=64, unique=True)
    content = models.TextField(_("the file"))
    made_at = models.DateTimeField(_("made"))
    received_at = models.DateTimeField(_("brought in"))
    received_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("brought in by")
    )

    class Meta:
        verbose_name = _("bundle")
        verbose_name_plural = _("bundles")
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.origin} {self.made_at:%Y-%m-%d}"


class Recipe(models.Model):
    """How something is made, written down by a cooperative for others to make, change and thank for; or brought in
    from another market, where its community stays: then the cooperative only keeps it here."""

    slug = models.CharField(_("short name"), max_length=40, unique=True)
    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="recipes", verbose_name=_("cooperative")
    )
    name = models.CharField(_("name"), max_length=100)
    begun_at = models.DateTimeField(_("begun"))
    bundle = models.ForeignKey(
        Bundle, on_delete=models.PROTECT, null=True, related_name="recipes", verbose_name=_("brought in with")
    )
    origin = models.CharField(_("log under which it began"), max_length=200, blank=True)
    name_there = models.CharField(_("short name there"), max_length=40, blank=True)
    community = models.CharField(_("community elsewhere"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("recipe")
        verbose_name_plural = _("recipes")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9-]{1,40}$"), name="recipe_slug_is_a_plain_name"),
            models.UniqueConstraint(
                fields=["origin", "name_there"], condition=~Q(origin=""), name="recipe_is_brought_in_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The design in the ledger: what is cited when something is made by it, and whose purse is thanked."""
        return f"commons/{self.slug}"

    @property
    def by(self) -> str:
        """The name of the community that it is from."""
        return self.community or self.cooperative.name


class RecipeVersion(models.Model):
    """One wording of a recipe: a draft until it is published, and never changed from then on."""

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="versions", verbose_name=_("recipe"))
    number = models.PositiveIntegerField(_("version"))
    body = models.JSONField(_("what it says"))
    parents = models.ManyToManyField("self", symmetrical=False, related_name="children", verbose_name=_("made from"))
    drafted_at = models.DateTimeField(_("drafted"))
    drafted_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("drafted by")
    )
    published_at = models.DateTimeField(_("published"), null=True)

    class Meta:
        verbose_name = _("version of a recipe")
        verbose_name_plural = _("versions of recipes")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["recipe", "number"], name="recipe_has_each_version_once"),
            models.UniqueConstraint(
                fields=["recipe"], condition=Q(published_at=None), name="recipe_has_one_draft_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipe} {self.number}"


class RecipeLabel(models.Model):
    """A TK or BC Label that the community of a recipe has set on it, in its own words."""

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="labels", verbose_name=_("recipe"))
    code = models.CharField(_("label"), max_length=6)
    text = models.TextField(_("in the community's words"), max_length=2000)
    months = models.JSONField(_("months in which it may be used"), default=list)
    set_at = models.DateTimeField(_("set"))
    set_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("set by")
    )

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["recipe", "code"], name="label_is_set_once_on_a_recipe")]

    def __str__(self) -> str:
        return self.code


class Permission(models.Model):
    """That the community of a recipe lets another cooperative sell what it makes by it: one here, or one at another
    market, named by the log of that market and its short name there, which a signed bundle tells that market."""

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="permissions", verbose_name=_("recipe"))
    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who may sell")
    )
    market = models.CharField(_("at which market, by the name of its log"), max_length=200, blank=True)
    name_there = models.CharField(_("its short name there"), max_length=40, blank=True)
    words = models.CharField(_("on what terms"), max_length=300, blank=True)
    given_at = models.DateTimeField(_("given"))
    given_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("given by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("withdrawn by")
    )

    class Meta:
        verbose_name = _("permission to sell")
        verbose_name_plural = _("permissions to sell")
        ordering = ["given_at"]
        constraints = [
            models.UniqueConstraint(fields=["recipe", "cooperative"], name="permission_is_given_once_to_a_cooperative"),
            models.UniqueConstraint(
                fields=["recipe", "market", "name_there"],
                condition=~models.Q(market=""),
                name="permission_is_given_once_to_one_elsewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(cooperative__isnull=False, market="", name_there="")
                | models.Q(cooperative__isnull=True) & ~models.Q(market="") & ~models.Q(name_there=""),
                name="permission_is_for_somebody_here_or_elsewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.who}: {self.recipe}"

    @property
    def who(self) -> str:
        """Whom it names: a cooperative here, or “oak, oak.example/log”."""
        return self.cooperative.name if self.cooperative else f"{self.name_there}, {self.market}"


class Ownership(models.Model):
    """Who owns a cooperative, as it declares: recipes may be for peers alone."""

    class Kind(models.TextChoices):
        MEMBERS = "members", _("its members")
        NON_PROFIT = "non-profit", _("a non-profit")
        INVESTORS = "investors", _("investors")

    cooperative = models.OneToOneField(
        Cooperative, on_delete=models.PROTECT, related_name="ownership", verbose_name=_("cooperative")
    )
    kind = models.CharField(_("owned by"), max_length=10, choices=Kind)
    declared_at = models.DateTimeField(_("declared"))
    declared_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("declared by")
    )

    class Meta:
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["members", "non-profit", "investors"]), name="ownership_is_of_a_kind_we_know"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cooperative}: {self.kind}"
