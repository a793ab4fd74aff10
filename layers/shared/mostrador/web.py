"""HTTP, and nobody else knows it: resolver, caller, headers, statuses, problem+json (RFC 9457)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

from mostrador import errors, wording
from mostrador.errors import ServiceError
from mostrador.observability import logger
from mostrador.rules import permissions
from mostrador.rules.permissions import Action, Role
from mostrador.table import TableFailure, is_overload

MOST_BYTES: Final = 64 * 1024
PROBLEM: Final = "application/problem+json"
_FAMILIES: Final[Mapping[type[ServiceError], int]] = {
    errors.Stale: 412,
    errors.Invalid: 422,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Unavailable: 503,
}


def _version(etag: Any) -> Any:
    """The version that an ETag of ours names."""
    return str(etag).removeprefix("W/").strip('"')


Model = TypeVar("Model", bound=BaseModel)
Slug = Annotated[str, PathParam(title="Identificador del negocio")]
IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")] | None,
    Header(alias="Idempotency-Key", title="Clave de idempotencia"),
]
IfMatch = Annotated[Annotated[int, BeforeValidator(_version)] | None, Header(alias="If-Match", title="Versión")]


class MalformedBody(errors.Invalid):
    code = "malformed_json"
    en = "the body is not a JSON object in UTF-8: {reason}"
    es = "el cuerpo no es un objeto JSON en UTF-8: {reason}"


class BodyTooLarge(errors.Invalid):
    code = "body_too_large"
    en = "the body has {value} bytes; at most {limit} are read"
    es = "el cuerpo tiene {value} bytes; se leen {limit} como máximo"


class UnsupportedMediaType(errors.Invalid):
    code = "unsupported_media_type"
    en = "{value} is not application/json"
    es = "{value} no es application/json"


class UnknownParameter(errors.Invalid):
    code = "unknown_parameter"
    en = "there is no query parameter {value}; known are: {known}"
    es = "no existe el parámetro {value}; se conocen: {known}"


_STATUSES: Final[Mapping[type[ServiceError], int]] = {
    MalformedBody: 400,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    **_FAMILIES,
}


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
    app.exception_handler(ServiceError)(lambda error: refuse(app.current_event, error))
    app.exception_handler(RequestValidationError)(lambda error: _unprocessable(app.current_event, error))
    app.exception_handler(NotFoundError)(lambda _: _no_route(app.current_event))
    app.exception_handler(TableFailure)(lambda error: _table_failed(app.current_event, error))
    app.exception_handler(Exception)(lambda error: _broken(app.current_event, error))
    app.use(middlewares=[_no_unknown_query])
    return app


def handler(app: APIGatewayRestResolver) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler of ``app``: looks the body over before anything parses it, then resolves."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        logger.append_keys(request_id=event["requestContext"].get("requestId"))
        asked = APIGatewayProxyEvent(event)
        try:
            _check_body(asked)
        except ServiceError as error:
            answer: ResponseBuilder[APIGatewayProxyEvent] = ResponseBuilder(refuse(asked, error))
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


def operator(app: APIGatewayRestResolver) -> None:
    """Refuse anybody but a superuser: what lies outside tenants is not there for others."""
    told: dict[str, Any] = app.current_event.request_context.get("authorizer") or {}
    if told.get("superuser") != "true":
        raise errors.NotHere(entity="path", id=app.current_event.path)


def created(item: Any, view: type[Model]) -> Response[Model]:
    """201 with the item as ``view`` and its version as ETag."""
    return Response(201, "application/json", view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def shown(item: Any, view: type[Model]) -> Response[Model]:
    """200 with the item as ``view`` and its version as ETag."""
    return Response(200, "application/json", view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def gone() -> Response[None]:
    """204."""
    return Response(204)


def document() -> Response[str]:
    """The OpenAPI document, which the build puts beside this module."""
    path = Path(__file__).with_name("openapi.json")
    if not path.exists():
        raise errors.NotHere(entity="file", id=path.name)
    return Response(200, "application/json", path.read_text())


def language(event: APIGatewayProxyEvent) -> str:
    """``"es"`` unless Accept-Language puts English first."""
    asked = str(event.headers.get("accept-language") or "").lower()
    known = (part.strip()[:2] for part in asked.split(","))
    return next((one for one in known if one in ("es", "en")), "es")


def refuse(event: APIGatewayProxyEvent, error: ServiceError) -> Response[str]:
    """A refusal as problem+json: its code, its sentence, and its facts as further members."""
    status = next(status for family, status in _STATUSES.items() if isinstance(error, family))
    facts = {name: wording.shown(value) if isinstance(value, str) else value for name, value in error.facts.items()}
    return _problem(event, status, error.code, error.says(language(event)), **facts)


def _problem(event: APIGatewayProxyEvent, status: int, code: str, detail: str, **members: Any) -> Response[str]:
    request_id = event.request_context.request_id
    told = {
        "type": f"urn:mostrador:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
    headers = {"Retry-After": "1"} if status == 503 else {}  # noqa: PLR2004
    return Response(status, PROBLEM, json.dumps({**members, **told}, default=str), headers=headers)


def _unprocessable(event: APIGatewayProxyEvent, error: RequestValidationError) -> Response[str]:
    faults = [wording.problem(one, language(event)) for one in error.errors()]
    detail = "; ".join(f"{fault['field']}: {fault['detail']}" for fault in faults[:5])
    return _problem(event, 422, "invalid_request", detail, errors=faults[:50])


def _no_route(event: APIGatewayProxyEvent) -> Response[str]:
    return refuse(event, errors.NotHere(entity="path", id=event.path))


def _table_failed(event: APIGatewayProxyEvent, error: TableFailure) -> Response[str]:
    if is_overload(error):
        logger.warning("the table is overloaded", exc_info=error)
        return refuse(event, errors.Busy())
    return _broken(event, error)


def _broken(event: APIGatewayProxyEvent, error: Exception) -> Response[str]:
    logger.error("unexpected failure", exc_info=error)
    return _problem(
        event,
        500,
        "internal_error",
        {
            "es": "Algo falló de nuestro lado; quedó registrado.",
            "en": "Something failed on our side; it was recorded.",
        }[language(event)],
    )


def _check_body(event: APIGatewayProxyEvent) -> None:
    """Raise BodyTooLarge, MalformedBody, UnsupportedMediaType."""
    raw = event.get("body")
    if not raw:
        return
    if len(raw) > MOST_BYTES:
        raise BodyTooLarge(field="body", value=len(raw), limit=MOST_BYTES)
    kind = str(event.headers.get("content-type") or "application/json")
    if not kind.startswith("application/json"):
        raise UnsupportedMediaType(field="content-type", value=kind[:100])
    try:
        parsed = json.loads(event.decoded_body or "")
    except (ValueError, RecursionError) as error:
        raise MalformedBody(field="body", value=wording.shown(raw[:80]), reason=str(error)[:200]) from error
    if not isinstance(parsed, dict):
        raise MalformedBody(field="body", value=wording.shown(raw[:80]), reason="not an object")


def _no_unknown_query(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Refuse query parameters that the route does not know: a misspelt filter must not answer everything."""
    known = {name for param in app.context["_route"].dependant.query_params for name in _names(param.field_info)}
    unknown = sorted(set(app.current_event.query_string_parameters or {}) - known)
    if unknown:
        raise UnknownParameter(field=f"query.{unknown[0]}", value=unknown[0], known=", ".join(sorted(known)) or "-")
    return next_middleware(app)


def _names(field: Any) -> list[str]:
    return [one.alias or name for name, one in field.annotation.model_fields.items()]
