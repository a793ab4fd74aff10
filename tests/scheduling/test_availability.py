"""Availability for another duration than the service's, and booking what it offers."""

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from mostrador.scheduling import availability, booking, recurring, rescheduling, slots
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment, Rescheduling
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HALF = timedelta(minutes=30)
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def offered(service, now, **more):
    query = AvailabilityQuery(service=service.id, date=NINE.date(), **more)
    return availability.find("salon", query, now=now).slots


def book(service, scheduled_at, now, **more):
    form = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, customer_data={"name": "Ana"}, **more)
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def test_a_longer_appointment_fits_at_fewer_starts(haircut, now):
    book(haircut, NINE + 2 * HALF, now)

    long = offered(haircut, now, duration_minutes=60)

    usual = {slot.starts_at for slot in offered(haircut, now)}
    assert usual - {slot.starts_at for slot in long} == {NINE + HALF, max(usual)}
    assert {slot.ends_at - slot.starts_at for slot in long} == {2 * HALF}


def test_a_shorter_appointment_fits_before_closing(haircut, now):
    last = max(slot.starts_at for slot in offered(haircut, now))

    short = offered(haircut, now, duration_minutes=5)

    assert (max(slot.starts_at for slot in short), short[0].ends_at - short[0].starts_at) == (last, HALF / 6)


def test_what_is_offered_can_be_booked_and_nothing_else(haircut, now):
    book(haircut, NINE + 2 * HALF, now)

    with pytest.raises(slots.SlotTaken):
        book(haircut, NINE + HALF, now, duration_minutes=60)
    booked = book(haircut, NINE, now, duration_minutes=60)

    assert (booked.duration_minutes, booked.ends_at, booked.total_amount) == (60, NINE + 2 * HALF, haircut.price)
    with pytest.raises(slots.SlotTaken):
        book(haircut, NINE + HALF, now)


def test_a_booking_over_midnight_stands_in_both_days(all_day, now):
    late = NINE.replace(hour=23)

    booked = book(all_day, late, now, duration_minutes=180)

    assert booked.days == [str(late.date()), str(late.date() + timedelta(days=1))]
    with pytest.raises(slots.SlotTaken):
        book(all_day, late + 4 * HALF, now)


@pytest.fixture
def all_day(haircut, now):
    open_always = {day: [{"opens": "00:00", "closes": "24:00"}] for day in WEEK}
    tenants.change("salon", TenantChanges(business_hours=open_always), seen=None, now=now)
    return haircut


def test_a_moved_appointment_keeps_its_duration(haircut, now):
    booked = book(haircut, NINE, now, duration_minutes=60)

    after = rescheduling.move("salon", booked.id, Rescheduling(scheduled_at=NINE + HALF), actor_name="eva", now=now)

    assert (after.scheduled_at, after.duration_minutes) == (NINE + HALF, 60)


def test_each_date_of_a_series_has_its_duration(haircut, now):
    form = NewSeries(
        service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana"}, count=2, duration_minutes=45
    )

    made = recurring.book("salon", form, actor_name="eva", key=None, now=now)

    assert [one.duration_minutes for one in made.booked] == [45, 45]


@pytest.mark.parametrize("minutes", [-30, 0, 4, 1441, "x"])
def test_a_duration_is_one_that_a_service_may_have(haircut, minutes):
    with pytest.raises(ValidationError, match="duration_minutes"):
        AvailabilityQuery(service=haircut.id, date=NINE.date(), duration_minutes=minutes)
    with pytest.raises(ValidationError, match="duration_minutes"):
        NewAppointment(
            service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana"}, duration_minutes=minutes
        )
