"""The models of every request and answer, as the doors' signatures name them, and their JSON schemas."""

import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import models_json_schema
from typing_extensions import is_typeddict

from mostrador.fields import Request
from mostrador.raffles.views.board import BoardView
from mostrador.raffles.views.proofs import ProofView
from tests.support.template import ROOT

Model = type[BaseModel]
AS_TEXT: set[Model] = {BoardView, ProofView}
"""Answers that doors give as text, so that no signature names their model."""


@cache
def of_doors() -> frozenset[Model]:
    """The models in the signatures of all doors, and those of answers given as text."""
    named = {model for handler in handlers() for hint in hints_of(handler) for model in models_in(hint)}
    return frozenset(named | AS_TEXT)


def handlers() -> Iterator[Any]:
    """The functions of every door of the API."""
    for path in sorted((ROOT / "functions").glob("*/app.py")):
        door = importlib.import_module(f"functions.{path.parent.name}.app")
        if hasattr(door, "app"):
            yield from (
                one for one in vars(door).values() if inspect.isfunction(one) and one.__module__ == door.__name__
            )


def hints_of(handler: Any) -> list[Any]:
    return list(get_type_hints(handler, include_extras=True).values())


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
    return "validation" if issubclass(model, Request) else "serialization"
