"""The doors that belong to the frame: health, the outbox, the admin, the API's description."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, mailers
from django.test import Client

from config import outbox

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


class TestHealth:
    def test_is_alive_and_ready(self, client: Client) -> None:
        assert client.get("/healthz/live").json() == {"live": True}
        assert client.get("/healthz/ready").json() == {"ready": True}

    def test_is_not_ready_with_older_tables(self, client: Client) -> None:
        from django.db.migrations.recorder import MigrationRecorder

        MigrationRecorder.Migration.objects.filter(app="sessions").delete()
        answer = client.get("/healthz/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False})

    def test_tells_once_that_it_is_not_ready_however_often_it_is_asked(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        from django.db.migrations.recorder import MigrationRecorder

        client.get("/healthz/ready")
        MigrationRecorder.Migration.objects.filter(app="sessions").delete()
        caplog.clear()
        with caplog.at_level("INFO"):
            for _ in range(5):
                assert client.get("/healthz/ready").status_code == 503
        assert [(line.levelname, line.name) for line in caplog.records] == [("INFO", "config.health")]


class TestOutbox:
    def test_shows_letters_to_staff_alone(self, client: Client, settings: object, tmp_path: Path) -> None:
        settings.OUTBOX = tmp_path  # type: ignore[attr-defined]
        settings.MAILERS = {"default": {  # type: ignore[attr-defined]
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {"file_path": str(tmp_path)},
        }}  # fmt: skip
        mailers["default"].send_messages([
            EmailMessage("Your order", "Pick it up at Kumasi: café.", "shop@example.org", ["cleo@example.org"]),
            EmailMessage("Second", "Again.", "shop@example.org", ["cleo@example.org"]),
        ])  # fmt: skip
        assert client.get("/outbox/").status_code == 404
        people = get_user_model().objects
        client.force_login(people.create(username="dov"))
        assert client.get("/outbox/").status_code == 404
        client.force_login(people.create(username="ada", is_staff=True))
        shown = client.get("/outbox/").content.decode()
        assert "Pick it up at Kumasi: café." in shown and "cleo@example.org" in shown
        assert [letter.subject for letter in outbox.letters(tmp_path)] == ["Second", "Your order"]

    def test_is_gone_where_a_mail_server_is_set(self, admin_client: Client, settings: object) -> None:
        settings.MAIL_HOST = "mail.example"  # type: ignore[attr-defined]
        assert admin_client.get("/outbox/").status_code == 404


class TestAdmin:
    def test_has_no_door_of_its_own(self, client: Client) -> None:
        answer = client.get("/admin/", follow=True)
        assert answer.redirect_chain[-1][0].startswith("/sign-in/login/")

    def test_is_for_staff(self, client: Client) -> None:
        client.force_login(get_user_model().objects.create(username="dov"))
        assert client.get("/admin/", follow=True).status_code == 403


class TestApi:
    def test_describes_itself_to_programs_and_people(self, client: Client) -> None:
        assert client.get("/api/1/schema").json()["info"]["title"] == "Rennet"
        shown = client.get("/api/1/docs")
        assert shown.status_code == 200 and "<script" not in shown.content.decode()


class TestPolicy:
    @pytest.mark.parametrize("address", ["/", "/sign-in/login/", "/sign-in/signup/", "/api/1/docs", "/no-such-page"])
    def test_is_strict_everywhere(self, client: Client, address: str) -> None:
        policy = client.get(address)["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
