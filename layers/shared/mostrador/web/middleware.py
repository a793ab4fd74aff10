"""What lies around every route: unknown parameters refused, fields by role, lists as CSV."""

import json
from collections.abc import Callable
from typing import Any, get_args
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Role
from mostrador.web import csvs, problems

JSON = "application/json"


def role_in(event: APIGatewayProxyEvent, tenant: str | None) -> Role | None:
    """The role that the authorizer says the caller has in ``tenant``."""
    told: dict[str, Any] = event.request_context.get("authorizer") or {}
    if told.get("superuser") == "true":
        return Role.SUPERUSER
    role = json.loads(told.get("roles") or "{}").get(tenant)
    return Role(role) if role else None


def only_own_fields(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Refuse a change of fields that the caller's role may not write."""
    check_fields(app)
    return next_middleware(app)


def unprocessable(app: APIGatewayRestResolver, error: RequestValidationError) -> Response[str]:
    """The answer to a request that is not valid: first of all, that it names a field which is not the caller's."""
    try:
        check_fields(app)
    except permissions.FieldNotAllowed as refused:
        return problems.refuse(app.current_event, refused)
    return problems.unprocessable(app.current_event, error)


def check_fields(app: APIGatewayRestResolver, role: Role | None = None) -> None:
    """Raise FieldNotAllowed for a field of a PUT or PATCH that ``role``, else the authorizer's, may not write."""
    entity, fields = _changes(app)
    role = role or role_in(app.current_event, app.context.get("_route_args", {}).get("slug"))
    if entity and role:
        permissions.check_fields(role, entity, fields)


def takes_an_admin(app: APIGatewayRestResolver) -> bool:
    """Whether a PUT or PATCH names a field that only admins may write."""
    entity, fields = _changes(app)
    return bool(entity) and any(permissions.WRITES[entity].get(field) is Role.ADMIN for field in fields)


def _changes(app: APIGatewayRestResolver) -> tuple[str, dict[str, Any]]:
    """Whose fields a PUT or PATCH writes, as ``permissions.WRITES`` calls it, and which."""
    if app.current_event.http_method not in ("PUT", "PATCH"):
        return "", {}
    forms = [param.field_info.annotation for param in app.context["_route"].dependant.body_params]
    entity = next((form.entity for form in forms if getattr(form, "entity", "")), "")
    return entity, json.loads(app.current_event.decoded_body or "{}")


def without_hidden(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Leave out of an answer what the caller's role may not see."""
    answer = next_middleware(app)
    role = app.context.get("role")
    if role is None or not isinstance(answer.body, dict):
        return answer
    view = app.context["_route"].dependant.return_param.type_
    is_page = "items" in getattr(view, "model_fields", {})
    entity = getattr(row_of(view) if is_page else view, "entity", "")
    for name in permissions.hidden(role, entity):
        for one in answer.body["items"] if is_page else [answer.body]:
            one.pop(name, None)
    return answer


def row_of(page: Any) -> Any:
    """The view of a list's rows."""
    (row,) = get_args(page.model_fields["items"].annotation)
    return row


def no_unknown_query(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Refuse query parameters that the route does not know: a misspelt filter must not answer everything."""
    known = {name for param in app.context["_route"].dependant.query_params for name in _names(param.field_info)}
    unknown = sorted(set(app.current_event.query_string_parameters or {}) - known)
    if unknown:
        raise problems.UnknownParameter(
            field=f"query.{unknown[0]}", value=unknown[0], known=", ".join(sorted(known)) or "-"
        )
    return next_middleware(app)


def lists_as_csv(app: APIGatewayRestResolver, next_middleware: Callable[..., Any]) -> Any:
    """Turn a page of any list into CSV for who asks for that: the JSON's fields, what comes next in the headers."""
    answer, event = next_middleware(app), app.current_event
    page = answer.body
    if not (_prefers_csv(event) and isinstance(page, dict) and page.keys() == {"items", "next"}):
        return answer
    row = row_of(app.context["_route"].dependant.return_param.type_)
    unseen = permissions.hidden(app.context["role"], row.entity) if "role" in app.context else frozenset()
    columns, headers = [name for name in row.model_fields if name not in unseen], {}
    if page["next"]:
        query = urlencode({**(event.query_string_parameters or {}), "cursor": page["next"]})
        url = f"{event.request_context.path or event.path}?{query}"
        headers = {"Link": f'<{url}>; rel="next"', "X-Next-Cursor": page["next"]}
    return Response(200, "text/csv; charset=utf-8", csvs.text(columns, page["items"]), headers=headers)


def _prefers_csv(event: APIGatewayProxyEvent) -> bool:
    asked = str(event.headers.get("accept") or "").lower().split(",")
    kinds = (part.partition(";")[0].strip() for part in asked)
    return next((one for one in kinds if one in ("text/csv", JSON, "*/*")), "") == "text/csv"


def _names(field: Any) -> list[str]:
    return [one.alias or name for name, one in field.annotation.model_fields.items()]
