"""The pages of credit: a member's, and the treasurer's desk."""

import pytest
from django.urls import reverse

from cooperatives.models import Circle, CreditPayment
from cooperatives.queries.credit import (
    credit_account,
)
from tests.cooperatives.circle import fern_with_hours, paid, purse
from tests.market.goods import treasurer
from tests.market.test_shop_pages import words
from tests.world import world

pytestmark = pytest.mark.quick
needs_db = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def w(db):
    """Fern, its treasurer Eve, and a circle of hours."""
    return fern_with_hours()


class TestPages:
    def to(self, name, **more):
        return reverse(name, args=["fern", *more.values()])

    def test_a_member_pays_in_two_taps_and_sees_it(self, w, client):
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(self.to("credit"))
        assert page.status_code == 200
        said = {"key": "a-key-from-the-page", "to": w.ada.address, "quantity": "1:30", "words": "Pruning"}
        sure = client.post(self.to("pay_credit"), said)
        assert "1:30" in sure.content.decode() and not CreditPayment.objects.exists()
        assert client.post(self.to("pay_credit"), said | {"sure": "yes"}).status_code == 302
        assert client.post(self.to("pay_credit"), said | {"sure": "yes"}).status_code == 302
        assert purse(w, w.ada.address) == 90
        page = client.get(self.to("credit")).content.decode()
        assert "−1:30" in page and "Pruning" in page and "0:00" in page
        assert "−1:30" in client.get(reverse("passbook")).content.decode()

    def test_a_refusal_stands_on_the_page_with_what_was_typed(self, w, client):
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        said = {"key": "a-key-from-the-page", "to": w.ada.address, "quantity": "99:00", "sure": "yes"}
        page = client.post(self.to("pay_credit"), said)
        assert page.status_code == 409 and "99:00" in page.content.decode() and "10:00" in page.content.decode()
        page = client.post(self.to("pay_credit"), said | {"quantity": "lots"})
        assert page.status_code == 422

    def test_nobodys_balance_is_on_anothers_page(self, w, client):
        paid(w, w.circle, w.ben, w.ada.address, 77)
        client.force_login(w.people["tom"], backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(self.to("credit")).content.decode()
        assert "−1:17" not in page and client.get(self.to("credit_desk")).status_code == 403

    def test_who_received_gives_it_back(self, w, client):
        made = paid(w, w.circle, w.ben, w.ada.address, 77)
        client.force_login(w.people["ben"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(self.to("return_credit", pk=made.pk)).status_code == 404
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(self.to("return_credit", pk=made.pk)).status_code == 302
        assert purse(w, w.ben.address) == 0

    def test_a_treasurer_sets_limits_and_pays_for_the_cooperative(self, w, client):
        client.force_login(w.eve.member, backend="allauth.account.auth_backends.AuthenticationBackend")
        said = {"limits-owner": w.ben.address, "limits-floor": "5:00", "limits-ceiling": "6:00"}
        assert client.post(self.to("set_credit_limits"), said).status_code == 302
        found = credit_account(w.circle, w.ben.address)
        assert (found.floor, found.ceiling) == (300, 360)
        assert client.post(self.to("set_credit_limits"), said | {"limits-floor": "500:00"}).status_code == 409
        said = {"pay-key": "a-key-from-the-page", "pay-to": w.ben.address, "pay-quantity": "2:00", "pay-words": "Work"}
        assert client.post(self.to("ask_credit_payment"), said).status_code == 302
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(reverse("approvals", args=["fern"])).content.decode()
        assert "2:00" in page and "Ben" in page

    @needs_db
    def test_a_steward_proposes_it_and_members_open_it(self, client):
        w = world()
        w.eve = treasurer(w)
        client.force_login(w.people["ada"], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert "HFERN" in client.get(self.to("credit_desk")).content.decode()
        said = {
            "kind": "hours", "code": "HFERN", "name": "Fern hours", "floor": "10:00", "ceiling": "20:00",
            "lowest": "30:00", "highest": "60:00", "worth": "12.00",
        }  # fmt: skip
        said |= {"quorum": "50", "majority": "half", "why": "We help each other."}
        assert client.post(self.to("propose_rule"), said | {"floor": "31:00"}).status_code == 422
        answer = client.post(self.to("propose_rule"), said)
        assert answer.status_code == 302
        page = words(client.get(answer.url))
        assert "−30:00" in page and "We help each other." in page and "Open the vote" in page
        assert "Try it on past sales" not in page
        client.post(reverse("open_vote", args=["fern", 1]), {"closes_on": "2099-01-01"})
        for name in ("ada", "ben", "tom", "eve"):
            client.force_login(w.people.get(name) or w.eve.member, backend=BACKEND)
            client.post(reverse("cast_vote", args=["fern", 1]), {"edition": 1, "choice": "yes"})
        client.force_login(w.people["ada"], backend=BACKEND)
        client.post(reverse("close_vote", args=["fern", 1]))
        assert "It is the rule" in words(client.get(answer.url)) and Circle.objects.get().code == "HFERN"
        assert client.get(reverse("tried", args=["fern", 1])).status_code == 404
        assert client.get(reverse("change_proposal", args=["fern", 1])).status_code == 404
