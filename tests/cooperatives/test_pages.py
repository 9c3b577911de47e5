"""Pages and buttons by role: Ada a steward, Tom a clerk, Ben a maker, Cleo a buyer, Dov a stranger, and nobody."""

import re

import pytest
from django.urls import reverse

from cooperatives.forms.fields import fresh_key
from cooperatives.models import Cooperative, Correction, Membership, Process, Weighing
from cooperatives.services.making import start_process
from ledger import queries as ledger
from tests.world import agreed, bars, beans, key, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

EVERYONE = ("ada", "tom", "ben", "cleo", "dov", None)


@pytest.fixture
def w():
    return world()


@pytest.fixture
def enter(client, w):
    """A browser in which that person, or nobody, is signed in."""

    def signed_in(who):
        client.logout()
        if who:
            client.force_login(w.people[who])
        return client

    return signed_in


def delivery_of(w, **more):
    said = {"giver": w.ben.address, "into": "new", "goods": "Wet beans", "hub": "fern", "gross": "18.1", "tare": "1.8"}
    return said | {"key": fresh_key()} | more


class TestPublicPages:
    def test_are_there_for_everyone(self, w, enter):
        agreed(w)
        for who in EVERYONE:
            for url in (
                "/cooperatives/",
                "/cooperatives/fern/",
                "/cooperatives/fern/agreement/",
                "/places/gh/ashanti/",
            ):
                assert enter(who).get(url).status_code == 200, (who, url)

    def test_name_only_who_agreed(self, w, enter):
        page = enter(None).get("/cooperatives/fern/").content.decode()
        assert "3 members" in page
        assert "Ben" not in page
        w.ben.name_shown_to = "public"
        w.ben.save()
        assert "Ben" in enter(None).get("/cooperatives/fern/").content.decode()

    def test_say_not_found_where_nothing_is(self, enter):
        for url in ("/cooperatives/oak/", "/cooperatives/oak/agreement/", "/places/nowhere/"):
            assert enter(None).get(url).status_code == 404

    def test_say_the_agreement_in_sentences(self, w, enter):
        agreed(w)
        page = enter(None).get("/cooperatives/fern/agreement/").content.decode()
        assert "€2.00 for 1 kg of harvest" in page
        assert "60% of it to shade, 40% of it to dark 72" in page


class TestMembersPages:
    def test_are_there_for_members_and_for_nobody_else(self, w, enter):
        lot = bars(w)
        weighing = Weighing.objects.get()
        urls = [
            "/cooperatives/fern/members/", f"/cooperatives/fern/members/{w.ben.random_name}/",
            "/cooperatives/fern/making/", "/cooperatives/fern/making/roast-1/", f"/lots/fern/{lot.code}/",
            "/weigh/fern/",
            f"/weigh/fern/{weighing.pk}/",
        ]  # fmt: skip
        for who, expected in (("ada", 200), ("tom", 200), ("ben", 200), ("cleo", 404), ("dov", 404), (None, 302)):
            for url in urls:
                assert enter(who).get(url).status_code == expected, (who, url)

    def test_of_another_cooperative_are_not_there(self, w, enter):
        other = world("oak", "Oak")
        lot = bars(other)
        for url in (
            f"/lots/fern/{lot.code}/",
            "/cooperatives/oak/making/",
            f"/weigh/fern/{Weighing.objects.get().pk}/",
        ):
            assert enter("ada").get(url).status_code == 404
        assert enter("ada").get(f"/cooperatives/fern/members/{other.ben.random_name}/").status_code == 404

    def test_say_not_found_for_codes_nobody_gave(self, enter):
        for url in ("/lots/fern/none/", "/cooperatives/fern/making/none/", "/weigh/fern/9999/"):
            assert enter("ada").get(url).status_code == 404

    def test_ask_few_questions_of_the_database(self, w, enter, django_assert_max_num_queries):
        lot = bars(w)
        for _ in range(5):
            beans(w)
        agreed(w)
        urls = [
            "/cooperatives/", "/cooperatives/fern/", "/cooperatives/fern/agreement/", "/cooperatives/fern/members/",
            "/cooperatives/fern/making/", f"/weigh/fern/{Weighing.objects.first().pk}/", "/passbook/",
            f"/lots/fern/{lot.code}/", "/weigh/fern/", "/cooperatives/fern/making/roast-1/",
            "/cooperatives/fern/making/press-1/",
        ]  # fmt: skip
        start_process(by=w.ada, cooperative=w.fern, name="Press", at=w.later())
        ada = enter("ada")
        for _ in range(3):
            ada.post("/weigh/fern/give", delivery_of(w))
        for url in urls:
            with django_assert_max_num_queries(12, info=url):
                assert ada.get(url).status_code == 200


class TestPassbooks:
    def test_are_read_by_their_owner_and_the_officers(self, w, enter):
        beans(w)
        url = f"/passbook/fern/{w.ben.random_name}/"
        for who, expected in (("ada", 200), ("tom", 404), ("ben", 302), ("cleo", 404), ("dov", 404), (None, 302)):
            assert enter(who).get(url).status_code == expected, who
        assert "wet-beans-1" in enter("ben").get("/passbook/").content.decode()
        assert enter("dov").get("/passbook/").status_code == 200

    def test_of_someone_in_two_cooperatives_are_two(self, w, enter):
        other = world("oak", "Oak")
        Membership.objects.filter(pk=other.ben.pk).update(member=w.people["ben"])
        assert "Oak" in enter("ben").get("/passbook/").content.decode()
        assert enter("ben").get(f"/passbook/oak/{other.ben.random_name}/").status_code == 200


class TestScale:
    def test_records_a_delivery_without_a_script(self, w, enter):
        tom = enter("tom")
        assert tom.post("/weigh/fern/give", delivery_of(w)).status_code == 302
        weighing = Weighing.objects.get()
        assert (weighing.giver, weighing.by, weighing.gross, weighing.tare) == (w.ben, w.tom, 18_100, 1_800)
        assert ledger.balance_of(weighing.lot.address, "g") == 16_300

    def test_remembers_giver_lot_and_tare_so_that_the_weight_is_all_that_is_missing(self, w, enter):
        tom = enter("tom")
        tom.post("/weigh/fern/give", delivery_of(w))
        page = tom.get("/weigh/fern/").content.decode()
        assert re.search(rf'<option value="{w.ben.address}"\s+selected', page)
        assert re.search(r'<option value="lot/wet-beans-1"\s+selected', page)
        assert re.search(r'name="tare" value="1.8"', page)
        shown_key = re.search(r'name="key" value="([^"]+)"', page)[1]
        again = delivery_of(w, into="lot/wet-beans-1", goods="", gross="5", key=shown_key)
        for _ in range(2):  # a reply that was cut: the same form is sent twice
            assert tom.post("/weigh/fern/give", again).status_code == 302
        assert ledger.balance_of("coops/fern/lots/wet-beans-1@hubs/fern", "g") == 16_300 + 3_200

    def test_reads_decimal_commas_in_french(self, w, enter):
        tom = enter("tom")
        answer = tom.post(
            "/weigh/fern/give", delivery_of(w, gross="18,1", tare="1,8"), headers={"accept-language": "fr"}
        )
        assert answer.status_code == 302
        assert Weighing.objects.get().gross == 18_100

    def test_keeps_what_was_typed_and_says_what_is_wrong(self, w, enter):
        for wrong, status in (({"gross": "heavy"}, 400), ({"gross": "1.8"}, 422), ({"into": "new", "goods": ""}, 400)):
            answer = enter("tom").post("/weigh/fern/give", delivery_of(w, **wrong))
            assert answer.status_code == status
            page = answer.content.decode()
            assert "<title>Error:" in page.replace("\n", "")
            assert 'role="alert"' in page
        assert not Weighing.objects.exists()

    def test_lets_a_maker_record_only_what_is_his_own(self, w, enter):
        assert enter("ben").post("/weigh/fern/give", delivery_of(w)).status_code == 302
        assert enter("ben").post("/weigh/fern/give", delivery_of(w, giver=w.ada.address)).status_code == 400
        for who, expected in (("cleo", 404), ("dov", 404), (None, 302)):
            assert enter(who).post("/weigh/fern/give", delivery_of(w)).status_code == expected
        assert Weighing.objects.count() == 1

    def test_agrees_a_price_for_a_kilogram(self, w, enter):
        enter("tom").post("/weigh/fern/give", delivery_of(w, price="7.12"))
        assert ledger.balance_of(f"{w.ben.address}/debt", "EUR@coops/fern") == 11_606  # 16.3 kg at 7.12, half up


class TestUndo:
    def test_takes_back_what_was_recorded_just_now(self, w, enter):
        tom = enter("tom")
        tom.post("/weigh/fern/give", delivery_of(w))
        pk = Weighing.objects.get().pk
        assert f"/weigh/fern/{pk}/undo" in tom.get("/weigh/fern/").content.decode()
        for _ in range(2):
            assert tom.post(f"/weigh/fern/{pk}/undo").status_code == 302
        assert ledger.balance_of("coops/fern/lots/wet-beans-1@hubs/fern", "g") == 0
        assert Correction.objects.count() == 1

    def test_asks_for_a_reason_once_it_is_a_moment_ago(self, w, enter):
        beans(w)  # long before now
        pk = Weighing.objects.get().pk
        ada = enter("ada")
        assert ada.post(f"/weigh/fern/{pk}/undo").url == f"/weigh/fern/{pk}/"
        assert not Correction.objects.exists()


class TestCorrect:
    def test_puts_a_weight_right_with_a_reason_that_everyone_sees(self, w, enter):
        beans(w, 18_000)
        url = f"/weigh/fern/{Weighing.objects.get().pk}/"
        tom = enter("tom")
        assert tom.post(url, {"net": "16.5", "reason": "", "key": fresh_key()}).status_code == 400
        assert tom.post(url, {"net": "16.5", "reason": "Crate", "key": fresh_key()}).status_code == 302
        assert ledger.balance_of("coops/fern/lots/wet-beans-1@hubs/fern", "g") == 16_500
        assert "Crate" in enter("ben").get(url).content.decode()

    def test_is_refused_to_who_did_not_record_it_and_holds_no_office(self, w, enter):
        beans(w)
        url, said = f"/weigh/fern/{Weighing.objects.get().pk}/", {"net": "1", "reason": "Mine", "key": fresh_key()}
        for who, expected in (("ben", 403), ("dov", 404), (None, 302)):
            assert enter(who).post(url, said).status_code == expected


def finish_of(**more):
    said = {
        "key": fresh_key(), "rest": "nature/soil", "form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0",
        "form-0-goods": "Dark 72", "form-0-quantity": "400", "form-0-unit": "bar", "form-0-grams": "100",
        "form-0-percent": "90", "form-1-goods": "Butter", "form-1-quantity": "5", "form-1-unit": "kg",
        "form-1-percent": "10",
    }  # fmt: skip
    return said | more


class TestMaking:
    def test_goes_from_start_to_lots(self, w, enter):
        lot, ada = beans(w), enter("ada")
        here = "/cooperatives/fern/making/"
        assert ada.post(f"{here}start", {"name": "Roast"}).url == f"{here}roast-1/"
        put = {"lot": lot.code, "quantity": "50", "key": fresh_key()}
        worked = {"worker": w.ben.address, "hours": "6", "kind": "share", "key": fresh_key()}
        for verb, said in (("put-in", put), ("work", worked), ("finish", finish_of())):
            assert ada.post(f"{here}roast-1/{verb}", said).status_code == 302, verb
        assert ledger.balance_of("coops/fern/lots/dark-72-1@hubs/fern", "bar") == 400
        assert ledger.balance_of("nature/soil/body", "g") == 5_000
        page = ada.get("/lots/fern/dark-72-1/").content.decode()
        assert "Ben" in page
        assert "400" in page

    def test_counts_pieces_of_another_mass_under_another_name(self, w, enter):
        beans(w)
        bars(w)
        ada = enter("ada")
        ada.post("/cooperatives/fern/making/start", {"name": "Roast"})
        put = {"lot": "wet-beans-1", "quantity": "50", "key": fresh_key()}
        ada.post("/cooperatives/fern/making/roast-2/put-in", put)
        small = finish_of(**{"form-0-grams": "60", "form-0-quantity": "500"})
        assert ada.post("/cooperatives/fern/making/roast-2/finish", small).status_code == 302
        assert ledger.balance_of("coops/fern/lots/dark-72-2@hubs/fern", "bar-60") == 500

    def test_says_what_is_wrong_and_keeps_the_page(self, w, enter):
        lot, ada = beans(w), enter("ada")
        ada.post("/cooperatives/fern/making/start", {"name": "Roast"})
        here = "/cooperatives/fern/making/roast-1/"
        for verb, said, status in (
            ("put-in", {"lot": lot.code, "quantity": "51", "key": fresh_key()}, 409),
            ("put-in", {"lot": lot.code, "quantity": "some", "key": fresh_key()}, 400),
            ("work", {"worker": w.ben.address, "kind": "share", "key": fresh_key()}, 422),
            ("finish", finish_of(), 422),
            ("finish", finish_of(**{"form-0-percent": "80"}), 422),
            ("finish", finish_of(**{"form-0-quantity": "many"}), 400),
        ):
            answer = ada.post(f"{here}{verb}", said)
            assert answer.status_code == status, verb
            assert "wrong-text" in answer.content.decode() or 'role="alert"' in answer.content.decode()
        assert ada.post("/cooperatives/fern/making/start", {"name": ""}).status_code == 400

    def test_buttons_are_refused_to_strangers_and_auditors(self, w, enter):
        lot = beans(w)
        Process.objects.create(cooperative=w.fern, code="roast-1", name="Roast", started_at=w.at)
        here, buttons = "/cooperatives/fern/making/", {
            "start": {"name": "Roast"}, "roast-1/put-in": {"lot": lot.code, "quantity": "1", "key": fresh_key()},
            "roast-1/work": {"worker": w.ben.address, "hours": "1", "kind": "share", "key": fresh_key()},
            "roast-1/finish": finish_of(),
        }  # fmt: skip
        Membership.objects.filter(pk=w.tom.pk).update(roles=["auditor"])
        for who, expected in (("cleo", {404}), ("dov", {404}), (None, {302}), ("tom", {403, 400})):
            for verb, said in buttons.items():
                assert enter(who).post(here + verb, said).status_code in expected, (who, verb)
        assert Process.objects.count() == 1
        assert ledger.balance_of(lot.address, "g") == 50_000


class TestPeople:
    def test_anyone_signed_in_founds_a_cooperative(self, w, enter):
        said = {"name": "Oak", "slug": "oak", "place": "gh/ashanti", "currency": "EUR"}
        assert enter(None).post("/cooperatives/found/", said).status_code == 302
        assert not Cooperative.objects.filter(slug="oak").exists()
        assert enter("cleo").post("/cooperatives/found/", said).url == "/cooperatives/oak/"
        assert enter("dov").post("/cooperatives/found/", said).status_code == 409
        assert enter("dov").get("/cooperatives/found/").status_code == 200

    def test_a_steward_admits_and_gives_roles(self, w, enter):
        admit, roles = "/cooperatives/fern/members/admit", f"/cooperatives/fern/members/{w.ben.random_name}/roles"
        for who, expected in (("ada", 302), ("tom", 403), ("ben", 403), ("dov", 404), (None, 302)):
            assert enter(who).post(admit, {"number": "7", "roles": ["member"]}).status_code == expected, who
            assert enter(who).post(roles, {"roles": ["treasurer"]}).status_code == expected, who
        assert w.fern.memberships.count() == 4
        assert enter("ada").post(admit, {"number": "7", "roles": ["member"]}).status_code == 409
        assert enter("ada").post(admit, {"number": "8"}).status_code == 400

    def test_only_oneself_decides_who_reads_the_name(self, w, enter):
        url = f"/cooperatives/fern/members/{w.ben.random_name}/shown"
        for who, expected in (("ada", 403), ("ben", 302), ("dov", 404), (None, 302)):
            assert enter(who).post(url, {"name": "public", "place": "self", "amounts": "self"}).status_code == expected

    def test_a_steward_adopts_the_agreement(self, w, enter):
        url = "/cooperatives/fern/agreement/adopt"
        said = {"kilo": "7.12", "hour": "5.50", "commons": "19", "fund": "shade", "reserve": "10"}
        for who, expected in (("ben", 403), ("tom", 403), ("dov", 404), (None, 302), ("ada", 302)):
            assert enter(who).post(url, said).status_code == expected, who
        assert w.fern.agreements.get().steps[2]["rates"][0]["pays"] == 712
        assert enter("ada").post(url, said | {"kilo": "much"}).status_code == 400


class TestApi:
    def test_lists_cooperatives_for_everyone_and_the_rest_for_members(self, w, enter):
        beans(w)
        assert enter(None).get("/api/1/cooperatives").json()[0]["place"] == "gh/ashanti/kumasi"
        assert enter(None).get("/api/1/cooperatives/oak").status_code == 404
        for url in ("lots", "contributions", "processes"):
            for who, expected in (("ada", 200), ("ben", 200), ("cleo", 404), ("dov", 404), (None, 401)):
                assert enter(who).get(f"/api/1/cooperatives/fern/{url}").status_code == expected, (url, who)
        assert enter("ada").get("/api/1/cooperatives/fern/lots").json() == {"next": None, "lots": [
            {
                "code": "wet-beans-1", "goods": "Wet beans", "unit": "g", "quantity": 50_000, "is_drawn": False,
                "hub": "fern",
                "address": "coops/fern/lots/wet-beans-1@hubs/fern",
            }
        ]}  # fmt: skip

    def test_lists_lots_and_contributions_fifty_at_a_time_each_once(self, w, enter):
        made = [beans(w, 1_000 + n, giver=w.ben if n % 2 else w.tom, code=f"sack-{n}") for n in range(55)]
        for url, name in (("lots", "code"), ("contributions", "lot")):
            first = enter("ada").get(f"/api/1/cooperatives/fern/{url}").json()
            assert len(first[url]) == 50 and first["next"] is not None
            rest = enter("ada").get(f"/api/1/cooperatives/fern/{url}?before={first['next']}").json()
            assert rest["next"] is None
            told = [row[name] for row in (*first[url], *rest[url])]
            assert told == [lot.code for lot in reversed(made)]
            assert enter("ada").get(f"/api/1/cooperatives/fern/{url}?before=x").status_code == 422
        # A member without an office pages through the own ones.
        own = enter("ben").get("/api/1/cooperatives/fern/contributions").json()
        assert {row["giver"] for row in own["contributions"]} == {w.ben.address} and len(own["contributions"]) == 27

    def test_records_a_delivery_once_for_each_key(self, w, enter):
        url = reverse("api_give_goods", args=["fern"])
        said = {
            "key": "phone/0123abcd",
            "giver": w.ben.address,
            "goods": "Wet beans",
            "gross": 18_100,
            "tare": 1_800,
            "hub": "fern",
        }
        tom = enter("tom")
        for _ in range(2):
            answer = tom.post(url, said, content_type="application/json")
            assert (answer.status_code, answer.json()) == (201, {"key": "phone/0123abcd", "lot": "wet-beans-1"})
        assert Weighing.objects.count() == 1
        answer = tom.post(url, said | {"gross": 20_000}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (409, "KeyHasAnotherBody")
        answer = tom.post(url, said | {"key": "short"}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "ValidationError")
        for who, expected in (("cleo", 404), ("dov", 404), (None, 401)):
            assert enter(who).post(url, said, content_type="application/json").status_code == expected
        other = said | {"giver": w.ada.address, "key": "phone/0123abce"}
        assert enter("ben").post(url, other, content_type="application/json").status_code == 403

    def test_records_work_and_shows_what_is_in_a_process(self, w, enter):
        Process.objects.create(cooperative=w.fern, code="roast-1", name="Roast", started_at=w.at)
        said = {"key": "phone/0123abcd", "worker": w.ben.address, "process": "roast-1", "minutes": 90}
        url = reverse("api_give_work", args=["fern"])
        assert enter("ben").post(url, said, content_type="application/json").status_code == 201
        inside = enter("ada").get("/api/1/cooperatives/fern/processes/roast-1").json()["inside"]
        assert [(row["who"], row["what"], row["quantity"]) for row in inside] == [("Ben", "work/share", 90)]
        assert enter("ada").get("/api/1/cooperatives/fern/processes/none").status_code == 404


def test_the_admin_only_reads_what_services_change(client, w):
    beans(w, code=None)
    w.people["ada"].is_staff = w.people["ada"].is_superuser = True
    w.people["ada"].save()
    client.force_login(w.people["ada"])
    for model in ("lot", "process", "weighing", "membership", "agreement", "cooperative"):
        assert client.get(f"/admin/cooperatives/{model}/").status_code == 200
        assert client.get(f"/admin/cooperatives/{model}/add/").status_code == 403
    assert client.post(f"/admin/cooperatives/weighing/{Weighing.objects.get().pk}/delete/").status_code == 403
    assert key()
