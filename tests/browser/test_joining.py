"""A steward invites; who was invited joins on a phone, says who reads what, and adds a passkey that signs in."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from cooperatives.models import Letter, Membership
from tests.browser.axe import violations
from tests.browser.conftest import DESK, Opener
from tests.world import world

pytestmark = pytest.mark.browser

LINK = re.compile(r"https?://[^/]+(/invitations/\S+)")


def with_a_finger(page: Page) -> None:
    """The phone's own authenticator, which makes passkeys and believes the finger."""
    link = page.context.new_cdp_session(page)
    link.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    link.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": kind | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )


class TestJoining:
    def test_from_the_letter_to_a_passkey(self, open_page: Opener, site: str) -> None:
        world()
        desk = open_page("/cooperatives/fern/members/", size=DESK, member="ada")
        desk.get_by_role("link", name="Invitations and requests").click()
        desk.get_by_label("E-mail").fill("xu@rennet.example")
        desk.get_by_label("clerk").check()
        desk.get_by_role("button", name="Send the invitation").click()
        expect(desk.get_by_text("The invitation is on its way.")).to_be_visible()
        assert violations(desk) == []
        letter = LINK.search(Letter.objects.get().body)
        assert letter

        # A passkey belongs to a name; an address of numbers has none.
        here = site.replace("127.0.0.1", "localhost")
        phone = open_page(here + letter[1])
        expect(phone.get_by_role("heading", name="Fern Cooperative invites you")).to_be_visible()
        assert violations(phone) == []
        phone.get_by_role("link", name="Make an account").click()
        expect(phone.get_by_label("E-mail address")).to_have_value("xu@rennet.example")
        phone.locator("input[type=password]").fill("a-long-word-7")
        phone.get_by_role("button", name="Make an account").click()
        phone.get_by_label("Your name here").fill("Xu")
        phone.get_by_role("button", name="Come in").click()
        expect(phone.get_by_text("Welcome. Say here who may read what of you.")).to_be_visible()
        assert violations(phone) == []

        phone.get_by_label("My name and my picture are shown to").select_option("public")
        phone.get_by_label("What I gave and got is shown to").select_option("cooperative")
        phone.get_by_role("button", name="Keep it so").first.click()
        expect(phone.get_by_text("It is as you said.")).to_be_visible()
        xu = Membership.objects.get(name="Xu")
        assert (xu.roles, xu.name_shown_to, xu.amounts_shown_to) == (["clerk", "member"], "public", "cooperative")

        with_a_finger(phone)
        phone.get_by_role("link", name="Your account").click()
        phone.get_by_role("link", name="Passkeys and second factor").click()
        assert violations(phone) == []
        phone.get_by_role("link", name="Add a passkey").click()
        phone.locator("input[type=password]").fill("a-long-word-7")
        phone.get_by_role("button", name="Go on").click()
        assert violations(phone) == []
        phone.get_by_role("button", name="Make the passkey").click()
        phone.wait_for_url(re.compile("/recovery-codes/|/webauthn/$|/mfa/$"))
        assert Authenticator.objects.filter(user=xu.member, type="webauthn").count() == 1

        phone.goto(f"{here}/sign-in/logout/")
        phone.get_by_role("main").get_by_role("button", name="Sign out").click()
        expect(phone.get_by_role("link", name="Sign in", exact=True).first).to_be_visible()
        phone.goto(f"{here}/sign-in/login/")
        phone.get_by_role("button", name="Sign in with a passkey").click()
        expect(phone.get_by_role("link", name="Passbook", exact=True)).to_be_visible()
