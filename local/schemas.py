"""The JSON schemas of all models of the API in one set, with one name for each."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

JSONObject = dict[str, Any]
REFERENCE: Final = "#/components/schemas/"
ANNOTATIONS: Final = frozenset({"default", "deprecated", "description", "examples", "title"})
Wanted = tuple[Hashable, JsonSchemaMode, Any]
"""A key of the caller's, ``validation`` for requests or ``serialization`` for answers, and the annotation."""


class NameTaken(ValueError):
    """Two models have one name; the message says which."""


def collect(wanted: Iterable[Wanted]) -> tuple[dict[Hashable, JSONObject], JSONObject]:
    """The schema of each key, and the components that they refer to. Raises NameTaken."""
    adapters = [(key, mode, TypeAdapter(annotation)) for key, mode, annotation in wanted]
    schemas, definitions = TypeAdapter.json_schemas(adapters, ref_template=f"{REFERENCE}{{model}}")
    components: JSONObject = definitions.get("$defs", {})
    taken = sorted(name for name in components if "__" in name)
    if taken:
        raise NameTaken(f"models share a name: {', '.join(taken)}")
    return {key: schema for (key, _), schema in schemas.items()}, with_parts_named(components)


def with_parts_named(components: JSONObject) -> JSONObject:
    """The components, and one for each enum or map within a property: ``OrderListing.sort`` is ``OrderListingSort``.

    Generators of clients name such a part by its title, which is Spanish and may be a sentence. Raises NameTaken.
    """
    named: JSONObject = {}
    for owner, component in components.items():
        for name, schema in component.get("properties", {}).items():
            part = next(_parts(schema), None)
            if part is not None:
                _move(part, f"{owner}{_camel(name)}", named)
    taken = sorted(named.keys() & components.keys())
    if taken:
        raise NameTaken(f"a part of a model has the name of another model: {', '.join(taken)}")
    return components | named


def _parts(schema: JSONObject) -> Iterator[JSONObject]:
    """The enums and maps that stand within a property itself; a property has one at most."""
    if "enum" in schema or isinstance(schema.get("additionalProperties"), dict):
        yield schema
    for one in (schema.get("items"), *schema.get("anyOf", ())):
        if isinstance(one, dict):
            yield from _parts(one)


def _move(part: JSONObject, name: str, named: JSONObject) -> None:
    """Keep a schema under ``name``, with a reference in its place; what annotates the property stays there."""
    named[name] = {word: part.pop(word) for word in list(part) if word not in ANNOTATIONS}
    part["$ref"] = f"{REFERENCE}{name}"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def without_null(schema: JSONObject) -> JSONObject:
    """A schema whose value may not be null: a parameter of a URL or a header is there or is not."""
    others = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    kept = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    if not others:
        return kept
    kept.pop("anyOf")
    return kept | (others[0] if len(others) == 1 else {"anyOf": others})


def resolved(schema: JSONObject, components: JSONObject) -> JSONObject:
    """The schema itself, or the component that it is a reference to."""
    reference = schema.get("$ref")
    found: JSONObject = components[reference.removeprefix(REFERENCE)] if reference else schema
    return found


def used(document: object, components: JSONObject) -> JSONObject:
    """The components that ``document`` refers to, directly or by way of others."""
    found: set[str] = set()
    waiting = [document]
    while waiting:
        names = set(_references(waiting.pop())) - found
        found |= names
        waiting += [components[name] for name in names]
    return {name: components[name] for name in sorted(found)}


def _references(part: object) -> Iterable[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str) and part["$ref"].startswith(REFERENCE):
            yield part["$ref"].removeprefix(REFERENCE)
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
