"""A lot of many givers: each page that names them turns its pages, and its sums are of all."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.services.people import admit_member
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf, stall
from tests.world import agreed, bars, beans, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
MANY, LEAF = 60, 50


def rows(page: str) -> int:
    return max(len(re.findall("<tr", body)) for body in re.findall("<tbody>.*?</tbody>", page, re.DOTALL))


def test_who_gave_and_who_received_come_fifty_a_page(client: Client) -> None:
    w = world()
    agreed(w)
    stall(w)
    code = None
    for n in range(MANY):
        giver = admit_member(cooperative=w.fern, number=f"F{n:02}", place="gh/ashanti", at=w.later(), by=w.ada)
        code = beans(w, 1_000, giver, code).code
    lot = bars(w, inputs=[beans(w, 50_000, code=code)])
    bought(w, on_shelf(w, lot), 300)
    divided = divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
    client.force_login(w.people["ada"])
    of_lot = {"slug": "fern", "code": lot.code}
    paged = {
        reverse("chain", kwargs=of_lot): "page",
        reverse("lot", kwargs=of_lot): "page",
        reverse("contributors"): "page",
        reverse("settlement", args=["fern"]): f"parts-{divided[0].pk}",
    }
    for path, name in paged.items():
        first, second = (client.get(path, {name: n}).content.decode() for n in (1, 2))
        assert rows(first) == LEAF and 0 < rows(second) <= LEAF, path
        assert f"{name}=2" in first, path
