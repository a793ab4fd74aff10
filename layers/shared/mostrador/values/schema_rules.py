"""Rules between the fields of a request, as its JSON schema states them; its own validator enforces them.

A rule is a shape that no request may have. Generators of clients ignore ``not``, so the rules change no type there.
"""

from itertools import combinations
from typing import Any, Final

from pydantic import ConfigDict

Shape = dict[str, Any]
_GIVEN: Final = {"type": ["string", "number", "boolean", "object", "array"], "not": {"const": ""}}
_NULL: Final = {"enum": [None, ""]}
"""An empty text is as good as null."""


def without(*shapes: Shape) -> ConfigDict:
    """The configuration of a model that refuses each of ``shapes``."""
    return ConfigDict(json_schema_extra={"not": {"anyOf": list(shapes)}})


def both(first: str, second: str) -> Shape:
    """Both fields are given; null is as good as left out."""
    return {"required": [first, second], "properties": {first: _GIVEN, second: _GIVEN}}


def neither(*fields: str) -> Shape:
    """None of the fields is given."""
    return {"properties": dict.fromkeys(fields, _NULL)}


def either(first: str, second: str) -> tuple[Shape, Shape]:
    """Exactly one of the fields must be given."""
    return both(first, second), neither(first, second)


def one_of(*fields: str) -> tuple[Shape, ...]:
    """Exactly one of the fields must be given."""
    none: Shape = {"properties": dict.fromkeys(fields, _NULL)}
    return *(both(*pair) for pair in combinations(fields, 2)), none


def values(**values: object) -> Shape:
    """The fields have these values."""
    return {"required": list(values), "properties": {name: {"const": value} for name, value in values.items()}}
