"""Every endpoint of the template, with everything that people and attackers send: a typed refusal, never a 5xx."""

import json
import re

import pytest

from tests.support import faults, samples, snapshots, template
from tests.support.days import shifted
from tests.support.http import Client, superuser

ROUTES = [(method, path) for method, path, _ in template.routes() if path != "/openapi.json"]
WRITING = [(method, path) for method, path in ROUTES if method in ("POST", "PUT", "PATCH")]
# One of the routes of each function that writes: what reads a body is the same for all routes of a function.
OF_FUNCTIONS = {of: (method, path) for method, path, of in template.routes() if (method, path) in WRITING}
ANYBODY = Client({"salon": "admin"}, superuser=True)
"""Its readers add parameters of their own: tests/functions/test_feeds.py."""
PROBLEM = {"type", "title", "status", "code", "detail", "request_id"}

BODIES = {
    "malformed": "{nope",
    "not an object": "[1]",
    "a number": "3",
    "cut short": '{"name": "A',
    "not UTF-8 when decoded": "\udcff",
    "deep": '{"a":' * 2000 + "1" + "}" * 2000,
    "a huge integer": '{"duration_minutes":' + "9" * 5000 + "}",
    "one megabyte": json.dumps({"name": "x" * 1_000_000}),
}
ABSURD = [
    {"nobody_knows_me": 1},
    {"name": "x" * 5000},
    {"name": None, "duration_minutes": None, "scheduled_at": None, "slug": None},
    {"name": ["a"], "phone": {"a": 1}, "email": "not an e-mail", "price": 12.5, "scheduled_at": 1, "slug": 1},
    {"name": "", "duration_minutes": -5, "price": "-1", "scheduled_at": shifted("2026-12-01T09:00:00"), "slug": "T#x"},
    {
        "name": "\u0000",
        "duration_minutes": 10**30,
        "price": "1e9",
        "scheduled_at": "2026-13-45T99:00:00Z",
        "slug": "ü",
    },
    {"name": "\ud800", "duration_minutes": True, "price": "9" * 40, "scheduled_at": "9999-12-31T23:59:59-14:00"},
    {
        "business_hours": {"monday": [{"opens": "25:00", "closes": "24:00"}]},
        "time_zone": "Mars/Olympus",
        "currency": "XXX",
    },
    {"business_hours": {"monday": [{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]}},
    {
        "service_id": "../../etc",
        "customer_id": "T#clinic",
        "resource_id": "x" * 32,
        "scheduled_at": "0001-01-01T00:00:00Z",
    },
]


@pytest.fixture
def paths(haircut):
    """The template's paths with ids that exist, so that the body is what is refused."""
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "A"}}
    booked = snapshots.once("booked", lambda: ANYBODY.call("POST", "/tenant/salon/api/appointments", form).json)
    ids = {
        "slug": "salon",
        "service_id": haircut.id,
        "resource_id": haircut.resource_ids[0],
        "appointment_id": booked["id"],
    }
    return lambda path: samples.url(path, **ids).partition("?")[0]


def is_problem(answer):
    told = answer.json
    return (
        answer.headers["content-type"] == "application/problem+json"
        and set(told) >= PROBLEM
        and told["status"] == answer.status
    )


def refuses_the_body(answer):
    assert answer.status in (400, 413), answer.text
    assert is_problem(answer)
    assert answer.json["errors"][0]["field"] == "body"


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_a_body_that_is_no_json_object_is_refused(paths, method, path):
    refuses_the_body(ANYBODY.call(method, paths(path), raw=BODIES["malformed"]))


@pytest.mark.parametrize(("method", "path"), OF_FUNCTIONS.values(), ids=list(OF_FUNCTIONS))
def test_a_body_that_is_no_json_object_in_any_way_is_refused(paths, case, method, path):
    for kind, body in BODIES.items():
        with case(kind=kind):
            refuses_the_body(ANYBODY.call(method, paths(path), raw=body))


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_absurd_values_are_refused_with_field_and_value(paths, case, method, path):
    for number, body in enumerate(ABSURD):
        with case(number=number):
            refuses_the_values(ANYBODY.call(method, paths(path), body), method, body)


def refuses_the_values(answer, method, body):
    is_only_read = answer.json["code"] == "field_forbidden"  # such as the id of an appointment's service
    assert answer.status == (403 if is_only_read else 422), answer.text
    assert not is_only_read or method in ("PUT", "PATCH")
    assert is_problem(answer)
    faults = answer.json["errors"]
    assert all(fault["field"] for fault in faults)
    may_be_null = None in body.values()
    assert all(fault["value"] is not None or fault["code"] == "missing" or may_be_null for fault in faults)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if not template.route(*route).any_query])
def test_an_unknown_query_parameter_is_refused(paths, method, path):
    body = {} if method in ("POST", "PUT", "PATCH") else None

    answer = ANYBODY.call(method, f"{paths(path)}?colour=red", body)

    assert answer.status == 422, answer.text
    assert is_problem(answer)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{" in route[1].replace("{slug}", "")])
def test_an_id_that_is_not_there_is_not_found(paths, case, method, path):
    for bad_id in ("x", "T#clinic", "%00", "a" * 3000, "0" * 32):
        url = re.sub(r"{(?!slug)\w+}", lambda _, bad_id=bad_id: bad_id, path).replace("{slug}", "salon")
        with case(bad_id=bad_id):
            answer = ANYBODY.call(method, url, samples.body(method, path), **samples.headers(method, path))

            assert answer.status == 404, answer.text
            assert is_problem(answer)


@pytest.mark.parametrize("header", ["x", '"a"', '"1', "1.5", "1_0", "+1", "-1", "9" * 40])
def test_an_etag_that_is_none_of_ours_is_refused(haircut, header):
    answer = ANYBODY.call("PATCH", f"/tenant/salon/api/services/{haircut.id}", {"name": "B"}, If_Match=header)

    assert answer.status == 422, answer.text
    assert is_problem(answer)


@pytest.mark.parametrize("header", ["1", '"1"', 'W/"1"'])
def test_an_etag_is_taken_in_each_of_its_forms(haircut, header):
    answer = ANYBODY.call("PATCH", f"/tenant/salon/api/services/{haircut.id}", {"name": "B"}, If_Match=header)

    assert answer.status == 200, answer.text


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "ñ", "a b"])
def test_an_idempotency_key_that_cannot_be_is_refused(haircut, key):
    wanted = {"name": "B", "duration_minutes": 30, "price": "1"}

    answer = ANYBODY.call("POST", "/tenant/salon/api/services", wanted, Idempotency_Key=key)

    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == "header.idempotency-key"


def test_a_body_of_another_type_is_refused(haircut):
    answer = ANYBODY.call(
        "POST", "/tenant/salon/api/services", raw="name=a", content_type="application/x-www-form-urlencoded"
    )

    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_an_empty_body_of_another_type_is_refused_too(paths, method, path):
    answer = ANYBODY.call(method, paths(path), content_type="text/plain")

    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/jsonx"])
def test_an_empty_body_of_any_other_type_is_refused_by_each_function(paths, case, kind):
    for of, (method, path) in OF_FUNCTIONS.items():
        with case(function=of):
            answer = ANYBODY.call(method, paths(path), content_type=kind)

            assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_media_type_is_read_without_regard_to_case(haircut):
    body = {"name": "B", "duration_minutes": 30, "price": "1"}

    assert ANYBODY.call("POST", "/tenant/salon/api/services", body, content_type="Application/JSON; v=1").status == 201


def test_a_range_that_ends_before_it_begins_is_refused(salon):
    query = shifted("from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z")

    answer = ANYBODY.call("GET", f"/tenant/salon/api/appointments?{query}")

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "range_order")


@pytest.mark.parametrize("kind", ["before", "after", "throttle"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_table_that_does_not_answer_is_a_503(haircut, kind, number):
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "A"}}
    with faults.crashing(number, kind):
        answer = ANYBODY.call("POST", "/tenant/salon/api/appointments", form)

    assert (answer.status, answer.json["code"]) == (503, "busy"), answer.text


def test_people_read_it_in_their_language(haircut):
    url = "/tenant/salon/api/services"

    spanish = ANYBODY.call("POST", url, {}, Accept_Language="es-PY,es;q=0.9,en;q=0.8").json
    english = ANYBODY.call("POST", url, {}, Accept_Language="en-US").json
    neither = ANYBODY.call("POST", url, {}, Accept_Language="gn").json

    assert spanish["errors"][0]["detail"] == "falta este campo" == neither["errors"][0]["detail"]
    assert english["errors"][0]["detail"] == "Field required"
    assert [fault["code"] for fault in spanish["errors"]] == [fault["code"] for fault in english["errors"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        shifted("service=x&date=2026-12-01"),
        "service={id}",
        "service={id}&date=tomorrow",
        shifted("service={id}&date=2026-12-01&from=2026-12-01&to=2026-12-02"),
        shifted("service={id}&from=2026-12-01&to=2027-03-01"),
        shifted("service={id}&from=2026-12-02&to=2026-12-01"),
        "service={id}&date=0001-01-01",
    ],
)
def test_a_question_for_availability_that_makes_no_sense_is_refused(haircut, query):
    answer = superuser.call("GET", f"/tenant/salon/api/appointments/availability?{query.format(id=haircut.id)}")

    assert answer.status == 422, answer.text
    assert is_problem(answer)


def test_a_failure_of_ours_is_a_problem_too_and_tells_nothing(haircut, monkeypatch):
    monkeypatch.setattr("mostrador.scheduling.services.get", lambda *_, **__: 1 / 0)

    answer = ANYBODY.call("GET", f"/tenant/salon/api/services/{haircut.id}")

    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert "division" not in answer.text
