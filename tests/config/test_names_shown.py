"""Whoever shows a name to nobody, or to the own cooperative, is called by it on no page of anybody else."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from cooperatives.models import Audience, Member, Membership
from cooperatives.services.pictures import set_portrait
from tests.config.test_every_door import PAGES, knocks, rows
from tests.world import NOON, photo

__all__ = ["knocks"]  # a fixture: the six people at all doors of Fern

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

NAME, FIRST, EMAIL = "Quellwasser Mbeki", "Vornamiu", "leise-adresse@rennet.example"


@pytest.fixture
def ben(knocks: tuple[dict[str, Client], dict[str, dict[str, Any]]], settings: Any) -> Membership:
    """Ben of Fern, under names that stand nowhere by chance; the books are open, so that all that may be read is."""
    settings.OPEN_BOOKS = True
    found = Membership.objects.get(address=f"members/{knocks[1]['a member']['name']}")
    Member.objects.filter(pk=found.member_id).update(first_name=FIRST, email=EMAIL)
    Membership.objects.filter(pk=found.pk).update(name=NAME)
    found.refresh_from_db()
    return found


def seen_by(client: Client, names: dict[str, dict[str, Any]], *words: str) -> set[str]:
    """The pages on which one of `words` stands, for whoever uses this browser."""
    found = set()
    for name, (what, _met) in rows(PAGES).items():
        path = reverse(name, kwargs=names[what]) + ("?q=nothing" if name == "find_record" else "")
        with transaction.atomic():
            answer = client.get(path, follow=False)
            transaction.set_rollback(True)
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if any(word.encode() in told for word in words):
            found.add(name)
    return found


def shows(ben: Membership, to: str) -> None:
    Membership.objects.filter(pk=ben.pk).update(name_shown_to=to)


def test_a_name_for_oneself_stands_on_nobody_elses_pages(
    knocks: tuple[dict[str, Client], dict[str, dict[str, Any]]], ben: Membership
) -> None:
    clients, names = knocks
    shows(ben, Audience.SELF)
    for reader in ("nobody", "zed", "tom", "ada"):
        assert seen_by(clients[reader], names, NAME, FIRST, EMAIL) == set(), reader
    assert {"member", "members"} <= seen_by(clients["ben"], names, NAME)


def test_a_name_for_the_cooperative_stands_on_its_members_pages_alone(
    knocks: tuple[dict[str, Client], dict[str, dict[str, Any]]], ben: Membership
) -> None:
    clients, names = knocks
    shows(ben, Audience.COOPERATIVE)
    for reader in ("nobody", "dov", "zed"):
        assert seen_by(clients[reader], names, NAME, FIRST, EMAIL) == set(), reader
    assert {"member", "members", "delivery", "making"} & seen_by(clients["tom"], names, NAME) >= {"member", "members"}
    assert seen_by(clients["tom"], names, FIRST, EMAIL) == set()


def test_a_name_for_everyone_stands_on_the_public_page_and_so_does_the_picture(
    knocks: tuple[dict[str, Client], dict[str, dict[str, Any]]], ben: Membership
) -> None:
    clients, _names = knocks
    picture = set_portrait(membership=ben, data=photo(), at=NOON, by=ben)
    file = reverse("picture", args=[picture.name])
    met = {}
    for to in (Audience.SELF, Audience.COOPERATIVE, Audience.PUBLIC):
        shows(ben, to)
        met[str(to)] = "".join(
            "o" if clients[who].get(file).status_code == 200 else "x" for who in ("nobody", "zed", "tom", "ben")
        )
    assert met == {"self": "xxxo", "cooperative": "xxoo", "public": "oooo"}
    for who in ("nobody", "zed"):
        page = clients[who].get("/cooperatives/fern/").content.decode()
        assert NAME in page
        assert file in page
        assert FIRST not in page
