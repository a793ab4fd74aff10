"""Door: Bancard's message that somebody paid, or tried to.

It answers what Bancard wants to read, whatever becomes of the message; 404 where there is no such business.
"""

import base64
import json
import re
from typing import Any, Final

from mostrador import clock, context
from mostrador.errors import NotFound, Unavailable
from mostrador.observability import logger
from mostrador.payments import bancard_webhook
from mostrador.table import TableFailure, is_overload
from mostrador.values.text import SLUG

JSON: Final = {"Content-Type": "application/json"}
ACTOR: Final = context.Actor("bancard", "system", "bancard")
MOST_BYTES: Final = 64 * 1024


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    tenant = event["pathParameters"]["slug"]
    if not re.fullmatch(SLUG, tenant):
        return _answer(404, {"status": "error"})
    with context.working(tenant, ACTOR):
        try:
            bancard_webhook.receive(tenant, _message(event), now=clock.now())
        except NotFound:
            return _answer(404, {"status": "error"})
        except (Unavailable, TableFailure) as error:  # Bancard is asked by the sweeper, whatever it makes of this
            is_fault = isinstance(error, TableFailure) and not is_overload(error)
            (logger.error if is_fault else logger.warning)("message not taken", error=type(error).__name__)
            return _answer(503, {"status": "error"})
    return _answer(200, {"status": "success"})


def _message(event: dict[str, Any]) -> dict[str, Any]:
    """The body; nothing where it is empty or no JSON object, which is Bancard's ping."""
    raw = event.get("body") or ""
    try:
        text = base64.b64decode(raw).decode() if event.get("isBase64Encoded") else raw
        told = json.loads(text, parse_float=str) if len(text) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _answer(status: int, told: dict[str, str]) -> dict[str, Any]:
    return {"statusCode": status, "headers": JSON, "body": json.dumps(told, separators=(",", ":"))}
