"""A full day, somebody who waits, a cancellation: the sweeper holds the freed time for who waits."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.conftest import eventually, problem, sweep
from tests.journeys.test_booking import SALON

pytestmark = pytest.mark.journey
EVERY_MINUTE = 120
"""Seconds within which its schedule has run twice; MiniStack looks at its rules each 10 s."""
DAY = (datetime.now(UTC) + timedelta(days=4)).date()


@pytest.fixture
def massage(admin):
    """Two starts on DAY, with somebody who works on no other."""
    hours = {f"{DAY:%A}".lower(): [{"opens": "09:00", "closes": "10:00"}]}
    made = admin.call("POST", f"{SALON}/resources", {"name": "Marta", "business_hours": hours})
    assert made.status_code == 201, made.text
    wanted = {"name": "Masaje", "duration_minutes": 30, "price": "20.00", "resource_ids": [made.json()["id"]]}
    service = admin.call("POST", f"{SALON}/services", wanted)
    assert service.status_code == 201, service.text
    return service.json()


def book(staff, service, starts_at, number):
    customer = {"name": f"Titular {number}", "phone": f"0982 {600000 + number}"}
    form = {"service_id": service["id"], "starts_at": starts_at, "customer": customer, "status": "CONFIRMED"}
    answer = staff.call("POST", f"{SALON}/appointments", form)
    assert answer.status_code == 201, answer.text
    return answer.json()


def wait_for(staff, service, number):
    customer = {"name": f"Espera {number}", "phone": f"0982 {700000 + number}"}
    form = {"service_id": service["id"], "date": DAY.isoformat(), "customer": customer}
    return staff.call("POST", f"{SALON}/waiting", form)


def test_a_freed_time_is_held_for_the_first_in_line_who_confirms_it(staff, viewer, massage, stack):
    free = viewer.call("GET", f"{SALON}/appointments/availability?service={massage['id']}&date={DAY}").json()["slots"]
    full = [book(staff, massage, slot["starts_at"], number) for number, slot in enumerate(free)]
    assert len(full) == 2
    first, second = wait_for(staff, massage, 1), wait_for(staff, massage, 2)
    assert (first.status_code, second.status_code) == (201, 201), first.text
    problem(wait_for(staff, massage, 1), 409, "already_waiting")
    one = f"{SALON}/waiting/{first.json()['id']}"
    assert sweep(stack)["offers"] == 0

    assert staff.call("POST", f"{SALON}/appointments/{full[1]['id']}/cancel").status_code == 200
    # Nobody calls the sweeper: its schedule does.
    eventually(lambda: viewer.call("GET", one).json()["status"] != "WAITING", EVERY_MINUTE, pause=1)
    offered = viewer.call("GET", one).json()

    assert (offered["status"], offered["offer_starts_at"]) == ("OFFERED", full[1]["starts_at"])
    held = f"{SALON}/appointments/{offered['appointment_id']}"
    told = viewer.call("GET", held).json()
    assert (told["customer_name"], told["status"]) == ("Espera 1", "PENDING")
    assert told["hold_expires_at"] == offered["offer_expires_at"]
    form = {"service_id": massage["id"], "starts_at": full[1]["starts_at"], "customer": {"name": "Otro"}}
    problem(staff.call("POST", f"{SALON}/appointments", form), 409, "slot_taken")

    assert staff.call("POST", f"{held}/confirm").json()["status"] == "CONFIRMED"
    problem(staff.call("DELETE", one), 409, "wrong_state")
    assert viewer.call("GET", one).json()["status"] == "BOOKED"
    assert viewer.call("GET", f"{SALON}/waiting?service={massage['id']}&status=WAITING").json()["items"] == [
        second.json()
    ]


def test_who_leaves_is_no_longer_in_the_line(staff, viewer, massage):
    entry = wait_for(staff, massage, 3)
    one = f"{SALON}/waiting/{entry.json()['id']}"

    assert staff.call("DELETE", one, If_Match=entry.headers["etag"]).status_code == 204

    assert viewer.call("GET", one).json()["status"] == "WITHDRAWN"
    assert viewer.call("DELETE", one).status_code == 403
