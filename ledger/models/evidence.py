"""What joins an entry's evidence hash to the evidence it was made from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Salt(models.Model):
    """The chance in an entry's evidence hash, by the entry's key. Erased, nothing joins the entry to its evidence."""

    key = models.CharField(max_length=200, primary_key=True)
    salt = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("salt")
        verbose_name_plural = _("salts")

    def __str__(self) -> str:
        return self.key
