"""The board: found by everyone, answered by members, read by whom it is for."""

import pytest

from cooperatives import queries
from cooperatives.models import Letter, Notice, Reply
from cooperatives.services.erasure import erase_person
from cooperatives.services.notices import (
    NoticeClosed,
    NoticeUnreadable,
    OwnNotice,
    answer_notice,
    close_notice,
    post_notice,
)
from cooperatives.services.people import give_roles, leave_cooperative
from ledger.rules.refusal import NotAllowed
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.fixture
def w():
    return world()


@pytest.fixture
def oak():
    return world("oak", "Oak Mill", "fr/jura")


def posted(w, **more):
    said = {"by": w.ben, "is_wanted": True, "kind": "work", "title": "Pickers in May", "place": "gh/ashanti"}
    return post_notice(**said | {"at": w.later()} | more)


def answered(w, notice, by, words="We come with six"):
    return answer_notice(notice=notice, words=words, language="en", by=by, at=w.later())


class TestPostNotice:
    def test_is_found_by_what_it_is_where_and_which_words(self, w):
        pickers = posted(w)
        press = posted(w, is_wanted=False, kind="equipment", title="Oil press, 40 kg an hour", place=None)
        assert list(queries.notices()) == [press, pickers]
        assert list(queries.notices(is_wanted=True)) == [pickers]
        assert list(queries.notices(kind="equipment", words="press OIL")) == [press]
        assert list(queries.notices(place="gh")) == [pickers]
        assert list(queries.notices(place="fr")) == []

    def test_refuses_auditors_those_who_left_and_no_words(self, w):
        with pytest.raises(NoticeUnreadable):
            posted(w, title=" ")
        with pytest.raises(NoticeUnreadable):
            posted(w, kind="money")
        give_roles(membership=w.tom, roles=["auditor"], by=w.ada)
        with pytest.raises(NotAllowed):
            posted(w, by=w.tom)
        leave_cooperative(membership=w.ben, at=w.later(), by=w.ben)
        with pytest.raises(NotAllowed):
            posted(w)


class TestAnswerNotice:
    def test_is_read_by_whoever_posted_it_and_by_who_answered(self, w, oak):
        notice = posted(w)
        reply = answered(w, notice, oak.ben)
        assert queries.replies_to(notice, [w.ben]) == [reply]
        assert queries.replies_to(notice, [oak.ben]) == [reply]
        assert queries.replies_to(notice, [w.ada]) == [] and queries.replies_to(notice, []) == []
        assert Letter.objects.get().to == "ben@rennet.example"
        answered(w, notice, oak.ben, "We come with eight")
        assert Reply.objects.get().words == "We come with eight" and Letter.objects.count() == 1

    def test_refuses_ones_own_closed_ones_and_silence(self, w, oak):
        notice = posted(w)
        with pytest.raises(OwnNotice):
            answered(w, notice, w.ben)
        with pytest.raises(NoticeUnreadable):
            answered(w, notice, oak.ben, " ")
        close_notice(notice=notice, by=w.ben, at=w.later())
        with pytest.raises(NoticeClosed):
            answered(w, notice, oak.ben)
        assert list(queries.notices()) == []


class TestCloseNotice:
    def test_is_for_whoever_posted_it_and_stewards(self, w, oak):
        notice = posted(w)
        for who in (w.tom, oak.ada):
            with pytest.raises(NotAllowed):
                close_notice(notice=notice, by=who, at=w.later())
        first = close_notice(notice=notice, by=w.ada, at=w.later()).closed_at
        assert close_notice(notice=notice, by=w.ada, at=w.later()).closed_at == first


def test_goes_with_the_person(w, oak):
    notice, other = posted(w), posted(oak, by=oak.ben, place=None)
    answered(w, notice, oak.ben)
    answered(w, other, w.ben)
    erase_person(person=w.people["ben"], by=w.people["ben"], at=w.later())
    assert list(Notice.objects.all()) == [other] and not Reply.objects.exists()


class TestPages:
    def test_a_member_posts_another_answers_and_the_first_closes(self, w, oak, client):
        client.force_login(w.people["ben"])
        said = {"what": "wanted", "kind": "work", "title": "Pickers in May", "words": "", "cooperative": "fern"}
        assert client.post("/board/post", said).status_code == 302
        notice = Notice.objects.get()
        assert client.post("/board/post", said | {"cooperative": "oak"}).status_code == 400
        client.force_login(oak.people["ben"])
        assert "Pickers in May" in client.get("/board/?what=wanted&kind=work&words=pickers").content.decode()
        assert "Pickers in May" not in client.get("/board/?what=offered").content.decode()
        client.post(f"/board/{notice.pk}/answer", {"words": "We come with six", "cooperative": "oak"})
        for who, reads in (("ben", True), ("ada", False), ("dov", False)):
            client.force_login(w.people[who])
            assert ("We come with six" in client.get(f"/board/{notice.pk}/").content.decode()) is reads, who
        client.force_login(w.people["ben"])
        client.post(f"/board/{notice.pk}/close")
        assert "Pickers in May" not in client.get("/board/").content.decode()
