"""Bundles of recipes: signed by this market's log for another, and brought in from one, all of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from cooperatives.models import Bundle as Kept
from cooperatives.models import Cooperative, Membership, Permission, Recipe, RecipeLabel, RecipeVersion, Role
from cooperatives.queries.bundles import bundled, key_of, masses
from cooperatives.queries.recipes import labels_on
from cooperatives.rules.bundles import Asked, Brought, Bundle, read_bundle, write_bundle
from cooperatives.rules.recipes import LONGEST, read_design, write_design
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.labels import record_labels
from cooperatives.services.making import declare_piece
from cooperatives.services.people import refuse_unless
from cooperatives.services.permissions import end_permission
from cooperatives.services.recipes import apply_terms, free_name
from ledger import queries as ledger
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_document, record_owner
from ledger.services.log import read_key


class SignerChanged(Refusal):
    """{origin} signed with another key before. Ask them whether they changed it: this may not be theirs."""


class BundleContradicts(Refusal):
    """Version {number} of {recipe} is known here, and says something else than this bundle. Nothing was brought in."""


class NewerIsKnown(Refusal):
    """{origin} has sent a newer bundle with {recipe}. This older one would take back what its community said since."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bundle brought: the recipe it was made for, as it is here, and how many recipes and versions are new."""

    recipe: Recipe
    recipes: int
    versions: int


def sign_bundle(*, recipe: Recipe, labels: list[RecipeLabel] | None = None, at: datetime) -> bytes:
    """A recipe with all that it was made from and their labels (read where not given), signed by this market's log.

    Raises LogKeyIsMissing.
    """
    recipes = bundled(recipe.slug, settings.LOG_ORIGIN, labels_on([recipe.slug]) if labels is None else labels)
    key = read_key(is_first=True)
    return write_bundle(recipe=recipe.slug, recipes=recipes, grams=masses(recipes), made_at=at, key=key)


@transaction.atomic
def bring_bundle(
    *,
    by: Membership,
    cooperative: Cooperative,
    content: bytes,
    at: datetime,
    is_rehearsal: bool = False,
    language: str = "",
) -> tuple[Bundle, Taken]:
    """Keep what another market signed: its recipes, published, with their labels in force and whom of us they
    let sell, under their own communities.

    The same again changes nothing; a rehearsal keeps nothing. Only the market where a recipe began lifts its labels;
    others may add some. Raises NotAllowed (a steward), NoBundle, BundleTampered, SignerChanged, BundleContradicts,
    NewerIsKnown, UnreadableRecipe, NotOnTheList.
    """
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    bundle = read_bundle(content)
    lock_cooperative(cooperative.pk)
    if (known := key_of(bundle.origin)) and known != str(bundle.key):
        raise SignerChanged(origin=bundle.origin)
    kept, _ = Kept.objects.get_or_create(
        sha256=bundle.sha256,
        defaults={
            "origin": bundle.origin, "key": str(bundle.key), "content": content.decode(), "made_at": bundle.made_at,
            "received_at": at, "received_by": by,
        },
    )  # fmt: skip
    here = {each.slug: _recipe_here(each, bundle, kept, cooperative, at) for each in bundle.recipes}
    for unit in sorted(bundle.grams.keys() - ledger.units(bundle.grams).keys()):
        declare_piece(by=by, code=unit, grams=bundle.grams[unit], at=at)
    new = [version for each in bundle.recipes for version in _add_versions(each, here, by, at)]
    for each in bundle.recipes:
        if here[each.slug].origin:
            _take_labels(each, here[each.slug], bundle, by, at)
            if bundle.origin == here[each.slug].origin:
                _take_permissions(each, here[each.slug], language, at)
    newest = {version.recipe_id: version for version in sorted(new, key=lambda version: version.number)}
    for version in newest.values():
        apply_terms(version, at)
    recipes = {version.recipe_id for version in new if version.number == 1}
    transaction.set_rollback(is_rehearsal)
    return bundle, Taken(here[bundle.recipe], len(recipes), len(new))


def _recipe_here(each: Brought, bundle: Bundle, kept: Kept, cooperative: Cooperative, at: datetime) -> Recipe:
    """The row of a recipe in a bundle: our own where it began here, else one that the cooperative keeps."""
    if each.origin == settings.LOG_ORIGIN:
        own = Recipe.objects.filter(slug=each.name_there, origin="").first()
        if own is None:
            raise BundleContradicts(number=1, recipe=each.name)
        return own
    known = Recipe.objects.select_for_update(of=("self",)).filter(origin=each.origin, name_there=each.name_there)
    found = known.select_related("bundle").first()
    if found is None:
        recipe = Recipe.objects.create(
            slug=free_name(each.name_there), cooperative=cooperative, name=each.name, begun_at=at, bundle=kept,
            origin=each.origin, name_there=each.name_there, community=each.community,
        )  # fmt: skip
        record_owner(owner=recipe.address, place=None, at=at)
        return recipe
    if found.bundle and found.bundle.origin == bundle.origin and found.bundle.made_at > bundle.made_at:
        raise NewerIsKnown(origin=bundle.origin, recipe=found.name)
    if bundle.origin == found.origin:
        found.bundle, found.name = kept, each.name
        found.save(update_fields=["bundle", "name"])
    return found


def _add_versions(each: Brought, here: Mapping[str, Recipe], by: Membership, at: datetime) -> list[RecipeVersion]:
    recipe = here[each.slug]
    known = {version.number: version for version in recipe.versions.exclude(published_at=None)}
    added = []
    for wording in each.versions:
        body = wording.body if not recipe.origin else _translated(wording.body, wording.credits, each, here)
        if found := known.get(wording.number):
            if found.body != body:
                raise BundleContradicts(number=wording.number, recipe=each.name)
            continue
        if not recipe.origin:
            raise BundleContradicts(number=wording.number, recipe=each.name)
        version = RecipeVersion.objects.create(
            recipe=recipe, number=wording.number, body=body, drafted_at=wording.published_at, published_at=at
        )
        record_document(kind="recipe", name=recipe.slug, body=body, by=by.address, at=at)
        added.append(version)
    for version in added:
        parents = [(str(slug), int(number)) for slug, number in version.body.get("parents", ())]
        found_parents = [RecipeVersion.objects.get(recipe__slug=slug, number=number) for slug, number in parents]
        version.parents.set(found_parents)
    return added


def _translated(
    body: Mapping[str, Any], credits: tuple[str, ...], each: Brought, here: Mapping[str, Recipe]
) -> dict[str, Any]:
    """A body as it stands here: its parents by their short names here; its authors, whom nobody knows here, by the
    names that they show, else by their community's."""
    names = list(credits) or ([each.community] if body.get("authors") else [])
    said = {name: value for name, value in body.items() if name != "authors"}
    said["parents"] = [[here[str(slug)].slug, number] for slug, number in body.get("parents", ())]
    said["credits"] = list(dict.fromkeys([*body.get("credits", ()), *names]))[:LONGEST]
    return write_design(read_design(said))


def _take_labels(each: Brought, recipe: Recipe, bundle: Bundle, by: Membership, at: datetime) -> None:
    """Its labels as they now stand; a market that only passes a recipe on may add labels, and lift none."""
    before = {(row.code, row.text, tuple(row.months)) for row in recipe.labels.all()}
    if bundle.origin == recipe.origin:
        recipe.labels.exclude(code__in=[asked.code for asked in each.labels]).delete()
    for asked in each.labels:
        _take_label(asked, recipe, is_theirs=bundle.origin == recipe.origin)
    if before != {(row.code, row.text, tuple(row.months)) for row in recipe.labels.all()}:
        record_labels(recipe, by, at)


def _take_permissions(each: Brought, recipe: Recipe, language: str, at: datetime) -> None:
    """Who of us may sell, as the market where it began says now; nobody else can say so."""
    named = {given.cooperative: given for given in each.permissions if given.market == settings.LOG_ORIGIN}
    ours = list(Cooperative.objects.filter(slug__in=named))
    for cooperative in ours:
        given = named[cooperative.slug]
        said = {
            "words": given.words, "given_at": given.given_at, "given_by": None, "withdrawn_at": None,
            "withdrawn_by": None,
        }  # fmt: skip
        Permission.objects.update_or_create(recipe=recipe, cooperative=cooperative, defaults=said)
    for ended in recipe.permissions.filter(withdrawn_at=None).exclude(cooperative__in=ours):
        end_permission(ended, by=None, language=language or settings.LANGUAGE_CODE, at=at)


def _take_label(asked: Asked, recipe: Recipe, *, is_theirs: bool) -> None:
    said = {"text": asked.text, "months": sorted(set(asked.months)), "set_at": asked.set_at, "set_by": None}
    if is_theirs:
        RecipeLabel.objects.update_or_create(recipe=recipe, code=asked.code, defaults=said)
    else:
        RecipeLabel.objects.get_or_create(recipe=recipe, code=asked.code, defaults=said)
