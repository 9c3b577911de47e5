"""The words of a price's receivers, as buyers read them."""

import pytest
from django.utils.translation import override

from market.charts import _who
from market.rules.receivers import Receiver

pytestmark = pytest.mark.quick


class TestTogether:
    """Too few people to be named are one sum with the next receiver, which has a word and not an address."""

    @pytest.mark.parametrize(
        ("owner", "en", "fr"),
        [
            ("operators/market", "One person and this market", "Une personne et ce marché"),
            ("tax/gh", "One person and the tax office", "Une personne et le service des impôts"),
            ("coops/fern", "One person and fern", "Une personne et fern"),
        ],
    )
    def test_says_with_whom(self, owner: str, en: str, fr: str) -> None:
        row = Receiver("together", owner, "together", 1, 32, "declared")
        assert _who(row, {}) == en
        with override("fr"):
            assert _who(row, {}) == fr
