"""A shelf of many goods: pages of it, ways to narrow it, and a way out where nothing answers."""

import re
from datetime import timedelta

import pytest

from tests.market.goods import on_shelf, stall
from tests.world import World, agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

GOODS = 30


@pytest.fixture
def w() -> World:
    """Fern in Ashanti with thirty kinds of goods, Oak in Jura with one."""
    w, oak = world(), world("oak", "Oak Mill", "fr/jura")
    for one in (w, oak):
        agreed(one)
        stall(one)
    first = on_shelf(w)
    on_shelf(oak)
    # The same lot in other packings: what a shelf costs is in its cards, not in how its lots were made.
    for number in range(GOODS - 1):
        first.pk, first.title = None, f"Dark 72, packing {number}"
        first.published_at += timedelta(minutes=1)
        first.save()
    return w


def titles(page: str) -> list[str]:
    return re.findall(r'<h3><a href="/shop/\d+/">([^<]+)</a>', page)


class TestLongShelf:
    def test_comes_in_pages_that_keep_what_was_asked(self, w, client):
        first = client.get("/shop/", {"kind": "chocolate", "sort": "price"}).content.decode()
        assert "31 goods" in first
        assert len(titles(first)) == 24
        link = re.search(r'href="(\?[^"]*page=2[^"]*)"', first)[1].replace("&amp;", "&")
        assert "kind=chocolate" in link and "sort=price" in link
        second = client.get("/shop/" + link).content.decode()
        assert len(titles(second)) == 7
        assert not set(titles(first)) & set(titles(second)) - {"Dark 72"}

    def test_asks_few_questions_however_long_it_is(self, w, client, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            client.get("/shop/")

    def test_is_narrowed_by_cooperative_and_by_place(self, w, client):
        page = client.get("/shop/").content.decode()
        place = re.search(r'<option value="([^"]+)">France</option>', page)[1]
        for asked in ({"cooperative": "oak"}, {"place": place}):
            page = client.get("/shop/", asked).content.decode()
            assert len(titles(page)) == 1
            assert "Oak Mill" in page
            assert "Show everything" in page

    def test_leads_out_where_nothing_answers(self, w, client):
        page = client.get("/shop/", {"cooperative": "oak", "kind": "cheese"}).content.decode()
        assert titles(page) == []
        assert "Nothing here answers that" in page
        assert '<a class="button" href="/shop/">Show everything</a>' in page or page.count('href="/shop/"') >= 3
