"""Door: the stand-in for Google Calendar, below ``/google``; on no stage prod."""

from base64 import b64decode
from typing import Any, Final

from mostrador.stand_ins import google_calendar

_BASE: Final = "/google"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A request as API Gateway hands it over, and the answer as it takes it."""
    answer = google_calendar.answer(
        event["httpMethod"],
        event["path"].removeprefix(_BASE),
        event.get("multiValueQueryStringParameters") or {},
        event.get("headers") or {},
        _body(event),
    )
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": answer.content_type, **answer.headers},
        "body": answer.body.decode(),
        "isBase64Encoded": False,
    }


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    return b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="replace")
