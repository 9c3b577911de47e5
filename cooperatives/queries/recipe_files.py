"""Give me: what a file about a version of a recipe says besides its words, for everyone to read."""

from collections.abc import Iterable

from cooperatives.models import Lot, RecipeLabel, RecipeVersion
from cooperatives.queries.people import names_for_everyone
from cooperatives.queries.recipes import design_of
from cooperatives.rules.manifests import Facts


def facts_of(version: RecipeVersion, here: str, labels: Iterable[RecipeLabel]) -> Facts:
    """The facts beside a published version; `here` is how addresses of recipes begin, `labels` are in force on it."""
    recipe, parents = version.recipe, version.parents.select_related("recipe")
    authors = [author.who for author in design_of(version).authors]
    names = names_for_everyone(authors)
    makers = set(Lot.objects.filter(process__recipe__recipe=recipe).values_list("cooperative", flat=True).distinct())
    return Facts(
        page=link_to(version, here), community=recipe.by, number=version.number,
        begun_on=recipe.begun_at.date(), published_on=(version.published_at or version.drafted_at).date(),
        is_made=bool(makers), is_made_elsewhere=bool(makers - {recipe.cooperative_id}),
        people=tuple(dict.fromkeys(names[who] for who in authors if who in names)),
        parents=tuple((str(parent.body["name"]), link_to(parent, here)) for parent in parents),
        labels=tuple((row.code, row.text, row.recipe.by) for row in labels),
    )  # fmt: skip


def link_to(version: RecipeVersion, here: str) -> str:
    """The address of a version's page."""
    return f"{here}{version.recipe.slug}/?version={version.number}"
