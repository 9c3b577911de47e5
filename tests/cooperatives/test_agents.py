"""Nature and communities: who registers them, what they gave and received, and the page that says it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cooperatives.models import Agent, Picture
from cooperatives.queries import agent, exchanges_of, names_of
from cooperatives.services.agents import (
    AgentUnreadable,
    AnotherPersonAgrees,
    GuardianAlready,
    NotOffered,
    accept_guardianship,
    describe_agent,
    drop_offer,
    offer_guardianship,
    register_agent,
)
from cooperatives.services.people import SlugTaken, UnknownPlace, UnreadableName, admit_member
from cooperatives.services.pictures import show_agent
from ledger.queries import document, places_of
from ledger.rules.refusal import NotAllowed
from ledger.services.journal import record_entry, undo_entry
from tests.world import World, beans, key, photo, world

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


class TestHandOn:
    def test_another_cooperative_speaks_once_somebody_there_agreed(self) -> None:
        w, oak = world(), world("oak", "Oak")
        made = wood(w)
        add_agent_picture(w, made)
        offer_guardianship(agent=made, to=oak.fern, by=w.ada, at=w.later())
        assert agent("bobiri").guardian == w.fern  # nothing changes before they agree
        taken = accept_guardianship(agent=made, by=oak.ada, at=w.later())
        assert (taken.guardian, taken.offered_to, taken.offered_by) == (oak.fern, None, None)
        said = document("agent", "nature/bobiri")
        assert said is not None
        assert said.body == {
            "name": "Bobiri Forest", "kind": "forest", "guardian": "coops/oak", "from": "coops/fern"
        }  # fmt: skip
        assert taken.pictures.get().cooperative == oak.fern
        with pytest.raises(NotAllowed):
            describe_agent(agent=made, by=w.ada, name="Ours", kind="forest", place=None, at=w.later())
        assert accept_guardianship(agent=made, by=oak.ada, at=w.later()) == taken

    def test_nobody_offers_or_agrees_who_may_not(self) -> None:
        w, oak = world(), world("oak", "Oak")
        made = wood(w)
        for by in (w.ben, w.tom, oak.ada):
            with pytest.raises(NotAllowed):
                offer_guardianship(agent=made, to=oak.fern, by=by, at=w.later())
        with pytest.raises(GuardianAlready):
            offer_guardianship(agent=made, to=w.fern, by=w.ada, at=w.later())
        with pytest.raises(NotOffered):
            accept_guardianship(agent=made, by=oak.ada, at=w.later())
        offer_guardianship(agent=made, to=oak.fern, by=w.ada, at=w.later())
        for by in (oak.ben, oak.tom):
            with pytest.raises(NotAllowed):
                accept_guardianship(agent=made, by=by, at=w.later())

    def test_what_was_offered_to_one_cooperative_no_other_takes(self) -> None:
        w, oak, elm = world(), world("oak", "Oak Mill", "fr/jura"), world("elm", "Elm Mill", "fr/jura")
        made = offer_guardianship(agent=wood(w), to=oak.fern, by=w.ada, at=w.later())
        with pytest.raises(NotOffered):
            accept_guardianship(agent=made, by=elm.ada, at=w.later())
        made.refresh_from_db()
        assert (made.guardian, made.offered_to) == (w.fern, oak.fern)

    def test_who_offered_it_does_not_agree_for_the_others_too(self) -> None:
        w, oak = world(), world("oak", "Oak")
        both = admit_member(
            cooperative=oak.fern, member=w.people["ada"], name="Ada", roles=["steward"], at=w.later(), by=None
        )
        made = offer_guardianship(agent=wood(w), to=oak.fern, by=w.ada, at=w.later())
        with pytest.raises(AnotherPersonAgrees):
            accept_guardianship(agent=made, by=both, at=w.later())

    def test_an_offer_is_taken_back_or_declined(self) -> None:
        w, oak, elm = world(), world("oak", "Oak"), world("elm", "Elm")
        made = wood(w)
        for by in (w.ada, oak.ada):
            offer_guardianship(agent=made, to=oak.fern, by=w.ada, at=w.later())
            with pytest.raises(NotAllowed):
                drop_offer(agent=made, by=elm.ada)
            assert drop_offer(agent=made, by=by).offered_to is None
        with pytest.raises(NotOffered):
            accept_guardianship(agent=made, by=oak.ada, at=w.later())


class TestPictures:
    def test_the_guardian_shows_it_and_nobody_else(self, client: Client) -> None:
        w, oak = world(), world("oak", "Oak")
        made = wood(w)
        for by in (w.ben, oak.ada):
            with pytest.raises(NotAllowed):
                show_agent(agent=made, data=photo(), words="The edge", at=w.later(), by=by)
        picture = add_agent_picture(w, made)
        for page in ("/nature/", "/nature/bobiri/"):
            assert f'src="/pictures/{picture.name}.webp"' in client.get(page).content.decode()
        assert "Remove" not in client.get("/nature/bobiri/").content.decode()
        # It is the forest's, and stands on no page of its guardian.
        assert picture.name not in client.get("/cooperatives/fern/").content.decode()

    def test_pages_hand_it_on(self, client: Client) -> None:
        w, oak = world(), world("oak", "Oak")
        made = wood(w)
        client.force_login(w.people["ada"])
        page = client.get("/nature/bobiri/").content.decode()
        assert "Offer the guardianship" in page and "Add the picture" in page
        sent = {"picture": SimpleUploadedFile("a.jpg", photo(), "image/jpeg"), "words": "The edge"}
        assert client.post("/nature/bobiri/show", sent).status_code == 302
        assert client.post("/nature/bobiri/offer", {"cooperative": "oak"}).status_code == 302
        assert "has not answered yet" in client.get("/nature/bobiri/").content.decode()
        assert client.post("/nature/bobiri/accept").status_code == 403
        client.force_login(oak.people["ada"])
        assert "Speak for it from now on" in client.get("/nature/bobiri/").content.decode()
        assert client.post("/nature/bobiri/accept").status_code == 302
        made.refresh_from_db()
        assert made.guardian == oak.fern
        name = made.pictures.get().name
        assert client.post(f"/cooperatives/oak/pictures/{name}/remove").url == "/nature/bobiri/"
        assert not made.pictures.exists()


def add_agent_picture(w: World, made: Agent) -> Picture:
    return show_agent(agent=made, data=photo(), words="The edge of the forest", at=w.later(), by=w.ada)
