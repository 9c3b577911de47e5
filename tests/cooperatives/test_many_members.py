"""A cooperative of many: its members come fifty a page, and each is on one of them."""

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.models import Audience
from cooperatives.services.people import admit_member, show_to
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def test_members_come_fifty_a_page(client: Client) -> None:
    w = world()
    for n in range(60):
        admit_member(cooperative=w.fern, number=f"F{n:02}", place="gh/ashanti", at=w.later(), by=w.ada)
    client.force_login(w.people["ada"])
    pages = [client.get(reverse("members", args=["fern"]), {"page": n}).context["members"] for n in (1, 2)]
    assert [len(page) for page in pages] == [50, 13]
    assert len({member.pk for page in pages for member, *_shown in page}) == 63


def test_a_member_is_found_by_number_or_by_a_name_that_may_be_read(client: Client) -> None:
    w = world()
    for n in range(50):
        admit_member(cooperative=w.fern, number=f"F{n:02}", place="gh/ashanti", at=w.later(), by=w.ada)
    client.force_login(w.people["ada"])

    def found(words: str) -> list[str]:
        return [name for _m, name, *_ in client.get(reverse("members", args=["fern"]), {"q": words}).context["members"]]

    assert found("f07") == ["F07"] and found("BEN") == ["Ben"] and len(found("")) == 50 and found("Dov") == []
    show_to(membership=w.ben, name=Audience.SELF, place=Audience.SELF, amounts=Audience.SELF, by=w.ben)
    assert "Ben" not in found("ben")
