"""The words of the reference are whole, short and about things that exist; the loader names what is wrong."""

import json
import re

import pytest

from local import openapi, reference_texts
from local import schemas as schemas_of
from local.reference_texts import BadReference
from mostrador.ledger.rules.payment_states import RefundReason
from tests.support import template
from tests.test_docs import codes_in_code

AREA = """
area: {es: Turnos, en: Appointments}
about: {es: Sobre los turnos del negocio., en: About the appointments of a business.}
operations:
  book:
    es: Reservar un turno
    en: Book an appointment
    text: {es: Reserva un horario libre., en: Books a free time.}
    examples:
      plain: {summary: {es: Simple, en: Plain}, value: {service_id: "{service_id}", notes: "{service} {customer}"}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "placeholders.yaml").write_text("service_id: abc\n")
    (tmp_path / "appointments.yaml").write_text(AREA)
    return tmp_path


@pytest.fixture(scope="module")
def reference():
    return reference_texts.load()


def test_finds_the_words_of_an_operation_by_its_id(folder):
    book = reference_texts.load(folder).operation("appointments.book")

    assert (book.es, book.text.en) == ("Reservar un turno", "Books a free time.")


def test_fills_values_that_are_a_placeholder_and_leaves_other_braces(folder):
    made = reference_texts.load(folder)

    value = made.operation("appointments.book").examples["plain"].value

    assert made.shown(value) == {"service_id": "abc", "notes": "{service} {customer}"}
    assert reference_texts.filled({"years": ["{year}"]}, {"year": 2027}) == {"years": [2027]}


def test_refuses_to_fill_a_placeholder_without_a_value():
    with pytest.raises(BadReference, match="{service_id} has no value"):
        reference_texts.filled({"id": "{service_id}"}, {})


WRONG = {
    "area: {es: Turnos, en: Appointments}|": "appointments.yaml: area: Field required",
    "en: Book an appointment|": "appointments.yaml: operations.book.en: Field required",
    "text: {es|texts: {es": "appointments.yaml: operations.book.text: Field required",
    "    en: Book an appointment|    en: Book an appointment\n    role: staff": "operations.book.role: Extra inputs",
    "Book an appointment|Book an appointment.": "operations.book.en: .*without a full stop",
    f"Book an appointment|{'Book ' * 13}": "operations.book.en: .*at most 60",
    "Books a free time.|Books a free time": "operations.book.text.en: .*ends with a full stop",
    f"Books a free time.|{'word ' * 26}.": "operations.book.text.en: .*over 25 words",
    f"Books a free time.|{'Some words. ' * 200}": "operations.book.text.en: .*at most 1500",
    "Books a free time.|''": "operations.book.text.en: .*at least 10",
    "operations:|operations: {}\nothers:": "appointments.yaml: .*operations",
    "{service_id}|{servicio_id}": "appointments.yaml: the placeholder {servicio_id} is missing in placeholders.yaml",
    "    en: Book|    en: Reserve\n    en: Book": "appointments.yaml: en is there twice",
    "operations:|operations: [": "appointments.yaml: while parsing",
    "value: {service_id|values: {service_id": "operations.book.examples.plain.value: Field required",
}


@pytest.mark.parametrize("change", WRONG, ids=range(len(WRONG)))
def test_names_the_file_and_the_key_of_a_fault(folder, change):
    before, after = change.split("|")
    assert AREA.count(before)
    (folder / "appointments.yaml").write_text(AREA.replace(before, after))

    with pytest.raises(BadReference, match=WRONG[change]):
        reference_texts.load(folder)


def test_names_an_operation_and_an_area_that_are_missing(folder):
    made = reference_texts.load(folder)

    with pytest.raises(BadReference, match="appointments.yaml: operations.move is missing"):
        made.operation("appointments.move")
    with pytest.raises(BadReference, match="raffles.yaml is missing"):
        made.operation("raffles.list")


def test_names_a_missing_file_of_placeholders(folder):
    (folder / "placeholders.yaml").unlink()

    with pytest.raises(BadReference, match="placeholders.yaml"):
        reference_texts.load(folder)


def test_no_sentence_is_about_what_or_who(reference):
    said = [text for area in reference.areas.values() for text in _texts(area.model_dump())]
    begun = [one for text in said for one in reference_texts.sentences(text)]

    assert [one for one in begun if re.match(r"(What|Whatever|Who|Whoever|Lo que|Quien|Quienes)\b", one)] == []


def test_every_code_that_a_text_names_is_one_of_the_api(reference):
    statuses = codes_in_code()
    said = [text for area in reference.areas.values() for text in _texts(area.model_dump())]
    told = [found for text in said for found in re.findall(r"\b([45]\d\d) `(\w+)`", text)]

    assert len(told) > 100
    assert [(status, code) for status, code in told if str(statuses.get(code)) != status] == []


def test_both_languages_name_the_same_code_and_fields(reference):
    said = {name: text for name, text in _pairs(reference) if _named(text.es) != _named(text.en)}

    assert {name: _named(text.es) ^ _named(text.en) for name, text in said.items()} == {}


WORDS = {
    "true", "false", "ETag", "UID", "SEQUENCE", "TENTATIVE", "shop_process_id", "default", "day", "bancard",
    "overridable", "fits_minutes", "last_change",
}  # fmt: skip
"""Words that are in no schema: of JSON, HTTP, iCalendar, Bancard; a slug; facts of a refusal; an actor."""


def test_every_word_in_code_is_a_field_a_value_a_parameter_or_an_error_of_the_document(reference):
    known = (
        WORDS | set(codes_in_code()) | set(_names_of(openapi.document())) | {reason.value for reason in RefundReason}
    )
    said = {name: _named(text.en) for name, text in _pairs(reference)}
    said |= {path.name: _named(path.read_text()) for path in reference_texts.FOLDER.glob("*.md")}
    words = {name: {one for one in spans if re.fullmatch(r"\w+", one)} for name, spans in said.items()}

    assert {name: unknown for name, one in words.items() if (unknown := one - known)} == {}


def test_a_filter_with_its_value_is_one_that_the_operation_takes(reference):
    document = openapi.document()
    operations = {one["operationId"]: one for methods in document["paths"].values() for one in methods.values()}
    said = [
        (name, *found)
        for name, text in _pairs(reference)
        for span in _named(text.en)
        for found in re.findall(r"^(\w+)=([\w-]+)$", span)
    ]

    assert len(said) >= 10
    for name, parameter, value in said:
        schemas = [one["schema"] for one in operations[name]["parameters"] if one["name"] == parameter]
        named = schemas_of.used(schemas, document["components"]["schemas"])
        flags = {"true", "false"} if schemas[0].get("type") == "boolean" else set()
        assert value in flags | set(_names_of([schemas, named])), (name, parameter, value)


def _names_of(value):
    """The names of properties and parameters, and the values of enums, at any depth of a document."""
    if isinstance(value, list):
        for one in value:
            yield from _names_of(one)
    if not isinstance(value, dict):
        return
    yield from value.get("properties", ()) if isinstance(value.get("properties"), dict) else ()
    yield from (one for one in value.get("enum", ()) if isinstance(one, str))
    yield from (value[key] for key in ("const", "name") if isinstance(value.get(key), str))
    for one in value.values():
        yield from _names_of(one)


def test_every_placeholder_is_used_by_an_example_or_is_part_of_a_path(reference):
    used = set(reference_texts.placeholders_in([area.model_dump() for area in reference.areas.values()]))
    routes = [*template.routes(), *template.machine_routes()]
    parts = {part for _, path, _ in routes for part in re.findall(r"{(\w+)}", path)}

    assert parts <= set(reference.placeholders) == used | parts


def test_every_value_is_json(reference):
    dumped = {name: area.model_dump() for name, area in reference.areas.items()}

    assert json.loads(json.dumps([dumped, reference.placeholders])) == [dumped, reference.placeholders]


def _texts(value):
    """Every text of both languages, at any depth."""
    if not isinstance(value, dict):
        return
    for key, one in value.items():
        if key in ("es", "en") and isinstance(one, str):
            yield one
        elif key not in ("value", "query"):
            yield from _texts(one)


def _pairs(reference):
    for name, area in reference.areas.items():
        yield f"{name}.about", area.about
        for operation, words in area.operations.items():
            yield f"{name}.{operation}", words.text


def _named(text):
    """The code of a text, apart from the parts in angle brackets, which are words."""
    return {re.sub(r"<[^>]*>", "<>", one) for one in re.findall(r"`([^`]+)`", text)}
