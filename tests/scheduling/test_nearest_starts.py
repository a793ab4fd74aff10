"""The three free starts nearest to a refused one: from the days at hand where these tell, else from the days around."""

from datetime import datetime, timedelta
from random import Random

import pytest

from mostrador.scheduling import booking, booking_context, free_starts, resources, services, slots
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.values import local_time
from tests.support.days import shifted
from tests.support.lines import trips

ANA = {"name": "Ana López", "phone": "0981 123 456"}
DAY = datetime.fromisoformat(shifted("2026-12-01T00:00:00-03:00"))
TODAY = datetime.fromisoformat(shifted("2026-11-30T00:00:00-03:00"))
ALWAYS = {str(weekday): [{"opens": "00:00", "closes": "24:00"}] for weekday in range(7)}
SERVICES = {
    "plain": {},
    "long, with buffers": {"duration_minutes": 90, "buffer_before_minutes": 20, "buffer_time_minutes": 25},
    "a class": {"capacity": 2},
    "a daily limit": {"max_bookings_per_day": 6},
    "a weekly limit": {"max_bookings_per_week": 9},
}


def offered(now, **form):
    giver = resources.create("salon", NewResource(name="Sala"), key=None, now=now)
    usual = {"name": "Otro", "duration_minutes": 30, "price": "1000", "resource_ids": [giver.id]}
    return services.create("salon", NewService(**usual | form), key=None, now=now)


def fill(service, now, days, dice):
    """Bookings wherever dice put them on these days, as far as they fit."""
    for day in days:
        for _ in range(14):
            at = day + timedelta(minutes=30 * dice.randint(0, 47))
            form = NewAppointment(service_id=service.id, scheduled_at=at, customer_data=ANA)
            try:
                booking.book("salon", form, actor_name="eva", key=None, now=now)
            except slots.SlotTaken:
                continue


def refusals(service, day, now):
    """Each start of the day that is refused, with its error."""
    for number in range(48):
        start = local_time.minute(day + timedelta(minutes=30 * number))
        context = booking_context.load("salon", service.id, [start], [])
        try:
            slots.choose(context, start, SlotQuery(now))
        except slots.SlotTaken as error:
            yield number, error.facts


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("day", [TODAY, DAY], ids=["today", "tomorrow"])
def test_the_days_at_hand_tell_what_all_the_days_around_tell(salon, now, monkeypatch, name, day):
    dice, service = Random(f"{name} {day}"), offered(now, **SERVICES[name])  # noqa: S311 - the same each time
    fill(service, now, [day + timedelta(days=number) for number in (-1, 0, 1)], dice)

    quick = list(refusals(service, day, now))
    monkeypatch.setattr(slots, "_nearest_at_hand", lambda *_: None)

    assert quick == list(refusals(service, day, now))
    assert len(quick) > 10


def test_red_control_without_the_check_of_the_edges_they_differ(salon, now, monkeypatch):
    """Half an hour before midnight the nearest free start may be tomorrow's."""
    service = offered(now)
    fill(service, now, [DAY], Random(7))  # noqa: S311
    right = list(refusals(service, DAY, now))

    def careless(context, start, query):
        first = local_time.local_day(start, service_zone(context))
        return slots.availability.nearest(list(free_starts.free(context, first, first, query)), start)

    monkeypatch.setattr(slots, "_nearest_at_hand", careless)

    assert right != list(refusals(service, DAY, now))


def service_zone(context):
    return slots.tenants.zone(context.tenant)


def refused(service, at, now):
    form = NewAppointment(service_id=service.id, scheduled_at=at, customer_data=ANA)
    with trips() as made, pytest.raises(slots.SlotTaken):
        booking.book("salon", form, actor_name="eva", key=None, now=now)
    return made


def test_a_refusal_with_free_time_near_reads_no_more_than_a_booking(haircut, now):
    at = DAY + timedelta(hours=10)
    form = NewAppointment(service_id=haircut.id, scheduled_at=at, customer_data=ANA)
    booking.book("salon", form, actor_name="eva", key=None, now=now)

    assert refused(haircut, at, now) == ["BatchGetItem"]


def test_a_refusal_at_night_looks_at_the_days_around(haircut, now):
    """The evening before may be nearer than the morning after."""
    at = DAY + timedelta(hours=3)

    assert len(refused(haircut, at, now)) > 1
