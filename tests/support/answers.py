"""The form that each answer must have which any test receives: that of the model in the OpenAPI document."""

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from local import handlers, routes
from mostrador.web.routes import JSON, Route
from tests.support.wire_models import Model, models_in


class AnotherForm(AssertionError):
    """An answer differs from its model; the message says where."""


def check(method: str, path: str, status: int, media_type: str | None, text: str) -> None:
    """Raise AnotherForm for a success in JSON that its route's model does not allow."""
    route = _route(method, path.rstrip("/"))
    if route is not None and status == route.status and media_type == JSON:
        for model in models_in(handlers.of_route(route).answer):
            judge(model, json.loads(text))


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
