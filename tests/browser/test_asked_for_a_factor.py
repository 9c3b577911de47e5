"""A treasurer is asked for a second factor before she decides about money: sets up an app, and signs in with it."""

import re
import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cooperatives.models import MoneyRules
from market.models import Division
from tests.browser.axe import violations
from tests.browser.conftest import PHONE, Opener
from tests.config.test_second_factors import code_of
from tests.market.goods import bought, on_shelf, stall, treasurer
from tests.world import agreed, world

pytestmark = pytest.mark.browser
PASSWORD = "a-long-word-7"


def sign_in(page: Page) -> None:
    page.goto("/sign-in/login/")
    page.locator("input[name=login]").fill("eve@rennet.example")
    page.locator("input[type=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()


def type_code(page: Page, secret: str, button: str) -> None:
    """What the app shows, typed while it still shows it."""
    if time.time() % 30 > 20:
        page.wait_for_timeout(int(30 - time.time() % 30) * 1000 + 1500)
    page.locator("input[name=code]").fill(code_of(secret))
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


class TestAskedByRole:
    def test_she_is_refused_sets_up_an_app_divides_and_signs_in_with_it(self, open_page: Opener) -> None:
        w = world()
        eve = treasurer(w)
        assert eve.member is not None
        eve.member.set_password(PASSWORD)
        eve.member.save()
        agreed(w)
        stall(w)
        bought(w, on_shelf(w), 2)
        MoneyRules.objects.create(cooperative=w.fern, second_factor_from=timezone.now().date())

        page = open_page("/sign-in/login/", size=PHONE)
        sign_in(page)
        page.goto("/stall/fern/settlement/")
        page.get_by_role("button", name="Divide the period").click()
        expect(page.get_by_text(re.compile("asks its stewards and treasurers for a passkey or a code"))).to_be_visible()
        assert violations(page) == []
        assert not Division.objects.exists()

        page.get_by_role("link", name="Set up a passkey or codes").click()
        page.get_by_role("link", name="Set up an app").click()
        page.locator("input[type=password], code.secret").first.wait_for(state="attached")
        if page.locator("input[type=password]").count():  # who she is, once more
            page.locator("input[type=password]").fill(PASSWORD)
            page.keyboard.press("Enter")
        page.get_by_text("On this phone, or the camera does not work?").click()
        secret = page.locator("code.secret").inner_text().strip()
        type_code(page, secret, "Ask for its code from now on")
        page.wait_for_url(re.compile("/2fa/"))

        page.goto("/stall/fern/settlement/")
        page.get_by_role("button", name="Divide the period").click()
        expect(page.get_by_text("One lot is divided.")).to_be_visible()

        page.goto("/sign-in/logout/")
        with page.expect_navigation():
            page.get_by_role("main").get_by_role("button", name="Sign out").click()
        sign_in(page)
        expect(page.get_by_role("heading", name="One more proof")).to_be_visible()
        assert violations(page) == []
        page.goto("/stall/fern/settlement/")
        expect(page.get_by_role("button", name="Divide the period")).to_have_count(0)
        page.goto("/sign-in/2fa/authenticate/")
        type_code(page, secret, "Sign in")
        page.goto("/stall/fern/settlement/")
        expect(page.get_by_role("heading", name="Settlement")).to_be_visible()
