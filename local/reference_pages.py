"""The pages of the reference, ``docs/api/<area>.md``, from the OpenAPI document: ``make reference``.

The document has routes, parameters and shapes; ``docs/reference`` has the words, and the rules of an area.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from local import openapi, reference_permissions, reference_texts
from local.reference_texts import Area, Reference
from local.schema_tables import (
    SHAPES,
    about,
    anchor,
    fields,
    is_few_values,
    limits,
    name_of,
    table,
    type_of,
    with_few_values,
)
from local.stack import ROOT

FOLDER: Final = ROOT / "docs" / "api"
COMMAND: Final = "make reference"
_NOTE: Final = f"<!-- Made by `{COMMAND}` from the doors, the models and docs/reference. Edit those. -->"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_WITHOUT_ROLE: Final = {
    "public": "anybody",
    "signed in": "anybody signed in",
    "operator": "superuser",
    "machine": "another system",
}
_TENANT: Final = "slug"
"""The variable of most paths, which api.md explains."""
_PARAMETER: Final = ("parameter", "in", "type", "limits", "about")
_FIELD: Final = ("field", "type", "limits", "about")


Shapes = Mapping[str, Mapping[str, Any]]
"""The schemas of the document by name."""


class Operation(NamedTuple):
    """An operation of the document, and its place there."""

    method: str
    path: str
    spec: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.spec["operationId"])

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @property
    def role(self) -> str:
        """The least role that may call it, or who else may."""
        return str(self.spec.get("x-role") or _WITHOUT_ROLE[self.spec["x-access"]])

    @property
    def link(self) -> str:
        return f"[{self.id}]({self.area}.md#{anchor(self.id)})"


def pages(document: Mapping[str, Any], reference: Reference) -> dict[str, str]:
    """File name -> text of each page. Raises BadReference for an operation without words."""
    shapes = document["components"]["schemas"]
    document = with_few_values(document, shapes)
    operations = list(_operations(document))
    areas = {name: [one for one in operations if one.area == name] for name in reference.areas}
    shapes = {name: one for name, one in document["components"]["schemas"].items() if not is_few_values(one)}
    made = {f"{name}.md": _page(name, found, reference, shapes) for name, found in areas.items() if found}
    allowed = reference_permissions.page(_by_action(operations), _NOTE)
    return made | {"README.md": _index(areas, reference), "permissions.md": allowed, SHAPES: _shapes(shapes)}


def differing(made: Mapping[str, str], folder: Path = FOLDER) -> list[str]:
    """The names of pages that are missing, different, or no longer made."""
    there = {path.name: path.read_text() for path in folder.glob("*.md")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def write(made: Mapping[str, str], folder: Path = FOLDER) -> None:
    """Write every page that differs, and delete those that are no longer made."""
    folder.mkdir(exist_ok=True)
    for name in differing(made, folder):
        if name in made:
            (folder / name).write_text(made[name])
        else:
            (folder / name).unlink()


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield Operation(method.upper(), path, methods[method])


def _index(areas: Mapping[str, Sequence[Operation]], reference: Reference) -> str:
    rows = [
        (f"[{area.area.en}]({name}.md)", area.area.es, str(len(areas[name])), area.about.en)
        for name, area in reference.areas.items()
        if areas[name]
    ]
    rules = f"The rules that all operations share are in [api.md](../api.md), the shapes in [{SHAPES}]({SHAPES})."
    every = [(one.method, f"`{one.path}`", one.link) for of in areas.values() for one in of]
    overview = table(("area", "área", "operations", "about"), rows)
    whole = table(("method", "path", "operation"), every)
    return _joined("# Reference", _NOTE, rules, overview, "## All operations", whole)


def _by_action(operations: Sequence[Operation]) -> dict[str, list[str]]:
    """Action -> links to the operations that ask for it."""
    found: dict[str, list[str]] = {}
    for one in operations:
        found.setdefault(one.spec.get("x-action", ""), []).append(one.link)
    return found


def _page(name: str, operations: Sequence[Operation], reference: Reference, shapes: Shapes) -> str:
    area: Area = reference.areas[name]
    rows = [(one.method, f"`{one.path}`", _linked(one, reference), one.role) for one in operations]
    title = f"# {area.area.en} ({area.area.es})"
    overview = table(("method", "path", "operation", "role"), rows)
    sections = [_section(one, reference, shapes) for one in operations]
    return _joined(title, _NOTE, area.about.en, overview, _rules(name), *sections)


def _linked(operation: Operation, reference: Reference) -> str:
    words = reference.operation(operation.id)
    return f"[{words.en}](#{anchor(operation.id)}) · {words.es}"


def _rules(name: str) -> str:
    """The rules of the area, which a file beside its words has."""
    path = reference_texts.FOLDER / f"{name}.md"
    return f"## Rules\n\n{path.read_text().strip()}" if path.exists() else ""


def _section(operation: Operation, reference: Reference, shapes: Shapes) -> str:
    words = reference.operation(operation.id)
    return _joined(
        f"## {operation.id}",
        f"**{words.en}** · {words.es}",
        f"`{operation.method} {operation.path}` · {operation.role}",
        words.text.en,
        table(_PARAMETER, _parameters(operation)),
        _body(operation, shapes),
        table(("status", "answer"), _answers(operation)),
        _example(operation, reference),
    ).strip()


def _parameters(operation: Operation) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            f"`{one['name']}`",
            one["in"],
            type_of(one["schema"]),
            limits(one["schema"], is_required=one.get("required", False)),
            about({"title": one["schema"].get("title"), "description": one.get("description")}),
        )
        for one in operation.spec.get("parameters", ())
        if one["name"] != _TENANT
    ]


def _body(operation: Operation, shapes: Shapes) -> str:
    """The shape of the body, and its fields."""
    body = operation.spec.get("requestBody")
    if not body:
        return ""
    schema = body["content"]["application/json"]["schema"]
    need = "required" if body.get("required") else "optional"
    return _joined(f"Body, {need}: {type_of(schema)}.", table(_FIELD, fields(shapes[name_of(schema)]))).strip()


def _answers(operation: Operation) -> list[tuple[str, str]]:
    """A row for the answer of success, and one for the statuses of refusals."""
    answers = operation.spec["responses"]
    made = [(status, _answer(one)) for status, one in sorted(answers.items()) if status.startswith("2")]
    refused = ", ".join(status for status in sorted(answers) if status[0] in "45")
    return [*made, (refused, "[a problem](../errors.md)")] if refused else made


def _answer(answer: Mapping[str, Any]) -> str:
    kinds = [
        f"{type_of(one.get('schema', {}))}" if kind == "application/json" else kind
        for kind, one in answer.get("content", {}).items()
    ]
    headers = [f"`{name}`" for name in answer.get("headers", {})]
    told = " or ".join(kinds) or "no body"
    return f"{told}, with {', '.join(headers)}" if headers else told


def _example(operation: Operation, reference: Reference) -> str:
    words = reference.operation(operation.id)
    bodies = [f"{one.summary.en}:\n\n{_json(reference.shown(one.value))}" for one in words.examples.values()]
    return "\n\n".join(bodies)


def _json(value: object) -> str:
    return f"```json\n{json.dumps(value, ensure_ascii=False, indent=1)}\n```"


def _shapes(shapes: Shapes) -> str:
    sections = [_shape(name, one) for name, one in sorted(shapes.items())]
    return _joined("# Shapes", _NOTE, "The objects of requests and answers, by name.", *sections)


def _shape(name: str, shape: Mapping[str, Any]) -> str:
    rows = fields(shape)
    plain = [(type_of(shape), limits(shape, is_required=False), about({**shape, "title": ""}))]
    return _joined(f"## {name}", table(_FIELD, rows) if rows else table(_FIELD[1:], plain)).strip()


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def main() -> int:
    """Write the pages."""
    write(pages(openapi.document(), reference_texts.load()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
