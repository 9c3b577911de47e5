"""Requests that a device signed: HTTP message signatures (RFC 9421), in the one form that our phones send.

What is covered is fixed: method, authority, path and the digest of the body (RFC 9530). A device keeps its secret key
where not even its own pages can read it; the server knows the public one, and its id is that key's digest.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

COVERED = '("@method" "@authority" "@path" "content-digest")'
_INPUT = re.compile(r"phone=(" + re.escape(COVERED) + r';created=(\d{1,12});keyid="([0-9a-f]{64})")')
_SIGNATURE = re.compile(r"phone=:([A-Za-z0-9+/]{86}==):")


@dataclass(frozen=True, slots=True)
class Signed:
    """Which key signed what, and when by its own clock (seconds since 1970)."""

    key_id: str
    created: int
    base: bytes
    signature: bytes


def key_id_of(public_key: str) -> str:
    """The id of a public key, both in hexadecimal."""
    return sha256(bytes.fromhex(public_key)).hexdigest()


def digest_of(body: bytes) -> str:
    """A body's digest as its header says it."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def read_signed(*, method: str, authority: str, path: str, body: bytes, headers: Mapping[str, str]) -> Signed | None:
    """What a request says of its signature; None where that is not in our form, or the body is another."""
    said = _INPUT.fullmatch(headers.get("Signature-Input", ""))
    signature = _SIGNATURE.fullmatch(headers.get("Signature", ""))
    digest = digest_of(body)
    if not said or not signature or headers.get("Content-Digest") != digest:
        return None
    params, created, key_id = said.groups()
    lines = (
        f'"@method": {method}',
        f'"@authority": {authority.lower()}',
        f'"@path": {path}',
        f'"content-digest": {digest}',
        f'"@signature-params": {params}',
    )
    return Signed(key_id, int(created), "\n".join(lines).encode(), b64decode(signature[1]))


def is_point(public_key: str) -> bool:
    """Whether this is a point of P-256, uncompressed, in hexadecimal."""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bytes.fromhex(public_key))
    except ValueError:
        return False
    return len(public_key) == 130


def is_signed_by(public_key: str, base: bytes, signature: bytes) -> bool:
    """Whether the holder of a key signed `base` (ecdsa-p256-sha256: the two numbers, 32 bytes each)."""
    known = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bytes.fromhex(public_key))
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        known.verify(encode_dss_signature(r, s), base, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
