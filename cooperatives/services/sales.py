"""What a recipe no longer lets others sell goes off the shelf, and whose it was are told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.dispatch import Signal
from django.urls import reverse
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Recipe
from cooperatives.queries.federations import stewards_of
from cooperatives.services.letters import write_letter

# Whoever sells what is made here hears that a recipe may forbid more than before, and takes off the shelf what it now
# forbids; answers [(cooperative, title)] of that. Sent with `recipe` and `at`, inside the transaction.
sales_ended = Signal()


def end_sales(
    recipe: Recipe, *, cause: str, subject: str, why: str, also: Iterable[Cooperative] = (), at: datetime
) -> None:
    """Have what the terms of a recipe forbid now taken off the shelf, whoever offers it, and tell their stewards and
    those of `also` why, in the language of whoever caused it; what was ordered stays ordered, what was sold stays sold.
    """
    taken: dict[Cooperative, list[str]] = {cooperative: [] for cooperative in also}
    answers: list[tuple[Any, Any]] = sales_ended.send(Recipe, recipe=recipe, at=at)
    for _receiver, rows in answers:
        for cooperative, title in rows:
            taken.setdefault(cooperative, []).append(title)
    for cooperative, titles in taken.items():
        lines = [
            why,
            *(_("“%(title)s” is off the shelf.") % {"title": title} for title in titles),
            _("What was ordered stays ordered, and what was sold stays sold."),
            "",
            settings.PUBLIC_ADDRESS + reverse("recipe", args=[recipe.slug]),
        ]
        for steward in stewards_of(cooperative):
            if steward.member and steward.member.email:
                key = f"{cause}/{steward.pk}"
                write_letter(key=key, to=steward.member.email, subject=subject[:200], lines=lines, at=at)
