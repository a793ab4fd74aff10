"""HTTP, and nobody else knows it but ``problems``: resolver, caller, headers, answers."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.openapi.params import Path as PathParam
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, BeforeValidator, StringConstraints

from mostrador import csvs, errors, problems, wording
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.rules import permissions
from mostrador.rules.permissions import Action, Role
from mostrador.table import TableFailure
from mostrador.views import common

MOST_BYTES: Final = 64 * 1024
JSON: Final = "application/json"


def _version(etag: Any) -> Any:
    """The version that an ETag of ours names."""
    return str(etag).removeprefix("W/").strip('"')


Model = TypeVar("Model", bound=BaseModel)
Slug = Annotated[Annotated[str, StringConstraints(pattern=common.SLUG)], PathParam(title="Identificador del negocio")]
Id = Annotated[Annotated[str, StringConstraints(pattern=common.ID)], PathParam(title="Identificador")]
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


def resolver() -> APIGatewayRestResolver:
    """A resolver that validates requests, documents itself, and answers every error as problem+json."""
    app = APIGatewayRestResolver(enable_validation=True)
    app.exception_handler(ServiceError)(lambda error: problems.refuse(app.current_event, error))
    app.exception_handler(RequestValidationError)(lambda error: problems.unprocessable(app.current_event, error))
    app.exception_handler(NotFoundError)(lambda _: problems.no_route(app.current_event))
    app.exception_handler(TableFailure)(lambda error: problems.table_failed(app.current_event, error))
    app.exception_handler(Exception)(lambda error: problems.broken(app.current_event, error))
    app.use(middlewares=[_no_unknown_query, _lists_as_csv])
    return app


def handler(app: APIGatewayRestResolver) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler of ``app``: looks the body over before anything parses it, then resolves."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        logger.append_keys(request_id=event["requestContext"].get("requestId"))
        asked = APIGatewayProxyEvent(event)
        try:
            _check_body(asked)
        except ServiceError as error:
            answer: ResponseBuilder[APIGatewayProxyEvent] = ResponseBuilder(problems.refuse(asked, error))
            return answer.build(asked)
        answered = app.resolve(event, context)
        return {**answered, "body": answered.get("body") or ""}  # MiniStack takes no null, which 204 would have

    return handle


def caller(app: APIGatewayRestResolver, tenant: str, action: Action) -> Caller:
    """Who calls, if they may do ``action`` in ``tenant``. Raises NotHere (no role there) and NotAllowed."""
    told: dict[str, Any] = app.current_event.request_context.get("authorizer") or {}
    roles: dict[str, str] = json.loads(told.get("roles") or "{}")
    role = Role.SUPERUSER if told.get("superuser") == "true" else roles.get(tenant)
    if role is None:
        raise errors.NotHere(entity="tenant", id=tenant)
    permissions.check(Role(role), action)
    return Caller(tenant, told.get("user", ""), told.get("email") or told.get("user", ""), Role(role))


def address(app: APIGatewayRestResolver) -> str:
    """Where the call comes from as API Gateway saw it; what the caller says of it (X-Forwarded-For) is not asked."""
    identity: dict[str, str] = app.current_event.request_context.get("identity") or {}
    return identity.get("sourceIp") or ""


def operator(app: APIGatewayRestResolver) -> None:
    """Refuse anybody but a superuser: what lies outside tenants is not there for others."""
    told: dict[str, Any] = app.current_event.request_context.get("authorizer") or {}
    if told.get("superuser") != "true":
        raise errors.NotHere(entity="path", id=app.current_event.path)


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


def gone() -> Response[None]:
    """204."""
    return Response(204)


def document() -> Response[str]:
    """The OpenAPI document, which the build puts beside this module."""
    path = Path(__file__).with_name("openapi.json")
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
        raise problems.MalformedBody(field="body", value=wording.shown(raw[:80]), reason=str(error)[:200]) from error
    if not isinstance(parsed, dict) or _is_deep(parsed):
        reason = "nested too deeply" if isinstance(parsed, dict) else "not an object"
        raise problems.MalformedBody(field="body", value=wording.shown(raw[:80]), reason=reason)


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


def _no_unknown_query(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Refuse query parameters that the route does not know: a misspelt filter must not answer everything."""
    known = {name for param in app.context["_route"].dependant.query_params for name in _names(param.field_info)}
    unknown = sorted(set(app.current_event.query_string_parameters or {}) - known)
    if unknown:
        raise problems.UnknownParameter(
            field=f"query.{unknown[0]}", value=unknown[0], known=", ".join(sorted(known)) or "-"
        )
    return next_middleware(app)


def _lists_as_csv(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Turn a page of any list into CSV for who asks for that: the JSON's fields, what comes next in the headers."""
    answer, event = next_middleware(app), app.current_event
    page = answer.body
    if not (_prefers_csv(event) and isinstance(page, dict) and page.keys() == {"items", "next"}):
        return answer
    view = app.context["_route"].dependant.return_param.type_
    (row,) = get_args(view.model_fields["items"].annotation)
    headers = {}
    if page["next"]:
        query = urlencode({**(event.query_string_parameters or {}), "cursor": page["next"]})
        url = f"{event.request_context.path or event.path}?{query}"
        headers = {"Link": f'<{url}>; rel="next"', "X-Next-Cursor": page["next"]}
    return Response(200, "text/csv; charset=utf-8", csvs.text(list(row.model_fields), page["items"]), headers=headers)


def _prefers_csv(event: APIGatewayProxyEvent) -> bool:
    asked = str(event.headers.get("accept") or "").lower().split(",")
    kinds = (part.partition(";")[0].strip() for part in asked)
    return next((one for one in kinds if one in ("text/csv", JSON, "*/*")), "") == "text/csv"


def _names(field: Any) -> list[str]:
    return [one.alias or name for name, one in field.annotation.model_fields.items()]
