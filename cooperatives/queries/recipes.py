"""Give me: recipes and their versions, what each was made from and what from it, their labels, where it was used."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Q, QuerySet
from django.db.models.expressions import RawSQL

from cooperatives.models import (
    Cooperative,
    Lot,
    Membership,
    Ownership,
    Permission,
    Process,
    Recipe,
    RecipeLabel,
    RecipeVersion,
)
from cooperatives.queries.stories import flows_behind
from cooperatives.rules import labels as rule
from cooperatives.rules import lineage
from cooperatives.rules.recipes import Design, read_design
from ledger.queries import entries_ahead
from ledger.rules.readings import NetFlow, net_flows


@dataclass(frozen=True, slots=True)
class Edge:
    """That one published version was made from another."""

    child: RecipeVersion
    parent: RecipeVersion


def recipe(slug: str) -> Recipe | None:
    """The recipe of that short name."""
    return Recipe.objects.filter(slug=slug).select_related("cooperative__place", "bundle").first()


def recipes() -> list[RecipeVersion]:
    """The newest published version of every recipe, by name."""
    newest: dict[int, RecipeVersion] = {}
    for version in _published():
        newest.setdefault(version.recipe_id, version)
    return sorted(newest.values(), key=lambda version: version.recipe.name)


def recipes_of(cooperative: Cooperative) -> list[RecipeVersion]:
    """The newest version of each of a cooperative's own recipes, drafts too."""
    newest: dict[int, RecipeVersion] = {}
    for version in RecipeVersion.objects.filter(recipe__cooperative=cooperative).select_related("recipe"):
        newest.setdefault(version.recipe_id, version)
    return sorted(newest.values(), key=lambda version: version.recipe.name)


def versions_of(of: Recipe) -> list[RecipeVersion]:
    """The published versions of a recipe, the newest first."""
    found = of.versions.exclude(published_at=None).select_related("recipe__cooperative", "drafted_by")
    return list(found)


def version_of(slug: str, number: int) -> RecipeVersion | None:
    """One published version."""
    found = RecipeVersion.objects.filter(recipe__slug=slug, number=number).exclude(published_at=None)
    return found.select_related("recipe__cooperative__place").first()


def draft_of(of: Recipe) -> RecipeVersion | None:
    """The version of a recipe that is not published yet."""
    return of.versions.filter(published_at=None).select_related("recipe__cooperative").first()


def usable_versions(reader: Membership) -> list[RecipeVersion]:
    """The newest published version of each recipe that a cooperative may make by: those its members may read."""
    hidden = hidden_from_all()
    return [v for v in recipes() if v.recipe.slug not in hidden or v.recipe.cooperative_id == reader.cooperative_id]


def design_of(version: RecipeVersion) -> Design:
    """What a version says."""
    return read_design(version.body)


def edges() -> list[Edge]:
    """Which published version was made from which, over the whole commons."""
    through = RecipeVersion.parents.through.objects.filter(from_recipeversion__published_at__isnull=False)
    found = through.select_related(
        "from_recipeversion__recipe__cooperative", "to_recipeversion__recipe__cooperative"
    ).order_by("from_recipeversion__published_at", "id")
    return [Edge(row.from_recipeversion, row.to_recipeversion) for row in found]


def lineage_of(slug: str, known: Sequence[Edge] | None = None) -> list[Edge]:
    """The edges among everything that a recipe was made from and all that was made from it."""
    among = edges() if known is None else known
    kin = ancestors([slug], among) | _reached([slug], [(edge.parent, edge.child) for edge in among])
    return [edge for edge in among if edge.child.recipe.slug in kin and edge.parent.recipe.slug in kin]


def ancestors(slugs: Iterable[str], known: Sequence[Edge] | None = None) -> set[str]:
    """These recipes and all that they were made from, by short name."""
    among = edges() if known is None else known
    return _reached(slugs, [(edge.child, edge.parent) for edge in among])


def design_parents() -> dict[str, list[str]]:
    """{design: the designs that it was made from}, by address in the ledger: what thanks walk along."""
    found: dict[str, set[str]] = defaultdict(set)
    for edge in edges():
        if edge.child.recipe_id != edge.parent.recipe_id:
            found[edge.child.recipe.address].add(edge.parent.recipe.address)
    return {design: sorted(parents) for design, parents in found.items()}


# The recipe of a label and all that was made from it, in the query that reads the labels: pages ask for both.
_UNDER = """(
    WITH RECURSIVE under(recipe_id) AS (
        SELECT cooperatives_recipelabel.recipe_id
        UNION
        SELECT child.recipe_id
        FROM under
        JOIN cooperatives_recipeversion parent ON parent.recipe_id = under.recipe_id
        JOIN cooperatives_recipeversion_parents edge ON edge.to_recipeversion_id = parent.id
        JOIN cooperatives_recipeversion child ON child.id = edge.from_recipeversion_id
        WHERE child.published_at IS NOT NULL
    )
    SELECT array_agg(recipe.slug) FROM under JOIN cooperatives_recipe recipe ON recipe.id = under.recipe_id
)"""


def labels_on(slugs: Iterable[str], known: Sequence[Edge] | None = None) -> list[RecipeLabel]:
    """The labels in force on these recipes: their own, and those of all that they were made from."""
    wanted = list(slugs)
    if not wanted:
        return []
    found = RecipeLabel.objects.select_related("recipe__cooperative", "set_by")
    if known is not None:
        return list(found.filter(recipe__slug__in=ancestors(wanted, known)))
    return list(found.annotate(under=_slugs_under()).filter(under__overlap=wanted))


def _slugs_under() -> RawSQL:
    return RawSQL(_UNDER, (), output_field=ArrayField(CharField()))


def hidden_from_all(known: Sequence[Edge] | None = None) -> set[str]:
    """The recipes that only their own cooperative may read, since a label of theirs or of a forebear says so."""
    own = {
        label.recipe.slug
        for label in RecipeLabel.objects.select_related("recipe")
        if rule.PAGE in rule.LABELS[label.code].blocks
    }
    if not own:
        return set()
    return _reached(own, [(edge.parent, edge.child) for edge in (edges() if known is None else known)])


def recipes_behind(lot: Lot) -> set[str]:
    """The recipes by which a lot, or anything in it, was made: as cited in the journal, with all their forebears."""
    cited = cited_in(flows_behind([lot.path]))
    return ancestors(cited) if cited else set()


def sellers_by_recipe(lot: Lot) -> dict[str, set[str]]:
    """{recipe behind a lot, or a forebear of one: the cooperatives, by address, through which what was made by it came
    into this lot}: each of them sells it, be it for a price or for a share."""
    flows = flows_behind([lot.path])
    behind = set(lineage.weights_behind(lot.path, lineage.facts(flows)))
    onward: dict[str, set[str]] = defaultdict(set)
    for flow in flows:
        if (taker := lineage.path_of(flow.taker)) in behind:
            onward[lineage.path_of(flow.giver)].add(taker)
    known = edges()
    found: dict[str, set[str]] = defaultdict(set)
    for slug in cited_in(flows):
        made = lineage.reached({f"commons/{slug}/recipe"}, onward) - {f"commons/{slug}/recipe"}
        for each in ancestors([slug], known):
            found[each] |= {lineage.owner_of(path) for path in made}
    return dict(found)


def cited_in(flows: Iterable[NetFlow]) -> set[str]:
    """The recipes, by short name, that processes among these flows followed."""
    return {
        lineage.owner_of(flow.giver).removeprefix("commons/")
        for flow in flows
        if flow.unit == "cite" and flow.giver.startswith("commons/")
    }


def labelled_lots() -> dict[str, list[RecipeLabel]]:
    """{lot, by path: the labels in force on what it, or anything in it, was made by}, over the whole journal."""
    labels = list(RecipeLabel.objects.select_related("recipe__cooperative").annotate(under=_slugs_under()))
    if not labels:
        return {}
    under = {label.recipe.slug: set(label.under) for label in labels}
    onward = _onward({slug for slugs in under.values() for slug in slugs})
    found: dict[str, list[RecipeLabel]] = defaultdict(list)
    for label in labels:
        for path in _lots_from(under[label.recipe.slug], onward):
            found[path].append(label)
    return dict(found)


def lots_made_by(of: Recipe) -> set[str]:
    """The lots, by path, that were made by a recipe or by whatever was made from it, or in which something of it is."""
    under = _reached([of.slug], [(edge.parent, edge.child) for edge in edges()])
    return _lots_from(under, _onward(under))


def _onward(cited: Iterable[str]) -> dict[str, set[str]]:
    """{account: the accounts to which what it gave went on} from the citations of these recipes."""
    onward: dict[str, set[str]] = defaultdict(set)
    for flow in net_flows(entries_ahead(f"commons/{slug}/recipe" for slug in sorted(cited))):
        onward[lineage.path_of(flow.giver)].add(lineage.path_of(flow.taker))
    return onward


def _lots_from(cited: Iterable[str], onward: Mapping[str, set[str]]) -> set[str]:
    starts = {f"commons/{slug}/recipe" for slug in cited}
    return {path for path in lineage.reached(starts, onward) - starts if lineage.word_of(path) == "lots"}


def is_open_to(of: Recipe, mine: set[int], at: datetime, *, is_published: bool = False) -> bool:
    """Whether who belongs to these cooperatives may read a recipe: it is published (known already where something was
    made by it), and no label keeps it."""
    if not (is_published or of.versions.exclude(published_at=None).exists()):
        return False
    return of.cooperative_id in mine or not blocked(labels_on([of.slug]), rule.PAGE, at)


def versions_followed(paths: Iterable[str]) -> dict[str, RecipeVersion]:
    """{process, by path: the version that it follows}; processes that follow none are left out."""
    wanted = {path for path in paths if lineage.word_of(path) == "processes"}
    found = Process.objects.filter(code__in=[path.rpartition("/")[2] for path in wanted], recipe__isnull=False)
    rows = found.select_related("cooperative", "recipe__recipe__cooperative")
    return {row.address: row.recipe for row in rows if row.recipe and row.address in wanted}


def made_by(of: Recipe) -> list[Lot]:
    """What was made by any of its versions, the newest first: the evidence that it can be, and where."""
    found = Lot.objects.filter(process__recipe__recipe=of).select_related("cooperative__place", "process__recipe")
    return list(found[:50])


def ownership_of(cooperative: Cooperative) -> Ownership | None:
    """Who owns a cooperative, as it declared."""
    return Ownership.objects.filter(cooperative=cooperative).first()


def cooperative_called(slug: str) -> Cooperative | None:
    """The cooperative of that short name."""
    return Cooperative.objects.filter(slug=slug).first()


def permissions_of(of: Recipe) -> list[Permission]:
    """Whom its community lets sell, and on what terms."""
    return list(of.permissions.filter(withdrawn_at=None).select_related("cooperative"))


def permission_on(of: Recipe, pk: int) -> Permission | None:
    """One that was given by its community, also one that has ended."""
    return of.permissions.select_related("cooperative").filter(pk=pk).first()


def permitted(cooperative: Cooperative, slugs: Iterable[str]) -> set[str]:
    """For which of these recipes their communities let a cooperative sell."""
    given = Q(permissions__cooperative=cooperative, permissions__withdrawn_at=None)
    found = Recipe.objects.filter(given | Q(cooperative=cooperative, origin=""))
    return set(found.filter(slug__in=list(slugs)).values_list("slug", flat=True))


def newest_versions(slugs: Iterable[str]) -> dict[str, RecipeVersion]:
    """{short name: its newest published version}."""
    found: dict[str, RecipeVersion] = {}
    for version in _published().filter(recipe__slug__in=list(slugs)):
        found.setdefault(version.recipe.slug, version)
    return found


def blocked(found: Iterable[RecipeLabel], what: str, at: datetime) -> RecipeLabel | None:
    """The first of these labels that stands in the way."""
    return next((each for each in found if rule.blocks(each.code, what, months=each.months, month=at.month)), None)


def _published() -> QuerySet[RecipeVersion]:
    found = RecipeVersion.objects.exclude(published_at=None)
    return found.select_related("recipe__cooperative__place")


def _reached(start: Iterable[str], steps: Sequence[tuple[RecipeVersion, RecipeVersion]]) -> set[str]:
    following: dict[str, set[str]] = defaultdict(set)
    for here, there in steps:
        following[here.recipe.slug].add(there.recipe.slug)
    return lineage.reached(start, following)
