"""Deposits on containers: paid beside the price, owed to the buyer until they come back, no turnover of the goods."""

from datetime import date

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.services.containers import NotSoManyOut, set_deposit
from ledger.queries import balance_of, balances, entries_by_key
from ledger.rules.refusal import NotAllowed, NotFound
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Letter, Refund
from market.pages.invoices import invoice_pdf
from market.queries import deposits_owed, earnings_of, purses_to_pay, where_money_went
from market.rules.deposits import laid_on
from market.rules.invoices import taxed
from market.services.catalogue import NotYourContainer, change_listing
from market.services.checkout import PriceChanged, place_order
from market.services.containers_back import (
    BANK,
    CARD,
    DepositNotByCard,
    NotSoManyBack,
)
from market.services.orders import NotYourOrder, hand_over
from market.services.refunds_by_hand import LineGivenBack, NotEnoughThere, NotPaidYet, SayWhichLine, give_back
from market.services.returns import NothingCameBack, take_goods_back
from market.services.settlements import divide_period
from tests.market.goods import CLEO, bought, on_shelf, ordered
from tests.market.jars import E_FERN, back, brought, by_bank, jarred, jars, purse, where
from tests.world import agreed, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestPlacing:
    def test_the_total_is_goods_and_deposits_and_vat_is_of_the_goods_alone(self):
        w = world()
        kind, listing = jarred(w)
        order = ordered(w, listing, 3)
        assert (order.goods, order.deposits, order.total, order.due, order.vat) == (1800, 150, 1950, 1950, 94)
        set_deposit(by=w.ada, container=kind, deposit=80)
        order.refresh_from_db()
        assert order.total == 1950  # as it was agreed

    def test_nobody_is_bound_to_a_deposit_he_was_not_shown(self):
        w = world()
        _kind, listing = jarred(w)
        said = {"cart": {str(listing.pk): 1}, "buyer": CLEO, "way": "pickup", "at": w.later()}
        with pytest.raises(PriceChanged):
            place_order(**said, key="checkout-of-a-test-a", total=600)
        assert place_order(**said, key="checkout-of-a-test-b", total=650).total == 650

    def test_goods_come_in_containers_of_their_own_cooperative(self):
        w, oak = world(), world("oak", "Oak")
        with pytest.raises(NotYourContainer):
            on_shelf(w, container=jars(oak))
        with pytest.raises(NotYourContainer):
            change_listing(by=w.ada, listing=on_shelf(w), container=oak.fern.containers.get())


class TestSelling:
    def test_the_deposit_is_the_buyers_own_and_no_turnover(self):
        w = world()
        agreed(w)
        _kind, listing = jarred(w)
        order = bought(w, listing, 4)
        assert purse(order) == 200 == deposits_owed(w.fern)
        assert (
            balance_of("coops/fern/till@cash/fern", "EUR") + balance_of("operators/market/till@cash/fern", "EUR")
            == 2600
        )
        assert balance_of("tax/gh/purse", E_FERN) == order.vat == 125
        assert list(earnings_of(w.fern).values()) == [order.lines.get().rest]
        assert where_money_went(cooperative=w.fern).price == 2400
        assert where_money_went(order=order).price == 2400
        assert [row for row in purses_to_pay(w.fern) if row.owner.startswith("orders/")] == []
        divide_period(by=w.ada, cooperative=w.fern, upto=date(2026, 11, 24), at=w.later())
        assert purse(order) == 200 and where_money_went(cooperative=w.fern).waiting == 0
        publish_checkpoint()
        verify_log()

    def test_containers_leave_with_the_goods_and_stay_the_cooperatives_own(self):
        w = world()
        _kind, listing = jarred(w)
        bought(w, listing, 4)
        assert where(w) == (16, 4)
        order = ordered(w, listing, 2)
        by_bank(w, order)
        assert where(w) == (16, 4)  # paid, and still here
        hand_over(by=w.tom, order=order, at=w.later())
        hand_over(by=w.tom, order=order, at=w.later())
        assert where(w) == (14, 6)

    def test_goods_are_handed_over_though_nobody_counted_the_jars(self):
        w = world()
        listing = on_shelf(w, container=jars(w, 1))
        bought(w, listing, 4)
        assert where(w) == (0, 4)

    @given(
        deposits=st.dictionaries(st.integers(1, 9), st.integers(0, 10**6), max_size=5),
        cut=st.lists(st.integers(0, 10**7), min_size=2, max_size=2),
    )
    def test_deposits_lie_with_the_keepers_that_have_them(self, deposits, cut):
        total = sum(deposits.values()) + 1
        first, second = sorted(n % (total + 1) for n in cut)
        amounts = {"cash/fern": first, "stripe/market": second - first, "bank/fern": total - second}
        laid = laid_on(deposits, amounts)
        assert {number: sum(of.values()) for number, of in laid.items()} == deposits
        for keeper, amount in amounts.items():
            assert 0 <= sum(of.get(keeper, 0) for of in laid.values()) <= amount


class TestGiveDepositsBack:
    def test_cash_goes_back_by_undoing_a_part_and_never_more_than_went_out(self):
        w = world()
        _kind, listing = jarred(w)
        order = bought(w, listing, 4)
        assert back(w, order, 3) == 150
        assert (purse(order), where(w), deposits_owed(w.fern)) == (50, (19, 1), 50)
        took = entries_by_key([f"order/{order.name}/deposit/1"])[f"order/{order.name}/deposit/1"]
        (paid,) = Refund.objects.all()
        entry = entries_by_key([f"{paid.refund}/1"])[f"{paid.refund}/1"]
        assert (entry.undoes, paid.amount, paid.state) == (took.id, 150, "given")
        with pytest.raises(NotSoManyBack):
            back(w, order, 2)
        assert back(w, order, 1) == 50
        assert (purse(order), where(w)) == (0, (20, 0))
        assert not [row for row in balances(owner=order.owner) if row.unit == E_FERN and row.quantity]

    def test_once_for_its_key(self):
        w = world()
        _kind, listing = jarred(w)
        order = bought(w, listing, 4)
        assert back(w, order, 1, key="k") == back(w, order, 1, key="k") == 50
        assert (purse(order), where(w)) == (150, (17, 3))

    def test_the_deposit_that_was_paid_goes_back(self):
        w = world()
        kind, listing = jarred(w)
        order = bought(w, listing, 2)
        set_deposit(by=w.ada, container=kind, deposit=90)
        assert back(w, order, 2) == 100

    def test_containers_without_a_deposit_come_back_too(self):
        w = world()
        listing = on_shelf(w, container=jars(w, deposit=0))
        order = bought(w, listing, 3)
        assert order.total == 1800
        assert back(w, order, 2, key="k") == back(w, order, 2, key="k") == 0
        assert where(w) == (19, 1)

    def test_from_the_bank_by_a_line_of_its_own(self):
        w = world()
        _kind, listing = jarred(w)
        order = ordered(w, listing, 2)
        by_bank(w, order)
        hand_over(by=w.tom, order=order, at=w.later())
        with pytest.raises(SayWhichLine):
            back(w, order, 1, way=BANK)
        with pytest.raises(NotEnoughThere):
            back(w, order, 1)  # nothing lies in the cash box
        assert back(w, order, 1, way=BANK, statement_line="8") == 50
        with pytest.raises(LineGivenBack):
            back(w, order, 1, way=BANK, statement_line="8")
        assert order.refunds.get().refund == "bank/fern/8"  # so the statement with that line finds it
        assert purse(order) == 50

    def test_what_never_left_the_hub_goes_back_with_the_goods(self):
        w = world()
        _kind, listing = jarred(w)
        order = ordered(w, listing, 2)
        by_bank(w, order)
        with pytest.raises(NotSoManyBack):
            back(w, order, 1, way=BANK, statement_line="8")  # the goods are still to be handed over in it
        give_back(by=w.ada, order=order, amounts={1: 600}, statement_line="9", why="", at=w.later(), key=key("r"))
        take_goods_back(by=w.tom, order=order, pieces={1: 1}, is_good=True, at=w.later(), key="one")
        assert back(w, order, 1, way=BANK, statement_line="8") == 50
        hand_over(by=w.tom, order=order, at=w.later())
        assert (where(w), purse(order)) == ((19, 1), 50)
        assert back(w, order, 1, way=BANK, statement_line="10") == 50
        assert where(w) == (20, 0)

    def test_refuses_strangers_and_nothing(self):
        w, oak = world(), world("oak", "Oak")
        _kind, listing = jarred(w)
        order = bought(w, listing, 2)
        for refusal, said in (
            (NotAllowed, {"by": w.ben}), (NotYourOrder, {"by": oak.ada, "hub": oak.hub}), (NotFound, {"hub": oak.hub}),
            (NothingCameBack, {"containers": {}}), (NotYourOrder, {"containers": {2: 1}}),
            (NotPaidYet, {"order": ordered(w, listing)}), (DepositNotByCard, {"way": CARD}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                back(w, said.pop("order", order), 1, **said)
        assert where(w) == (18, 2)


class TestWhoeverBringsThem:
    def test_counts_for_who_has_waited_longest_at_the_deposit_that_was_paid(self):
        w = world()
        kind, listing = jarred(w)
        first = bought(w, listing, 2)
        set_deposit(by=w.ada, container=kind, deposit=90)
        second = bought(w, listing, 2)
        assert brought(w, kind, 3, key="k") == 190 == brought(w, kind, 3, key="k")
        assert (purse(first), purse(second), where(w)) == (0, 90, (19, 1))
        with pytest.raises(NotSoManyOut):
            brought(w, kind, 2)
        assert (purse(second), where(w)) == (90, (19, 1))  # nothing of it was kept

    def test_without_a_deposit_the_same_form_counts_them_once_too(self):
        w = world()
        kind, listing = jarred(w)
        set_deposit(by=w.ada, container=kind, deposit=0)
        bought(w, listing, 4)
        assert brought(w, kind, 1, key="k") == 0 == brought(w, kind, 1, key="k")
        assert where(w) == (17, 3)

    def test_refuses_strangers_and_nothing(self):
        w, oak = world(), world("oak", "Oak")
        kind, listing = jarred(w)
        bought(w, listing, 2)
        for refusal, said in (
            (NotAllowed, {"by": w.ben}), (NotAllowed, {"by": oak.ada}), (NothingCameBack, {"containers": 0})
        ):  # fmt: skip
            with pytest.raises(refusal):
                brought(w, kind, 1, **said)


class TestDocuments:
    def test_letter_and_invoice_say_the_same_sum(self):
        w = world()
        _kind, listing = jarred(w)
        order = bought(w, listing, 3)
        letter = Letter.objects.get(key=f"{order.name}/placed").body
        assert "3 × deposit on Jar: 1.50 EUR" in letter and "19.50 EUR" in letter
        invoice = order.invoices.get()
        assert invoice.total == order.total == order.payments.get().amount == 1950
        assert [(row.rate, row.gross) for row in taxed(invoice.lines)] == [(55, 1800)]  # none of the deposit
        assert invoice_pdf(invoice).startswith(b"%PDF")

    def test_a_credit_note_says_which_deposits_went_back(self):
        w = world()
        kind, listing = jarred(w)
        order = bought(w, listing, 3)
        for _ in "ab":
            back(w, order, 2, key="k")
        brought(w, kind, 1)
        second, first = order.invoices.exclude(refund=None)
        assert [(note.number, note.total) for note in (first, second)] == [(2, -100), (3, -50)]
        assert first.lines == [
            {"title": "Jar", "pieces": 2, "price": -100, "vat": 0, "vat_rate": 0, "is_deposit": True}
        ]  # fmt: skip
        assert taxed(first.lines) == []
        assert invoice_pdf(first).startswith(b"%PDF")

    def test_containers_without_a_deposit_need_no_credit_note(self):
        w = world()
        order = bought(w, on_shelf(w, container=jars(w, deposit=0)), 3)
        back(w, order, 2)
        assert order.invoices.get().refund is None


class TestApi:
    def test_programs_read_the_same_sums(self, client):
        w = world()
        _kind, listing = jarred(w)
        order = bought(w, listing, 3)
        shelf = client.get("/api/1/listings/").json()
        assert (shelf[0]["price"], shelf[0]["deposit"]) == ("600", "50")
        told = client.get(f"/api/1/orders/{order.token}/").json()
        assert (told["total"], told["lines"][0]["price"], told["lines"][0]["deposit"]) == ("1950", "1800", "150")


class TestPages:
    def test_the_buyer_sees_it_before_any_personal_field_and_to_the_cent(self, client):
        w = world()
        _kind, listing = jarred(w)
        assert "+ €0.50 deposit" in client.get(reverse("shelf")).content.decode()
        assert "€0.50 for each container (Jar)" in client.get(reverse("listing", args=[listing.pk])).content.decode()
        client.post(reverse("put_in_cart", args=[listing.pk]), {"pieces": 3})
        for name in ("cart", "checkout"):
            page = client.get(reverse(name)).content.decode()
            assert "Deposit: Jar" in page and "19.50" in page and "€1.50 of it is deposit" in page
        assert "You will pay €19.50" in page
        order = bought(w, listing, 3)
        page = client.get(reverse("order", args=[order.token])).content.decode()
        assert "Deposit: Jar" in page and "19.50" in page and "Jar: 0 of 3 came back" in page
        assert "Where your €18.00 went" in page

    def test_a_clerk_gives_it_back_at_the_order(self, client):
        w = world()
        _kind, listing = jarred(w)
        order = bought(w, listing, 3)
        client.force_login(w.people["tom"])
        address = reverse("stall_order", args=["fern", order.name])
        assert "Jar of “Dark 72”: how many, of 3" in client.get(address).content.decode()
        said = {"key": "k" * 16, "line-1": "2", "hub": "fern", "way": "cash"}
        assert client.post(f"{address}containers", said | {"line-1": "4"}).status_code == 409
        assert client.post(f"{address}containers", said | {"way": "card"}).status_code == 422  # it was paid in cash
        assert client.post(f"{address}containers", said).status_code == 302
        assert purse(order) == 50

    def test_a_clerk_takes_what_somebody_brings(self, client):
        w = world()
        kind, listing = jarred(w)
        order = bought(w, listing, 3)
        client.force_login(w.people["tom"])
        address = reverse("containers_back", args=["fern"])
        page = client.get(address).content.decode()
        assert "€1.50" in page and "Still out" in page
        said = {"key": "k" * 16, "container": kind.pk, "containers": "2", "hub": "fern"}
        assert client.post(f"{address}take", said | {"containers": "4"}).status_code == 409
        page = client.post(f"{address}take", said, follow=True).content.decode()
        assert "1.00 EUR of deposit goes back" in page and purse(order) == 50

    def test_a_steward_says_in_which_goods_it_goes_out(self, client):
        w = world()
        kind, listing = jars(w), on_shelf(w)
        client.force_login(w.people["ada"])
        address = reverse("change_listing", args=["fern", listing.pk])
        assert "nothing that comes back" in client.get(address).content.decode()
        form = client.get(address).context["form"]
        said = {name: form.initial.get(name, "") for name in form.fields} | {
            "container": kind.pk,
            "allergens": ["none"],
        }
        assert client.post(address, said).status_code == 302
        listing.refresh_from_db()
        assert listing.container == kind

    def test_strangers_are_refused(self, client):
        w = world()
        _kind, listing = jarred(w)
        order = bought(w, listing, 3)
        for name, status in (("ben", 403), ("dov", 404)):
            client.force_login(w.people[name])
            assert client.get(reverse("containers_back", args=["fern"])).status_code == status
            for address in (reverse("take_containers_back", args=["fern"]),
                            reverse("give_deposits_back", args=["fern", order.name])):  # fmt: skip
                assert client.post(address, {}).status_code == status
