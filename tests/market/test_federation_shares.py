"""What a union pays a member cooperative arrives in that one's books, to the cent; a person's pay leaves them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooperatives.models import Membership
from cooperatives.services.admission import accept_request, ask_to_join
from cooperatives.services.agreements import adopt_agreement
from cooperatives.services.contributions import give_goods
from ledger.queries import balance_of, balances, entry
from ledger.rules.entries import Address, claim, refuse_malformed
from ledger.services.journal import undo_entry
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.rules.climbs import seat_paid_draft
from market.services.payouts import pay_purse
from market.services.settlements import divide_period
from tests.market.goods import bought, on_shelf, treasurer
from tests.world import RULES, key, world

pytestmark = [pytest.mark.quick]
E_UNION, E_FERN = "EUR@coops/union", "EUR@coops/fern"
AMOUNTS = st.lists(st.integers(1, 2**40), min_size=1, max_size=8)
NAMES = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


class TestTheDraft:
    @given(
        st.lists(st.integers(1, 2**40), min_size=1, max_size=8), NAMES, NAMES, st.sampled_from(["bank", "cash", "momo"])
    )
    def test_nothing_is_lost_or_made_on_the_way(self, amounts: list[int], union: str, society: str, kind: str) -> None:
        """In whatever parts it is paid: what leaves the union reaches the society, and claims follow the money."""
        if union == society:
            return
        sums: dict[tuple[str, str], int] = {}
        for n, amount in enumerate(amounts):
            draft = seat_paid_draft(
                key=f"{kind}/{union}/{n}", holder=f"coops/{union}", seat="members/x", society=f"coops/{society}",
                keeper=f"{kind}/{union}", money="EUR", amount=amount, at=datetime(2026, 1, 1, tzinfo=UTC), by=(),
                evidence_hash="0" * 64,
            )  # fmt: skip
            refuse_malformed(draft, frozenset({"EUR"}))  # holders' claims and money stay equal
            for giver, taker, unit, quantity in draft.flows:
                for address, change in ((giver, -quantity), (taker, quantity)):
                    account = Address.parse(address)
                    sums[account.owner, unit] = sums.get((account.owner, unit), 0) + change
        total = sum(amounts)
        assert sums.pop((f"coops/{union}", "EUR")) == -total
        assert sums.pop((f"coops/{society}", "EUR")) == total
        assert sums.pop(("members/x", claim("EUR", f"coops/{union}"))) == -total
        assert sums.pop((f"coops/{union}", claim("EUR", f"coops/{union}"))) == total
        assert sums.pop((f"coops/{society}", claim("EUR", f"coops/{society}"))) == 0
        assert sums == {}


@pytest.mark.django_db
class TestPayASeat:
    def test_its_share_is_booked_on_and_the_books_still_close(self) -> None:
        fern, union = world(), world("union", "Union of Villages")
        olga = treasurer(union, "Olga")
        asked = ask_to_join(
            cooperative=union.fern, society=fern.fern, person=fern.people["ada"], name="Ada", language="en",
            at=union.later(),
        )  # fmt: skip
        accept_request(request=asked, by=union.ada, at=union.later())
        seat = union.fern.memberships.get(society=fern.fern)
        adopt_agreement(cooperative=union.fern, rules=RULES, at=union.later(), by=union.ada)
        lot = give_goods(
            by=union.ada, giver=seat, goods="Wet beans", unit="g", quantity=50_000, hub=union.hub, lot_code="b-1",
            at=union.later(), key=key(),
        )  # fmt: skip
        bought(union, on_shelf(union, lot), 10)
        divide_period(by=union.ada, cooperative=union.fern, upto=union.at.date(), at=union.later())
        share = balance_of(f"{seat.address}/purse", E_UNION)
        assert share > 100
        before = _held("coops/union")
        paid = []
        for part in (share // 3, share - share // 3):
            paid.append(pay_purse(
                by=olga, approved_by=union.ada, owner=seat.address, amount=part, currency="EUR", keeper="cash/union",
                statement_line=key("n").replace("/", "-"), evidence="signed", at=union.later(),
            ))  # fmt: skip
        assert balance_of(f"{seat.address}/purse", E_UNION) == 0
        assert balance_of(_earned(seat), E_FERN) == balance_of("coops/fern/till@cash/fern", "EUR") == share
        assert _held("coops/union") == before - share
        assert [row for row in balances(prefix=f"{seat.address}/pocket") if row.quantity] == []
        # Taken back, all of it is where it was.
        second = entry(paid[1].entry)
        assert second is not None
        undo_entry(entry=second.id, key="cash/union/back", at=union.later(), by=(union.ada.address,))
        assert balance_of(f"{seat.address}/purse", E_UNION) == share - share // 3
        assert balance_of(_earned(seat), E_FERN) == share // 3
        publish_checkpoint()
        assert verify_log().agrees


def _held(holder: str) -> int:
    return sum(row.quantity for row in balances(prefix=f"{holder}/till", unit="EUR"))


def _earned(seat: Membership) -> str:
    return f"coops/fern/earned/seat-{seat.random_name}"
