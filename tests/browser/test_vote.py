"""The next agreement is drafted, tried on past sales, voted on by phones, and used by the next settlement."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cooperatives.queries import agreement_in_force
from ledger.queries import document
from market.models import Division
from market.services.settlements import divide_period
from tests.browser.conftest import DESK, PHONE, Opener
from tests.market.goods import bought, on_shelf, stall, treasurer
from tests.world import agreed, world

pytestmark = pytest.mark.browser


def test_a_vote_on_an_agreement_after_trying_it_on_past_sales(open_page: Opener) -> None:
    w = world()
    agreed(w)
    stall(w)
    treasurer(w)
    listing = on_shelf(w)
    bought(w, listing, 10)
    divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
    earned = Division.objects.get().amount

    desk = open_page("/cooperatives/fern/agreement/", size=DESK, member="eve")
    desk.get_by_role("link", name="Propose the next version").click()
    desk.get_by_label("To the reserve, %").fill("30")
    desk.get_by_label("Why").fill("The mill needs a new stone.")
    desk.get_by_role("button", name="Preview it").click()
    expect(desk.get_by_text("Of the rest, 30% stay in the reserve.")).to_be_visible()
    desk.get_by_role("button", name="Save the draft").click()
    desk.get_by_role("link", name="Try it on past sales").click()
    sums = desk.locator("tfoot tr").last.locator("td").all_inner_texts()
    assert sums[0] == sums[1] and sums[0].replace(".", "") == str(earned)
    reserve = desk.get_by_role("row", name=re.compile("^Reserve")).last.locator("td")
    assert float(reserve.nth(1).inner_text()) > float(reserve.nth(0).inner_text())
    desk.get_by_role("link", name="Back to the proposal").click()
    desk.get_by_label("The vote closes at the end of").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    desk.get_by_role("button", name="Open the vote").click()
    expect(desk.get_by_text("0 of 4 have voted.")).to_be_visible()

    for who, choice in (("ada", "for"), ("ben", "against"), ("tom", "for"), ("eve", "for")):
        phone = open_page("/cooperatives/fern/proposals/1/", size=PHONE, member=who, javascript=who != "ben")
        phone.get_by_label(choice, exact=True).check()
        phone.get_by_role("button", name="Vote", exact=True).click()
        expect(phone.get_by_text("Your vote is kept.")).to_be_visible()
    phone = open_page("/cooperatives/fern/proposals/1/", size=PHONE, member="ben", language="fr")
    phone.get_by_label("Ce que vous en pensez").fill("Et les petites fermes ?")
    phone.get_by_role("button", name="Le dire").click()
    expect(phone.get_by_text("Et les petites fermes ?")).to_be_visible()
    phone.get_by_label("pour", exact=True).check()
    phone.get_by_role("button", name="Changer mon vote").click()

    desk.reload()
    desk.get_by_role("button", name="Count the votes").click()
    expect(desk.get_by_text("It is version 2 of the agreement.")).to_be_visible()
    assert agreement_in_force(w.fern).version == 2
    assert document("agreement", "fern").body["vote"]["yes"] == 4

    bought(w, listing, 10)
    desk.goto("/stall/fern/settlement/")
    desk.get_by_role("button", name="Divide the period").click()
    desk.get_by_role("link", name="by version 2 of the agreement").click()
    expect(desk.get_by_text("Members voted: 4 for it, 0 against it, of 4 who could.")).to_be_visible()
    new, old = Division.objects.all()
    assert (new.parts["agreement"], old.parts["agreement"]) == (2, 1)
    kept = [row.parts["parts"]["coops/fern/reserve"] for row in (new, old)]
    assert new.amount == old.amount == earned and kept[0] > kept[1]
