"""How long an answer may be kept, and by whom: public data for seconds by anybody, all else by nobody.

A route declares ``public_for`` or ``private_for``. All else is ``no-store``: errors, links with a token, and answers
with personal data or decisions of a moment.
"""

import hashlib
from typing import Any, Final

Event = dict[str, Any]

VARY: Final = "Accept, Accept-Encoding"
_OK: Final = 200
_OF_CONTENT: Final = ("Content-Type", "Content-Disposition", "Link", "X-Next-Cursor")


def public(seconds: int) -> dict[str, str]:
    """The headers of an answer that is the same for everybody, and may be ``seconds`` behind."""
    return {"Cache-Control": f"public, max-age={seconds}", "Vary": VARY}


def private(seconds: int) -> dict[str, str]:
    """The headers of an answer that the caller's own cache may keep."""
    return {"Cache-Control": f"private, max-age={seconds}"}


def kept(event: Event, answer: Event) -> Event:
    """``answer``, of a Lambda proxy integration, with Cache-Control; 304 where the caller has it already."""
    headers = {"Cache-Control": ["no-store"]} | dict(answer.get("multiValueHeaders") or {})
    if "max-age" in headers["Cache-Control"][0] and answer["statusCode"] == _OK:
        headers.setdefault("ETag", [_etag(answer.get("body") or "")])
        if _is_known(event, headers["ETag"][0]):
            headers = {name: values for name, values in headers.items() if name not in _OF_CONTENT}
            return {**answer, "statusCode": 304, "body": "", "multiValueHeaders": headers}
    return {**answer, "multiValueHeaders": headers}


def _etag(body: str) -> str:
    """A weak one: the gateway may compress what it names."""
    return f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def _is_known(event: Event, etag: str) -> bool:
    """Whether If-None-Match names ``etag``, or anything (RFC 9110, 13.1.2)."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    known = {tag.strip().removeprefix("W/") for tag in str(headers.get("if-none-match") or "").split(",")}
    return bool(known & {etag.removeprefix("W/"), "*"})
