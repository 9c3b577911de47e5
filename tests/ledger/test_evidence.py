"""An entry's evidence: a salted hash in the log, the salt beside it, and nothing once the salt is erased."""

from typing import Any

import pytest

from ledger import queries
from ledger.rules import laws
from ledger.rules.entries import MalformedEntry
from ledger.services.evidence import erase_salt, is_evidence, salt_evidence
from ledger.services.journal import record_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from tests.ledger.conftest import AT

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("books")]

LOT, SLIP = "coops/fern/lots/wet-1@hubs/fern", b"weighing slip 17, 10 g"


def deliver(key: str = "phone/1", content: bytes = SLIP, **more: Any) -> Any:
    said = {"evidence_hash": salt_evidence(key=key, content=content), "evidence": "two-sided"} | more
    flows = [("members/ben/harvest", LOT, "g", 10)]
    return record_entry(key=key, action="transfer", purpose="delivery", flows=flows, at=AT, by=["members/ada"], **said)


class TestSaltEvidence:
    def test_joins_an_entry_to_its_evidence_and_to_nothing_else(self) -> None:
        said = queries.entry(deliver().id).evidence_hash  # type: ignore[union-attr]
        assert is_evidence(key="phone/1", content=SLIP, evidence_hash=said)  # type: ignore[arg-type]
        assert not is_evidence(key="phone/1", content=SLIP + b" ", evidence_hash=said)  # type: ignore[arg-type]
        assert deliver("phone/2").evidence_hash != said  # the same slip twice is not seen to be the same

    def test_again_is_the_same_and_other_evidence_is_refused_by_name(self) -> None:
        assert deliver().id == deliver().id
        with pytest.raises(laws.KeyHasAnotherBody) as no:
            deliver(content=b"another slip")
        assert no.value.facts["field"] == "evidence_hash"

    def test_erasing_the_salt_erases_the_link_and_the_log_stays_true(self) -> None:
        entry = deliver()
        erase_salt(key="phone/1")
        assert not is_evidence(key="phone/1", content=SLIP, evidence_hash=entry.evidence_hash)
        assert queries.entry(entry.id).evidence_hash == entry.evidence_hash  # type: ignore[union-attr]
        publish_checkpoint()
        assert verify_log().agrees

    def test_a_hash_is_a_hash(self) -> None:
        for odd in ("", "x" * 64, "A" * 64, "slip 17"):
            with pytest.raises(MalformedEntry):
                deliver(evidence_hash=odd)
