"""Every call of a test's Client is judged by the document; these are the judge's red controls."""

import json

import pytest

from mostrador.raffles.views.board import NumberView
from tests.support import answers
from tests.support.answers import AnotherForm, NotStated
from tests.support.http import admin

NUMBER = {"number": "007", "state": "sold", "order_id": "0" * 32, "hold_expires_at": None}
WITHOUT_HIDDEN = {"number": "007", "state": "free"}


@pytest.mark.parametrize("number", [NUMBER, WITHOUT_HIDDEN])
def test_an_answer_of_the_stated_form_passes(number):
    answers.judge(NumberView, number)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 7},
        {"number": "seven"},
        {"state": "SOLD"},
        {"order_id": "o-1"},
        {"hold_expires_at": "tomorrow at noon", "state": 1},
    ],
)
def test_red_control_another_form_is_told(change):
    with pytest.raises(AnotherForm):
        answers.judge(NumberView, NUMBER | change)


def test_red_control_a_missing_field_is_told():
    with pytest.raises(AnotherForm, match="'state' is a required property"):
        answers.judge(NumberView, {"number": "007"})


def test_red_control_an_answer_is_judged_by_its_route(salon):
    body = admin.call("GET", "/tenant/salon/api/services").json

    answers.check("GET", "/tenant/salon/api/services", 200, "application/json", json.dumps(body))
    answers.check("GET", "/api/services", 200, "application/json", json.dumps(body))
    for path in ("/tenant/salon/api/services", "/api/services"):
        with pytest.raises(AnotherForm, match="ServicePage"):
            answers.check("GET", path, 200, "application/json", json.dumps(body | {"items": [{}]}))


SERVICES = "/tenant/salon/api/services"
PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "status", "media_type"),
    [("GET", 404, PROBLEM), ("POST", 409, PROBLEM), ("GET", 200, "text/csv; charset=utf-8"), ("GET", 500, PROBLEM)],
)
def test_a_stated_status_and_media_type_pass(method, status, media_type):
    answers.check(method, SERVICES, status, media_type, "")


@pytest.mark.parametrize(
    ("method", "status", "media_type"),
    [
        ("GET", 201, "application/json"),
        ("GET", 412, PROBLEM),
        ("POST", 200, "application/json"),
        ("GET", 404, "application/json"),
        ("GET", 200, "text/html"),
        ("GET", 500, "text/plain"),
    ],
)
def test_red_control_a_status_or_media_type_that_is_not_stated_is_told(method, status, media_type):
    with pytest.raises(NotStated, match=r"services\."):
        answers.check(method, SERVICES, status, media_type, "{}")
