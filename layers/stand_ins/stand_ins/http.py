"""A stand-in's request and answer, as API Gateway passes them."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

JSONObject = Mapping[str, object]
"""A JSON object that somebody sent: its values may be anything."""


class ProxyEvent(TypedDict):
    """A request of API Gateway's, as far as the stand-ins read it."""

    httpMethod: str
    path: str
    headers: NotRequired[Mapping[str, str] | None]
    queryStringParameters: NotRequired[Mapping[str, str] | None]
    multiValueQueryStringParameters: NotRequired[Mapping[str, Sequence[str]] | None]
    body: NotRequired[str | None]
    isBase64Encoded: NotRequired[bool]


class ProxyAnswer(TypedDict):
    """An answer for API Gateway."""

    statusCode: int
    headers: dict[str, str]
    body: str
    isBase64Encoded: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def body_of(event: ProxyEvent) -> bytes:
    """The bytes of the body; none where there is no body."""
    body = event.get("body") or ""
    return b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="replace")


def proxied(answer: Answer) -> ProxyAnswer:
    """The answer for API Gateway."""
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": answer.content_type, **answer.headers},
        "body": answer.body.decode(),
        "isBase64Encoded": False,
    }
