"""Cooperatives in cooperatives: never in a circle; stewards act for theirs, and votes run through."""

from datetime import timedelta

import pytest

from cooperatives import queries
from cooperatives.models import Membership
from cooperatives.rules.federations import inner, people_behind
from cooperatives.services.admission import FederationCircle, accept_request, ask_to_join, set_weight
from cooperatives.services.erasure import erase_membership
from cooperatives.services.invitations import AlreadyClaimed, invite
from cooperatives.services.people import AlreadyAMember, NotForCooperatives, give_roles, leave_cooperative
from cooperatives.services.proposals import cast_vote, draft_proposal, open_vote
from ledger.rules.refusal import NotAllowed
from tests.world import RULES, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w():
    return world()


@pytest.fixture
def union():
    return world("union", "Union of Villages")


def join(inside, outside, **more):
    """The steward of one asks, the steward of the other lets in."""
    said = {"person": inside.people["ada"], "name": "Ada", "language": "en", "at": outside.later()}
    asked = ask_to_join(cooperative=outside.fern, society=inside.fern, **said | more)
    accept_request(request=asked, by=outside.ada, at=outside.later())
    return Membership.objects.get(cooperative=outside.fern, society=inside.fern)


class TestRules:
    SEATS = {1: {2, 3}, 2: {4}, 3: {4}}

    def test_find_all_that_is_inside(self):
        assert inner(self.SEATS, 1) == {1, 2, 3, 4}
        assert inner(self.SEATS, 4) == {4}

    def test_count_each_person_once(self):
        assert people_behind(self.SEATS, {2: {7}, 3: {7, 8}, 4: {9}}, 1) == 3


class TestJoining:
    def test_makes_a_member_that_both_pages_show(self, w, union, client):
        seat = join(w, union)
        assert (seat.member, seat.roles, seat.name) == (None, ["member"], "Fern Cooperative")
        assert "Member cooperatives" in client.get("/cooperatives/union/").content.decode()
        assert "Union of Villages" in client.get("/cooperatives/fern/").content.decode()
        with pytest.raises(AlreadyAMember):
            join(w, union)

    def test_refuses_a_circle_however_long(self, w, union):
        oak = world("oak", "Oak")
        join(w, union)
        join(union, oak)
        with pytest.raises(FederationCircle):
            join(oak, w)
        with pytest.raises(FederationCircle):
            join(w, w)

    def test_refuses_a_circle_that_closed_while_the_request_waited(self, w, union):
        about = {"name": "Ada", "language": "en", "at": w.later()}
        asked = ask_to_join(cooperative=w.fern, society=union.fern, person=union.people["ada"], **about)
        join(w, union)
        with pytest.raises(FederationCircle):
            accept_request(request=asked, by=w.ada, at=w.later())

    def test_only_a_steward_speaks_for_a_cooperative(self, w, union):
        for who in (w.people["ben"], w.dov):
            with pytest.raises(NotAllowed):
                join(w, union, person=who)

    def test_nobody_takes_over_or_erases_what_a_cooperative_holds(self, w, union):
        seat = join(w, union)
        with pytest.raises(AlreadyClaimed):
            invite(
                cooperative=union.fern, email="x@rennet.example", membership=seat, language="en", by=union.ada,
                at=union.later(), key=key(),
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            erase_membership(membership=seat, by=union.ada, at=union.later())


class TestActing:
    def test_the_stewards_of_a_cooperative_act_for_it_and_nobody_else(self, w, union, client):
        seat = join(w, union)
        assert queries.membership_in(w.people["ada"], "union") == seat
        assert queries.membership_in(w.people["ben"], "union") is None
        client.force_login(w.people["ada"])
        assert client.get(f"/passbook/union/{seat.random_name}/").status_code == 200
        assert client.get("/cooperatives/union/invitations/").status_code == 403
        client.force_login(w.people["ben"])
        assert client.get("/cooperatives/union/members/").status_code == 404

    def test_no_office_is_held_by_a_cooperative(self, w, union):
        with pytest.raises(NotForCooperatives):
            give_roles(membership=join(w, union), roles=["clerk"], by=union.ada)

    def test_a_cooperative_that_left_acts_no_more(self, w, union):
        seat = join(w, union)
        leave_cooperative(membership=seat, at=union.later(), by=seat)
        assert queries.membership_in(w.people["ada"], "union") is None
        assert join(w, union) == seat  # and comes back under its address


class TestVotes:
    def test_run_through_where_the_federation_says_so(self, w, union):
        seat = join(w, union)
        at = union.later(hours=1)
        weights = {v.membership: (v.weight, v.represents) for v in queries.voices(union.fern, at=at)}
        assert weights[seat] == (1, w.fern) and weights[union.ben] == (1, None)
        with pytest.raises(NotAllowed):
            set_weight(cooperative=union.fern, by_people=True, by=union.ben)
        set_weight(cooperative=union.fern, by_people=True, by=union.ada)
        weights = {v.membership: v.weight for v in queries.voices(union.fern, at=at)}
        assert weights[seat] == 3 and sum(weights.values()) == 6

    def test_a_cooperative_votes_with_the_weight_of_its_people(self, w, union):
        seat = join(w, union)
        set_weight(cooperative=union.fern, by_people=True, by=union.ada)
        proposal = draft_proposal(
            cooperative=union.fern, rules=RULES, why="", quorum=50, majority="half", at=union.later(), by=union.ada
        )
        at = union.later(hours=1)
        proposal = open_vote(proposal=proposal, closes_at=at + timedelta(days=1), at=at, by=union.ada)
        assert proposal.electorate == 6
        cast_vote(proposal=proposal, edition=proposal.edition, choice="yes", at=union.later(), by=seat)
        cast_vote(proposal=proposal, edition=proposal.edition, choice="no", at=union.later(), by=union.ben)
        tally = queries.tally_of(proposal)
        assert (tally.yes, tally.no, tally.cast) == (3, 1, 4)
