"""What every door of the API shares: the resolver, who calls, the types of paths and headers, the answers.

HTTP is known to this room alone.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.openapi.params import Path as PathParam
from aws_lambda_powertools.event_handler.openapi.params import Query as QueryParam
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, BeforeValidator, StringConstraints

from mostrador import context, errors, fields, settings
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.people import members
from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Action, Role
from mostrador.table import TableFailure
from mostrador.table.base import HasVersion
from mostrador.tenancy import tenants
from mostrador.web import authorizer_claims, caching, middleware, problems, read_only, request_bodies
from mostrador.web.request_bodies import JSON


def _version(etag: object) -> str:
    """The version that an ETag of this API names."""
    return str(etag).removeprefix("W/").strip('"')


Model = TypeVar("Model", bound=BaseModel)
Query = Annotated[Model, QueryParam()]
"""``Query[M]``: the query parameters as the model ``M``."""
Event = dict[str, Any]
"""JSON of a Lambda proxy integration: the event of API Gateway, or the answer to it."""
Handler = Callable[[Event, Any], Event]
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
    """The caller as the authorizer said: ``tenant`` from the path, role in it, and a name for the records."""

    tenant: str
    user: str
    name: str
    role: Role

    @property
    def is_member(self) -> bool:
        """Whether it is a person who belongs to the tenant, not an API key or a superuser."""
        return self.role is not Role.SUPERUSER and not self.user.startswith(members.KEY)


def resolver() -> APIGatewayRestResolver:
    """A resolver that validates requests, documents itself, and answers every error as problem+json."""
    app = APIGatewayRestResolver(enable_validation=True)
    read_only.install(app)
    app.exception_handler(ServiceError)(lambda error: problems.refuse(app.current_event, error))
    app.exception_handler(RequestValidationError)(lambda error: middleware.unprocessable(app, error))
    app.exception_handler(NotFoundError)(lambda _: problems.no_route(app.current_event))
    app.exception_handler(TableFailure)(lambda error: problems.table_failed(app.current_event, error))
    app.exception_handler(Exception)(lambda error: problems.broken(app.current_event, error))
    app.use(
        middlewares=[
            middleware.no_unknown_query,
            middleware.no_unknown_body,
            middleware.only_own_fields,
            middleware.lists_as_csv,
            middleware.without_hidden,
        ]
    )
    return app


def handler(app: APIGatewayRestResolver) -> Handler:
    """The Lambda handler of ``app``: checks the body before anything parses it, then resolves."""

    def handle(event: Event, lambda_context: Any) -> Event:
        if event["path"].startswith("/api/"):
            event = event | {"path": f"/tenant/{tenants.DEFAULT}{event['path']}"}
        logger.append_keys(request_id=event["requestContext"].get("requestId"))
        request = APIGatewayProxyEvent(event)
        try:
            request_bodies.check(request)
        except ServiceError as error:
            refusal: ResponseBuilder[APIGatewayProxyEvent] = ResponseBuilder(problems.refuse(request, error))
            return caching.kept(event, refusal.build(request))
        with context.working(None, context.SYSTEM):
            answer = app.resolve(event, lambda_context)
        with_body = {**answer, "body": answer.get("body") or ""}  # MiniStack takes no null, which 204 would have
        return caching.kept(event, with_body)

    return handle


def caller(app: APIGatewayRestResolver, tenant: str, action: Action) -> Caller:
    """The caller, if they may do ``action`` in ``tenant``, which is in hand from here on.

    For actions of admins the table says the role, because the authorizer's answer may be a minute old.
    Raises NotHere (no role there), NotAllowed, NotForKeys.
    """
    role = authorizer_claims.role_in(app.current_event, tenant)
    if role is None:
        raise errors.NotHere(entity="tenant", id=tenant)
    user, name = _user_and_name(app)
    permissions.check(role, action, is_key=user.startswith(members.KEY))
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
    """The signed-in person, whatever their tenants; no tenant is in hand. Raises NotForKeys."""
    user, name = _user_and_name(app)
    if user.startswith(members.KEY):
        raise permissions.NotForKeys(action="me")
    role = Role.SUPERUSER if authorizer_claims.is_superuser(app.current_event) else Role.VIEWER
    context.enter(None, _actor(app, user, role.value, name))
    return Caller("", user, name, role)


def operator(app: APIGatewayRestResolver, tenant: str | None = None) -> None:
    """Refuse anybody but a superuser: routes outside tenants do not exist for others. Raises NotHere."""
    if not authorizer_claims.is_superuser(app.current_event):
        raise errors.NotHere(entity="path", id=app.current_event.path)
    user, name = _user_and_name(app)
    context.enter(tenant, _actor(app, user, Role.SUPERUSER.value, name))
    app.append_context(role=Role.SUPERUSER)  # type: ignore[no-untyped-call]


def _user_and_name(app: APIGatewayRestResolver) -> tuple[str, str]:
    """The caller's id, and the e-mail address or else the id as their name."""
    claims = authorizer_claims.of(app.current_event)
    user = claims.get("user", "")
    return user, claims.get("email") or user


def _actor(app: APIGatewayRestResolver, user: str, role: str, name: str) -> context.Actor:
    """The address is the one that API Gateway saw; the caller's own X-Forwarded-For is ignored."""
    request = app.current_event.request_context
    identity: dict[str, str] = request.get("identity") or {}
    return context.Actor(user, role, name, identity.get("sourceIp") or "", request.get("requestId") or "")


def created(item: HasVersion, view: type[Model]) -> Response[Model]:
    """201 with the item as ``view`` and its version as ETag."""
    return Response(201, JSON, view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def made(view: Model) -> Response[Model]:
    """201 with a view that has no version."""
    return Response(201, JSON, view)


def shown(item: HasVersion, view: type[Model]) -> Response[Model]:
    """200 with the item as ``view`` and its version as ETag."""
    return Response(200, JSON, view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def attachment(text: str, kind: str, name: str) -> Response[str]:
    """200 with a file of media type ``kind``, to be saved as ``name``."""
    return Response(200, kind, text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def cached(app: APIGatewayRestResolver, text: str, kind: str, seconds: int) -> Response[str]:
    """200 with a text that caches may keep for ``seconds``, or 304 if If-None-Match names it."""
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"private, max-age={seconds}"}
    known = str(app.current_event.headers.get("if-none-match") or "").split(",")
    if etag in (tag.strip().removeprefix("W/") for tag in known):
        return Response(304, body="", headers=headers)
    return Response(200, kind, text, headers=headers)


def page(title: str, text: str) -> Response[str]:
    """200 with a few words for a person; no cache keeps it, no page frames it, no referrer leaves it."""
    head = f'<!doctype html><html lang="es"><meta charset="utf-8"><title>{escape(title)}</title>'
    body = f"{head}<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    return Response(200, "text/html; charset=utf-8", body, headers=headers)


def address(app: APIGatewayRestResolver, path: str) -> str:
    """The URL of ``path`` at this API: as configured, or at the address to which the request came."""
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
    """The OpenAPI document, which the build puts into the package. Raises NotHere."""
    path = Path(__file__).parents[1] / "openapi.json"
    if not path.exists():
        raise errors.NotHere(entity="file", id=path.name)
    return Response(200, JSON, path.read_text())
