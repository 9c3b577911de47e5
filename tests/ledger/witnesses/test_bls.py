"""Both libraries give the same bytes and refuse the same; the four attacks work without our guards, not with them."""

from contextlib import suppress

import pytest
from py_ecc.bls import G2ProofOfPossession as Peer

from ledger.rules.witnesses import arkworks, bls, pyecc
from ledger.rules.witnesses.bls import BadWitnessKey, BadWitnessSignature
from tests.ledger.witnesses.people import secret, witness

pytestmark = pytest.mark.quick

LIBRARIES = pytest.mark.parametrize("library", [arkworks, pyecc], ids=["arkworks", "py-ecc"])
SAID = b"what all of them sign"


def inverse(key: bytes) -> bytes:
    return bytes([key[0] ^ 0x20]) + key[1:]


class TestLibraries:
    @pytest.mark.parametrize("number", [1, secret(3), bls.ORDER - 1])
    def test_give_the_same_bytes(self, number: int) -> None:
        key, signature = pyecc.public_key(number), pyecc.sign(number, SAID, bls.SIGN)
        assert (arkworks.public_key(number), arkworks.sign(number, SAID, bls.SIGN)) == (key, signature)
        assert arkworks.is_signed(key, SAID, signature, bls.SIGN)

    def test_are_those_of_the_suite(self) -> None:
        assert (Peer.DST, Peer.POP_TAG) == (bls.SIGN, bls.POSSESS)
        assert witness(1).proof == Peer.PopProve(secret(1))
        assert Peer.PopVerify(witness(1).key, witness(1).proof)

    def test_add_to_the_same_bytes(self) -> None:
        keys = [witness(n).key for n in range(4)]
        signed = [bls.sign(secret(n), SAID) for n in range(4)]
        assert pyecc.add_keys(keys) == arkworks.add_keys(keys) == Peer._AggregatePKs(keys)
        assert pyecc.add_signatures(signed) == arkworks.add_signatures(signed) == Peer.Aggregate(signed)
        assert Peer.FastAggregateVerify(keys, SAID, arkworks.add_signatures(signed))

    @LIBRARIES
    @pytest.mark.parametrize("start", ["c0", "e0", "40", "00", "ff", "80", "a0"])
    def test_take_only_points_written_the_one_way(self, library: bls.Arithmetic, start: str) -> None:
        for end in (b"\0", b"\1"):
            point = bytes.fromhex(start)
            with pytest.raises(ValueError):
                library.add_keys([point + bytes(46) + end])
            with pytest.raises(ValueError):
                library.add_signatures([point + bytes(94) + end])

    @LIBRARIES
    def test_take_no_point_outside_the_subgroup(self, library: bls.Arithmetic) -> None:
        outside = bytes.fromhex("8" + "0" * 94 + "4")  # on the curve at x = 4, of a larger order
        with pytest.raises(ValueError):
            library.add_keys([outside])

    @LIBRARIES
    def test_take_nobody_for_a_signer(self, library: bls.Arithmetic) -> None:
        nobody_signed = b"\xc0" + bytes(95)
        with suppress(ValueError):
            assert not library.is_signed(witness(1).key, SAID, nobody_signed, bls.SIGN)


class TestSign:
    def test_is_checked_by_its_key_alone(self) -> None:
        signature = bls.sign(secret(1), SAID)
        assert bls.is_signed(witness(1).key, SAID, signature)
        assert not bls.is_signed(witness(2).key, SAID, signature)
        assert not bls.is_signed(witness(1).key, SAID + b".", signature)

    @pytest.mark.parametrize("number", [0, -1, bls.ORDER, bls.ORDER + 1])
    def test_refuses_a_secret_that_is_none(self, number: int) -> None:
        for act in (bls.public_key, bls.prove_possession, lambda n: bls.sign(n, SAID)):
            with pytest.raises(BadWitnessKey):
                act(number)

    @pytest.mark.parametrize("cut", [0, 1, 47, 95])
    def test_of_another_length_is_false(self, cut: int) -> None:
        signature = bls.sign(secret(1), SAID)
        assert not bls.is_signed(witness(1).key, SAID, signature[:cut])
        assert not bls.is_signed(witness(1).key[:cut] if cut < 48 else b"", SAID, signature)
        assert not bls.proves_possession(witness(1).key, witness(1).proof + b"\0")

    def test_proves_no_possession(self) -> None:
        assert bls.proves_possession(witness(1).key, witness(1).proof)
        assert not bls.proves_possession(witness(1).key, bls.sign(secret(1), witness(1).key))


class TestAggregate:
    def test_is_checked_by_all_keys_at_once(self) -> None:
        signed = [(witness(n).key, bls.sign(secret(n), SAID)) for n in range(3)]
        together = bls.aggregate(SAID, signed)
        keys = [key for key, _ in signed]
        assert bls.is_signed_by_all(keys, SAID, together)
        assert not bls.is_signed_by_all(keys[:2], SAID, together)
        assert not bls.is_signed_by_all([*keys, witness(3).key], SAID, together)

    def test_refuses_nothing(self) -> None:
        with pytest.raises(BadWitnessKey):
            bls.aggregate(SAID, [])
        assert not bls.is_signed_by_all([], SAID, b"\xc0" + bytes(95))


class TestAttacks:
    """Each first succeeds on the arithmetic alone."""

    def test_rogue_key(self) -> None:
        """A key made out of another's: its owner signs for both, and the other never knew."""
        mine, honest = secret(1), witness(2).key
        rogue = bls.arithmetic().add_keys([bls.public_key(mine), inverse(honest)])
        signature = bls.sign(mine, SAID)
        assert bls.is_signed_by_all([honest, rogue], SAID, signature), "the attack is real"
        for proof in (bls.prove_possession(mine), witness(2).proof, signature):
            assert not bls.proves_possession(rogue, proof)

    def test_inverse_keys(self) -> None:
        """k and r − k: both pass the proof of possession, and add two signers to whatever one honest key signed."""
        k = secret(1)
        pair = [bls.public_key(k), bls.public_key(bls.ORDER - k)]
        assert pair[1] == inverse(pair[0])
        for n, key in zip((k, bls.ORDER - k), pair, strict=True):
            assert bls.proves_possession(key, bls.prove_possession(n))
        keys, signature = [witness(2).key, *pair], bls.sign(secret(2), SAID)
        added = bls.arithmetic().add_keys([bls.arithmetic().add_keys([keys[0], pair[0]]), pair[1]])
        assert bls.is_signed(added, SAID, signature), "the attack is real"
        assert not bls.is_signed_by_all(keys, SAID, signature)
        with pytest.raises(BadWitnessKey):
            bls.refuse_false_keys(keys)

    def test_one_key_counted_twice(self) -> None:
        key, signature = witness(1).key, bls.sign(secret(1), SAID)
        twice = bls.arithmetic().add_signatures([signature, signature])
        assert bls.is_signed(bls.arithmetic().add_keys([key, key]), SAID, twice), "the attack is real"
        assert not bls.is_signed_by_all([key, key], SAID, twice)
        with pytest.raises(BadWitnessKey):
            bls.aggregate(SAID, [(key, signature), (key, signature)])

    def test_false_signatures_that_cancel(self) -> None:
        """One adds something, the other takes it away: the sum is true, and neither can be shown for what it is."""
        noise = bls.sign(secret(9), b"anything")
        true = [bls.sign(secret(n), SAID) for n in (1, 2)]
        add = bls.arithmetic().add_signatures
        false = [add([true[0], noise]), add([true[1], inverse(noise)])]
        keys = [witness(1).key, witness(2).key]
        assert bls.is_signed_by_all(keys, SAID, add(false)), "the attack is real"
        with pytest.raises(BadWitnessSignature):
            bls.aggregate(SAID, list(zip(keys, false, strict=True)))
