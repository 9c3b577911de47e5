"""Who receives a price, as a page says it: nobody's own can be worked out of a row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.rules.disclosure import is_revealing
from market.rules.receivers import COUNTED, receivers
from market.rules.splits import Slice

pytestmark = pytest.mark.quick

HOME = "gh/ashanti"
OWNERS = st.sampled_from(
    [f"members/{n}" for n in "abcdefgh"]
    + ["workers/upper", "coops/fern", "commons/shade", "tax/gh", "operators/market"]
)


def slices(**shares: int) -> list[Slice]:
    return [Slice(owner.replace("_", "/"), "share", "declared", quantity) for owner, quantity in shares.items()]


def rows(parts: list[Slice]) -> list[tuple[str, str, int, int]]:
    (group,) = receivers(parts, {part.owner: HOME for part in parts}, HOME)
    return [(row.kind, row.owner, row.people, row.quantity) for row in group.receivers]


def test_many_are_one_row_beside_their_cooperative() -> None:
    many = slices(**{f"members_{n}": 10 for n in "abcdef"}, coops_fern=7)
    assert rows(many) == [("members", "", 6, 60), ("coops", "coops/fern", 1, 7)]


def test_one_alone_is_told_together_with_what_is_nobodys_own() -> None:
    assert rows(slices(members_a=60, coops_fern=7, coops_oak=9)) == [
        ("together", "coops/fern", 1, 67),
        ("coops", "coops/oak", 1, 9),
    ]


def test_few_of_several_kinds_hide_each_other_if_they_are_enough() -> None:
    few = slices(**{f"members_{n}": 10 for n in "abc"}, **{f"workers_{n}": 9 for n in "xyz"}, coops_fern=7)
    assert rows(few) == [("together", "", 6, 57), ("coops", "coops/fern", 1, 7)]


def test_where_there_is_nothing_else_the_bar_itself_tells() -> None:
    assert rows(slices(members_a=60)) == [("members", "", 1, 60)]


@given(st.lists(st.tuples(OWNERS, st.integers(1, 500)), min_size=1, max_size=12))
def test_rows_sum_to_their_group_and_give_nobody_away_whom_another_row_could_hide(drawn: list[tuple[str, int]]) -> None:
    parts = [Slice(owner, "share", "declared", quantity) for owner, quantity in drawn]
    for group in receivers(parts, dict.fromkeys((owner for owner, _ in drawn), HOME), HOME):
        assert group.quantity == sum(row.quantity for row in group.receivers)
        for row in group.receivers:
            if row.kind in COUNTED and len(group.receivers) > 1:
                own: dict[str, int] = {}
                for part in parts:
                    if part.owner.startswith(row.kind):
                        own[part.owner] = own.get(part.owner, 0) + part.quantity
                assert not is_revealing(list(own.values()))
