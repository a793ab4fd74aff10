"""Calls on the doors as API Gateway makes them, without API Gateway: the authorizer's context is given."""

import base64
import importlib
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import answers, problems, template


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Client:
    """Somebody with a role in each of some tenants; ``call("GET", "/tenant/salon/api/services")``."""

    roles: dict[str, str]
    superuser: bool = False
    name: str = "eva@example.com"
    address: str = "203.0.113.7"
    user: str = ""

    def call(
        self, method: str, url: str, body: Any = None, *, raw: str | bytes | None = None, **headers: str
    ) -> Answer:
        split = urlsplit(url)
        query = parse_qs(split.query, keep_blank_values=True)
        event = {
            "httpMethod": method,
            "path": split.path,
            "headers": {"content-type": "application/json", "accept-language": "en"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
            "multiValueHeaders": {},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "body": _sent(body, raw),
            "isBase64Encoded": isinstance(raw, bytes),
            "requestContext": {
                "requestId": "request-1",
                "stage": "test",
                "path": split.path,
                "identity": {"sourceIp": self.address},
                "authorizer": self._told(),
            },
        }
        answer = _door(method, split.path)(event, None)
        headers = _headers(answer)
        status, text = int(answer["statusCode"]), answer.get("body") or ""
        problems.check(headers.get("content-type"), text)
        answers.check(method, split.path, status, headers.get("content-type"), text)
        return Answer(status, headers, text)

    def _told(self) -> dict[str, str]:
        superuser = "true" if self.superuser else "false"
        user = self.user or f"u-{next(iter(self.roles.values()), 'nobody')}"
        return {"user": user, "email": self.name, "superuser": superuser, "roles": json.dumps(self.roles)}


def _sent(body: Any, raw: str | bytes | None) -> str | None:
    """The body as the gateway hands it over: bytes in base64."""
    if isinstance(raw, bytes):
        return base64.b64encode(raw).decode()
    return raw if raw is not None or body is None else json.dumps(body)


def _door(method: str, path: str) -> Any:
    """The handler of the function whose route this is, as the template says; else of the one with most in common."""
    folder = _folder(method, path.rstrip("/")) or _nearest(path)
    return importlib.import_module(f"functions.{folder}.app").handler


def _folder(method: str, path: str) -> str:
    found = (of for one, pattern, of in _patterns() if one == method and pattern.fullmatch(path))
    return next(found, "")


def _nearest(path: str) -> str:
    """What answers for a path that no route has: API Gateway would not let it by."""
    parts = path.strip("/").split("/")
    return max(_patterns(), key=lambda route: _alike(parts, route[1].pattern.split("/")[1:]))[2]


def _alike(parts: list[str], pattern: list[str]) -> int:
    return sum(one == other for one, other in zip(parts, pattern, strict=False))


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], str]]:
    """Every route; those without a variable where another has one come first."""
    routes = sorted([*template.routes(), *template.old_routes()], key=lambda route: route[1].count("{"))
    return [(one, re.compile(re.sub(r"{\w+}", "[^/]*", at)), of) for one, at, of in routes]


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    many = answer.get("multiValueHeaders") or {}
    return {name.lower(): values[0] for name, values in many.items()} | {
        name.lower(): value for name, value in (answer.get("headers") or {}).items()
    }


admin = Client({"salon": "admin"})
staff = Client({"salon": "staff"})
viewer = Client({"salon": "viewer"})
foreign = Client({"clinic": "admin"})
superuser = Client({}, superuser=True)
anybody = Client({})
