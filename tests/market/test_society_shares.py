"""A union's sale runs on through its member cooperative: by the lots it delivered, or among all who gave meanwhile."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.urls import reverse

from cooperatives.models import Letter, Lot, Membership
from cooperatives.queries import passbook
from cooperatives.rules.steps import read_agreement
from cooperatives.services.admission import accept_request, ask_to_join
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.contributions import give_goods
from cooperatives.services.deliveries import NoMemberThere, deliver_lot
from cooperatives.services.labels import OwnershipUnknown, PermissionNeeded, declare_ownership, set_label
from cooperatives.services.lots import take_off_lot
from cooperatives.services.permissions import permit_sale
from ledger.queries import balance_of, balances, entry
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed, Refusal
from ledger.services.journal import undo_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Division
from market.pages.trials import tried
from market.queries import where_money_went
from market.services.checkout import KeptFromSale, NotForSale
from market.services.payouts import pay_purse
from market.services.settlements import divide_period
from tests.cooperatives.test_recipes import made, recipe
from tests.market.goods import bought, on_shelf, treasurer
from tests.world import RULES, World, agreed, beans, key, start_process, work, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

E_FERN, E_UNION = "EUR@coops/fern", "EUR@coops/union"
_days = iter(range(1, 5_000))


@dataclass
class Village:
    """Fern, a member of the Union of Villages, which sells what Fern's members brought in."""

    fern: World
    union: World
    olga: Membership
    seat: Membership

    def divided(self, w: World) -> list[Division]:
        upto = date(2026, 1, 1) + timedelta(days=next(_days))
        return divide_period(by=w.ada, cooperative=w.fern, upto=upto, at=w.later())

    def paid(self, *, owner: str = "", lot: str = "", amount: int | None = None):
        """The union pays out what it holds for Fern, from its cash box."""
        owner = owner or self.seat.address
        held = balance_of(f"{owner}/earned/{lot}" if lot else f"{owner}/purse", E_UNION)
        return pay_purse(
            by=self.olga, approved_by=self.union.ada, owner=owner, lot=lot, amount=amount or held, currency="EUR",
            keeper="cash/union", statement_line=key("n").replace("/", "-"), evidence="signed", at=self.union.later(),
        )  # fmt: skip


@pytest.fixture
def v() -> Village:
    fern, union = world(), world("union", "Union of Villages")
    olga = treasurer(union, "Olga")
    said = {"person": fern.people["ada"], "name": "Ada", "language": "en"}
    asked = ask_to_join(cooperative=union.fern, society=fern.fern, at=union.later(), **said)
    accept_request(request=asked, by=union.ada, at=union.later())
    adopt_agreement(cooperative=union.fern, rules=RULES, at=union.later(), by=union.ada)
    agreed(fern)
    return Village(fern, union, olga, union.fern.memberships.get(society=fern.fern))


def weighed_in(v: Village, grams: int = 50_000) -> Lot:
    """Fern's beans on the union's scale: nobody says of which lot they are."""
    return give_goods(
        by=v.union.ada, giver=v.seat, goods="Wet beans", unit="g", quantity=grams, hub=v.union.hub, lot_code="b-1",
        at=v.union.later(), key=key(),
    )  # fmt: skip


def delivered(v: Village, lot: Lot, grams: int, **more) -> Lot:
    said = {"by": v.fern.ada, "lot": lot, "hub": v.union.hub, "quantity": grams, "at": v.fern.later(), "key": key()}
    return deliver_lot(**said | more)


class TestDeliverALot:
    def test_is_drawn_here_and_filled_there_and_done_once(self, v):
        lot, again = beans(v.fern, 40_000, code="fb-1"), key()
        taken = delivered(v, lot, 30_000, key=again)
        assert delivered(v, lot, 30_000, key=again) == taken
        assert balance_of(lot.address, "g") == 10_000
        assert balance_of(taken.address, "g") == 30_000
        assert taken.cooperative == v.union.fern
        with pytest.raises(KeyHasAnotherBody):
            delivered(v, lot, 20_000, key=again)

    def test_refuses_a_member_a_stranger_and_too_much(self, v):
        lot, oak = beans(v.fern, 40_000, code="fb-1"), world("oak", "Oak")
        for by in (v.fern.ben, oak.ada, v.union.ada):
            with pytest.raises(NotAllowed):
                delivered(v, lot, 1_000, by=by)
        with pytest.raises(Refusal):
            delivered(v, lot, 41_000)
        with pytest.raises(NoMemberThere):
            delivered(v, lot, 1_000, hub=oak.hub)

    def test_the_clerk_finds_it_on_the_lots_desk(self, v, client):
        lot = beans(v.fern, 40_000, code="fb-1")
        client.force_login(v.fern.people["tom"])
        page = client.get(reverse("lot_desk", args=["fern", "fb-1"])).content.decode()
        assert "Deliver to your union" in page
        said = {"quantity": "12.5", "hub": v.union.hub.slug, "key": "page/6f4c2a00-0000-4000-8000-000000000001"}
        assert client.post(reverse("deliver_lot", args=["fern", "fb-1"]), said).status_code == 302
        assert balance_of(lot.address, "g") == 27_500
        # Where there is no union, nothing is offered.
        oak = world("oak", "Oak")
        beans(oak, 1_000, code="ob-1")
        client.force_login(oak.people["ada"])
        assert "Deliver to your union" not in client.get(reverse("lot_desk", args=["oak", "ob-1"])).content.decode()


class TestADeliveryInError:
    def test_a_clerk_puts_it_right_on_a_page_until_the_union_passed_it_on(self, v, client):
        lot = beans(v.fern, 40_000, code="fb-1")
        taken = delivered(v, lot, 30_000, key="phone/delivery-1")
        client.force_login(v.fern.people["tom"])
        at = reverse("correct_passed", args=["fern", "fb-1", "phone/delivery-1"])
        desk = client.get(reverse("lot_entries", args=["fern", "fb-1"])).text
        assert at in desk and "Union of Villages" in desk and "−30" in desk
        said = {"key": "page/6f4c2a00-0000-4000-8000-000000000001", "reason": "It was the other lot.", "quantity": "25"}
        assert client.post(at, said | {"reason": ""}).status_code == 400
        assert client.post(at, said).status_code == 302
        assert (balance_of(lot.address, "g"), balance_of(taken.address, "g")) == (15_000, 25_000)
        said |= {"key": "page/6f4c2a00-0000-4000-8000-000000000002", "quantity": "26"}
        assert client.post(at, said).status_code == 302
        assert "26" in client.get(at).text and balance_of(taken.address, "g") == 26_000
        said |= {"key": "page/6f4c2a00-0000-4000-8000-000000000003", "quantity": "24"}
        client.force_login(v.union.people["ada"])
        theirs = reverse("correct_passed", args=["union", taken.code, "phone/delivery-1"])
        assert theirs in client.get(reverse("lot_entries", args=["union", taken.code])).text
        take_off_lot(by=v.union.ada, lot=taken, quantity=26_000, reason="spoiled", at=v.union.later(), key=key())
        assert client.post(theirs, said).status_code == 409
        client.force_login(v.fern.people["ben"])
        assert client.get(at).status_code == client.post(at, said).status_code == 403

    def test_all_of_it_comes_back_and_what_nobody_recorded_is_not_found(self, v, client):
        lot = beans(v.fern, 40_000, code="fb-1")
        taken = delivered(v, lot, 30_000, key="phone/delivery-1")
        client.force_login(v.fern.people["ada"])
        said = {"key": "page/6f4c2a00-0000-4000-8000-000000000001", "reason": "It never went there."}
        assert (
            client.post(reverse("correct_passed", args=["fern", "fb-1", "phone/delivery-2"]), said).status_code == 404
        )
        at = reverse("correct_passed", args=["fern", "fb-1", "phone/delivery-1"])
        assert client.post(at, said).status_code == 302
        assert (balance_of(lot.address, "g"), balance_of(taken.address, "g")) == (40_000, 0)
        assert (
            client.get(at).status_code == 404
            and at not in client.get(reverse("lot_entries", args=["fern", "fb-1"])).text
        )
        taken_off = key()
        take_off_lot(by=v.fern.ada, lot=lot, quantity=1_000, reason="spoiled", at=v.fern.later(), key=taken_off)
        at = reverse("correct_passed", args=["fern", "fb-1", taken_off])
        said |= {"key": "page/6f4c2a00-0000-4000-8000-000000000002", "quantity": "0.4"}
        assert client.post(at, said).status_code == 302
        assert balance_of(lot.address, "g") == 39_600


class TestByTheLotsItDelivered:
    def test_every_cent_runs_from_the_sale_to_the_passbook(self, v, client):
        """Ben's beans, Fern's lot, the union's lot, an order; and back: division, payment, division, purse."""
        taken = delivered(v, beans(v.fern, 40_000, code="fb-1"), 40_000)
        order = bought(v.union, on_shelf(v.union, taken, unit_quantity=1000), 10)
        v.divided(v.union)
        share = balance_of("coops/fern/earned/fb-1", E_UNION)
        assert share > 0 and balance_of(f"{v.seat.address}/purse", E_UNION) == 0
        book = passbook(v.seat)
        assert (book.balance, book.total("earned"), book.given) == (share, share, {"g": 40_000})
        v.paid(owner="coops/fern", lot="fb-1")
        assert balance_of("coops/fern/earned/fb-1", E_FERN) == share
        assert passbook(v.seat).balance == 0 and passbook(v.seat).total("paid") == share
        (row,) = v.divided(v.fern)
        assert row.amount == share and row.parts["agreement"] == 1
        ben = balance_of(f"{v.fern.ben.address}/purse", E_FERN)
        assert ben > 0
        found = where_money_went(order=order)
        assert not found.waiting and sum(found.by_owner().values()) == order.total
        assert found.by_owner()[v.fern.ben.address] == ben
        # Ben reads his own part, and where it came from; not what others received.
        client.force_login(v.fern.people["ben"])
        page = client.get(reverse("division", args=["fern", row.entry])).content.decode()
        assert "Union of Villages" in page and "from sales of lot" in page
        assert "Everybody else, the reserve and funds" in page
        assert reverse("division", args=["fern", row.entry]) in client.get(reverse("passbook")).content.decode()
        publish_checkpoint()
        assert verify_log().agrees


class TestWithoutLots:
    def test_what_was_paid_is_earned_and_divided_among_who_gave_meanwhile(self, v, client):
        beans(v.fern, 30_000)
        process = start_process(by=v.fern.ada, cooperative=v.fern.fern, name="Sort", at=v.fern.later())
        work(v.fern, process, 120, v.fern.tom)
        bought(v.union, on_shelf(v.union, weighed_in(v)), 10)
        v.divided(v.union)
        payout = v.paid()
        path = f"coops/fern/earned/seat-{v.seat.random_name}"
        assert balance_of(path, E_FERN) == payout.amount
        (row,) = v.divided(v.fern)
        assert balance_of(path, E_FERN) == 0
        assert row.amount == payout.amount and sum(row.parts["parts"].values()) == payout.amount
        # 30 kg at 2.00 against two hours at 5.50: the residual of Fern's own agreement, and nobody is owed a floor.
        ben, tom = (balance_of(f"{m.address}/purse", E_FERN) for m in (v.fern.ben, v.fern.tom))
        assert abs(ben * 1100 - tom * 6000) < 6000 and tom > 0
        assert not [b for b in balances(owner=v.fern.ben.address, words=["debt"]) if b.quantity]
        client.force_login(v.fern.people["ada"])
        page = client.get(reverse("division", args=["fern", row.entry])).content.decode()
        assert "Nobody named the lots" in page and "from sales of lot b-1" in page.replace("\n", " ")
        assert "Paid by Union of Villages" in client.get(reverse("settlement", args=["fern"])).content.decode()
        publish_checkpoint()
        assert verify_log().agrees

    def test_the_next_payment_counts_only_what_was_given_since(self, v):
        beans(v.fern, 30_000)
        listing = on_shelf(v.union, weighed_in(v))
        bought(v.union, listing, 10)
        v.divided(v.union)
        v.paid()
        v.divided(v.fern)
        before = balance_of(f"{v.fern.ben.address}/purse", E_FERN)
        process = start_process(by=v.fern.ada, cooperative=v.fern.fern, name="Sort", at=v.fern.later())
        work(v.fern, process, 120, v.fern.tom)
        bought(v.union, listing, 10)
        v.divided(v.union)
        v.paid()
        v.divided(v.fern)
        assert balance_of(f"{v.fern.ben.address}/purse", E_FERN) == before
        assert balance_of(f"{v.fern.tom.address}/purse", E_FERN) > 0
        # A proposal tried on both divisions gives each to the cent what it gave, where the rules are the same.
        steps = read_agreement(RULES)
        trial = tried(v.fern.fern, steps, steps)
        assert trial.now.parts[f"{v.fern.ben.address}/purse"] == before
        assert trial.total == sum(trial.then.parts.values())

    def test_where_nobody_gave_it_stays_in_reserve(self, v):
        bought(v.union, on_shelf(v.union, weighed_in(v)), 10)
        v.divided(v.union)
        payout = v.paid()
        (row,) = v.divided(v.fern)
        assert sum(row.parts["parts"].values()) == payout.amount
        assert balance_of("coops/fern/reserve", E_FERN) > 0

    def test_the_stewards_are_told(self, v):
        bought(v.union, on_shelf(v.union, weighed_in(v)), 10)
        v.divided(v.union)
        payout = v.paid()
        letter = Letter.objects.get(key=f"payouts/{payout.pk}/{v.fern.ada.pk}")
        assert letter.to == "ada@rennet.example"
        assert "Union of Villages paid Fern Cooperative" in letter.body and "/stall/fern/settlement/" in letter.body

    def test_a_payment_that_came_back_is_not_divided(self, v):
        bought(v.union, on_shelf(v.union, weighed_in(v)), 10)
        v.divided(v.union)
        payout = v.paid()
        found = entry(payout.entry)
        undo_entry(entry=found.id, key="cash/union/back", at=v.union.later(), by=(v.union.ada.address,))
        assert v.divided(v.fern) == []
        assert balance_of(f"{v.seat.address}/purse", E_UNION) == payout.amount


class TestThePage:
    def test_is_not_there_for_a_stranger_nor_for_the_union(self, v, client):
        taken = delivered(v, beans(v.fern, 40_000, code="fb-1"), 40_000)
        bought(v.union, on_shelf(v.union, taken, unit_quantity=1000), 10)
        (row,) = v.divided(v.union)
        for person in (v.fern.dov, v.fern.people["ben"]):
            client.force_login(person)
            assert client.get(reverse("division", args=["union", row.entry])).status_code == 404
        client.force_login(v.union.people["ada"])
        assert client.get(reverse("division", args=["union", row.entry])).status_code == 200
        assert client.get(reverse("division", args=["fern", row.entry])).status_code == 404


class TestTheTermsOfARecipe:
    """What Fern makes by a recipe and delivers, its union sells only where the recipe lets both of them."""

    def bars(self, v: Village, **terms) -> Lot:
        oak = world("oak", "Oak")
        self.oak, self.recipe = oak, recipe(oak, **terms)
        return delivered(v, made(v.fern, self.recipe), 10_000)

    def test_an_agreement_with_the_seller_alone_is_not_enough(self, v):
        taken = self.bars(v, terms="agreement")
        for partner in (v.fern.fern, v.union.fern):
            with pytest.raises(PermissionNeeded):
                on_shelf(v.union, taken, unit_quantity=1000)
            permit_sale(by=self.oak.ada, recipe=self.recipe.recipe, cooperative=partner, at=v.union.later())
        on_shelf(v.union, taken, unit_quantity=1000)

    def test_whoever_investors_own_sells_no_way_round_through_a_union(self, v):
        taken = self.bars(v, terms="peers")
        declare_ownership(by=v.union.ada, cooperative=v.union.fern, kind="members", at=v.union.later())
        with pytest.raises(OwnershipUnknown, match="Fern"):
            on_shelf(v.union, taken, unit_quantity=1000)
        declare_ownership(by=v.fern.ada, cooperative=v.fern.fern, kind="investors", at=v.fern.later())
        with pytest.raises(PermissionNeeded):
            on_shelf(v.union, taken, unit_quantity=1000)
        declare_ownership(by=v.fern.ada, cooperative=v.fern.fern, kind="members", at=v.fern.later())
        listing = on_shelf(v.union, taken, unit_quantity=1000)
        # What was on the shelf already obeys for the next order too.
        declare_ownership(by=v.fern.ada, cooperative=v.fern.fern, kind="investors", at=v.fern.later())
        with pytest.raises(NotForSale):
            bought(v.union, listing, 1)

    def test_a_label_goes_with_the_goods(self, v):
        taken = self.bars(v)
        listing = on_shelf(v.union, taken, unit_quantity=1000)
        set_label(by=self.oak.ada, recipe=self.recipe.recipe, code="TK-NC", text="Never sold.", at=v.union.later())
        with pytest.raises(KeptFromSale):
            bought(v.union, listing, 1)
