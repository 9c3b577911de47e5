"""Lists that grow with the years are read in pages: each page its own rows, and a link to the others."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.queries import lots_at_hand
from market.queries import divisions_of
from market.services.settlements import divide_period
from tests.cooperatives.test_recipes import recipe
from tests.market.goods import bought, on_shelf
from tests.world import agreed, beans, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def pages_of(client: Client, where: str, *names: str, page: str = "page") -> list[list[str]]:
    """Which of the names stand on the first and on the second page; a link leads to the second."""
    first, second = client.get(where).content.decode(), client.get(f"{where}?{page}=2").content.decode()
    assert f"?{page}=" in first
    return [[name for name in names if name in text] for text in (first, second)]


class TestPages:
    def test_of_cooperatives(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cooperatives.views.people.PAGE", 1)
        world()
        world("oak", "Oak Mill", "fr/jura")
        names = ("Fern Cooperative", "Oak Mill")
        assert pages_of(client, "/cooperatives/", *names) == [["Fern Cooperative"], ["Oak Mill"]]

    def test_of_recipes(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cooperatives.views.recipes.A_PAGE", 1)
        w = world()
        recipe(w)
        recipe(w, name="Nibs")
        assert pages_of(client, "/recipes/", "Dark 72</a>", "Nibs</a>") == [["Dark 72</a>"], ["Nibs</a>"]]

    def test_of_listings_and_of_lots_at_hand(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("market.views.stall.A_PAGE", 1)
        w = world()
        first, second = on_shelf(w), on_shelf(w)
        client.force_login(w.ada.member)
        codes = [f">{row.lot_code}</small>" for row in (second, first)]
        assert pages_of(client, "/stall/fern/listings/", *codes) == [[codes[0]], [codes[1]]]
        lots = [reverse("list_lot", args=["fern", lot.code]) for lot in lots_at_hand(w.fern)[:2]]
        assert pages_of(client, "/stall/fern/listings/", *lots, page="lots") == [[lots[0]], [lots[1]]]

    def test_of_divisions(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("market.views.settlements.DIVIDED", 1)
        w = world()
        agreed(w)
        for _ in range(2):
            bought(w, on_shelf(w), 1)
            divide_period(by=w.ada, cooperative=w.fern, upto=(w.at + timedelta(days=1)).date(), at=w.later())
        client.force_login(w.ada.member)
        entries = [f"/divisions/{row.entry}/" for row in divisions_of(w.fern)]
        assert pages_of(client, "/stall/fern/settlement/", *entries) == [[entries[0]], [entries[1]]]

    def test_of_a_passbook_begin_with_the_newest_lines(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cooperatives.views.passbooks.A_PAGE", 1)
        w: Any = world()
        lots = [beans(w), beans(w)]
        client.force_login(w.ben.member)
        newest, oldest = client.get("/passbook/").content.decode(), client.get("/passbook/?page=1").content.decode()
        assert [[lot.code in text for lot in lots] for text in (oldest, newest)] == [[True, False], [False, True]]
        assert "Together" in oldest and "Together" in newest
