"""Who witnessed the log: each signature as it was handed in, and the line they make together."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.utils.translation import gettext_lazy as _

from ledger.models.log import Checkpoint, Document

models.BinaryField.register_lookup(Length)


class Cosignature(models.Model):
    """One witness's own signature under one checkpoint, under the roster then in force: added, never changed."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    roster = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    witness = models.CharField(max_length=90)
    signature = models.BinaryField(max_length=96)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("cosignature")
        verbose_name_plural = _("cosignatures")
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="a_witness_signs_a_checkpoint_once"),
            models.CheckConstraint(condition=Q(signature__length=96), name="cosignature_has_its_length"),
        ]

    def __str__(self) -> str:
        return f"{self.witness} at {self.checkpoint_id}"


class Quorum(models.Model):
    """The signature line under one checkpoint that a quorum of its roster signed, and how many of them did."""

    checkpoint = models.OneToOneField(Checkpoint, on_delete=models.PROTECT, primary_key=True, related_name="quorum")
    signed = models.PositiveIntegerField()
    line = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("quorum")
        verbose_name_plural = _("quorums")

    def __str__(self) -> str:
        return f"{self.signed} at {self.checkpoint_id}"
