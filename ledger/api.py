"""The ledger at /api/1/: read only. Quantities are strings of decimal digits, since JSON numbers lose above 2^53."""

import re
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from ledger import queries
from ledger.models import Document
from ledger.permissions import may_read_books
from ledger.rules.entries import Address
from ledger.rules.notes import Note, encode
from ledger.rules.plaintext import FORMATS
from ledger.rules.refusal import BadInput
from ledger.rules.witnesses.rosters import read_roster
from ledger.rules.witnesses.succession import signed_hand_over
from ledger.services.log import log_folder
from ledger.services.witnesses import hand_in_cosignature
from ledger.views.books import NoSuchRecord
from ledger.views.published import proofs_of

PLACES = re.compile(r"[0-9]{1,15}(,[0-9]{1,15})*", re.ASCII)


class NoPlaces(BadInput):
    """Ask for records by their places in the log, with commas between them, and for at most {most} at once."""


class ReadsBooks(permissions.BasePermission):
    """Members, auditors, and everyone where the books are open."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_read_books(request.user)


class CheckpointSerializer(serializers.Serializer[Any]):
    """The log's size and root at its last checkpoint."""

    size = serializers.IntegerField()
    root_hash = serializers.CharField(help_text="32 bytes, hexadecimal")
    checkpoint = serializers.CharField(allow_null=True, help_text="the published checkpoint, a signed note")
    vkey = serializers.CharField(allow_null=True, help_text="the log's public key")


class RecordSerializer(serializers.Serializer[Any]):
    """One record of the log, to the letter."""

    index = serializers.IntegerField()
    text = serializers.CharField()
    hash = serializers.CharField(help_text="32 bytes, hexadecimal (RFC 6962)")
    receipt = serializers.CharField(allow_null=True, help_text="a tlog-proof; null until it is published")


class CosignatureSerializer(serializers.Serializer[Any]):
    """A witness's own signature under the checkpoint of `size` records."""

    size = serializers.IntegerField(min_value=1, max_value=2**53)
    witness = serializers.CharField(max_length=90)
    signature = serializers.RegexField(r"^[0-9a-f]{192}$", help_text="96 bytes, hexadecimal")


class WitnessSerializer(serializers.Serializer[Any]):
    """A witness, and the newest checkpoint that it signed; null where it never did."""

    owner = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)


class WitnessesSerializer(serializers.Serializer[Any]):
    """Who witnesses the log, how many of them make a quorum, and the newest checkpoint that one signed."""

    witnesses = WitnessSerializer(many=True)
    quorum = serializers.IntegerField(allow_null=True)
    dishonest = serializers.IntegerField(allow_null=True, help_text="how many may lie without harm")
    roster_sha256 = serializers.CharField(allow_null=True, help_text="of the roster's leaf, hexadecimal")
    size = serializers.IntegerField(allow_null=True)
    signed = serializers.IntegerField(allow_null=True)
    line = serializers.CharField(allow_null=True, help_text="the signature line of the newest quorum")


class HandOverSerializer(serializers.Serializer[Any]):
    """A roster that took over, and what a quorum of the one before signed with it in the log."""

    before = serializers.CharField(help_text="the leaf of the roster that signed, to the letter")
    note = serializers.CharField(help_text="the checkpoint it signed, with its line")
    roster = serializers.CharField(help_text="the leaf of the roster that took over, to the letter")
    index = serializers.IntegerField(help_text="that leaf's place in the log")
    proof = serializers.ListField(child=serializers.CharField(), help_text="from the leaf to the signed root, base64")


class QuorumSerializer(serializers.Serializer[Any]):
    """What a device needs to check the newest quorum by itself; all null while there is none."""

    note = serializers.CharField(allow_null=True, help_text="the checkpoint that a quorum signed, a signed note")
    roster = serializers.CharField(allow_null=True, help_text="the roster's leaf, to the letter")
    index = serializers.IntegerField(allow_null=True, help_text="the leaf's place in the log")
    proof = serializers.ListField(child=serializers.CharField(), help_text="from the leaf to the root, base64")
    hand_overs = HandOverSerializer(many=True, help_text="from the first roster to this one, in order")


class ProofsSerializer(serializers.Serializer[Any]):
    """The ways from records to the root of the published checkpoint; hashes that several share stand there once."""

    checkpoint = serializers.CharField(help_text="the published checkpoint, a signed note")
    hashes = serializers.ListField(child=serializers.CharField(), help_text="32 bytes each, base64")
    proofs = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="for each record by its place: which hashes, the leaf's sibling first",
    )


class FlowSerializer(serializers.Serializer[Any]):
    """Who gave what to whom."""

    giver = serializers.CharField()
    taker = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.CharField(help_text="whole number of the unit's smallest part")


class EntrySerializer(serializers.Serializer[Any]):
    """An entry as the journal has it."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    action = serializers.CharField()
    purpose = serializers.CharField()
    at = serializers.DateTimeField()
    recorded = serializers.DateTimeField()
    by = serializers.ListField(child=serializers.CharField())
    evidence = serializers.CharField()
    undoes = serializers.UUIDField(allow_null=True)
    flows = FlowSerializer(many=True)


class HoldingSerializer(serializers.Serializer[Any]):
    """What an account holds of one unit."""

    address = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.CharField()


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


class QuorumView(APIView):
    """The newest checkpoint that a quorum signed, with the roster and the way from it to the root: for everyone."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="quorum_retrieve", responses=QuorumSerializer)
    def get(self, request: Request) -> Response:
        folder = log_folder()
        note, head = folder.witnessed()
        roster = queries.roster_document(head.size) if head else None
        index = roster.token.index if roster else None
        found = {
            "note": note,
            "roster": roster.token.text if roster else None,
            "index": index,
            "proof": [encode(h) for h in folder.tree(head.size).inclusion(index)] if head and index is not None else [],
            "hand_overs": [_hand_over(*row) for row in queries.hand_overs(head.size)] if head else [],
        }
        return Response(QuorumSerializer(found).data)


def _hand_over(before: Document, document: Document, after: Document) -> dict[str, Any]:
    head, line = signed_hand_over(document.body, read_roster(before.token.text))
    index = after.token.index
    assert index is not None, "it stands in what was signed"
    proof = log_folder().tree(head.size).inclusion(index)
    return {
        "before": before.token.text,
        "note": str(Note(head.text, (line,))),
        "roster": after.token.text,
        "index": index,
        "proof": [encode(found) for found in proof],
    }


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


class EntryView(APIView):
    """One entry by its id."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="entry_retrieve", responses=EntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:
        found = queries.entry(entry_id)
        if found is None:
            raise NoSuchRecord()
        return Response(EntrySerializer(found).data)


class JournalView(APIView):
    """The whole journal as a text that another bookkeeping program reads: hledger or beancount."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="journal_retrieve", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, program: str) -> StreamingHttpResponse:
        if program not in FORMATS:
            raise NoSuchRecord()
        text = FORMATS[program](queries.each_entry(), queries.exponents())
        named = {"Content-Disposition": f'attachment; filename="journal.{program}"'}
        return StreamingHttpResponse(text, content_type="text/plain; charset=utf-8", headers=named)


class AccountView(APIView):
    """What an account holds, unit by unit."""

    permission_classes = [ReadsBooks]

    @extend_schema(operation_id="account_retrieve", responses=HoldingSerializer(many=True))
    def get(self, request: Request, address: str) -> Response:
        holdings = queries.balances(addresses=[str(Address.parse(address))])
        return Response(HoldingSerializer(holdings, many=True).data)


class ManyAMinute(AnonRateThrottle):
    """Whoever hands in false signatures makes us check each; a roster's worth of true ones is far below this."""

    rate = "600/min"


class CosignaturesView(APIView):
    """Where witnesses hand in their signatures. What a signature proves it proves by itself: nobody signs in."""

    authentication_classes: list[type[BaseAuthentication]] = []
    permission_classes = [permissions.AllowAny]
    throttle_classes = [ManyAMinute]

    @extend_schema(
        operation_id="cosignature_create", request=CosignatureSerializer, responses={201: CosignatureSerializer}
    )
    def post(self, request: Request) -> Response:
        said = CosignatureSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        facts = said.validated_data
        hand_in_cosignature(size=facts["size"], witness=facts["witness"], signature=bytes.fromhex(facts["signature"]))
        return Response(facts, status=201)


class WitnessesView(APIView):
    """What anyone may read: who witnesses the log, and what they signed."""

    permission_classes = [permissions.AllowAny]

    @extend_schema(operation_id="witnesses_retrieve", responses=WitnessesSerializer)
    def get(self, request: Request) -> Response:
        roster, newest = queries.roster(), queries.quorum()
        found = {
            "witnesses": queries.witnesses_seen(roster),
            "quorum": roster.quorum if roster else None,
            "dishonest": roster.dishonest if roster else None,
            "roster_sha256": roster.digest.hex() if roster else None,
            "size": newest.checkpoint_id if newest else None,
            "signed": newest.signed if newest else None,
            "line": newest.line if newest else None,
        }
        return Response(WitnessesSerializer(found).data)


urlpatterns = [
    path("log/cosignatures/", CosignaturesView.as_view(), name="api_cosignatures"),
    path("log/witnesses/", WitnessesView.as_view(), name="api_witnesses"),
    path("log/records/<int:index>/", RecordView.as_view(), name="api_record"),
    path("log/proofs/", ProofsView.as_view(), name="api_proofs"),
    path("log/quorum/", QuorumView.as_view(), name="api_quorum"),
    path("log/", CheckpointView.as_view(), name="api_log"),
    path("journal/<slug:program>/", JournalView.as_view(), name="api_journal"),
    path("entries/<uuid:entry_id>/", EntryView.as_view(), name="api_entry"),
    path("accounts/<path:address>/", AccountView.as_view(), name="api_account"),
]
