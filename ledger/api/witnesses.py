"""Witnesses at /api/1/: who they are, what they signed, and where they hand it in."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from ledger import queries
from ledger.models import Document
from ledger.rules.notes import Note, encode
from ledger.rules.witnesses.rosters import read_roster
from ledger.rules.witnesses.succession import signed_hand_over
from ledger.services.log import log_folder
from ledger.services.witnesses import hand_in_cosignature


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
