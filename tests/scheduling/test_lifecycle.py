"""What becomes of an appointment after it was booked: moved, completed, missed, expired, counted."""

from datetime import datetime, timedelta

import pytest

from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    booking_limits,
    conclusions,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.rules.appointment_states import TooEarly, WrongAppointmentState
from mostrador.scheduling.views.appointments import AppointmentListing, AvailabilityQuery, NewAppointment, Rescheduling
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
ANA = {"name": "Ana", "phone": "0981 123 456"}


@pytest.fixture
def booked(haircut, now):
    return book(haircut, NINE, now)


def book(service, scheduled_at, now, **more):
    wanted = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, **({"customer_data": ANA} | more))
    return booking.book("salon", wanted, actor_name="eva", key=None, now=now)


def free(service, day, now):
    found = availability.find("salon", AvailabilityQuery(service=service.id, date=day), now=now).slots
    return [slot.starts_at for slot in found]


def move(appointment, scheduled_at, now, **more):
    return rescheduling.move(
        "salon", appointment.id, Rescheduling(scheduled_at=scheduled_at, **more), actor_name="eva", now=now
    )


def listed(now, **query):
    page = appointments.listing("salon", AppointmentListing.model_validate(query), now=now)
    return [item.id for item in page.items]


@pytest.mark.parametrize("away", [timedelta(hours=2), timedelta(days=1), timedelta(minutes=30)])
def test_a_moved_appointment_frees_the_old_time_and_takes_the_new(haircut, booked, now, away):
    after = move(booked, NINE + away, now)

    assert (after.id, after.scheduled_at) == (booked.id, NINE + away)
    assert NINE in free(haircut, shifted("2026-12-01"), now)
    assert NINE + away not in free(haircut, (NINE + away).date(), now)
    assert after.history == [
        {
            "at": shifted("2026-11-30T13:00:00Z"),
            "by": "eva",
            "change": "RESCHEDULED",
            "from": shifted("2026-12-01T12:00:00Z"),
            "to": keys.at(NINE + away),
            "notice_minutes": "1380",
            "resource_id": booked.resource_id,
            "resource_name": booked.resource_name,
        }
    ]
    assert listed(now, **{"from": NINE + away}) == listed(now, customer=booked.customer_id) == [booked.id]


def test_a_move_may_overlap_the_own_old_time(salon, now):
    long = services.create("salon", NewService(name="Color", duration_minutes=90, price="1"), key=None, now=now)
    booked = book(long, NINE, now)

    after = move(booked, NINE + timedelta(minutes=30), now)

    assert after.scheduled_at == NINE + timedelta(minutes=30)
    assert free(long, shifted("2026-12-01"), now)[0] == NINE + timedelta(hours=2)


def test_a_move_onto_another_is_refused_and_changes_nothing(haircut, booked, now):
    book(haircut, NINE + timedelta(hours=1), now)

    with pytest.raises(slots.SlotTaken):
        move(booked, NINE + timedelta(hours=1), now)

    kept = appointments.get("salon", booked.id, now=now)
    assert (kept.scheduled_at, kept.version) == (booked.scheduled_at, booked.version)


def test_moving_to_where_it_is_changes_nothing(booked, now):
    assert move(booked, NINE, now).version == booked.version


def test_what_is_over_is_not_moved(booked, now):
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)

    with pytest.raises(WrongAppointmentState, match="CANCELLED cannot become RESCHEDULED"):
        move(booked, NINE + timedelta(hours=1), now)


def test_a_moved_appointment_keeps_the_terms_it_was_booked_under(haircut, booked, now):
    services.change("salon", haircut.id, ServiceChanges(duration_minutes=120, price="999"), seen=None, now=now)

    moved = move(booked, NINE + timedelta(hours=1), now)

    assert moved.ends_at - moved.scheduled_at == timedelta(minutes=30)
    assert moved.total_amount == booked.total_amount


def test_a_full_day_does_not_keep_its_own_from_moving_within_it(salon, now):
    single = services.create(
        "salon", NewService(name="Uno", duration_minutes=30, price="1", max_bookings_per_day=1), key=None, now=now
    )
    booked = book(single, NINE, now)

    assert move(booked, NINE + timedelta(hours=3), now).scheduled_at == NINE + timedelta(hours=3)


def test_done_and_missed_are_known_only_after_the_start(booked, now):
    appointments.confirm("salon", booked.id, actor_name="eva", now=now)
    with pytest.raises(TooEarly):
        conclusions.complete("salon", booked.id, actor_name="eva", now=now)

    done = conclusions.complete("salon", booked.id, actor_name="eva", now=NINE)

    assert done.status == "COMPLETED"
    assert conclusions.complete("salon", booked.id, actor_name="eva", now=NINE).version == done.version
    with pytest.raises(WrongAppointmentState, match="COMPLETED cannot become NO_SHOW"):
        conclusions.no_show("salon", booked.id, actor_name="eva", now=NINE)


def test_a_lapsed_hold_expires_and_a_living_one_does_not(haircut, now):
    held = book(haircut, NINE, now, hold=True)
    assert held.due_pk.startswith("DUE#")
    lapse = held.hold_expires_at

    assert appointments.expire("salon", held.id, now=lapse - timedelta(seconds=1)).status == "PENDING"
    expired = appointments.expire("salon", held.id, now=lapse)

    assert (expired.status, expired.due_pk) == ("EXPIRED", None)
    assert reads.get_item(keys.agenda_day("salon", held.resource_id, NINE.date())).lines == {}
    assert NINE in free(haircut, shifted("2026-12-01"), lapse)


def test_what_was_confirmed_in_time_does_not_expire(haircut, now):
    held = book(haircut, NINE, now, hold=True)
    appointments.confirm("salon", held.id, actor_name="eva", now=now)

    assert appointments.expire("salon", held.id, now=now + timedelta(days=1)).status == "CONFIRMED"


def test_a_phone_may_have_only_so_many_to_come(haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=2), seen=None, now=now)
    first = book(haircut, NINE, now)
    book(haircut, NINE + timedelta(hours=1), now)

    with pytest.raises(booking_limits.TooManyActive, match=r"\+595981123456 has 2"):
        book(haircut, NINE + timedelta(hours=2), now)
    book(haircut, NINE + timedelta(hours=2), now, customer_data={"name": "Beto", "phone": "0982 222 222"})

    appointments.cancel("salon", first.id, reason="", actor_name="eva", now=now)
    assert book(haircut, NINE + timedelta(hours=3), now).status == "PENDING"
    assert book(haircut, NINE + timedelta(days=1), NINE + timedelta(hours=12)).status == "PENDING"


def test_what_is_confirmed_or_moved_goes_on_counting(haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=1), seen=None, now=now)
    held = book(haircut, NINE, now, hold=True)
    appointments.confirm("salon", held.id, actor_name="eva", now=now)
    with pytest.raises(booking_limits.TooManyActive):
        book(haircut, NINE + timedelta(hours=1), now + timedelta(hours=1))

    move(held, NINE + timedelta(days=2), now)

    with pytest.raises(booking_limits.TooManyActive):
        book(haircut, NINE + timedelta(days=1), NINE + timedelta(hours=3))


def test_a_weekly_limit_over_too_many_resources_is_refused_when_the_service_is_made(salon, now):
    many = [resources.create("salon", NewResource(name=str(n)), key=None, now=now).id for n in range(13)]
    wanted = NewService(name="X", duration_minutes=30, price="1", max_bookings_per_week=2, resource_ids=many)

    with pytest.raises(services.TooManyResources, match="12 resources, not 13"):
        services.create("salon", wanted, key=None, now=now)

    few = services.create(
        "salon",
        NewService(name="X", duration_minutes=30, price="1", max_bookings_per_week=2, resource_ids=many[:12]),
        key=None,
        now=now,
    )
    assert book(few, NINE, now).status == "PENDING"
    with pytest.raises(services.TooManyResources):
        services.change("salon", few.id, ServiceChanges(resource_ids=many), seen=None, now=now)


def test_the_limit_of_a_phone_holds_for_who_is_named_by_id_too(haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=1), seen=None, now=now)
    ana = book(haircut, NINE, now).customer_id

    with pytest.raises(booking_limits.TooManyActive):
        book(haircut, NINE + timedelta(hours=1), now, customer_data=None, customer_id=ana)


def test_a_service_that_needs_a_person_and_a_room_takes_both(haircut, now):
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=now)
    massage = services.create(
        "salon",
        NewService(name="Masaje", duration_minutes=60, price="1", second_resource_ids=[room.id]),
        key=None,
        now=now,
    )
    in_room = services.create(
        "salon",
        NewService(name="Depilación", duration_minutes=60, price="1", resource_ids=[room.id]),
        key=None,
        now=now,
    )

    booked = book(massage, NINE, now)

    assert (booked.resource_id, booked.second_resource_id) == (haircut.resource_ids[0], room.id)
    assert NINE not in free(haircut, shifted("2026-12-01"), now)
    assert NINE not in free(in_room, shifted("2026-12-01"), now)
    book(in_room, NINE + timedelta(hours=2), now)
    assert NINE + timedelta(hours=2) not in free(massage, shifted("2026-12-01"), now)
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)
    assert NINE in free(in_room, shifted("2026-12-01"), now)
    assert NINE in free(massage, shifted("2026-12-01"), now)


def test_a_weekly_limit_counts_the_week_of_all_resources(salon, monday):
    tuesday = datetime.fromisoformat("2026-12-01T09:00:00-03:00")
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=monday)
    first = reads.everything(*keys.resource("salon", ""))[0]
    limited = services.create(
        "salon",
        NewService(
            name="X", duration_minutes=30, price="1", max_bookings_per_week=2, resource_ids=[first.id, second.id]
        ),
        key=None,
        now=monday,
    )
    book(limited, tuesday, monday, resource_id=first.id)
    book(limited, tuesday + timedelta(days=2), monday, resource_id=second.id)

    with pytest.raises(slots.SlotTaken) as refused:
        book(limited, tuesday + timedelta(days=3), monday)

    assert (refused.value.facts["reason"], refused.value.facts["details"]) == (
        "weekly_limit",
        {"booked": 2, "limit": 2},
    )
    assert free(limited, "2026-12-04", monday) == []
    assert book(limited, tuesday + timedelta(days=7), monday).status == "PENDING"


def test_a_service_is_bookable_until_a_date(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(bookable_until=shifted("2026-12-01")), seen=None, now=now)

    assert free(haircut, shifted("2026-12-01"), now) != []
    assert free(haircut, shifted("2026-12-02"), now) == []


def test_a_class_tells_its_seats_and_fills_up(salon, now):
    yoga = services.create(
        "salon", NewService(name="Yoga", duration_minutes=60, price="1", capacity=2), key=None, now=now
    )

    def seats():
        query = AvailabilityQuery(service=yoga.id, date=shifted("2026-12-01"))
        return {slot.starts_at: slot.seats_left for slot in availability.find("salon", query, now=now).slots}.get(NINE)

    assert seats() == 2
    book(yoga, NINE, now)
    assert seats() == 1
    book(yoga, NINE, now, customer_data={"name": "Beto"})
    assert seats() is None
    with pytest.raises(slots.SlotTaken, match="no_seats"):
        book(yoga, NINE, now, customer_data={"name": "Caro"})


def test_explained_availability_says_what_removed_each_start(haircut, booked, now):
    query = AvailabilityQuery(service=haircut.id, date=shifted("2026-12-01"), explain=True)

    view = availability.find("salon", query, now=now)

    (refused,) = view.refused
    assert (refused.starts_at, refused.reason) == (NINE, "taken")
    assert refused.details == {
        "from": shifted("2026-12-01T09:00:00-03:00"),
        "until": shifted("2026-12-01T09:30:00-03:00"),
        "only_its_buffer": False,
    }
