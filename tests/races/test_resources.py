"""A resource is not deleted under a booking in flight, and a move keeps the limits of the days that it leaves."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere, ServiceError
from mostrador.scheduling import agenda, appointments, booking, recurring, rescheduling, resources
from mostrador.scheduling.views.appointments import AppointmentListing, Rescheduling
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.services import NewResource
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.opening_hours import WEEKDAYS
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.races.test_one_slot import NINE, book, offer, shop, winners
from tests.support.at_once import at_once

__all__ = ["shop"]
pytestmark = pytest.mark.race


def is_there(resource, now):
    try:
        resources.get("salon", resource.id, now=now)
    except NotHere:
        return False
    return True


def chair(now):
    resource = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    return resource, offer(now, resource_ids=[resource.id])


def delete(resource, now):
    return resources.delete("salon", resource.id, seen=None, now=now)


def test_bookings_and_a_deletion_at_once_leave_no_booking_without_its_resource(shop, now):
    for _ in range(4):
        resource, service = chair(now)

        def either(number, resource=resource, service=service):
            return delete(resource, now) if number == 0 else book(service, NINE + timedelta(days=number), now, number)

        answers = at_once(8, either)

        assert is_there(resource, now) == bool(winners(answers)), [repr(answer) for answer in answers]


@pytest.fixture
def in_flight(monkeypatch):
    """Has a call made once, between a booking's decision and its transaction."""
    write = booking.write

    def before_the_write(call):
        def written(*args, **more):
            monkeypatch.setattr(booking, "write", write)
            call()
            return write(*args, **more)

        monkeypatch.setattr(booking, "write", written)

    return before_the_write


def test_a_booking_whose_resource_is_deleted_before_its_transaction_is_refused(shop, now, in_flight):
    resource, service = chair(now)
    in_flight(lambda: delete(resource, now))

    with pytest.raises(ServiceError):
        book(service, NINE, now)

    assert not is_there(resource, now)
    assert appointments.listing("salon", AppointmentListing(limit=10), now=now).items == []


def test_red_control_without_new_versions_of_the_days_its_booking_is_left_alone(shop, now, in_flight, monkeypatch):
    monkeypatch.setattr(agenda, "renew", lambda *_: None)
    resource, service = chair(now)
    in_flight(lambda: delete(resource, now))

    booked = book(service, NINE, now)

    assert booked.resource_id == resource.id
    assert not is_there(resource, now)


def series(service, now):
    wanted = NewSeries(service_id=service.id, scheduled_at=NINE, customer_data={"name": "Ana"}, count=3, every_weeks=8)
    return recurring.book("salon", wanted, actor_name="eva", key=None, now=now)


def test_a_series_past_the_window_is_refused_with_its_resource(shop, now, in_flight):
    resource, service = chair(now)
    in_flight(lambda: delete(resource, now))

    with pytest.raises(ServiceError):
        series(service, now)

    assert not is_there(resource, now)


def test_red_control_without_the_check_of_the_resource_a_series_past_the_window_is_left_alone(
    shop, now, in_flight, monkeypatch
):
    monkeypatch.setattr(agenda, "check_resource", lambda *_: None)
    monkeypatch.setattr(agenda, "renew", lambda *_: None)
    resource, service = chair(now)
    in_flight(lambda: delete(resource, now))

    assert len(series(service, now).booked) == 3
    assert not is_there(resource, now)


def test_a_deletion_that_stops_halfway_leaves_the_resource_inactive_and_goes_on_later(shop, now, monkeypatch):
    def stop(*_args):
        raise RuntimeError("the function was stopped")

    resource, _ = chair(now)
    with monkeypatch.context() as patch:
        patch.setattr(agenda, "renew", stop)
        with pytest.raises(RuntimeError):
            delete(resource, now)
    assert not resources.get("salon", resource.id, now=now).is_active

    delete(resource, now)
    assert not is_there(resource, now)


def test_a_booking_that_is_faster_than_the_deletion_keeps_its_resource(shop, now, monkeypatch):
    resource, service = chair(now)
    set_active = resources._set_active

    def book_first(*args, **more):
        monkeypatch.setattr(resources, "_set_active", set_active)
        book(service, NINE, now)
        set_active(*args, **more)

    monkeypatch.setattr(resources, "_set_active", book_first)
    with pytest.raises(resources.ResourceInUse):
        delete(resource, now)

    assert resources.get("salon", resource.id, now=now).is_active
    assert book(service, NINE + timedelta(hours=2), now, 2)


def two_chairs(now):
    late = {day: [{"opens": "09:00", "closes": "02:00"}] for day in WEEKDAYS}
    tenants.change("salon", TenantOperationChanges(business_hours=late), seen=None, now=now)
    first = reads.everything(*keys.resource("salon", ""))[0]
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    return first, second, offer(now, max_bookings_per_day=1, resource_ids=[first.id, second.id])


def move_across_midnight(now, monkeypatch):
    """Move what runs into a day, to that day at the other resource, while somebody books the first one that day."""
    first, second, service = two_chairs(now)
    tuesday = NINE.replace(hour=23, minute=30)
    long = book(service, tuesday, now, resource_id=first.id, duration_minutes=60)
    write, booked = rescheduling.write, []

    def written(*args, **more):
        monkeypatch.setattr(rescheduling, "write", write)
        booked.append(book(service, NINE + timedelta(days=1), now, 2, resource_id=first.id))
        return write(*args, **more)

    monkeypatch.setattr(rescheduling, "write", written)
    wanted = Rescheduling(scheduled_at=NINE + timedelta(days=1, hours=3), resource_id=second.id)
    return booked, lambda: rescheduling.move("salon", long.id, wanted, actor_name="eva", now=now)


def test_a_move_over_midnight_keeps_the_daily_limit(shop, now, monkeypatch):
    booked, move = move_across_midnight(now, monkeypatch)

    with pytest.raises(ServiceError) as caught:
        move()

    assert (caught.value.code, caught.value.facts["reason"], len(booked)) == ("slot_taken", "daily_limit", 1)


def test_red_control_without_the_check_of_the_days_it_leaves_the_daily_limit_breaks(shop, now, monkeypatch):
    free = agenda.free
    monkeypatch.setattr(agenda, "free", lambda tx, appointment_id, day_keys, *_: free(tx, appointment_id, day_keys))
    booked, move = move_across_midnight(now, monkeypatch)

    moved = move()

    assert moved.days == booked[0].days
