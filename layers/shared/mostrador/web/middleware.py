"""What runs around every handler: unknown parameters are refused, fields follow the role, lists may be CSV."""

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from mostrador import clock, context
from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Role
from mostrador.tenancy import tenants
from mostrador.web import authorizer_claims, caching, current_route, problems
from mostrador.web.routes import JSON, Route

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

Row = dict[str, object]
Middleware = Callable[[APIGatewayRestResolver, "NextMiddleware"], Response[object]]


def of_route(route: Route) -> list[Middleware]:
    """What runs around the handler of this route alone, the outermost first."""
    around: list[Middleware] = [] if route.any_query else [no_unknown_query]
    if route.location:
        around.append(_located(route.location))
    if route.public_for or route.private_for:
        around.append(_cacheable(route))
    return around


def _cacheable(route: Route) -> Middleware:
    """Let caches keep the answer for as long as the route says; a refusal does not come by here."""

    def allow(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
        answer = next_middleware(app)
        answer.headers |= caching.public(route.public_for) if route.public_for else caching.private(route.private_for)
        return answer

    return allow


def _located(path: str) -> Middleware:
    """Say in Location where to find what was created: ``path`` with the request's variables and the answer's fields."""

    def locate(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
        answer = next_middleware(app)
        if isinstance(answer.body, dict):
            known = answer.body | app.request.path_parameters
            target = re.sub("<([a-z_]+)>", lambda variable: str(known.get(variable[1], known.get("id"))), path)
            start = posixpath.dirname(app.current_event.path)
            answer.headers["Location"] = posixpath.relpath(target, start)
        return answer

    return locate


def only_own_fields(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
    """Refuse a change of fields that the caller's role may not write."""
    check_fields(app)
    return next_middleware(app)


def unprocessable(app: APIGatewayRestResolver, error: RequestValidationError) -> Response[str]:
    """The answer to an invalid request. A field that the caller may not write is refused before its value is judged."""
    try:
        check_fields(app)
    except permissions.FieldNotAllowed as refused:
        return problems.refuse(app.current_event, refused)
    forms = [*current_route.body_forms(app), *current_route.query_forms(app)]
    return problems.unprocessable(app.current_event, error, forms)


def check_fields(app: APIGatewayRestResolver, role: Role | None = None) -> None:
    """Raise FieldNotAllowed for a field of a PUT or PATCH that ``role``, else the authorizer's, may not write."""
    entity, fields = _changes(app)
    role = role or authorizer_claims.role_in(app.current_event, current_route.slug(app))
    if entity and role:
        permissions.check_fields(role, entity, fields)


def takes_an_admin(app: APIGatewayRestResolver) -> bool:
    """Whether a PUT or PATCH names a field that only admins may write."""
    entity, fields = _changes(app)
    return bool(entity) and any(permissions.WRITES[entity].get(field) is Role.ADMIN for field in fields)


def _changes(app: APIGatewayRestResolver) -> tuple[str, Row]:
    """Whose fields a PUT or PATCH writes, as ``permissions.WRITES`` calls it, and which."""
    if app.current_event.http_method not in ("PUT", "PATCH"):
        return "", {}
    entities = (getattr(form, "entity", "") for form in current_route.body_forms(app))
    return next(filter(None, entities), ""), app.current_event.json_body or {}


def without_hidden(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
    """Leave out of an answer what the caller's role may not see."""
    answer = next_middleware(app)
    role, view = app.context.get("role"), current_route.view(app)
    if role is None or view is None or not isinstance(answer.body, dict):
        return answer
    is_page = "items" in view.model_fields
    entity = getattr(current_route.row_of(view) if is_page else view, "entity", "")
    rows: Iterable[Row] = answer.body["items"] if is_page else [answer.body]
    for row in rows:
        for name in permissions.hidden(role, entity):
            row.pop(name, None)
    return answer


def no_unknown_body(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
    """Refuse the fields of a body where the route takes none."""
    takes_none = current_route.is_found(app) and not current_route.body_forms(app)
    if takes_none and (sent := app.current_event.json_body):
        message = "Extra inputs are not permitted"
        unknown = [
            {"type": "extra_forbidden", "loc": ("body", name), "msg": message, "input": sent[name]} for name in sent
        ]
        raise RequestValidationError(unknown)
    return next_middleware(app)


def no_unknown_query(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
    """Refuse query parameters that the route does not know: a misspelt filter must not answer everything."""
    known = current_route.query_parameters(app)
    unknown = sorted(set(app.current_event.query_string_parameters or {}) - known)
    if unknown:
        raise problems.UnknownParameter(
            field=f"query.{unknown[0]}", value=unknown[0], known=", ".join(sorted(known)) or "-"
        )
    _check_single(app)
    return next_middleware(app)


def _check_single(app: APIGatewayRestResolver) -> None:
    """Raise RepeatedParameter where one that takes a single value has more: Powertools would take the first."""
    given = app.current_event.multi_value_query_string_parameters
    repeated = sorted(name for name, values in given.items() if len(values) > 1)
    refused = next((name for name in repeated if name not in current_route.many_valued(app)), None)
    if refused:
        raise problems.RepeatedParameter(field=f"query.{refused}", value=refused, times=len(given[refused]))


def lists_as_csv(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
    """Turn a page of any list into a CSV file where Accept prefers it; headers say where the list goes on."""
    answer, view = next_middleware(app), current_route.view(app)
    page = answer.body
    if view is None or not isinstance(page, dict) or page.keys() != {"items", "next"} or not _prefers_csv(app):
        return answer
    row, role = current_route.row_of(view), app.context.get("role")
    unseen = permissions.hidden(role, getattr(row, "entity", "")) if role else frozenset()
    file = _file(app, row, page, unseen)
    file.headers = {**answer.headers, **file.headers}
    return file


def _file(app: APIGatewayRestResolver, row: current_route.View, page: Row, unseen: frozenset[str]) -> Response[object]:
    """The page as a file for the tenant's country and zone; a list outside tenants is for those of ``default``."""
    from mostrador.web import csvs  # noqa: PLC0415 - most answers are JSON

    slug, now, cursor = current_route.slug(app), clock.now(), page["next"]
    with context.working(slug or tenants.DEFAULT):
        tenant = tenants.current(slug or tenants.DEFAULT, now=now)  # the use case has read it into the process cache
    zone = tenants.zone(tenant)
    name = csvs.file_name(app.current_event.path, slug, now.astimezone(zone).date())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if cursor:
        headers |= _next_page(app.current_event, str(cursor))
    rows: Iterable[Row] = page["items"]  # type: ignore[assignment]
    sheet = csvs.sheet(row, rows, unseen=unseen, country=tenant.country, zone=zone)
    return Response(200, "text/csv; charset=utf-8", sheet, headers=headers)


def _next_page(event: APIGatewayProxyEvent, cursor: str) -> dict[str, str]:
    """The headers that say where a list goes on."""
    query = urlencode(
        {**event.query_string_parameters, **event.multi_value_query_string_parameters, "cursor": cursor}, doseq=True
    )
    return {"Link": f'<?{query}>; rel="next"', "X-Next-Cursor": cursor}


def _prefers_csv(app: APIGatewayRestResolver) -> bool:
    """Whether Accept names CSV before JSON and before anything."""
    accepted = str(app.current_event.headers.get("accept") or "").lower().split(",")
    media_types = (part.partition(";")[0].strip() for part in accepted)
    return next((known for known in media_types if known in ("text/csv", JSON, "*/*")), "") == "text/csv"
