"""The judge of `make fuzz` sees each kind of violation, and the report each operation that was not reached."""

import json
from collections import Counter

import pytest
import requests
from urllib3 import HTTPResponse

from local import openapi
from tests.fuzz import cases, report, verdicts
from tests.fuzz.run import Outcome, strict
from tests.fuzz.verdicts import Violation

OPERATIONS = cases.operations(strict(openapi.document()), "http://127.0.0.1:1")
JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}
CUSTOMER = {
    "id": "0" * 32, "name": "Ana", "phone": None, "email": None, "notes": None, "tax_id": None, "is_active": True,
    "created_at": "2026-12-01T12:00:00Z", "version": 1,
}  # fmt: skip


@pytest.fixture
def case():
    """A right request for one customer."""
    return next(one for one in cases.made(OPERATIONS["customers.get"], 4, 1) if is_right(one))


@pytest.fixture
def wrong_case():
    return next(one for one in cases.made(OPERATIONS["customers.list"], 12, 1) if not is_right(one))


def is_right(one):
    return one.meta.generation.mode == cases.GenerationMode.POSITIVE


def answered(one, status, content, headers):
    answer = requests.Response()
    answer.status_code, answer._content = status, json.dumps(content).encode()
    answer.raw = HTTPResponse(headers=headers)
    answer.headers.update(headers)
    answer.request = requests.Request(one.method, "http://127.0.0.1:1").prepare()
    answer.url = answer.request.url
    return verdicts.Response.from_requests(answer, verify=False)


def problem(*codes):
    faults = [{"field": "body", "code": code, "detail": "x", "value": None} for code in codes]
    told = {"title": "x", "code": "invalid_request", "detail": "x", "request_id": "1", "errors": faults}
    return {"type": "urn:mostrador:problem:invalid_request", "status": 422} | told


def checks(operation, one, answer):
    return [violation.check for violation in verdicts.of(operation, one, answer)]


def test_a_documented_refusal_is_no_violation(case):
    assert checks("customers.get", case, answered(case, 404, problem("not_found") | {"status": 404}, PROBLEM)) == []


@pytest.mark.parametrize(
    ("status", "content", "headers", "check"),
    [
        (500, problem("internal_error"), PROBLEM, "ServerError"),
        (503, problem("busy"), PROBLEM | {"retry-after": "1"}, "ServerError"),
        (412, problem("stale"), PROBLEM, "UndefinedStatusCode"),
        (200, {"id": 7}, JSON, "JsonSchemaError"),
        (200, {"id": "x"}, {"content-type": "text/html"}, "UndefinedContentType"),
        (422, problem("string_too_long"), PROBLEM, "PositiveRefused"),
    ],
)
def test_each_kind_of_violation_is_found(case, status, content, headers, check):
    assert check in checks("customers.get", case, answered(case, status, content, headers))


def test_a_refusal_by_a_rule_that_no_schema_can_state_is_none(case):
    assert checks("customers.get", case, answered(case, 422, problem("bad_character"), PROBLEM)) == []


@pytest.mark.parametrize(("sent", "found"), [("  ", []), ("", ["PositiveRefused"])])
def test_only_a_text_that_cleaning_shortened_may_be_too_short(case, sent, found):
    """The length is that of the clean text, which a schema cannot state; the length of what was sent it can."""
    case.query = {"q": [sent, "Ana"]}
    told = problem("string_too_short")
    told["errors"][0]["value"] = ""

    assert checks("customers.get", case, answered(case, 422, told, PROBLEM)) == found


def test_a_wrong_request_that_succeeds_is_a_violation(wrong_case):
    answer = answered(wrong_case, 200, {"items": [], "next": None}, JSON)

    assert checks("customers.list", wrong_case, answer) == ["AcceptedNegativeData"]
    assert checks("customers.list", wrong_case, answered(wrong_case, 422, problem("x"), PROBLEM)) == []


def test_an_operation_that_only_the_gateway_answered_is_a_fault():
    outcome = Outcome()
    outcome.statuses["customers.list"] = Counter({401: 3, 404: 2})
    outcome.statuses["customers.get"] = Counter({200: 1})
    outcome.statuses["customers.create"] = Counter({422: 9})

    found = report.faults(outcome, {"customers.list", "customers.get", "customers.create", "me.show"})

    assert [fault.partition(" ")[0] for fault in found] == ["customers.create", "customers.list", "me.show"]


def test_a_violation_is_a_fault_with_its_request():
    outcome = Outcome()
    outcome.statuses["me.show"] = Counter({200: 1})
    outcome.violations.append(Violation("me.show", "ServerError", "broken", "curl /me", "500 x"))

    (fault,) = report.faults(outcome, {"me.show"})

    assert "curl /me" in fault
    assert "1 violations" in report.text(outcome)


def test_a_request_that_could_not_be_sent_is_a_fault():
    outcome = Outcome(broken=["ConnectionError()"])

    assert report.faults(outcome, set()) == ["ConnectionError()"]
