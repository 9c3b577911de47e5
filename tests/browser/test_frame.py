"""The frame in a real browser: languages, errors, figures, and what a reader without a mouse or script can do."""

from datetime import date
from itertools import combinations

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from market.services.settlements import divide_period
from tests.browser.axe import COLOURS, violations
from tests.browser.conftest import DESK, PHONE, Opener
from tests.market.goods import bought, on_shelf
from tests.world import agreed, world

pytestmark = pytest.mark.browser


class TestFrame:
    def test_switches_the_language_and_keeps_the_page(self, phone: Page) -> None:
        phone.goto("/sign-in/login/")
        phone.get_by_role("button", name="Français").click()
        expect(phone.locator("html")).to_have_attribute("lang", "fr")
        assert phone.url.endswith("/sign-in/login/")

    def test_works_without_a_script(self, open_page: Opener) -> None:
        page = open_page("/", javascript=False)
        page.get_by_role("button", name="Français").click()
        assert 'lang="fr"' in page.content()

    def test_the_keyboard_reaches_the_content_first(self, desk: Page) -> None:
        desk.keyboard.press("Tab")
        expect(desk.get_by_role("link", name="Skip to the content")).to_be_focused()

    def test_a_form_sent_back_puts_the_reader_at_its_errors(self, phone: Page) -> None:
        phone.goto("/sign-in/login/")
        phone.get_by_label("E-mail address").fill("dov@post.example")
        phone.locator("input[type=password]").fill("guess")
        phone.get_by_role("button", name="Sign in", exact=True).click()
        expect(phone.get_by_role("alert")).to_be_focused()
        expect(phone).to_have_title("Error: Sign in · Rennet")


class TestTabs:
    @pytest.mark.parametrize("tab", ["today", "bank", "facts"])
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_stand_in_one_row_on_a_phone_with_the_one_in_view(self, open_page: Opener, tab: str, language: str) -> None:
        world()
        path = {"today": "", "bank": "bank/", "facts": "facts/"}[tab]
        page = open_page(f"/stall/fern/{path}", member="ada", language=language, javascript=False)
        current = page.locator(".tabs [aria-current]")
        expect(current).to_be_in_viewport(ratio=1)
        box = page.locator(".tabs").bounding_box()
        assert box and box["height"] < 60


class TestAxe:
    def test_finds_what_is_broken(self, phone: Page) -> None:
        """A checker that never complains would pass every page."""
        phone.evaluate("document.querySelector('main').innerHTML = '<img src=data:,><button></button>'")
        assert {line.partition(":")[0] for line in violations(phone)} >= {"image-alt", "button-name"}
        phone.evaluate(
            "document.querySelector('main').innerHTML = '<p>Pale</p>';"
            "document.querySelector('main').style.color = 'light-dark(#000, #333)'"
        )
        assert violations(phone) == []
        phone.emulate_media(color_scheme="dark")
        assert [line.partition(":")[0] for line in violations(phone, COLOURS)] == ["color-contrast"]


class TestFigure:
    def test_is_drawn_under_the_strict_policy_beside_its_table(
        self, open_page: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "DEBUG", True)
        page = open_page("/look/", size=DESK)
        page.wait_for_load_state("networkidle")
        assert not page.locator(".plot svg").count(), "a figure is drawn when somebody comes to it"
        page.locator(".plotted").scroll_into_view_if_needed()
        expect(page.locator(".plot svg.main-svg").first).to_be_visible(timeout=15_000)
        expect(page.locator(".plotted table")).to_be_visible()

    @pytest.mark.parametrize(("seen", "is_drawn"), [(60, False), (200, True)])
    def test_waits_at_the_edge_of_the_first_view_until_the_reader_moves(
        self, open_page: Opener, monkeypatch: pytest.MonkeyPatch, seen: int, is_drawn: bool
    ) -> None:
        monkeypatch.setattr(settings, "DEBUG", True)
        page = open_page("/look/", size=DESK)
        top = page.locator(".plot").evaluate("place => place.getBoundingClientRect().top + scrollY")
        page = open_page("/look/", size={"width": DESK["width"], "height": round(top) + seen})
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        assert bool(page.locator(".plot svg").count()) == is_drawn
        page.evaluate("scrollBy(0, 20)")
        expect(page.locator(".plot svg.main-svg").first).to_be_visible(timeout=15_000)

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_words_of_a_flow_never_lie_on_one_another(self, open_page: Opener, language: str) -> None:
        w = world()
        agreed(w)
        bought(w, on_shelf(w), 10)
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        page = open_page("/books/", size=PHONE, language=language)
        plot = page.locator(".plot").first
        plot.scroll_into_view_if_needed()
        plot.and_(page.locator("[data-drawn]")).wait_for(timeout=15_000)
        shown = page.locator(".node-label:not([style*='display: none'])").all()
        boxes = [box for one in shown if (box := one.bounding_box())]
        assert len(boxes) >= 3
        for one, other in combinations(boxes, 2):
            left, right = sorted((one, other), key=lambda box: box["x"])
            upper, lower = sorted((one, other), key=lambda box: box["y"])
            assert left["x"] + left["width"] <= right["x"] or upper["y"] + upper["height"] <= lower["y"]
        # On paper it is as wide as its column, whatever it was drawn for.
        page.emulate_media(media="print")
        plot.evaluate("place => { place.style.inlineSize = '200px'; }")
        drawn = plot.locator(".main-svg").first.bounding_box()
        assert drawn and drawn["width"] == 200 and drawn["height"] > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", ["/", "/sign-in/login/", "/no-such-place/", "/look/"])
class TestAccessibility:
    def test_breaks_no_rule(
        self, open_page: Opener, monkeypatch: pytest.MonkeyPatch, path: str, language: str, scheme: str
    ) -> None:
        if path == "/look/":
            monkeypatch.setattr(settings, "DEBUG", True)
        page = open_page(path, size=PHONE, scheme=scheme, language=language)
        assert violations(page) == []
