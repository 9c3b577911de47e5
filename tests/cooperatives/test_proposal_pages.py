"""The pages of a proposal: drafted in plain fields, previewed, voted on, and read afterwards."""

import pytest
from django.utils.translation import override

from cooperatives.charts import picture_of
from cooperatives.models import Proposal
from cooperatives.queries import agreement_in_force, tally_of
from cooperatives.rules.steps import Floors, Rate, Residual, read_agreement
from cooperatives.views.agreements import sentences
from tests.forms import fields_of
from tests.world import RULES, agreed, on_vote, proposed, voted_down, voted_in, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
YEARS = 40_000  # days: the doors know what time it really is


@pytest.fixture
def w():
    found = world()
    agreed(found)
    return found


def as_(client, w, who):
    client.force_login(w.people[who])
    return client


DRAFT = "/cooperatives/fern/proposals/draft"
NEW = {"reserve-thousandths": "12.5", "why": "For a mill."}


def typed(client, where=DRAFT, **more):
    """The form at that address as somebody sends it who changes nothing but these."""
    return fields_of(client.get(where).content.decode()) | NEW | more


class TestPicture:
    def test_its_bands_are_a_division_of_the_example(self):
        picture = picture_of(read_agreement(RULES), whole=10_000)
        assert [(band.name, band.quantity) for band in picture.bands] == [
            ("pass-through", 2_000), ("floors", 4_000), ("commons", 760), ("reserve", 324), ("residual", 2_916),
        ]  # fmt: skip
        assert sum(band.quantity for band in picture.bands) == picture.whole
        assert picture.bands[1].x == "20.00%" and picture.bands[1].width == "40.00%"

    def test_no_step_no_example_of_it(self):
        picture = picture_of(read_agreement([{"step": "reserve", "thousandths": 100}]), whole=100)
        assert (picture.costs, picture.prices) == (0, 0)
        assert [(band.name, band.quantity) for band in picture.bands] == [("reserve", 10), ("left", 90)]

    def test_what_only_the_rest_counts_is_in_the_example_too(self):
        bars, tools = Rate("harvest", "bar", 1, 30), Rate("tools", "use.min", 60, 500, plus=100)
        picture = picture_of([Floors((bars,), thousandths=300), Residual((tools,))], whole=10_000)
        assert [(band.name, band.quantity) for band in picture.bands] == [("floors", 3_000), ("residual", 7_000)]


class TestDraft:
    def test_a_step_more_is_asked_for_and_nothing_is_kept_or_refused_yet(self, client, w):
        as_(client, w, "ada")
        page = client.post(DRAFT, typed(client, add="1", more="reserve", quorum=""))
        assert page.status_code == 200 and 'name="reserve-2-thousandths"' in page.content.decode()
        assert 'role="alert"' not in page.content.decode() and not Proposal.objects.exists()

    def test_what_cannot_be_read_is_said_at_the_head_of_the_page(self, client, w):
        as_(client, w, "ada")
        page = client.post(DRAFT, typed(client, **{"reserve-thousandths": "100.1"}))
        assert page.status_code == 400
        assert "More than all of it cannot be given." in page.content.decode().partition('<form class="sheet')[0]

    def test_the_form_begins_as_the_agreement_in_force(self, client, w):
        page = as_(client, w, "ada").get(DRAFT)
        said = page.content.decode()
        assert page.status_code == 200 and 'value="19.0"' in said and 'value="shade"' in said

    def test_a_preview_says_it_and_keeps_nothing(self, client, w):
        as_(client, w, "ada")
        page = client.post(DRAFT, typed(client, preview="1"))
        assert page.status_code == 200 and "12.5% stay in the reserve" in page.content.decode()
        with override("fr"):
            said = sentences([{"step": "reserve", "thousandths": 125}], w.fern)
        assert said == ["Du reste, 12,5\u00a0% restent dans la réserve."]
        assert not Proposal.objects.exists()

    def test_saved_it_is_a_proposal_with_its_page(self, client, w):
        as_(client, w, "ada")
        page = client.post(DRAFT, typed(client), follow=True)
        proposal = Proposal.objects.get()
        assert page.redirect_chain[-1][0] == f"/cooperatives/fern/proposals/{proposal.number}/"
        assert {"step": "reserve", "thousandths": 125} in proposal.steps
        assert "For a mill." in page.content.decode()

    def test_what_says_nothing_new_is_sent_back_with_its_reason(self, client, w):
        as_(client, w, "ada")
        page = client.post(DRAFT, typed(client, **{"reserve-thousandths": "10"}))
        assert page.status_code == 409 and "what the agreement in force says already" in page.content.decode()

    def test_a_draft_is_changed_and_a_plain_member_drafts_none(self, client, w):
        proposal = proposed(w)
        as_(client, w, "ada")
        where = f"/cooperatives/fern/proposals/{proposal.number}/change"
        page = client.post(where, typed(client, where))
        proposal.refresh_from_db()
        assert page.status_code == 302 and proposal.edition == 2
        assert as_(client, w, "ben").get("/cooperatives/fern/proposals/draft").status_code == 403


class TestVote:
    def test_members_vote_and_change_their_mind(self, client, w):
        proposal = on_vote(w, days=YEARS)
        for choice in ("yes", "no"):
            page = as_(client, w, "ben").post(
                "/cooperatives/fern/proposals/1/vote", {"edition": 1, "choice": choice}, follow=True
            )
            assert "Your vote is kept" in page.content.decode()
        assert (tally_of(proposal).yes, tally_of(proposal).no) == (0, 1)
        assert "1 of 3 have voted" in page.content.decode()

    def test_words_that_changed_since_are_not_voted_on(self, client, w):
        on_vote(w, days=YEARS)
        page = as_(client, w, "ben").post("/cooperatives/fern/proposals/1/vote", {"edition": 7, "choice": "yes"})
        assert page.status_code == 409 and "Read it again, then vote" in page.content.decode()

    def test_a_stranger_and_another_cooperative_are_refused(self, client, w):
        proposal, zed = on_vote(w, days=YEARS), world("oak", "Oak").people["ada"]
        for person in (w.dov, zed):
            client.force_login(person)
            page = client.post("/cooperatives/fern/proposals/1/vote", {"edition": 1, "choice": "yes"})
            assert page.status_code == 404
        assert tally_of(proposal).cast == 0

    def test_all_of_it_by_the_doors(self, client, w):
        proposed(w)
        where = "/cooperatives/fern/proposals/1"
        as_(client, w, "ada").post(f"{where}/open", {"closes_on": "2100-01-01"})
        client.post(f"{where}/say", {"text": "What is the mill for?"})
        for who in ("ada", "ben", "tom"):
            as_(client, w, who).post(f"{where}/vote", {"edition": 1, "choice": "yes"})
        as_(client, w, "ada").post(f"{where}/close")
        assert agreement_in_force(w.fern).version == 2
        page = client.get(f"{where}/").content.decode()
        assert "It is version 2 of the agreement" in page and "What is the mill for?" in page
        page = client.get("/cooperatives/fern/agreement/2/").content.decode()
        assert "Members voted: 3 for it, 0 against it, of 3 who could." in page

    def test_taken_back_it_can_be_changed_and_a_day_that_is_past_is_refused(self, client, w):
        on_vote(w, days=YEARS)
        page = as_(client, w, "ada").post("/cooperatives/fern/proposals/1/take-back", follow=True)
        assert "needs a new vote" in page.content.decode()
        page = client.post("/cooperatives/fern/proposals/1/open", {"closes_on": "2020-01-01"})
        assert page.status_code == 422 and "must close later than now" in page.content.decode()

    def test_what_was_rejected_stays_to_be_read(self, client, w):
        voted_down(w)
        page = as_(client, w, "ben").get("/cooperatives/fern/proposals/1/").content.decode()
        assert "It did not carry" in page
        assert "Proposal 1" in client.get("/cooperatives/fern/agreement/").content.decode()


def test_a_version_says_how_it_came_about(client, w):
    voted_in(w)
    first, second = (client.get(f"/cooperatives/fern/agreement/{n}/") for n in (1, 2))
    assert "adopted without a vote" in first.content.decode() and "Members voted: 3" in second.content.decode()
    assert client.get("/cooperatives/fern/agreement/3/").status_code == 404
