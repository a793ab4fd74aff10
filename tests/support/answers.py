"""The document is the judge of every answer that a test receives: its status, media type and form."""

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from local import handlers, openapi, routes
from mostrador.web.routes import JSON, Route
from tests.support.wire_models import Model, models_in

_BROKEN = 500
_OF_BODIES = (400, 413, 415)


class AnotherForm(AssertionError):
    """An answer differs from its model; the message says where."""


class NotStated(AssertionError):
    """The document does not have this status or media type for the operation."""


def check(method: str, path: str, status: int, media_type: str | None, text: str) -> None:
    """Raise NotStated, or AnotherForm for a success in JSON that its route's model does not allow."""
    route = _route(method, path.rstrip("/"))
    if route is None:
        return
    _check_stated(route, status, (media_type or "").partition(";")[0])
    if status == route.status and media_type == JSON:
        for model in models_in(handlers.of_route(route).answer):
            judge(model, json.loads(text))


def _check_stated(route: Route, status: int, media_type: str) -> None:
    """A failure of ours, and a refusal of a body that was sent with GET, have no statement but ``default``."""
    stated = _responses()[route.operation]
    by_default = status == _BROKEN or (route.method == "GET" and status in _OF_BODIES)
    if str(status) not in stated and not by_default:
        raise NotStated(f"{route.operation} answers {status}, and the document has {', '.join(stated)}")
    media_types = stated.get(str(status), stated["default"])
    if media_type and media_type not in media_types:
        raise NotStated(f"{route.operation} answers {status} as {media_type}, not as {', '.join(media_types)}")


@cache
def _responses() -> dict[str, dict[str, set[str]]]:
    """The media types of each status of each operation."""
    document = openapi.document()
    shared = document["components"]["responses"]
    return {
        operation["operationId"]: {
            status: set(shared.get(one.get("$ref", "").rpartition("/")[2], one).get("content", ()))
            for status, one in operation["responses"].items()
        }
        for methods in document["paths"].values()
        for operation in methods.values()
    }


def judge(model: Model, content: Any) -> None:
    """Raise AnotherForm where ``content`` is not what the schema of ``model`` allows."""
    faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in _validator(model).iter_errors(content)]
    if faults:
        raise AnotherForm(f"{model.__name__}: {'; '.join(faults[:5])}")


@cache
def _validator(model: Model) -> Any:
    return Draft202012Validator(model.model_json_schema(mode="serialization"), format_checker=FormatChecker())


def _route(method: str, path: str) -> Route | None:
    found = (route for one, pattern, route in _patterns() if one == method and pattern.fullmatch(path))
    return next(found, None)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], Route]]:
    """Every route by its path and by its old one; those without a variable where another has one come first."""
    paths = [(path, route) for _, route in routes.of_doors() for path in (route.path, route.old_path) if path]
    paths.sort(key=lambda pair: pair[0].count("{"))
    return [(route.method, re.compile(re.sub(r"{\w+}", "[^/]*", path)), route) for path, route in paths]
