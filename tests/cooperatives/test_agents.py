"""Nature and communities: who registers them, what they gave and received, and the page that says it."""

import pytest
from django.test import Client

from cooperatives.models import Agent
from cooperatives.queries import agent, exchanges_of, names_of
from cooperatives.services.agents import AgentUnreadable, describe_agent, register_agent
from cooperatives.services.people import SlugTaken, UnknownPlace, UnreadableName
from ledger.queries import document, places_of
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_entry, undo_entry
from tests.world import World, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def wood(w: World, **other) -> Agent:
    said = {"name": "Bobiri Forest", "slug": "bobiri", "kind": "forest", "place": "gh/ashanti", "words": "Shade."}
    return register_agent(**{"by": w.ada, "at": w.later(), **said, **other})


class TestRegisterAgent:
    def test_it_has_an_owner_in_the_ledger_and_a_document_that_names_its_guardian(self) -> None:
        made = wood(world())
        assert made.address == "nature/bobiri"
        assert places_of(["nature/bobiri"]) == {"nature/bobiri": "gh/ashanti"}
        said = document("agent", "nature/bobiri")
        assert said is not None
        assert said.body == {"name": "Bobiri Forest", "kind": "forest", "guardian": "coops/fern"}

    def test_only_a_steward_takes_on_a_guardianship(self) -> None:
        w = world()
        for by in (w.ben, w.tom):
            with pytest.raises(NotAllowed):
                wood(w, by=by)

    @pytest.mark.parametrize(
        ("other", "no"),
        [
            ({"slug": "soil"}, SlugTaken),
            ({"slug": "Bobiri"}, UnreadableName),
            ({"name": " "}, AgentUnreadable),
            ({"kind": "planet"}, AgentUnreadable),
            ({"place": "gh/nowhere"}, UnknownPlace),
        ],
    )
    def test_refuses(self, other: dict, no: type[Exception]) -> None:
        with pytest.raises(no):
            wood(world(), **other)

    def test_a_short_name_is_given_once(self) -> None:
        w = world()
        wood(w)
        with pytest.raises(SlugTaken):
            wood(w)


class TestDescribeAgent:
    def test_the_guardian_speaks_and_nobody_else(self) -> None:
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        made = wood(w)
        said = {"name": "Bobiri", "kind": "community", "words": "", "place": "gh/ashanti/kumasi", "at": w.later()}
        for by in (oak.ada, w.ben):
            with pytest.raises(NotAllowed):
                describe_agent(agent=made, by=by, **said)
        describe_agent(agent=made, by=w.ada, **said)
        assert places_of(["nature/bobiri"]) == {"nature/bobiri": "gh/ashanti/kumasi"}
        said_in_log = document("agent", "nature/bobiri")
        assert said_in_log is not None
        assert said_in_log.version == 2


def given_and_back(w: World) -> Agent:
    """The forest gives 900 g to a lot, of which 200 g are taken back as an error; 50 g return to it."""
    made = wood(w)
    lot = beans(w)
    about = {"purpose": "making", "by": (w.ada.address,), "evidence": "two-sided"}
    gave = record_entry(
        key=key(), action="consume", at=w.later(), **about,
        flows=[("nature/bobiri/body", "coops/fern/processes/dry-1", "g", 900)],
    )  # fmt: skip
    undo_entry(
        entry=gave.id, key=key(), at=w.later(), by=(w.ada.address,),
        flows=[("coops/fern/processes/dry-1", "nature/bobiri/body", "g", 200)],
    )  # fmt: skip
    record_entry(
        key=key(), action="raise", at=w.later(), **about | {"evidence": "declared"},
        flows=[(f"{lot.path}@hubs/fern", "nature/bobiri/body", "g", 50)],
    )  # fmt: skip
    return made


class TestExchanges:
    def test_they_are_what_was_recorded_less_what_was_undone(self) -> None:
        w = world()
        found = {(row.owner, row.unit): row for row in exchanges_of(given_and_back(w))}
        assert list(found) == [("coops/fern", "g")]
        row = found["coops/fern", "g"]
        assert (row.gave, row.received, row.evidence) == (700, 50, "declared")

    def test_a_person_who_gave_is_not_told(self) -> None:
        w = world()
        made = wood(w)
        record_entry(
            key=key(), action="work", purpose="making", at=w.later(), by=(w.ben.address,),
            flows=[(f"{w.ben.address}/work/care", "nature/bobiri/body", "min", 60)],
        )  # fmt: skip
        (row,) = exchanges_of(made)
        assert (row.owner, row.received) == ("members", 60)
        assert w.ben.random_name not in Client().get("/nature/bobiri/").content.decode()


class TestPages:
    def test_everyone_reads_what_it_is_gave_and_received(self) -> None:
        w = world()
        given_and_back(w)
        page = Client().get("/nature/bobiri/").content.decode()
        for words in ("Bobiri Forest", "Shade.", "Fern Cooperative", "Ashanti", "700", "50", "nature/bobiri"):
            assert words in page
        assert "Speak for it" not in page
        assert "Bobiri Forest" in Client().get("/nature/").content.decode()
        assert "Bobiri Forest" in Client().get("/cooperatives/fern/").content.decode()

    def test_a_steward_registers_and_describes_it(self, client: Client) -> None:
        w = world()
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        said = {
            "name": "Offin",
            "slug": "offin",
            "kind": "water",
            "place": "gh/ashanti",
            "words": "",
            "cooperative": "fern",
        }
        assert client.post("/nature/register", said).headers["Location"] == "/nature/offin/"
        assert client.post("/nature/register", said).status_code == 409
        client.post("/nature/offin/describe", {"name": "Offin River", "kind": "water", "place": "", "words": "Long."})
        made = agent("offin")
        assert made is not None
        assert (made.name, made.words, made.place) == ("Offin River", "Long.", None)
        assert names_of(["nature/offin"]) == {"nature/offin": "Offin River"}
