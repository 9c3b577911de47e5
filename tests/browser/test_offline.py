"""The scale without a network: kept on the phone, sent once, refused in the open, and each person's own."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from cooperatives.models import Device, Lot, Weighing
from cooperatives.services.making import put_in, start_process
from cooperatives.services.people import choose_field_mode
from ledger.queries import balance_of, entries_touching
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE, Opener, session_of
from tests.browser.kept import wait_until_kept
from tests.world import World, beans, key, world

pytestmark = pytest.mark.browser

LOT = "coops/fern/lots/wet-beans-1@hubs/fern"
GOODS = "**/api/1/cooperatives/fern/contributions/goods"


@pytest.fixture
def w(own_database: str) -> World:
    """Fern, with a lot of 1 kg to which more is brought; Tom weighed it, so that his phone remembers."""
    w = world()
    beans(w, 1_000)
    return w


@pytest.fixture
def scale(w: World, open_page: Opener) -> Page:
    """Tom's phone at the scale, enrolled, its pages kept."""
    return wait_until_kept(open_page("/weigh/fern/", member="tom"), "/weigh/fern/")


def weigh(page: Page, gross: str, member: str = "Ben") -> None:
    page.get_by_label("Member").select_option(label=member)
    page.get_by_label("Goods, lot").select_option("lot/wet-beans-1")
    page.get_by_label("On the scale").fill(gross)
    page.get_by_role("button", name=re.compile("^Record")).click()


def later(page: Page) -> None:
    """The ten seconds in which one may undo have passed, since the delivery is kept."""
    expect(page.locator("[data-kept] tr").last).to_be_visible()
    page.clock.fast_forward(11_000)


def expect_counted(page: Page, *numbers: int) -> None:
    """How many wait, are being sent and are on the server, as the page says."""
    expect(page.locator("[data-counter] b")).to_have_text([str(number) for number in numbers])


def recorded() -> int:
    """What was added to the lot since the start, in grams; each entry and each weighing once."""
    assert Weighing.objects.count() == len({entry.key for entry in entries_touching([LOT])})
    return balance_of(LOT, "g") - 1_000


def draw(w: World) -> None:
    """All of the lot goes into a process, so that it takes no more."""
    process = start_process(by=w.ada, cooperative=w.fern, name="Roast", at=w.later())
    put_in(by=w.ada, process=process, lot=Lot.objects.get(), quantity=1_000, at=w.later(), key=key())


class TestWhereItWasWeighed:
    def test_is_kept_only_where_somebody_ticks_it(self, scale: Page) -> None:
        scale.context.grant_permissions(["geolocation"])
        scale.context.set_geolocation({"longitude": -1.62341234, "latitude": 6.6885})
        scale.clock.install()
        scale.reload()
        weigh(scale, "2")
        expect(scale.locator("[data-kept] tr")).to_have_count(1)
        scale.get_by_text("Other goods, grade, agreed price").click()
        scale.get_by_label("Grade").fill("First")
        scale.get_by_label("Keep where this phone is").check()
        scale.wait_for_timeout(500)
        assert violations(scale) == []
        weigh(scale, "3")
        expect(scale.locator("[data-kept] tr").first).to_contain_text("wet-beans-1, First")
        later(scale)
        expect(scale.locator("[data-rows] tr")).to_have_count(2, timeout=20_000)
        first, second = Weighing.objects.filter(gross__in=[2_000, 3_000]).order_by("gross")
        assert (first.grade, first.longitude, first.latitude) == ("", None, None)
        assert (second.grade, second.longitude, second.latitude) == ("First", -1_623_412, 6_688_500)
        assert not second.is_position_shown

    def test_a_phone_that_does_not_say_records_all_the_same(self, scale: Page) -> None:
        scale.get_by_text("Other goods, grade, agreed price").click()
        scale.get_by_label("Keep where this phone is").check()
        expect(scale.get_by_text("This phone does not say where it is.")).to_be_visible()
        weigh(scale, "2")
        expect(scale.locator("[data-kept] tr")).to_have_count(1)


class TestOffline:
    def test_a_delivery_outlives_the_network_and_the_page(self, scale: Page, w: World) -> None:
        scale.context.set_offline(True)
        weigh(scale, "18.1")
        row = scale.locator("[data-kept] tr")
        expect(row).to_contain_text("waiting")
        scale.reload()
        expect(row).to_contain_text("18.1 kg")
        expect(scale.get_by_text("All of it is kept on this phone")).to_be_visible(timeout=40_000)
        expect_counted(scale, 1, 0, 0)
        assert recorded() == 0
        scale.context.set_offline(False)
        expect(scale.locator("[data-rows] tr").first).to_contain_text("18.1 kg", timeout=40_000)
        expect(scale.locator("[data-rows] tr").first).to_contain_text("on the server")
        expect(row).to_have_count(0)
        expect_counted(scale, 0, 0, 1)
        assert recorded() == 18_100
        assert Weighing.objects.first().by == w.tom

    def test_opens_by_its_start_address_too(self, scale: Page) -> None:
        scale.goto("/weigh/")
        assert scale.url.endswith("/weigh/fern/")
        scale.goto("/weigh/fern/uses/")  # which is kept last
        scale.locator("[data-ready=yes]").wait_for()
        scale.context.set_offline(True)
        scale.goto("/weigh/")
        expect(scale.get_by_label("On the scale")).to_be_visible()
        assert scale.url.endswith("/weigh/fern/")

    def test_deliveries_into_a_new_lot_go_into_one(self, scale: Page) -> None:
        scale.context.set_offline(True)
        scale.get_by_label("Goods, lot").select_option("new")
        scale.get_by_text("Other goods, grade, agreed price").click()
        scale.get_by_label("New goods").fill("Café vert")
        scale.get_by_label("Agreed price").fill("7.12")
        scale.get_by_label("On the scale").fill("2.5")
        scale.get_by_role("button", name=re.compile("^Record")).click()
        expect(scale.locator("[data-kept] tr")).to_have_count(1)
        scale.reload()
        scale.get_by_label("Goods, lot").select_option(index=0)
        scale.get_by_label("On the scale").fill("1.5")
        scale.get_by_role("button", name=re.compile("^Record")).click()
        expect(scale.locator("[data-kept] tr")).to_have_count(2)
        scale.context.set_offline(False)
        expect(scale.locator("[data-rows] tr")).to_have_count(2, timeout=40_000)
        lots = {weighing.lot.code for weighing in Weighing.objects.filter(lot__goods="Café vert")}
        assert len(lots) == 1
        assert re.fullmatch("cafe-vert-[a-z2-9]{4}", lots.pop())
        assert sorted(w.gross for w in Weighing.objects.filter(lot__goods="Café vert")) == [1_500, 2_500]


class TestExactlyOnce:
    @pytest.mark.parametrize("cut", ["reply", "request", "garbled", "portal"])
    def test_through_replies_that_are_cut(self, scale: Page, cut: str) -> None:
        seen: list[str] = []

        def route(route: Route) -> None:
            seen.append(route.request.post_data or "")
            if len(seen) > 2:
                return route.continue_()
            if cut == "request":
                return route.abort()
            if cut == "portal":  # somebody else's page, with a status that says all is well
                return route.fulfill(status=200, body="<h1>Welcome to our network</h1>", content_type="text/html")
            assert route.fetch().status == 201
            return route.abort() if cut == "reply" else route.fulfill(status=502, body="cut")

        scale.route(GOODS, route)
        scale.clock.install()
        weigh(scale, "18.1")
        expect(scale.locator("[data-kept] tr")).to_contain_text("waiting")
        later(scale)
        for number in (1, 2):
            expect(scale.locator("[data-kept] tr")).to_contain_text("sending")
            expect(scale.get_by_text("All of it is kept on this phone")).to_be_visible()
            scale.wait_for_timeout(500)
            assert recorded() == (18_100 if cut in ("reply", "garbled") else 0)
            assert len(seen) == number
            scale.get_by_role("button", name="Send now").click()
        expect(scale.locator("[data-rows] tr")).to_have_count(1)
        assert len(seen) == 3
        assert len(set(seen)) == 1  # to the letter
        assert recorded() == 18_100

    def test_when_the_page_is_closed_while_sending(self, scale: Page, w: World) -> None:
        scale.route(GOODS, lambda route: (route.fetch(), route.abort()))
        scale.clock.install()
        weigh(scale, "18.1")
        later(scale)
        expect(scale.locator("[data-kept] tr")).to_contain_text("sending")
        scale.close()
        page = scale.context.new_page()
        page.goto("/weigh/fern/")
        expect(page.locator("[data-rows] tr")).to_have_count(1)
        expect(page.locator("[data-kept] tr")).to_have_count(0)
        expect_counted(page, 0, 0, 1)
        assert recorded() == 18_100

    def test_with_two_pages_open(self, scale: Page) -> None:
        other = scale.context.new_page()
        other.goto("/weigh/fern/")
        wait_until_kept(other, "/weigh/fern/")
        for page in (scale, other):
            page.clock.install()
        weigh(scale, "18.1")
        expect(other.locator("[data-kept] tr")).to_have_count(1)
        weigh(other, "2.5")
        for page in (scale, other):
            expect(page.locator("[data-kept] tr")).to_have_count(2)
        for page in (scale, other):  # whichever is first may send both
            page.clock.fast_forward(11_000)
        for page in (scale, other):
            expect(page.locator("[data-rows] tr")).to_have_count(2, timeout=40_000)
        assert recorded() == 20_600

    def test_though_the_clock_of_the_phone_is_a_day_wrong(self, scale: Page) -> None:
        scale.clock.install(time="2026-11-20T08:00:00")
        scale.reload()
        wait_until_kept(scale, "/weigh/fern/")
        weigh(scale, "18.1")
        later(scale)
        expect(scale.locator("[data-rows] tr")).to_have_count(1)
        weighing = Weighing.objects.first()
        assert abs((timezone.now() - weighing.at).total_seconds()) < 60
        assert recorded() == 18_100


class TestUndo:
    def test_within_ten_seconds_nothing_was_recorded(self, scale: Page) -> None:
        scale.clock.install()
        weigh(scale, "18.1")
        expect(scale.get_by_text("Kept on this phone: 18.1 kg, Ben, wet-beans-1")).to_be_visible()
        scale.get_by_role("button", name="Undo").click()
        expect(scale.locator("[data-kept] tr")).to_have_count(0)
        scale.clock.fast_forward(11_000)
        scale.wait_for_timeout(300)
        assert recorded() == 0

    def test_then_it_is_corrected_with_a_reason(self, scale: Page) -> None:
        scale.clock.install()
        weigh(scale, "18.1")
        later(scale)
        expect(scale.get_by_role("button", name="Undo")).to_be_hidden()
        scale.locator("[data-rows]").get_by_role("link", name=re.compile("^Correct")).click()
        scale.get_by_label("What it should say, net").fill("17.1")
        scale.get_by_label("Why").fill("Misread")
        scale.get_by_role("button", name="Correct").click()
        expect(scale.get_by_text("Misread")).to_be_visible()
        assert balance_of(LOT, "g") == 18_100

    def test_whoever_puts_the_phone_away_is_done(self, scale: Page) -> None:
        weigh(scale, "18.1")
        expect(scale.locator("[data-kept] tr")).to_have_count(1)
        scale.evaluate("""() => { Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange")); }""")
        expect(scale.locator("[data-rows] tr")).to_have_count(1)
        assert recorded() == 18_100


class TestRefused:
    def test_says_why_and_is_mended(self, scale: Page, w: World) -> None:
        scale.clock.install()
        scale.context.set_offline(True)
        weigh(scale, "18.1")
        expect(scale.locator("[data-kept] tr")).to_have_count(1)
        draw(w)
        scale.context.set_offline(False)
        later(scale)
        row = scale.locator("[data-kept] tr")
        expect(row).to_contain_text("refused")
        expect(row).to_contain_text("wet-beans-1")
        expect(scale.get_by_text("Refused by the server: 1.")).to_be_visible()
        scale.reload()
        expect(row).to_contain_text("refused")
        row.get_by_role("button", name="Mend").click()
        expect(scale.get_by_label("On the scale")).to_have_value("18.1")
        scale.get_by_label("Goods, lot").select_option("new/Wet beans")
        scale.get_by_role("button", name=re.compile("^Record")).click()
        expect(row).to_contain_text("waiting")
        later(scale)
        expect(scale.locator("[data-rows] tr")).to_have_count(1)
        expect(row).to_have_count(0)
        assert Weighing.objects.filter(gross=18_100).count() == 1

    def test_is_dropped_only_when_asked_twice(self, scale: Page, w: World) -> None:
        scale.clock.install()
        draw(w)
        weigh(scale, "18.1")
        later(scale)
        row = scale.locator("[data-kept] tr")
        expect(row).to_contain_text("refused")
        scale.once("dialog", lambda dialog: dialog.dismiss())
        row.get_by_role("button", name="Drop").click()
        expect(row).to_have_count(1)
        scale.once("dialog", lambda dialog: dialog.accept())
        row.get_by_role("button", name="Drop").click()
        expect(row).to_have_count(0)
        assert not Weighing.objects.filter(gross=18_100).exists()

    def test_a_phone_without_room_says_so_and_sends_straight(self, scale: Page) -> None:
        scale.evaluate("""() => { IDBObjectStore.prototype.add = () => {
            throw new DOMException("full", "QuotaExceededError"); }; }""")
        weigh(scale, "18.1")
        expect(scale.get_by_text("This phone has no room to keep the delivery.")).to_be_visible()
        expect(scale.get_by_label("On the scale")).to_have_value("18.1")
        scale.get_by_role("button", name=re.compile("^Record")).click()
        expect(scale.locator("[data-rows] tr")).to_have_count(1)
        assert recorded() == 18_100


class TestPeople:
    def test_a_session_that_ended_does_not_keep_a_phone_from_sending(self, scale: Page) -> None:
        scale.context.clear_cookies()
        scale.clock.install()
        weigh(scale, "18.1")
        later(scale)
        expect(scale.locator("[data-kept] tr")).to_contain_text("on the server")
        assert recorded() == 18_100

    def test_a_revoked_phone_asks_to_sign_in(self, scale: Page) -> None:
        Device.objects.update(revoked_at=timezone.now())
        scale.context.clear_cookies()
        scale.clock.install()
        weigh(scale, "18.1")
        later(scale)
        expect(scale.get_by_role("link", name="Sign in, and what waits is sent")).to_be_visible()
        assert recorded() == 0

    def test_signing_out_warns_and_keeps_what_waits_for_that_person(self, scale: Page, site: str) -> None:
        scale.route(GOODS, lambda route: route.abort())
        weigh(scale, "18.1")
        expect(scale.locator("[data-kept] tr")).to_have_count(1)
        scale.goto("/sign-in/logout/")
        expect(scale.get_by_text("Not on the server yet, and kept on this phone: 1.")).to_be_visible()
        scale.locator("[data-sign-out] button").click()
        scale.wait_for_url("/")
        assert Device.objects.get().revoked_at is not None
        scale.unroute(GOODS)
        scale.context.add_cookies([{"name": "session", "value": session_of("ada"), "url": site}])
        scale.goto("/weigh/fern/")
        wait_until_kept(scale, "/weigh/fern/")
        expect(scale.locator("[data-kept] tr")).to_have_count(0)
        assert recorded() == 0
        scale.context.add_cookies([{"name": "session", "value": session_of("tom"), "url": site}])
        scale.goto("/weigh/fern/")
        expect(scale.locator("[data-rows] tr")).to_have_count(1, timeout=40_000)
        assert recorded() == 18_100
        assert Weighing.objects.first().by.name == "Tom"


class TestFieldMode:
    def test_is_each_member_s_choice(self, scale: Page, open_page: Opener) -> None:
        switch = scale.get_by_role("switch", name="Field Mode")
        with scale.expect_response("**/weigh/field-mode"):
            switch.click()
        expect(switch).to_be_checked()
        scale.reload()
        expect(scale.locator("body")).to_have_class("field-mode full-sun")
        expect(open_page("/weigh/fern/", member="ben").locator("body")).to_have_class("field-mode")
        plain = open_page("/weigh/fern/", member="tom", javascript=False)
        plain.get_by_role("switch", name="Field Mode").click()
        expect(plain.locator("body")).to_have_class("field-mode")

    @pytest.mark.parametrize("size", [PHONE, DESK])
    def test_breaks_no_rule_of_access(self, w: World, open_page: Opener, size: dict[str, int]) -> None:
        choose_field_mode(member=w.people["tom"], is_on=True)
        page = wait_until_kept(open_page("/weigh/fern/", member="tom", size=size, language="fr"), "/weigh/fern/")
        page.context.set_offline(True)
        page.get_by_label("Sur la balance").fill("18,1")
        page.get_by_role("button", name=re.compile("^Noter|^Enregistrer|^Inscrire")).click()
        expect(page.locator("[data-kept] tr")).to_contain_text("en attente")
        assert violations(page) == []
