"""Invitations and requests: one link for one person, a reason for every no, and never without a steward."""

from datetime import timedelta

import pytest
from django.utils.html import escape

from cooperatives.forms.fields import fresh_key
from cooperatives.models import Invitation, Letter, Membership
from cooperatives.queries import invitation_at, token_of
from cooperatives.services.admission import (
    AdmissionClosed,
    AlreadyAnswered,
    ReasonMissing,
    accept_request,
    ask_to_join,
    decline_request,
    set_admission,
    withdraw_request,
)
from cooperatives.services.invitations import (
    AlreadyClaimed,
    InvitationOver,
    accept_invitation,
    invite,
    withdraw_invitation,
)
from cooperatives.services.letters import send_letters
from cooperatives.services.people import (
    AlreadyAMember,
    LastSteward,
    admit_member,
    give_roles,
    leave_cooperative,
)
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from tests.world import key, person, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w():
    return world()


def invited(w, **more):
    said = {"cooperative": w.fern, "email": "xu@rennet.example", "language": "en", "by": w.ada, "key": key()}
    return invite(**said | {"at": w.later()} | more)


def asked(w, **more):
    said = {"cooperative": w.fern, "person": w.dov, "name": "Dov", "language": "en", "at": w.later()}
    return ask_to_join(**said | more)


class TestInvite:
    def test_writes_a_letter_with_the_link_in_the_language_of_the_steward(self, w):
        invitation = invited(w, language="fr", roles=["clerk", "member"])
        letter = Letter.objects.get()
        assert letter.to == "xu@rennet.example"
        assert f"/invitations/{token_of(invitation)}/" in letter.body
        assert "Fern Cooperative vous invite" in letter.subject and "préposé" in letter.body

    def test_forgets_the_link_once_the_letter_went(self, w):
        invitation = invited(w)
        bodies = []
        assert send_letters(send=lambda letter: bodies.append(letter.body), at=w.later()) == 1
        assert token_of(invitation) in bodies[0]
        assert Letter.objects.get().body == ""
        assert send_letters(send=lambda letter: bodies.append(letter.body), at=w.later(hours=1)) == 0

    def test_once_for_a_key_and_a_second_one_takes_the_place_of_the_first(self, w):
        once = key()
        first = invited(w, key=once)
        assert invited(w, key=once) == first
        second = invited(w, email="Xu@Rennet.example ")
        with pytest.raises(InvitationOver):
            accept_invitation(invitation=first, person=w.dov, at=w.later())
        assert accept_invitation(invitation=second, person=w.dov, at=w.later()).member == w.dov

    @pytest.mark.parametrize("who", ["ben", "tom"])
    def test_refuses_who_is_no_steward(self, w, who):
        with pytest.raises(NotAllowed):
            invited(w, by=getattr(w, who))
        assert not Letter.objects.exists()

    def test_refuses_the_steward_of_another_cooperative(self, w):
        with pytest.raises(NotAllowed):
            invited(w, by=world("oak", "Oak").ada)


class TestAcceptInvitation:
    def test_makes_a_member_with_these_roles_once(self, w):
        invitation = invited(w, roles=["treasurer"])
        xu = accept_invitation(invitation=invitation, person=w.dov, name="Xu", at=w.later())
        assert (xu.roles, xu.name, xu.member) == (["treasurer"], "Xu", w.dov)
        assert ledger.places_of([xu.address]) == {xu.address: None}
        assert accept_invitation(invitation=invitation, person=w.dov, at=w.later()) == xu
        with pytest.raises(InvitationOver):
            accept_invitation(invitation=invitation, person=w.cleo, at=w.later())

    def test_gives_a_membership_of_the_books_to_who_takes_it_over(self, w):
        farm = admit_member(cooperative=w.fern, name="Farm 7", number="7", at=w.later(), by=w.ada)
        invitation = invited(w, membership=farm)
        assert accept_invitation(invitation=invitation, person=w.dov, at=w.later()) == farm
        farm.refresh_from_db()
        assert (farm.member, farm.name, farm.number) == (w.dov, "Farm 7", "7")
        with pytest.raises(AlreadyClaimed):
            invited(w, membership=farm)

    def test_refuses_a_second_claim_and_a_second_membership(self, w):
        farm = admit_member(cooperative=w.fern, number="7", at=w.later(), by=w.ada)
        first, second = invited(w, membership=farm), invited(w, membership=farm, email="yi@rennet.example")
        with pytest.raises(AlreadyAMember):
            accept_invitation(invitation=first, person=w.people["ben"], at=w.later())
        accept_invitation(invitation=first, person=w.dov, at=w.later())
        with pytest.raises(AlreadyClaimed):
            accept_invitation(invitation=second, person=w.cleo, at=w.later())

    def test_refuses_what_is_too_old_withdrawn_or_from_a_steward_no_more(self, w):
        old, gone, demoted = (invited(w, email=f"{n}@rennet.example") for n in ("a", "b", "c"))
        with pytest.raises(InvitationOver):
            accept_invitation(invitation=old, person=w.dov, at=w.later() + timedelta(days=15))
        withdraw_invitation(invitation=gone, by=w.ada, at=w.later())
        with pytest.raises(InvitationOver):
            accept_invitation(invitation=gone, person=w.dov, at=w.later())
        give_roles(membership=w.ben, roles=["steward"], by=w.ada)
        give_roles(membership=w.ada, roles=["member"], by=None)
        with pytest.raises(InvitationOver):
            accept_invitation(invitation=demoted, person=w.dov, at=w.later())
        assert not Membership.objects.filter(member=w.dov).exists()

    def test_knows_only_links_that_we_signed(self, w):
        invitation = invited(w)
        token = token_of(invitation)
        assert invitation_at(token) == invitation
        assert invitation_at(f"{invitation.pk + 1}.{token.partition('.')[2]}") is None
        assert invitation_at("1") is None


class TestAskToJoin:
    def test_waits_for_a_steward_who_lets_in_and_writes(self, w):
        request = asked(w)
        assert asked(w) == request
        assert not Membership.objects.filter(member=w.dov).exists()
        accept_request(request=request, by=w.ada, at=w.later())
        assert Membership.objects.get(member=w.dov).roles == ["member"]
        assert Letter.objects.get().to == w.dov.email
        assert accept_request(request=request, by=w.ada, at=w.later()).is_accepted
        with pytest.raises(AlreadyAMember):
            asked(w)

    def test_lets_in_at_once_or_not_at_all_as_the_cooperative_says(self, w):
        set_admission(cooperative=w.fern, admission="closed", by=w.ada)
        with pytest.raises(AdmissionClosed):
            asked(w)
        set_admission(cooperative=w.fern, admission="open", by=w.ada)
        assert asked(w).is_accepted
        assert Membership.objects.get(member=w.dov).name == "Dov"
        with pytest.raises(NotAllowed):
            set_admission(cooperative=w.fern, admission="open", by=w.ben)

    def test_is_declined_with_a_reason_that_the_asker_reads(self, w):
        request = asked(w, language="fr")
        with pytest.raises(ReasonMissing):
            decline_request(request=request, reason=" ", by=w.ada, at=w.later())
        decline_request(request=request, reason="No land left", by=w.ada, at=w.later())
        assert "No land left" in Letter.objects.get().body
        with pytest.raises(AlreadyAnswered):
            accept_request(request=request, by=w.ada, at=w.later())
        assert asked(w) != request  # who was declined may ask again

    def test_is_answered_by_stewards_and_withdrawn_by_the_asker_alone(self, w):
        request = asked(w)
        for answer in (accept_request, decline_request):
            more = {"reason": "No"} if answer is decline_request else {}
            with pytest.raises(NotAllowed):
                answer(request=request, by=w.tom, at=w.later(), **more)
        with pytest.raises(NotAllowed):
            withdraw_request(request=request, by=w.cleo)
        withdraw_request(request=request, by=w.dov)
        with pytest.raises(AlreadyAnswered):
            withdraw_request(request=request, by=w.dov)


class TestLeaveCooperative:
    def test_ends_ones_own_membership_which_comes_back_under_its_address(self, w):
        leave_cooperative(membership=w.ben, at=w.later(), by=w.ben)
        assert not w.ben.has_role("member")
        accept_request(request=asked(w, person=w.people["ben"]), by=w.ada, at=w.later())
        again = Membership.objects.get(member=w.people["ben"], left_at=None)
        assert again.address == w.ben.address

    def test_refuses_the_last_steward_and_everybody_else(self, w):
        with pytest.raises(LastSteward):
            leave_cooperative(membership=w.ada, at=w.later(), by=w.ada)
        with pytest.raises(NotAllowed):
            leave_cooperative(membership=w.ben, at=w.later(), by=w.ada)
        give_roles(membership=w.ben, roles=["steward"], by=w.ada)
        leave_cooperative(membership=w.ada, at=w.later(), by=w.ada)
        with pytest.raises(LastSteward):
            leave_cooperative(membership=w.ben, at=w.later(), by=w.ben)


class TestPages:
    def test_an_invitation_leads_through_signing_up_into_the_cooperative(self, w, client):
        client.force_login(w.people["ada"])
        said = {"key": fresh_key(), "email": "xu@rennet.example", "roles": ["member", "clerk"]}
        assert client.post("/cooperatives/fern/invitations/invite", said).status_code == 302
        assert "xu@rennet.example" in client.get("/cooperatives/fern/invitations/").content.decode()
        client.logout()
        link = f"/invitations/{token_of(Invitation.objects.get())}/"
        page = client.get(link).content.decode()
        assert f"next={link}" in page.replace("%3A", ":") and "email=xu%40rennet.example" in page
        sent = {"email": "xu@rennet.example", "password1": "a-long-word-7", "next": link}
        assert client.post("/sign-in/signup/", sent).headers["Location"] == link
        answer = client.post(link, {"name": "Xu"})
        xu = Membership.objects.get(name="Xu")
        assert answer.headers["Location"] == f"/cooperatives/fern/members/{xu.random_name}/"
        assert xu.roles == ["clerk", "member"]
        assert client.get(link).status_code == 410

    def test_who_asks_reads_the_answer_and_its_reason(self, w, client):
        client.force_login(w.dov)
        assert "Ask to join" in client.get("/cooperatives/fern/").content.decode()
        assert client.post("/cooperatives/fern/join/", {"name": "Dov", "words": "I press oil"}).status_code == 302
        client.force_login(w.people["ada"])
        assert "I press oil" in client.get("/cooperatives/fern/invitations/").content.decode()
        number = w.fern.requests.get().pk
        client.post(f"/cooperatives/fern/requests/{number}/decline", {"reason": "No press is free"})
        client.force_login(w.dov)
        page = client.get("/cooperatives/fern/join/").content.decode()
        assert escape("No press is free") in page and "Ask to join" in page

    def test_a_membership_of_the_books_is_offered_by_letter(self, w, client):
        farm = admit_member(cooperative=w.fern, name="Farm 7", number="7", at=w.later(), by=w.ada)
        client.force_login(w.people["ada"])
        page = client.get(f"/cooperatives/fern/members/{farm.random_name}/").content.decode()
        assert "Nobody signs in for this membership yet" in page
        said = {"key": fresh_key(), "email": "xu@rennet.example", "roles": farm.roles, "claims": farm.random_name}
        client.post("/cooperatives/fern/invitations/invite", said)
        assert Invitation.objects.get().membership == farm
        client.force_login(person("Xu"))
        client.post(f"/invitations/{token_of(Invitation.objects.get())}/", {"name": ""})
        assert client.get("/passbook/").status_code == 200
