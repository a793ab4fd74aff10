"""Every error has one shape: that of web/problem_views.py, whoever answers."""

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from mostrador.scheduling import manage_links
from mostrador.web import validation_messages
from mostrador.web.problem_views import Problem
from tests.support import problems, template, till
from tests.support.http import admin, anybody, staff
from tests.support.raffles import opened

ENTRY = {"field": "body.phone", "code": "invalid_phone", "detail": "no es un teléfono", "value": "12"}
WHOLE = {
    "type": "urn:mostrador:problem:invalid_phone",
    "title": "invalid phone",
    "status": 422,
    "code": "invalid_phone",
    "detail": "no es un teléfono",
    "request_id": "request-1",
    "errors": [ENTRY],
}
FACTS = {"alternatives": [7], "retry_after": 60}


def gateway_answers():
    """What API Gateway and its firewall say themselves, as they send it."""
    api = template.load()["Resources"]["Api"]["Metadata"]["GatewayResponses"]
    firewall = template.load()["Resources"]["Firewall"]["Properties"]["CustomResponseBodies"]
    answers = {kind: (one["StatusCode"], one["ResponseTemplates"]["application/json"]) for kind, one in api.items()}
    return answers | {kind: (429, one["Content"]) for kind, one in firewall.items()}


def filled_in(text):
    return text.replace("$context.requestId", "request-1").replace("$context.error.messageString", '"Bad request"')


def refused_as_problem(told):
    with pytest.raises(ValidationError):
        problems.check("application/problem+json", json.dumps(told))


def test_a_problem_has_each_member_and_may_have_facts():
    problems.check("application/problem+json", json.dumps(WHOLE | FACTS))

    for member in WHOLE:
        refused_as_problem({name: value for name, value in WHOLE.items() if name != member})


def test_an_entry_has_each_member_and_no_other():
    for member in ENTRY:
        refused_as_problem(WHOLE | {"errors": [{name: value for name, value in ENTRY.items() if name != member}]})
    refused_as_problem(WHOLE | {"errors": [ENTRY | {"limit": 3}]})
    refused_as_problem(WHOLE | {"errors": []})


@pytest.mark.parametrize("kind", gateway_answers())
def test_the_gateway_and_its_firewall_answer_in_the_same_shape(kind):
    status, text = gateway_answers()[kind]

    told = Problem.model_validate_json(filled_in(text), strict=True)

    assert told.status == status
    assert told.type.endswith(f":{told.code}")
    assert told.title == told.code.replace("_", " ")
    assert [(one.code, one.detail) for one in told.errors] == [(told.code, told.detail)]
    assert not re.search(r"\$\w", filled_in(text))


def test_a_refusal_without_a_field_has_one_entry_that_names_none(salon):
    told = anybody.call("GET", "/tenant/salon/public/appointments/nothing").json

    assert told["errors"] == [{"field": None, "code": told["code"], "detail": told["detail"], "value": None}]


def test_the_field_and_the_value_of_a_refusal_stand_in_its_entry(salon):
    told = staff.call("GET", "/tenant/salon/api/services?sort=name").json

    assert (problems.fault(told)["field"], problems.fault(told)["value"]) == ("query.sort", "sort")
    assert told.keys().isdisjoint({"field", "value"})
    assert "limit" in told["known"]


@pytest.mark.parametrize("secret", ["private_key", "secret"])
def test_the_value_of_a_secret_is_never_echoed(secret):
    own = {"type": "string_too_short", "loc": ("body", secret), "input": "hunter2", "msg": "", "ctx": {"min_length": 9}}
    around = {"type": "one_choice", "loc": ("body",), "input": {"a": [{secret: "hunter2"}], "b": 1}, "msg": "one"}

    told = [validation_messages.problem(error, "es") for error in (own, around)]

    assert "hunter2" not in str(told)
    assert (told[0]["value"], told[1]["value"]) == (None, f"{{'a': [{{'{secret}': '…'}}], 'b': 1}}")


def place_of_what_is_missing(method, path, body=None):
    told = admin.call(method, path, body).json
    entry = problems.fault(told)
    assert (told["code"], entry["value"]) == ("not_found", told["id"])
    return entry["field"]


def test_what_is_missing_is_named_with_the_place_where_it_was_asked_for(salon, haircut):
    none, when = "0" * 32, {"scheduled_at": "2026-12-01T12:00:00Z"}
    who = {"customer_data": {"name": "Ana", "phone": "0981 123 456"}}

    assert place_of_what_is_missing("GET", f"/tenant/salon/api/services/{none}") == "path"
    assert place_of_what_is_missing("GET", "/tenant/salon/api/services/nothing") == "path"
    slots = f"/tenant/salon/api/appointments/availability?service={none}&date=2026-12-01"
    assert place_of_what_is_missing("GET", slots) == "query.service"
    asked = {"service_id": none} | when | who
    assert place_of_what_is_missing("POST", "/tenant/salon/api/appointments", asked) == "body.service_id"
    listed = {"name": "Corte", "duration_minutes": 30, "price": "25.00", "resource_ids": [none]}
    assert place_of_what_is_missing("POST", "/tenant/salon/api/services", listed) == "body.resource_ids.0"


def test_times_are_said_on_the_clock_of_the_tenant_and_told_to_programs_as_they_are(salon, now):
    url = f"/tenant/salon/api/raffles/{opened(now).id}"
    admin.call("POST", f"{url}/close")

    told = admin.call("POST", f"{url}/draw", {}, Accept_Language="es").json

    freezes_at = datetime.fromisoformat(told["freezes_at"])
    local = freezes_at.astimezone(ZoneInfo("America/Asuncion"))
    assert (told["code"], freezes_at.utcoffset()) == ("not_frozen", timedelta(0))
    assert local.hour != freezes_at.hour
    assert told["detail"].endswith(f", {local.hour}:{local.minute:02}")


def test_a_problem_suggests_the_next_step_in_the_language_of_the_caller(salon):
    def suggested(answer):
        return answer.json["suggested_next_action"]

    invalid = staff.call("POST", "/tenant/salon/api/appointments", {}, Accept_Language="es")
    refused = staff.call("POST", "/tenant/salon/api/services", {"name": "x", "duration_minutes": 30, "price": "1"})
    missing = staff.call("GET", f"/tenant/salon/api/services/{'0' * 32}")

    assert suggested(invalid) == {"code": "correct_request", "text": "Corrija lo señalado y envíelo de nuevo."}
    assert suggested(refused) == {"code": "ask_admin", "text": "Ask an admin of the business."}
    assert "suggested_next_action" not in missing.json


def test_a_visitor_is_sent_to_the_business_where_its_people_would_connect_an_account(salon, haircut, now):
    appointment = till.book(haircut, now)
    token = manage_links.token("salon", appointment.id)

    steps = [
        client.call("POST", url).json["suggested_next_action"]["code"]
        for client, url in (
            (staff, f"/tenant/salon/api/appointments/{appointment.id}/checkout"),
            (anybody, f"/tenant/salon/public/appointments/{token}/checkout"),
        )
    ]

    assert steps == ["connect_integration", "pay_at_business"]
