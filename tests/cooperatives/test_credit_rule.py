"""How members open a circle and change its rule by a vote, and who is in it."""

from datetime import timedelta

import pytest

from cooperatives.models import Circle
from cooperatives.queries.credit import (
    circle_of,
    cooperatives_in,
    partners_of,
)
from cooperatives.services.credit import (
    CircleThere,
    CodeTaken,
    CodeUnreadable,
    LimitsUnreadable,
    NotInTheCircle,
)
from cooperatives.services.people import admit_member
from cooperatives.services.proposals import (
    AnotherVoteIsOpen,
    NotADraft,
    SaysNothingNew,
    cast_vote,
    change_proposal,
    close_vote,
    open_vote,
    propose_rule,
)
from ledger.queries import document
from ledger.rules.refusal import NotAllowed
from tests.cooperatives.circle import RULE, decided, fern_with_hours, opened, paid, proposed, purse
from tests.market.goods import treasurer
from tests.world import person, world

pytestmark = pytest.mark.quick
needs_db = pytest.mark.django_db


@pytest.fixture
def w(db):
    """Fern, its treasurer Eve, and a circle of hours."""
    return fern_with_hours()


class TestProposeRule:
    @needs_db
    def test_members_open_it_by_a_vote_and_the_log_has_its_rule(self):
        w = world()
        eve = treasurer(w)
        draft = proposed(w)
        assert draft.state == "draft" and not Circle.objects.exists()
        done = decided(w, draft, w.ada, eve)
        assert done.state == "adopted" and done.agreement is None
        rule = document("credit", "HFERN")
        assert rule and rule.body["lowest"] == "1800" and document("unit", "HFERN").body["family"] == "money"
        assert rule.body["vote"]["yes"] == 2 and rule.body["vote"]["electorate"] == 4

    @needs_db
    def test_nobody_opens_it_without_a_quorum_or_against_the_others(self):
        w = world()
        draft = propose_rule(by=w.ada, said=RULE, why="", quorum=75, majority="half", at=w.later())
        assert decided(w, draft, w.ada).state == "rejected" and not Circle.objects.exists()
        assert decided(w, proposed(w), w.ben, w.tom, choice="no").state == "rejected" and not Circle.objects.exists()

    def test_its_rule_changes_the_same_way_and_its_unit_stays(self, w):
        decided(w, proposed(w, code="OTHER", kind="local", floor=60), w.ada)
        w.circle.refresh_from_db()
        assert (w.circle.code, w.circle.kind, w.circle.floor) == ("HFERN", "hours", 60)
        assert document("credit", "HFERN").version == 2
        with pytest.raises(SaysNothingNew):
            proposed(w, floor=60)

    def test_a_draft_is_changed_by_drafting_again_and_never_while_it_is_voted_on(self, w):
        first = proposed(w, floor=60)
        again = proposed(w, floor=120)
        assert (again.pk, again.edition, again.rule["floor"]) == (first.pk, 2, 120)
        open_vote(proposal=again, closes_at=w.later(days=2), at=w.at - timedelta(days=1), by=w.ada)
        with pytest.raises(AnotherVoteIsOpen):
            proposed(w, floor=180)
        with pytest.raises(NotADraft):
            change_proposal(proposal=again, rules=[], why="", quorum=1, majority="half", at=w.later(), by=w.ada)

    @needs_db
    def test_a_name_that_another_took_during_the_vote_is_not_opened_twice(self):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        closes_at = w.later(days=2)
        draft = open_vote(proposal=proposed(w), closes_at=closes_at + timedelta(days=1), at=w.at, by=w.ada)
        cast_vote(proposal=draft, edition=draft.edition, choice="yes", at=w.at, by=w.ada)
        decided(oak, proposed(oak), oak.ada)
        assert close_vote(proposal=draft, at=closes_at + timedelta(days=1), by=None).state == "rejected"
        assert [circle.cooperative for circle in Circle.objects.all()] == [oak.fern]

    @needs_db
    @pytest.mark.parametrize(
        ("said", "no"),
        [
            ({"code": "hfern"}, CodeUnreadable), ({"code": "EUR"}, CodeTaken), ({"kind": "gold"}, CodeTaken),
            ({"floor": 1_801}, LimitsUnreadable), ({"worth": 0}, LimitsUnreadable), ({"ceiling": -1}, LimitsUnreadable),
            ({"name": " "}, LimitsUnreadable),
        ],
    )  # fmt: skip
    def test_refuses_what_makes_no_sense(self, said, no):
        w = world()
        treasurer(w)
        with pytest.raises(no):
            proposed(w, **said)

    def test_a_member_asks_for_nothing(self, w):
        with pytest.raises(NotAllowed):
            proposed(w, by=w.ben)


class TestFederation:
    def test_members_of_member_cooperatives_pay_in_it_but_open_none_beside(self, w):
        oak = world("oak", "Oak Mill", "fr/jura")
        admit_member(cooperative=w.fern, society=oak.fern, name="Oak", at=w.later(), by=w.ada)
        assert circle_of(oak.fern) == w.circle and cooperatives_in(w.circle) == [w.fern, oak.fern]
        paid(w, w.circle, oak.ben, w.ben.address, 60)
        assert (purse(w, oak.ben.address), purse(w, w.ben.address)) == (-60, 60)
        with pytest.raises(CircleThere):
            proposed(w, by=oak.ada, code="HOAK")
        named = dict(partners_of(w.circle, w.ben))
        assert oak.fern.address in named and oak.ben.address in named and w.ben.address not in named

    def test_a_cooperative_with_its_own_stays_out(self, w):
        oak = world("oak", "Oak Mill", "fr/jura")
        oak.eve = admit_member(
            cooperative=oak.fern, member=person("Fay"), name="Fay", roles=["treasurer"], at=oak.later(), by=None
        )
        opened(oak, oak.eve, code="HOAK")
        admit_member(cooperative=w.fern, society=oak.fern, name="Oak", at=w.later(), by=w.ada)
        assert circle_of(oak.fern).code == "HOAK" and cooperatives_in(w.circle) == [w.fern]
        with pytest.raises(NotInTheCircle):
            paid(w, w.circle, oak.ben, w.ben.address, 60)
