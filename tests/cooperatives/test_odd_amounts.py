"""Odd amounts at the doors: taken exactly as they were written, or refused in the reader's language; never rounded."""

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.forms.fields import fresh_key
from cooperatives.models import Weighing
from ledger.models import Leaf
from ledger.queries import balance_of
from tests.world import World, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

TOP = 2**63 - 1
NO_NUMBER = {"en": "is not a number we can read", "fr": "n’est pas un nombre"}
TOO_PRECISE = {"en": "has more than 3 decimal places", "fr": "décimales"}
TOO_LARGE = {"en": "is larger than we can record", "fr": "est plus grand"}
SUM_TOO_LARGE = {"en": "more g than can be counted", "fr": "qu’on ne peut"}


@pytest.fixture
def w() -> World:
    return world()


def weigh(client: Client, w: World, gross: str, language: str, into: str = "new") -> tuple[int, str]:
    """What the scale's page answers to that weight in kilograms."""
    said = {"giver": w.ben.address, "into": into, "goods": "Wet beans", "hub": "fern", "gross": gross, "tare": ""}
    client.force_login(w.people["tom"])
    answer = client.post("/weigh/fern/give", said | {"key": fresh_key()}, HTTP_ACCEPT_LANGUAGE=language)
    return answer.status_code, answer.content.decode()


class TestPage:
    @pytest.mark.parametrize(
        ("typed", "language", "grams"),
        [
            ("٣", "en", 3_000), ("١٢٫٥", "fr", 12_500), ("9007199254740.993", "en", 2**53 + 1),
            ("9007199254740,993", "fr", 2**53 + 1), ("9223372036854775.807", "en", TOP),
            ("9 223 372 036 854 775,807", "fr", TOP), ("+0,001", "fr", 1),
        ],
    )  # fmt: skip
    def test_takes_it_to_the_gram(self, client: Client, w: World, typed: str, language: str, grams: int) -> None:
        status, _ = weigh(client, w, typed, language)
        assert status == 302
        weighing = Weighing.objects.get()
        assert weighing.gross == grams == balance_of(weighing.lot.address, "g")
        assert f'"{grams}"]]' in Leaf.objects.order_by("-token").first().text  # type: ignore[union-attr]

    @pytest.mark.parametrize("language", ["en", "fr"])
    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("1e3", NO_NUMBER), ("NaN", NO_NUMBER), ("inf", NO_NUMBER), ("½", NO_NUMBER), ("1_000", NO_NUMBER),
            ("0x10", NO_NUMBER), ("−−1", NO_NUMBER), ("9223372036854775808", TOO_LARGE), ("9" * 30, TOO_LARGE),
        ],
    )  # fmt: skip
    def test_refuses_what_it_cannot_read(
        self, client: Client, w: World, typed: str, words: dict[str, str], language: str
    ) -> None:
        before = Leaf.objects.count()
        status, page = weigh(client, w, typed, language)
        assert status == 400 and words[language] in page and Leaf.objects.count() == before

    @pytest.mark.parametrize(("language", "typed"), [("en", "0.0001"), ("fr", "0,0001")])
    def test_refuses_to_round(self, client: Client, w: World, typed: str, language: str) -> None:
        status, page = weigh(client, w, typed, language)
        assert status == 400 and TOO_PRECISE[language] in page and not Weighing.objects.exists()

    @pytest.mark.parametrize("language", ["en", "fr"])
    @pytest.mark.parametrize("typed", ["0", "-0", "−0", "-1", "−1"])
    def test_refuses_nothing_and_less(self, client: Client, w: World, typed: str, language: str) -> None:
        status, page = weigh(client, w, typed, language)
        assert 400 <= status < 500 and not Weighing.objects.exists()
        assert NO_NUMBER[language] not in page  # it is read, and there is nothing on the scale

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_refuses_a_sum_that_cannot_be_counted(self, client: Client, w: World, language: str) -> None:
        kilograms = str(TOP)[:-3]
        assert weigh(client, w, kilograms, language)[0] == 302
        lot = Weighing.objects.get().lot
        status, page = weigh(client, w, "1", language, f"lot/{lot.code}")
        assert 400 <= status < 500 and SUM_TOO_LARGE[language] in page
        assert balance_of(lot.address, "g") == int(kilograms) * 1_000


class TestApi:
    def send(self, client: Client, w: World, gross: str, language: str = "en") -> tuple[int, str]:
        """What the API answers to a delivery whose weight is written so in JSON."""
        client.force_login(w.people["tom"])
        said = f'{{"key":"phone/0123abcd","giver":"{w.ben.address}","goods":"Wet beans","hub":"fern","gross":{gross}}}'
        url = reverse("api_give_goods", args=["fern"])
        answer = client.post(url, said.encode(), content_type="application/json", HTTP_ACCEPT_LANGUAGE=language)
        return answer.status_code, answer.content.decode()

    @pytest.mark.parametrize(
        ("gross", "grams"), [("3", 3), ('"٣"', 3), ('"18100"', 18_100), ("9007199254740991", 2**53 - 1)]
    )
    def test_takes_it_to_the_gram(self, client: Client, w: World, gross: str, grams: int) -> None:
        status, said = self.send(client, w, gross)
        assert status == 201, said
        assert Weighing.objects.get().gross == grams

    @pytest.mark.parametrize(
        "gross",
        ["0", "-0", "-0.0", "-1", '"-1"', '"−1"', "1e3", "1.5", "3.0", "1e400", "-1e400", "NaN", "Infinity", '"NaN"',
         '"1e3"', '"1_000"', "9007199254740993", "9007199254740991.4", "9007199254740993.0", "9223372036854775807",
         "9223372036854775808", '"' + "9" * 400 + '"', "true", "null", "[]", "{}", '""'],
    )  # fmt: skip
    def test_refuses_the_rest(self, client: Client, w: World, gross: str) -> None:
        status, said = self.send(client, w, gross)
        assert status == 400 and '"code"' in said and not Weighing.objects.exists()

    def test_refuses_in_the_language_of_whoever_reads_it(self, client: Client, w: World) -> None:
        assert "Un nombre entier valide est requis" in self.send(client, w, "3.0", "fr")[1]
