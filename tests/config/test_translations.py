"""Every word that people read is there in every language that is offered."""

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command

from config.folder import PROJECT
from config.management.commands.makemessages import refusals, words_of

pytestmark = pytest.mark.quick

OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
BLANKS = re.compile(r"%\(\w+\)s|\{\w*\}")


def messages(folder: Path, language: str) -> list[Message]:
    with (folder / language / "LC_MESSAGES" / "django.po").open("rb") as po:
        return [message for message in read_po(po, locale=language) if message.id]


@pytest.mark.parametrize("language", OTHERS)
class TestTranslations:
    def test_nothing_is_untranslated_or_guessed(self, language: str) -> None:
        for message in messages(PROJECT / "config" / "locale", language):
            assert not message.fuzzy, message.id
            assert all([message.string] if isinstance(message.string, str) else message.string), message.id

    def test_every_blank_is_filled_in_both(self, language: str) -> None:
        for message in messages(PROJECT / "config" / "locale", language):
            # The singular may say "one" where the plural counts.
            ours = message.id if isinstance(message.id, str) else message.id[-1]
            theirs = message.string if isinstance(message.string, str) else message.string[-1]
            assert sorted(BLANKS.findall(ours)) == sorted(BLANKS.findall(theirs)), ours

    def test_every_refusal_is_there(self, language: str) -> None:
        known = {message.id for message in messages(PROJECT / "config" / "locale", language)}
        assert [words_of(refusal) for refusal in refusals() if words_of(refusal) not in known | {""}] == []

    def test_no_word_of_the_program_is_missing(
        self, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not shutil.which("xgettext"):
            pytest.skip("NOT CHECKED for new words: install gettext.")
        shutil.copytree(PROJECT / "config" / "locale" / language, tmp_path / language)
        monkeypatch.setattr(settings, "LOCALE_PATHS", [tmp_path])
        monkeypatch.chdir(PROJECT)
        ignored = ["locale", "tests", ".venv", ".data"]
        call_command("makemessages", locale=[language], no_location=True, ignore_patterns=ignored, verbosity=0)
        missing = [m.id for m in messages(tmp_path, language) if m.fuzzy or not m.string or not all(m.string)]
        assert missing == []


def test_french_keeps_its_double_signs_with_the_word_before_them() -> None:
    loose = re.compile(r" [:;?!»](?=\s|$)|« ")
    for message in messages(PROJECT / "config" / "locale", "fr"):
        said = [message.string] if isinstance(message.string, str) else message.string
        assert not [text for text in said if loose.search(text)], message.id
