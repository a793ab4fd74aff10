"""Door: the stand-in for Bancard, below ``/bancard``; only where the template's StandIns is on."""

from typing import Final

from stand_ins import entry, http
from stand_ins.bancard import router

_BASE: Final = "/bancard"
STAND_IN_ROUTES: Final = [(method, f"{_BASE}{path}") for method, path, _ in router.ROUTES]
"""The gateway serves these: method and path."""


def handler(event: http.ProxyEvent, _context: object) -> http.ProxyAnswer:
    """Answer a request of API Gateway's."""
    path, query = event["path"].removeprefix(_BASE), event.get("queryStringParameters") or {}
    if not entry.is_admitted(path, event.get("headers")):
        return http.proxied(entry.REFUSED)
    return http.proxied(router.answer(event["httpMethod"], path, query, http.body_of(event)))
