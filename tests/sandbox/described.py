"""Holds what is sent and what is answered to Stripe's own description of its API (stripe_api.json)."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from config.stripe_sandbox.forms import read_form

API: dict[str, Any] = json.loads(Path(__file__).with_name("stripe_api.json").read_text())


def _is_whole(_checker: object, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?\d+", value) is not None


def _is_flag(_checker: object, value: Any) -> bool:
    return value in {"true", "false"}


# A form knows only words, so a number and a flag are words there.
_FORMS = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole).redefine("boolean", _is_flag),
)


def closed(schema: Any) -> Any:
    """A request's schema that refuses names it does not know."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and "additionalProperties" not in made:
        made["additionalProperties"] = False
    return made


@cache
def _request(known: str, part: str) -> Any:
    schema = API["requests"][known][part]
    found = closed({"type": "object", "properties": schema} if part == "query" else schema)
    return _FORMS(found | {"schemas": API["schemas"]})


@cache
def _object(kind: str) -> Any:
    return Draft202012Validator({"$ref": f"#/schemas/{kind}", "schemas": API["schemas"]})


def request_faults(method: str, path: str, said: str) -> list[str]:
    """What Stripe's description has against a request; `said` is its form."""
    for known in API["requests"]:
        known_method, _space, pattern = known.partition(" ")
        if known_method == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), path):
            part = "query" if method == "GET" else "body"
            return [f"{known}: {_where(fault)}" for fault in _request(known, part).iter_errors(read_form(said))]
    return [f"{method} {path} is not described"]


def object_faults(body: dict[str, Any]) -> list[str]:
    """What Stripe's description has against an object."""
    return [f"{body['object']}: {_where(fault)}" for fault in _object(body["object"]).iter_errors(body)]


def _where(fault: Any) -> str:
    while fault.context:  # the branch that came furthest says best what is wrong
        fault = max(fault.context, key=lambda inner: len(inner.absolute_path))
    return f"{'/'.join(str(part) for part in fault.absolute_path)}: {fault.message[:200]}"
