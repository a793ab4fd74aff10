"""Calls on the doors as API Gateway makes them, without API Gateway: the authorizer's context is given."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from functions.appointments import app as appointments
from functions.audit import app as audit
from functions.boards import app as boards
from functions.closures import app as closures
from functions.customers import app as customers
from functions.draws import app as draws
from functions.feeds import app as feeds
from functions.keys import app as keys
from functions.me import app as me
from functions.members import app as members
from functions.orders import app as orders
from functions.payments import app as payments
from functions.public import app as public
from functions.public_orders import app as public_orders
from functions.public_raffles import app as public_raffles
from functions.raffles import app as raffles
from functions.series import app as series
from functions.services import app as services
from functions.tenants import app as tenants
from functions.waiting import app as waiting
from tests.support import template

_DOORS = {
    "appointments": appointments.handler,
    "audit": audit.handler,
    "boards": boards.handler,
    "closures": closures.handler,
    "customers": customers.handler,
    "draws": draws.handler,
    "feeds": feeds.handler,
    "me": me.handler,
    "members": members.handler,
    "keys": keys.handler,
    "orders": orders.handler,
    "payments": payments.handler,
    "series": series.handler,
    "services": services.handler,
    "resources": services.handler,
    "tenant": tenants.handler,
    "admin": tenants.handler,
    "waiting": waiting.handler,
    "public": public.handler,
    "public_orders": public_orders.handler,
    "public_raffles": public_raffles.handler,
    "raffles": raffles.handler,
}


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

    def call(self, method: str, url: str, body: Any = None, *, raw: str | None = None, **headers: str) -> Answer:
        split = urlsplit(url)
        event = {
            "httpMethod": method,
            "path": split.path,
            "headers": {"content-type": "application/json", "accept-language": "en"}
            | {name.replace("_", "-"): value for name, value in headers.items()},
            "multiValueHeaders": {},
            "queryStringParameters": dict(parse_qsl(split.query, keep_blank_values=True)) or None,
            "multiValueQueryStringParameters": None,
            "body": raw if raw is not None else None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "request-1",
                "stage": "test",
                "path": split.path,
                "identity": {"sourceIp": self.address},
                "authorizer": self._told(),
            },
        }
        answer = _door(method, split.path)(event, None)
        return Answer(int(answer["statusCode"]), _headers(answer), answer.get("body") or "")

    def _told(self) -> dict[str, str]:
        superuser = "true" if self.superuser else "false"
        user = self.user or f"u-{next(iter(self.roles.values()), 'nobody')}"
        return {"user": user, "email": self.name, "superuser": superuser, "roles": json.dumps(self.roles)}


def _door(method: str, path: str) -> Any:
    parts = path.strip("/").split("/")
    if parts[0] == "me":
        return _DOORS["me"]
    if {"raffles", "orders"} & set(parts):
        return _DOORS[_folder(method, path.rstrip("/"))]
    if parts[0] == "api":
        return _DOORS[parts[1]]
    if parts[0] == "calendar" or parts[-1] == "ics":
        return _DOORS["feeds"]
    if parts[0] == "tenant" and parts[2] == "public":
        return _DOORS["public"]
    return _DOORS["admin" if parts[0] != "tenant" else parts[3]]


def _folder(method: str, path: str) -> str:
    """The folder of the function whose route this is, as the template says."""
    routes = [*template.routes(), *template.old_routes()]
    found = (of for one, at, of in routes if one == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", at), path))
    return next(found, "raffles")


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
