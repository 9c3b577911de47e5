"""Answers every anticipated no, for pages and for the API; anything else is a bug and stays visible."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from rest_framework.response import Response
from rest_framework.views import exception_handler

from ledger.rules.refusal import Refusal

# Where a person can mend by themselves what was refused: the name of a page, and what leads there.
WAYS = {"SecondFactorMissing": ("mfa_index", gettext_noop("Set up a passkey or codes"))}


def body_of(refusal: Refusal) -> dict[str, Any]:
    facts = {name: value if isinstance(value, int | None) else str(value) for name, value in refusal.facts.items()}
    return {"code": refusal.code, "message": refusal.words(gettext), "facts": facts}


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        body = body_of(exception)
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            return JsonResponse(body, status=exception.status)
        way = WAYS.get(exception.code)
        context = {"refusal": body, "title": body["message"], "way": way and (reverse(way[0]), gettext(way[1]))}
        return render(request, "refusal.html", context, status=exception.status)


def answer_api(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Set as the exception handler of the REST framework, which never lets an exception reach the middleware."""
    if isinstance(exception, Refusal):
        return Response(body_of(exception), status=exception.status)
    answer = exception_handler(exception, context)
    if answer is not None:
        # The framework's own refusals take the same three words.
        details = answer.data if isinstance(answer.data, dict) else {"errors": answer.data}
        message = str(details.get("detail") or gettext("Some of what was sent cannot be read."))
        facts = {name: value for name, value in details.items() if name != "detail"}
        answer.data = {"code": type(exception).__name__, "message": message, "facts": facts}
    return answer
