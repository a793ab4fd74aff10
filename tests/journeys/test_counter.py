"""The counter's exceptions through the deployed stack: an hour closed with one call, and a customer who comes now."""

from datetime import datetime, timedelta

import pytest

from mostrador.tenancy.views.opening_hours import WEEKDAYS
from tests.journeys import days
from tests.journeys.conftest import free_starts
from tests.journeys.visitors import Visitor, problem

pytestmark = pytest.mark.journey


@pytest.fixture
def day():
    return days.today() + timedelta(days=3)


@pytest.fixture
def shop(found):
    return found("Salón con almuerzo", minimum_notice_minutes=10 * 24 * 60)


def starts(shop, service, day, who, base):
    path = f"{base}/{'appointments/' if base == shop.api else ''}availability?service={service['id']}&date={day}"
    return [slot["starts_at"] for slot in who.call("GET", path).json()["slots"]]


def test_staff_close_two_hours_of_two_people_and_book_inside_the_notice(shop, day, http):
    every_day = {name: [{"opens": "09:00", "closes": "18:00"}] for name in WEEKDAYS}
    people = [shop.make("resources", {"name": name, "business_hours": every_day})["id"] for name in ("Ana", "Luz")]
    service = shop.service("Corte", duration_minutes=60, resource_ids=people)
    form = {"service_id": service["id"], "customer_data": {"name": "Sol", "phone": "0982 123 456"}}
    assert starts(shop, service, day, Visitor(http), shop.public) == []

    def book(hour, **more):
        at = {"scheduled_at": f"{day}T{hour:02d}:00:00-03:00"}
        return shop.staff.call("POST", f"{shop.api}/appointments", form | at | more)

    def block(hour):
        span = {"starts_at": f"{day}T{hour:02d}:00:00-03:00", "ends_at": f"{day}T{hour + 1:02d}:00:00-03:00"}
        return shop.staff.call("POST", f"{shop.api}/blocks", {"title": "Almuerzo", "resource_ids": people} | span)

    lunch, dentist = block(12), block(16)
    assert (lunch.status_code, dentist.status_code) == (201, 201), lunch.text
    problem(book(10), 409, "slot_taken")
    booked = book(10, override=["before_notice"])
    assert (booked.status_code, booked.json()["overridden"]) == (201, ["before_notice"]), booked.text
    refused = problem(book(12, override=["before_notice"]), 409, "slot_taken")
    assert (refused["reason"], refused["details"]["block_id"]) == ("blocked", lunch.json()["id"])

    stands = problem(block(10), 409, "time_booked")
    assert [one["appointment_id"] for one in stands["affected"]] == [booked.json()["id"]]
    listed = shop.viewer.call("GET", f"{shop.api}/blocks?date={day}")
    assert listed.status_code == 200, listed.text
    assert [one["id"] for one in listed.json()["items"]] == [lunch.json()["id"], dentist.json()["id"]]
    problem(shop.viewer.call("DELETE", f"{shop.api}/blocks/{lunch.json()['id']}"), 403, "forbidden")

    assert shop.staff.call("DELETE", f"{shop.api}/blocks/{lunch.json()['id']}").status_code == 204
    assert book(12, override=["before_notice"]).status_code == 201


def every_minute(found, slug):
    """Open day and night without notice, so that the next starts are within the hour."""
    hours = {name: [{"opens": "00:00", "closes": "24:00"}] for name in WEEKDAYS}
    return found(slug, minimum_notice_minutes=0, business_hours=hours)


def test_a_visit_arrives_begins_ends_early_and_is_taken_back(found):
    shop = every_minute(found, "Salón de siempre")
    service = shop.service("Corte", duration_minutes=30, price="50.00")
    free = starts_of(shop, service)  # three in a row, on one day
    first, second, third = next(free[n : n + 3] for n in range(1, 9) if free[n][:10] == free[n + 3][:10])

    def post(url, body=None, **headers):
        return shop.staff.call("POST", f"{shop.api}/appointments{url}", body, **headers)

    def book(at, number):
        person = {"name": f"Cliente {number}", "phone": f"0981 60000{number}"}
        booked = post("", {"service_id": service["id"], "scheduled_at": at, "customer_data": person})
        assert booked.status_code == 201, booked.text
        return f"/{booked.json()['id']}"

    visit, follower, last = book(first, 1), book(second, 2), book(third, 3)
    shown = shop.staff.call("GET", f"{shop.api}/appointments{visit}").json()
    assert shown["may"] == ["confirm", "arrive", "start", "delay", "reschedule", "cancel"]
    assert "may" not in shop.viewer.call("GET", f"{shop.api}/appointments{visit}").json()

    late = post(f"{visit}/delay", {"minutes": 10}).json()
    told = [(one["appointment_id"], one["overlap_minutes"]) for one in late["overlaps"]]
    assert told == [(follower[1:], 10), (last[1:], 10)]
    pushed = post(f"{visit}/delay", {"minutes": 10, "push": True})
    assert pushed.status_code == 200, pushed.text
    assert [one["appointment_id"] for one in pushed.json()["moved"]] == [follower[1:], last[1:]]
    assert post(f"{visit}/delay", {"minutes": 10, "push": True}).json()["moved"] == []

    there = post(f"{visit}/arrive")
    assert (there.status_code, there.json()["status"]) == (200, "CONFIRMED"), there.text
    problem(post(f"{visit}/no-show"), 409, "too_early")
    assert post(f"{visit}/start").json()["may"][-1] == "undo_start"
    done = post(f"{visit}/complete").json()
    assert (done["status"], done["freed_at"] is None) == ("COMPLETED", False)
    assert done["freed_at"] < done["ends_at"]
    problem(post(f"{visit}/undo", {"move": "arrive"}), 409, "not_the_last_move")
    back = post(f"{visit}/undo", {"move": "complete"}).json()
    assert (back["status"], back["freed_at"], back["completed_at"]) == ("CONFIRMED", None, None)
    assert [entry["change"] for entry in back["history"]][-4:] == ["ARRIVED", "STARTED", "COMPLETED", "REOPENED"]

    paid = post(f"{last}/payments", {"method": "CASH"}, Idempotency_Key="caja-1")
    assert paid.status_code in (200, 201), paid.text
    assert post(f"{last}/cancel").json()["payment_status"] == "REFUNDED"
    restored = post(f"{last}/undo", {"move": "cancel"}, Idempotency_Key="deshacer-1")
    assert restored.status_code == 200, restored.text
    assert (restored.json()["status"], restored.json()["payment_status"]) == ("CONFIRMED", "PAID")
    assert post(f"{last}/undo", {"move": "cancel"}, Idempotency_Key="deshacer-1").json() == restored.json()

    assert post(f"{last}/cancel").status_code == 200
    at = restored.json()["scheduled_at"]
    other = {"name": "Otra", "phone": "0981 600009"}
    taken = {"service_id": service["id"], "customer_data": other, "override": ["before_notice"]}
    start = next(one for one in starts_of(shop, service) if abs(minutes(one, at)) < 30)
    assert post("", taken | {"scheduled_at": start}).status_code == 201
    refused = problem(post(f"{last}/undo", {"move": "cancel"}), 409, "slot_taken")
    assert refused["reason"] == "taken"


def starts_of(shop, service):
    return free_starts(shop.staff, f"{shop.api}/appointments/availability", service["id"], 0)


def minutes(one, other):
    return (datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds() / 60
