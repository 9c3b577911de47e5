"""What is made: processes and lots. How much is in them is read from the journal, never stored here."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cooperatives.models.containers import Container
from cooperatives.models.people import Cooperative, Hub, Membership
from cooperatives.models.recipes import RecipeVersion


class Process(models.Model):
    """Work in progress: takes goods, hours and designs, until one finish turns them into lots."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="processes", verbose_name=_("cooperative")
    )
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("what is made"), max_length=100)
    recipe = models.ForeignKey(
        RecipeVersion, on_delete=models.PROTECT, null=True, related_name="processes", verbose_name=_("by the recipe")
    )
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "code"], name="process_code_is_used_once_in_a_cooperative"),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9-]{1,40}$"), name="process_code_is_a_plain_name"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        """Its account in the ledger."""
        return f"{self.cooperative.address}/processes/{self.code}"


class Lot(models.Model):
    """A batch of one kind of goods, filled and then drawn from."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="lots", verbose_name=_("cooperative")
    )
    code = models.CharField(_("code"), max_length=40)
    goods = models.CharField(_("goods"), max_length=100)
    unit = models.CharField(_("unit"), max_length=20)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+", verbose_name=_("hub"))
    process = models.ForeignKey(
        Process, on_delete=models.PROTECT, null=True, related_name="lots", verbose_name=_("made in")
    )
    opened_at = models.DateTimeField(_("opened"))
    best_before = models.DateField(_("good until"), null=True)
    container = models.ForeignKey(
        Container, on_delete=models.PROTECT, null=True, related_name="lots", verbose_name=_("packaging that comes back")
    )

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "code"], name="lot_code_is_used_once_in_a_cooperative"),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9-]{1,40}$"), name="lot_code_is_a_plain_name"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def path(self) -> str:
        """The lot wherever it lies."""
        return f"{self.cooperative.address}/lots/{self.code}"

    @property
    def hub_address(self) -> str:
        """The keeper of its goods."""
        return self.hub.address

    @property
    def address(self) -> str:
        """Its account in the ledger, at the hub where it lies."""
        return f"{self.path}@{self.hub.address}"


class Tool(models.Model):
    """Something whose use is given to a process, by the cooperative or by the member who owns it."""

    cooperative = models.ForeignKey(
        Cooperative, on_delete=models.PROTECT, related_name="tools", verbose_name=_("cooperative")
    )
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    owner = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("owned by the member")
    )
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cooperative", "code"], name="tool_code_is_used_once_in_a_cooperative"),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9-]{1,40}$"), name="tool_code_is_a_plain_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Its account in the ledger, with whoever owns it."""
        return f"{(self.owner or self.cooperative).address}/tools/{self.code}"


class Weighing(models.Model):
    """What the scale said at one delivery, in the lot's unit; the net is the journal's entry under the same key."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="weighings", verbose_name=_("lot"))
    giver = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", verbose_name=_("giver"))
    by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by")
    )
    gross = models.PositiveBigIntegerField(_("gross"))
    tare = models.PositiveBigIntegerField(_("tare"))
    grade = models.CharField(_("grade"), max_length=40, blank=True)
    # Where it was weighed, in millionths of a degree (WGS 84): the giver's own, and in no journal.
    longitude = models.IntegerField(_("longitude"), null=True)
    latitude = models.IntegerField(_("latitude"), null=True)
    is_position_shown = models.BooleanField(_("shown to the cooperative where it was weighed"), default=False)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("weighing")
        verbose_name_plural = _("weighings")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(gross__gt=F("tare")), name="weighing_leaves_something_net"),
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None, is_position_shown=False)
                | Q(longitude__range=(-180_000_000, 180_000_000), latitude__range=(-90_000_000, 90_000_000)),
                name="weighing_is_somewhere_on_earth_or_not_said",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Correction(models.Model):
    """Why an entry was taken back or changed, and by whom; both entries stay in the journal."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    corrects = models.CharField(_("key of the corrected entry"), max_length=200, db_index=True)
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("corrected by")
    )
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.key
