"""Rules that every kind of page keeps, for every kind of reader: accessible, light, in both schemes and languages."""

import gzip
import re
from functools import cache

import pytest
from allauth.account.models import EmailAddress
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from cooperatives.models import Member
from tests.browser.axe import ALL, COLOURS, violations
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.kinds import ELSEWHERE, NO_LINK, give_second_factors, kinds, pages, readers
from tests.config.test_every_door import everything
from tests.cooperatives.circle import opened
from tests.cooperatives.test_recipes import made, recipe
from tests.market.goods import on_shelf, ordered, treasurer
from tests.world import agreed, world

pytestmark = pytest.mark.browser
FIRST_LOAD = 150_000  # bytes that travel, of a page without a figure
WIDTHS = (360, 768, 1280)
VIEWS = (("fr", PHONE), ("en", DESK))
MOST = {"scale": 100_000}  # where deliveries are weighed there is often no more than a bar of signal


def test_every_page_is_reached_by_links_and_keeps_the_rules(own_database: str, open_page: Opener) -> None:
    """Whoever may see a page comes to it from the start page or a letter, and what nobody comes to is not seen by the
    rules either. Each kind is looked at as the first reader sees it who comes there, and weighed for every reader."""
    the_world()
    broken: dict[str, list[str]] = {}
    weights: dict[str, int] = {}
    for _reader, client in readers():
        views = [signed_in(open_page("/", size=size, language=language), client) for language, size in VIEWS]
        for name, path in kinds(client):
            weights[name] = max(first_load(client, path), weights.get(name, 0))
            if name not in broken:
                broken[name] = [fault for view in views for fault in faults_of(view, path)]
    assert " ".join(sorted(pages() - weights.keys() - set(NO_LINK) - set(ELSEWHERE))) == ""
    assert " ".join(sorted((NO_LINK | ELSEWHERE).keys() - pages())) == ""
    assert len(broken) > 100 and "scale" in weights
    assert {name: faults for name, faults in broken.items() if faults} == {}
    assert {name: weight for name, weight in weights.items() if weight > MOST.get(name, FIRST_LOAD)} == {}


def the_world() -> None:
    """There is one of everything that a page can be about."""
    everything()
    for name in ("ada", "tom"):  # those who may not wait to be asked for a second factor: their address is known
        member = Member.objects.get(username=name)
        member.set_password("Morning milk 4")
        member.save()
        EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    give_second_factors(member)


def signed_in(page: Page, client: Client) -> Page:
    if session := client.cookies.get("session"):
        page.context.add_cookies([{"name": "session", "value": session.value, "url": page.url}])
    return page


def faults_of(page: Page, path: str) -> list[str]:
    """What a page breaks in both schemes, the same page with its colours changed under it: of access, and of width,
    at which none is wider than a phone, a tablet or a desk."""
    page.goto(path)
    size = page.viewport_size
    faults = [f"{width}: {more} px too wide" for width in WIDTHS if (more := too_wide(page, width))]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for scheme, rules in (("light", ALL), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        faults += [f"{scheme}: {broken}" for broken in violations(page, rules)]
    return faults


def too_wide(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 800})
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_pages_of_other_states_break_no_rule_either(own_database: str, open_page: Opener) -> None:
    """Those of ELSEWHERE: a member pays a part of an order in hours; a recipe by which somebody made something."""
    w = world()
    clerk = treasurer(w)
    agreed(w)
    opened(w, clerk)
    order = ordered(w, on_shelf(w, credit_share=50), 2)
    made(w, recipe(w))
    paths = {
        "pay_in_credit": reverse("pay_in_credit", args=[order.token]),
        "recipe_comparison": reverse("recipe_comparison", args=["dark-72"]),
    }
    assert paths.keys() == ELSEWHERE.keys()
    for language, size in VIEWS:
        page = open_page("/", size=size, language=language, member="ben")
        for name, path in paths.items():
            assert faults_of(page, path) == [], (name, language)
            expect(page.locator("h1")).to_be_visible()
            assert page.url.endswith(path), name


def first_load(client: Client, path: str) -> int:
    """Bytes of a page, its style sheet, fonts, drawings and scripts as they travel; figures load when they are seen."""
    page = client.get(path).content.decode()
    files = set(re.findall(r'(?:href|src)="/static/([^"]+)"', page))
    return len(gzip.compress(page.encode())) + sum(_travels(name) for name in files)


@cache
def _travels(name: str) -> int:
    with open(finders.find(name), "rb") as file:  # type: ignore[arg-type]
        content = file.read()
    return len(content) if name.endswith(".woff2") else len(gzip.compress(content))
