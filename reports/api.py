"""Reports at /api/1/: the same figures as their pages, for the same readers."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports import exports, queries, tables
from reports.forms import AskForm
from reports.queries import Asked, Reader

ASKED = [
    OpenApiParameter("place", str, description="path of the boundary, or `each`: every maker's own region"),
    OpenApiParameter("cooperative", str, description="its short name"),
    OpenApiParameter("since", str, description="first day, YYYY-MM-DD"),
    OpenApiParameter("until", str, description="last day, YYYY-MM-DD"),
    OpenApiParameter("money", str, description="code of a currency"),
]


class RowSerializer(serializers.Serializer[Any]):
    """One figure of a table."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the label of one
    quantity = serializers.CharField(allow_null=True, help_text="whole number of smallest parts; null: withheld")
    unit = serializers.CharField()
    group = serializers.CharField()
    people = serializers.IntegerField(allow_null=True)
    evidence = serializers.CharField()


class TableSerializer(serializers.Serializer[Any]):
    """Rows of one kind, and what they sum to."""

    name = serializers.CharField()
    unit = serializers.CharField()
    rows = RowSerializer(many=True)
    total = serializers.CharField(allow_null=True)


class LotSerializer(serializers.Serializer[Any]):
    """Ratios of one lot; null: undefined."""

    lot = serializers.CharField()
    measures = serializers.DictField(child=serializers.CharField(allow_null=True))


class ReportSerializer(serializers.Serializer[Any]):
    """A report: what it says of itself, its tables, its lots."""

    report = serializers.DictField(child=serializers.CharField())
    tables = TableSerializer(many=True)
    lots = LotSerializer(many=True)


class BooksView(APIView):
    """All sales that were asked for."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="report_retrieve", parameters=ASKED, responses=ReportSerializer)
    def get(self, request: Request) -> Response:
        found = queries.overview(_asked(request), _reader(request))
        facts = exports.facts_of(found.asked, found.sealed, found.figures.price)
        return Response(exports.json_body(tables.all_tables(found), facts, found.lots))


class LotView(APIView):
    """One lot, with its chain of contributions."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="lot_report_retrieve", parameters=ASKED, responses=ReportSerializer)
    def get(self, request: Request, slug: str, code: str) -> Response:
        found = queries.lot_report(slug, code, _asked(request), _reader(request))
        facts = [("lot", found.lot.path), *exports.facts_of(found.asked, found.sealed, found.figures.price)]
        return Response(exports.json_body(tables.lot_tables(found), facts, [found.line]))


def _asked(request: Request) -> Asked:
    return AskForm(request.query_params).asked()


def _reader(request: Request) -> Reader:
    return queries.reader_of(request.user)


urlpatterns = [
    path("reports/", BooksView.as_view(), name="api_report"),
    path("reports/lots/<slug:slug>/<slug:code>/", LotView.as_view(), name="api_lot_report"),
]
