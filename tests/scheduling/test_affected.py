"""Who is affected by a block."""

import pytest

from mostrador.scheduling import appointments, services
from mostrador.scheduling.views.services import NewService
from tests.support import illness, till
from tests.support.days import shifted
from tests.support.http import admin, foreign, staff, viewer
from tests.support.illness import BLOCKS, DAY, HOUR, book, ill


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def chairs(salon, now):
    return illness.people(now, "Eva", "Luz")


@pytest.fixture
def cut(chairs, now):
    return illness.offer(now, chairs)


def test_viewers_may_see_who_is_affected_and_nobody_else_does(cut, chairs, now):
    book(cut, now, 9, chairs[0])
    one = f"{BLOCKS}/{ill(chairs[0], now).id}"

    assert len(viewer.call("GET", f"{one}/affected").json["items"]) == 1
    assert viewer.call("POST", f"{one}/proposals", {}).status == 403
    assert foreign.call("GET", f"{one}/affected").status == 404
    assert foreign.call("POST", f"{one}/proposals", {}).status == 404
    assert admin.call("POST", f"{BLOCKS}/{'0' * 32}/proposals").status == 404


def days_off(who, **more):
    form = {"title": "Enferma", "from": DAY, "to": shifted("2026-12-03"), "resource_ids": [who]}
    return staff.call("POST", BLOCKS, form | more)


def test_those_who_are_affected_are_listed_with_all_that_a_call_needs(chairs, now):
    form = NewService(name="Yoga", duration_minutes=60, price="1", resource_ids=chairs[:1], capacity=3)
    yoga = services.create("salon", form, key=None, now=now)
    pair = NewService(
        name="Masaje", duration_minutes=60, price="5000", resource_ids=chairs[1:], second_resource_ids=chairs[:1]
    )
    massage = services.create("salon", pair, key=None, now=now)
    first = till.book(yoga, now)
    till.book(yoga, now, phone="0981 222 222")
    gone = till.book(yoga, now, phone="0981 333 333")
    appointments.cancel("salon", gone.id, reason="", actor_name="eva", now=now)
    two = till.book(massage, now, at=till.NINE + 2 * HOUR)

    made = days_off(chairs[0], even_if_booked=True).json

    listed = viewer.call("GET", f"{BLOCKS}/{made['id']}/affected").json["items"]
    assert listed == made["affected"]
    told = [(one["service_name"], one["seats_taken"], one["is_second"]) for one in listed]
    assert told == [("Yoga", 2, False), ("Yoga", 2, False), ("Masaje", 1, True)]
    assert listed[2] | {
        "appointment_id": two.id, "version": 1, "customer_phone": "+595981123456", "status": "PENDING",
        "payment_status": "PENDING", "total_amount": "5000", "paid_amount": "0", "amount_due": "5000",
        "second_resource_id": chairs[0],
    } == listed[2]  # fmt: skip
    appointments.cancel("salon", first.id, reason="", actor_name="eva", now=now)
    listed = viewer.call("GET", f"{BLOCKS}/{made['id']}/affected").json["items"]
    assert [one["seats_taken"] for one in listed] == [1, 1]


def test_an_appointment_that_is_over_is_not_affected(cut, chairs, now, monkeypatch):
    visit = till.book(cut, now, resource_id=chairs[0], status="CONFIRMED")
    monkeypatch.setattr("mostrador.clock.now", lambda: till.NINE + HOUR)

    assert days_off(chairs[0]).json["affected"] == []
    assert appointments.get("salon", visit.id, now=now).status == "CONFIRMED"


def test_one_that_began_before_its_time_is_not_affected(cut, chairs, now, monkeypatch):
    visit = till.book(cut, now, resource_id=chairs[0])
    monkeypatch.setattr("mostrador.clock.now", lambda: till.NINE - HOUR)
    assert staff.call("POST", f"/tenant/salon/api/appointments/{visit.id}/start").status == 200

    assert days_off(chairs[0], even_if_booked=True).json["affected"] == []
