"""Give me: a recipe with all that it was made from, as a bundle says it; and what other markets signed before."""

from cooperatives.models import Bundle, Permission, RecipeLabel, RecipeVersion
from cooperatives.queries.people import names_for_everyone
from cooperatives.queries.recipes import ancestors
from cooperatives.rules.bundles import Asked, Brought, Permitted, Wording
from ledger.queries import units


def bundled(slug: str, origin: str, labels: list[RecipeLabel]) -> list[Brought]:
    """A recipe and its forebears, each with its published versions and its own of `labels`; `origin` is our log."""
    behind = ancestors([slug])
    found = RecipeVersion.objects.filter(recipe__slug__in=behind).exclude(published_at=None)
    versions = list(found.select_related("recipe__cooperative").order_by("recipe__slug", "number"))
    names = names_for_everyone(a["who"] for v in versions for a in v.body.get("authors", ()))
    recipes = {version.recipe.slug: version.recipe for version in versions}
    given_here = Permission.objects.filter(recipe__slug__in=behind, recipe__origin="", withdrawn_at=None)
    elsewhere = given_here.exclude(market="")
    given = list(elsewhere.select_related("recipe"))
    return [
        Brought(
            slug=each, origin=recipe.origin or origin, name_there=recipe.name_there or each, name=recipe.name,
            community=recipe.by,
            versions=tuple(
                Wording(v.number, v.published_at or v.drafted_at, v.body, _credits(v, names))
                for v in versions if v.recipe.slug == each
            ),
            labels=tuple(
                Asked(row.code, row.text, tuple(row.months), row.set_at) for row in labels if row.recipe.slug == each
            ),
            permissions=tuple(
                Permitted(row.market, row.name_there, row.words, row.given_at)
                for row in given if row.recipe.slug == each
            ),
        )
        for each, recipe in recipes.items()
    ]  # fmt: skip


def masses(recipes: list[Brought]) -> dict[str, int | None]:
    """{unit: grams of one} for all that goes in and comes out."""
    used = {
        row["unit"] for r in recipes for v in r.versions for s in ("inputs", "outputs") for row in v.body.get(s, ())
    }
    return {code: unit.grams for code, unit in sorted(units(used).items())}


def key_of(origin: str) -> str | None:
    """The key by which another market signed what it sent before."""
    return Bundle.objects.filter(origin=origin).values_list("key", flat=True).first()


def _credits(version: RecipeVersion, names: dict[str, str]) -> tuple[str, ...]:
    authors = version.body.get("authors", ())
    return tuple(f"{names[a['who']]}, {a['role']}".rstrip(", ") for a in authors if a["who"] in names)
