"""One answer to every anticipated no, as a page and as JSON; a bug stays a bug."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.rules.refusal import Refusal

pytestmark = [pytest.mark.quick, pytest.mark.django_db, pytest.mark.urls(__name__)]


class OnlySoManyLeft(Refusal):
    """Only {left} are left."""


class Amount(serializers.Serializer[None]):
    amount = serializers.IntegerField()


def page(request: HttpRequest) -> HttpResponse:
    raise OnlySoManyLeft(left=3)


def broken(request: HttpRequest) -> HttpResponse:
    raise KeyError("a bug")


class Door(APIView):
    def get(self, request: Request) -> Response:
        raise OnlySoManyLeft(left=3)

    def put(self, request: Request) -> Response:
        Amount(data=request.data).is_valid(raise_exception=True)
        return Response()


urlpatterns = [path("page", page), path("broken", broken), path("door", Door.as_view())]


class TestRefusal:
    def test_is_a_page_for_a_person(self, client: Client) -> None:
        answer = client.get("/page", HTTP_ACCEPT="text/html,*/*;q=0.8")
        assert answer.status_code == 409
        assert "Only 3 are left." in answer.content.decode()

    def test_is_json_for_a_program(self, client: Client) -> None:
        said = {"code": "OnlySoManyLeft", "message": "Only 3 are left.", "facts": {"left": 3}}
        for address in ("/page", "/door"):
            answer = client.get(address, HTTP_ACCEPT="application/json")
            assert (answer.status_code, answer.json()) == (409, said)

    def test_of_the_framework_takes_the_same_words(self, client: Client, admin_client: Client) -> None:
        unreadable = admin_client.put("/door", {"amount": "many"}, content_type="application/json")
        assert unreadable.status_code == 400
        assert unreadable.json()["code"] == "ValidationError"
        assert list(unreadable.json()["facts"]) == ["amount"]
        unknown = client.put("/door", {"amount": 1}, content_type="application/json")
        assert (unknown.status_code, unknown.json()["code"]) == (403, "NotAuthenticated")

    def test_a_bug_is_not_hidden(self, client: Client) -> None:
        with pytest.raises(KeyError):
            client.get("/broken")
