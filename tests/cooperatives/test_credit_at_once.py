"""Credit in the same moment: neither limit is crossed, nobody leaves with a balance, and without the locks they are."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from cooperatives.models import CreditLimit
from cooperatives.services import credit as services
from cooperatives.services.credit import (
    BeyondTheirLimit,
    BeyondYourLimit,
    NotInTheCircle,
    set_limits,
)
from cooperatives.services.people import CreditStillOpen, leave_cooperative
from ledger.services.journal import record_account
from tests.cooperatives.circle import fern_with_hours, paid, purse

pytestmark = pytest.mark.quick


@pytest.fixture
def w(db):
    """Fern, its treasurer Eve, and a circle of hours."""
    return fern_with_hours()


class TestAtOnce:
    """Two payments in the same moment, against real rows and locks."""

    def at_once(self, *acts: Callable[[], object]) -> list[object]:
        start, answers = threading.Barrier(len(acts)), []

        def run(act: Callable[[], object]) -> None:
            start.wait()
            try:
                answers.append(act())
            except (BeyondYourLimit, BeyondTheirLimit) as no:
                answers.append(no)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_the_floor_is_not_crossed(self, own_database):
        w = fern_with_hours()
        takers = [w.ada, w.tom, w.eve, w.ada]
        answers = self.at_once(*(lambda to=to: paid(w, w.circle, w.ben, to.address, 250) for to in takers))
        assert sum(isinstance(one, BeyondYourLimit) for one in answers) == 2
        assert purse(w, w.ben.address) == -500

    def test_without_the_floor_of_the_ledger_it_is(self, own_database):
        w = fern_with_hours()
        paid(w, w.circle, w.ben, w.ada.address, 1)
        record_account(address=f"{w.ben.address}/purse", floors={"HFERN": None}, at=w.later())
        takers = [w.ada, w.tom, w.eve, w.ada]
        self.at_once(*(lambda to=to: paid(w, w.circle, w.ben, to.address, 250) for to in takers))
        assert purse(w, w.ben.address) == -1_001

    def test_the_ceiling_is_not_crossed(self, own_database):
        w = fern_with_hours()
        set_limits(by=w.eve, circle=w.circle, owner=w.ada.address, floor=0, ceiling=400, at=w.later())
        givers = [w.ben, w.tom, w.eve]
        answers = self.at_once(*(lambda by=by: paid(w, w.circle, by, w.ada.address, 250) for by in givers))
        assert sum(isinstance(one, BeyondTheirLimit) for one in answers) == 2
        assert purse(w, w.ada.address) == 250

    def test_without_the_lock_it_is(self, own_database, monkeypatch):
        w = fern_with_hours()
        set_limits(by=w.eve, circle=w.circle, owner=w.ada.address, floor=0, ceiling=400, at=w.later())
        givers = [w.ben, w.tom]
        for by in givers:
            paid(w, w.circle, by, w.eve.address, 1)
        looked = threading.Barrier(len(givers))
        refuse = services.refuse_above

        def look_then_wait(*args):
            refuse(*args)
            looked.wait(timeout=20)  # all have looked before any has paid

        monkeypatch.setattr(services, "lock_limits", lambda *_args, **_kwargs: [])
        monkeypatch.setattr(services, "refuse_above", look_then_wait)
        self.at_once(*(lambda by=by: paid(w, w.circle, by, w.ada.address, 250) for by in givers))
        assert purse(w, w.ada.address) == 500

    def leaving(self, w, monkeypatch) -> tuple[list[object], object]:
        """Ben pays Tom for the first time, who leaves after Ben has looked whether he is there."""
        looked, answers = threading.Event(), []
        refuse = services.refuse_above

        def look_then_wait(*args):
            refuse(*args)
            looked.set()
            time.sleep(1)  # he presses the button meanwhile

        monkeypatch.setattr(services, "refuse_above", look_then_wait)

        def leave():
            looked.wait(timeout=20)
            return leave_cooperative(membership=w.tom, at=w.at, by=w.tom)

        def run(act):
            try:
                answers.append(act())
            except (NotInTheCircle, CreditStillOpen) as no:
                answers.append(no)
            finally:
                connection.close()

        acts = (lambda: paid(w, w.circle, w.ben, w.tom.address, 5), leave)
        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        w.tom.refresh_from_db()
        return answers, w.tom.left_at

    def test_who_is_paid_for_the_first_time_does_not_leave_with_it(self, own_database, monkeypatch):
        w = fern_with_hours()
        answers, left_at = self.leaving(w, monkeypatch)
        assert any(isinstance(one, CreditStillOpen) for one in answers)
        assert left_at is None and purse(w, w.tom.address) == 5

    def test_without_the_lock_somebody_leaves_with_a_balance(self, own_database, monkeypatch):
        w = fern_with_hours()
        monkeypatch.setattr(services, "lock_members", lambda _owners: None)
        _answers, left_at = self.leaving(w, monkeypatch)
        assert left_at is not None and purse(w, w.tom.address) == 5

    def test_first_payments_of_one_account_open_it_once(self, own_database):
        w = fern_with_hours()
        self.at_once(*(lambda by=by: paid(w, w.circle, by, w.ada.address, 5) for by in (w.ben, w.tom, w.eve)))
        assert CreditLimit.objects.filter(owner=w.ada.address).count() == 1 and purse(w, w.ada.address) == 15
