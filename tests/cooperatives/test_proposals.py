"""The next agreement: drafted, talked about, voted on by members, and adopted or left to be read."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.models import Vote
from cooperatives.queries import agreement_in_force, comments_on, proposals_of, tally_of, vote_of, voters
from cooperatives.rules.steps import UnreadableAgreement, read_agreement, write_agreement
from cooperatives.rules.votes import Tally
from cooperatives.services.agreements import VoteNeeded, adopt_agreement
from cooperatives.services.people import admit_member
from cooperatives.services.proposals import (
    AnotherVoteIsOpen,
    ClosingIsPast,
    NotADraft,
    NotAVoter,
    NothingSaid,
    ProposalHasChanged,
    SaysNothingNew,
    UnknownChoice,
    VoteIsClosed,
    VotesAreCast,
    VoteStillOpen,
    cast_vote,
    change_proposal,
    close_due_votes,
    close_vote,
    draft_proposal,
    open_vote,
    say_of_proposal,
    take_back,
)
from ledger import queries as ledger
from ledger.rules.refusal import NotAllowed
from tests.world import RULES, agreed, person, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
NEW = [*RULES[:-2], {"step": "reserve", "thousandths": 50}, RULES[-1]]
SAME = write_agreement(read_agreement(RULES))


def drafted(w, rules=NEW, by=None, **more):
    said = {"why": "The reserve is full.", "quorum": 50, "majority": "half"} | more
    return draft_proposal(cooperative=w.fern, rules=rules, at=w.later(), by=by or w.ada, **said)


def opened(w, proposal=None, days=7):
    """An open vote of Ada, Ben and Tom."""
    now = w.later()
    return open_vote(proposal=proposal or drafted(w), closes_at=now + timedelta(days=days), at=now, by=w.ada)


def voted(w, proposal, **choices):
    for name, choice in choices.items():
        cast_vote(proposal=proposal, edition=proposal.edition, choice=choice, at=w.later(), by=getattr(w, name))


@pytest.fixture
def w():
    found = world()
    agreed(found)
    return found


class TestDraftProposal:
    def test_numbers_them_and_keeps_their_words(self, w):
        first, second = drafted(w), drafted(w, RULES[:-1])
        assert [p.number for p in proposals_of(w.fern)] == [2, 1]
        assert (first.edition, first.state, first.why) == (1, "draft", "The reserve is full.")
        assert second.steps == write_agreement(read_agreement(RULES[:-1]))
        assert agreement_in_force(w.fern).version == 1

    def test_a_treasurer_may_and_others_may_not(self, w):
        eve = admit_member(cooperative=w.fern, member=person("Eve"), roles=["treasurer"], at=w.later(), by=w.ada)
        drafted(w, by=eve)
        for by in (w.ben, w.tom, world("oak", "Oak").ada):
            with pytest.raises(NotAllowed):
                drafted(w, by=by)

    def test_refuses_what_is_in_force_and_what_is_no_agreement(self, w):
        with pytest.raises(SaysNothingNew):
            drafted(w, RULES)
        with pytest.raises(UnreadableAgreement):
            drafted(w, [{"step": "eval"}])


class TestChangeProposal:
    def changed(self, w, proposal, rules=RULES[:-1], **more):
        said = {"why": proposal.why, "quorum": 50, "majority": "half"} | more
        return change_proposal(proposal=proposal, rules=rules, at=w.later(), by=w.ada, **said)

    def test_is_another_edition_and_the_same_words_are_the_same(self, w):
        proposal = self.changed(w, drafted(w))
        assert proposal.edition == 2 and self.changed(w, proposal).edition == 2

    def test_whoever_read_the_earlier_edition_must_read_again(self, w):
        proposal = opened(w)
        assert self.changed(w, proposal).edition == 2
        with pytest.raises(ProposalHasChanged):
            voted(w, proposal, ben="yes")

    def test_refuses_once_somebody_voted_until_it_is_taken_back_and_opened_again(self, w):
        proposal = opened(w)
        voted(w, proposal, ben="yes")
        with pytest.raises(VotesAreCast):
            self.changed(w, proposal)
        proposal = self.changed(w, take_back(proposal=proposal, at=w.later(), by=w.ada))
        assert proposal.edition == 3 and proposal.electorate is None
        proposal = opened(w, proposal)
        assert tally_of(proposal).cast == 0 and vote_of(proposal, w.ben) is None
        assert Vote.objects.count() == 1  # what was said to the earlier words stays

    def test_refuses_a_closed_one_and_who_may_not(self, w):
        proposal = opened(w)
        with pytest.raises(NotAllowed):
            change_proposal(
                proposal=proposal, rules=NEW, why="", quorum=1, majority="half", at=w.later(), by=w.ben
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            take_back(proposal=proposal, at=w.later(), by=w.ben)
        voted(w, proposal, ada="no", ben="no", tom="no")
        close_vote(proposal=proposal, at=w.later(), by=w.ada)
        with pytest.raises(NotADraft):
            self.changed(w, proposal)
        with pytest.raises(VoteIsClosed):
            take_back(proposal=proposal, at=w.later(), by=w.ada)


class TestOpenVote:
    def test_counts_who_may_vote_now(self, w):
        admit_member(cooperative=w.fern, number="F7", at=w.later(), by=w.ada)  # nobody signs in as this farm
        proposal = opened(w)
        assert proposal.electorate == 3 == len(voters(w.fern, at=proposal.opened_at))

    def test_refuses_two_at_once_one_that_closes_before_it_opens_and_who_may_not(self, w):
        second = drafted(w, RULES[:-1])
        with pytest.raises(NotAllowed):
            open_vote(proposal=second, closes_at=w.at + timedelta(days=7), at=w.later(), by=w.ben)
        with pytest.raises(ClosingIsPast):
            opened(w, second, days=0)
        first = opened(w)
        with pytest.raises(AnotherVoteIsOpen):
            opened(w, second)
        with pytest.raises(NotADraft):
            opened(w, first)
        with pytest.raises(IntegrityError, match="one_vote_at_a_time"), transaction.atomic():
            type(first).objects.filter(pk=second.pk).update(
                state="open", opened_at=w.at, closes_at=w.at, electorate=3
            )  # fmt: skip


class TestCastVote:
    def test_each_member_has_one_and_may_change_it(self, w):
        proposal = opened(w)
        voted(w, proposal, ben="yes", tom="abstain")
        voted(w, proposal, ben="no")
        assert tally_of(proposal) == Tally(yes=0, no=1, abstain=1, electorate=3)

    def test_refuses_who_is_no_member_or_became_one_later(self, w):
        proposal = opened(w)
        late = admit_member(cooperative=w.fern, member=w.dov, at=w.later(), by=w.ada)
        for by in (late, world("oak", "Oak").ada):
            with pytest.raises(NotAVoter):
                cast_vote(proposal=proposal, edition=1, choice="yes", at=w.later(), by=by)

    def test_refuses_a_draft_and_whatever_comes_after_the_close(self, w):
        with pytest.raises(VoteIsClosed):
            voted(w, drafted(w, RULES[:-1]), ben="yes")
        proposal = opened(w)
        with pytest.raises(VoteIsClosed):
            cast_vote(proposal=proposal, edition=1, choice="yes", at=proposal.closes_at, by=w.ben)
        with pytest.raises(UnknownChoice):
            voted(w, proposal, ben="perhaps")


class TestCloseVote:
    def test_what_carries_is_the_next_version_and_its_document_names_the_vote(self, w):
        proposal = opened(w)
        voted(w, proposal, ada="yes", ben="yes", tom="no")
        proposal = close_vote(proposal=proposal, at=w.later(), by=w.ada)
        assert proposal.state == "adopted" and proposal.agreement == agreement_in_force(w.fern)
        assert proposal.agreement.version == 2 and proposal.agreement.steps == proposal.steps
        assert ledger.document("agreement", "fern").body == {
            "steps": proposal.steps,
            "vote": {"proposal": 1, "edition": 1, "yes": 2, "no": 1, "abstain": 0, "electorate": 3, "quorum": 50,
                     "majority": "half"},
        }  # fmt: skip
        assert close_vote(proposal=proposal, at=w.later(), by=w.ada).agreement == proposal.agreement

    @pytest.mark.parametrize(
        ("said", "votes"),
        [
            ({}, {"ben": "yes"}),  # one of three is no half
            ({}, {"ben": "yes", "tom": "no"}),
            ({"majority": "two-thirds"}, {"ada": "abstain", "ben": "yes", "tom": "no"}),
            ({"quorum": 100}, {"ada": "yes", "ben": "yes"}),
        ],
    )
    def test_what_does_not_carry_stays_to_be_read(self, w, said, votes):
        proposal = opened(w, drafted(w, **said))
        voted(w, proposal, **votes)
        proposal = close_vote(proposal=proposal, at=proposal.closes_at, by=None)
        assert proposal.state == "rejected" and proposal.agreement is None
        assert agreement_in_force(w.fern).version == 1 and proposals_of(w.fern) == [proposal]

    def test_waits_for_the_date_or_for_all(self, w):
        proposal = opened(w)
        voted(w, proposal, ada="yes", ben="yes")
        with pytest.raises(VoteStillOpen):
            close_vote(proposal=proposal, at=w.later(), by=w.ada)
        with pytest.raises(NotAllowed):
            close_vote(proposal=proposal, at=proposal.closes_at, by=w.ben)
        with pytest.raises(VoteIsClosed):
            close_vote(proposal=drafted(w, RULES[:-1]), at=w.later(), by=w.ada)

    def test_the_clock_closes_what_is_due(self, w):
        proposal = opened(w)
        voted(w, proposal, ada="yes", ben="yes")
        assert close_due_votes(at=w.later()) == 0
        assert close_due_votes(at=proposal.closes_at) == 1 and close_due_votes(at=proposal.closes_at) == 0
        assert agreement_in_force(w.fern).version == 2


class TestSayOfProposal:
    def test_members_say_what_they_think_of_which_edition(self, w):
        proposal = drafted(w)
        say_of_proposal(proposal=proposal, text=" Too little is left. ", at=w.later(), by=w.ben)
        assert [(c.by, c.edition, c.text) for c in comments_on(proposal)] == [(w.ben, 1, "Too little is left.")]

    def test_refuses_others_and_nothing(self, w):
        proposal = drafted(w)
        with pytest.raises(NotAllowed):
            say_of_proposal(proposal=proposal, text="Hello", at=w.later(), by=world("oak", "Oak").ben)
        with pytest.raises(NothingSaid):
            say_of_proposal(proposal=proposal, text=" ", at=w.later(), by=w.ben)


def test_nobody_adopts_the_second_version_alone(w):
    with pytest.raises(VoteNeeded):
        adopt_agreement(cooperative=w.fern, rules=NEW, at=w.later(), by=w.ada)


votes = st.integers(0, 50)


class TestTally:
    @given(votes, votes, votes, votes, st.integers(1, 100), st.sampled_from(["half", "two-thirds"]))
    def test_one_more_vote_for_it_never_makes_it_fall(self, yes, no, abstain, silent, quorum, majority):
        electorate = yes + no + abstain + silent + 1
        before, after = (Tally(n, no, abstain, electorate) for n in (yes, yes + 1))
        if before.is_carried(quorum=quorum, majority=majority):
            assert after.is_carried(quorum=quorum, majority=majority)

    def test_a_tie_and_silence_carry_nothing(self):
        assert not Tally(1, 1, 0, 2).has_majority("half") and not Tally(0, 0, 3, 3).has_majority("two-thirds")
        assert Tally(2, 1, 0, 3).has_majority("two-thirds") and not Tally(3, 2, 0, 5).has_majority("two-thirds")
        assert not Tally(0, 0, 0, 0).has_quorum(1) and Tally(0, 0, 1, 2).has_quorum(50)
