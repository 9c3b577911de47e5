"""Cuts Stripe's own API description (github.com/stripe/openapi, MIT) down to what we speak, as JSON Schema.

    python deploy/trim_stripe_api.py spec3.json tests/sandbox/stripe_api.json

A field that may be expanded into an object we never ask for is left as its id; words for people are left out.
"""

import json
import sys
from pathlib import Path
from typing import Any

OBJECTS = (
    "account account_link balance balance_transaction charge checkout.session deleted_webhook_endpoint dispute event "
    "payment_intent payout refund transfer transfer_reversal webhook_endpoint error item"
).split()
PATHS = (
    "/v1/accounts /v1/accounts/{account} /v1/account_links /v1/balance /v1/balance_transactions "
    "/v1/balance_transactions/{id} /v1/charges/{charge} /v1/checkout/sessions /v1/checkout/sessions/{session} "
    "/v1/checkout/sessions/{session}/expire /v1/disputes/{dispute} /v1/events /v1/payment_intents "
    "/v1/payment_intents/{intent} /v1/payouts /v1/payouts/{payout} /v1/refunds /v1/refunds/{refund} /v1/transfers "
    "/v1/transfers/{transfer} /v1/transfers/{id}/reversals /v1/charges /v1/disputes /v1/webhook_endpoints"
).split()
KEPT = ("type", "enum", "properties", "required", "items", "anyOf", "additionalProperties", "maxLength")


def schema(found: Any, known: dict[str, Any]) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema."""
    if not isinstance(found, dict):
        return found
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        if name in OBJECTS or not is_object(name, known):
            return {"$ref": f"#/schemas/{name}"}
        return {"type": "object"}
    made: dict[str, Any] = {}
    for key in KEPT:
        if key not in found:
            continue
        value = found[key]
        if key == "properties":
            made[key] = {name: schema(inner, known) for name, inner in value.items()}
        elif key == "anyOf":
            made[key] = [schema(inner, known) for inner in value]
        elif key in {"items", "additionalProperties"}:
            made[key] = schema(value, known)
        else:
            made[key] = value
    if found.get("nullable"):
        return {"anyOf": [made, {"type": "null"}]}
    return made


def is_object(name: str, known: dict[str, Any]) -> bool:
    """Whether it is a thing of its own, with an id, that Stripe expands only on demand."""
    return "object" in (known[name].get("properties") or {}) and "id" in known[name]["properties"]


def reached(names: list[str], made: dict[str, Any], known: dict[str, Any]) -> None:
    for name in names:
        if name not in made:
            made[name] = schema(known[name], known)
            found = json.dumps(made[name]).split('"#/schemas/')[1:]
            reached([part.partition('"')[0] for part in found], made, known)


def main(source: Path, target: Path) -> None:
    described = json.loads(source.read_text())
    known, schemas, requests = described["components"]["schemas"], {}, {}
    reached(OBJECTS, schemas, known)
    for path in PATHS:
        for method, said in described["paths"][path].items():
            if method not in {"get", "post", "delete"}:
                continue
            form = (said.get("requestBody") or {}).get("content", {}).get("application/x-www-form-urlencoded", {})
            answer = said["responses"]["200"]["content"]["application/json"]["schema"]
            query = {p["name"]: schema(p["schema"], known) for p in said.get("parameters", []) if p["in"] == "query"}
            body = schema(form.get("schema") or {"type": "object"}, known)
            requests[f"{method.upper()} {path}"] = {"body": body, "query": query, "answer": schema(answer, known)}
            reached([p.partition('"')[0] for p in json.dumps(requests).split('"#/schemas/')[1:]], schemas, known)
    kept = {
        "from": "github.com/stripe/openapi, © 2011- Stripe, Inc., MIT licence; cut by deploy/trim_stripe_api.py",
        "version": described["info"]["version"], "schemas": dict(sorted(schemas.items())), "requests": requests,
    }  # fmt: skip
    target.write_text(json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
