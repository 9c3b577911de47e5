"""The design commons: draft a recipe, fork and merge others', and publish a version that is never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Membership, Recipe, RecipeVersion, Role
from cooperatives.queries.recipes import ancestors, blocked, draft_of, labels_on, version_of
from cooperatives.rules.labels import PAGE
from cooperatives.rules.names import LONGEST, plain_name
from cooperatives.rules.recipes import Design, read_design, write_design
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.people import OPERATOR, UnreadableName, refuse_unless
from cooperatives.services.sales import end_sales
from ledger.queries import is_owner_declared
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_document, record_owner

DESIGNERS = (Role.STEWARD, Role.CLERK, Role.MEMBER)


class NameTaken(Refusal):
    """There is a design “{slug}” already. Fork it, or choose another name."""


class UnknownAuthor(BadInput):
    """“{who}” is no member of this cooperative, nor an author of what this was made from."""


class UnknownParent(BadInput):
    """There is no published version {number} of a recipe “{slug}” that you may use."""


class DescendsFromIt(Refusal):
    """“{parent}” was itself made from this recipe. Fork theirs, or begin a recipe that merges both."""


class SaysTheSame(Refusal):
    """That is what the published version says already."""


class FromElsewhere(Refusal):
    """This recipe was brought in from {community}: fork it to change it. Its labels and terms are theirs to say."""


@transaction.atomic
def draft_recipe(
    *, by: Membership | None, cooperative: Cooperative, said: Mapping[str, Any], slug: str | None = None, at: datetime
) -> RecipeVersion:
    """A new recipe with its first draft; with parents it is a fork of one, or merges several. The same again is one.

    Raises NotAllowed, UnreadableRecipe, NotOnTheList, UnknownAuthor, UnknownParent, NameTaken, UnreadableName.
    """
    lock_cooperative(cooperative.pk)
    refuse_unless(by, *DESIGNERS, cooperative=cooperative)
    design = read_design(said)
    for known in RecipeVersion.objects.filter(recipe__cooperative=cooperative, published_at=None, number=1):
        if known.body == write_design(design):
            return known
    parents = _parents(design, cooperative, at)
    _refuse_authors(design, cooperative, parents)
    name = slug or free_name(design.name)
    if name != plain_name(name):
        raise UnreadableName(name=name)
    if Recipe.objects.filter(slug=name).exists():
        raise NameTaken(slug=name)
    recipe = Recipe.objects.create(slug=name, cooperative=cooperative, name=design.name, begun_at=at)
    return _draft(recipe, design, parents, by, at)


@transaction.atomic
def draft_version(*, by: Membership | None, recipe: Recipe, said: Mapping[str, Any], at: datetime) -> RecipeVersion:
    """The next version of a recipe, or other words for the draft that there is.

    Raises as draft_recipe does, SaysTheSame, FromElsewhere, DescendsFromIt where a parent was made from this recipe.
    """
    recipe = Recipe.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=recipe.pk)
    refuse_unless(by, *DESIGNERS, cooperative=recipe.cooperative)
    refuse_from_elsewhere(recipe)
    design = read_design(said)
    parents = _parents(design, recipe.cooperative, at)
    _refuse_authors(design, recipe.cooperative, parents)
    _refuse_circle(recipe, parents)
    last = recipe.versions.first()
    if last and last.published_at and last.body == write_design(design):
        raise SaysTheSame()
    if (draft := draft_of(recipe)) is None:
        return _draft(recipe, design, parents, by, at)
    draft.body, draft.drafted_at, draft.drafted_by = write_design(design), at, by
    draft.save()
    draft.parents.set(parents)
    return draft


@transaction.atomic
def publish_version(*, by: Membership | None, version: RecipeVersion, at: datetime) -> RecipeVersion:
    """Put a draft into the commons, and into the log as a document: from here on it is never changed.

    What its terms forbid others to sell goes off the shelf. Publishing twice is publishing once. Raises NotAllowed (a
    steward publishes), UnknownParent, DescendsFromIt.
    """
    recipe = Recipe.objects.select_for_update(of=("self",)).get(pk=version.recipe_id)
    version = RecipeVersion.objects.select_related("recipe__cooperative__place").get(pk=version.pk)
    refuse_unless(by, Role.STEWARD, cooperative=version.recipe.cooperative)
    if version.published_at:
        return version
    design = read_design(version.body)
    _refuse_circle(recipe, _parents(design, version.recipe.cooperative, at))
    recipe.name, version.published_at = design.name, at
    recipe.save(update_fields=["name"])
    version.save(update_fields=["published_at"])
    place = version.recipe.cooperative.place
    if not is_owner_declared(recipe.address):
        record_owner(owner=recipe.address, place=place.path if place else None, at=at)
    record_document(kind="recipe", name=recipe.slug, body=version.body, by=by.address if by else OPERATOR, at=at)
    apply_terms(version, at)
    return version


def apply_terms(version: RecipeVersion, at: datetime) -> None:
    """Who may sell what is made by a recipe is as its newest version says: what that forbids goes off the shelf."""
    recipe = version.recipe
    facts = {"community": recipe.by, "recipe": recipe.name, "number": version.number}
    end_sales(
        recipe,
        cause=f"recipes/{recipe.pk}/terms/{version.number}",
        subject=_("%(recipe)s: goods made by it are off the shelf") % facts,
        why=_("The terms of %(community)s in version %(number)s of %(recipe)s do not let you sell what is made by it.")
        % facts,
        at=at,
    )


def refuse_from_elsewhere(recipe: Recipe) -> None:
    """Raises FromElsewhere where a recipe was brought in: who keeps it here is not its community."""
    if recipe.origin:
        raise FromElsewhere(community=recipe.by)


def _draft(
    recipe: Recipe, design: Design, parents: list[RecipeVersion], by: Membership | None, at: datetime
) -> RecipeVersion:
    last = recipe.versions.first()
    draft = RecipeVersion.objects.create(
        recipe=recipe, number=last.number + 1 if last else 1, body=write_design(design), drafted_at=at, drafted_by=by
    )
    draft.parents.set(parents)
    return draft


def free_name(name: str) -> str:
    """A short name that no design has: neither a recipe, nor a fund that an agreement named."""
    stem = plain_name(name)[: LONGEST - 4].strip("-") or "recipe"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1_000))]
    taken = set(Recipe.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(each for each in names if each not in taken and not is_owner_declared(f"commons/{each}"))


def _parents(design: Design, cooperative: Cooperative, at: datetime) -> list[RecipeVersion]:
    """The versions that a design was made from; a label may keep them from everyone but their own community."""
    found = []
    for slug, number in design.parents:
        parent = version_of(slug, number)
        is_open = parent is not None and (
            parent.recipe.cooperative_id == cooperative.pk or not blocked(labels_on([slug]), PAGE, at)
        )
        if parent is None or not is_open:
            raise UnknownParent(slug=slug, number=number)
        found.append(parent)
    return found


def _refuse_authors(design: Design, cooperative: Cooperative, parents: list[RecipeVersion]) -> None:
    asked = {author.who for author in design.authors}
    ours = set(cooperative.memberships.filter(address__in=asked).values_list("address", flat=True))
    before = {author.who for parent in parents for author in read_design(parent.body).authors}
    earlier = RecipeVersion.objects.filter(recipe__cooperative=cooperative).exclude(published_at=None)
    before |= {author["who"] for body in earlier.values_list("body", flat=True) for author in body.get("authors", ())}
    if strangers := sorted(asked - ours - before):
        raise UnknownAuthor(who=strangers[0])


def _refuse_circle(recipe: Recipe, parents: list[RecipeVersion]) -> None:
    for parent in parents:
        if parent.recipe_id != recipe.pk and recipe.slug in ancestors([parent.recipe.slug]):
            raise DescendsFromIt(parent=parent.recipe.name)
