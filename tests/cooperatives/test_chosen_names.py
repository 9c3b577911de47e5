"""Whom a form is about, where members are many: named by a few letters instead of chosen from a list of all."""

import re

import pytest

from cooperatives.forms.names import MOST_OFFERED, OneOf
from cooperatives.services.containers import add_container
from cooperatives.services.making import start_process
from cooperatives.services.people import admit_member
from ledger.queries import balance_of
from tests.world import World, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

KEY = f"page/{'0' * 8}-0000-4000-8000-{'0' * 12}"


@pytest.fixture
def w() -> World:
    """Fern with twelve members more, so that they are too many for a list, and a process to work in."""
    w = world()
    for number, name in enumerate(["Ama Boateng", "Ama Owusu", "Émile Kouassi", *(f"Farm {n}" for n in range(9))], 10):
        admit_member(cooperative=w.fern, name=name, number=f"F{number}", at=w.later(), by=w.ada)
    return w


def field(choices: list[tuple[str, str]], **more) -> OneOf:
    found = OneOf(**more)
    found.choices = choices
    return found


class TestOneOf:
    def test_carries_names_while_they_weigh_little(self):
        names = [(f"members/{n}", f"Farm {n}") for n in range(MOST_OFFERED + 1)]
        assert "Farm 7" in field(names[:-1]).widget.render("who", "")
        assert "Farm 7" not in field(names).widget.render("who", "")
        assert field(names).clean("farm 500") == "members/500"

    def test_shows_whoever_is_remembered_by_name_and_nothing_as_what_it_means(self):
        names = [("", "the cooperative’s"), *((f"members/{n}", f"Farm {n}") for n in range(20))]
        assert field(names).prepare_value("members/7") == "Farm 7"
        assert field(names, required=False).clean("") == ""
        assert "the cooperative’s" in field(names).widget.render("who", "")

    def test_escapes_what_members_call_themselves(self):
        names = [(f"members/{n}", f'"><script>{n}') for n in range(20)]
        assert "<script>" not in field(names).widget.render("who", names[3][1])


class TestPagesOfMany:
    @pytest.mark.parametrize(
        "page",
        [
            "/cooperatives/fern/making/{code}/", "/cooperatives/fern/containers/", "/cooperatives/fern/gifts/",
            "/stall/fern/advances/",
        ],
    )  # fmt: skip
    def test_have_no_list_of_all_members(self, w: World, client, page: str) -> None:
        process = start_process(by=w.ada, cooperative=w.fern, name="Roast", at=w.later())
        add_container(by=w.ada, name="Jar", deposit=0, at=w.later())
        client.force_login(w.people["ada"])
        shown = client.get(page.format(code=process.code)).content.decode()
        assert not re.search(r"<option value=.members/", shown)
        assert "Ama Owusu" in shown or "F11" in shown

    def test_take_a_few_letters_and_ask_where_several_answer(self, w: World, client) -> None:
        process = start_process(by=w.ada, cooperative=w.fern, name="Roast", at=w.later())
        client.force_login(w.people["tom"])

        def log(who: str):
            said = {"key": KEY, "worker": who, "hours": "2", "kind": "share"}
            return client.post(f"/cooperatives/fern/making/{process.code}/work", said)

        answer = log("ama")
        assert answer.status_code == 400
        assert answer.content.decode().count('<option value="members/') == 2
        assert log("nobody").status_code == 400
        emile = w.fern.memberships.get(name="Émile Kouassi")
        assert log("emile").status_code == 302
        assert balance_of(f"{emile.address}/work/share", "min") == -120
