"""What people call the places where a cooperative's money lies: the bank, the cash box."""

from django.utils.translation import gettext as _


def keeper_word(keeper: str, own: str) -> str:
    """“the bank” for bank/fern where `own` is "fern"; another name stands behind it: “the bank (savings)”."""
    words = {"bank": _("the bank"), "cash": _("the cash box"), "momo": _("mobile money"), "stripe": "Stripe"}
    kind, _slash, name = keeper.partition("/")
    word = words.get(kind)
    if word is None:
        return keeper
    return word if name == own else f"{word} ({name})"


def keepers_by_hand(own: str, more: list[str] | None = None) -> list[tuple[str, str]]:
    """The places where people put and take money themselves, (address, word), and `more` that there are."""
    found = dict.fromkeys([*(f"{kind}/{own}" for kind in ("cash", "bank", "momo")), *(more or [])])
    return [(keeper, capital(keeper_word(keeper, own))) for keeper in found]


def capital(word: str) -> str:
    """The word as it stands at the head of a line."""
    return word[:1].upper() + word[1:]
