"""Moves: the resource that stays, a discontinued service, another professional, and the times to move to."""

from datetime import datetime, timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    manage_links,
    public_booking,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.booking_context import ServiceInactive
from mostrador.scheduling.manage_links import DeadLink
from mostrador.scheduling.public_booking import OtherService
from mostrador.scheduling.rules.appointment_states import WrongAppointmentState
from mostrador.scheduling.views.appointments import AppointmentView, AvailabilityQuery, NewAppointment, Rescheduling
from mostrador.scheduling.views.public_booking import PublicFreeTimes
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.table import keys
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)


@pytest.fixture
def chairs(salon, now):
    """Two professionals: Marta, then Rosa."""
    make = [NewResource(name="Marta"), NewResource(name="Rosa")]
    return [resources.create("salon", one, key=None, now=now) for one in make]


@pytest.fixture
def cut(chairs, now):
    return offer(chairs, now)


def offer(chairs, now, **more):
    form = {"name": "Corte", "duration_minutes": 30, "price": "1", "resource_ids": [one.id for one in chairs]} | more
    return services.create("salon", NewService.model_validate(form), key=None, now=now)


def book(service, at, now, resource=None, **more):
    form = {"service_id": service.id, "scheduled_at": at, "customer_data": {"name": "Ana"}} | more
    if resource:
        form["resource_id"] = resource.id
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def move(appointment, at, now, resource=None, **more):
    form = Rescheduling(scheduled_at=at, resource_id=resource.id if resource else None)
    return rescheduling.move("salon", appointment.id, form, actor_name="eva", now=now, **more)


def by_link(appointment, at, now, resource=None):
    form = Rescheduling(scheduled_at=at, resource_id=resource.id if resource else None)
    token = manage_links.token("salon", appointment.id)
    return public_booking.reschedule("salon", token, form, address="203.0.113.7", now=now).appointment


def free(service, now, **more):
    query = {"service": service.id, "date": shifted("2026-12-01")} | more
    return availability.find("salon", AvailabilityQuery.model_validate(query), now=now).slots


def free_by_link(service, appointment, now, **more):
    query = {
        "service": service.id,
        "date": shifted("2026-12-01"),
        "moving": manage_links.token("salon", appointment.id),
    }
    return public_booking.free_times("salon", PublicFreeTimes.model_validate(query | more), now=now).slots


def starts(slots_found):
    return [slot.starts_at for slot in slots_found]


def test_a_move_by_link_keeps_the_professional_also_where_another_has_less_to_do(chairs, cut, now):
    marta, _ = chairs
    book(cut, NINE + 4 * HOUR, now, marta)
    booked = book(cut, NINE, now, marta)

    assert by_link(booked, NINE + HOUR, now).resource_id == marta.id


def test_a_move_by_link_asks_for_another_professional_by_name_alone(chairs, cut, now):
    marta, rosa = chairs
    booked, _ = book(cut, NINE, now, marta), book(cut, NINE + HOUR, now, marta)

    with pytest.raises(slots.SlotTaken) as refused:
        by_link(booked, NINE + HOUR, now)

    assert shifted("2026-12-01T09:00:00-03:00") in refused.value.facts["alternatives"]
    assert by_link(booked, NINE + HOUR, now, rosa).resource_id == rosa.id


def test_a_professional_who_left_is_replaced_by_whoever_is_free(chairs, cut, now):
    marta, rosa = chairs
    booked = book(cut, NINE, now, marta)
    services.change("salon", cut.id, ServiceChanges(resource_ids=[rosa.id]), seen=None, now=now)

    assert by_link(booked, NINE + HOUR, now).resource_id == rosa.id


def test_staff_moves_to_the_same_professional_if_she_is_free_and_else_to_another(chairs, cut, now):
    marta, rosa = chairs
    booked = book(cut, NINE, now, marta)
    book(cut, NINE + 2 * HOUR, now, marta)

    assert move(booked, NINE + HOUR, now).resource_id == marta.id
    assert move(booked, NINE + 2 * HOUR, now).resource_id == rosa.id


def test_a_move_is_one_entry_with_its_notice_and_the_resource(chairs, cut, now):
    marta, rosa = chairs
    booked = book(cut, NINE, now, marta)

    told = move(booked, NINE + HOUR, now, rosa).history

    assert told == [
        {
            "at": keys.at(now),
            "by": "eva",
            "change": "RESCHEDULED",
            "from": keys.at(NINE),
            "to": keys.at(NINE + HOUR),
            "notice_minutes": str((NINE - now) // timedelta(minutes=1)),
            "resource_id": rosa.id,
            "resource_name": "Rosa",
            "from_resource_id": marta.id,
            "from_resource_name": "Marta",
        }
    ]


def test_another_professional_at_the_same_time_is_told_as_that(chairs, cut, now):
    marta, rosa = chairs
    booked = book(cut, NINE, now, marta)

    (told,) = move(booked, NINE, now, rosa).history

    assert (told["change"], "from" in told) == ("REASSIGNED", False)
    assert (told["from_resource_name"], told["resource_name"]) == ("Marta", "Rosa")


def test_the_view_shows_the_entry_with_numbers(chairs, cut, now):
    moved = move(book(cut, NINE, now, chairs[0]), NINE + HOUR, now, chairs[1])

    (told,) = AppointmentView.model_validate(moved).history

    assert told["notice_minutes"] == (NINE - now) // timedelta(minutes=1)


def test_staff_moves_a_discontinued_service_and_a_link_does_not(cut, now):
    booked = book(cut, NINE, now)
    services.change("salon", cut.id, ServiceChanges(is_active=False), seen=None, now=now)

    with pytest.raises(ServiceInactive):
        by_link(booked, NINE + HOUR, now)
    with pytest.raises(ServiceInactive):
        free_by_link(cut, booked, now)
    with pytest.raises(ServiceInactive):
        free(cut, now)
    assert NINE + HOUR in starts(free(cut, now, moving=booked.id))
    assert move(booked, NINE + HOUR, now).scheduled_at == NINE + HOUR


def test_nobody_books_a_discontinued_service(cut, now):
    services.change("salon", cut.id, ServiceChanges(is_active=False), seen=None, now=now)

    with pytest.raises(ServiceInactive):
        book(cut, NINE, now)


def test_the_own_time_is_free_for_who_moves(haircut, now):
    long = offer_alone(now, duration_minutes=90)
    booked = book(long, NINE, now)

    assert NINE not in starts(free(long, now))
    found = starts(free(long, now, moving=booked.id))
    assert found[:3] == [NINE, NINE + HALF, NINE + HOUR]
    assert starts(free_by_link(long, booked, now)) == found
    assert move(booked, NINE + HALF, now).scheduled_at == NINE + HALF


def offer_alone(now, **more):
    form = {"name": "Sola", "duration_minutes": 30, "price": "1"} | more
    return services.create("salon", NewService.model_validate(form), key=None, now=now)


@pytest.mark.parametrize("limit", ["max_bookings_per_day", "max_bookings_per_week"])
def test_a_limit_does_not_count_the_appointment_that_moves(salon, now, limit):
    once = offer_alone(now, **{limit: 1})
    booked = book(once, NINE, now)

    assert free(once, now) == []
    assert NINE + HOUR in starts(free(once, now, moving=booked.id))
    assert NINE + HOUR in starts(free_by_link(once, booked, now))


def test_a_seat_of_the_own_class_is_free_for_who_moves(salon, now):
    pair = offer_alone(now, capacity=2)
    booked, _ = book(pair, NINE, now), book(pair, NINE, now)

    (slot,) = [one for one in free(pair, now, moving=booked.id) if one.starts_at == NINE]

    assert slot.seats_left == 1


def test_what_is_offered_for_a_move_has_the_length_that_was_booked(salon, now):
    short = offer_alone(now)
    booked = book(short, NINE, now, duration_minutes=90)

    slot = free(short, now, moving=booked.id)[0]

    assert slot.ends_at - slot.starts_at == timedelta(minutes=90)
    assert free(short, now, moving=booked.id, duration_minutes=60)[0].ends_at == NINE + HOUR


def test_a_link_is_offered_what_it_can_take_with_its_own_professional(chairs, cut, now):
    marta, rosa = chairs
    booked, _ = book(cut, NINE, now, marta), book(cut, NINE + HOUR, now, marta)

    own, other = free_by_link(cut, booked, now), free_by_link(cut, booked, now, resource=rosa.id)

    assert {tuple(slot.resource_ids) for slot in own} == {(marta.id,)}
    assert (NINE + HOUR in starts(own), NINE + HOUR in starts(other)) == (False, True)
    for slot in own[:3]:
        assert by_link(booked, slot.starts_at, now).resource_id == marta.id


def test_what_is_over_has_no_times_to_move_to(cut, now):
    booked = book(cut, NINE, now)
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)

    with pytest.raises(WrongAppointmentState):
        free(cut, now, moving=booked.id)


def test_a_link_is_asked_about_its_own_service_and_tenant(haircut, cut, clinic, now):
    booked = book(cut, NINE, now)
    token = manage_links.token("salon", booked.id)

    with pytest.raises(OtherService):
        free_by_link(haircut, booked, now)
    with pytest.raises(DeadLink):
        free_by_link(cut, booked, now, moving=f"{token}x")
    query = {"service": cut.id, "date": shifted("2026-12-01")}
    with pytest.raises(DeadLink):
        public_booking.free_times("clinic", PublicFreeTimes.model_validate(query | {"moving": token}), now=now)
    with pytest.raises(NotHere):
        availability.find("clinic", AvailabilityQuery.model_validate(query | {"moving": booked.id}), now=now)
