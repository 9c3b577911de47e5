"""Every address for every role: an address that stands in no row here fails the test.

A row says what six people meet: nobody, Dov (a stranger who has signed in), Zed (the steward of another cooperative),
Ben (a member of Fern), Tom (its clerk) and Ada (its steward). `o`: the door opens (a form may still be sent back); `s`:
they are asked to sign in; `x`: they are refused, or told that there is nothing. The books are not open here: who got
what is for members.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cooperatives.queries import deliveries, token_of
from cooperatives.services.admission import ask_to_join
from cooperatives.services.agents import offer_guardianship, register_agent
from cooperatives.services.approvals import ask_money_rules
from cooperatives.services.containers import add_container
from cooperatives.services.contributions import give_work
from cooperatives.services.devices import enrol_device
from cooperatives.services.invitations import invite
from cooperatives.services.labels import set_label
from cooperatives.services.lots import take_off_lot
from cooperatives.services.making import start_process
from cooperatives.services.notices import post_notice
from cooperatives.services.people import admit_member
from cooperatives.services.permissions import permit_sale
from cooperatives.services.pictures import add_picture
from cooperatives.services.recipes import draft_recipe, draft_version, publish_version
from ledger.queries import entries_touching
from ledger.rules.tiles import tiles_of
from ledger.services.log import publish_checkpoint
from market.services.payouts import prepare_payout
from market.services.settlements import divide_period
from market.services.statements import take_statement
from market.services.tokens import make_token
from tests.cooperatives.circle import opened, paid
from tests.cooperatives.phone import PUBLIC_KEY
from tests.market.cycles import cycle
from tests.market.goods import bought, offered, on_shelf, ordered, stall, treasurer
from tests.market.parcels import carrier, paid_order
from tests.world import agreed, beans, key, on_vote, photo, proposed, voted_down, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

MOST_QUERIES = 12  # of any page, whoever asks
STATEMENT = "Date,Amount,Reference\n2026-11-24,1.00,A gift\n"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOT_OURS = ("admin/", "sign-in/")  # Django's and allauth's own; the admin is tested where its tables are
PAGES = """
home oooooo
live oooooo
ready oooooo
api_schema oooooo
api_docs oooooo
look xxxxxx
tour oooooo a tour
leave_tour oooooo
outbox xxxxxx
shelf oooooo
listing oooooo listing
cart oooooo
checkout oooooo
order oooooo order
invoice oooooo an invoice
stall_invoice sxxxoo its invoice
paid_by_card oooooo order
stall sooooo
stall_today sxxxoo fern
stall_facts sxxxoo fern
stall_cards sxxxoo fern
carriage sxxxoo fern
pay_in_credit sxoooo order
listings sxxxoo fern
list_lot sxxxoo a lot
change_listing sxxxoo a draft
cycles sxxxoo fern
cycle sxxxoo a cycle
change_cycle sxxxoo a cycle
cycle_table sxxxoo a cycle
stall_orders sxxxoo fern
packing sxxxoo fern
packing_labels sxxxoo fern
bank_statement sxxxoo fern
tokens sxxxoo fern
stall_order sxxxoo its order
containers_back sxxxoo fern
settlement sxxxoo fern
division sxxooo a division
purses sxxxoo fern
approvals sxxxoo fern
payout sxxooo a payout
letters sxxxoo fern
cooperatives oooooo
found_cooperative sooooo
cooperative oooooo fern
members_table sxxxxo its table
member_file sxxxxo fern
board oooooo
notice oooooo a notice
join sooooo fern
invitation_desk sxxxxo fern
invitation oooooo an invitation
public_page sxxxxo fern
picture oooooo a picture
erasure sooooo
members sxxooo fern
member sxxooo a member
agreement oooooo fern
agreement_version oooooo a version
proposal sxxooo a proposal
tried sxxooo a proposal
advances sxxxoo fern
tills sxxxoo fern
draft_proposal sxxxxo fern
change_proposal sxxxxo a proposal
credit sxxooo fern
credit_desk sxxxxo fern
making sxxooo fern
stock sxxxoo its hub
containers sxxxoo fern
gifts sxxxxo fern
process sxxooo a process
correct_input sxxooo an input
correct_passed sxxxoo a loss
making_tables sxxooo fern
making_table sxxooo its contributions
recipe_desk sxxooo fern
plan sxxooo fern
recipe_sheet sxxooo fern
recipe_file sxxooo fern
version_sheet sxxooo its recipe
recipes oooooo
recipe oooooo a recipe
recipe_manifest oooooo its manifest
recipe_bundle oooooo a recipe
lot sxxooo a made lot
lot_desk sxxxoo a made lot
lot_entries sxxxoo a made lot
lot_labels sxxooo a made lot
passbook sooooo
member_passbook sxxoxo a member
place oooooo a place
place_outlines oooooo a place
place_file sxxxxo fern
agents oooooo
agent oooooo an agent
weigh sooooo
scale sxxooo fern
givers sxxooo fern
hours sxxooo fern
uses sxxooo fern
delivery sxxooo a delivery
devices sooooo
station_worker oooooo
station_manifest oooooo
books oooooo
books_csv oooooo
contributors sxoooo
method oooooo
elsewhere oooooo
recipe_comparison oooooo a recipe
lot_report oooooo a made lot
lot_csv oooooo a made lot
chain oooooo a made lot
lot_making oooooo a made lot
log oooooo
log_checkpoint oooooo
log_asked xxxxxx
log_cosigned xxxxxx
log_witnessed xxxxxx
log_key oooooo
log_tile xxoooo a bundle
log_copy sxoooo
check_log oooooo
verifier oooooo
checkpoint oooooo a checkpoint
consistency oooooo two checkpoints
records sxoooo
record sxoooo a record
receipt sxoooo a record
printed_receipt sxoooo a record
witnesses oooooo
find_record sxxxxx
entry sxoooo an entry
statement sxoooo an account
api_listings oooooo
api_listing oooooo listing
api_orders oooooo
api_order oooooo order
api_carriage oooooo fern
api_stall_orders xxxxoo fern
api_order_payments xxxxoo its order
api_settlements xxxxoo fern
api_cycles xxxxoo fern
api_cycle xxxxoo a cycle
api_payouts xxxxoo fern
api_refunds xxxxoo its order
api_bank_payouts xxxxoo fern
api_bank_wishes xxxxoo fern
api_credit xxxooo fern
api_cooperatives oooooo
api_cooperative oooooo fern
api_lots xxxooo fern
api_lot xxxooo a made lot
api_plan xxxooo fern
api_recipes oooooo
api_recipe oooooo a recipe
api_contributions xxxooo fern
api_processes xxxooo fern
api_process xxxooo a process
api_report oooooo
api_lot_report oooooo a made lot
api_log oooooo
api_record xxoooo a record
api_records xxoooo
api_checkpoint oooooo a checkpoint
api_entries xxoooo
api_statement xxoooo an account
api_witnesses oooooo
api_quorum oooooo
api_proofs oooooo
api_entry xxoooo an entry
api_journal xxoooo hledger
api_account xxoooo an account
"""
BUTTONS = """
set_language oooooo
put_in_cart oooooo listing
change_cart oooooo listing
choose_carriage oooooo
place_order oooooo
cancel_order oooooo order
pay_by_card oooooo order
stripe_webhook oooooo
ask_for_move sxxxxo fern
ask_refund sxxxxo its order
take_goods_back sxxxoo its order
give_deposits_back sxxxoo its order
take_containers_back sxxxoo fern
open_account sxxxxx fern
ask_bank_payout sxxxxx fern
receive_bank_payout sxxxxx a payout
drop_order sxxxoo its order
publish_listing sxxxxo a draft
withdraw_listing sxxxxo its listing
close_cycle sxxxxo a cycle
repeat_cycle sxxxxo a cycle
call_buyers sxxxoo a cycle
divide_cycle sxxxxo a cycle
sell_without_cycles sxxxxo fern
receive_payment sxxxoo its order
give_surplus_back sxxxxo its order
forward_surplus sxxxoo its order
take_statement sxxxoo fern
make_token sxxxoo fern
revoke_token sxxxxo a token
api_stall_payment xxxxoo its order
api_payout_evidence xxxxoo a payout
api_hand_over xxxxoo a paid order
api_parcel xxxxoo a parcel
api_returns xxxxoo a paid order
api_bank_payout_arrived xxxxxx a payout
api_close_cycle xxxxxo a cycle
api_divide_cycle xxxxxo a cycle
api_agree_to_bank xxxxxx a wish
api_decline_bank xxxxxx a wish
api_pay_credit xxxooo fern
api_credit_part xxxooo a part
assign_line sxxxoo a bank line
hand_over sxxxoo a paid order
send_parcel sxxxoo a parcel
close_offer sxxxoo a carrier
divide_period sxxxxo fern
prepare_payout sxxxxx fern
set_money_rules sxxxxo fern
approve_wish sxxxxo a wish
decline_wish sxxxxo a wish
confirm_payout sxxxxo a payout
drop_payout sxxxxo a payout
post_notice sxoooo
answer_notice sxoooo a notice
close_notice sxxoxo a notice
register_agent sxoxxo
describe_agent sxxxxo an agent
offer_guardianship sxxxxo an agent
accept_guardianship sxoxxx an agent
drop_offer sxoxxo an agent
show_agent sxxxxo an agent
invite sxxxxo fern
withdraw_invitation sxxxxo an open invitation
set_admission sxxxxo fern
accept_request sxxxxo a request
decline_request sxxxxo a request
withdraw_request soxxxx fern
leave_cooperative sxxooo fern
admit_member sxxxxo fern
give_roles sxxxxo a member
show_to sxxoxx a member
set_portrait sxxoxx a member
erase_member sxxxxo a member of the books
tell_story sxxxxo fern
add_picture sxxxxo fern
remove_picture sxxxxo its picture
adopt_agreement sxxxxo fern
open_vote sxxxxo a proposal
agree_limit sxxxxo fern
ask_for_advance sxxxxx fern
cast_vote sxxooo an open proposal
close_vote sxxxxo a closed proposal
take_back sxxxxo an open proposal
say_of_proposal sxxooo a proposal
pay_credit sxxooo fern
return_credit sxxoxx credit
propose_rule sxxxxo fern
set_credit_limits sxxxxx fern
ask_credit_payment sxxxxx fern
start_process sxxooo fern
put_in sxxooo a process
give_work sxxooo a process
use_tool sxxooo a process
use_energy sxxooo a process
declare_value sxxooo a process
count_stock sxxxoo its hub
take_goods_gift sxxxoo its hub
add_container sxxxxo fern
set_deposit sxxxxo its jar
move_containers sxxxoo a move of jars
take_gift sxxxxo fern
spend_fund sxxxxo fern
keep_promise sxxxxo fern
finish_process sxxooo a process
set_expiry sxxxoo a lot
split_lot sxxxoo a lot
combine_lots sxxxoo a lot
move_lot sxxxoo a lot
take_off_lot sxxxoo a lot
give_away sxxxoo a lot
deliver_lot sxxxoo a lot
declare_ownership sxxxxo fern
publish_version sxxxxo its recipe
set_label sxxxxo its recipe
lift_label sxxxxo a label
permit_sale sxxxxo its recipe
withdraw_permission sxxxxo a permission
draft_recipe sxxooo fern
draft_version sxxooo its recipe
give_goods sxxooo fern
give_hours sxxooo fern
give_use sxxooo fern
undo_delivery sxxooo a delivery
keep_position sxxoxx a delivery
object_to_weight sxxooo a delivery
answer_objection sxxooo a delivery
revoke_device sxxoxx a device
choose_field_mode sooooo
api_cancel_order oooooo order
api_cosignatures oooooo
api_give_goods xxxooo fern
api_give_work xxxooo fern
api_give_use xxxooo fern
api_devices xooooo
api_this_device xxxxxx
"""

# What a button sends where an empty form would be sent back before anyone asks who presses it.
BODIES: dict[str, dict[str, Any]] = {
    "admit_member": {"name": "Xu", "roles": ["member"]},
    "adopt_agreement": {"hour": "5.00", "commons": "10", "reserve": "10", "fund": "care"},
    "open_vote": {"closes_on": "2100-01-01"},
    "cast_vote": {"edition": "1", "choice": "yes"},
    "say_of_proposal": {"text": "Let us try it."},
    "ask_bank_payout": {"key": "k", "amount": "0.01"},
    "ask_refund": {"key": "k"},
    "ask_for_move": {"source": "cash/fern", "target": "bank/fern", "amount": "0.01", "statement_line": "1"},
    "give_surplus_back": {"surplus-amount": "0.01", "surplus-statement_line": "1"},
    "forward_surplus": {"forward-reference": "R-NOTHING"},
    "declare_ownership": {"kind": "members"},
    "permit_sale": {"cooperative": "oak"},
    "set_label": {"code": "TK-A", "text": "Say whose it is."},
    "confirm_payout": {"payout-{pk}-statement_line": "1", "payout-{pk}-evidence": "A signed receipt"},
    "decline_request": {"reason": "Full"},
    "give_roles": {"roles": ["clerk"]},
    "set_admission": {"admission": "open"},
    "assign_line": {"aside": ""},
    "take_statement": {"content": STATEMENT},
    "set_money_rules": {"two_persons": "always", "minimum": "0.00", "schedule": "any"},
    "prepare_payout": {"owner": "members/x", "key": "k", "amount": "0.01", "keeper": "cash/fern"},
    "show_to": {"name": "public", "place": "self", "amounts": "self"},
}

RECIPE = {
    "name": "Dark 72", "license": "CC-BY-SA-4.0", "inputs": [{"goods": "Wet beans", "unit": "g", "quantity": 50_000}],
    "outputs": [{"goods": "Chocolate", "unit": "g", "quantity": 12_000}],
}  # fmt: skip


def rows(table: str) -> dict[str, tuple[str, str]]:
    """name: (what it is about, what the six meet)"""
    lines = (line.split(maxsplit=2) for line in table.split("\n") if line.strip())
    return {name: (what[0] if what else "", met) for name, met, *what in lines}


def addresses() -> list[str]:
    """The names of all our addresses."""
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if str(pattern.pattern) not in NOT_OURS:
                    walk(pattern.url_patterns)
            else:
                found.append(str(pattern.name))

    walk(get_resolver().url_patterns)
    return found


@pytest.fixture
def knocks(settings: Any) -> tuple[dict[str, Client], dict[str, dict[str, Any]]]:
    settings.OPEN_BOOKS = False
    return everything()


def everything() -> tuple[dict[str, Client], dict[str, dict[str, Any]]]:
    """A browser for each role, and for each address that names something what it names: all of it Fern's."""
    w, oak = world(), world("oak", "Oak Mill", "fr/jura")
    eve = treasurer(w)
    agreed(w)
    stall(w)
    lot = beans(w, 900, code="wet-9")
    process = start_process(by=w.ada, cooperative=w.fern, name="Open", at=w.later())
    give_work(by=w.ben, worker=w.ben, process=process, minutes=30, at=w.later(), key="phone/knocks-1")
    recipe = publish_version(
        by=w.ada, version=draft_recipe(by=w.ada, cooperative=w.fern, said=RECIPE, at=w.later()), at=w.later()
    ).recipe
    draft_version(by=w.ada, recipe=recipe, said=RECIPE | {"readiness": 4}, at=w.later())
    set_label(by=w.ada, recipe=recipe, code="TK-A", text="Say whose it is.", at=w.later())
    permission = permit_sale(by=w.ada, recipe=recipe, cooperative=oak.fern, at=w.later())
    listing, draft = on_shelf(w), offered(w, beans(w, 800, code="wet-8"))
    sold = bought(w, listing, 2)
    shared = divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())[0]
    take_off_lot(by=w.ada, lot=listing.lot, quantity=1, reason="missing", at=w.later(), key="phone/knocks-2")
    running = cycle(w, lasts=timedelta(days=365))
    placed = ordered(w, listing)
    payout = prepare_payout(
        by=eve, owner=w.ben.address, amount=1, currency="EUR", keeper="cash/fern", at=w.later(), key=key()
    )
    given = paid(w, opened(w, eve), w.ada, w.ben.address, 60)  # its own vote is closed before the next is open
    closed, voting = voted_down(w), on_vote(w)
    proposal = proposed(w, 30)
    told = take_statement(by=eve, content=STATEMENT, at=w.later()).new[0]
    wish = ask_money_rules(by=eve, two_persons="always", minimum=100, schedule="any", at=w.later(), key=key())
    entry = entries_touching([f"{w.ben.address}/harvest"])[0]
    weighing = deliveries(w.fern, reader=w.ada)[0].weighing.pk
    device = enrol_device(member=w.people["ben"], public_key=PUBLIC_KEY, name="Phone", at=w.later())
    about = {"cooperative": w.fern, "language": "en", "at": w.later()}
    invited = invite(email="xu@rennet.example", by=w.ada, key=key(), **about)
    asked = ask_to_join(person=w.dov, name="Dov", **about)
    farm = admit_member(cooperative=w.fern, name="Farm 7", number="7", at=w.later(), by=w.ada)
    shown = add_picture(cooperative=w.fern, data=photo(), words="The mill", at=w.later(), by=w.ada)
    posted = post_notice(by=w.ben, is_wanted=True, kind="work", title="Pickers in May", at=w.later())
    wood = register_agent(by=w.ada, name="Wood", slug="wood", kind="forest", place="gh/ashanti", at=w.later())
    offer_guardianship(agent=wood, to=oak.fern, by=w.ada, at=w.later())
    jar = add_container(by=w.ada, name="Jar", deposit=50, at=w.later())
    brings = carrier(w)
    parcel = paid_order(w, listing, brings)
    sealed = publish_checkpoint()
    assert sealed
    fern = {"slug": "fern"}
    ben = {**fern, "name": w.ben.address.removeprefix("members/")}
    names: dict[str, dict[str, Any]] = {
        "fern": fern, "listing": {"pk": listing.pk}, "order": {"token": placed.token}, "a member": ben,
        "a lot": {**fern, "code": lot.code}, "a made lot": {**fern, "code": listing.lot.code},
        "a process": {**fern, "code": process.code}, "a draft": {**fern, "pk": draft.pk},
        "its listing": {**fern, "pk": listing.pk}, "its order": {**fern, "name": placed.name},
        "its jar": {**fern, "pk": jar.pk}, "a move of jars": {**fern, "pk": jar.pk, "what": "in"},
        "a parcel": {**fern, "name": parcel.name}, "a carrier": {**fern, "pk": brings.pk},
        "a paid order": {**fern, "name": sold.name}, "a payout": {**fern, "pk": payout.pk},
        "a recipe": {"slug": recipe.slug}, "its recipe": {**fern, "recipe": recipe.slug},
        "a label": {**fern, "recipe": recipe.slug, "code": "TK-A"},
        "a permission": {**fern, "recipe": recipe.slug, "pk": permission.pk},
        "an invoice": {"token": sold.token, "pk": sold.invoices.get().pk},
        "its invoice": {**fern, "pk": sold.invoices.get().pk},
        "a token": {**fern, "pk": make_token(by=eve, name="Till", scopes=["read"], at=w.later())[0].pk},
        "a bank line": {**fern, "pk": told.pk},
        "a cycle": {**fern, "code": running.code},
        "a wish": {**fern, "pk": wish.pk},
        "a delivery": {**fern, "pk": weighing}, "a device": {"pk": device.pk}, "a tour": {"who": "member", "step": 2},
        "a place": {"path": "gh/ashanti"}, "an entry": {"entry_id": entry.id}, "hledger": {"program": "hledger"},
        "a version": {**fern, "version": 1}, "a proposal": {**fern, "number": proposal.number},
        "an open proposal": {**fern, "number": voting.number}, "a closed proposal": {**fern, "number": closed.number},
        "a checkpoint": {"size": sealed.size}, "two checkpoints": {"first": 1, "second": sealed.size},
        "a record": {"index": 0}, "a bundle": {"path": next(tiles_of(sealed.size)).path.removeprefix("tile/")},
        "an account": {"address": f"{w.ben.address}/harvest"}, "": {},
    }  # fmt: skip
    names |= {
        "an invitation": {"token": token_of(invited)},
        "an open invitation": {**fern, "pk": invited.pk},
        "a request": {**fern, "pk": asked.pk},
        "a member of the books": {**fern, "name": farm.random_name},
        "a picture": {"name": shown.name},
        "an input": {**fern, "code": process.code, "entry": "phone/knocks-1"},
        "a loss": {**fern, "code": listing.lot.code, "entry": "phone/knocks-2"},
        "its hub": {**fern, "hub": "fern"},
        "its table": {**fern, "kind": "csv"},
        "its contributions": {**fern, "what": "contributions", "kind": "csv"},
        "its manifest": {"slug": recipe.slug, "kind": "yml"},
        "a notice": {"pk": posted.pk},
        "credit": {**fern, "pk": given.pk},
        "a part": {**fern, "token": placed.token},
        "its picture": {**fern, "picture": shown.name},
        "an agent": {"slug": wood.slug},
        "a division": {**fern, "entry": shared.entry},
    }
    people = {"nobody": None, "dov": w.dov, "zed": oak.people["ada"], "ben": w.people["ben"], "tom": w.people["tom"],
              "ada": w.people["ada"]}  # fmt: skip
    clients = {name: Client() for name in people}
    for name, person in people.items():
        if person is not None:
            clients[name].force_login(person, backend=BACKEND)
    return clients, names


def outcome(client: Client, method: str, path: str, body: dict[str, Any]) -> str:
    """What this knock meets; whatever it changed is taken back."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path) if method == "GET" else client.post(path, body)
        transaction.set_rollback(True)
    assert answer.status_code < 500, path
    assert method != "GET" or len(asked) <= MOST_QUERIES, (path, "\n".join(query["sql"][:160] for query in asked))
    if answer.status_code in {401, 403, 404}:
        return "x"
    return "s" if "/sign-in/" in answer.headers.get("Location", "") else "o"


@pytest.mark.parametrize(("method", "table"), [("GET", PAGES), ("POST", BUTTONS)])
def test_each_door_opens_to_whom_it_should(
    knocks: tuple[dict[str, Client], dict[str, dict[str, Any]]], method: str, table: str
) -> None:
    clients, names = knocks
    met = {}
    for name, (what, _) in rows(table).items():
        path = reverse(name, kwargs=names[what]) + ("?q=nothing" if name == "find_record" else "")
        body = {field.format(**names[what]): said for field, said in BODIES.get(name, {}).items()}
        met[name] = "".join(outcome(client, method, path, body) for client in clients.values())
    wrong = {name: (met[name], expected) for name, (_, expected) in rows(table).items() if met[name] != expected}
    assert wrong == {}, "\n".join(f"{name} {pair[0]} where {pair[1]}" for name, pair in wrong.items())


def test_all_addresses_stand_in_a_row() -> None:
    assert sorted(addresses()) == sorted([*rows(PAGES), *rows(BUTTONS)])
