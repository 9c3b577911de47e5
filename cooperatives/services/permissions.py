"""Whom the community of a recipe lets sell what is made by it, and that it no longer does."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.models import Cooperative, Membership, Permission, Recipe, Role
from cooperatives.rules.names import plain_name
from cooperatives.rules.recipes import one_line
from cooperatives.services.people import UnreadableName, refuse_unless
from cooperatives.services.recipes import refuse_from_elsewhere
from cooperatives.services.sales import end_sales
from ledger.rules.refusal import Refusal


class ThisMarket(Refusal):
    """That is this market itself: name the cooperative alone."""


@transaction.atomic
def permit_sale(
    *, by: Membership | None, recipe: Recipe, cooperative: Cooperative, words: str = "", at: datetime
) -> Permission:
    """Let another cooperative sell what it makes by a recipe. Raises NotAllowed (a steward of the recipe's own),
    FromElsewhere."""
    refuse_unless(by, Role.STEWARD, cooperative=recipe.cooperative)
    refuse_from_elsewhere(recipe)
    said = {"words": words.strip(), "given_at": at, "given_by": by, "withdrawn_at": None, "withdrawn_by": None}
    return Permission.objects.update_or_create(recipe=recipe, cooperative=cooperative, defaults=said)[0]


@transaction.atomic
def permit_sale_elsewhere(
    *, by: Membership | None, recipe: Recipe, market: str, name_there: str, words: str = "", at: datetime
) -> Permission:
    """Let a cooperative at another market sell what it makes by a recipe: it holds there once a bundle that is signed
    from now on is brought in. Raises NotAllowed (a steward of the recipe's own), FromElsewhere, ThisMarket,
    UnreadableName."""
    refuse_unless(by, Role.STEWARD, cooperative=recipe.cooperative)
    refuse_from_elsewhere(recipe)
    market = one_line(market)[:200]
    if market == settings.LOG_ORIGIN:
        raise ThisMarket
    if not name_there or plain_name(name_there) != name_there:
        raise UnreadableName(name=name_there)
    said = {"words": words.strip(), "given_at": at, "given_by": by, "withdrawn_at": None, "withdrawn_by": None}
    return Permission.objects.update_or_create(recipe=recipe, market=market, name_there=name_there, defaults=said)[0]


@transaction.atomic
def withdraw_permission(*, by: Membership | None, permission: Permission, language: str, at: datetime) -> Permission:
    """Let a cooperative no longer sell what it makes by a recipe; once. What its terms forbid now goes off the shelf,
    whoever offers it, and their stewards get a letter; what was ordered stays ordered, what was sold stays sold.

    One at another market may sell until a bundle that is signed from now on is brought in there. Raises NotAllowed (a
    steward of the recipe's own).
    """
    permission = Permission.objects.select_for_update(of=("self",)).select_related("recipe").get(pk=permission.pk)
    refuse_unless(by, Role.STEWARD, cooperative=permission.recipe.cooperative)
    if permission.withdrawn_at is None:
        end_permission(permission, by=by, language=language, at=at)
    return permission


def end_permission(permission: Permission, *, by: Membership | None, language: str, at: datetime) -> None:
    """The same for one that is locked and in force, whoever said so: its community here, or the market where the
    recipe began."""
    permission.withdrawn_at, permission.withdrawn_by = at, by
    permission.save(update_fields=["withdrawn_at", "withdrawn_by"])
    if permission.cooperative is None:
        return
    recipe = permission.recipe
    facts = {"community": recipe.by, "recipe": recipe.name, "seller": permission.who}
    with override(language):
        end_sales(
            recipe,
            cause=f"permissions/{permission.pk}/{int(at.timestamp())}",
            subject=_("%(recipe)s: a permission to sell has ended") % facts,
            why=_("%(community)s no longer lets %(seller)s sell what is made by the recipe %(recipe)s.") % facts,
            also=[permission.cooperative],
            at=at,
        )
