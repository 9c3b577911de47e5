"""Who may read what of a member, and how a person is forgotten while the journal stays true."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command

from cooperatives import queries
from cooperatives.models import Invitation, Letter, Member, Membership, MembershipRequest, Picture
from cooperatives.services.admission import ask_to_join
from cooperatives.services.erasure import erase_membership, erase_person
from cooperatives.services.invitations import accept_invitation, invite
from cooperatives.services.people import LastSteward, admit_member, show_to
from cooperatives.services.pictures import set_portrait
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from ledger.services.log import publish_checkpoint
from tests.world import beans, key, photo, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w():
    return world()


class TestShowTo:
    def test_each_thing_has_its_own_readers(self, w):
        oak = world("oak", "Oak")
        show_to(membership=w.ben, name="public", place="self", amounts="cooperative", by=w.ben)
        assert [queries.shown_name(w.ben, reader) for reader in (w.ben, w.tom, oak.ada, None)] == ["Ben"] * 4
        assert [queries.shown_place(w.ben, reader) for reader in (w.ben, w.tom, None)] == ["Kumasi", "", ""]
        assert [queries.may_read_amounts(w.ben, reader) for reader in (w.ben, w.tom, oak.ada)] == [True, True, False]
        show_to(membership=w.ben, amounts="self", by=w.ben)
        assert [queries.may_read_amounts(w.ben, reader) for reader in (w.ben, w.tom, w.ada)] == [True, False, True]
        assert w.ben.name_shown_to == "public"

    def test_refuses_others_and_amounts_for_everyone(self, w):
        with pytest.raises(NotAllowed):
            show_to(membership=w.ben, place="public", by=w.ada)
        with pytest.raises(NotAllowed):
            show_to(membership=w.ben, amounts="public", by=w.ben)

    def test_pages_obey(self, w, client):
        page = f"/passbook/fern/{w.ben.random_name}/"
        client.force_login(w.people["tom"])
        assert client.get(page).status_code == 404
        client.force_login(w.people["ben"])
        said = {"name": "self", "place": "public", "amounts": "cooperative"}
        assert client.post(f"/cooperatives/fern/members/{w.ben.random_name}/shown", said).status_code == 302
        client.force_login(w.people["tom"])
        assert client.get(page).status_code == 200
        listed = client.get("/cooperatives/fern/members/").content.decode()
        assert "Ben" not in listed and w.ben.pseudonym in listed


class TestErasePerson:
    def test_forgets_everything_but_what_the_journal_holds(self, w):
        beans(w, 1_000)
        ben = w.people["ben"]
        EmailAddress.objects.create(user=ben, email=ben.email)
        set_portrait(membership=w.ben, data=photo(), at=w.later(), by=w.ben)
        oak = world("oak", "Oak")
        ask_to_join(cooperative=oak.fern, person=ben, name="Ben", language="en", at=w.later())
        invite(cooperative=oak.fern, email=ben.email, language="en", by=oak.ada, at=w.later(), key=key())
        before = ledger.balance_of(f"{w.ben.address}/harvest", "g")
        publish_checkpoint()

        erase_person(person=ben, by=ben, at=w.later())

        assert not Member.objects.filter(email="ben@rennet.example").exists()
        assert not EmailAddress.objects.filter(email="ben@rennet.example").exists()
        assert not Letter.objects.filter(to="ben@rennet.example").exists()
        assert not Invitation.objects.exclude(email="").exists()
        assert not MembershipRequest.objects.exists() and not Picture.objects.exists()
        kept = Membership.objects.get(pk=w.ben.pk)
        assert (kept.name, kept.member, kept.place, kept.address) == ("", None, None, w.ben.address)
        assert queries.names_of([kept.address], reader=w.ada) == {kept.address: "a former member"}
        assert ledger.balance_of(f"{w.ben.address}/harvest", "g") == before
        call_command("verify_log")

    def test_refuses_others_and_the_last_steward_of_others(self, w):
        with pytest.raises(NotAllowed):
            erase_person(person=w.people["ben"], by=w.people["ada"], at=w.later())
        with pytest.raises(LastSteward):
            erase_person(person=w.people["ada"], by=w.people["ada"], at=w.later())

    def test_a_link_that_was_used_says_nothing_any_more(self, w):
        invitation = invite(
            cooperative=w.fern, email="x@rennet.example", language="en", by=w.ada, at=w.later(), key=key()
        )
        accept_invitation(invitation=invitation, person=w.dov, at=w.later())
        erase_person(person=w.dov, by=w.dov, at=w.later())
        assert Invitation.objects.get().email == ""


class TestEraseMembership:
    def test_is_for_those_who_never_signed_in(self, w):
        farm = admit_member(cooperative=w.fern, name="Farm 7", number="7", at=w.later(), by=w.ada)
        with pytest.raises(NotAllowed):
            erase_membership(membership=farm, by=w.tom, at=w.later())
        with pytest.raises(NotAllowed):
            erase_membership(membership=w.ben, by=w.ada, at=w.later())
        erase_membership(membership=farm, by=w.ada, at=w.later())
        farm.refresh_from_db()
        assert (farm.name, farm.number) == ("", "")


class TestErasurePage:
    def test_asks_who_one_is_then_for_a_word(self, w, client):
        w.people["ben"].set_password("a-long-word-7")
        w.people["ben"].save()
        client.force_login(w.people["ben"], "allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/erasure/")["Location"].startswith("/sign-in/reauthenticate/")
        client.post("/sign-in/reauthenticate/?next=/erasure/", {"password": "a-long-word-7"})
        assert w.ben.address in client.get("/erasure/").content.decode().replace("<wbr>", "")
        assert client.post("/erasure/", {"word": "yes"}).status_code == 400
        assert Member.objects.filter(username="ben").exists()
        assert client.post("/erasure/", {"word": "Erase me"})["Location"] == "/"
        assert not Member.objects.filter(username="ben").exists()
        client.force_login(w.people["ada"])
        assert "Ben" not in client.get("/cooperatives/fern/members/").content.decode()
