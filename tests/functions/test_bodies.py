"""Bodies in the charsets that people's programs write, broken ones, and those of routes that take none."""

import json

import pytest

from tests.support import samples, template
from tests.support.http import Client, staff

CUSTOMERS = "/tenant/salon/api/customers"
ANYBODY = Client({"salon": "admin"}, superuser=True)
BODILESS = [
    (method, path)
    for method, path, _ in template.routes()
    if samples.body(method, path) is None and path != "/openapi.json"
]
NANDUTI = '{"name": "Ñandutí"}'


@pytest.mark.parametrize(
    ("content_type", "codec"),
    [
        ("application/json", "utf-8"),
        ("application/json", "utf-8-sig"),
        ("application/json; charset=utf-8", "utf-8"),
        ("application/json;charset=ISO-8859-1", "latin-1"),
        ('Application/JSON; v=1; Charset="Latin1"', "latin-1"),
        ("application/json; charset=windows-1252", "cp1252"),
        ("application/json; charset=iso-8859-15", "iso8859-15"),
    ],
)
def test_a_body_is_read_in_the_charset_that_it_names(salon, content_type, codec):
    made = staff.call("POST", CUSTOMERS, raw=NANDUTI.encode(codec), content_type=content_type)

    assert (made.status, made.json["name"]) == (201, "Ñandutí")
    assert staff.call("GET", f"{CUSTOMERS}/{made.json['id']}").json == made.json


def test_the_signs_that_windows_adds_to_latin_1_are_read(salon):
    sent = '{"name": "“Ana” – 5 €"}'.encode("cp1252")

    made = staff.call("POST", CUSTOMERS, raw=sent, content_type="application/json; charset=iso-8859-1")

    assert made.json["name"] == "“Ana” – 5 €"


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (NANDUTI.encode("latin-1"), "application/json"),
        (NANDUTI.encode("latin-1"), "application/json; charset=utf-8"),
        (NANDUTI.encode(), "application/json; charset=us-ascii"),
        (b'{"name": "\x81"}', "application/json; charset=windows-1252"),
        (NANDUTI.encode("latin-1").decode(errors="replace"), "application/json"),
        (NANDUTI.encode("latin-1").decode(errors="replace"), "application/json; charset=iso-8859-1"),
        (b"\xff\xfe{", "application/json"),
    ],
)
def test_bytes_that_are_no_text_are_refused_and_never_stored(salon, raw, content_type):
    answer = staff.call("POST", CUSTOMERS, raw=raw, content_type=content_type)

    (fault,) = answer.json["errors"]
    assert (answer.status, fault["code"], fault["field"]) == (400, "malformed_text", "body")
    assert "\ufffd" in fault["value"]
    assert staff.call("GET", CUSTOMERS).json["items"] == []


def test_an_escaped_replacement_character_is_refused_by_its_field(salon):
    answer = staff.call("POST", CUSTOMERS, raw='{"name": "\\ufffdand\\u00fa"}')

    (fault,) = answer.json["errors"]
    assert (answer.status, fault["field"], fault["code"]) == (422, "body.name", "bad_character")


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "base64", "x", "", "a\0b"])
def test_a_charset_that_is_not_read_is_refused_by_its_name(salon, charset):
    answer = staff.call("POST", CUSTOMERS, raw=b'{"name": "A"}', content_type=f"application/json; charset={charset}")

    (fault,) = answer.json["errors"]
    assert (answer.status, fault["code"], fault["value"]) == (415, "unsupported_charset", charset)


def test_a_body_in_base64_is_no_larger_than_any_other(salon):
    most = 64 * 1024
    bodies = [b'{"name": "A"}'.ljust(size) for size in (most, most + 1)]

    answers = [staff.call("POST", CUSTOMERS, raw=body) for body in bodies]

    assert [answer.status for answer in answers] == [201, 413]
    assert answers[1].json["errors"][0]["value"] == most + 1


@pytest.fixture
def paths(haircut):
    ids = {"slug": "salon", "service_id": haircut.id, "resource_id": haircut.resource_ids[0]}
    return lambda path: samples.url(path, **ids)


@pytest.mark.parametrize(("method", "path"), BODILESS)
def test_a_route_without_a_body_refuses_one_by_its_fields(paths, method, path):
    answer = ANYBODY.call(method, paths(path), {"nobody_knows_me": 7})

    (fault,) = answer.json["errors"]
    assert (answer.status, fault["field"], fault["value"]) == (422, "body.nobody_knows_me", 7)
    assert fault["code"] == "extra_forbidden"


@pytest.mark.parametrize(("method", "path"), BODILESS)
def test_an_empty_object_is_no_body(paths, method, path):
    empty, none = (ANYBODY.call(method, paths(path), body).status for body in ({}, None))

    assert empty == none or (method, empty, none) == ("DELETE", 204, 404)
    assert empty not in (400, 415, 422)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("body", ["[1]", "{", "[" * 9000, '"\ud800"'])
def test_a_body_that_is_no_object_is_refused_where_none_is_taken(haircut, method, body):
    answer = ANYBODY.call(method, f"/tenant/salon/api/services/{haircut.id}", raw=body)

    assert (answer.status, answer.json["code"]) == (400, "malformed_json")
    assert ANYBODY.call("GET", f"/tenant/salon/api/services/{haircut.id}").status == 200


SERVICE = {"name": "Corte", "price": "25.00"}


@pytest.mark.parametrize("minutes", ["30", "30.0", "3e1"])
def test_a_whole_number_may_be_written_with_a_decimal_point(salon, minutes):
    """JSON Schema takes 30.0 for an integer, so programs that have one kind of number send it."""
    raw = json.dumps(SERVICE)[:-1] + f', "duration_minutes": {minutes}}}'

    made = ANYBODY.call("POST", "/tenant/salon/api/services", raw=raw)

    assert made.status == 201, made.text
    assert '"duration_minutes": 30,' in made.text or '"duration_minutes":30,' in made.text


@pytest.mark.parametrize("minutes", ["30.5", '"30"', "true", "1e400", "-0.5", "null"])
def test_no_other_value_is_a_whole_number(salon, minutes):
    raw = json.dumps(SERVICE)[:-1] + f', "duration_minutes": {minutes}}}'

    refused = ANYBODY.call("POST", "/tenant/salon/api/services", raw=raw)

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "body.duration_minutes")
