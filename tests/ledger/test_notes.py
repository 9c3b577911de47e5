"""Signed notes against the specification's own example, and against whoever bends a line."""

import pytest

from ledger.rules.notes import BadNote, Head, Line, Note, SignerKey, VerifierKey, read_checkpoint

pytestmark = pytest.mark.quick

# https://c2sp.org/signed-note, the example.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNED = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = SignerKey("rennet.example/log", bytes(range(32)))
OTHER = SignerKey("rennet.example/log", bytes(32))
HEAD = Head("rennet.example/log", 256, bytes(32))


def checkpoint(head: Head = HEAD, key: SignerKey = KEY) -> Note:
    return Note(head.text, (key.sign(head.text),))


class TestExampleOfTheSpecification:
    def test_is_signed_by_its_key(self) -> None:
        note = Note.parse(SIGNED)
        assert note.signed_by([VerifierKey.parse(VKEY)]) == {VerifierKey.parse(VKEY)}
        assert str(note) == SIGNED and str(VerifierKey.parse(VKEY)) == VKEY

    def test_with_one_letter_changed_is_refused(self) -> None:
        with pytest.raises(BadNote, match="does not hold"):
            Note.parse(SIGNED.replace("message", "massage")).signed_by([VerifierKey.parse(VKEY)])


class TestKeys:
    def test_are_read_as_they_were_written(self) -> None:
        assert SignerKey.parse(str(KEY)) == KEY
        assert VerifierKey.parse(str(KEY.verifier)) == KEY.verifier

    def test_do_not_tell_their_secret_by_accident(self) -> None:
        assert str(KEY).rpartition("+")[2] not in repr(KEY) and repr(KEY.seed) not in repr(KEY)

    @pytest.mark.parametrize(
        "text",
        ["", "a+b", VKEY.replace("530d903a", "530d903b"), VKEY.replace("foo", "f oo"), VKEY[:-4], VKEY + "A",
         "example.com/foo+530d903a+" + "A" * 44],
    )  # fmt: skip
    def test_that_are_none_are_refused(self, text: str) -> None:
        with pytest.raises(BadNote):
            VerifierKey.parse(text)
        with pytest.raises(BadNote):
            SignerKey.parse("PRIVATE+KEY+" + text)

    def test_may_hold_a_plus_in_their_base64_alone(self) -> None:
        keys = (SignerKey("n", bytes([0] * 31 + [i])) for i in range(256))
        key = next(key for key in keys if "+" in str(key.verifier).split("+", 2)[2])
        assert VerifierKey.parse(str(key.verifier)) == key.verifier


class TestCheckpoint:
    def test_is_read_as_it_was_written(self) -> None:
        note = checkpoint()
        assert read_checkpoint(str(note), KEY.verifier) == (HEAD, note)

    def test_ignores_lines_of_keys_it_does_not_know(self) -> None:
        note = checkpoint().with_lines([OTHER.sign(HEAD.text), Line("somebody", b"\1\2\3\4", b"x" * 70)])
        assert read_checkpoint(str(note), KEY.verifier)[0] == HEAD

    def test_takes_a_line_once(self) -> None:
        note = checkpoint()
        assert note.with_lines(note.lines) == note
        with pytest.raises(BadNote):
            Note(note.text, note.lines * 2).signed_by([KEY.verifier])

    @pytest.mark.parametrize(
        "text",
        [
            "rennet.example/log\n256\n\n", "rennet.example/log\n0256\n" + HEAD.text.split("\n")[2] + "\n",
            HEAD.text + "an extension\n", HEAD.text.replace("256", "-1"), HEAD.text.replace("256", "²"),
            HEAD.text.replace("AAAA", "AAA", 1), HEAD.text.replace("=", ""), "elsewhere" + HEAD.text,
        ],
    )  # fmt: skip
    def test_of_another_form_or_log_is_refused_though_it_is_signed(self, text: str) -> None:
        with pytest.raises(BadNote):
            read_checkpoint(str(Note(text, (KEY.sign(text),))), KEY.verifier)

    def test_of_another_key_is_refused(self) -> None:
        with pytest.raises(BadNote, match="did not sign"):
            read_checkpoint(str(checkpoint(key=OTHER)), KEY.verifier)

    @pytest.mark.parametrize(
        ("old", "new"),
        [("\n\n", "\n"), ("— ", "- "), ("256", "257"), ("\n\n", "\n\n\n"), ("=\n", "\n"), ("\n—", "\n\r—")],
    )
    def test_bent_anywhere_is_refused(self, old: str, new: str) -> None:
        head, _, tail = str(checkpoint()).rpartition(old)
        with pytest.raises(BadNote):
            read_checkpoint(head + new + tail, KEY.verifier)

    def test_with_a_hundred_lines_is_read_and_with_one_more_refused(self) -> None:
        lines = [Line(f"w{n}", b"\1\2\3\4", b"x" * 64) for n in range(99)]
        assert read_checkpoint(str(checkpoint().with_lines(lines)), KEY.verifier)[0] == HEAD
        with pytest.raises(BadNote, match="at most 100"):
            read_checkpoint(str(checkpoint().with_lines([*lines, Line("w", b"\1\2\3\4", b"x" * 64)])), KEY.verifier)
