"""The words and examples of the reference: ``docs/reference/<area>.yaml``, one file for each area of the API.

The first part of an operation id is its area. A value that is a whole name in braces, such as ``"{service_id}"``, is a
placeholder: ``docs/reference/placeholders.yaml`` has the value that the document shows, and a test puts its own there.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from local.stack import ROOT

FOLDER: Final = ROOT / "docs" / "reference"
PLACEHOLDERS: Final = "placeholders.yaml"
MOST_LETTERS: Final = 1500
"""Letters of one text."""
MOST_WORDS: Final = 25
"""Words of one sentence."""
_PLACEHOLDER: Final = re.compile(r"{([a-z][a-z0-9_]*)}")


class BadReference(ValueError):
    """The message names the file, the key and the fault."""


def sentences(text: str) -> list[str]:
    """The sentences of a text; code in backticks counts as one word, and its dots end no sentence."""
    plain = re.sub(r"`[^`]*`", "code", text)
    return [one for one in re.split(r"(?<=[.!?])\s+", plain) if one]


def _without_full_stop(text: str) -> str:
    if text.endswith("."):
        raise ValueError("a summary ends without a full stop")
    return text


def _readable(text: str) -> str:
    long = [one for one in sentences(text) if len(re.findall(r"\S*\w\S*", one)) > MOST_WORDS]
    if long:
        raise ValueError(f"a sentence has over {MOST_WORDS} words: {long[0]}")
    if not text.endswith((".", "?")):
        raise ValueError("a text ends with a full stop")
    return text


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
_Summary = Annotated[_Name, AfterValidator(_without_full_stop)]
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10, max_length=MOST_LETTERS), AfterValidator(_readable)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Summary(_Part):
    """A few words in both languages."""

    es: _Summary
    en: _Summary


class Text(_Part):
    """Some sentences in both languages."""

    es: _Text
    en: _Text


class Example(_Part):
    """A body that can be sent once its placeholders are filled."""

    summary: Summary
    value: dict[str, Any]


class Operation(_Part):
    """``es`` and ``en`` are the summary; ``query`` is an example of query parameters."""

    es: _Summary
    en: _Summary
    text: Text
    query: dict[str, Any] = Field({}, min_length=1)
    examples: dict[str, Example] = Field({}, min_length=1)


class Area(_Part):
    """``area`` is the name that people see; ``operations`` has the last part of each operation id."""

    area: Summary
    about: Text
    operations: dict[str, Operation] = Field(min_length=1)


class Reference(_Part):
    """All areas by name, and the document's value of each placeholder."""

    areas: dict[str, Area]
    placeholders: dict[str, Any]

    def operation(self, operation_id: str) -> Operation:
        """The words of ``appointments.book``. Raises BadReference."""
        area, _, name = operation_id.partition(".")
        if area not in self.areas:
            raise BadReference(f"{area}.yaml is missing: {operation_id} needs it")
        if name not in self.areas[area].operations:
            raise BadReference(f"{area}.yaml: operations.{name} is missing")
        return self.areas[area].operations[name]

    def operation_ids(self) -> set[str]:
        return {f"{name}.{operation}" for name, area in self.areas.items() for operation in area.operations}

    def shown(self, value: Any) -> Any:
        """A value of an example as the document shows it."""
        return filled(value, self.placeholders)


def load(folder: Path = FOLDER) -> Reference:
    """The whole reference. Raises BadReference for a part that is missing, unknown, twice there or too long."""
    placeholders = _parsed(folder / PLACEHOLDERS)
    files = [path for path in sorted(folder.glob("*.yaml")) if path.name != PLACEHOLDERS]
    areas = {path.stem: _area(path) for path in files}
    used = {name: path.name for path in files for name in placeholders_in(areas[path.stem].model_dump())}
    for name in sorted(used.keys() - placeholders.keys()):
        raise BadReference(f"{used[name]}: the placeholder {{{name}}} is missing in {PLACEHOLDERS}")
    return Reference(areas=areas, placeholders=placeholders)


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """``value`` with each placeholder replaced by its value. Raises BadReference for one without a value."""
    if isinstance(value, dict):
        return {key: filled(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, values) for one in value]
    name = _placeholder(value)
    if name is None:
        return value
    if name not in values:
        raise BadReference(f"the placeholder {{{name}}} has no value")
    return values[name]


def _placeholder(value: Any) -> str | None:
    found = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def placeholders_in(value: Any) -> Iterator[str]:
    """The names of the placeholders inside a value."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from placeholders_in(part)
    name = _placeholder(value)
    if name is not None:
        yield name


def _area(path: Path) -> Area:
    try:
        return Area.model_validate(_parsed(path))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise BadReference(f"{path.name}: {key}: {first['msg']}") from error


class _Loader(yaml.SafeLoader):
    """Refuses a key that is twice in one mapping, of which YAML itself keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} is there twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _parsed(path: Path) -> dict[str, Any]:
    """Raises BadReference for a file that is missing or no mapping in YAML."""
    try:
        parsed = _Loader(path.read_text()).get_single_data()
    except (OSError, yaml.YAMLError) as error:
        raise BadReference(f"{path.name}: {' '.join(str(error).split())}") from error
    if not isinstance(parsed, dict):
        raise BadReference(f"{path.name} is no mapping")
    return parsed
