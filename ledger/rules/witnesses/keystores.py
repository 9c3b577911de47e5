"""A witness's key at rest: an EIP-2335 keystore (https://eips.ethereum.org/EIPS/eip-2335), opened by a password."""

import json
from hashlib import pbkdf2_hmac, scrypt, sha256
from hmac import compare_digest
from typing import Any
from unicodedata import normalize
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.bls import public_key

WORK = 262_144  # scrypt's n: about a second, and 256 MiB, for each guess
DESCRIPTION = "A witness's key. KeyGen salt: SHA-256 of BLS-SIG-KEYGEN-SALT- (draft-irtf-cfrg-bls-signature-04)"
_CONTROL = {*range(0x20), *range(0x7F, 0xA0)}
_MOST = 1 << 30  # bytes of memory that a keystore may ask for


class BadKeystore(Refusal):
    """This keystore cannot be read: {why}."""


class WrongPassword(Refusal):
    """The password does not open this keystore."""


def write_keystore(secret: int, password: str, path: str, chance: bytes, *, work: int = WORK) -> str:
    """The keystore's text for a secret; `chance` is 48 random bytes: salt and initial vector. `path` is where in the
    tree of EIP-2333 the secret stands. A smaller `work` than usual is for keys that guard nothing."""
    salt, start = chance[:32], chance[32:48]
    params = {"dklen": 32, "n": work, "p": 1, "r": 8, "salt": salt.hex()}
    key = _stretch(password, "scrypt", params)
    hidden = _cipher(key, start, secret.to_bytes(32))
    body = {
        "crypto": {
            "kdf": {"function": "scrypt", "params": params, "message": ""},
            "checksum": {"function": "sha256", "params": {}, "message": sha256(key[16:32] + hidden).hexdigest()},
            "cipher": {"function": "aes-128-ctr", "params": {"iv": start.hex()}, "message": hidden.hex()},
        },
        "description": DESCRIPTION,
        "pubkey": public_key(secret).hex(),
        "path": path,
        "uuid": str(uuid4()),
        "version": 4,
    }
    return json.dumps(body, indent=2)


def open_keystore(text: str, password: str) -> int:
    """The secret; refuses a wrong password, and a file that says another key than its secret has."""
    try:
        said = json.loads(text)
        crypto, version = said["crypto"], said["version"]
        kdf, checksum, cipher = crypto["kdf"], crypto["checksum"], crypto["cipher"]
        if (version, checksum["function"], cipher["function"]) != (4, "sha256", "aes-128-ctr"):
            raise BadKeystore(why="it is of another kind")
        key = _stretch(password, kdf["function"], kdf["params"])
        hidden = bytes.fromhex(cipher["message"])
        if not compare_digest(sha256(key[16:32] + hidden).digest(), bytes.fromhex(checksum["message"])):
            raise WrongPassword()
        secret = int.from_bytes(_cipher(key, bytes.fromhex(cipher["params"]["iv"]), hidden))
        pubkey = said.get("pubkey")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadKeystore(why=f"{type(error).__name__}: {error}") from error
    if pubkey is not None and public_key(secret).hex() != pubkey:
        raise BadKeystore(why="its secret belongs to another key")
    return secret


def plain_password(password: str) -> bytes:
    """As the standard wants it: in Unicode's normal form KD, without control characters, in UTF-8."""
    return "".join(c for c in normalize("NFKD", password) if ord(c) not in _CONTROL).encode()


def _stretch(password: str, function: str, params: dict[str, Any]) -> bytes:
    said, salt, length = plain_password(password), bytes.fromhex(params["salt"]), params["dklen"]
    if length < 32:
        raise BadKeystore(why="its key is too short")
    if function == "pbkdf2" and params["prf"] == "hmac-sha256":
        return pbkdf2_hmac("sha256", said, salt, params["c"], length)
    if function != "scrypt":
        raise BadKeystore(why=f"we do not know {function}")
    n, r, p = params["n"], params["r"], params["p"]
    return scrypt(said, salt=salt, n=n, r=r, p=p, maxmem=min(_MOST, 128 * r * (n + p + 2)), dklen=length)


def _cipher(key: bytes, start: bytes, text: bytes) -> bytes:
    machine = Cipher(AES(key[:16]), CTR(start)).encryptor()
    return machine.update(text) + machine.finalize()
