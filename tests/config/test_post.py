"""Letters as they go out: the words, and the same words set as a page that loads nothing and hides nothing."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from cooperatives.post import as_mail, as_page
from cooperatives.rules.letter_lines import Line, paragraphs
from market.tasks import send_letters
from tests.market.goods import bought, on_shelf, stall
from tests.world import agreed, world

pytestmark = pytest.mark.quick

ORDER = """Cleo

Thank you. You ordered:
2 × Comté, 12 months, 250 g: 10.70 EUR

Total, with VAT of 0.56 EUR: 10.70 EUR

Its page, for you alone: https://rennet.example/orders/abc/"""


class TestParagraphs:
    def test_words_sums_and_links(self) -> None:
        assert paragraphs(ORDER) == [
            [Line("Cleo")],
            [Line("Thank you. You ordered:"), Line("2 × Comté, 12 months, 250 g", "10.70 EUR", is_counted=True)],
            [Line("Total, with VAT of 0.56 EUR", "10.70 EUR")],
            [Line("Its page, for you alone", link="https://rennet.example/orders/abc/")],
        ]

    def test_reads_french_sums(self) -> None:
        (line,) = paragraphs("Total, dont TVA de 56,00 EUR\u00a0: 1\u202f010,70 EUR")[0]
        assert (line.words, line.amount) == ("Total, dont TVA de 56,00 EUR", "1\u202f010,70 EUR")

    def test_a_link_alone_stands_for_itself(self) -> None:
        assert paragraphs("Choose it here:\n\nhttps://rennet.example/x/") == [
            [Line("Choose it here:")],
            [Line("", link="https://rennet.example/x/")],
        ]


class TestAsMail:
    def test_the_text_stays_as_it_was_and_the_page_says_the_same(self) -> None:
        message = as_mail("Your order meadow 4", ORDER, "cleo@post.example")
        assert message.body == ORDER
        (page, kind) = message.alternatives[0]
        assert kind == "text/html"
        said = strip_tags(str(page))
        for word in re.findall(r"\w+", ORDER.rpartition("https")[0]):
            assert word in said, word
        assert 'href="https://rennet.example/orders/abc/"' in str(page)

    def test_the_page_loads_nothing(self) -> None:
        page = as_page("Hello", ORDER)
        assert not re.search(r"<(img|link|script|iframe|object)|url\(|@import|src=", page)

    def test_what_somebody_typed_stays_words(self) -> None:
        page = as_page("<b>", '<script>alert(1)</script>\n\nhttps://rennet.example/"><script>')
        assert "<script" not in page
        assert "<b>" not in page.partition("<body>")[2].replace('<b aria-hidden="true">', "")


@pytest.mark.django_db
class TestSent:
    def test_letters_of_orders_and_of_accounts_have_both(self) -> None:
        w = world()
        agreed(w)
        stall(w)
        bought(w, on_shelf(w), 2)
        assert send_letters() == 2
        Client().post(reverse("account_reset_password"), {"email": w.people["ada"].email})
        assert len(mail.outbox) == 3
        for message in mail.outbox:
            assert [kind for _page, kind in message.alternatives] == ["text/html"]  # type: ignore[attr-defined]
