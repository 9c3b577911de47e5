"""Evidence: an entry carries its salted hash; without the salt, which lies beside, nothing joins the two."""

import secrets
from hashlib import sha256

from ledger.models import Salt


def salt_evidence(*, key: str, content: bytes) -> str:
    """The evidence hash for the entry of that key: SHA-256 of its salt and the evidence, hexadecimal.

    The salt is drawn once for a key, so that the same entry recorded again has the same hash.
    """
    salt, _ = Salt.objects.get_or_create(key=key, defaults={"salt": secrets.token_bytes(32)})
    return _hash(salt, content)


def is_evidence(*, key: str, content: bytes, evidence_hash: str) -> bool:
    """Whether the hash was made of this evidence; False once the salt is erased, whatever the evidence."""
    salt = Salt.objects.filter(key=key).first()
    return salt is not None and secrets.compare_digest(_hash(salt, content), evidence_hash)


def erase_salt(*, key: str) -> None:
    """Erase what joins the entry to its evidence. The entry and its hash stay, and say nothing any more."""
    Salt.objects.filter(key=key).delete()


def _hash(salt: Salt, content: bytes) -> str:
    return sha256(bytes(salt.salt) + content).hexdigest()
