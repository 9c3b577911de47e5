"""Letters that let a member in: in the house's words and the reader's language, and never under the host's name."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.world import person

pytestmark = [pytest.mark.quick, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("language", "address", "subject", "words"),
    [
        ("en", "ben@rennet.example", "Rennet: A new password", "the password stays as it is"),
        ("fr", "ben@rennet.example", "Rennet\u00a0: Un nouveau mot de passe", "le mot de passe reste le même"),
        ("en", "nobody@rennet.example", "Rennet: There is no account with this address", "you can make one here"),
    ],
)
def test_a_new_password_comes_by_letter(
    client: Client, mailoutbox: list[mail.EmailMessage], language: str, address: str, subject: str, words: str
) -> None:
    ben = person("Ben")
    ben.email = "ben@rennet.example"
    ben.save()
    client.post(reverse("account_reset_password"), {"email": address}, headers={"accept-language": language})
    (letter,) = mailoutbox
    assert letter.subject == subject
    assert words in letter.body
    assert "testserver!" not in letter.body
