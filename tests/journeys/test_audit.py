"""A day's changes in the audit log of the deployed stack, linked by the outbox from the table's stream."""

import csv
import io
import time

import pytest

from tests.journeys.conftest import free_starts, problem
from tests.journeys.test_booking import SALON

pytestmark = pytest.mark.journey
LOG = f"{SALON}/audit"
SOON = 120
"""Seconds for the outbox to come to the end of what the seed and the other journeys wrote, one record at a time."""


@pytest.fixture
def service(admin):
    wanted = {"name": "Peinado", "duration_minutes": 30, "price": "20.00"}
    made = admin.call("POST", f"{SALON}/services", wanted)
    assert made.status_code == 201, made.text
    return made.json()


def listed(admin, **query):
    answer = admin.http.get(LOG, params=query, headers={"Authorization": f"Bearer {admin.token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def until_linked(admin, lines):
    """The verdict once the chain has so many lines, or when time is up."""
    deadline = time.monotonic() + SOON
    while (verdict := admin.call("GET", f"{LOG}/verify").json())["linked"] < lines and time.monotonic() < deadline:
        time.sleep(1)
    return verdict


def test_what_admin_and_staff_did_is_in_the_log_and_soon_in_its_chain(admin, staff, service):
    one = f"{SALON}/services/{service['id']}"
    assert admin.call("PATCH", one, {"name": "Peinado y corte"}).status_code == 200
    (starts_at, *_) = free_starts(staff, f"{SALON}/appointments/availability", service["id"], 3)
    customer = {"name": "Clara", "phone": "0982 810001"}
    form = {"service_id": service["id"], "starts_at": starts_at, "customer": customer}
    booked = staff.call("POST", f"{SALON}/appointments", form)
    assert booked.status_code == 201, booked.text

    (changed, made) = listed(admin, entity="service", id=service["id"])
    assert (changed["name"], changed["role"]) == ("admin@salon-beauty.example", "admin")
    assert changed["address"]
    assert changed["request_id"]
    assert changed["request_id"] != made["request_id"]
    assert [(change["action"], change["fields"]) for change in changed["changes"]] == [
        ("service.changed", {"name": ["Peinado", "Peinado y corte"]})
    ]
    (line,) = listed(admin, id=booked.json()["id"])
    assert (line["name"], line["role"]) == ("staff@salon-beauty.example", "staff")
    assert {change["action"] for change in line["changes"]} == {"appointment.created", "customer.created"}

    lines = admin.call("GET", f"{LOG}/verify").json()["lines"]
    verdict = until_linked(admin, lines)
    assert (verdict["is_intact"], verdict["problems"]) == (True, [])
    assert verdict["linked"] >= lines
    assert verdict["head"]["sequence"] >= lines


def test_the_log_is_exported_as_csv(admin, service):
    answer = admin.call("GET", f"{LOG}?entity=service&id={service['id']}", Accept="text/csv")

    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""), strict=True)
    assert row["name"] == "admin@salon-beauty.example"
    assert '"service.created"' in row["changes"]


@pytest.mark.parametrize("path", [LOG, f"{LOG}/verify"])
def test_nobody_but_admins_reads_it_and_nobody_changes_it(admin, staff, viewer, clinic_admin, path):
    problem(staff.call("GET", path), 403, "forbidden")
    problem(viewer.call("GET", path), 403, "forbidden")
    problem(clinic_admin.call("GET", path), 404, "not_found")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        problem(admin.call(method, path, {}), 404, "not_found")
