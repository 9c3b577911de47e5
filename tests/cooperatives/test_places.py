"""Places by date: where they lay, who may tell it, what the log says, files in and out, and the page."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.models import Boundary, Place
from cooperatives.queries import atlas, homes_of, outlines_of, place_at, place_seen
from cooperatives.rules.outlines import read_outline
from cooperatives.rules.places import Atlas, atlas_of, named_path
from cooperatives.services import places as services
from cooperatives.services.people import declare_place
from cooperatives.services.places import import_boundaries, set_boundary
from ledger.queries import document, places_of
from ledger.queries.declarations import documents
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_owner
from tests.world import NOON, World, world

pytestmark = [pytest.mark.quick]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LETTERS = st.sampled_from("abcde")
OLD, NEW = date(2020, 1, 1), date(2026, 1, 1)


def square(x: float, y: float, side: float = 1) -> list[list[list[float]]]:
    return [[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]]


def feature(path: str, at: tuple[float, float] | None = (0, 0), side: float = 1, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": square(*at, side)} if at else None
    return {"type": "Feature", "properties": {"path": path, **properties}, "geometry": geometry}


def file(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def bring(w: World, *features: dict[str, Any], **other: Any) -> list[services.Told]:
    said = {"data": file(*features), "since": OLD, "by": w.ada, "at": w.later(), "is_rehearsal": False}
    return import_boundaries(**said | other)


class TestAtlas:
    def test_a_place_lies_where_its_path_says_until_a_boundary_says_otherwise(self) -> None:
        seen = atlas_of([("gh/ashanti/offinso", NEW, "gh/bono"), ("gh/bono", NEW, None)])
        assert seen.located("gh/ashanti/offinso", OLD) == "gh/ashanti/offinso"
        assert seen.located("gh/ashanti/offinso", NEW) == ".gh.bono/.gh.ashanti.offinso"
        assert seen.located("gh/ashanti/offinso") == ".gh.bono/.gh.ashanti.offinso"
        assert seen.lies_in("gh/ashanti/offinso", "gh/ashanti", OLD)
        assert not seen.lies_in("gh/ashanti/offinso", "gh/ashanti", NEW)
        assert seen.lies_in("gh/ashanti/offinso", "gh/bono", NEW)
        assert not seen.lies_in("gh/ashanti2", "gh/ashanti")

    @given(
        st.lists(
            st.tuples(st.sampled_from("abcde"), st.sampled_from([OLD, NEW]), st.sampled_from("abcde")), max_size=12
        )
    )
    def test_no_place_ever_lies_in_itself_and_a_located_path_leads_back(
        self, wanted: list[tuple[str, date, str]]
    ) -> None:
        rows: list[tuple[str, date, str | None]] = []
        for path, since, outer in wanted:
            if path != outer and not atlas_of(rows).would_turn_back(path, outer):
                rows = [row for row in rows if row[:2] != (path, since)] + [(path, since, outer)]
        seen: Atlas = atlas_of(rows)
        for day in (OLD - timedelta(days=1), OLD, NEW, None):
            for path in "abcde":
                located = seen.located(path, day)
                assert named_path(located) == path
                around = seen.around(path, day)
                assert around is None or seen.lies_in(path, around, day)
                assert around is None or not seen.lies_in(around, path, day)


@pytest.mark.django_db
class TestSetBoundary:
    def test_it_is_a_document_of_the_log_in_whole_millionths(self) -> None:
        w = world()
        bring(w, feature("gh/ashanti", (-2.5, 6)), source="Survey")
        said = document("boundary", f"gh/ashanti@{OLD}")
        assert said is not None
        assert said.body["outline"] == [[[[-2500000, 6000000], [-1500000, 6000000], [-1500000, 7000000],
                                          [-2500000, 7000000], [-2500000, 6000000]]]]  # fmt: skip
        assert (said.body["inside"], said.body["since"], said.body["source"]) == ("gh", "2020-01-01", "Survey")

    def test_told_again_it_changes_nothing_and_corrected_it_is_another_version(self) -> None:
        w = world()
        for _time in range(2):
            bring(w, feature("gh/ashanti"))
        assert [d.version for d in documents("boundary")] == [1]
        bring(w, feature("gh/ashanti", (0, 1)))
        assert [d.version for d in documents("boundary")] == [2]
        assert Boundary.objects.count() == 1

    def test_only_stewards_tell_it_of_where_their_cooperative_is(self) -> None:
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        place = place_at("gh/ashanti")
        assert place is not None
        said: dict[str, Any] = {"place": place, "since": OLD, "inside": None, "outline": None, "at": w.later()}
        for by in (w.ben, w.tom, oak.ada):
            with pytest.raises(NotAllowed):
                set_boundary(by=by, **said)
        with pytest.raises(services.NotYet):
            set_boundary(by=w.ada, **said | {"since": w.at.date() + timedelta(days=1)})
        assert set_boundary(by=w.ada, **said).inside is None

    def test_a_place_never_lies_in_what_lies_in_it(self) -> None:
        w = world()
        outer, inner = Place.objects.get(path="gh"), Place.objects.get(path="gh/ashanti")
        with pytest.raises(services.PlaceTurnsBack):
            set_boundary(place=outer, since=OLD, inside=inner, outline=None, by=w.ada, at=w.later())

    def test_the_boundary_of_a_date_counts_on_it(self) -> None:
        w = world()
        declare_place(path="gh/bono", name="Bono", at=NOON)
        bring(w, feature("gh/ashanti/kumasi", (0, 0)))
        bring(w, feature("gh/ashanti/kumasi", (5, 5), inside="gh/bono"), since=NEW)
        hub = w.hub.address
        assert homes_of([hub], atlas(), on=OLD) == {hub: "gh/ashanti/kumasi"}
        assert homes_of([hub], atlas(), on=NEW) == {hub: "gh/bono/.gh.ashanti.kumasi"} == homes_of([hub], atlas())
        assert atlas().named(["gh/bono/.gh.ashanti.kumasi", "gh/bono"]) == {
            "gh/bono/.gh.ashanti.kumasi": "Kumasi", "gh/bono": "Bono",
        }  # fmt: skip
        for on, x in ((OLD, 0), (NEW, 5), (NEW - timedelta(days=1), 0)):
            found = outlines_of(["gh/ashanti/kumasi"], on=on)
            assert found["gh/ashanti/kumasi"] == read_outline({"type": "Polygon", "coordinates": square(x, x)})
        ashanti = place_at("gh/ashanti")
        assert ashanti is not None
        assert [h.slug for h in place_seen(ashanti, on=OLD).hubs] == ["fern"]
        assert place_seen(ashanti).hubs == place_seen(ashanti).inside == []

    def test_an_owner_was_where_its_record_said_before_that_day(self) -> None:
        w = world()
        later = NOON + timedelta(days=10)
        record_owner(owner=w.ben.address, place="fr/jura", at=later)
        assert places_of([w.ben.address]) == {w.ben.address: "fr/jura"}
        assert places_of([w.ben.address], before=later) == {w.ben.address: "gh/ashanti/kumasi"}
        assert places_of([w.ben.address], before=NOON - timedelta(days=9)) == {w.ben.address: "gh/ashanti/kumasi"}
        assert homes_of([w.ben.address], atlas(), on=later.date()) == {w.ben.address: "fr/jura"}
        both = [w.ben.address, "members/nobody"]
        assert homes_of(both, atlas(), on=NOON.date()) == {w.ben.address: "gh/ashanti/kumasi"}


@pytest.mark.django_db
class TestImportBoundaries:
    def test_a_rehearsal_tells_all_and_changes_nothing(self) -> None:
        w = world()
        told = bring(w, feature("gh/ashanti", (0, 0), 4), feature("gh/ashanti/tafo", (3, 3), 2, name="Tafo"),
                     feature("gh/ashanti/kumasi", None), is_rehearsal=True)  # fmt: skip
        assert [(t.path, t.does, t.corners, t.outside) for t in told] == [
            ("gh/ashanti", "changed", 4, 0), ("gh/ashanti/tafo", "new", 4, 3), ("gh/ashanti/kumasi", "same", 0, 0),
        ]  # fmt: skip
        assert not Boundary.objects.exists()
        assert place_at("gh/ashanti/tafo") is None
        assert documents("boundary") == []

    def test_what_is_wrong_is_named_by_feature_and_nothing_is_taken(self) -> None:
        w = world()
        wrong = [
            feature("gh/ashanti"), feature("fr/jura"), feature("gh/ashanti/kumasi", inside="gh/nowhere"),
            feature("gh/ashanti/kumasi", since="soon"), feature("fr/doubs", name="Doubs"), feature(""),
            feature("gh/ashanti/Tafo"),
            {"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [0, 0]}},
        ]  # fmt: skip
        with pytest.raises(services.BoundariesRefused) as no:
            bring(w, *wrong)
        assert [p.feature for p in no.value.problems] == [2, 3, 4, 5, 6, 7, 8]
        assert not Boundary.objects.exists()

    def test_limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        w = world()
        with pytest.raises(NotAllowed):
            bring(w, feature("gh/ashanti"), by=w.ben)
        with pytest.raises(services.BoundariesTooLarge):
            bring(w, *([feature("gh/ashanti")] * (services.MOST_FEATURES + 1)))
        monkeypatch.setattr(services, "MOST_BYTES", 10)
        with pytest.raises(services.BoundariesTooLarge):
            bring(w, feature("gh/ashanti"))


@pytest.mark.django_db
class TestPages:
    def test_a_place_shows_its_outline_its_history_and_who_is_there(self, client: Client) -> None:
        w = world()
        bring(w, feature("gh/ashanti", (0, 0), 4), feature("gh/ashanti/kumasi", (1, 1)), source="Survey")
        bring(w, feature("gh/ashanti", (0, 0), 5), since=NEW, source="Survey")
        page = client.get("/places/gh/ashanti/").content.decode()
        for words in ("Outline of Ashanti", "<title>Kumasi</title>", "Fern Cooperative", "Survey", "2020-01-01"):
            assert words in page
        before = client.get("/places/gh/ashanti/?on=2019-05-01").content.decode()
        assert "No outline is known." in before
        assert "As it was on" in before

    def test_what_is_taken_away_can_be_brought_in_again_as_it_is(self, client: Client) -> None:
        w = world()
        bring(w, feature("gh/ashanti", (-0.123456, 0), 4), feature("gh/ashanti/kumasi", (1, 1)))
        answer = client.get("/places/gh/ashanti.geojson")
        assert answer.headers["Content-Type"] == "application/geo+json"
        told = import_boundaries(data=answer.content, since=NEW, by=w.ada, at=w.later(), is_rehearsal=False)
        assert [(t.path, t.does) for t in told] == [("gh/ashanti", "same"), ("gh/ashanti/kumasi", "same")]

    def test_a_steward_looks_first_and_then_records(self, client: Client) -> None:
        w = world()
        client.force_login(w.people["ada"], backend=BACKEND)
        for ahead, count in (("on", 0), ("", 1)):
            sent = SimpleUploadedFile("a.geojson", file(feature("gh/ashanti")))
            said = {"file": sent, "since": "2020-01-01"} | ({"only_look": ahead} if ahead else {})
            answer = client.post("/cooperatives/fern/places/", said)
            assert Boundary.objects.count() == count
        assert answer.headers["Location"] == "/places/gh/ashanti/"
        bad = SimpleUploadedFile("a.geojson", file(feature("fr/jura")))
        answer = client.post("/cooperatives/fern/places/", {"file": bad, "since": "2020-01-01"})
        assert answer.status_code == 422
        assert "neither its seat" in answer.content.decode()
