"""Request bodies: checked before anything parses them, so that each fault has its own answer."""

import json
from typing import Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from mostrador.web import problems, validation_messages

JSON: Final = "application/json"
MOST_BYTES: Final = 64 * 1024
MOST_LEVELS: Final = 16
"""Python versions differ in how much nesting they bear; all bear this."""
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


def check(event: APIGatewayProxyEvent) -> None:
    """Raise BodyTooLarge, MalformedBody, UnsupportedMediaType."""
    if event.http_method not in _WITH_BODY:
        return
    _check_media_type(event)
    body = event.get("body")
    if not body:
        return
    if len(body) > MOST_BYTES:
        raise problems.BodyTooLarge(field="body", value=len(body), limit=MOST_BYTES)
    try:
        parsed = json.loads(event.decoded_body or "")
    except (ValueError, RecursionError) as error:
        raise _malformed(body, str(error)[:200]) from error
    if not isinstance(parsed, dict):
        raise _malformed(body, "not an object")
    if _is_deep(parsed):
        raise _malformed(body, "nested too deeply")


def _check_media_type(event: APIGatewayProxyEvent) -> None:
    """Raise UnsupportedMediaType; write JSON's as Powertools' validation expects it, which compares the whole text."""
    given = str(event.headers.get("content-type") or JSON)
    if given.partition(";")[0].strip().lower() != JSON:
        raise problems.UnsupportedMediaType(field="content-type", value=given[:100])
    headers = event.raw_event.get("headers") or {}
    headers |= {name: JSON for name in headers if name.lower() == "content-type"}


def _malformed(body: str, reason: str) -> problems.MalformedBody:
    return problems.MalformedBody(field="body", value=validation_messages.shown(body[:80]), reason=reason)


def _is_deep(parsed: object) -> bool:
    """Whether something is nested more than MOST_LEVELS."""
    level = [parsed]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: object) -> list[object]:
    """What a node contains; of a scalar nothing."""
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []
