"""The bytes of a record: canonical by an independent implementation of RFC 8785, and read back as written."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.entries import Draft, Flow, MalformedEntry
from ledger.rules.records import LONGEST, canonical, entry_leaf, moment, read_entry, uuid7

pytestmark = pytest.mark.quick

AT = datetime(2026, 11, 23, 18, 4, 5, 678, tzinfo=UTC)
text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))).filter(
    lambda s: __import__("unicodedata").is_normalized("NFC", s)
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="ascii"), max_size=8), inner)
    ),
    max_leaves=20,
)


class TestCanonical:
    @given(values)
    def test_is_rfc_8785(self, value: object) -> None:
        assert canonical(value).encode() == rfc8785.dumps(value)  # type: ignore[arg-type]

    @pytest.mark.parametrize("value", [1.5, {"é": 1}, "e\u0301", "a\nb", "\ud800", 2**53, {1: 2}, b"x"])
    def test_refuses_what_would_not_come_back_the_same(self, value: object) -> None:
        with pytest.raises(MalformedEntry):
            canonical(value)

    def test_refuses_what_a_bundle_cannot_hold(self) -> None:
        with pytest.raises(MalformedEntry, match="65535"):
            canonical("é" * (LONGEST // 2))


class TestEntryLeaf:
    def test_is_canonical_and_reads_back(self) -> None:
        flows = (Flow("members/ben/harvest", "coops/fern/lots/beans-12@hubs/kumasi", "g", 2**63 - 1),)
        draft = Draft("phone/1", "transfer", "delivery", flows, AT, ("members/ada",), undoes=uuid7())
        leaf = entry_leaf(draft, uuid7(), AT)
        assert canonical(json.loads(leaf)) == leaf
        read = read_entry(leaf, 7)
        assert (read.key, read.flows, read.at, read.undoes, read.by) == ("phone/1", flows, AT, draft.undoes, draft.by)

    @given(text, text, st.lists(text, max_size=3), st.none() | text, st.none() | text)
    def test_is_canonical_whatever_it_says(
        self, key: str, purpose: str, by: list[str], evidence_hash: str | None, reason: str | None
    ) -> None:
        flows = (Flow(key, purpose, "g", 1), Flow(purpose, key, "g", 2))
        draft = Draft(key, "lower", purpose, flows, AT, tuple(by), "invoice", None, evidence_hash, reason)
        said = json.loads(entry_leaf(draft, uuid7(), AT))
        assert list(said) == sorted(said)
        assert (said["key"], said["purpose"], said["by"]) == (key, purpose, by)
        assert (said.get("evidence_hash"), said.get("reason")) == (evidence_hash, reason)
        assert said["flows"] == [[key, purpose, "g", "1"], [purpose, key, "g", "2"]] and said["undoes"] is None

    def test_is_refused_when_it_is_longer_than_a_leaf(self) -> None:
        flows = tuple(Flow("coops/fern/earned/l", f"members/m{n}/purse", "EUR@coops/fern", 1) for n in range(1200))
        with pytest.raises(MalformedEntry, match="in parts"):
            entry_leaf(Draft("divide/1", "transfer-all-rights", "share", flows, AT), uuid7(), AT)


class TestUuid7:
    def test_is_of_version_7_and_in_order(self) -> None:
        made: list[UUID] = [uuid7() for _ in range(50)]
        assert all(u.version == 7 and u.variant == "specified in RFC 4122" for u in made)
        assert [u.int >> 80 for u in made] == sorted(u.int >> 80 for u in made)


def test_moment_is_utc() -> None:
    assert moment(AT) == "2026-11-23T18:04:05.000678Z"
