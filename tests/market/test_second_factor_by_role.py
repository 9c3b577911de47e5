"""Stewards and treasurers need a second factor for money and roles, from the day their cooperative chose."""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from cooperatives.models import Membership, MoneyRules, Role
from cooperatives.services.advances import agree_advances
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.approvals import ask_money_rules, ask_roles
from cooperatives.services.invitations import invite
from cooperatives.services.people import SecondFactorMissing, admit_member, give_roles
from ledger.rules.refusal import Refusal
from market.services.approvals import approve_wish
from market.services.payouts import prepare_payout
from market.services.settlements import divide_period
from tests.market.goods import stall, treasurer
from tests.world import RULES, World, agreed, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def asked_for(w: World, days: int = 0) -> None:
    """Fern asks for it, from so many days after today on."""
    MoneyRules.objects.update_or_create(
        cooperative=w.fern, defaults={"second_factor_from": timezone.now().date() + timedelta(days=days)}
    )


def sets_up(membership: Membership, kind: str = Authenticator.Type.WEBAUTHN) -> None:
    Authenticator.objects.create(user=membership.member, type=kind, data={})


def money_and_roles(w: World, by: Membership) -> dict[str, object]:
    """What `by` decides about money or power over it."""
    about = {"by": by, "at": w.later()}
    found = {
        "divide": lambda: divide_period(cooperative=w.fern, upto=w.at.date(), **about),
        "rules": lambda: ask_money_rules(two_persons="always", minimum=1, schedule="any", key=key(), **about),
    }
    if by.has_role(Role.TREASURER):
        said = {"owner": w.ben.address, "amount": 1, "currency": "EUR", "keeper": "cash/fern", "key": key()}
        found["payout"] = lambda: prepare_payout(**said, **about)
    if by.has_role(Role.STEWARD):
        found |= {
            "roles": lambda: ask_roles(membership=w.ben, roles=["member", "treasurer"], key=key(), **about),
            "give": lambda: give_roles(membership=w.ben, roles=["steward"], by=by),
            "admit": lambda: admit_member(cooperative=w.fern, name="Xu", roles=["treasurer"], **about),
            "invite": lambda: invite(
                cooperative=w.fern, email="xu@rennet.example", roles=["steward"], language="en", key=key(), **about
            ),
            "agreement": lambda: adopt_agreement(cooperative=w.fern, rules=RULES[1:], **about),
            "advance": lambda: agree_advances(membership=w.ben, limit=1, **about),
        }
    return found


def refused(w: World, by: Membership) -> set[str]:
    """What is refused for want of a second factor; other refusals are none of it."""
    found = set()
    for name, act in money_and_roles(w, by).items():
        try:
            act()  # type: ignore[operator]
        except SecondFactorMissing:
            found.add(name)
        except Refusal:  # for a reason that comes later
            continue
    return found


class TestWhoIsAsked:
    def test_a_steward_and_a_treasurer_are_refused_until_they_set_one_up(self) -> None:
        w = world()
        eve = treasurer(w)
        agreed(w)
        asked_for(w)
        for by in (w.ada, eve):
            assert refused(w, by) == set(money_and_roles(w, by))
            sets_up(by)
            assert refused(w, by) == set()

    def test_an_app_counts_and_recovery_codes_alone_do_not(self) -> None:
        w = world()
        asked_for(w)
        sets_up(w.ada, Authenticator.Type.RECOVERY_CODES)
        assert "rules" in refused(w, w.ada)
        sets_up(w.ada, Authenticator.Type.TOTP)
        assert refused(w, w.ada) == set()

    def test_nobody_is_asked_before_the_day_nor_where_none_was_chosen(self) -> None:
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        asked_for(w, days=1)
        assert refused(w, w.ada) == refused(oak, oak.ada) == set()
        asked_for(w, days=0)
        assert refused(w, w.ada) and not refused(oak, oak.ada)

    def test_what_a_clerk_or_a_member_may_do_needs_none(self) -> None:
        w = world()
        asked_for(w)
        admit_member(cooperative=w.fern, name="Xu", roles=["member"], at=w.later(), by=w.ada)
        assert beans(w).code


class TestTheRule:
    def test_two_persons_choose_it(self) -> None:
        w = world()
        eve = treasurer(w)
        first = timezone.now().date()
        wish = ask_money_rules(
            by=w.ada, two_persons="always", minimum=0, schedule="any", second_factor_from=first, at=w.later(), key=key()
        )
        assert refused(w, w.ada) == set()
        approve_wish(by=eve, approval=wish, at=w.later())
        assert MoneyRules.objects.get(cooperative=w.fern).second_factor_from == first
        assert "divide" in refused(w, w.ada)


class TestPages:
    def test_the_refusal_leads_to_setting_it_up(self, client: Client) -> None:
        w = world()
        asked_for(w)
        stall(w)
        client.force_login(w.people["ada"], backend=BACKEND)
        answer = client.post("/stall/fern/settlement/divide", {})
        page = client.get("/stall/fern/approvals/").content.decode()
        assert answer.status_code == 403
        assert 'href="/sign-in/2fa/"' in answer.content.decode()
        assert "You have set up neither yet." in page
        sets_up(w.ada)
        assert "You have set up neither yet." not in client.get("/stall/fern/approvals/").content.decode()

    def test_the_day_is_chosen_on_the_page(self, client: Client) -> None:
        w = world()
        stall(w)
        client.force_login(w.people["ada"], backend=BACKEND)
        said = {"two_persons": "always", "minimum": "0.00", "schedule": "any", "second_factor_from": "2031-05-06"}
        client.post("/stall/fern/approvals/rules", said)
        assert MoneyRules.objects.get(cooperative=w.fern).second_factor_from == date(2031, 5, 6)
        page = client.get("/stall/fern/approvals/").content.decode()
        assert 'value="2031-05-06"' in page
        assert "need a passkey or a code from May 6, 2031 on" in page
