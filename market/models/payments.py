"""Money that came in, was divided and was paid out; each row names the entry of the journal that says so."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from market.models.cycles import Cycle
from market.models.orders import Order
from market.rules.cycles import pot_of


class Payment(models.Model):
    """What one keeper received of an order that is sold, named by the line of its statement that came last. `lines`
    says what it paid of each line ({number: {tax, commission, rest}}); it is empty where it paid all."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    keeper = models.CharField(_("kept by"), max_length=60)
    statement_line = models.CharField(_("line of the statement"), max_length=150, unique=True)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=20)
    lines = models.JSONField(_("what it paid of each line"), default=dict)
    is_fee_known = models.BooleanField(_("the keeper's fee is known"), default=True)
    received_at = models.DateTimeField(_("received"))
    received_by = models.ForeignKey(
        "cooperatives.Membership", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("received by")
    )
    entry = models.UUIDField(_("entry"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_is_of_something"),
            models.UniqueConstraint(fields=["order", "keeper"], name="a_keeper_received_an_order_once"),
        ]

    def __str__(self) -> str:
        return self.statement_line


class CreditPart(models.Model):
    """The part of an order that its buyer, a member, pays in the members' credit: it lies with the order until all is
    paid, then each seller's cooperative has it. Quantities are in the circle's unit, `worth` in the order's money."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="credit_part")
    circle = models.ForeignKey("cooperatives.Circle", on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(_("paid by"), max_length=60)
    quantity = models.BigIntegerField(_("how much"))
    worth = models.BigIntegerField(_("what it pays"))
    returned = models.BigIntegerField(_("given back"), default=0)
    key = models.CharField(_("key"), max_length=120, unique=True)
    paid_at = models.DateTimeField(_("paid"))
    entry = models.UUIDField(_("entry"))

    class Meta:
        verbose_name = _("part paid in credit")
        verbose_name_plural = _("parts paid in credit")
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, worth__gt=0, returned__gte=0, returned__lte=F("quantity")),
                name="a_part_in_credit_is_of_something_and_returns_once",
            )
        ]

    def __str__(self) -> str:
        return self.key


class Division(models.Model):
    """One lot's earnings of one period, or in one order cycle, divided by the agreement in force; `parts` says to whom,
    and why."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    period = models.CharField(_("period"), max_length=100)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="divisions", null=True, blank=True)
    lot_path = models.CharField(_("lot"), max_length=100)
    currency = models.CharField(_("currency"), max_length=20)
    amount = models.BigIntegerField(_("amount"))
    parts = models.JSONField(_("parts"))
    divided_at = models.DateTimeField(_("divided"))
    divided_by = models.ForeignKey(
        "cooperatives.Membership", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("divided by")
    )
    entry = models.UUIDField(_("entry"))

    class Meta:
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        ordering = ["-divided_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["lot_path", "period", "currency"], name="a_lot_is_divided_once_a_period"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_division_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.lot_path}"

    @property
    def pot(self) -> str:
        """Where what it divided had waited."""
        return pot_of(self.lot_path, self.cycle.code if self.cycle else "")

    @property
    def key(self) -> str:
        """The key of its entry."""
        return f"divide/{self.period}/{self.lot_path.rpartition('/')[2]}/{self.currency}"


class CreditDivision(models.Model):
    """What a lot's sales of one period brought in members' credit, handed on as its money was: `parts` by owner, the
    cooperative's own among them; `left` of it, once buyers were given some back."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    circle = models.ForeignKey("cooperatives.Circle", on_delete=models.PROTECT, related_name="+")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    period = models.CharField(_("period"), max_length=100)
    lot_path = models.CharField(_("lot"), max_length=100)
    quantity = models.BigIntegerField(_("how much"))
    parts = models.JSONField(_("parts"))
    left = models.JSONField(_("left of them"))
    divided_at = models.DateTimeField(_("divided"))
    divided_by = models.ForeignKey(
        "cooperatives.Membership", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("divided by")
    )
    entry = models.UUIDField(_("entry"), null=True, blank=True)

    class Meta:
        verbose_name = _("division of credit")
        verbose_name_plural = _("divisions of credit")
        ordering = ["-divided_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lot_path", "period", "circle"], name="credit_of_a_lot_is_divided_once_a_period"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_division_of_credit_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.lot_path} {self.circle_id}"

    @property
    def key(self) -> str:
        """The key of its entry."""
        return f"divide/{self.period}/{self.lot_path.rpartition('/')[2]}/{self.circle.code}"


class Payout(models.Model):
    """Money paid out of a purse, or on to another cooperative's lot: prepared by one person, confirmed by another."""

    cooperative = models.ForeignKey("cooperatives.Cooperative", on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(_("paid to"), max_length=60)
    lot = models.CharField(_("for its lot"), max_length=40, blank=True, default="")
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=20)
    keeper = models.CharField(_("paid from"), max_length=60)
    key = models.CharField(_("key"), max_length=100, unique=True)
    prepared_at = models.DateTimeField(_("prepared"))
    prepared_by = models.ForeignKey(
        "cooperatives.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        "cooperatives.Membership",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("confirmed by"),
    )
    statement_line = models.CharField(_("line of the statement"), max_length=150, unique=True, null=True, blank=True)
    evidence = models.TextField(_("evidence"), blank=True, max_length=1000)
    is_alone = models.BooleanField(_("nobody else could confirm"), default=False)
    dropped_at = models.DateTimeField(_("dropped"), null=True, blank=True)
    entry = models.UUIDField(_("entry"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-prepared_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payout_is_of_something"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | Q(is_alone=True) | ~Q(confirmed_by=F("prepared_by")),
                name="two_persons_pay_out",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True)
                | (Q(confirmed_by__isnull=False, entry__isnull=False, statement_line__isnull=False) & ~Q(evidence="")),
                name="a_confirmed_payout_has_its_evidence",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(dropped_at__isnull=True),
                name="a_confirmed_payout_is_not_dropped",
            ),
            models.UniqueConstraint(
                fields=["cooperative", "owner", "lot", "currency"],
                condition=Q(confirmed_at__isnull=True, dropped_at__isnull=True),
                name="one_open_payout_for_each_purse",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.amount}"

    @property
    def account(self) -> str:
        """What is paid out of: a purse, or another cooperative's share of a sale, as its lot earns it."""
        return f"{self.owner}/earned/{self.lot}" if self.lot else f"{self.owner}/purse"
