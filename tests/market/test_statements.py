"""Bank statements: read as banks write them, matched by reference, taken once, and nothing lost of what came in."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ledger.queries import balance_of, entries_by_prefix, log_size
from ledger.rules.refusal import NotAllowed
from market.models import BankLine, Order
from market.rules.statements import UnreadableLine, UnreadableStatement, order_names, read_statement
from market.rules.words import bank_reference
from market.services.orders import cancel_order
from market.services.payments import BANK, CASH, AmountDiffers, receive_payment
from market.services.statements import LineSettled, NoSuchReference, assign_line, set_aside, take_statement
from tests.market.goods import on_shelf, ordered, treasurer
from tests.market.test_shop_pages import words
from tests.market.test_together import order_of_both, two_stalls
from tests.world import world

pytestmark = pytest.mark.quick

CAMT = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Ntry><Amt Ccy="EUR">6.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>
<AcctSvcrRef>2026/11/24-7</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Cleo</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>Thanks! R-ABCD-EFGH-2345</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-25</Dt></BookgDt></Ntry>
<Ntry><Amt Ccy="EUR">9.99</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def table(*rows: tuple[str, str]) -> str:
    """A statement of (amount, text), a line a day."""
    lines = [f"2026-11-{day:02};{amount};{text}" for day, (amount, text) in enumerate(rows, start=1)]
    return "\n".join(["Date;Amount;Reference", *lines])


def taken(w, *rows: tuple[str, str], **more) -> list[str]:
    return [line.state for line in take_statement(by=w.tom, content=table(*rows), at=w.later(), **more).new]


class TestReadStatement:
    def test_reads_what_banks_write(self):
        french = "Date;Libellé;Débit;Crédit\n24/11/2026;VIR R-ABCD-EFGH-2345;;1 234,50\n25/11/2026;Frais;2,00;\n"
        found = read_statement(french, exponent=2)
        assert [(line.day, line.amount) for line in found] == [(date(2026, 11, 24), 123450), (date(2026, 11, 25), -200)]
        german = '"Buchungstag";"Betrag";"Verwendungszweck"\n"24.11.2026";"-1.234,50";"Miete"\n'
        assert read_statement(german, exponent=2)[0].amount == -123450
        assert read_statement("Date,Amount,Description,ID\n2026-11-24,1234,Beans,7\n", exponent=0)[0].name == "7"
        assert read_statement("date\tamount\ttext\n2026-11-24\t1.234\tx\n", exponent=3)[0].amount == 1234

    def test_reads_camt_and_only_what_is_booked(self):
        found = read_statement(CAMT, exponent=2)
        assert [line.amount for line in found] == [600, -250]
        assert (found[0].name, found[0].payer) == ("2026-11-24-7", "Cleo")
        assert "abcdefgh2345" in order_names(found[0].text)

    def test_a_line_has_the_same_name_in_every_statement_and_twins_have_two(self):
        one = read_statement(table(("1.00", "a"), ("2.00", "b")), exponent=2)
        more = read_statement(table(("1.00", "a"), ("2.00", "b"), ("3.00", "c")), exponent=2)
        assert [line.name for line in one] == [line.name for line in more[:2]]
        twins = read_statement("Date;Amount;Text\n2026-11-24;1;a\n2026-11-24;1;a\n", exponent=2)
        assert twins[0].name != twins[1].name

    @pytest.mark.parametrize("content", ["", "hello", "a;b\n1;2\n", "<x/>", "<Document><Ntry></Document>"])
    def test_refuses_what_is_no_statement(self, content):
        with pytest.raises(UnreadableStatement):
            read_statement(content, exponent=2)

    @pytest.mark.parametrize("row", ["2026-11-24;six;x", "someday;6.00;x", "2026-11-24;6.001;x"])
    def test_names_the_line_that_it_cannot_read(self, row):
        with pytest.raises(UnreadableLine, match="Line 2"):
            read_statement(f"Date;Amount;Text\n{row}\n", exponent=2)

    def test_refuses_xml_that_would_grow(self):
        bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><Document>&c;</Document>'
        with pytest.raises(UnreadableStatement):
            read_statement(bomb, exponent=2)


@pytest.mark.django_db
class TestTakeStatement:
    def test_pays_the_order_once_and_the_same_statement_changes_nothing(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        line = ("6.00", f"Cleo {bank_reference(order.name).lower().replace('-', ' ')}")
        assert taken(w, line, is_dry_run=True) == ["paid"]
        assert Order.objects.get().state == "placed" and not BankLine.objects.exists()
        assert taken(w, line) == ["paid"] and Order.objects.get().state == "paid"
        size = log_size()
        assert taken(w, line) == [] and log_size() == size

    def test_parts_wait_for_the_rest_and_too_much_goes_back(self):
        w = world()
        order = ordered(w, on_shelf(w), 2, way="bank")
        says = bank_reference(order.name)
        assert taken(w, ("5.00", says)) == ["part"]
        with pytest.raises(AmountDiffers):
            receive_payment(by=w.tom, order=order, way=CASH, amount=1200, at=w.later())
        rows = [("5.00", says), ("8.00", says)]
        assert taken(w, *rows) == ["over"] and Order.objects.get().state == "paid"
        held = f"{order.owner}/prepaid@bank/fern"
        assert balance_of(held, "EUR") == 100
        assert taken(w, *rows, ("-2.00", says), ("-1.00", says)) == ["unmatched", "returned"]
        assert balance_of(held, "EUR") == 0 and balance_of(f"{order.owner}/pocket", "EUR") == -1200

    def test_money_for_a_cancelled_order_is_kept_for_its_buyer(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        cancel_order(order=order, at=w.later())
        says = bank_reference(order.name)
        assert taken(w, ("6.00", says), ("-6.00", says)) == ["late", "returned"]
        assert balance_of(f"{order.owner}/pocket", "EUR") == 0 and Order.objects.get().state == "cancelled"

    def test_paid_twice_goes_back_once(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        says = bank_reference(order.name)
        assert taken(w, ("6.00", says), ("6.00", says)) == ["paid", "over"]
        assert balance_of(f"{order.owner}/prepaid@bank/fern", "EUR") == 600

    def test_a_line_written_in_by_hand_is_the_same_line(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        content = f"Date;Amount;Text;ID\n2026-11-24;6.00;{bank_reference(order.name)};77\n"
        receive_payment(by=w.tom, order=order, way=BANK, amount=600, statement_line="77", at=w.later())
        assert [line.state for line in take_statement(by=w.tom, content=content, at=w.later()).new] == ["paid"]
        assert balance_of(f"{order.owner}/prepaid@bank/fern", "EUR") == 0

    def test_an_order_of_two_cooperatives_is_paid_where_the_money_came_and_what_is_others_is_left_alone(self):
        fern, oak, one, other = two_stalls()
        both, theirs = order_of_both(fern, one, other, way="bank"), ordered(oak, other, way="bank")
        rows = [("30.00", bank_reference(both.name)), ("9.00", bank_reference(theirs.name)), ("1.00", "a gift")]
        assert taken(fern, *rows) == ["paid", "unmatched", "unmatched"]
        both.refresh_from_db()
        assert both.state == "paid"
        held = [balance_of(f"coops/{slug}/till@bank/fern", "EUR") for slug in ("fern", "oak")]
        assert held == [1152, 1728]  # at Fern's bank, and each its own
        assert balance_of("operators/market/till@bank/fern", "EUR") == 120

    def test_one_transfer_pays_several_orders_where_the_sum_is_right(self):
        w = world()
        listing = on_shelf(w)
        orders = [ordered(w, listing, pieces, way="bank") for pieces in (1, 2, 3)]
        says = " and ".join(bank_reference(order.name) for order in orders)
        assert taken(w, ("36.00", says)) == ["several"]
        assert {order.state for order in Order.objects.all()} == {"paid"}
        (line,) = BankLine.objects.all()
        assert [(name, part) for name, _word, part in line.parts] == [
            (order.name, total) for order, total in zip(orders, (600, 1200, 1800), strict=True)
        ]
        assert sum(flow.quantity for e in entries_by_prefix(f"bank/fern/{line.name}") for flow in e.flows) == 3600
        size = log_size()
        assert taken(w, ("36.00", says)) == []
        assert log_size() == size

    def test_where_the_sum_is_another_a_person_says_and_nothing_is_lost(self):
        w = world()
        listing = on_shelf(w)
        first, other = (ordered(w, listing, pieces, way="bank") for pieces in (1, 2))
        says = f"{bank_reference(first.name)} {bank_reference(other.name)}"
        assert taken(w, ("17.00", says), ("-3.00", says)) == ["unmatched", "unmatched"]
        line = BankLine.objects.get(amount=1700)
        assert assign_line(by=w.tom, line=line, reference=says, at=w.later()).state == "several"
        first.refresh_from_db()
        other.refresh_from_db()
        assert (first.state, other.state) == ("paid", "placed")
        assert balance_of(f"{other.owner}/prepaid@bank/fern", "EUR") == 1100
        assert taken(w, ("1.00", bank_reference(other.name))) == ["paid"]

    def test_refuses_members_and_strangers(self):
        w = world()
        with pytest.raises(NotAllowed):
            take_statement(by=w.ben, content=table(("1.00", "x")), at=w.later())


@pytest.mark.django_db
class TestAssignLine:
    def test_a_line_without_a_reference_is_told_its_order(self):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        taken(w, ("6.00", "for the bar"), ("1.00", "a gift"))
        line, gift = BankLine.objects.order_by("day")
        with pytest.raises(NoSuchReference):
            assign_line(by=w.tom, line=line, reference="R-ZZZZ-ZZZZ-ZZZZ", at=w.later())
        assert assign_line(by=w.tom, line=line, reference=bank_reference(order.name), at=w.later()).state == "paid"
        assert set_aside(by=w.tom, line=gift).state == "aside"
        with pytest.raises(LineSettled):
            set_aside(by=w.tom, line=line)
        assert Order.objects.get().state == "paid"


@pytest.mark.django_db
class TestPage:
    def test_shows_first_what_a_statement_would_do(self, client):
        w = world()
        order = ordered(w, on_shelf(w), way="bank")
        client.force_login(treasurer(w).member)
        content = table(("6.00", bank_reference(order.name)), ("2.00", "a gift"))
        take, page = reverse("take_statement", args=["fern"]), reverse("bank_statement", args=["fern"])
        seen = client.post(take, {"file": SimpleUploadedFile("s.csv", content.encode())})
        assert "2 lines are new" in words(seen) and "Pays its order" in words(seen) and not BankLine.objects.exists()
        client.post(take, {"content": seen.context["content"], "is_seen": "on"})
        assert "a gift" in words(client.get(page)) and Order.objects.get().state == "paid"
        gift = BankLine.objects.get(state="unmatched")
        client.post(reverse("assign_line", args=["fern", gift.pk]), {"aside": ""})
        assert "It is for this order" not in words(client.get(page))
        assert client.post(take, {}).status_code == 422
        assert client.post(take, {"content": "hello"}).status_code == 422

    def test_offers_the_orders_that_a_line_names(self, client):
        w = world()
        listing = on_shelf(w)
        first, other = (ordered(w, listing, pieces, way="bank") for pieces in (1, 2))
        references = [bank_reference(order.name) for order in (first, other)]
        taken(w, ("20.00", " ".join(references)))
        line = BankLine.objects.get()
        client.force_login(w.people["tom"])
        page = words(client.get(reverse("bank_statement", args=["fern"])))
        assert f"{first.word}, Cleo: €6.00 to come" in page
        assert f"{other.word}, Cleo: €12.00 to come" in page
        client.post(reverse("assign_line", args=["fern", line.pk]), {"reference": [*references, ""]})
        assert {order.state for order in Order.objects.all()} == {"paid"}
        assert balance_of(f"{other.owner}/prepaid@bank/fern", "EUR") == 200
        assert "Pays several orders" in words(client.get(reverse("bank_statement", args=["fern"])))
