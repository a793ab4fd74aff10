"""Read-only fields of a PUT or PATCH: GET's answer can be sent back whole.

They are taken out of the body before it is validated. The use case has the item compared with them once it has loaded
it (``table.writes.check_version``), so that it costs no read: the same values are ignored, others are refused.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import BaseModel

from mostrador import context
from mostrador.errors import Stale
from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Role
from mostrador.web import authorizer_claims, current_route

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

Fields = dict[str, object]
View = type[BaseModel]


def install(app: APIGatewayRestResolver) -> None:
    """Have the read-only fields taken out of each body before Powertools validates it."""
    validate = app._request_validation_middleware

    def validate_rest(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Response[object]:
        if app.current_event.http_method in ("PUT", "PATCH"):
            _set_aside(app)
        answer: Response[object] = validate(app, next_middleware)
        return answer

    app._request_validation_middleware = validate_rest  # type: ignore[assignment]


def _set_aside(app: APIGatewayRestResolver) -> None:
    """Take the read-only fields out of the body, to be compared with the item."""
    sent, view = app.current_event.json_body, current_route.view(app)
    role = authorizer_claims.role_in(app.current_event, current_route.slug(app))
    if not sent or view is None or role is None:
        return
    read_only = sent.keys() & set(_read_only(app, view, role))
    copy = {name: sent[name] for name in read_only - getattr(view, "volatile", frozenset())}
    if read_only:
        app.current_event.json_body = {name: sent[name] for name in sent if name not in read_only}
    if copy:
        context.carry(partial(_compare, copy, view, role))


def _read_only(app: APIGatewayRestResolver, view: View, role: Role) -> Iterator[str]:
    """The fields that ``role`` sees in the answer and may not write; none for a role that may write nothing."""
    forms = _forms(app)
    entity = next(filter(None, (getattr(form, "entity", "") for form in forms)), "")
    least = permissions.WRITES.get(entity, {})
    if least and not any(permissions.is_at_least(role, needed) for needed in least.values()):
        return
    taken = {name for form in forms for name in _names(form)}
    writable = {name for name in taken if permissions.is_at_least(role, least.get(name, role))}
    yield from _names(view) - writable - permissions.hidden(role, getattr(view, "entity", ""))


def _forms(app: APIGatewayRestResolver) -> list[View]:
    """The models that the handler takes from the body."""
    return [form for form in current_route.body_forms(app) if isinstance(form, type) and issubclass(form, BaseModel)]


def _names(model: View) -> set[str]:
    """The fields of a model as JSON has them."""
    return {field.alias or name for name, field in model.model_fields.items()}


def _compare(copy: Fields, view: View, role: Role, item: object) -> None:
    """Raise Stale for another version than the item's, FieldNotAllowed for another value of any other field."""
    shown = {} if item is None else view.model_validate(item).model_dump(mode="json", by_alias=True)
    changed = {name: value for name, value in copy.items() if name not in shown or not _is_same(value, shown[name])}
    if "version" in changed and shown and type(copy["version"]) is int:
        raise Stale(field="body.version", value=copy["version"], given=copy["version"], current=shown["version"])
    for name, value in changed.items():
        raise permissions.FieldNotAllowed(field=f"body.{name}", value=str(value)[:80], role=role, least=None)


def _is_same(sent: object, shown: object) -> bool:
    """Whether it is the same JSON, or the same instant."""
    if json.dumps(sent, sort_keys=True) == json.dumps(shown, sort_keys=True):
        return True
    try:
        return datetime.fromisoformat(str(sent)) == datetime.fromisoformat(str(shown))
    except ValueError:
        return False
