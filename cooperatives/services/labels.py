"""What the community of a recipe says about its use: TK and BC Labels, and who may sell what is made by it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from cooperatives.models import (
    Cooperative,
    Lot,
    Membership,
    Ownership,
    Recipe,
    RecipeLabel,
    RecipeVersion,
    Role,
)
from cooperatives.queries.recipes import (
    blocked,
    design_of,
    labels_on,
    newest_versions,
    permitted,
    recipes_behind,
    sellers_by_recipe,
)
from cooperatives.rules.labels import LABELS, LISTING, may_sell
from cooperatives.rules.recipes import one_line
from cooperatives.services.people import OPERATOR, refuse_unless
from cooperatives.services.recipes import refuse_from_elsewhere
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_document


class UnknownLabel(BadInput):
    """“{code}” is none of the labels of Local Contexts."""


class LabelWithoutWords(BadInput):
    """Say in your community's own words what this label asks."""


class LabelForbidsSale(Refusal):
    """This lot may not be sold. {community} has set “{label}” on the recipe {recipe}: {words}"""


class PermissionNeeded(Refusal):
    """This lot may not be sold yet. {recipe} asks that {seller} agrees with {community} first."""


class OwnershipUnknown(Refusal):
    """This lot may not be sold yet. {recipe} is for cooperatives and non-profits: {seller} must say who owns it."""


@transaction.atomic
def set_label(
    *, by: Membership | None, recipe: Recipe, code: str, text: str, months: Sequence[int] = (), at: datetime
) -> RecipeLabel:
    """Set a label on a recipe, or give it other words; it holds for all that is made from the recipe as well.

    Raises NotAllowed (a steward of the community that owns the recipe, nobody else), FromElsewhere, UnknownLabel,
    LabelWithoutWords.
    """
    recipe = Recipe.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=recipe.pk)
    refuse_unless(by, Role.STEWARD, cooperative=recipe.cooperative)
    refuse_from_elsewhere(recipe)
    if code not in LABELS or not all(1 <= month <= 12 for month in months):
        raise UnknownLabel(code=code)
    if not (words := one_line(text)):
        raise LabelWithoutWords()
    said = {"text": words, "months": sorted(set(months)), "set_at": at, "set_by": by}
    label, _ = RecipeLabel.objects.update_or_create(recipe=recipe, code=code, defaults=said)
    record_labels(recipe, by, at)
    return label


@transaction.atomic
def lift_label(*, by: Membership | None, recipe: Recipe, code: str, at: datetime) -> None:
    """Take a label off again. Raises NotAllowed (a steward of the community that owns the recipe), FromElsewhere."""
    recipe = Recipe.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=recipe.pk)
    refuse_unless(by, Role.STEWARD, cooperative=recipe.cooperative)
    refuse_from_elsewhere(recipe)
    if recipe.labels.filter(code=code).delete()[0]:
        record_labels(recipe, by, at)


@transaction.atomic
def declare_ownership(*, by: Membership | None, cooperative: Cooperative, kind: str, at: datetime) -> Ownership:
    """Say who owns a cooperative; recorded in the log. Raises NotAllowed (its steward)."""
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    said = {"kind": Ownership.Kind(kind), "declared_at": at, "declared_by": by}
    found, _ = Ownership.objects.update_or_create(cooperative=cooperative, defaults=said)
    body = {"owned-by": found.kind}
    record_document(kind="ownership", name=cooperative.slug, body=body, by=by.address if by else OPERATOR, at=at)
    return found


def refuse_forbidden_sale(*, lot: Lot, at: datetime) -> None:
    """Whether a lot may be offered, by every recipe behind it and all that those were made from.

    Whoever a recipe does not let sell cannot let others do it either: its terms hold for its maker, and for each
    cooperative through whose hands what it made came, as well as for the one that offers it.
    Raises LabelForbidsSale, PermissionNeeded, OwnershipUnknown.
    """
    behind = recipes_behind(lot)
    if not behind:
        return
    if label := blocked(labels_on(behind), LISTING, at):
        community, recipe = label.recipe.by, label.recipe.name
        raise LabelForbidsSale(community=community, label=LABELS[label.code].name, recipe=recipe, words=label.text)
    refuse_by_terms(lot=lot, behind=behind)


def refuse_by_terms(*, lot: Lot, behind: Collection[str]) -> None:
    """Whether the terms of the recipes behind a lot (by short name) let all who sell it do so. Raises PermissionNeeded,
    OwnershipUnknown."""
    through, versions = sellers_by_recipe(lot), sorted(newest_versions(behind).items())
    names = {owner.removeprefix("coops/") for owners in through.values() for owner in owners}
    for seller in Cooperative.objects.filter(slug__in=names | {lot.cooperative.slug}).order_by("slug"):
        allowed = permitted(seller, behind)
        owned = Ownership.objects.filter(cooperative=seller).values_list("kind", flat=True).first() or "unknown"
        for slug, version in versions:
            if seller.pk == lot.cooperative_id or seller.address in through.get(slug, ()):
                _refuse_terms(seller, version, owned, is_permitted=slug in allowed)


def _refuse_terms(seller: Cooperative, version: RecipeVersion, owned: str, *, is_permitted: bool) -> None:
    answer = may_sell(
        design_of(version).terms, ownership=owned, is_permitted=is_permitted,
        is_own=version.recipe.cooperative_id == seller.pk and not version.recipe.origin,
    )  # fmt: skip
    if answer == "review":
        raise OwnershipUnknown(recipe=version.recipe.name, seller=seller.name)
    if answer != "yes":
        raise PermissionNeeded(recipe=version.recipe.name, community=version.recipe.by, seller=seller.name)


def record_labels(recipe: Recipe, by: Membership | None, at: datetime) -> None:
    """Put the labels in force on a recipe into the log."""
    rows = recipe.labels.order_by("code")
    body = {"labels": [{"code": row.code, "text": row.text, "months": row.months} for row in rows]}
    record_document(kind="labels", name=recipe.slug, body=body, by=by.address if by else OPERATOR, at=at)
