"""Recipes as everyone may see them, and the plans made of them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives import queries
from cooperatives.api.doors import PAGE, REFUSED, OfMembers
from cooperatives.queries import plans, recipes
from cooperatives.rules.labels import PAGE as PAGE_LABEL
from cooperatives.rules.recipes import LARGEST
from ledger.rules.amounts import NotANumber
from ledger.rules.refusal import BadInput, NotFound


class RecipeRow(serializers.Serializer[Any]):
    """A published version of a recipe."""

    slug = serializers.CharField(source="recipe.slug")
    name = serializers.CharField(source="body.name")
    community = serializers.CharField(source="recipe.by")
    version = serializers.IntegerField(source="number")
    license = serializers.CharField(source="body.license")
    published_at = serializers.DateTimeField()


class LabelRow(serializers.Serializer[Any]):
    """A TK or BC Label in force, in its community's words."""

    code = serializers.CharField()
    text = serializers.CharField()
    months = serializers.ListField(child=serializers.IntegerField())
    recipe = serializers.CharField(source="recipe.slug")
    community = serializers.CharField(source="recipe.by")


class RecipeDetail(serializers.Serializer[Any]):
    """A version with all that it says (`says`, as it stands in the log), the labels on it, and the other versions."""

    slug = serializers.CharField(source="recipe.slug")
    community = serializers.CharField(source="recipe.by")
    version = serializers.IntegerField(source="version.number")
    published_at = serializers.DateTimeField(source="version.published_at")
    says = serializers.DictField(source="version.body")
    labels = LabelRow(many=True)
    versions = serializers.ListField(child=serializers.IntegerField())


class NeedRow(serializers.Serializer[Any]):
    """Raw goods that a plan takes, in `unit`."""

    goods = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    at_hand = serializers.IntegerField()
    missing = serializers.IntegerField()


class PlanDetail(serializers.Serializer[Any]):
    """A plan: `wanted` of the product in its unit."""

    recipe = serializers.CharField(source="version.recipe.slug")
    version = serializers.IntegerField(source="version.number")
    wanted = serializers.IntegerField()
    needs = NeedRow(many=True)


class Recipes(APIView):
    """The newest published version of each recipe that its community shows to everyone; public, 100 a page."""

    @extend_schema(
        responses=RecipeRow(many=True), parameters=[OpenApiParameter("page", int), OpenApiParameter("q", str)]
    )
    def get(self, request: Request) -> Response:
        mine = {membership.cooperative_id for membership in queries.memberships_of(request.user)}
        hidden, words = recipes.hidden_from_all(), request.query_params.get("q", "")[:100].strip().casefold()
        found = [
            version
            for version in recipes.recipes()
            if (version.recipe.slug not in hidden or version.recipe.cooperative_id in mine)
            and words in f"{version.recipe.name} {version.recipe.by} {version.body}".casefold()
        ]
        asked = request.query_params.get("page", "1")
        first = (int(asked) - 1) * PAGE if asked.isdecimal() and 0 < int(asked) < 10**6 else 0
        return Response(RecipeRow(found[first : first + PAGE], many=True).data)


class OneRecipe(APIView):
    """A recipe: its newest published version, or ?version=2; public where no label keeps it."""

    @extend_schema(responses={200: RecipeDetail, 404: REFUSED[404]}, parameters=[OpenApiParameter("version", int)])
    def get(self, request: Request, slug: str) -> Response:
        found = recipes.recipe(slug)
        versions = recipes.versions_of(found) if found else []
        asked = request.query_params.get("version", "")
        version = next((v for v in versions if not asked or str(v.number) == asked), None)
        if found is None or version is None:
            raise NotFound
        labels = recipes.labels_on([slug])
        mine = {membership.cooperative_id for membership in queries.memberships_of(request.user)}
        if found.cooperative_id not in mine and recipes.blocked(labels, PAGE_LABEL, timezone.now()):
            raise NotFound
        numbers = [each.number for each in versions]
        return Response(RecipeDetail({"version": version, "recipe": found, "labels": labels, "versions": numbers}).data)


class OnePlan(OfMembers):
    """What it takes to make so much of a recipe's product, down to raw goods, beside what is at hand."""

    @extend_schema(
        responses={200: PlanDetail} | REFUSED,
        parameters=[
            OpenApiParameter("recipe", str, required=True),
            OpenApiParameter("quantity", int, description="of the product, in its unit; one batch where not given"),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        by = self.by(request, slug)
        if not request.query_params.get("recipe"):
            raise BadInput
        versions = plans.choices(by)
        version = next((v for v in versions if v.recipe.slug == request.query_params.get("recipe")), None)
        if version is None:
            raise NotFound
        design = recipes.design_of(version)
        asked = request.query_params.get("quantity") or str(design.product.quantity)
        if not asked.isdecimal() or not asked.isascii() or not 0 < int(asked) <= LARGEST:
            raise NotANumber(text=asked)
        made = plans.plan_for(design, int(asked), versions)
        needs = plans.needs_of(made, by.cooperative)
        return Response(PlanDetail({"version": version, "wanted": int(asked), "needs": needs, "plan": made}).data)
