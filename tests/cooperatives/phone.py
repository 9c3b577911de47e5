"""A phone as the server meets it: it makes a key, is enrolled, and signs what it sends."""

import json
import time
from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from cooperatives.rules.signatures import COVERED, digest_of, key_id_of


def public_key_of(key: EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()


PUBLIC_KEY = public_key_of(derive_private_key(7, SECP256R1()))  # of a phone that never signs


class Phone:
    """Signs as `scale` pages do; `skew` is how many seconds its clock is ahead."""

    def __init__(self, skew: int = 0) -> None:
        self.key = generate_private_key(SECP256R1())
        self.public_key = public_key_of(self.key)
        self.skew = skew

    def headers(self, method: str, path: str, body: bytes, authority: str = "testserver") -> dict[str, str]:
        params = f'{COVERED};created={int(time.time()) + self.skew};keyid="{key_id_of(self.public_key)}"'
        base = "\n".join((
            f'"@method": {method}', f'"@authority": {authority}', f'"@path": {path}',
            f'"content-digest": {digest_of(body)}', f'"@signature-params": {params}',
        ))  # fmt: skip
        r, s = decode_dss_signature(self.key.sign(base.encode(), ECDSA(SHA256())))
        signature = b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()
        return {
            "Signature-Input": f"phone={params}", "Signature": f"phone=:{signature}:",
            "Content-Digest": digest_of(body), "Accept": "application/json",
        }  # fmt: skip

    def send(self, method: str, path: str, said: object = None, **changes: str) -> Any:
        """The server's answer; `changes` are headers that are sent instead."""
        body = json.dumps(said).encode() if said is not None else b""
        headers = self.headers(method, path, body) | {name.replace("_", "-"): text for name, text in changes.items()}
        return Client().generic(method, path, body, content_type="application/json", headers=headers)
