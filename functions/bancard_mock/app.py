"""Door: the stand-in for Bancard, below ``/bancard``; on no stage prod."""

from typing import Any, Final

from stand_ins import http
from stand_ins.bancard import app

_BASE: Final = "/bancard"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A request as API Gateway hands it over, and the answer as it takes it."""
    path, query = event["path"].removeprefix(_BASE), event.get("queryStringParameters") or {}
    return http.proxied(app.answer(event["httpMethod"], path, query, http.body_of(event)))
