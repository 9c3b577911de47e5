"""Settings from the environment: typed, and a bad value is one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment
from config.folder import PROJECT

pytestmark = pytest.mark.quick


class TestGetters:
    def test_numbers_are_whole_and_within_bounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "8001")
        assert environment.number("PORT", 8000) == 8001
        for wrong in ("80.5", "-1", "70000", "１２", "a"):
            monkeypatch.setenv("PORT", wrong)
            with pytest.raises(environment.BadSetting, match="must be a whole number from 1 to 65535"):
                environment.number("PORT", 8000, least=1, most=65535)

    def test_flags_are_yes_or_no(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for word, meant in (("yes", True), ("0", False), ("", False)):
            monkeypatch.setenv("DEBUG", word)
            assert environment.flag("DEBUG") is meant
        monkeypatch.setenv("DEBUG", "maybe")
        with pytest.raises(environment.BadSetting, match="must be yes or no"):
            environment.flag("DEBUG")

    def test_a_database_address_gives_its_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://web:p%40ss@db.example:5433/rennet?sslmode=require")
        assert environment.database("DATABASE_URL") == {
            "NAME": "rennet", "USER": "web", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "5433",
            "OPTIONS": {"sslmode": "require"},
        }  # fmt: skip

    def test_only_postgresql_is_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "mysql://web:secret@db.example/rennet")
        with pytest.raises(environment.BadSetting, match="PostgreSQL only") as refused:
            environment.database("DATABASE_URL")
        assert "secret" not in str(refused.value)


def manage(tmp_path: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    mine = ("DATABASE_", "RENNET_", "DJANGO_")  # the browser's tests set one of Django's
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    env = {**kept, "RENNET_DATA": str(tmp_path / "data"), **extra}
    return subprocess.run([sys.executable, "manage.py", *words], cwd=PROJECT, env=env, text=True, capture_output=True)


class TestSettings:
    def test_importing_them_starts_nothing(self, tmp_path: Path) -> None:
        assert manage(tmp_path, "check").returncode == 0
        assert not (tmp_path / "data" / "postgres").exists()

    def test_nothing_to_warn_of_behind_https(self, tmp_path: Path) -> None:
        served = {"PUBLIC_ADDRESS": "https://market.example", "MAIL_HOST": "mail.example"}
        done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="0123456789" * 6, **served)
        assert done.returncode == 0, done.stderr

    def test_a_bad_value_is_one_sentence(self, tmp_path: Path) -> None:
        done = manage(tmp_path, "check", PORT="many")
        assert done.returncode == 1
        assert done.stderr.strip() == "PORT is 'many'; it must be a whole number from 1 to 65535."

    def test_tables_need_an_owner_who_is_not_the_web_role(self, tmp_path: Path) -> None:
        web = "postgresql://web@db.invalid/rennet"
        assert "Set DATABASE_OWNER_URL too" in manage(tmp_path, "migrate", DATABASE_URL=web).stderr
        same = manage(tmp_path, "migrate", DATABASE_URL=web, DATABASE_OWNER_URL=web)
        assert "name the same role" in same.stderr and "Traceback" not in same.stderr
