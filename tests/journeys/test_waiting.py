"""A full day, somebody who waits, a cancellation: the sweeper holds the freed time for who waits."""

from datetime import timedelta

import pytest

from tests.journeys import days
from tests.journeys.conftest import sweep, swept
from tests.journeys.visitors import problem

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def day():
    return days.today() + timedelta(days=4)


@pytest.fixture
def massage(business, day):
    return massage_on(business, day)


def massage_on(business, day):
    """A service with two starts on this day, whatever its weekday, by somebody who works on no other."""
    hours = {f"{day:%A}".lower(): [{"opens": "09:00", "closes": "10:00"}]}
    giver = business.make("resources", {"name": "Marta", "business_hours": hours})
    return business.service("Masaje", price="20.00", resource_ids=[giver["id"]])


def book(business, service, scheduled_at, number):
    customer = {"name": f"Titular {number}", "phone": f"0982 {600000 + number}"}
    form = {"service_id": service["id"], "scheduled_at": scheduled_at, "customer_data": customer, "status": "CONFIRMED"}
    answer = business.staff.call("POST", f"{business.api}/appointments", form)
    assert answer.status_code == 201, answer.text
    return answer.json()


def fill(business, service, day):
    """Book both starts of the day."""
    path = f"{business.api}/appointments/availability?service={service['id']}&date={day}"
    free = business.staff.call("GET", path).json()["slots"]
    assert len(free) == 2
    return [book(business, service, slot["starts_at"], number) for number, slot in enumerate(free)]


def wait_for(business, service, day, number):
    customer = {"name": f"Espera {number}", "phone": f"0982 {700000 + number}"}
    form = {"service_id": service["id"], "date": day.isoformat(), "customer_data": customer}
    return business.staff.call("POST", f"{business.api}/waiting", form)


def test_a_freed_time_is_held_for_the_first_in_line_who_confirms_it(business, staff, viewer, massage, day, stack):
    """The sweeper is called here; tests/journeys/test_schedules.py has its schedule call it."""
    salon, full = business.api, fill(business, massage, day)
    first = wait_for(business, massage, day, 1)
    assert first.status_code == 201, first.text
    problem(wait_for(business, massage, day, 1), 409, "already_waiting")
    one = f"{salon}/waiting/{first.json()['id']}"
    sweep(stack)
    assert viewer.call("GET", one).json()["status"] == "WAITING"

    assert staff.call("POST", f"{salon}/appointments/{full[1]['id']}/cancel").status_code == 200
    second = wait_for(business, massage, day, 2)  # because somebody joins, the line is due at once
    assert second.status_code == 201, second.text
    swept(stack, lambda: viewer.call("GET", one).json()["status"] != "WAITING")
    offered = viewer.call("GET", one).json()

    assert (offered["status"], offered["offer_starts_at"]) == ("OFFERED", full[1]["scheduled_at"])
    held = f"{salon}/appointments/{offered['appointment_id']}"
    told = viewer.call("GET", held).json()
    assert (told["customer_name"], told["status"]) == ("Espera 1", "PENDING")
    assert told["hold_expires_at"] == offered["offer_expires_at"]
    form = {"service_id": massage["id"], "scheduled_at": full[1]["scheduled_at"], "customer_data": {"name": "Otro"}}
    problem(staff.call("POST", f"{salon}/appointments", form), 409, "slot_taken")

    assert staff.call("POST", f"{held}/confirm").json()["status"] == "CONFIRMED"
    problem(staff.call("DELETE", one), 409, "wrong_state")
    assert viewer.call("GET", one).json()["status"] == "BOOKED"
    assert viewer.call("GET", f"{salon}/waiting?service={massage['id']}&status=WAITING").json()["items"] == [
        second.json()
    ]


def test_who_leaves_is_no_longer_in_the_line(business, staff, viewer, massage, day):
    fill(business, massage, day)
    salon = business.api
    entry = wait_for(business, massage, day, 3)
    one = f"{salon}/waiting/{entry.json()['id']}"

    assert staff.call("DELETE", one, If_Match=entry.headers["etag"]).status_code == 204

    assert viewer.call("GET", one).json()["status"] == "WITHDRAWN"
    assert viewer.call("DELETE", one).status_code == 403
