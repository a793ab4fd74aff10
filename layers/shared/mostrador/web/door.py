"""HTTP, and nobody else knows it but ``problems``: resolver, caller, headers, answers."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.openapi.params import Path as PathParam
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, BeforeValidator, StringConstraints

from mostrador import context, errors, fields, settings
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.people import members
from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Action, Role
from mostrador.table import TableFailure
from mostrador.tenancy import tenants
from mostrador.web import middleware, problems, validation_messages

MOST_BYTES: Final = 64 * 1024
JSON: Final = "application/json"


def _version(etag: Any) -> Any:
    """The version that an ETag of ours names."""
    return str(etag).removeprefix("W/").strip('"')


Model = TypeVar("Model", bound=BaseModel)
Slug = Annotated[Annotated[str, StringConstraints(pattern=fields.SLUG)], PathParam(title="Identificador del negocio")]
Id = Annotated[Annotated[str, StringConstraints(pattern=fields.ID)], PathParam(title="Identificador")]
PaymentId = Annotated[
    Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32}|[1-9][0-9]{14})$")], PathParam(title="Identificador")
]
UserId = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")], PathParam(title="Identificador de la persona")
]
ClosureId = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(-[0-9a-f]{32})?$")],
    PathParam(title="Identificador"),
]
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")] | None,
    Header(alias="Idempotency-Key", title="Clave de idempotencia"),
]
IfMatch = Annotated[Annotated[int, BeforeValidator(_version)] | None, Header(alias="If-Match", title="Versión")]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the authorizer said: ``tenant`` from the path, role in it, and a name for the records."""

    tenant: str
    user: str
    name: str
    role: Role

    @property
    def is_member(self) -> bool:
        """Whether it is a person who belongs to the tenant, and no API key and no superuser."""
        return self.role is not Role.SUPERUSER and not self.user.startswith(members.KEY)


def resolver() -> APIGatewayRestResolver:
    """A resolver that validates requests, documents itself, and answers every error as problem+json."""
    app = APIGatewayRestResolver(enable_validation=True)
    app.exception_handler(ServiceError)(lambda error: problems.refuse(app.current_event, error))
    app.exception_handler(RequestValidationError)(lambda error: middleware.unprocessable(app, error))
    app.exception_handler(NotFoundError)(lambda _: problems.no_route(app.current_event))
    app.exception_handler(TableFailure)(lambda error: problems.table_failed(app.current_event, error))
    app.exception_handler(Exception)(lambda error: problems.broken(app.current_event, error))
    app.use(
        middlewares=[
            middleware.no_unknown_query,
            middleware.only_own_fields,
            middleware.lists_as_csv,
            middleware.without_hidden,
        ]
    )
    return app


def handler(app: APIGatewayRestResolver) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler of ``app``: looks the body over before anything parses it, then resolves."""

    def handle(event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        if event["path"].startswith("/api/"):
            event = event | {"path": f"/tenant/{tenants.DEFAULT}{event['path']}"}
        logger.append_keys(request_id=event["requestContext"].get("requestId"))
        asked = APIGatewayProxyEvent(event)
        try:
            _check_body(asked)
        except ServiceError as error:
            answer: ResponseBuilder[APIGatewayProxyEvent] = ResponseBuilder(problems.refuse(asked, error))
            return answer.build(asked)
        with context.working(None, context.SYSTEM):
            answered = app.resolve(event, lambda_context)
        return {**answered, "body": answered.get("body") or ""}  # MiniStack takes no null, which 204 would have

    return handle


def caller(app: APIGatewayRestResolver, tenant: str, action: Action) -> Caller:
    """Who calls, if they may do ``action`` in ``tenant``, which is in hand from here on.

    Raises NotHere (no role there), NotAllowed, NotForKeys. What only admins do is asked of the table, not of the
    authorizer, which remembers for a minute.
    """
    told: dict[str, Any] = app.current_event.request_context.get("authorizer") or {}
    role = middleware.role_in(app.current_event, tenant)
    if role is None:
        raise errors.NotHere(entity="tenant", id=tenant)
    user = told.get("user", "")
    permissions.check(role, action, is_key=user.startswith(members.KEY))
    name = told.get("email") or user
    context.enter(tenant, _actor(app, user, role.value, name))
    if role is Role.ADMIN and (action in permissions.CONFIRMED or middleware.takes_an_admin(app)):
        role = members.role_now(tenant, user)
        permissions.check(role, action)
        middleware.check_fields(app, role)
    app.append_context(role=role)  # type: ignore[no-untyped-call]
    return Caller(tenant, user, name, role)


def visitor(app: APIGatewayRestResolver, tenant: str) -> str:
    """The address of somebody without an account, for whom ``tenant`` is in hand from here on."""
    actor = _actor(app, "public", "public", "public")
    context.enter(tenant, actor)
    return actor.address


def person(app: APIGatewayRestResolver) -> Caller:
    """Whoever is signed in, whatever their tenants; no tenant is in hand. Raises NotForKeys."""
    told: dict[str, Any] = app.current_event.request_context.get("authorizer") or {}
    user = told.get("user", "")
    if user.startswith(members.KEY):
        raise permissions.NotForKeys(action="me")
    role = Role.SUPERUSER if told.get("superuser") == "true" else Role.VIEWER
    name = told.get("email") or user
    context.enter(None, _actor(app, user, role.value, name))
    return Caller("", user, name, role)


def operator(app: APIGatewayRestResolver, tenant: str | None = None) -> None:
    """Refuse anybody but a superuser: what lies outside tenants is not there for others."""
    told: dict[str, Any] = app.current_event.request_context.get("authorizer") or {}
    if told.get("superuser") != "true":
        raise errors.NotHere(entity="path", id=app.current_event.path)
    user = told.get("user", "")
    context.enter(tenant, _actor(app, user, Role.SUPERUSER.value, told.get("email") or user))
    app.append_context(role=Role.SUPERUSER)  # type: ignore[no-untyped-call]


def _actor(app: APIGatewayRestResolver, user: str, role: str, name: str) -> context.Actor:
    """The address is API Gateway's; what the caller says of it (X-Forwarded-For) is not asked."""
    request = app.current_event.request_context
    identity: dict[str, str] = request.get("identity") or {}
    return context.Actor(user, role, name, identity.get("sourceIp") or "", request.get("requestId") or "")


def created(item: Any, view: type[Model]) -> Response[Model]:
    """201 with the item as ``view`` and its version as ETag."""
    return Response(201, JSON, view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def made(view: Model) -> Response[Model]:
    """201 with what has no version."""
    return Response(201, JSON, view)


def shown(item: Any, view: type[Model]) -> Response[Model]:
    """200 with the item as ``view`` and its version as ETag."""
    return Response(200, JSON, view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def attachment(text: str, kind: str, name: str) -> Response[str]:
    """200 with a file to be saved as ``name``."""
    return Response(200, kind, text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def cached(app: APIGatewayRestResolver, text: str, kind: str, seconds: int) -> Response[str]:
    """200 with what may be kept for so long, or 304 to who has it (If-None-Match)."""
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"private, max-age={seconds}"}
    known = str(app.current_event.headers.get("if-none-match") or "").split(",")
    if etag in (one.strip().removeprefix("W/") for one in known):
        return Response(304, body="", headers=headers)
    return Response(200, kind, text, headers=headers)


def page(title: str, text: str) -> Response[str]:
    """200 with a few words for a person, which nothing keeps, frames or follows from."""
    head = f'<!doctype html><html lang="es"><meta charset="utf-8"><title>{escape(title)}</title>'
    body = f"{head}<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    return Response(200, "text/html; charset=utf-8", body, headers=headers)


def address(app: APIGatewayRestResolver, path: str) -> str:
    """Where this API itself answers for ``path``: as configured, or at the address at which it was asked."""
    if settings.google_redirect_url():
        return settings.google_redirect_url()
    request = app.current_event.request_context
    stage = f"/{request.get('stage')}"
    if settings.execute_api_url():
        return f"{settings.execute_api_url()}/{request.get('apiId')}{stage}{path}"
    return f"https://{request.get('domainName')}{stage}{path}"


def gone() -> Response[None]:
    """204."""
    return Response(204)


def document() -> Response[str]:
    """The OpenAPI document, which the build puts beside this module."""
    path = Path(__file__).parents[1] / "openapi.json"
    if not path.exists():
        raise errors.NotHere(entity="file", id=path.name)
    return Response(200, JSON, path.read_text())


def _check_body(event: APIGatewayProxyEvent) -> None:
    """Raise BodyTooLarge, MalformedBody, UnsupportedMediaType."""
    if event.http_method not in ("POST", "PUT", "PATCH"):
        return
    kind = str(event.headers.get("content-type") or JSON)
    if kind.partition(";")[0].strip().lower() != JSON:
        raise problems.UnsupportedMediaType(field="content-type", value=kind[:100])
    sent = event.raw_event.get("headers") or {}
    sent |= {name: JSON for name in sent if name.lower() == "content-type"}  # validation compares it letter by letter
    raw = event.get("body")
    if not raw:
        return
    if len(raw) > MOST_BYTES:
        raise problems.BodyTooLarge(field="body", value=len(raw), limit=MOST_BYTES)
    try:
        parsed = json.loads(event.decoded_body or "")
    except (ValueError, RecursionError) as error:
        raise problems.MalformedBody(
            field="body", value=validation_messages.shown(raw[:80]), reason=str(error)[:200]
        ) from error
    if not isinstance(parsed, dict) or _is_deep(parsed):
        reason = "nested too deeply" if isinstance(parsed, dict) else "not an object"
        raise problems.MalformedBody(field="body", value=validation_messages.shown(raw[:80]), reason=reason)


def _is_deep(parsed: Any) -> bool:
    """Whether something is nested more than 16 levels, which Python versions bear differently well."""
    level = [parsed]
    for _ in range(16):
        level = [child for one in level if isinstance(one, dict | list) for child in _children(one)]
        if not level:
            return False
    return True


def _children(node: dict[str, Any] | list[Any]) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node
