"""The OpenAPI document, merged from the doors themselves: ``python -m local.openapi FILE``."""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from local.stack import ROOT

DESCRIPTION: Final = "Turnos y rifas de muchos negocios. Every error is problem+json (RFC 9457) with a stable `code`."
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable: what a program decides on"},
        "detail": {"type": "string", "description": "One sentence, in the language of Accept-Language (es, en)"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
REFUSED: Final[dict[str, Any]] = {
    "description": "Refused",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1, deterministic: the same code gives the same text."""
    os.environ.setdefault("TABLE_NAME", "-")
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Mostrador", "version": "1", "description": DESCRIPTION},
        "paths": {},
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"bearer": []}],
    }
    for door in sorted((ROOT / "functions").glob("*/app.py")):
        if "door.resolver()" in door.read_text():  # the others answer no HTTP
            app = importlib.import_module(f"functions.{door.parent.name}.app").app
            _add(whole, json.loads(app.get_openapi_json_schema(title="Mostrador", version="1")), door.parent.name)
    return whole


def _add(whole: dict[str, Any], part: dict[str, Any], tag: str) -> None:
    for path, operations in part["paths"].items():
        for method, operation in operations.items():
            operation["tags"] = [tag]
            if path.startswith("/tenant/{slug}/public"):
                operation["security"] = []  # no account
            operation["responses"] = _answers(method, path, operation["responses"]["200"])
            whole["paths"].setdefault(path, {}).update(operations)
    whole["components"]["schemas"] |= part.get("components", {}).get("schemas", {})


def _answers(method: str, path: str, success: dict[str, Any]) -> dict[str, Any]:
    """What a method answers here: a POST on a list creates, one below an entity does something to it."""
    if method == "delete":
        return {"204": {"description": "Gone"}, "default": REFUSED}
    creates = method == "post" and "}/" not in path.removeprefix("/tenant/{slug}/")
    return {"201" if creates else "200": success, "default": REFUSED}


def main() -> int:
    """Write the document to the file named."""
    Path(sys.argv[1]).write_text(json.dumps(document(), sort_keys=True, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
