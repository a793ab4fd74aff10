"""The models behind the OpenAPI document: unique names, no open object, enums, forms, titles, rules of either-or."""

import json
import re
import subprocess
from typing import Annotated, Any, NotRequired, get_type_hints

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType, TypedDict

from mostrador.fields import View
from mostrador.people.rules.permissions import HIDDEN
from mostrador.values import shown
from mostrador.web.problem_views import Problem
from tests.support import wire_models

HAS_A_FORM = re.compile(r"(^|_)(ids?|amount|price|currency|e?mail|phone|url|token|path|slug|country|zone|root|sha256)$")
FORMS = {"pattern", "format", "enum", "const", "minLength", "maxLength", "$ref", "additionalProperties"}
OF_OTHER_SYSTEMS = {
    "google_calendar_event_id",
    "event_id",
    "bancard_transaction_id",
    "process_id",
    "shop_process_id",
    "calendar_id",
}
PLAIN = {"request_id", "organiser_tax_id"}
"""API Gateway's own, and what people write freely."""
ANNOTATIONS = {"title", "description", "default", "examples", "deprecated"}
PYTHON_ONLY = re.compile(r"\(\?P|\(\?[aiLmsux]|\\A|\\Z|\(\?\(|[*+?}]\+")


def clashes(models):
    """The names that two components would share: pydantic tells them apart by a module or a mode."""
    names = wire_models.components(models)
    return sorted(name for name in names if "__" in name or "-" in name)


def untyped(schema, path):
    """The paths in a schema where anything may stand."""
    if not schema.keys() - ANNOTATIONS:
        yield f"{path}: anything"
    if schema.get("type") == "object" and not schema.keys() & {"properties", "additionalProperties"}:
        yield f"{path}: any object"
    if schema.get("additionalProperties") is True:
        yield f"{path}: open object"
    if schema.get("type") == "array" and not schema.keys() & {"items", "prefixItems"}:
        yield f"{path}: any list"
    for name, part in parts(schema):
        yield from untyped(part, f"{path}{name}")


def parts(schema):
    """The schemas inside a schema, each with its place."""
    yield from ((f".{name}", part) for name, part in schema.get("properties", {}).items())
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield f"[{name}]", schema[name]
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from ((f"({name} {place})", part) for place, part in enumerate(schema.get(name, [])))


def components():
    """The schemas of all requests and answers; those of a problem but its own facts, which are open."""
    found = wire_models.components(wire_models.of_doors() | {Problem})
    return {name: schema for name, schema in found.items() if name != "Problem"}


def all_parts(schema):
    yield schema
    for _, part in parts(schema):
        yield from all_parts(part)


def patterns():
    schemas = [part for schema in components().values() for part in all_parts(schema)]
    return {part["pattern"] for part in schemas if "pattern" in part}


def untitled(models):
    """The fields without a title; pydantic would make one of the field's English name."""
    nested = wire_models.with_nested(models)
    fields = [(model.__name__, name, field.title) for model in nested for name, field in model.model_fields.items()]
    entries = [
        (kind.__name__, name, wire_models.title_of(hint))
        for kind in set().union(*map(wire_models.typed_dicts_of, nested))
        for name, hint in get_type_hints(kind, include_extras=True).items()
    ]
    return sorted(f"{owner}.{name}" for owner, name, title in fields + entries if not title)


def formless(schemas):
    """The fields of ids, amounts, addresses... whose schema states no form."""
    return sorted(
        f"{owner}.{name}"
        for owner, schema in schemas.items()
        for name, part in schema.get("properties", {}).items()
        if HAS_A_FORM.search(name) and name not in OF_OTHER_SYSTEMS | PLAIN
        if not any(one.keys() & FORMS for one in all_parts(part))
    )


def test_no_two_components_have_one_name():
    assert clashes(wire_models.of_doors() | {Problem}) == []


def test_red_control_two_classes_of_one_name_are_told():
    def of(kind: Any) -> type[BaseModel]:
        class Twin(BaseModel):
            value: kind = Field(title="Valor")

        return Twin

    assert len(clashes({of(int), of(str)})) == 2


def test_nothing_in_a_request_or_an_answer_is_untyped():
    found = [place for name, schema in components().items() for place in untyped(schema, name)]

    assert found == []


def test_red_control_open_objects_and_lists_are_told():
    class Open(BaseModel):
        anything: Any
        map: dict[str, Any]
        bare: dict
        list_of_maps: list[dict[str, object]]
        list: list
        fine: dict[str, list[int]]

    (schema,) = wire_models.components({Open}).values()

    assert list(untyped(schema, "Open")) == [
        "Open.anything: anything",
        "Open.map: open object",
        "Open.bare: open object",
        "Open.list_of_maps[items]: open object",
        "Open.list[items]: anything",
    ]


def test_every_field_has_a_title():
    assert untitled(wire_models.of_doors()) == []


class Entry(TypedDict):
    named: NotRequired[Annotated[int, Field(title="Con nombre")]]
    nameless: NotRequired[int]


def test_red_control_a_field_without_title_is_told():
    class Bare(BaseModel):
        named: int = Field(title="Con nombre")
        nameless: int
        inside: Entry = Field(title="Dentro")

    assert untitled({Bare}) == ["Bare.nameless", "Entry.nameless"]


def test_ids_amounts_and_addresses_state_their_form():
    assert formless(components()) == []


def test_red_control_an_id_without_form_is_told():
    class Bare(BaseModel):
        customer_id: str | None
        total_amount: str
        name: str
        resource_ids: list[str]

    assert formless(wire_models.components({Bare})) == ["Bare.customer_id", "Bare.resource_ids", "Bare.total_amount"]


def test_every_pattern_is_one_of_ecmascript():
    script = "JSON.parse(require('fs').readFileSync(0)).forEach(pattern => new RegExp(pattern, 'u'))"

    subprocess.run(["node", "-e", script], input=json.dumps(sorted(patterns())), text=True, check=True)  # noqa: S603,S607
    assert [pattern for pattern in patterns() if PYTHON_ONLY.search(pattern)] == []


@pytest.mark.parametrize("pattern", [r"(?P<day>\d)", r"(?i)a", r"a\Z", r"a++"])
def test_red_control_a_pattern_of_python_is_told(pattern):
    assert PYTHON_ONLY.search(pattern)


def demanded(models):
    """The fields that an answer must have, and that ``permissions.HIDDEN`` takes away from some roles."""
    return sorted(
        f"{model.__name__}.{name}"
        for model in wire_models.with_nested(models)
        if issubclass(model, View)
        for name, field in model.model_fields.items()
        if name in HIDDEN.get(model.entity, {}) and field.is_required()
    )


def test_a_hidden_field_is_never_demanded():
    assert demanded(wire_models.of_doors()) == []


def test_red_control_a_hidden_field_that_is_demanded_is_told():
    class NumbersView(View):
        entity = "number"
        order_id: str

    assert demanded({NumbersView}) == ["NumbersView.order_id"]


def endless(schemas):
    """The components that lead to themselves without an object between: generators of clients cannot follow these."""
    return sorted(name for name in schemas if name in led_to(name, schemas))


def led_to(name, schemas):
    found = set()
    waiting = [schemas[name]]
    while waiting:
        for part in outside_objects(waiting.pop()):
            new = {part["$ref"].rpartition("/")[2]} - found if "$ref" in part else set()
            found |= new
            waiting += [schemas[one] for one in new]
    return found


def outside_objects(schema):
    yield schema
    inner = [part for name, part in parts(schema) if name.startswith(("[items]", "("))]
    for part in inner:
        yield from outside_objects(part)


def test_every_recursion_goes_through_an_object():
    assert endless(components()) == []


def test_red_control_a_recursion_through_lists_is_told():
    class Deep(BaseModel):
        lists: Lists
        objects: shown.JSONObject

    assert endless(wire_models.components({Deep})) == ["Lists"]


Lists = TypeAliasType("Lists", "int | list[Lists]")
