"""Recipes as files: taken away for others, and brought in from elsewhere after a look at what was understood."""

from base64 import b64encode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives.forms.recipes import RecipeFileForm
from cooperatives.models import Membership, RecipeVersion
from cooperatives.queries import memberships_of
from cooperatives.queries import recipes as queries
from cooperatives.queries.recipe_files import facts_of
from cooperatives.rules import manifests
from cooperatives.rules.labels import PAGE
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
    version = readable(request, slug)
    content = manifests.write_manifest(queries.design_of(version), facts_of(version, here(request)), kind)
    return as_file(content, manifests.NAMES[kind].format(slug=slug), manifests.TYPES[kind])


@require_http_methods(["GET", "POST"])
@for_members
def recipe_file(request: HttpRequest, by: Membership) -> HttpResponse:
    """Bring a recipe in from a file; the first time only look."""
    if not by.has_role(*WRITERS):
        raise NotAllowed
    form = RecipeFileForm(request.POST or None, request.FILES or None)
    manifest, draft, seen, status = None, None, "", 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            is_rehearsal = "keep" not in request.POST
            content, now = form.cleaned_data["content"], timezone.now()

            def bring() -> None:
                nonlocal manifest, draft
                manifest = manifests.read_manifest(content, here(request))
                draft = bring_manifest(
                    by=by, cooperative=by.cooperative, manifest=manifest, at=now, is_rehearsal=is_rehearsal
                )

            status = try_out(form, bring)
            if draft is not None and not is_rehearsal:
                messages.success(request, _("The draft is kept. A steward publishes it."))
                return redirect("recipe_desk", by.cooperative.slug)
            seen = b64encode(content).decode()
    return shown(
        request, "recipe_file", by, by.cooperative, tab="recipes", form=form, manifest=manifest, draft=draft, seen=seen,
        left=[(field, REASONS[why]) for field, why in manifest.left] if manifest else [],
        taken=[(field, WORDS[becomes]) for field, becomes in manifest.taken] if manifest else [], status=status,
    )  # fmt: skip


def here(request: HttpRequest) -> str:
    """How addresses of recipes begin."""
    return request.build_absolute_uri(reverse("recipes"))


def readable(request: HttpRequest, slug: str) -> RecipeVersion:
    """The version that an address asks for, else the newest. NotFound where a label keeps it from this reader."""
    found = queries.recipe(slug)
    versions = queries.versions_of(found) if found else []
    asked = request.GET.get("version", "")
    version = next((v for v in versions if str(v.number) == asked), versions[0] if versions else None)
    if found is None or version is None:
        raise NotFound
    is_ours = any(m.cooperative_id == found.cooperative_id for m in memberships_of(request.user))
    if not is_ours and queries.blocked(queries.labels_on([slug]), PAGE, timezone.now()):
        raise NotFound
    return version


def as_file(content: bytes, name: str, content_type: str) -> HttpResponse:
    """An answer that a browser keeps as a file."""
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
