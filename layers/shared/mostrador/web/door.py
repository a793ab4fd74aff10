"""What every door of the API shares: its routes and who may call them, the types of paths and headers.

HTTP is known to this room alone.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypedDict, TypeVar, Unpack

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.openapi.params import Path as PathParam
from aws_lambda_powertools.event_handler.openapi.params import Query as QueryParam
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, BeforeValidator, StringConstraints, WithJsonSchema

from mostrador import context, fields, settings
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.people.rules.permissions import Action
from mostrador.table import TableFailure
from mostrador.tenancy import tenants
from mostrador.values import shown
from mostrador.web import caching, callers, current_route, middleware, problems, read_only, request_bodies
from mostrador.web.callers import Caller
from mostrador.web.routes import Access, Route

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware


ETAG: Final = r'^(W/)?("[0-9]{1,10}"|[0-9]{1,10})$'
"""An ETag of this API, which is a version; its quotes may be left out."""


def _version(etag: object) -> str:
    """The version that an ETag names; of any other text nothing is left, so that it is refused as no number."""
    return str(etag).removeprefix("W/").strip('"') if re.fullmatch(ETAG, str(etag)) else ""


Model = TypeVar("Model", bound=BaseModel)
Query = Annotated[Model, QueryParam()]
"""``Query[M]``: the query parameters as the model ``M``."""
Event = dict[str, Any]
"""JSON of a Lambda proxy integration: the event of API Gateway, or the answer to it."""
Handles = TypeVar("Handles", bound=Callable[..., object])
Slug = Annotated[Annotated[str, StringConstraints(pattern=fields.SLUG)], PathParam(title="Identificador del negocio")]
Id = Annotated[Annotated[str, StringConstraints(pattern=fields.ID)], PathParam(title="Identificador")]
PaymentId = Annotated[Annotated[str, StringConstraints(pattern=shown.PAYMENT_ID)], PathParam(title="Identificador")]
Token = Annotated[shown.Token, PathParam(title="Clave del enlace")]
"""A signed link's token. Its form is only documented: a wrong one is answered like one that leads nowhere."""
FeedFile = Annotated[shown.FeedFile, PathParam(title="Dirección secreta")]
UserId = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")], PathParam(title="Identificador de la persona")
]
ClosureId = Annotated[Annotated[str, StringConstraints(pattern=shown.CLOSURE_ID)], PathParam(title="Identificador")]
_Key = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
_KEY_HEADER = Header(alias="Idempotency-Key", title="Clave de idempotencia")
IdempotencyKey = Annotated[_Key | None, _KEY_HEADER]
PublicKey = Annotated[Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{16,128}$")] | None, _KEY_HEADER]
"""Of callers without an account: too long to be guessed, and bound to their address besides."""
RequiredKey = Annotated[_Key, _KEY_HEADER]
"""Of what takes money: nothing else tells a repeat from a second payment."""
IfMatch = Annotated[
    Annotated[int, BeforeValidator(_version), WithJsonSchema({"type": "string", "pattern": ETAG})] | None,
    Header(alias="If-Match", title="Versión"),
]


def need_key(key: str | None) -> None:
    """Refuse a request that takes money and has no key, like a route that always needs one."""
    if key is None:
        place = ("header", "idempotency-key")  # as Powertools names a missing one
        raise RequestValidationError([{"type": "missing", "loc": place, "msg": "Field required", "input": None}])


class Decorator(Protocol):
    """Takes a handler as it is."""

    def __call__(self, function: Handles, /) -> Handles: ...


class Declared(TypedDict, total=False):
    """What a route declares beside its method, path, operation and access: see ``routes.Route``."""

    status: int
    location: str
    answer: type | str
    media_type: str
    any_query: bool
    public_for: int
    private_for: int


class Door:
    """The routes of one function. Each is declared with who may call it, which is checked before its handler runs."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.resolver = _resolver()

    def get(self, path: str, operation: str, access: Access | Action, **declared: Unpack[Declared]) -> Decorator:
        return self._route("GET", path, operation, access, declared)

    def post(self, path: str, operation: str, access: Access | Action, **declared: Unpack[Declared]) -> Decorator:
        return self._route("POST", path, operation, access, declared)

    def put(self, path: str, operation: str, access: Access | Action, **declared: Unpack[Declared]) -> Decorator:
        return self._route("PUT", path, operation, access, declared)

    def patch(self, path: str, operation: str, access: Access | Action, **declared: Unpack[Declared]) -> Decorator:
        return self._route("PATCH", path, operation, access, declared)

    def delete(self, path: str, operation: str, access: Access | Action, **declared: Unpack[Declared]) -> Decorator:
        return self._route("DELETE", path, operation, access, {"status": 204, **declared})

    def _route(self, method: str, path: str, operation: str, access: Access | Action, declared: Declared) -> Decorator:
        def register(function: Handles) -> Handles:
            in_braces = path.replace("<", "{").replace(">", "}")
            route = Route(
                operation=operation, method=method, path=in_braces, access=access, function=function, **declared
            )
            self.routes.append(route)
            around = [*middleware.of_route(route), self._permitting(access)]
            self.resolver.route(path, method, status_code=route.status, middlewares=around)(function)
            return function

        return register

    def _permitting(self, access: Access | Action) -> Callable[..., Response[object]]:
        def permit(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
            caller = callers.admitted(app, access, current_route.slug(app))
            app.append_context(caller=caller)  # type: ignore[no-untyped-call]
            return next_middleware(app)

        return permit

    @property
    def caller(self) -> Caller:
        """Who calls the route that is being answered."""
        found: Caller = self.resolver.context["caller"]
        return found

    def told(self, error: ServiceError | None) -> dict[str, object] | None:
        """The refusal of one of several changes, for a row of the answer; None for none."""
        return problems.told(self.resolver.current_event, error) if error else None

    def require(self, action: Action) -> None:
        """Refuse a caller who may not do this as well. Raises NotAllowed, NotForKeys."""
        callers.member(self.resolver, self.caller.tenant, action)

    def require_all(self, actions: Iterable[Action]) -> None:
        """Refuse a caller who may not do each of these as well. Raises NotAllowed, NotForKeys."""
        for action in actions:
            self.require(action)

    def enter(self, tenant: str) -> None:
        """Take a tenant in hand that the path does not name."""
        callers.enter(self.resolver, self.caller, tenant)

    def handler(self, event: Event, lambda_context: Any) -> Event:
        """The Lambda handler: checks the body before anything parses it, then resolves; HEAD is GET without a body."""
        is_head = event["httpMethod"] == "HEAD"
        event = event | {"path": _with_tenant(event["path"]), "httpMethod": "GET" if is_head else event["httpMethod"]}
        answer = caching.kept(event, self._answer(event, lambda_context))
        return {**answer, "body": "" if is_head else answer.get("body") or ""}  # MiniStack takes no null (204)

    def _answer(self, event: Event, lambda_context: Any) -> Event:
        logger.append_keys(request_id=event["requestContext"].get("requestId"))
        request = APIGatewayProxyEvent(event)
        try:
            request_bodies.check(request)
        except ServiceError as error:
            refusal: ResponseBuilder[APIGatewayProxyEvent] = ResponseBuilder(problems.refuse(request, error))
            return refusal.build(request)
        with context.working(None, context.SYSTEM):
            return self.resolver.resolve(event, lambda_context)

    def address(self, path: str) -> str:
        """The URL of ``path`` at this API: as configured, or at the address to which the request came."""
        if settings.google_redirect_url():
            return settings.google_redirect_url()
        request = self.resolver.current_event.request_context
        stage = f"/{request.get('stage')}"
        if settings.execute_api_url():
            return f"{settings.execute_api_url()}/{request.get('apiId')}{stage}{path}"
        return f"https://{request.get('domainName')}{stage}{path}"


def _resolver() -> APIGatewayRestResolver:
    """A resolver that validates requests, and answers every error as problem+json."""
    app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=request_bodies.parsed)
    read_only.install(app)
    app.exception_handler(ServiceError)(lambda error: problems.refuse(app.current_event, error))
    app.exception_handler(RequestValidationError)(lambda error: middleware.unprocessable(app, error))
    app.exception_handler(NotFoundError)(lambda _: problems.no_route(app.current_event))
    app.exception_handler(TableFailure)(lambda error: problems.table_failed(app.current_event, error))
    app.exception_handler(Exception)(lambda error: problems.broken(app.current_event, error))
    app.use(
        middlewares=[
            middleware.no_unknown_body,
            middleware.only_own_fields,
            middleware.lists_as_csv,
            middleware.without_hidden,
        ]
    )
    return app


def _with_tenant(path: str) -> str:
    """The path that a route has: the old ones name no tenant and mean ``default``."""
    return f"/tenant/{tenants.DEFAULT}{path}" if path.startswith("/api/") else path
