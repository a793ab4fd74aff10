"""Door: the stand-in for Google Calendar, below ``/google``; only where the template's StandIns is on."""

from typing import Final

from stand_ins import entry, http
from stand_ins.google import router

_BASE: Final = "/google"
STAND_IN_ROUTES: Final = [(method, f"{_BASE}{path}") for method, path in router.ROUTES]
"""The gateway serves these: method and path."""


def handler(event: http.ProxyEvent, _context: object) -> http.ProxyAnswer:
    """Answer a request of API Gateway's."""
    path = event["path"].removeprefix(_BASE)
    if not entry.is_admitted(path, event.get("headers")):
        return http.proxied(entry.REFUSED)
    answer = router.answer(
        event["httpMethod"],
        path,
        event.get("multiValueQueryStringParameters") or {},
        event.get("headers") or {},
        http.body_of(event),
    )
    return http.proxied(answer)
