"""The OpenAPI document: valid, complete, and no looser than the doors."""

import copy
from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import create_model

from local import openapi, routes, schemas
from mostrador.web.routes import JSON

DOCUMENT = openapi.document()
ROUTES = {route.operation: route for _, route in routes.of_doors()}
OPERATIONS = {
    operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
}
TYPES = ("type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf")
FREE = {"/paths//openapi.json/get/responses/200/content/application/json/schema"}
"""The document itself, whose form is that of OpenAPI."""
OF_BANCARD = "NoticeOperation."
"""Its fields are Bancard's, and so are their bounds."""
CONDITIONS = ("not", "if")
"""They describe no value: each names only the members that it compares."""


def test_it_is_valid_as_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [str(fault) for fault in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_validator_refuses_a_document_with_a_fault():
    broken = copy.deepcopy(DOCUMENT)
    broken["paths"]["/me"]["get"]["operationId"] = "members.list"

    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_two_models_of_one_name_are_refused():
    one, other = create_model("Line", amount=(int, ...)), create_model("Line", name=(str, ...))

    with pytest.raises(schemas.NameTaken, match="Line"):
        schemas.collect([("one", "serialization", one), ("other", "serialization", other)])


def test_one_model_may_be_wanted_twice():
    line = create_model("Line", amount=(int, ...))

    found, components = schemas.collect([("one", "serialization", line), ("other", "serialization", line)])

    assert (found["one"], list(components)) == (found["other"], ["Line"])


def test_every_route_of_a_door_is_one_operation():
    declared = Counter(route.operation for _, route in routes.of_doors())
    served = Counter(
        operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()
    )

    assert served == declared
    assert set(declared.values()) == {1}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_an_operation_stands_where_its_door_declares_it(name):
    route = ROUTES[name]

    assert DOCUMENT["paths"][route.path][route.method.lower()]["operationId"] == name


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_has_its_tag_and_words_in_both_languages(name):
    operation = OPERATIONS[name]
    english, _, spanish = operation["description"].partition("\n\n")

    assert operation["tags"] == [name.partition(".")[0]]
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert all(len(part) > 2 for part in operation["summary"].split(" / "))
    assert operation["summary"].count(" / ") == 1
    assert min(len(english), len(spanish)) > 10


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_success_is_what_the_door_declares(name):
    operation, route = OPERATIONS[name], ROUTES[name]
    successes = [status for status in operation["responses"] if status.startswith("2")]

    assert successes == [str(route.status)]
    content = operation["responses"][str(route.status)].get("content", {})
    assert (route.media_type.partition(";")[0] in content) is (route.status != 204)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_what_was_created_says_where_it_is(name):
    headers = OPERATIONS[name]["responses"][str(ROUTES[name].status)].get("headers", {})

    assert ("Location" in headers) is bool(ROUTES[name].location)


def media_types(name: str) -> set[str]:
    return set(OPERATIONS[name]["responses"][str(ROUTES[name].status)].get("content", {}))


def test_lists_are_csv_as_well():
    lists = {name for name in OPERATIONS if name.endswith(".list")}

    assert {"appointments.list", "audit.list", "orders.list", "payments.list", "raffles.list"} <= lists
    assert {name: media_types(name) for name in lists} == {name: {JSON, "text/csv"} for name in lists}
    assert media_types("appointments.get") == {JSON}


def test_calendars_and_pages_have_their_media_types():
    assert media_types("feeds.read") == media_types("feeds.appointment") == {"text/calendar"}
    assert media_types("integrations.take_google_consent") == {"text/html"}
    assert DOCUMENT["paths"]["/calendar/{file}"]["get"]["security"] == []


@pytest.mark.parametrize(
    ("method", "path", "operation", "status"),
    [
        ("post", "/tenant/{slug}/api/raffles/{raffle_id}/orders", "orders.sell", "201"),
        ("post", "/tenant/{slug}/public/raffles/{raffle_id}/orders", "public.order_numbers", "201"),
        ("post", "/tenant/{slug}/api/calendars/repair", "calendars.repair", "200"),
        ("post", "/tenant/{slug}/api/integrations/GOOGLE_CALENDAR/consent", "integrations.ask_google_consent", "200"),
    ],
)
def test_statuses_that_were_wrong_once(method, path, operation, status):
    found = DOCUMENT["paths"][path][method]

    assert (found["operationId"], status in found["responses"]) == (operation, True)


def untyped(part: Any, place: str = "") -> list[str]:
    """Where a schema allows anything, or an object any member."""
    if isinstance(part, list):
        return [found for number, one in enumerate(part) for found in untyped(one, f"{place}/{number}")]
    if not isinstance(part, dict):
        return []
    skipped = ("example", "examples", *CONDITIONS)
    within = [found for key, one in part.items() if key not in skipped for found in untyped(one, f"{place}/{key}")]
    members = part.get("properties") or {}
    named = {f"properties/{name}": one for name, one in members.items()} | {"schema": part.get("schema", members)}
    holds = [f"{place}/{name}" for name, one in named.items() if one is not members and not is_typed(one)]
    is_open = (part.get("type") == "object" and not has_members(part)) or (
        part.get("type") == "array" and not has_items(part)
    )
    return [*within, *holds, *([place] if is_open else [])]


def is_typed(schema: Any) -> bool:
    return not isinstance(schema, dict) or any(word in schema for word in TYPES)


def has_items(schema: dict[str, Any]) -> bool:
    """Whether the items are of a type: all of one, or each of its own."""
    if "prefixItems" in schema:
        return "maxItems" in schema and all(map(is_typed, schema["prefixItems"]))
    return bool(schema.get("items")) and is_typed(schema["items"])


def has_members(schema: dict[str, Any]) -> bool:
    more = schema.get("additionalProperties")
    return "properties" in schema or (isinstance(more, dict) and bool(more))


def test_nothing_is_untyped():
    assert set(untyped({"paths": DOCUMENT["paths"], "components": DOCUMENT["components"]})) - FREE == set()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "additionalProperties": True},
        {"type": "array"},
        {"type": "array", "items": {}},
        {"type": "object", "properties": {"history": {"title": "Historia"}}},
        {"anyOf": [{"type": "object"}, {"type": "null"}]},
        {"schema": {}},
    ],
)
def test_a_schema_of_anything_is_found(schema):
    assert untyped({"components": {"Open": schema}})


def queries() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{name} {one['name']}", one)
        for name, operation in OPERATIONS.items()
        for one in operation.get("parameters", ())
        if one["in"] == "query"
    ]


def is_bounded(schema: dict[str, Any]) -> bool:
    """Whether a text, a number or a list cannot be of any size."""
    if "$ref" in schema:
        return is_bounded(schemas.resolved(schema, DOCUMENT["components"]["schemas"]))
    if "anyOf" in schema:
        return all(is_bounded(one) for one in schema["anyOf"])
    bounds = {
        "string": ("enum", "const", "pattern", "format", "maxLength"),
        "integer": ("maximum", "exclusiveMaximum", "enum"),
        "number": ("maximum", "exclusiveMaximum"),
        "array": ("maxItems",),
        "boolean": ("type",),
        "object": ("properties", "propertyNames"),
    }
    kind = "string" if {"enum", "const"} & schema.keys() else schema.get("type", "")
    is_one = any(word in schema for word in bounds.get(kind, ()))
    return is_one and (kind != "array" or is_bounded(schema["items"]))


@pytest.mark.parametrize(("name", "parameter"), queries(), ids=[name for name, _ in queries()])
def test_a_query_parameter_has_a_title_and_bounds(name, parameter):
    schema = parameter["schema"]
    of_enum = schemas.resolved(schema, DOCUMENT["components"]["schemas"])

    assert parameter["description"]
    assert schema.get("title") or of_enum.get("title")
    assert is_bounded(schema), schema


def sent() -> list[tuple[str, dict[str, Any]]]:
    """Every field of every request body, those within others as well."""
    bodies = [operation.get("requestBody", {}) for operation in OPERATIONS.values()]
    forms = schemas.used(bodies, DOCUMENT["components"]["schemas"])
    return [
        (f"{form}.{name}", part)
        for form, schema in forms.items()
        for name, one in schema.get("properties", {}).items()
        for part in one.get("anyOf", one.get("oneOf", [one]))
        if part.get("type") != "null"
    ]


@pytest.mark.parametrize(("name", "schema"), sent(), ids=[name for name, _ in sent()])
def test_a_field_of_a_request_has_bounds(name, schema):
    assert name.startswith(OF_BANCARD) or is_bounded(schema), schema


def test_there_are_query_parameters_and_an_unbounded_one_is_found():
    assert len(queries()) > 80
    for schema in ({"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "boolean"}}, {}):
        assert not is_bounded(schema)


def test_another_system_is_refused_in_its_own_form():
    refusals = OPERATIONS["payments.bancard_webhook"]["responses"]

    assert set(refusals["404"]["content"]) == set(refusals["503"]["content"]) == {JSON}
    assert "$ref" in OPERATIONS["payments.get"]["responses"]["404"]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("raffles.close", {"400", "413", "415"}),  # a body where none is taken
        ("appointments.availability", {"409"}),  # the service is inactive
        ("raffles.proof", {"409"}),  # the list is not frozen yet
        ("integrations.take_google_consent", {"404", "409", "422"}),
        ("appointments.change", {"409", "412"}),
        ("tenants.change", {"403"}),  # some fields nobody may write
    ],
)
def test_refusals_that_can_be_met_are_stated(name, statuses):
    assert statuses <= OPERATIONS[name]["responses"].keys()


def test_refusals_that_cannot_be_met_are_not_stated():
    assert not {"409", "412", "415"} & OPERATIONS["me.show"]["responses"].keys()
    assert not {"401", "403"} & OPERATIONS["public.business"]["responses"].keys()
    assert "412" not in OPERATIONS["appointments.get"]["responses"]


def test_headers_are_stated():
    book = OPERATIONS["appointments.book"]
    change = OPERATIONS["appointments.change"]

    assert {one["name"] for one in book["parameters"] if one["in"] == "header"} == {"Idempotency-Key"}
    assert {one["name"] for one in change["parameters"] if one["in"] == "header"} == {"If-Match"}
    assert "ETag" in change["responses"]["200"]["headers"]
    assert {"Link", "X-Next-Cursor"} <= OPERATIONS["appointments.list"]["responses"]["200"]["headers"].keys()
    assert "Retry-After" in DOCUMENT["components"]["responses"]["Error429"]["headers"]


def test_the_document_is_the_same_each_time():
    again = openapi.document.__wrapped__()

    assert again == DOCUMENT


def test_components_that_nothing_refers_to_are_left_out():
    components = {"Wanted": {"type": "object"}, "Unused": {"type": "object"}}

    assert list(schemas.used({"$ref": f"{schemas.REFERENCE}Wanted"}, components)) == ["Wanted"]
    assert schemas.used(
        DOCUMENT["paths"] | DOCUMENT["components"]["responses"], DOCUMENT["components"]["schemas"]
    ).keys() == (DOCUMENT["components"]["schemas"].keys())
