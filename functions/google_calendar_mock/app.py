"""Door: the stand-in for Google Calendar, below ``/google``; on no stage prod."""

from typing import Any, Final

from stand_ins import http
from stand_ins.google import app

_BASE: Final = "/google"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A request as API Gateway hands it over, and the answer as it takes it."""
    answer = app.answer(
        event["httpMethod"],
        event["path"].removeprefix(_BASE),
        event.get("multiValueQueryStringParameters") or {},
        event.get("headers") or {},
        http.body_of(event),
    )
    return http.proxied(answer)
