"""Processes under way and done."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives import queries
from cooperatives.api.doors import REFUSED, OfMembers
from ledger.rules.refusal import NotFound


class ProcessRow(serializers.Serializer[Any]):
    """A process, under way or finished."""

    code = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()


class InsideRow(serializers.Serializer[Any]):
    """What went into a process (above zero) or came out of it."""

    who = serializers.CharField()
    what = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    key = serializers.CharField()
    at = serializers.DateTimeField()
    evidence = serializers.CharField()


class ProcessDetail(ProcessRow):
    """A process with what is in it."""

    inside = InsideRow(many=True)


class Processes(OfMembers):
    """Processes that are under way."""

    @extend_schema(responses={200: ProcessRow(many=True)} | REFUSED)
    def get(self, request: Request, slug: str) -> Response:
        return Response(ProcessRow(queries.open_processes(self.by(request, slug).cooperative), many=True).data)


class OneProcess(OfMembers):
    """A process with what is in it."""

    @extend_schema(responses={200: ProcessDetail} | REFUSED)
    def get(self, request: Request, slug: str, code: str) -> Response:
        by = self.by(request, slug)
        found = queries.process(slug, code)
        if found is None:
            raise NotFound
        return Response({**ProcessRow(found).data, "inside": InsideRow(queries.inside(found, by), many=True).data})
