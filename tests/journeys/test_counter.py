"""The counter's exceptions through the deployed stack: an hour closed with one call, and a customer who comes now."""

from datetime import timedelta

import pytest

from mostrador.tenancy.views.opening_hours import WEEKDAYS
from tests.journeys import days
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
