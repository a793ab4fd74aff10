"""Door: Bancard's message that somebody paid, or tried to.

Bancard gets the answer that it expects, whatever the outcome of the message; 404 where there is no such business.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict

from mostrador import clock, context
from mostrador.errors import NotFound, Unavailable
from mostrador.observability import logger
from mostrador.payments import bancard_webhook
from mostrador.table import TableFailure, is_overload
from mostrador.values.text import SLUG
from mostrador.web.routes import Access, Route

JSON: Final = {"Content-Type": "application/json"}
ACTOR: Final = context.Actor("bancard", "system", "bancard")
MOST_BYTES: Final = 8 * 1024
"""Bancard's messages have some 600; a longer one is not read."""
MOST_ENCODED: Final = MOST_BYTES * 4 // 3 + 4
_VIEWS: Final = "mostrador.payments.views.bancard_notices"
ROUTES: Final = (
    Route(
        operation="payments.bancard_webhook",
        method="POST",
        path="/tenant/{slug}/api/payments/bancard/webhook",
        access=Access.MACHINE,
        form=f"{_VIEWS}:BancardNotice",
        answer=f"{_VIEWS}:NoticeAnswer",
    ),
)


class Event(TypedDict):
    """API Gateway's event of a proxy integration, as far as it is read here."""

    pathParameters: dict[str, str]
    body: NotRequired[str | None]
    isBase64Encoded: NotRequired[bool]


class Answer(TypedDict):
    statusCode: int
    headers: dict[str, str]
    body: str


def handler(event: Event, _context: object) -> Answer:
    tenant = event["pathParameters"]["slug"]
    if not re.fullmatch(SLUG, tenant):
        return _answer(404, "error")
    with context.working(tenant, ACTOR):
        try:
            bancard_webhook.receive(tenant, _message(event), now=clock.now())
        except NotFound:
            return _answer(404, "error")
        except (Unavailable, TableFailure) as error:  # the sweeper asks Bancard about the payment anyway
            is_fault = isinstance(error, TableFailure) and not is_overload(error)
            (logger.error if is_fault else logger.warning)("message not taken", error=type(error).__name__)
            return _answer(503, "error")
    return _answer(200, "success")


def _message(event: Event) -> Mapping[str, object]:
    """The body's JSON object; an empty one for an empty or unreadable body, which is Bancard's ping."""
    raw = event.get("body") or ""
    if len(raw) > MOST_ENCODED:
        return {}
    try:
        text = base64.b64decode(raw).decode() if event.get("isBase64Encoded") else raw
        message = json.loads(text, parse_float=str) if len(text.encode()) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _answer(status_code: int, status: str) -> Answer:
    return {"statusCode": status_code, "headers": JSON, "body": json.dumps({"status": status}, separators=(",", ":"))}
