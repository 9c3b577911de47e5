"""The API's page: what may be asked and said, as plain HTML made from the schema."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@dataclass(frozen=True)
class Operation:
    verb: str
    path: str
    words: str
    fields: list[tuple[str, str, bool]]  # name, kind, whether it must be there


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    generator: Any = SchemaGenerator  # drf-spectacular does not tell its types
    schema = generator().get_schema(request=None, public=True)
    operations = [
        _operation(verb, path, described, schema.get("components", {}).get("schemas", {}))
        for path, verbs in schema["paths"].items()
        for verb, described in verbs.items()
    ]
    return render(request, "api_docs.html", {"operations": operations})


def _operation(verb: str, path: str, described: dict[str, Any], shapes: dict[str, Any]) -> Operation:
    asked = [
        (each["name"], each["schema"].get("type", ""), each.get("required", False))
        for each in described.get("parameters", [])
    ]
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    shape = shapes.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
    sent = [
        (name, kind.get("type", ""), name in shape.get("required", []))
        for name, kind in shape.get("properties", {}).items()
        if not kind.get("readOnly")
    ]
    return Operation(verb.upper(), path, described.get("description", ""), asked + sent)
