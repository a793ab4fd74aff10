"""Door: the stand-in for Google Calendar, below ``/google``; not on the stage ``prod``."""

from typing import Final

from stand_ins import http
from stand_ins.google import router

_BASE: Final = "/google"
STAND_IN_ROUTES: Final = [(method, f"{_BASE}{path}") for method, path in router.ROUTES]
"""The gateway serves these: method and path."""


def handler(event: http.ProxyEvent, _context: object) -> http.ProxyAnswer:
    """Answer a request of API Gateway's."""
    answer = router.answer(
        event["httpMethod"],
        event["path"].removeprefix(_BASE),
        event.get("multiValueQueryStringParameters") or {},
        event.get("headers") or {},
        http.body_of(event),
    )
    return http.proxied(answer)
