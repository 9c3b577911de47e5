"""The design commons: the list for everyone, a recipe with its family, and the sheet on which one is written."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cooperatives.forms.recipes import (
    ALLOCATIONS,
    LEVELS,
    SOURCES,
    TERMS,
    LabelForm,
    OwnershipForm,
    PermissionForm,
    Sheet,
)
from cooperatives.models import Membership, Recipe, RecipeVersion, Role
from cooperatives.queries import members_of, memberships_of, names_of, shown_name
from cooperatives.queries import recipes as queries
from cooperatives.rules.family import HEIGHT, WIDTH, picture
from cooperatives.rules.labels import LABELS, LISTING, PAGE
from cooperatives.rules.recipes import Design, SharesUnknown, expected_loss, shares_of
from cooperatives.services import labels, permissions, recipes
from cooperatives.services.making import declare_piece
from cooperatives.views.access import for_members, shown, try_out
from ledger.queries import units
from ledger.rules.refusal import NotAllowed, NotFound

A_PAGE = 48
NOT_FORKED = {"authors", "adaptations", "credits", "source"}  # the parent says them
WRITERS = (Role.STEWARD, Role.CLERK, Role.MEMBER)


@require_GET
def recipe_list(request: HttpRequest) -> HttpResponse:
    """Everything in the commons that its communities show to everyone, and to members what is theirs."""
    words = request.GET.get("q", "").strip()
    mine = {membership.cooperative_id for membership in memberships_of(request.user)}
    hidden = queries.hidden_from_all()
    found = [
        version
        for version in queries.recipes()
        if (version.recipe.slug not in hidden or version.recipe.cooperative_id in mine)
        and words.casefold() in f"{version.recipe.name} {version.recipe.by} {version.body}".casefold()
    ]
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = [(version, queries.design_of(version)) for version in page]
    return render(request, "cooperatives/recipes.html", {"here": "recipes", "rows": rows, "page": page, "words": words})


@require_GET
def recipe(request: HttpRequest, slug: str) -> HttpResponse:
    """A recipe: what it takes and gives, its steps, authors, terms and labels, its family, and where it was made."""
    return _recipe(request, slug)


@require_GET
@for_members
def recipe_desk(request: HttpRequest, by: Membership) -> HttpResponse:
    """A cooperative's own recipes and drafts, and who owns the cooperative."""
    owned = queries.ownership_of(by.cooperative)
    form = OwnershipForm(initial={"kind": owned.kind} if owned else None)
    return shown(
        request, "recipe_desk", by, by.cooperative, tab="recipes", versions=queries.recipes_of(by.cooperative),
        owned=owned, form=form, is_steward=by.has_role(Role.STEWARD), may_write=by.has_role(*WRITERS),
    )  # fmt: skip


@require_GET
@for_members
def recipe_sheet(request: HttpRequest, by: Membership) -> HttpResponse:
    """The sheet for a new recipe, or for a fork of one or several (?from=dark-72)."""
    _refuse_reader(by)
    parents = [found for slug in request.GET.getlist("from") if (found := _readable(by, slug))]
    return _sheet(request, by, None, Sheet.empty(_forked(parents), _members(by)))


@require_POST
@for_members
def draft_recipe(request: HttpRequest, by: Membership) -> HttpResponse:
    """Keep the draft of a new recipe."""
    _refuse_reader(by)
    return _save(request, by, None, Sheet.sent(request.POST, _members(by)))


@require_GET
@for_members
def version_sheet(request: HttpRequest, by: Membership, recipe: str) -> HttpResponse:
    """The sheet for the next version of a recipe of ours."""
    found = _ours(by, recipe)
    _refuse_reader(by)
    version = queries.draft_of(found) or queries.versions_of(found)[0]
    return _sheet(request, by, found, Sheet.empty(version.body, _members(by)))


@require_POST
@for_members
def draft_version(request: HttpRequest, by: Membership, recipe: str) -> HttpResponse:
    """Keep the draft of the next version."""
    found = _ours(by, recipe)
    _refuse_reader(by)
    return _save(request, by, found, Sheet.sent(request.POST, _members(by)))


@require_POST
@for_members
def publish_version(request: HttpRequest, by: Membership, recipe: str) -> HttpResponse:
    """Put the draft into the commons."""
    found = queries.recipe(recipe)
    draft = queries.draft_of(found) if found and found.cooperative_id == by.cooperative_id else None
    if found is None or draft is None:
        raise NotFound
    recipes.publish_version(by=by, version=draft, at=timezone.now())
    messages.success(request, _("Published. This version stands in the log and is never changed."))
    return redirect("recipe", found.slug)


@require_POST
@for_members
def set_label(request: HttpRequest, by: Membership, recipe: str) -> HttpResponse:
    """Set a label on a recipe of ours."""
    found, form = _ours(by, recipe), LabelForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        months = [int(month) for month in said["months"]]
        labels.set_label(
            by=by, recipe=found, code=said["code"], text=said["text"], months=months, at=timezone.now()
        )  # fmt: skip
        messages.success(request, _("The label is set. It holds for everything made by this recipe and its forks."))
        return redirect("recipe", found.slug)
    if not by.has_role(Role.STEWARD):
        raise NotAllowed
    return _recipe(request, found.slug, status=400, label_form=form)


@require_POST
@for_members
def lift_label(request: HttpRequest, by: Membership, recipe: str, code: str) -> HttpResponse:
    """Take a label off again."""
    found = _ours(by, recipe)
    labels.lift_label(by=by, recipe=found, code=code, at=timezone.now())
    return redirect("recipe", found.slug)


@require_POST
@for_members
def permit_sale(request: HttpRequest, by: Membership, recipe: str) -> HttpResponse:
    """Let another cooperative sell what it makes by a recipe of ours."""
    found, form = _ours(by, recipe), PermissionForm(request.POST)
    if not by.has_role(Role.STEWARD):
        raise NotAllowed
    if form.is_valid() and form.cleaned_data["market"]:
        return _permit_elsewhere(request, by, found, form)
    other = queries.cooperative_called(form.cleaned_data["cooperative"]) if form.is_valid() else None
    if form.is_valid() and other is None:
        form.add_error("cooperative", _("There is no cooperative of that short name."))
    if other is None:
        return _recipe(request, found.slug, status=400, permission_form=form)
    words = form.cleaned_data["words"]
    permissions.permit_sale(by=by, recipe=found, cooperative=other, words=words, at=timezone.now())
    messages.success(request, _("%(name)s may sell what it makes by this recipe.") % {"name": other.name})
    return redirect("recipe", found.slug)


def _permit_elsewhere(request: HttpRequest, by: Membership, found: Recipe, form: PermissionForm) -> HttpResponse:
    said = form.cleaned_data
    status = try_out(form, lambda: permissions.permit_sale_elsewhere(
        by=by, recipe=found, market=said["market"], name_there=said["cooperative"], words=said["words"],
        at=timezone.now(),
    ))  # fmt: skip
    if form.errors:
        return _recipe(request, found.slug, status=status, permission_form=form)
    messages.success(request, _("%(name)s may sell what it makes by this recipe.") % {"name": said["cooperative"]})
    return redirect("recipe", found.slug)


@require_POST
@for_members
def withdraw_permission(request: HttpRequest, by: Membership, recipe: str, pk: int) -> HttpResponse:
    """Let a cooperative no longer sell what it makes by a recipe of ours."""
    found = queries.permission_on(_ours(by, recipe), pk)
    if found is None:
        raise NotFound
    ended = permissions.withdraw_permission(
        by=by, permission=found, language=get_language() or "en", at=timezone.now()
    )  # fmt: skip
    if ended.cooperative:
        said = _("%(name)s may no longer sell what it makes by this recipe; what it offered of it is off the shelf.")
    else:
        said = _("%(name)s may sell until a bundle that you sign from now on is brought in there.")
    messages.success(request, said % {"name": ended.who})
    return redirect("recipe", recipe)


@require_POST
@for_members
def declare_ownership(request: HttpRequest, by: Membership) -> HttpResponse:
    """Say who owns the cooperative."""
    form = OwnershipForm(request.POST)
    if form.is_valid():
        kind = form.cleaned_data["kind"]
        labels.declare_ownership(by=by, cooperative=by.cooperative, kind=kind, at=timezone.now())
    return redirect("recipe_desk", by.cooperative.slug)


def _ours(by: Membership, slug: str) -> Recipe:
    found = queries.recipe(slug)
    if found is None or found.cooperative_id != by.cooperative_id:
        raise NotFound
    return found


def _refuse_reader(by: Membership) -> None:
    if not by.has_role(*WRITERS):
        raise NotAllowed


def _readable(by: Membership, slug: str) -> RecipeVersion | None:
    return next((version for version in queries.usable_versions(by) if version.recipe.slug == slug), None)


def _forked(parents: list[RecipeVersion]) -> dict[str, Any]:
    """What a fork begins with: the first parent's words, and all parents."""
    if not parents:
        return {}
    body = {name: said for name, said in parents[0].body.items() if name not in NOT_FORKED}
    return body | {"parents": [[version.recipe.slug, version.number] for version in parents]}


def _members(by: Membership) -> list[tuple[str, str]]:
    return [(member.address, shown_name(member, by)) for member in members_of(by.cooperative)]


def _sheet(
    request: HttpRequest, by: Membership, found: Recipe | None, sheet: Sheet, *, status: int = 200
) -> HttpResponse:
    parents = [
        version
        for word in str(sheet.words["parents"].value() or "").split()
        if (version := _readable(by, word.partition("@")[0]))
    ]
    return shown(
        request, "recipe_sheet", by, by.cooperative, tab="recipes", recipe=found, sheet=sheet, form=sheet.words,
        lines=sheet.lines, parents=parents, status=status,
    )  # fmt: skip


def _save(request: HttpRequest, by: Membership, found: Recipe | None, sheet: Sheet) -> HttpResponse:
    status, now = 400, timezone.now()
    if sheet.is_valid():
        for unit, grams in sheet.pieces().items():
            if units([unit]).get(unit) is None:
                declare_piece(by=by, code=unit, grams=grams, at=now)
        said = sheet.said()
        status = try_out(
            sheet.words,
            lambda: (
                recipes.draft_version(by=by, recipe=found, said=said, at=now)
                if found
                else recipes.draft_recipe(by=by, cooperative=by.cooperative, said=said, at=now)
            ),
        )
    if status != 200:
        return _sheet(request, by, found, sheet, status=status)
    messages.success(request, _("The draft is kept. A steward publishes it."))
    return redirect("recipe_desk", by.cooperative.slug)


def _recipe(request: HttpRequest, slug: str, *, status: int = 200, **forms: Any) -> HttpResponse:
    found = queries.recipe(slug)
    versions = queries.versions_of(found) if found else []
    if found is None or not versions:
        raise NotFound
    asked = request.GET.get("version", "")
    version = next((v for v in versions if str(v.number) == asked), versions[0])
    mine = memberships_of(request.user)
    ours = next((m for m in mine if m.cooperative_id == found.cooperative_id), None)
    edges = queries.edges()
    on = queries.labels_on([slug], edges)
    if ours is None and queries.blocked(on, PAGE, timezone.now()):
        raise NotFound
    design = queries.design_of(version)
    names = names_of({author.who for author in design.authors}, reader=ours or (mine[0] if mine else None))
    family = queries.lineage_of(slug, edges)
    is_steward = ours is not None and ours.has_role(Role.STEWARD) and not found.origin
    context = {
        "here": "recipes", "recipe": found, "version": version, "versions": versions, "design": design,
        "labels": [(label, LABELS[label.code]) for label in on], "is_steward": is_steward, "ours": ours,
        "forbids_sale": queries.blocked(on, LISTING, timezone.now()) is not None,
        "authors": [(names.get(author.who, author.who), author) for author in design.authors],
        "family": _family(family, slug), "edges": family, "writers": [m for m in mine if m.has_role(*WRITERS)],
        "made": queries.made_by(found), "words": _words(design), **_numbers(design),
        "label_form": LabelForm(), "permission_form": PermissionForm(),
    }  # fmt: skip
    if is_steward:
        context["permissions"] = queries.permissions_of(found)
    return render(request, "cooperatives/recipe.html", context | forms, status=status)


def _words(design: Design) -> dict[str, Any]:
    """Its choices in words."""
    return {
        "terms": dict(TERMS)[design.terms], "level": dict(LEVELS)[design.readiness],
        "shared": dict(ALLOCATIONS)[design.allocation],
        "energy": [(dict(SOURCES)[energy.source], energy.watt_hours) for energy in design.energy],
    }  # fmt: skip


def _numbers(design: Design) -> dict[str, Any]:
    """What comes out with its share of what went in, where the units say enough, and the weight that is lost."""
    known = units({*(row.unit for row in design.inputs), *(row.unit for row in design.outputs)})
    grams = {code: unit.grams for code, unit in known.items()}
    try:
        shares: list[int | None] = [*shares_of(design.outputs, design.allocation, grams)]
    except SharesUnknown:
        shares = [None] * len(design.outputs)
    return {"outputs": list(zip(design.outputs, shares, strict=True)), "loss": expected_loss(design, grams)}


def _family(edges: list[queries.Edge], slug: str) -> dict[str, Any]:
    """The drawing: boxes with their recipe, lines, and room."""
    found = {edge.child.recipe.slug: edge.child.recipe for edge in edges}
    found |= {edge.parent.recipe.slug: edge.parent.recipe for edge in edges}
    drawn = picture((edge.parent.recipe.slug, edge.child.recipe.slug) for edge in edges)
    boxes = [
        {"box": box, "recipe": found[box.name], "is_here": box.name == slug, "middle": box.x + WIDTH // 2}
        for box in drawn.boxes
    ]
    return {"boxes": boxes, "lines": drawn.lines, "width": drawn.width, "height": drawn.height,
            "box_width": WIDTH, "box_height": HEIGHT}  # fmt: skip
