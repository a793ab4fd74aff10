"""A day's changes in the audit log of the deployed stack, linked by the outbox from the table's stream."""

import time
from urllib.parse import urlencode

import pytest

from tests.journeys import days
from tests.journeys.conftest import free_starts
from tests.journeys.visitors import problem
from tests.support import sheets

pytestmark = pytest.mark.journey
SOON = 300
"""Seconds for the outbox to come to the end of what the seed and the other journeys wrote, one record at a time."""


@pytest.fixture
def log(business):
    return f"{business.api}/audit"


@pytest.fixture
def service(business, admin):
    wanted = {"name": "Peinado", "duration_minutes": 30, "price": "20.00", "advance_booking_days": days.FAR}
    made = admin.call("POST", f"{business.api}/services", wanted)
    assert made.status_code == 201, made.text
    return made.json()


def listed(admin, log, **query):
    answer = admin.call("GET", f"{log}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def until_linked(admin, log, lines):
    """The verdict once the chain has so many lines, or when time is up."""
    deadline = time.monotonic() + SOON
    while (verdict := admin.call("GET", f"{log}/verify").json())["linked"] < lines and time.monotonic() < deadline:
        time.sleep(0.5)
    return verdict


def test_what_admin_and_staff_did_is_in_the_log_and_soon_in_its_chain(business, admin, staff, service, log):
    one = f"{business.api}/services/{service['id']}"
    assert admin.call("PATCH", one, {"name": "Peinado y corte"}).status_code == 200
    (scheduled_at, *_) = free_starts(staff, f"{business.api}/appointments/availability", service["id"], 3)
    customer = {"name": "Clara", "phone": "0982 810001"}
    form = {"service_id": service["id"], "scheduled_at": scheduled_at, "customer_data": customer}
    booked = staff.call("POST", f"{business.api}/appointments", form)
    assert booked.status_code == 201, booked.text

    (changed, made) = listed(admin, log, entity="service", id=service["id"])
    assert (changed["name"], changed["role"]) == (business.email("admin"), "admin")
    assert changed["address"]
    assert changed["request_id"]
    assert changed["request_id"] != made["request_id"]
    assert [(change["action"], change["fields"]) for change in changed["changes"]] == [
        ("service.changed", {"name": ["Peinado", "Peinado y corte"]})
    ]
    (line,) = listed(admin, log, id=booked.json()["id"])
    assert (line["name"], line["role"]) == (business.email("staff"), "staff")
    assert {change["action"] for change in line["changes"]} == {"appointment.created", "customer.created"}

    lines = admin.call("GET", f"{log}/verify").json()["lines"]
    verdict = until_linked(admin, log, lines)
    assert (verdict["is_intact"], verdict["problems"]) == (True, [])
    assert verdict["linked"] >= lines
    assert verdict["head"]["sequence"] >= lines


def test_the_log_is_exported_as_csv(business, admin, service, log):
    answer = admin.call("GET", f"{log}?entity=service&id={service['id']}", Accept="text/csv")

    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = sheets.rows(answer)
    assert row["name"] == business.email("admin")
    assert '"service.created"' in row["changes"]


@pytest.mark.parametrize("below", ["", "/verify"])
def test_nobody_but_admins_reads_it_and_nobody_changes_it(admin, staff, viewer, stranger, log, below):
    path = f"{log}{below}"
    problem(staff.call("GET", path), 403, "forbidden")
    problem(viewer.call("GET", path), 403, "forbidden")
    problem(stranger.call("GET", path), 404, "not_found")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        problem(admin.call(method, path, {}), 404, "not_found")
