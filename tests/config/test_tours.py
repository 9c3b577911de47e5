"""Tours: each step leads to a page that is there, and the guide goes along."""

import pytest
from django.test import Client
from django.urls import reverse

from config.tours import TOURS
from tests.market.goods import on_shelf, stall
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def ada() -> Client:
    w = world()
    agreed(w)
    stall(w)
    on_shelf(w)
    client = Client()
    client.force_login(w.people["ada"], backend=BACKEND)
    return client


@pytest.mark.parametrize("who", TOURS)
def test_every_step_leads_to_a_page_with_the_guide_on_it(ada: Client, who: str) -> None:
    for step, stop in enumerate(TOURS[who], 1):
        page = ada.get(reverse("tour", args=[who, step]), follow=True)
        assert page.status_code == 200
        assert page.request["PATH_INFO"] != "/"
        words = page.content.decode()
        assert f"Tour, {step} of {len(TOURS[who])}." in words
        assert str(stop.see) in words
        assert (reverse("tour", args=[who, step + 1]) in words) == (step < len(TOURS[who]))


def test_who_leaves_is_not_followed(ada: Client) -> None:
    ada.get(reverse("tour", args=["buyer", 1]))
    ada.get(reverse("leave_tour"))
    assert "Tour, 1" not in ada.get(reverse("shelf")).content.decode()


def test_is_not_offered_where_there_is_nothing_to_see(client: Client) -> None:
    assert "/tours/" not in client.get("/").content.decode()
    assert client.get(reverse("tour", args=["buyer", 1])).status_code == 404
    assert client.get(reverse("tour", args=["thief", 1])).status_code == 404


def test_whoever_has_not_signed_in_is_told_as_whom(ada: Client) -> None:
    stranger = Client()
    page = stranger.get(reverse("tour", args=["member", 4]), follow=True)
    assert page.request["PATH_INFO"] == "/sign-in/login/"
    assert "ben@rennet.example" in page.content.decode()


def test_whoever_strays_is_shown_the_way_back(ada: Client) -> None:
    there = ada.get(reverse("tour", args=["buyer", 1]), follow=True).content.decode()
    elsewhere = ada.get(reverse("method")).content.decode()
    assert "Each card stands on a bar" in there and "Each card stands on a bar" not in elsewhere
    assert f'href="{reverse("tour", args=["buyer", 1])}">Back to where we were' in elsewhere
