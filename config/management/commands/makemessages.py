"""Django's makemessages, which also gathers the docstrings of refusals: they are words that people read."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import makemessages
from django.core.management.utils import popen_wrapper

from ledger.rules.refusal import Refusal

APPS = ("ledger", "cooperatives", "market", "reports", "config")


class Command(makemessages.Command):
    def build_potfiles(self) -> list[str]:
        """The templates of the catalogues; ours, where all apps meet, with the refusals' words added."""
        potfiles: list[str] = super().build_potfiles()
        if self.domain != "django":
            return potfiles
        pot = Path(settings.LOCALE_PATHS[0]) / "django.pot"
        with pot.open("ab") as written:
            written.write(b"\n")
            write_po(written, _catalogue_of_refusals(), omit_header=True)
        merged, errors, failed = popen_wrapper(["msguniq", "--to-code=utf-8", *self.msguniq_options, str(pot)])
        if failed:
            raise CommandError(errors)
        pot.write_text(merged)
        return potfiles


def refusals() -> Iterator[type[Refusal]]:
    """Every refusal of every app, found by reading all of its modules."""
    for app in APPS:
        for module in pkgutil.walk_packages(import_module(app).__path__, f"{app}."):
            if not module.name.rpartition(".")[2].startswith("__"):
                import_module(module.name)
    found = [Refusal]
    for refusal in found:
        found.extend(kind for kind in refusal.__subclasses__() if kind.__module__.partition(".")[0] in APPS)
    yield from dict.fromkeys(found)


def words_of(refusal: type[Refusal]) -> str:
    """What is looked up in the catalogue, exactly as `Refusal.words` does."""
    return " ".join((refusal.__doc__ or "").split())


def _catalogue_of_refusals() -> Catalog:
    catalogue = Catalog()
    for refusal in refusals():
        if words := words_of(refusal):
            catalogue.add(words, auto_comments=[refusal.__name__])
    return catalogue
