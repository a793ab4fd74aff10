"""The models of every request and answer, as the doors declare them, and their JSON schemas."""

from functools import cache
from typing import Any, Literal, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import models_json_schema
from typing_extensions import is_typeddict

from local import handlers, routes
from local.handlers import Handled

Model = type[BaseModel]


@cache
def requests() -> frozenset[Model]:
    """The models of all bodies and query parameters."""
    hints = [hint for handled in _handled() for hint in (handled.form, handled.query)]
    return frozenset().union(*map(models_in, hints))


@cache
def answers() -> frozenset[Model]:
    return frozenset().union(*(models_in(handled.answer) for handled in _handled()))


def of_doors() -> frozenset[Model]:
    return requests() | answers()


def _handled() -> list[Handled]:
    return [handlers.of_route(route) for _, route in routes.of_doors()]


def models_in(hint: Any) -> set[Model]:
    """The models that a type names, at any depth of its brackets."""
    own = {hint} if isinstance(hint, type) and issubclass(hint, BaseModel) else set()
    return own.union(*map(models_in, get_args(hint)))


def typed_dicts_of(model: Model) -> set[type]:
    """The typed dictionaries that the fields of a model name."""
    return set().union(*(_typed_dicts_in(field.annotation) for field in model.model_fields.values()))


def _typed_dicts_in(hint: Any) -> set[type]:
    own = {hint} if is_typeddict(hint) else set()
    return own.union(*map(_typed_dicts_in, get_args(hint)))


def title_of(hint: Any) -> str | None:
    """The title that an annotation gives, at any depth of its brackets."""
    given = [part.title for part in getattr(hint, "__metadata__", ()) if isinstance(part, FieldInfo)]
    return next(filter(None, [*given, *map(title_of, get_args(hint))]), None)


def with_nested(models: frozenset[Model] | set[Model]) -> set[Model]:
    """The models and all that their fields lead to."""
    found: set[Model] = set()
    left = set(models)
    while left:
        model = left.pop()
        found.add(model)
        left |= {one for field in model.model_fields.values() for one in models_in(field.annotation)} - found
    return found


def components(models: frozenset[Model] | set[Model]) -> dict[str, dict[str, Any]]:
    """Name -> schema of all that the models define: requests as they are read, answers as they are written."""
    ordered = sorted(models, key=lambda model: (model.__module__, model.__qualname__))
    _, document = models_json_schema([(model, mode_of(model)) for model in ordered])
    schemas: dict[str, dict[str, Any]] = document["$defs"]
    return schemas


def mode_of(model: Model) -> Literal["validation", "serialization"]:
    return "validation" if model in requests() else "serialization"
