"""Keys from one seed: EIP-2333 (https://eips.ethereum.org/EIPS/eip-2333), so that other tools find the same keys."""

from hashlib import sha256
from hmac import digest

from ledger.rules.witnesses.bls import ORDER

KEYGEN_SALT = b"BLS-SIG-KEYGEN-SALT-"  # hashed before each use, as draft-irtf-cfrg-bls-signature-04 says
_LAMPORT = 255  # parts of a Lamport key: as far as HKDF stretches 32 bytes
_OUTPUT = 48  # bytes: so many that reducing them by the order favours no key


def master_key(seed: bytes) -> int:
    """The secret at the root; `seed` has at least 32 bytes of chance."""
    if len(seed) < 32:
        raise ValueError("a seed has at least 32 bytes")
    return _to_order(seed)


def child_key(parent: int, index: int) -> int:
    """The secret number `index` below `parent`."""
    salt, secret = index.to_bytes(4), parent.to_bytes(32)
    turned = bytes(255 - byte for byte in secret)
    parts = _expand(_extract(salt, secret), b"", 32 * _LAMPORT) + _expand(_extract(salt, turned), b"", 32 * _LAMPORT)
    hashes = (sha256(parts[at : at + 32]).digest() for at in range(0, len(parts), 32))
    return _to_order(sha256(b"".join(hashes)).digest())


def key_at(seed: bytes, path: str) -> int:
    """The secret at a path like m/12381/3600/0/0 (EIP-2334)."""
    root, *steps = path.split("/")
    if root != "m":
        raise ValueError("a path begins with m")
    secret = master_key(seed)
    for step in steps:
        secret = child_key(secret, int(step))
    return secret


def path_for(origin: str) -> str:
    """Our own branch of the tree: a number of 31 bits for each log, so that one seed has another key for each."""
    return f"m/12381/{int.from_bytes(sha256(origin.encode()).digest()[:4]) >> 1}/0/0"


def _to_order(material: bytes) -> int:
    """HKDF_mod_r, which is KeyGen of the signature draft."""
    salt, secret = KEYGEN_SALT, 0
    while secret == 0:
        salt = sha256(salt).digest()
        stretched = _expand(_extract(salt, material + b"\0"), _OUTPUT.to_bytes(2), _OUTPUT)
        secret = int.from_bytes(stretched) % ORDER
    return secret


def _extract(salt: bytes, material: bytes) -> bytes:
    return digest(salt, material, "sha256")


def _expand(key: bytes, said: bytes, length: int) -> bytes:
    """RFC 5869, with SHA-256."""
    block, stretched = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = digest(key, block + said + bytes([number]), "sha256")
        stretched += block
    return stretched[:length]
