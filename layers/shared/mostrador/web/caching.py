"""How long an answer may be kept, and by whom: public data for seconds by anybody, all else by nobody.

A handler may name a time of its own in Cache-Control. Errors, links with a token and whatever needs a sign-in are
``no-store``: they hold personal data, or decisions of a moment.
"""

import hashlib
import re
from typing import Any, Final

Event = dict[str, Any]

_RAFFLES: Final = "/tenant/[^/]+/public/raffles"
_PUBLIC: Final = tuple(
    (re.compile(path), seconds)
    for path, seconds in (
        ("/tenant/[^/]+/public(/services)?", 60),
        (f"{_RAFFLES}(/[0-9a-f]{{32}})?", 15),
        (f"{_RAFFLES}/[0-9a-f]{{32}}/board", 2),
        (f"{_RAFFLES}/[0-9a-f]{{32}}/proof", 60),
        ("/openapi.json", 300),
    )
)
"""Paths with the same answer for everybody, and for how many seconds it may be behind."""
_OF_CONTENT: Final = ("Content-Type", "Content-Disposition", "Link", "X-Next-Cursor")


def kept(event: Event, answer: Event) -> Event:
    """``answer``, of a Lambda proxy integration, with Cache-Control; 304 where the caller has it already."""
    headers = dict(answer.get("multiValueHeaders") or {})
    seconds = _public_seconds(event, answer)
    if seconds is None:
        headers.setdefault("Cache-Control", ["no-store"])
        return {**answer, "multiValueHeaders": headers}
    headers |= {"Cache-Control": [f"public, max-age={seconds}"], "Vary": ["Accept, Accept-Encoding"]}
    if answer["statusCode"] == 200:  # noqa: PLR2004 - a 304 has its ETag
        headers.setdefault("ETag", [_etag(answer.get("body") or "")])
    if answer["statusCode"] == 200 and _is_known(event, headers["ETag"][0]):  # noqa: PLR2004
        headers = {name: values for name, values in headers.items() if name not in _OF_CONTENT}
        return {**answer, "statusCode": 304, "body": "", "multiValueHeaders": headers}
    return {**answer, "multiValueHeaders": headers}


def _public_seconds(event: Event, answer: Event) -> int | None:
    """For how long anybody may keep the answer; None where nobody may."""
    if event["httpMethod"] != "GET" or answer["statusCode"] not in (200, 304):
        return None
    path = event["path"].rstrip("/")
    return next((seconds for pattern, seconds in _PUBLIC if pattern.fullmatch(path)), None)


def _etag(body: str) -> str:
    """A weak one: the gateway may compress what it names."""
    return f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def _is_known(event: Event, etag: str) -> bool:
    """Whether If-None-Match names ``etag``, or anything (RFC 9110, 13.1.2)."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    known = {tag.strip().removeprefix("W/") for tag in str(headers.get("if-none-match") or "").split(",")}
    return bool(known & {etag.removeprefix("W/"), "*"})
