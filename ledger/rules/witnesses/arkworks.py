"""BLS arithmetic by py-arkworks-bls12381 (Rust), where it is installed."""

from collections.abc import Sequence
from functools import reduce
from operator import add

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar


def public_key(secret: int) -> bytes:
    return (G1Point() * _scalar(secret)).to_compressed_bytes()


def sign(secret: int, message: bytes, tag: bytes) -> bytes:
    return (G2Point.hash_to_curve(message, tag) * _scalar(secret)).to_compressed_bytes()


def is_signed(key: bytes, message: bytes, signature: bytes, tag: bytes) -> bool:
    points = [-G1Point(), _point(G1Point, key)]
    return GT.pairing_check(points, [_point(G2Point, signature), G2Point.hash_to_curve(message, tag)])


def add_keys(keys: Sequence[bytes]) -> bytes:
    return _sum(G1Point, keys)


def add_signatures(signatures: Sequence[bytes]) -> bytes:
    return _sum(G2Point, signatures)


def _sum[Point: (G1Point, G2Point)](kind: type[Point], points: Sequence[bytes]) -> bytes:
    total = reduce(add, [_point(kind, point) for point in points])
    if total == kind.identity():
        raise ValueError("together they are the identity")
    return total.to_compressed_bytes()


def _point[Point: (G1Point, G2Point)](kind: type[Point], data: bytes) -> Point:
    """On the curve and in the subgroup (the library checks both), not the identity, and written in the one way.

    The library reads several encodings of the identity and of nothing else; only what it would write itself is taken.
    """
    point = kind.from_compressed_bytes(data)
    if point == kind.identity() or point.to_compressed_bytes() != data:
        raise ValueError("it is the identity, or written in another way")
    return point


def _scalar(secret: int) -> Scalar:
    return Scalar.from_be_bytes(secret.to_bytes(32))
