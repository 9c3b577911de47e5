"""A plan: so much by a recipe, what it needs down to raw goods, and what earlier batches gave."""

from django.http import HttpRequest, HttpResponse
from django.utils.formats import get_format
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from cooperatives.forms.fields import as_measured
from cooperatives.forms.making import PlanForm
from cooperatives.models import Membership
from cooperatives.queries import plans
from cooperatives.queries.recipes import design_of
from cooperatives.rules.measures import read_measure
from cooperatives.views.access import for_members, shown
from ledger.rules.refusal import Refusal


@require_GET
@for_members
def plan(request: HttpRequest, by: Membership) -> HttpResponse:
    """What it takes to make so much by a recipe, beside what is at hand."""
    versions = plans.choices(by)
    named = [(version.recipe.slug, f"{version.recipe.name}, {version.recipe.by}") for version in versions]
    form = PlanForm(request.GET if "recipe" in request.GET else None, recipes=named)
    more = {"form": form, "has_recipes": bool(versions)}
    version = None
    if form.is_valid():
        version = next(v for v in versions if v.recipe.slug == form.cleaned_data["recipe"])
    if version is None:
        return shown(request, "plan", by, by.cooperative, tab="making", **more)
    design = design_of(version)
    product = design.product
    said = form.cleaned_data["quantity"] or as_measured(product.quantity, product.unit)
    try:
        wanted = read_measure(said, product.unit, get_format("DECIMAL_SEPARATOR"))
        made = plans.plan_for(design, wanted, versions)
    except Refusal as no:
        form.add_error("quantity", no.words(gettext))
        return shown(request, "plan", by, by.cooperative, tab="making", status=400, **more)
    return shown(
        request, "plan", by, by.cooperative, tab="making", plan=made, wanted=wanted, design=design, version=version,
        needs=plans.needs_of(made, by.cooperative), past=plans.observed(by.cooperative, version), **more,
    )  # fmt: skip
