"""BLS arithmetic by py-ecc (Python alone): slow, everywhere, and the reference of the other."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from py_ecc.bls import G2ProofOfPossession as Suite
from py_ecc.bls.g2_primitives import (
    G1_to_pubkey,
    G2_to_signature,
    is_inf,
    pubkey_to_G1,
    signature_to_G2,
    subgroup_check,
)  # fmt: skip
from py_ecc.bls.hash_to_curve import hash_to_G2
from py_ecc.optimized_bls12_381 import add, multiply


def public_key(secret: int) -> bytes:
    return bytes(Suite.SkToPk(secret))


def sign(secret: int, message: bytes, tag: bytes) -> bytes:
    return bytes(G2_to_signature(multiply(hash_to_G2(message, tag, Suite.xmd_hash_function), secret)))


def is_signed(key: bytes, message: bytes, signature: bytes, tag: bytes) -> bool:
    if is_inf(signature_to_G2(signature)):
        return False
    return bool(Suite._CoreVerify(key, message, signature, tag))


def add_keys(keys: Sequence[bytes]) -> bytes:
    return bytes(G1_to_pubkey(_sum(pubkey_to_G1, keys)))


def add_signatures(signatures: Sequence[bytes]) -> bytes:
    return bytes(G2_to_signature(_sum(signature_to_G2, signatures)))


def _sum(read: Callable[[bytes], Any], points: Sequence[bytes]) -> Any:
    total = reduce(add, [_point(read, point) for point in points])
    if is_inf(total):
        raise ValueError("together they are the identity")
    return total


def _point(read: Callable[[bytes], Any], data: bytes) -> Any:
    point = read(data)
    if is_inf(point) or not subgroup_check(point):
        raise ValueError("it is the identity, or outside the subgroup")
    return point
