"""The application under test is the web role, in a database of its own."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

pytestmark = pytest.mark.quick


@pytest.mark.django_db
def test_the_application_is_the_web_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (connection.settings_dict["USER"],)
        cursor.execute("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_thread_commits_is_gone_in_the_next_test(own_database: str, turn: int) -> None:
    def commit() -> None:
        get_user_model().objects.create(username="ada")
        connection.close()

    worker = threading.Thread(target=commit)
    worker.start()
    worker.join()
    assert get_user_model().objects.count() == 1
