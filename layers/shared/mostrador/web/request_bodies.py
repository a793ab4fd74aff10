"""Request bodies: decoded and checked before anything parses them, so that each fault has its own answer."""

import base64
import json
from typing import Any, Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from mostrador.web import problems, validation_messages
from mostrador.web.routes import JSON

MOST_BYTES: Final = 64 * 1024
MOST_LEVELS: Final = 16
"""Python versions differ in how much nesting they bear; all bear this."""
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_MOST_EXACT: Final = 2**53
"""Up to here a float is one whole number and no other."""
_BYTE_ORDER_MARK: Final = "\ufeff"
_REPLACED: Final = "\ufffd"
_LATIN: Final = "cp1252"
_CHARSETS: Final = (
    {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-15": "iso8859-15"}
    | dict.fromkeys(("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1"), _LATIN)
    | dict.fromkeys(("windows-1252", "cp1252"), _LATIN)
)
"""Names of charsets and their codecs. Latin-1 is read as windows-1252, as browsers do: programs mean that by it."""


def check(event: APIGatewayProxyEvent) -> None:
    """Hand the body on as UTF-8 text. Raise BodyTooLarge, NotText, MalformedBody, UnsupportedMediaType."""
    body = event.get("body")
    if not body and event.http_method not in _WITH_BODY:
        return
    codec = _check_media_type(event)
    if not body:
        return
    text = _decoded(body, codec) if event.is_base64_encoded else body
    _check_size(len(text))
    if (place := text.find(_REPLACED)) >= 0:
        raise _not_text(text[max(0, place - 40) :], "utf-8")
    text = text.removeprefix(_BYTE_ORDER_MARK)
    _check_json(text)
    event.raw_event.update(body=text, isBase64Encoded=False)


def _check_media_type(event: APIGatewayProxyEvent) -> str:
    """The codec that the media type names. Raise UnsupportedMediaType, UnsupportedCharset.

    Writes JSON's media type as Powertools' validation expects it, which compares the whole text.
    """
    given = str(event.headers.get("content-type") or JSON)
    media_type, *parameters = (part.strip().lower() for part in given.split(";"))
    if media_type != JSON:
        raise problems.UnsupportedMediaType(field="content-type", value=given[:100])
    headers = event.raw_event.get("headers") or {}
    headers |= {name: JSON for name in headers if name.lower() == "content-type"}
    named = dict(parameter.partition("=")[::2] for parameter in parameters)
    charset = named.get("charset", "utf-8").strip('"')
    if charset not in _CHARSETS:
        raise problems.UnsupportedCharset(field="content-type", value=charset[:100])
    return _CHARSETS[charset]


def _decoded(body: str, codec: str) -> str:
    """The text of a body that the gateway handed over as bytes. Raises BodyTooLarge, NotText."""
    raw = base64.b64decode(body)
    _check_size(len(raw))
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        raise _not_text(raw[max(0, error.start - 40) :].decode(codec, "replace"), codec) from error


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise problems.BodyTooLarge(field="body", value=size, limit=MOST_BYTES)


def parsed(text: str) -> Any:
    """JSON as Python's values; ``30.0`` is the whole number 30, as for JSON Schema and JavaScript."""
    return json.loads(text, parse_float=_number)


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _MOST_EXACT else number


def _check_json(text: str) -> None:
    """Raise MalformedBody."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed(text, str(error)[:200]) from error
    if not isinstance(content, dict):
        raise _malformed(text, "not an object")
    if _is_deep(content):
        raise _malformed(text, "nested too deeply")


def _not_text(around: str, codec: str) -> problems.NotText:
    """The refusal of a body, with the text around the bytes that are none."""
    return problems.NotText(field="body", value=validation_messages.shown(around[:80]), charset=codec)


def _malformed(body: str, reason: str) -> problems.MalformedBody:
    return problems.MalformedBody(field="body", value=validation_messages.shown(body[:80]), reason=reason)


def _is_deep(content: object) -> bool:
    """Whether something is nested more than MOST_LEVELS."""
    level = [content]
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
