"""Invoices: numbered without a gap by each seller, and equal to the order to the cent."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils.translation import override

from market.models import Invoice, InvoiceSeries, Letter
from market.pages.invoices import Document, invoice_pdf
from market.rules.invoices import taxed
from market.services.invoices import write_invoices
from market.services.payments import BANK, CASH, receive_payment
from tests.market.goods import bought, on_shelf, ordered, stall
from tests.market.test_together import at_once, order_of_both, two_stalls
from tests.world import bars, world

pytestmark = pytest.mark.quick


def paid(w, order) -> None:
    receive_payment(by=w.tom, order=order, way=CASH, amount=order.total, at=w.later())


def said(invoice: Invoice) -> list[str]:
    """The first word of each line above the table, as it was handed to the file."""
    told: list[str] = []

    class Listening(Document):
        def say(self, text: str, **more) -> None:
            told.append(text.split()[0])
            super().say(text, **more)

    with override(invoice.order.language):
        Listening(invoice).drawn()
    return told[1:]


@pytest.mark.django_db
class TestWriteInvoices:
    def test_each_seller_counts_from_one_without_a_gap(self):
        fern, oak, one, other = two_stalls()
        paid(fern, order_of_both(fern, one, other))
        for _ in "ab":
            bought(oak, other)
        rows = Invoice.objects.order_by("number")
        numbers = {w.fern.slug: [row.number for row in rows.filter(cooperative=w.fern)] for w in (fern, oak)}
        assert numbers == {"fern": [1], "oak": [1, 2, 3]}

    def test_sums_to_the_order_to_the_cent(self):
        fern, _oak, one, other = two_stalls()
        order = order_of_both(fern, one, other)
        paid(fern, order)
        invoices = list(order.invoices.all())
        assert sum(row.total for row in invoices) == order.total
        rows = [row for invoice in invoices for row in taxed(invoice.lines)]
        assert sum(row.vat for row in rows) == order.vat and sum(row.gross for row in rows) == order.total
        assert all(row.net + row.vat == row.gross for row in rows)

    def test_a_payment_that_is_taken_back_gives_its_number_back(self):
        w = world()
        listing = on_shelf(w)
        bought(w, listing)
        with pytest.raises(RuntimeError), transaction.atomic():
            bought(w, listing)
            raise RuntimeError
        bought(w, listing)
        assert sorted(Invoice.objects.values_list("number", flat=True)) == [1, 2]

    def test_again_it_is_the_same(self):
        w = world()
        order = bought(w, on_shelf(w))
        assert write_invoices(order=order, at=w.later()) == list(order.invoices.all())
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.create(
                cooperative=w.fern, year=2026, number=9, order=order, seller="Fern", currency="EUR", lines=[],
                issued_at=w.at,
            )  # fmt: skip


class TestAtOnce:
    def test_ten_payments_in_one_moment_leave_no_gap(self, own_database):
        w = world()
        orders = [ordered(w, on_shelf(w, bars(w)), way="bank") for _ in range(10)]

        def pay(n, order):
            return lambda: receive_payment(
                by=w.tom, order=order, way=BANK, amount=order.total, statement_line=str(n), at=w.at
            )

        told = at_once(*(pay(n, order) for n, order in enumerate(orders)))
        assert not [no for no in told if isinstance(no, Exception)]
        assert sorted(Invoice.objects.values_list("number", flat=True)) == list(range(1, 11))
        assert InvoiceSeries.objects.get().last == 10

    def test_ten_invoices_in_one_moment_leave_no_gap(self, own_database):
        """Without a payment before it, which makes them wait for each other: the series' own lock."""
        w = world()
        orders, at = [ordered(w, on_shelf(w, bars(w))) for _ in range(10)], w.later()
        InvoiceSeries.objects.create(cooperative=w.fern, year=at.year)

        def write(order):
            def job():
                with transaction.atomic():
                    return write_invoices(order=order, at=at)

            return job

        told = at_once(*(write(order) for order in orders))
        assert not [no for no in told if isinstance(no, Exception)]
        assert sorted(Invoice.objects.values_list("number", flat=True)) == list(range(1, 11))
        connection.close()


@pytest.mark.django_db
class TestPdf:
    def test_is_a_whole_file_in_the_buyers_language(self, client):
        w = world()
        stall(w)
        order = bought(w, on_shelf(w), 3)
        found = order.invoices.get()
        pdf = invoice_pdf(found)
        assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
        assert b"/Title" in pdf and b"/CreationDate (D:2026112" in pdf
        assert said(found) == ["Invoice", "Issued", "Order", "Paid", "For"]
        order.language = "fr"
        order.save()
        assert said(Invoice.objects.get()) == ["Facture", "Établie", "Commande", "Payée", "Pour"]
        page = client.get(reverse("invoice", args=[order.token, found.pk]))
        assert page["Content-Type"] == "application/pdf" and "no-store" in page["Cache-Control"]
        assert reverse("invoice", args=[order.token, found.pk]) in Letter.objects.get(key=f"{order.name}/paid").body

    def test_writes_names_of_other_scripts_and_loses_no_letter(self):
        w = world()
        found = Invoice.objects.select_related("order").get(order=bought(w, on_shelf(w)))
        assert set(Document(found).pdf.fonts) == {"sans", "sansB"}, "no other font is read where none is needed"
        names = "Łukasz 李小明 שרה ليلى प्रिया สมชาย 김민준 አበበ"
        found.order.buyer, found.seller = names, "طريق المحطة 5 🌿"
        drawn = Document(found)
        assert drawn.known(names) == names
        assert drawn.known("🌿") == "[U+1F33F]"
        taken = {"notosansarabic-regular", "notosanshebrew-regular", "droidsansfallback"}
        assert taken <= set(drawn.pdf.fonts)
        assert drawn.pdf.text_shaping, "letters are joined as their script wants it"
        assert invoice_pdf(found).startswith(b"%PDF-")
        assert invoice_pdf(found) == invoice_pdf(found)

    def test_another_orders_link_opens_nothing(self, client):
        w = world()
        listing = on_shelf(w)
        one, other = bought(w, listing), bought(w, listing)
        assert client.get(reverse("invoice", args=[one.token, other.invoices.get().pk])).status_code == 404
