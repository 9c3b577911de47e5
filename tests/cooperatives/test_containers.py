"""Packaging that comes back: counted in, lent to members without money, brought back, never more than went out."""

import pytest

from cooperatives.queries import lots_at_hand, lots_to_use
from cooperatives.queries.containers import whereabouts
from cooperatives.services.containers import (
    ContainerKnown,
    NoDeposit,
    NotSoManyOut,
    NotSoManyThere,
    add_container,
    bring_back,
    count_in,
    lend,
    set_deposit,
    take_off,
)
from cooperatives.services.lots import UnknownReason
from cooperatives.services.making import QuantityMissing
from cooperatives.services.people import UnreadableName
from ledger import queries as ledger
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import NotAllowed, NotFound
from tests.world import key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


def cans(w, number=10, **said):
    kind = add_container(**{"by": w.ada, "name": "Milk can", "deposit": 0, "at": w.later()} | said)
    if number:
        count_in(by=w.ada, container=kind, hub=w.hub, quantity=number, at=w.later(), key=key())
    return kind


def where(w):
    """(at hubs, with members, with buyers) of the first kind."""
    (row,) = whereabouts(w.fern, w.ada)
    return [n for _, n in row.at_hubs], [(name, n) for _, name, n in row.with_members], row.with_buyers


def moved(w, kind, **said):
    return {"by": w.tom, "container": kind, "hub": w.hub, "member": w.ben, "quantity": 3, "at": w.later(),
            "key": key()} | said  # fmt: skip


class TestAddContainer:
    def test_a_steward_names_a_kind_once(self):
        w = world()
        kind = cans(w, 0, deposit=50)
        for refusal, said in (
            (NotAllowed, {"by": w.tom, "name": "Jar"}), (ContainerKnown, {"name": "milk CAN"}),
            (NoDeposit, {"name": "Jar", "deposit": -1}), (UnreadableName, {"name": " "}),
        ):  # fmt: skip
            with pytest.raises(refusal):
                cans(w, 0, **said)
        assert set_deposit(by=w.ada, container=kind, deposit=80).deposit == 80
        for refusal, said in ((NotAllowed, {"by": w.tom, "deposit": 1}), (NoDeposit, {"deposit": -1})):
            with pytest.raises(refusal):
                set_deposit(**{"by": w.ada, "container": kind} | said)


class TestLend:
    def test_changes_hands_and_never_the_owner_and_comes_back(self):
        w = world()
        kind = cans(w)
        lend(**moved(w, kind))
        assert where(w) == ([7], [("Ben", 3)], 0)
        owned = {row.address.partition("@")[0]: 0 for row in ledger.balances(owner="coops/fern", words=["lots"])}
        assert list(owned) == [f"coops/fern/lots/milk-can-k{kind.pk}-1"]
        entry = ledger.entries_touching([f"coops/fern/lots/milk-can-k{kind.pk}-1@{w.ben.address}"])[0]
        assert (entry.action, entry.purpose, entry.by) == ("transfer-custody", "lend", (w.tom.address,))
        bring_back(**moved(w, kind, quantity=2))
        assert where(w) == ([9], [("Ben", 1)], 0)

    def test_never_more_comes_back_than_went_out(self):
        w = world()
        kind = cans(w)
        lend(**moved(w, kind))
        with pytest.raises(NotSoManyOut):
            bring_back(**moved(w, kind, quantity=4))
        with pytest.raises(NotSoManyOut):
            bring_back(**moved(w, kind, member=w.ada, quantity=1))
        assert where(w) == ([7], [("Ben", 3)], 0)

    def test_once_for_its_key(self):
        w = world()
        kind = cans(w)
        same = moved(w, kind)
        lend(**same)
        lend(**same)
        back = moved(w, kind, quantity=1)
        bring_back(**back)
        bring_back(**back)
        assert where(w) == ([8], [("Ben", 2)], 0)
        with pytest.raises(KeyHasAnotherBody):
            lend(**same | {"quantity": 1})

    def test_what_the_books_did_not_know_is_found_first(self):
        w = world()
        kind = cans(w, 2)
        lend(**moved(w, kind, quantity=5))
        assert where(w) == ([], [("Ben", 5)], 0)
        assert ledger.balance_of("unknown/count/count", "container") == -5  # two counted in, three found
        bring_back(**moved(w, kind, quantity=5))  # into both lots, though one of them was drawn empty
        assert where(w) == ([5], [], 0)

    def test_refuses_strangers_and_nothing(self):
        w, oak = world(), world("oak", "Oak")
        kind = cans(w)
        for verb in (lend, bring_back):
            for refusal, said in (
                (NotAllowed, {"by": w.ben}), (NotAllowed, {"by": oak.ada}), (NotFound, {"hub": oak.hub}),
                (QuantityMissing, {"quantity": 0}),
            ):  # fmt: skip
                with pytest.raises(refusal):
                    verb(**moved(w, kind, **said))
        with pytest.raises(NotFound):
            lend(**moved(w, kind, member=oak.ben))


class TestTakeOff:
    def test_what_broke_is_gone_and_new_ones_are_another_lot(self):
        w = world()
        kind = cans(w)
        said = {"by": w.tom, "container": kind, "hub": w.hub, "quantity": 4, "at": w.later(), "key": key()}
        take_off(**said, reason="spoiled")
        take_off(**said, reason="spoiled")
        assert where(w) == ([6], [], 0)
        count_in(by=w.tom, container=kind, hub=w.hub, quantity=5, at=w.later(), key=key())
        take_off(**said | {"quantity": 8, "key": key()}, reason="missing")  # six of the old, two of the new
        assert where(w) == ([3], [], 0)
        for refusal, other in ((NotSoManyThere, {"quantity": 4}), (UnknownReason, {"reason": "eaten"})):
            with pytest.raises(refusal):
                take_off(**said | {"reason": "missing", "key": key()} | other)


def test_packaging_is_no_goods():
    w = world()
    cans(w)
    assert (lots_at_hand(w.fern), lots_to_use(w.fern)) == ([], [])


class TestPage:
    URL = "/cooperatives/fern/containers/"
    KEY = "page/00000000-0000-4000-8000-00000000000"

    def test_a_steward_adds_a_kind_and_a_clerk_lends_it(self, client):
        w = world()
        client.force_login(w.people["ada"])
        assert client.post(f"{self.URL}add", {"name": "Jar", "deposit": "x"}).status_code == 400
        assert client.post(f"{self.URL}add", {"name": "Jar", "deposit": "0.50"}).status_code == 302
        (kind,) = w.fern.containers.all()
        assert kind.deposit == 50
        client.post(f"{self.URL}{kind.pk}/deposit", {"deposit": "0.80"})
        client.force_login(w.people["tom"])
        move = {"key": f"{self.KEY}1", "quantity": "9", "hub": "fern"}
        client.post(f"{self.URL}{kind.pk}/in", move)
        client.post(f"{self.URL}{kind.pk}/lend", move | {"key": f"{self.KEY}2", "quantity": "4",
                                                         "member": w.ben.address})  # fmt: skip
        client.post(f"{self.URL}{kind.pk}/back", move | {"key": f"{self.KEY}3", "quantity": "1",
                                                         "member": w.ben.address})  # fmt: skip
        client.post(f"{self.URL}{kind.pk}/off", move | {"key": f"{self.KEY}4", "quantity": "2",
                                                        "reason": "spoiled"})  # fmt: skip
        assert where(w) == ([4], [("Ben", 3)], 0)
        page = client.get(self.URL).content.decode()
        assert "Lent to Ben" in page and "€0.80" in page and "Another kind" not in page

    def test_too_many_are_refused_at_the_head_of_the_page(self, client):
        w = world()
        kind = cans(w)
        client.force_login(w.people["tom"])
        too_many = {"key": f"{self.KEY}1", "quantity": "11", "hub": "fern", "reason": "missing"}
        answer = client.post(f"{self.URL}{kind.pk}/off", too_many)
        assert answer.status_code == 409 and "There are only 10 of “Milk can”" in answer.content.decode()

    def test_refuses_members_and_strangers(self, client):
        w = world()
        kind = cans(w)
        for name, status in (("ben", 403), ("dov", 404)):
            client.force_login(w.people[name])
            for address in (self.URL,):
                assert client.get(address).status_code == status
            for what in ("add", f"{kind.pk}/deposit", f"{kind.pk}/lend"):
                assert client.post(f"{self.URL}{what}", {}).status_code == status
        client.force_login(w.people["tom"])
        assert client.post(f"{self.URL}{kind.pk}/steal", {}).status_code == 404
