"""Cooperatives, as everyone may see them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cooperatives import queries
from cooperatives.api.doors import REFUSED
from ledger.rules.refusal import NotFound


class CooperativeRow(serializers.Serializer[Any]):
    """A cooperative as everyone may see it."""

    slug = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    place = serializers.CharField(source="place.path", default=None)
    currency = serializers.CharField()
    story = serializers.CharField()


class Cooperatives(APIView):
    """All cooperatives; public."""

    @extend_schema(responses=CooperativeRow(many=True))
    def get(self, request: Request) -> Response:
        return Response(CooperativeRow(queries.cooperatives(), many=True).data)


class OneCooperative(APIView):
    """One cooperative; public."""

    @extend_schema(responses={200: CooperativeRow, 404: REFUSED[404]})
    def get(self, request: Request, slug: str) -> Response:
        found = queries.cooperative(slug)
        if found is None:
            raise NotFound
        return Response(CooperativeRow(found).data)
