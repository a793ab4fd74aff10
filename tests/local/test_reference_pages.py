"""The pages of the reference say what the document says, and are made anew when it changes."""

import pytest

from local import openapi, reference_pages, reference_texts, schema_tables

AREA = """
area: {es: Turnos, en: Appointments}
about: {es: Sobre los turnos del negocio., en: About the appointments of a business.}
operations:
  book:
    es: Reservar un turno
    en: Book an appointment
    text: {es: Reserva un horario libre., en: Books a free time.}
    examples: {plain: {summary: {es: Simple, en: A plain one}, value: {service_id: "{service_id}"}}}
"""
DAY = {"type": "string", "pattern": "^[a-z|]+$", "title": "Día"}
BOOK = {
    "operationId": "appointments.book",
    "x-role": "staff",
    "x-action": "appointments.book",
    "x-access": "role",
    "parameters": [{"name": "day", "in": "query", "required": True, "schema": DAY, "description": "Its day"}],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}},
    },
    "responses": {
        "201": {
            "headers": {"ETag": {}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/View"}}, "text/csv": {}},
        },
        "default": {},
    },
}
SHAPES = {
    "New": {"type": "object", "required": ["service_id"], "properties": {"service_id": {"type": "string"}}},
    "View": {"type": "object", "properties": {"status": {"enum": ["A", "B"], "title": "Estado"}}},
}
DOCUMENT = {"paths": {"/appointments": {"post": BOOK}}, "components": {"schemas": SHAPES}}


@pytest.fixture
def made(tmp_path):
    (tmp_path / "placeholders.yaml").write_text("service_id: abc\n")
    (tmp_path / "appointments.yaml").write_text(AREA)
    return reference_pages.pages(DOCUMENT, reference_texts.load(tmp_path))


@pytest.mark.parametrize(
    ("shape", "cell", "is_shape"),
    [
        ({"enum": ["name", "-name"]}, "`name`, `-name`", False),
        ({"enum": [*"abcde"]}, "[Sort](shapes.md#sort)", True),
        ({"enum": ["name", "-name"], "title": "Sort"}, "[Sort](shapes.md#sort)", True),
    ],
)
def test_few_values_of_a_property_stand_in_its_row_and_others_are_a_shape(tmp_path, made, shape, cell, is_shape):
    sort = {"name": "sort", "in": "query", "required": False, "schema": {"$ref": "#/components/schemas/Sort"}}
    document = {
        "paths": {"/appointments": {"post": BOOK | {"parameters": [sort]}}},
        "components": {"schemas": SHAPES | {"Sort": shape}},
    }

    pages = reference_pages.pages(document, reference_texts.load(tmp_path))

    assert f"| `sort` | query | {cell} | |" in pages["appointments.md"]
    assert ("## Sort" in pages["shapes.md"].splitlines()) == is_shape


def test_a_page_has_the_table_of_its_operations(made):
    row = "| POST | `/appointments` | [Book an appointment](#appointmentsbook) · Reservar un turno | staff |"

    assert row in made["appointments.md"].splitlines()
    assert (
        "| [Appointments](appointments.md) | Turnos | 1 | About the appointments of a business. |" in made["README.md"]
    )
    assert "| POST | `/appointments` | [appointments.book](appointments.md#appointmentsbook) |" in made["README.md"]


def test_a_section_has_text_parameters_body_answer_and_example(made):
    section = made["appointments.md"].split("## appointments.book")[1]

    assert "Books a free time." in section
    assert "| `day` | query | string | required, `^[a-z\\|]+$` | Día. Its day |" in section
    assert "Body, required: [New](shapes.md#new).\n\n| field | type | limits | about |" in section
    assert "| 201 | [View](shapes.md#view) or text/csv, with `ETag` |" in section
    assert '{\n "service_id": "abc"\n}' in section.split("A plain one:")[1]


def test_the_shapes_have_their_fields(made):
    assert "| `service_id` | string | required | |" in made["shapes.md"]
    assert "| `status` | `A`, `B` | | Estado |" in made["shapes.md"]


def test_an_operation_without_words_is_refused(tmp_path):
    (tmp_path / "placeholders.yaml").write_text("service_id: abc\n")
    (tmp_path / "appointments.yaml").write_text(AREA)
    document = DOCUMENT | {"paths": {"/appointments": {"get": BOOK | {"operationId": "appointments.list"}}}}

    with pytest.raises(reference_texts.BadReference, match=r"appointments.yaml: operations.list is missing"):
        reference_pages.pages(document, reference_texts.load(tmp_path))


def test_pages_that_differ_are_named_and_written_and_old_ones_deleted(made, tmp_path):
    folder = tmp_path / "api"
    reference_pages.write(made, folder)
    (folder / "appointments.md").write_text("old")
    (folder / "gone.md").write_text("old")

    assert reference_pages.differing(made, folder) == ["appointments.md", "gone.md"]
    reference_pages.write(made, folder)
    assert reference_pages.differing(made, folder) == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Slot"}}, "list of [Slot](shapes.md#slot)"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of integer"),
        ({"const": "drand"}, "`drand`"),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(schema, words):
    assert schema_tables.type_of(schema) == words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"minimum": 1, "maximum": 52, "default": 1}, "1 to 52, default `1`"),
        ({"anyOf": [{"type": "string", "maxLength": 120}, {"type": "null"}]}, "to 120 characters"),
        ({"minItems": 1, "exclusiveMaximum": 5}, "from 1 items, below 5"),
        ({"pattern": "^[0-9]{4}$"}, "`^[0-9]{4}$`"),
        ({"pattern": "x" * 41}, ""),
        ({"default": False}, "default `false`"),
        ({"default": None}, ""),
    ],
)
def test_limits_are_told_in_words(schema, words):
    assert schema_tables.limits(schema, is_required=False) == words


def test_the_pages_in_docs_are_fresh():
    made = reference_pages.pages(openapi.document(), reference_texts.load())

    assert reference_pages.differing(made) == [], f"run `{reference_pages.COMMAND}`"
