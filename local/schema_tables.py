"""JSON schemas in words, for tables in Markdown: the type of a value, its limits, the fields of an object."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]
SHAPES: Final = "shapes.md"
_RANGES: Final = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
_BOUNDS: Final = {"exclusiveMinimum": "over {}", "exclusiveMaximum": "below {}"}
_LONGEST_PATTERN: Final = 40
_FEW: Final = 4
"""Values of a property that its own row tells."""


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; "" without rows."""
    if not rows:
        return ""
    lines = [titles, *rows]
    head, *others = ("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)
    return "\n".join([head, "|" + "---|" * len(titles), *others]).replace("|  |", "| |")


def anchor(heading: str) -> str:
    """The name by which a link finds a heading."""
    kept = [letter for letter in heading.lower() if letter.isalnum() or letter in "_ -"]
    return "".join(kept).replace(" ", "-")


def with_few_values(part: Any, shapes: Mapping[str, Schema]) -> Any:
    """A part of the document in which few values of one property stand there, rather than as a shape."""
    if isinstance(part, list):
        return [with_few_values(one, shapes) for one in part]
    if not isinstance(part, dict):
        return part
    shape = shapes.get(name_of(part), {}) if isinstance(part.get("$ref"), str) else {}
    if is_few_values(shape):
        return {**shape, **{word: one for word, one in part.items() if word != "$ref"}}
    return {word: with_few_values(one, shapes) for word, one in part.items()}


def is_few_values(shape: Schema) -> bool:
    """Whether it is an enum without a title: a property's own, which the document names for generators of clients."""
    return "title" not in shape and 0 < len(shape.get("enum", ())) <= _FEW


def fields(schema: Schema) -> list[tuple[str, str, str, str]]:
    """A row for each property of an object: name, type, limits, title and description."""
    required = schema.get("required", ())
    return [
        (f"`{name}`", type_of(one), limits(one, is_required=name in required), about(one))
        for name, one in schema.get("properties", {}).items()
    ]


def type_of(schema: Schema) -> str:
    """The type as people read it; a shape is a link."""
    if "$ref" in schema:
        name = name_of(schema)
        return f"[{name}]({SHAPES}#{anchor(name)})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    choices = list(_choices(schema))
    if choices:
        return " or ".join(dict.fromkeys(map(type_of, choices)))
    return _plain(schema)


def name_of(schema: Schema) -> str:
    """The name of the shape that a reference names."""
    return str(schema["$ref"]).rpartition("/")[2]


def _choices(schema: Schema) -> Iterator[Schema]:
    """What a value may be. The empty text is left out: it means null wherever null is allowed."""
    for key in ("anyOf", "oneOf", "allOf"):
        yield from (choice for choice in schema.get(key, ()) if choice != {"const": ""})


def _plain(schema: Schema) -> str:
    of = schema.get("type", "anything")
    if isinstance(of, list):
        return " or ".join(of)
    if of == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if of == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    return f"{of} ({schema['format']})" if "format" in schema else str(of)


def limits(schema: Schema, *, is_required: bool) -> str:
    """Range, length, pattern and default; "required" first."""
    parts = [schema, *_choices(schema)]
    told = ["required"] if is_required else []
    told += [word for part in parts for word in _bounds(part)]
    patterns = {part["pattern"] for part in parts if "pattern" in part}
    told += [f"`{one}`" for one in sorted(patterns) if len(one) <= _LONGEST_PATTERN]
    if schema.get("default") is not None:
        told.append(f"default `{json.dumps(schema['default'], ensure_ascii=False)}`")
    return ", ".join(told)


def _bounds(schema: Schema) -> Iterator[str]:
    """The least and the most, of a number, a text and a list."""
    for least, most, unit in _RANGES:
        if least in schema and most in schema:
            yield f"{schema[least]} to {schema[most]}{unit}"
        elif least in schema:
            yield f"from {schema[least]}{unit}"
        elif most in schema:
            yield f"to {schema[most]}{unit}"
    yield from (word.format(schema[name]) for name, word in _BOUNDS.items() if name in schema)


def about(schema: Schema) -> str:
    """Title and description, once where both say the same."""
    told = [str(schema[name]).strip().rstrip(".") for name in ("title", "description") if schema.get(name)]
    return ". ".join(dict.fromkeys(told))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")
