"""Every address of the books has words in each language, so that nobody has to read one to understand a page."""

import pytest
from django.conf import settings
from django.utils.translation import override

from ledger.rules.entries import KEEPERS, OWNERS, PURPOSES
from ledger.templatetags.accounts import account_word, owner_word
from ledger.templatetags.ledger import unit_word

pytestmark = pytest.mark.quick
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
ADDRESSES = [f"coops/fern/{word}/x1" for word in sorted(PURPOSES)]


@pytest.mark.parametrize("owner", sorted(OWNERS))
def test_each_kind_of_owner_has_words(owner: str) -> None:
    said = {owner_word(f"{owner}/x1")}
    for language in OTHERS:
        with override(language):
            said.add(owner_word(f"{owner}/x1"))
    assert all("/" not in one and "x1" in one for one in said)


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_kind_of_account_has_words(address: str) -> None:
    here, raw = account_word(address), address.removeprefix("coops/fern/")
    assert here.startswith("Cooperative fern: ") and raw not in here
    for language in OTHERS:
        with override(language):
            assert account_word(address) != here


def test_two_kinds_of_account_are_never_said_alike() -> None:
    assert len({account_word(address) for address in ADDRESSES}) == len(ADDRESSES)


@pytest.mark.parametrize("keeper", sorted(KEEPERS))
def test_each_keeper_is_said_by_a_word(keeper: str) -> None:
    own, other = (account_word(f"coops/fern/till@{keeper}/{name}") for name in ("fern", "moss"))
    assert f"{keeper}/" not in own and other == f"{own} (moss)"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("coops/fern/till@cash/fern", "Cooperative fern: money, in the cash box"),
        ("coops/fern/lots/wet-1@hubs/kumasi", "Cooperative fern: lot wet-1, at kumasi"),
        ("members/x1y2/work/sort", "Member x1y2: work, sort"),
        ("members/x1y2", "Member x1y2"),
        ("nature/soil", "the soil"),
        ("nature/sun/body", "the sun: what it gives and receives"),
        ("nonsense", "nonsense"),
        ("places/fr", "places/fr"),
    ],
)
def test_an_account_is_said_as_whose_and_what_for(address: str, said: str) -> None:
    assert account_word(address) == said


def test_a_claim_is_said_by_who_owes_it() -> None:
    units = ("EUR", "EUR@coops/fern", "EUR@orders/x1")
    assert [unit_word(unit) for unit in units] == ["EUR", "EUR owed by fern", "EUR owed by Order x1"]
