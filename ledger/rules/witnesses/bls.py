"""BLS signatures that add up: BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_, keys of 48 bytes, signatures of 96.

The suite with proofs of possession of https://datatracker.ietf.org/doc/draft-irtf-cfrg-bls-signature/. Two libraries do
the arithmetic and give the same bytes: py-ecc everywhere, py-arkworks-bls12381 a hundred times faster where it is
installed. What neither of them guards against is guarded here.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from ledger.rules.refusal import BadInput

ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001  # r: how many keys there are
KEY = 48
SIGNATURE = 96
SIGN = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
POSSESS = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
_Y_SIGN = 0x20  # the bit of a compressed point that tells it from its inverse


class BadWitnessKey(BadInput):
    """This is no key of a witness: {why}."""


class BadWitnessSignature(BadInput):
    """This is no signature of a witness: {why}."""


class Arithmetic(Protocol):
    """What a library must do. Points are compressed; a ValueError says that bytes are no point, or the identity."""

    def public_key(self, secret: int) -> bytes: ...

    def sign(self, secret: int, message: bytes, tag: bytes) -> bytes: ...

    def is_signed(self, key: bytes, message: bytes, signature: bytes, tag: bytes) -> bool: ...

    def add_keys(self, keys: Sequence[bytes]) -> bytes: ...

    def add_signatures(self, signatures: Sequence[bytes]) -> bytes: ...


@cache
def arithmetic() -> Arithmetic:
    """The fastest library that is installed. Imported on first use: py-ecc takes a second to load."""
    fast = find_spec("py_arkworks_bls12381") is not None
    found: Arithmetic = import_module(f"ledger.rules.witnesses.{'arkworks' if fast else 'pyecc'}")
    return found


def public_key(secret: int) -> bytes:
    """The key that everyone may know."""
    return arithmetic().public_key(_checked(secret))


def sign(secret: int, message: bytes) -> bytes:
    """What `secret` says to `message`."""
    return arithmetic().sign(_checked(secret), message, SIGN)


def prove_possession(secret: int) -> bytes:
    """A signature over one's own key: whoever shows it knows the secret, and did not compute the key from others'."""
    return arithmetic().sign(_checked(secret), public_key(secret), POSSESS)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this one signature is `key`'s over `message`; false for whatever is no key or no signature."""
    return _is_signed(key, message, signature, SIGN)


@lru_cache(maxsize=1_000)
def proves_possession(key: bytes, proof: bytes) -> bool:
    """Whether `proof` shows that somebody knows the secret of `key`."""
    return _is_signed(key, key, proof, POSSESS)


def aggregate(message: bytes, signed: Sequence[tuple[bytes, bytes]]) -> bytes:
    """One signature out of those of many keys over the same message; `signed` are pairs of key and signature.

    Each is verified before it is added: two false ones can cancel each other. Refuses an empty list, a key that stands
    twice or beside its inverse, and what is no signature.
    """
    refuse_false_keys([key for key, _ in signed])
    for key, signature in signed:
        if not is_signed(key, message, signature):
            raise BadWitnessSignature(why=f"it is not that of {key.hex()[:16]}…")
    try:
        return arithmetic().add_signatures([signature for _, signature in signed])
    except ValueError as error:
        raise BadWitnessSignature(why=str(error)) from error


def is_signed_by_all(keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the aggregate of all `keys` over `message`: one check of two pairings for all of them.

    It says nothing of value unless each key's possession was proved.
    """
    try:
        refuse_false_keys(keys)
        return _is_signed(arithmetic().add_keys(keys), message, signature, SIGN)
    except (BadWitnessKey, ValueError):
        return False


def refuse_false_keys(keys: Sequence[bytes]) -> None:
    """Refuse an empty list, wrong lengths, and a key that stands there twice or beside its inverse.

    A key and its inverse (k and r − k) each pass the proof of possession, and add two signers and nothing else.
    """
    if not keys:
        raise BadWitnessKey(why="there is none")
    seen = set()
    for key in keys:
        if len(key) != KEY:
            raise BadWitnessKey(why=f"it has {len(key)} bytes, not {KEY}")
        either = bytes([key[0] & ~_Y_SIGN]) + key[1:]
        if either in seen:
            raise BadWitnessKey(why="the same key, or its inverse, is there already")
        seen.add(either)


def _is_signed(key: bytes, message: bytes, signature: bytes, tag: bytes) -> bool:
    if len(key) != KEY or len(signature) != SIGNATURE:
        return False
    try:
        return arithmetic().is_signed(key, message, signature, tag)
    except ValueError:
        return False


def _checked(secret: int) -> int:
    if not 0 < secret < ORDER:
        raise BadWitnessKey(why="a secret is a number above zero and below the order of the group")
    return secret
