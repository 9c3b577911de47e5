"""Reads Stripe's form encoding: a[b][0]=c becomes {"a": {"b": ["c"]}}."""

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"\[([^\]]*)\]")


def read_form(body: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        head, _bracket, _rest = name.partition("[")
        here, parts = tree, [head, *_PART.findall(name)]
        for part in parts[:-1]:
            here = here.setdefault(part or str(len(here)), {})
        here[parts[-1] or str(len(here))] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(item) for name, item in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner
