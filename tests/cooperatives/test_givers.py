"""Who brought it, where members are many: a page that stays light, and words that mean one of them."""

import gzip

import pytest

from cooperatives.models import Weighing
from cooperatives.queries import givers_called
from cooperatives.services.people import admit_member
from tests.world import World, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

NAMES = ["Ama Boateng", "Ama Owusu", "Émile Kouassi", "Kofi Mensah", "Yaw Darko", "Esi Appiah", "Abena Osei",
         "Kwame Addo", "Akua Sarpong", "Kojo Antwi", "Adwoa Frimpong"]  # fmt: skip


@pytest.fixture
def w() -> World:
    """Fern with eleven members more, so that they are too many for a list."""
    w = world()
    for number, name in enumerate(NAMES, 10):
        admit_member(cooperative=w.fern, name=name, number=f"F{number}", at=w.later(), by=w.ada)
    return w


class TestGiversCalled:
    GIVERS = [("members/a", "Ama Boateng, F10"), ("members/b", "Ama Owusu, F1"), ("members/c", "Émile Kouassi, F100")]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("members/b", "b"), ("ama boateng", "a"), ("f10", "a"), ("F1", "b"), ("emile", "c"), ("ama", "ab"),
            ("owusu ama", "b"), ("Ama Boateng, F10", "a"), ("", ""), ("nobody", ""),
        ],
    )  # fmt: skip
    def test_words_mean(self, words: str, found: str) -> None:
        assert "".join(address[-1] for address, _ in givers_called(words, self.GIVERS)) == found


class TestScaleOfMany:
    def deliver(self, client, giver: str, **more):
        said = {"giver": giver, "into": "new", "goods": "Wet beans", "hub": "fern", "gross": "2"}
        return client.post("/weigh/fern/give", said | {"key": f"page/{'0' * 8}-0000-4000-8000-{'0' * 12}"} | more)

    def test_finds_by_name_or_number_without_a_script(self, w, client):
        client.force_login(w.people["tom"])
        assert self.deliver(client, "emile").status_code == 302
        assert Weighing.objects.get().giver.number == "F12"
        page = client.get("/weigh/fern/").content.decode()
        assert 'data-address="' in page
        assert 'value="Émile Kouassi, F12"' in page or 'value="F12"' in page

    def test_nobody_is_taken_for_the_giver_before_anybody_was_named(self, w, client):
        client.force_login(w.people["tom"])
        assert "data-address" not in client.get("/weigh/fern/").content.decode()
        assert self.deliver(client, "").status_code == 400

    def test_lets_one_choose_where_several_answer_and_records_nothing_yet(self, w, client):
        client.force_login(w.people["tom"])
        answer = self.deliver(client, "f1")
        assert answer.status_code == 400
        assert answer.content.decode().count('<option value="members/') >= 10
        assert self.deliver(client, "nobody of that name").status_code == 400
        assert not Weighing.objects.exists()

    def test_sends_the_names_beside_the_page_to_whom_may_record_for_them(self, w, client):
        client.force_login(w.people["tom"])
        assert len(client.get("/weigh/fern/givers.json").json()["givers"]) == 3 + len(NAMES)
        client.force_login(w.people["ben"])
        assert [address for address, _ in client.get("/weigh/fern/givers.json").json()["givers"]] == [w.ben.address]

    def test_the_page_does_not_grow_with_the_members(self, w, client):
        client.force_login(w.people["tom"])
        before = len(gzip.compress(client.get("/weigh/fern/").content))
        for number in range(100, 160):
            admit_member(cooperative=w.fern, name=f"Farm {number * 7919}", number=f"G{number}", at=w.later(), by=w.ada)
        assert len(gzip.compress(client.get("/weigh/fern/").content)) < before + 100
