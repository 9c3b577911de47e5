"""The journal: what was recorded, and what each account holds by it. The database keeps the laws (ledger/sql)."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.models.log import Leaf


class Unit(models.Model):
    """What flows are counted in: money, a claim on a holder of money, or a thing."""

    code = models.CharField(max_length=110, unique=True)
    family = models.CharField(max_length=5)
    exponent = models.PositiveSmallIntegerField()
    grams = models.PositiveBigIntegerField(null=True)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.CheckConstraint(
                condition=Q(family__in=["money", "claim", "thing"]),
                name="unit_is_of_a_family",
            ),
            models.CheckConstraint(condition=Q(exponent__lte=9), name="unit_has_at_most_nine_decimals"),
        ]

    def __str__(self) -> str:
        return self.code


class Owner(models.Model):
    """An actor of the ledger, by pseudonym, and the place where it is (empty: unknown)."""

    address = models.CharField(max_length=81, primary_key=True)
    place = models.CharField(max_length=200, null=True)

    class Meta:
        verbose_name = _("owner")
        verbose_name_plural = _("owners")

    def __str__(self) -> str:
        return self.address


class Account(models.Model):
    """Where something is held, by its address owner/purpose[@keeper]."""

    address = models.CharField(max_length=250, unique=True)
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=170, db_index=True)
    word = models.CharField(max_length=40)
    is_closed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.address


class Batch(models.Model):
    """A lot or a process by its path: closed once it was drawn from, or has produced."""

    path = models.CharField(max_length=170, primary_key=True)
    is_closed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return self.path


class Balance(models.Model):
    """What one account holds of one unit, and the bounds it may not leave (empty: none)."""

    pk = models.CompositePrimaryKey("account_id", "unit_id")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(null=True)
    ceiling = models.BigIntegerField(null=True)
    held = models.BigIntegerField(db_default=0)  # the sum of its open holds, which stays above the floor

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [models.CheckConstraint(condition=Q(held__gte=0), name="nothing_is_held_below_zero")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.quantity}"


class Entry(models.Model):
    """Something that happened, recorded once and never changed: its flows say what went from whom to whom.

    What an entry and its flows refer to is looked up by the function that writes them, in the same transaction, and
    nothing is ever deleted: no foreign key asks again, and `verify_log` compares every row with its leaf.
    """

    leaf = models.OneToOneField(
        Leaf,
        on_delete=models.PROTECT,
        primary_key=True,
        db_column="token",
        db_constraint=False,
        related_name="+",
    )
    id = models.UUIDField(unique=True)
    key = models.CharField(max_length=200, db_collation="C")  # by its bytes: one index serves it and its beginnings
    action = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.JSONField()
    evidence = models.CharField(max_length=10)
    undoes: Any = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_column="undoes",
        db_constraint=False,
        db_index=False,
    )
    flow_count = models.IntegerField()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_entry_a_key"),
            models.CheckConstraint(condition=Q(flow_count__gt=0), name="entry_moves_something"),
            models.CheckConstraint(condition=Q(undoes__lt=F("leaf")), name="entry_undoes_an_earlier_one"),
        ]
        indexes = [
            models.Index(fields=["undoes"], condition=Q(undoes__isnull=False), name="entries_that_undo"),
        ]

    def __str__(self) -> str:
        return self.key


class Flow(models.Model):
    """From one account to another, a quantity of a unit above zero: number `n` of its entry's `flow_count` flows."""

    pk = models.CompositePrimaryKey("entry_id", "n")
    entry = models.ForeignKey(
        Entry,
        on_delete=models.PROTECT,
        related_name="flows",
        db_index=False,
        db_column="token",
        db_constraint=False,
    )
    n = models.IntegerField()
    giver = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    taker = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    quantity = models.BigIntegerField()

    class Meta:
        verbose_name = _("flow")
        verbose_name_plural = _("flows")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="flow_moves_something"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="flow_goes_to_another_account"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.n}"


class Hold(models.Model):
    """What is promised and still there: a balance less its holds stays above the floor. No record of the log.

    It resolves once: captured by the entry that uses it, or released.
    """

    key = models.CharField(max_length=200, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.BigIntegerField()
    placed_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    captured_by: Any = models.ForeignKey(
        Entry, on_delete=models.PROTECT, null=True, related_name="+", db_column="captured_by"
    )

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_hold_holds_something"),
            models.CheckConstraint(
                condition=Q(captured_by__isnull=True) | Q(resolved_at__isnull=False), name="what_captures_resolves"
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(resolved_at__isnull=True), name="holds_that_end"),
        ]

    def __str__(self) -> str:
        return self.key


class Closing(models.Model):
    """A closed period: entries that say they happened before it ended are refused for its owner, unit, or both."""

    scope = models.CharField(max_length=200, primary_key=True)
    owner = models.CharField(max_length=81)  # empty: every owner
    unit = models.CharField(max_length=20)  # empty: every unit; a money stands for the claims in it too
    before = models.DateTimeField()

    class Meta:
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")

    def __str__(self) -> str:
        return self.scope
