"""A stand-in's request and answer as API Gateway hands them over and takes them."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """Of HTTP."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def body_of(event: Mapping[str, Any]) -> bytes:
    """The bytes that were sent; none where there is no body."""
    body = event.get("body") or ""
    return b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="replace")


def proxied(answer: Answer) -> dict[str, Any]:
    """For API Gateway."""
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": answer.content_type, **answer.headers},
        "body": answer.body.decode(),
        "isBase64Encoded": False,
    }
