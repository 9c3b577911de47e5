"""Recipes as files: taken away for others, and brought in from elsewhere after a look at what was understood."""

from base64 import b64encode
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives.forms.recipes import RecipeFileForm
from cooperatives.models import Membership, RecipeLabel, RecipeVersion
from cooperatives.queries import memberships_of
from cooperatives.queries import recipes as queries
from cooperatives.queries.recipe_files import facts_of
from cooperatives.rules import manifests
from cooperatives.rules.bundles import is_bundle
from cooperatives.rules.labels import LABELS, LISTING, PAGE, blocks
from cooperatives.rules.recipes import read_design
from cooperatives.services.bundles import bring_bundle, sign_bundle
from cooperatives.services.recipe_files import bring_manifest
from cooperatives.views.access import for_members, shown, try_out
from cooperatives.views.recipes import WRITERS
from ledger.rules.refusal import NotAllowed, NotFound

REASONS = {
    "file": gettext_lazy("a file elsewhere, which we do not fetch"),
    "theirs": gettext_lazy("about their own project; the address above leads there"),
    "elsewhere": gettext_lazy("another design, which is not in this commons"),
    "unknown": gettext_lazy("a recipe has no place for it"),
}
WORDS = {
    "name": gettext_lazy("Name"), "summary": gettext_lazy("What it is for"), "license": gettext_lazy("Licence"),
    "source": gettext_lazy("Where it comes from"), "credits": gettext_lazy("Who worked on it elsewhere"),
    "readiness": gettext_lazy("How ready it is"), "steps": gettext_lazy("Steps"), "parents": gettext_lazy("Made from"),
    "inputs": gettext_lazy("What goes in"), "outputs": gettext_lazy("What comes out"),
    "energy": gettext_lazy("Energy"), "equipment": gettext_lazy("Equipment"),
    "adaptations": gettext_lazy("Changed for its place"), "allocation": gettext_lazy("How products share what went in"),
    "terms": gettext_lazy("Who may sell what is made by it"),
}  # fmt: skip


@require_GET
def recipe_manifest(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """A version as an Open Know-How manifest (?version=2), for whom its community lets read it."""
    version, _mine, labels = readable(request, slug)
    facts = facts_of(version, here(request), labels)
    content = manifests.write_manifest(queries.design_of(version), facts, kind)
    return as_file(content, manifests.NAMES[kind].format(slug=slug), manifests.TYPES[kind])


@require_GET
def recipe_bundle(request: HttpRequest, slug: str) -> HttpResponse:
    """A recipe with its lineage and labels, signed, for whom all of their communities let read them."""
    version, mine, labels = readable(request, slug)
    theirs = [label for label in labels if label.recipe.origin or label.recipe.cooperative_id not in mine]
    if queries.blocked(theirs, PAGE, timezone.now()):
        raise NotFound
    content = sign_bundle(recipe=version.recipe, labels=labels, at=timezone.now())
    return as_file(content, f"{slug}.bundle.json", "application/json")


@require_http_methods(["GET", "POST"])
@for_members
def recipe_file(request: HttpRequest, by: Membership) -> HttpResponse:
    """Bring a recipe in from a file, a manifest or a bundle; the first time only look."""
    if not by.has_role(*WRITERS):
        raise NotAllowed
    form = RecipeFileForm(request.POST or None, request.FILES or None)
    found: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        status, is_rehearsal = 400, "keep" not in request.POST
        if form.is_valid():
            content = form.cleaned_data["content"]
            bring = _bring_bundle if is_bundle(content) else _bring_manifest
            status = try_out(form, lambda: found.update(bring(request, by, content, is_rehearsal)))
            if found and not is_rehearsal:
                return _brought(request, by, found)
            found["seen"] = b64encode(content).decode()
    return shown(request, "recipe_file", by, by.cooperative, tab="recipes", form=form, status=status, **found)


def _bring_manifest(request: HttpRequest, by: Membership, content: bytes, is_rehearsal: bool) -> dict[str, Any]:
    manifest = manifests.read_manifest(content, here(request))
    draft = bring_manifest(
        by=by, cooperative=by.cooperative, manifest=manifest, at=timezone.now(), is_rehearsal=is_rehearsal
    )
    return {
        "draft": draft, "left": [(field, REASONS[why]) for field, why in manifest.left],
        "taken": [(field, WORDS[becomes]) for field, becomes in manifest.taken],
    }  # fmt: skip


def _bring_bundle(request: HttpRequest, by: Membership, content: bytes, is_rehearsal: bool) -> dict[str, Any]:
    now = timezone.now()
    bundle, taken = bring_bundle(
        by=by, cooperative=by.cooperative, content=content, at=now, is_rehearsal=is_rehearsal,
        language=get_language() or "en",
    )  # fmt: skip
    rows = [
        {
            "each": each, "design": read_design(each.versions[-1].body), "is_main": each is bundle.main,
            "labels": [(asked, LABELS[asked.code]) for asked in each.labels],
            "permitted": [given for given in each.permissions if given.market == settings.LOG_ORIGIN],
            "forbids_sale": any(blocks(a.code, LISTING, months=a.months, month=now.month) for a in each.labels),
        }
        for each in sorted(bundle.recipes, key=lambda each: each is not bundle.main)
    ]  # fmt: skip
    return {"bundle": bundle, "brought": taken, "rows": rows, "key_id": bundle.key.id.hex()}


def _brought(request: HttpRequest, by: Membership, found: dict[str, Any]) -> HttpResponse:
    if "brought" in found:
        messages.success(request, _("Brought in. Its labels hold here as they do there; fork it to make it yours."))
        return redirect("recipe", found["brought"].recipe.slug)
    messages.success(request, _("The draft is kept. A steward publishes it."))
    return redirect("recipe_desk", by.cooperative.slug)


def here(request: HttpRequest) -> str:
    """How addresses of recipes begin."""
    return request.build_absolute_uri(reverse("recipes"))


def readable(request: HttpRequest, slug: str) -> tuple[RecipeVersion, set[int], list[RecipeLabel]]:
    """The version that an address asks for, else the newest; the reader's cooperatives; the labels in force on it.

    NotFound where a label keeps it from this reader.
    """
    found = queries.recipe(slug)
    versions = queries.versions_of(found) if found else []
    asked = request.GET.get("version", "")
    version = next((v for v in versions if str(v.number) == asked), versions[0] if versions else None)
    if found is None or version is None:
        raise NotFound
    mine = {membership.cooperative_id for membership in memberships_of(request.user)}
    labels = queries.labels_on([slug])
    if found.cooperative_id not in mine and queries.blocked(labels, PAGE, timezone.now()):
        raise NotFound
    return version, mine, labels


def as_file(content: bytes, name: str, content_type: str) -> HttpResponse:
    """An answer that a browser keeps as a file."""
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
