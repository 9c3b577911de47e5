"""The one variable by which tests may speak to Stripe itself: STRIPE_TEST_KEY, a key of its test mode."""

import os

NAME = "STRIPE_TEST_KEY"
TEST_KEYS = ("sk_test_", "rk_test_")


class NoTestKey(Exception):
    """STRIPE_TEST_KEY holds no test key (sk_test_… or rk_test_…). These tests charge cards: a live key would move real
    money."""

    def __str__(self) -> str:
        return " ".join((self.__doc__ or "").split())


def key_for_stripe() -> str:
    """The key with which Stripe itself is spoken to, or nothing; raises NoTestKey before anything is said with it."""
    key = os.environ.get(NAME, "").strip()
    if key and not key.startswith(TEST_KEYS):
        raise NoTestKey
    return key
