"""The log at /api/1/: its checkpoints, its records, and the ways from these to the signed root."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger import queries
from ledger.api.pages import A_PAGE, ReadsBooks, place_of
from ledger.rules.notes import encode
from ledger.rules.refusal import BadInput
from ledger.services.log import log_folder
from ledger.views.books import NoSuchRecord
from ledger.views.published import head_of_log, proofs_of

PLACES = re.compile(r"[0-9]{1,15}(,[0-9]{1,15})*", re.ASCII)


class NoPlaces(BadInput):
    """Ask for records by their places in the log, with commas between them, and for at most {most} at once."""


class CheckpointSerializer(serializers.Serializer[Any]):
    """The log's size and root at its last checkpoint."""

    size = serializers.IntegerField()
    root_hash = serializers.CharField(help_text="32 bytes, hexadecimal")
    checkpoint = serializers.CharField(allow_null=True, help_text="the published checkpoint, a signed note")
    vkey = serializers.CharField(allow_null=True, help_text="the log's public key")


class RecordRowSerializer(serializers.Serializer[Any]):
    """One record of the log, to the letter."""

    index = serializers.IntegerField()
    text = serializers.CharField()
    hash = serializers.CharField(help_text="32 bytes, hexadecimal (RFC 6962)")


class RecordSerializer(RecordRowSerializer):
    """One record of the log, to the letter, with its receipt."""

    receipt = serializers.CharField(allow_null=True, help_text="a tlog-proof; null until it is published")


class ProofsSerializer(serializers.Serializer[Any]):
    """The ways from records to the root of the published checkpoint; hashes that several share stand there once."""

    checkpoint = serializers.CharField(help_text="the published checkpoint, a signed note")
    hashes = serializers.ListField(child=serializers.CharField(), help_text="32 bytes each, base64")
    proofs = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="for each record by its place: which hashes, the leaf's sibling first",
    )


class CheckpointView(APIView):
    """What anyone may read: how long the log is, and its root."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="log_retrieve", responses=CheckpointSerializer)
    def get(self, request: Request) -> Response:
        last = queries.checkpoint()
        folder = log_folder()
        found = {
            "size": last.size if last else 0,
            "root_hash": queries.log_root().hex(),
            "checkpoint": folder.note(),
            "vkey": str(key) if (key := folder.key()) else None,
        }
        return Response(CheckpointSerializer(found).data)


class RecordView(APIView):
    """One record by its place in the log, with its receipt."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="record_retrieve", responses=RecordSerializer)
    def get(self, request: Request, index: int) -> Response:
        leaves = queries.leaves(first=index, last=index + 1)
        if not leaves:
            raise NoSuchRecord()
        receipt = log_folder().receipt(index)
        found = {
            "index": index,
            "text": leaves[0].text,
            "hash": bytes(leaves[0].hash).hex(),
            "receipt": str(receipt) if receipt else None,
        }
        return Response(RecordSerializer(found).data)


class ProofsView(APIView):
    """Where records stand in the published log, by hashes alone: for everyone, since who got what is not in them."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(
        operation_id="proofs_retrieve",
        responses=ProofsSerializer,
        parameters=[OpenApiParameter("records", str, description="places in the log, with commas; at most 200")],
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.get("records", "")
        if not PLACES.fullmatch(asked):
            raise NoPlaces(most=queries.MOST_SEALED)
        places = sorted({int(place) for place in asked.split(",")})
        if len(places) > queries.MOST_SEALED:
            raise NoPlaces(most=queries.MOST_SEALED)
        note, proofs = proofs_of(places)
        hashes = list(dict.fromkeys(found for proof in proofs.values() for found in proof))
        at = {found: n for n, found in enumerate(hashes)}
        found = {
            "checkpoint": note,
            "hashes": [encode(each) for each in hashes],
            "proofs": {str(place): [at[each] for each in proof] for place, proof in proofs.items()},
        }
        return Response(ProofsSerializer(found).data)


class RecordsSerializer(serializers.Serializer[Any]):
    """Records, the newest first, and before which one the next stand; null at the beginning of the log."""

    records = RecordRowSerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class RecordsView(APIView):
    """The whole log, record by record, the newest first, fifty at a time. Receipts are asked for one by one."""

    permission_classes = [ReadsBooks]

    @extend_schema(
        operation_id="records_list", responses=RecordsSerializer,
        parameters=[OpenApiParameter("before", int, description="the place that the answer before gave as `next`")],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        size, before = queries.log_size(), place_of(request, "before")
        last = size if before is None else min(before, size)
        first = max(last - A_PAGE, 0)
        rows = [
            {"index": leaf.index, "text": leaf.text, "hash": bytes(leaf.hash).hex()}
            for leaf in reversed(queries.leaves(first=first, last=last))
        ]
        return Response(RecordsSerializer({"records": rows, "next": first or None}).data)


class KeptCheckpointSerializer(serializers.Serializer[Any]):
    """One checkpoint of the log, and the way from it to the one that is published now."""

    size = serializers.IntegerField()
    root_hash = serializers.CharField(help_text="32 bytes, hexadecimal")
    at = serializers.DateTimeField()
    signed = serializers.IntegerField(help_text="how many witnesses signed it, once they are a quorum; else 0")
    published = serializers.IntegerField(help_text="the size of the checkpoint that is published now")
    continues = serializers.BooleanField(help_text="whether what is published now begins with these records")
    proof = serializers.ListField(child=serializers.CharField(), help_text="RFC 6962 consistency proof, hexadecimal")


class KeptCheckpointView(APIView):
    """One checkpoint by its size; for everyone."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="checkpoint_retrieve", responses=KeptCheckpointSerializer)
    def get(self, request: Request, size: int) -> Response:
        kept, folder = queries.checkpoint(size), log_folder()
        head = head_of_log()
        if kept is None or head is None or size > head.size:
            raise NoSuchRecord()
        tree, quorum = folder.tree(head.size), queries.quorum(size)
        found = {
            "size": size,
            "root_hash": bytes(kept.root).hex(),
            "at": kept.at,
            "signed": quorum.signed if quorum else 0,
            "published": head.size,
            "continues": tree.root(size) == bytes(kept.root),
            "proof": [each.hex() for each in tree.consistency(size)],
        }
        return Response(KeptCheckpointSerializer(found).data)
