"""An invoice or a credit note as PDF, in the buyer's language. What it says was written with the payment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from unicodedata import bidirectional

from django.utils.formats import date_format, get_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override
from fontTools.ttLib import TTFont
from fpdf import FPDF, Align, XPos, YPos

from ledger.queries import unit
from ledger.rules.amounts import format_quantity
from market.models import Invoice
from market.rules.invoices import taxed
from market.rules.words import bank_reference

# Latin, Greek and Cyrillic letters: the font of our pages is cut down to what pages in two languages need. Beside it
# lie those of other scripts (Noto Sans; Droid Sans Fallback for Chinese, Japanese, Korean), read where one is needed.
FONTS = Path(__file__).parent.parent / "fonts"
OF_OTHER_SCRIPTS = (*sorted(FONTS.glob("NotoSans*.ttf")), FONTS / "DroidSansFallback.ttf")
WIDTHS = (84, 18, 22, 22, 28)  # millimetres of the columns; 174 in all


@cache
def letters_of(file: Path) -> frozenset[int]:
    """What a font can write, as code points."""
    with TTFont(file, lazy=True) as font:
        return frozenset(font.getBestCmap())


def invoice_pdf(invoice: Invoice) -> bytes:
    """The document, A4; the same invoice says the same each time."""
    with override(invoice.order.language):
        return Document(invoice).drawn()


class Document:
    """An invoice being drawn, from top to bottom."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        found = unit(invoice.currency)
        self.exponent = found.exponent if found else 2
        pdf = self.pdf = FPDF(format="A4")
        for style, weight in (("", "Regular"), ("B", "Semibold")):
            pdf.add_font("sans", style, FONTS / f"SourceSansPro-{weight}.ttf")
        pdf.set_margin(18)
        pdf.set_auto_page_break(True, margin=20)
        pdf.set_creation_date(invoice.issued_at)
        pdf.set_title(f"{self.kind} {invoice.called}")
        pdf.set_author(invoice.seller)
        pdf.set_lang(invoice.order.language)
        self.covered = set(letters_of(FONTS / "SourceSansPro-Regular.ttf"))
        self._take_other_fonts()

    def _take_other_fonts(self) -> None:
        """The fonts of what is written here and ours does not know; joined and ordered as their scripts want it."""
        invoice = self.invoice
        said = [invoice.seller, invoice.address, invoice.order.buyer, *(line["title"] for line in invoice.lines)]
        missing, taken = {ord(char) for text in said for char in text} - self.covered, list[str]()
        for file in OF_OTHER_SCRIPTS if missing else ():
            if found := missing & letters_of(file):
                for style in ("", "B"):
                    self.pdf.add_font(file.stem, style, file)
                taken.append(file.stem)
                missing -= found
                self.covered |= letters_of(file)
        if taken:
            self.pdf.set_fallback_fonts(taken)
            self.pdf.set_text_shaping(True)

    @property
    def kind(self) -> str:
        return _("Credit note") if self.invoice.refund_id else _("Invoice")

    def money(self, amount: int) -> str:
        return format_quantity(amount, self.exponent, get_format("DECIMAL_SEPARATOR"))

    def known(self, text: str) -> str:
        """The text as our fonts can write it: what none of them has, as a picture among letters, is its number, so that
        nothing is lost."""
        return "".join(char if ord(char) in self.covered or char == "\n" else f"[U+{ord(char):04X}]" for char in text)

    def say(self, text: str, *, size: int = 10, bold: bool = False, gap: float = 0) -> None:
        self.pdf.set_font("sans", "B" if bold else "", size)
        for line in self.known(text).split("\n"):
            if self.pdf.text_shaping:
                self.pdf.set_text_shaping(True, direction=_direction(line))
            self.pdf.multi_cell(0, size * 0.5, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.pdf.ln(gap)

    def drawn(self) -> bytes:
        invoice, order = self.invoice, self.invoice.order
        self.pdf.add_page()
        self.say(f"{invoice.seller}\n{invoice.address}".strip(), gap=6)
        self.say(f"{self.kind} {invoice.called}", size=20, bold=True, gap=2)
        self.say(_("Issued on %(day)s") % {"day": date_format(localtime(invoice.issued_at), "DATE_FORMAT")})
        said = {"word": order.word, "reference": bank_reference(order.name)}
        self.say(_("Order %(word)s, reference %(reference)s") % said)
        if order.paid_at:
            self.say(_("Paid on %(day)s") % {"day": date_format(localtime(order.paid_at), "DATE_FORMAT")})
        self.say(_("For %(buyer)s") % {"buyer": order.buyer}, gap=6)
        self.rows([_("Goods"), _("Quantity"), _("VAT"), _("VAT inside"), invoice.currency], bold=True)
        for line in invoice.lines:
            rate = f"{format_quantity(line['vat_rate'], 1, get_format('DECIMAL_SEPARATOR'))} %"
            if line.get("is_deposit"):
                title = _("Deposit: %(container)s") % {"container": line["title"]}
                self.rows([title, str(line["pieces"]), "–", self.money(0), self.money(line["price"])])
                continue
            self.rows([line["title"], str(line["pieces"]), rate, self.money(line["vat"]), self.money(line["price"])])
        vat = self.money(sum(line["vat"] for line in invoice.lines))
        self.rows([_("Total, VAT inside"), "", "", vat, self.money(invoice.total)], bold=True)
        self.pdf.ln(6)
        self.rows([_("VAT by rate"), "", _("Without VAT"), _("VAT"), _("With VAT")], bold=True)
        for row in taxed(invoice.lines):
            rate = f"{format_quantity(row.rate, 1, get_format('DECIMAL_SEPARATOR'))} %"
            self.rows([rate, "", self.money(row.net), self.money(row.vat), self.money(row.gross)])
        if any(line.get("is_deposit") for line in invoice.lines):
            self.pdf.ln(3)
            self.say(_("Deposits bear no VAT. They are given back when the containers come back."))
        self.pdf.ln(8)
        self.pdf.code39(f"*{order.name.upper()}*", x=self.pdf.l_margin, y=self.pdf.get_y(), w=0.9, h=10)
        return bytes(self.pdf.output())

    def rows(self, cells: list[str], *, bold: bool = False) -> None:
        """One row of the table; a long title takes several lines."""
        pdf = self.pdf
        pdf.set_font("sans", "B" if bold else "", 10)
        with pdf.table(
            col_widths=WIDTHS, width=sum(WIDTHS), line_height=6, first_row_as_headings=False, align=Align.L,
            borders_layout="HORIZONTAL_LINES",
            text_align=(Align.L, Align.R, Align.R, Align.R, Align.R),
        ) as table:  # fmt: skip
            row = table.row()
            for cell in cells:
                row.cell(self.known(cell))


def _direction(line: str) -> str:
    """Which way a line is read, by its first letter that says so."""
    strong = (bidirectional(char) for char in line)
    return "rtl" if next((word for word in strong if word in {"L", "R", "AL"}), "L") in {"R", "AL"} else "ltr"
