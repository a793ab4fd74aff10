"""Google's answers: JSON, and every refusal in Google's own words.

https://developers.google.com/workspace/calendar/api/guides/errors; details that the page omits are as clients saw them.
"""

import json
from typing import Final, NamedTuple

from stand_ins.http import Answer

JSON: Final = "application/json; charset=UTF-8"
HTML: Final = "text/html; charset=UTF-8"
LARGEST: Final = 200_000
"""Bytes of a request, which must fit into an item of the table."""
_SERVER_ERROR: Final = 500
_BAD_GATEWAY: Final = (
    b"<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p>502. That's an error.</html>"
)


class _Refusal(NamedTuple):
    status: int
    message: str
    domain: str = "global"
    location: tuple[str, str] | None = None


_REFUSALS: Final = {
    "badRequest": _Refusal(400, "Bad Request"),
    "invalid": _Refusal(400, "Invalid Value"),
    "invalidParameter": _Refusal(400, "Invalid Value"),
    "parseError": _Refusal(400, "Parse Error"),
    "required": _Refusal(400, "Required"),
    "timeRangeEmpty": _Refusal(400, "The specified time range is empty.", "calendar", ("parameter", "timeMax")),
    "authError": _Refusal(401, "Invalid Credentials", location=("header", "Authorization")),
    "forbidden": _Refusal(403, "Forbidden"),
    "forbiddenForServiceAccounts": _Refusal(
        403, "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.", "calendar"
    ),
    "insufficientPermissions": _Refusal(
        403, "Insufficient Permission: Request had insufficient authentication scopes."
    ),
    "quotaExceeded": _Refusal(403, "Calendar usage limits exceeded.", "usageLimits"),
    "requiredAccessLevel": _Refusal(403, "You need to have writer access to this calendar.", "calendar"),
    "userRateLimitExceeded": _Refusal(403, "User Rate Limit Exceeded", "usageLimits"),
    "notFound": _Refusal(404, "Not Found"),
    "duplicate": _Refusal(409, "The requested identifier already exists."),
    "deleted": _Refusal(410, "Resource has been deleted"),
    "fullSyncRequired": _Refusal(
        410, "Sync token is no longer valid, a full sync is required.", "calendar", ("parameter", "syncToken")
    ),
    "updatedMinTooLongAgo": _Refusal(
        410,
        "The requested minimum modification time lies too far in the past.",
        "calendar",
        ("parameter", "updatedMin"),
    ),
    "conditionNotMet": _Refusal(412, "Precondition Failed", location=("header", "If-Match")),
    "rateLimitExceeded": _Refusal(429, "Rate Limit Exceeded", "usageLimits"),
    "backendError": _Refusal(500, "Backend Error"),
}


class Denied(Exception):
    """A refusal of the calendar's, for one of Google's reasons. The arguments replace the usual status and texts."""

    def __init__(
        self,
        reason: str,
        message: str | None = None,
        *,
        status: int | None = None,
        location: tuple[str, str] | None = None,
    ) -> None:
        usual = _REFUSALS[reason]
        self.reason, self.domain = reason, usual.domain
        self.status, self.message = status or usual.status, message or usual.message
        self.location = location or usual.location
        super().__init__(f"{reason}: {self.message}")


class GrantDenied(Exception):
    """A refusal of the token endpoint's (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        self.error, self.description, self.status = error, description, status
        super().__init__(f"{error}: {description}")


def json_answer(content: object, *, etag: str | None = None) -> Answer:
    return Answer(200, JSON, _json(content), {"ETag": etag} if etag else {})


def refused(error: Denied) -> Answer:
    details: dict[str, str] = {"domain": error.domain, "reason": error.reason, "message": error.message}
    if error.location:
        details |= dict(zip(("locationType", "location"), error.location, strict=True))
    content = {"error": {"errors": [details], "code": error.status, "message": error.message}}
    realm = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'}
    return Answer(error.status, JSON, _json(content), realm if error.reason == "authError" else {})


def grant_refused(error: GrantDenied | Denied) -> Answer:
    """A refusal of the token endpoint, or a fault that the portal ordered there."""
    if isinstance(error, Denied):
        name = "internal_failure" if error.status >= _SERVER_ERROR else error.reason
        error = GrantDenied(name, error.message, status=error.status)
    return Answer(error.status, JSON, _json({"error": error.error, "error_description": error.description}))


def bad_gateway() -> Answer:
    """The page of Google's proxies when the servers behind them do not answer."""
    return Answer(502, HTML, _BAD_GATEWAY)


def parsed(body: bytes) -> dict[str, object]:
    """A JSON object, empty where nothing was sent. Raises Denied."""
    if len(body) > LARGEST:
        raise Denied("badRequest", "Request payload size exceeds the limit.")
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Denied("parseError") from error
    if not isinstance(content, dict):
        raise Denied("parseError")
    return content


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode(errors="replace") + b"\n"
