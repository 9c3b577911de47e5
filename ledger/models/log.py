"""The log: every record as one leaf, in an order that replays."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Leaf(models.Model):
    """The bytes of one record, as they were written when it was recorded.

    The token is drawn while the entry's balances are locked: so its order replays. The index is the leaf's place in the
    tree, gapless, given once by the single writer that sequences.
    """

    token = models.BigIntegerField(primary_key=True)
    text = models.TextField()
    hash = models.BinaryField(max_length=32)
    index = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("leaf")
        verbose_name_plural = _("leaves")
        constraints = [
            models.UniqueConstraint(
                fields=["index"],
                condition=Q(index__isnull=False),
                name="one_leaf_at_each_index",
            ),
        ]
        indexes = [
            models.Index(
                fields=["token"],
                condition=Q(index__isnull=True),
                name="leaves_to_sequence",
            )
        ]

    def __str__(self) -> str:
        return f"{self.index if self.index is not None else '–'}: {self.text[:60]}"


class Document(models.Model):
    """A record that is no entry: one version of a unit, place, agreement, recipe, roster or other paper."""

    token = models.OneToOneField(
        Leaf,
        on_delete=models.PROTECT,
        primary_key=True,
        db_column="token",
        related_name="+",
    )
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    body = models.JSONField()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(fields=["kind", "name", "version"], name="one_document_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} v{self.version}"


class Log(models.Model):
    """How many leaves have their place in the tree; one row, and the lock of the single writer."""

    size = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("log")
        verbose_name_plural = _("logs")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="there_is_one_log")]

    def __str__(self) -> str:
        return str(self.size)


class Checkpoint(models.Model):
    """The root of the tree at a size; `frontier` holds the roots of its full subtrees, from which it can grow."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")

    def __str__(self) -> str:
        return f"{self.size} {bytes(self.root).hex()}"
