"""Paraguay's law of October 2024, with the zones of two releases of tzdata: 09:00 as booked stays 09:00."""

from datetime import UTC, datetime, timedelta

import pytest

from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    booking_limits,
    clock_changes,
    ical_feeds,
    rebooking,
    rescheduling,
    resources,
    services,
    waiting_list,
    waiting_list_offers,
)
from mostrador.scheduling.views.appointments import AppointmentView, AvailabilityQuery, NewAppointment, Rescheduling
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.scheduling.views.waiting_list import NewWaiting
from mostrador.table import attempts, keys, reads, writes
from mostrador.table.items.scheduling import AgendaDay, Appointment
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import clocks

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
WINTER = "2027-06-01"
NINE_BEFORE, NINE_AFTER = datetime(2027, 6, 1, 13, 0, tzinfo=UTC), datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAR = {"advance_booking_days": 730, "price": "1"}


@pytest.fixture
def now():
    """A day of its own: the law is of a date."""
    return NOW


@pytest.fixture
def cut(salon):
    return services.create("salon", NewService(name="Corte", duration_minutes=60, **FAR), key=None, now=NOW)


def book(service, at, name="Ana", **more):
    wanted = NewAppointment(service_id=service.id, scheduled_at=at, customer_data={"name": name}, **more)
    return booking.book("salon", wanted, actor_name="eva", key=None, now=NOW)


def booked_before(service, count=1, **more):
    """Appointments of a service, one each hour from nine, made before the law was known."""
    with clocks.under(clocks.BEFORE):
        return [book(service, NINE_BEFORE + n * HOUR, f"cliente {n}", **more) for n in range(count)]


def survey(**more):
    return clock_changes.survey(tenants.find("salon", now=NOW), now=NOW, **more)


def apply(surveyed=None, until=NOW + HOUR, clock=lambda: NOW):
    return clock_changes.apply(surveyed or survey(), actor_name="system", clock=clock, until=until)


def get(appointment):
    return appointments.get("salon", appointment.id, now=NOW)


def on_the_clock(appointment):
    return AppointmentView.model_validate(get(appointment)).scheduled_at.isoformat()


def free(service, at=NOW):
    found = availability.find("salon", AvailabilityQuery(service=service.id, date=WINTER), now=at).slots
    return [slot.starts_at.strftime("%H:%M") for slot in found]


def lines(appointment):
    """The starts of the agenda's lines by appointment, over all its days."""
    partition = keys.agenda_partition("salon", appointment.resource_id)
    days = [one for one in reads.everything(partition, "2") if isinstance(one, AgendaDay)]
    return sorted((line.appointment_id, line.starts) for day in days for line in day.bookings())


def test_nine_as_booked_is_nine_after_the_law(cut):
    (booked,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        assert on_the_clock(booked) == "2027-06-01T10:00:00-03:00"  # until the command runs
        assert "09:00" in free(cut)

        (shift,) = survey().shifts
        assert (shift.appointment_id, shift.target * 60) == (booked.id, NINE_AFTER.timestamp())
        assert apply().moved == [booked.id]

        assert on_the_clock(booked) == "2027-06-01T09:00:00-03:00"
        assert {"09:00", "10:00"} & set(free(cut)) == {"10:00"}
        after = get(booked)
        assert (after.ends_at - after.scheduled_at, after.resource_id) == (HOUR, booked.resource_id)
        assert after.history == [
            {
                "at": "2026-11-30T13:00:00Z",
                "by": "system",
                "change": "CLOCK_CHANGED",
                "from": "2027-06-01T13:00:00Z",
                "to": "2027-06-01T12:00:00Z",
            }
        ]
        assert "DTSTART:20270601T120000Z" in ical_feeds.of_appointment("salon", booked.id, now=NOW)
        assert lines(booked) == [(booked.id, NINE_AFTER.timestamp() / 60)]


def test_a_repeat_changes_nothing(cut):
    (booked,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        apply()
        version = get(booked).version

        assert survey().shifts == []
        assert apply().moved == []
        assert get(booked).version == version


def test_listing_writes_nothing(cut):
    (booked,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        before = (get(booked).version, lines(booked))

        survey()

        assert (get(booked).version, lines(booked)) == before


def test_a_day_full_of_appointments_moves_as_one(cut):
    """Each of them takes the place of the one before it."""
    booked = booked_before(cut, 5)
    with clocks.under(clocks.AFTER):
        outcome = apply()

        assert (outcome.moved, outcome.conflicts) == ([one.id for one in booked], {})
        assert [on_the_clock(one)[11:16] for one in booked] == ["09:00", "10:00", "11:00", "12:00", "13:00"]


def test_a_day_moves_the_other_way_too(cut):
    """As if the law were taken back: the last one has to go first."""
    with clocks.under(clocks.AFTER):
        booked = [book(cut, NINE_AFTER + n * HOUR, f"cliente {n}") for n in range(5)]
    with clocks.under(clocks.BEFORE):
        outcome = apply()

        assert (outcome.moved[0], outcome.conflicts) == (booked[-1].id, {})
        assert [on_the_clock(one)[11:16] for one in booked] == ["09:00", "10:00", "11:00", "12:00", "13:00"]


def test_nine_that_was_sold_again_meanwhile_is_reported_and_not_booked_twice(cut):
    old, behind = booked_before(cut, 2)
    with clocks.under(clocks.AFTER):
        new = book(cut, NINE_AFTER, "Beto")

        outcome = apply()

        assert outcome.conflicts == {old.id: new.id, behind.id: old.id}
        assert (outcome.moved, on_the_clock(old)[11:16], on_the_clock(new)[11:16]) == ([], "10:00", "09:00")

        appointments.cancel("salon", new.id, reason="", actor_name="eva", now=NOW)
        assert apply().moved == [old.id, behind.id]
        assert [on_the_clock(one)[11:16] for one in (old, behind)] == ["09:00", "10:00"]


def test_a_booking_between_the_look_and_the_write_wins(cut, monkeypatch):
    """Red control below: without the day's version both would have nine."""
    (old,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        new = book_after_the_read(cut, monkeypatch)

        outcome = apply()

        assert outcome.conflicts == {old.id: new[0].id}
        assert on_the_clock(old)[11:16] == "10:00"


def test_red_control_without_the_days_version_nine_is_sold_twice(cut, monkeypatch):
    (old,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        new = book_after_the_read(cut, monkeypatch)
        update = writes.Transaction.update
        monkeypatch.setattr(
            writes.Transaction,
            "update",
            lambda tx, item, *, actions, condition=None, **more: update(
                tx, item, actions=actions, condition=None if isinstance(item, AgendaDay) else condition, **more
            ),
        )

        apply()

        assert on_the_clock(old)[11:16] == on_the_clock(new[0])[11:16] == "09:00"


def book_after_the_read(service, monkeypatch):
    """Somebody books nine when the move has read the days; the list has the booking afterwards."""
    read, new = reads.batch, []
    monkeypatch.setattr(attempts, "pause", lambda *_: None)

    def late(wanted, **more):
        wanted = set(wanted)
        found = read(wanted, **more)
        is_move = any(sk.startswith("APPOINTMENT#") for _, sk in wanted)
        if is_move and not new:
            new.append(None)
            new[0] = book(service, NINE_AFTER, "Beto")
        return found

    monkeypatch.setattr(clock_changes.reads, "batch", late)
    return new


def test_a_class_longer_than_the_shift_moves_with_all_its_seats(salon):
    dance = services.create(
        "salon", NewService(name="Baile", duration_minutes=120, capacity=3, **FAR), key=None, now=NOW
    )
    with clocks.under(clocks.BEFORE):
        seats = [book(dance, NINE_BEFORE, f"alumna {n}") for n in range(3)]
    with clocks.under(clocks.AFTER):
        assert sorted(apply().moved) == sorted(one.id for one in seats)
        assert {on_the_clock(one)[11:16] for one in seats} == {"09:00"}
        assert "09:00" not in free(dance)


def test_two_resources_at_once_move_together(salon):
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=NOW)
    eva = resources.create("salon", NewResource(name="Eva"), key=None, now=NOW)
    both = services.create(
        "salon",
        NewService(name="Masaje", duration_minutes=60, resource_ids=[eva.id], second_resource_ids=[room.id], **FAR),
        key=None,
        now=NOW,
    )
    alone = services.create(
        "salon", NewService(name="Sauna", duration_minutes=60, resource_ids=[room.id], **FAR), key=None, now=NOW
    )
    (booked,) = booked_before(both)
    with clocks.under(clocks.AFTER):
        rented = book(alone, NINE_AFTER, "Beto")
        assert apply().conflicts == {booked.id: rented.id}  # the room, not the person

        appointments.cancel("salon", rented.id, reason="", actor_name="eva", now=NOW)
        apply()

        assert {"09:00", "10:00"} & set(free(alone)) == {"10:00"}


def test_what_the_law_does_not_change_stays(cut):
    with clocks.under(clocks.BEFORE):
        summer = book(cut, datetime(2027, 1, 12, 12, 0, tzinfo=UTC))
    with clocks.under(clocks.AFTER):
        surveyed = survey()

        assert (surveyed.shifts, surveyed.to_come) == ([], 1)
        assert on_the_clock(summer) == "2027-01-12T09:00:00-03:00"


def test_another_tenants_appointments_are_not_looked_at(cut, clinic):
    booked_before(cut)
    with clocks.under(clocks.AFTER):
        assert clock_changes.survey(tenants.find("clinic", now=NOW), now=NOW).to_come == 0


def test_what_is_over_stays_as_it_was(cut):
    (booked,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        later = NINE_BEFORE + timedelta(minutes=1)

        assert clock_changes.survey(tenants.find("salon", now=NOW), now=later).shifts == []
        assert on_the_clock(booked)[11:16] == "10:00"


def test_a_cancelled_and_a_lapsed_one_keep_their_wall_time_and_take_none(cut):
    (cancelled,) = booked_before(cut)
    with clocks.under(clocks.BEFORE):
        appointments.cancel("salon", cancelled.id, reason="", actor_name="eva", now=NOW)
        held = book(cut, NINE_BEFORE, "Beto", hold=True)
    later = NOW + timedelta(hours=2)
    with clocks.under(clocks.AFTER):
        surveyed = clock_changes.survey(tenants.find("salon", now=later), now=later)
        outcome = clock_changes.apply(surveyed, actor_name="system", clock=lambda: later, until=later + HOUR)

        assert sorted(outcome.moved) == sorted([cancelled.id, held.id])
        assert on_the_clock(cancelled)[11:16] == on_the_clock(held)[11:16] == "09:00"
        assert "09:00" in free(cut, later)
        revived = appointments.confirm("salon", held.id, actor_name="eva", now=later)
        assert revived.status == "CONFIRMED"
        assert "09:00" not in free(cut, later)


def test_an_offer_of_the_waiting_list_is_told_with_its_new_instant(cut):
    with clocks.under(clocks.BEFORE):
        form = NewWaiting(service_id=cut.id, date=WINTER, customer_data={"name": "Ana", "phone": "0981 123 456"})
        wait = waiting_list.join("salon", form, actor_name="eva", key=None, now=NOW)
        line = reads.get_item(keys.waiting_line("salon", cut.id, WINTER))
        assert waiting_list_offers.advance("salon", line, now=NOW) == 1
        offered = waiting_list.get("salon", wait.id, now=NOW)
    with clocks.under(clocks.AFTER):
        apply()

        moved = waiting_list.get("salon", wait.id, now=NOW)
        assert moved.offer_starts_at == offered.offer_starts_at - HOUR
        offer = appointments.get("salon", moved.appointment_id, now=NOW)
        assert offer.scheduled_at == moved.offer_starts_at
        assert moved.offer_expires_at == offered.offer_expires_at  # a time to decide in, not a time on the clock


def test_the_limit_of_a_phone_follows(cut):
    tenants.change("salon", TenantChanges(max_active_bookings=3), seen=None, now=NOW)
    with clocks.under(clocks.BEFORE):
        wanted = {"customer_data": {"name": "Ana", "phone": "0981 123 456"}}
        form = NewAppointment(service_id=cut.id, scheduled_at=NINE_BEFORE, **wanted)
        booking.book("salon", form, actor_name="eva", key=None, now=NOW)
    with clocks.under(clocks.AFTER):
        apply()

        (line,) = reads.get_item(keys.active_bookings("salon", "+595981123456")).lines.values()
        assert booking_limits._LINE.unpack(line)[0] == NINE_AFTER.timestamp()


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(cut):
    booked = booked_before(cut, 3)
    with clocks.under(clocks.AFTER):
        ticks = iter([NOW, NOW, NOW + 2 * HOUR])

        outcome = apply(clock=lambda: next(ticks))

        assert (outcome.moved, outcome.left) == ([booked[0].id], 2)
        assert apply().moved == [one.id for one in booked[1:]]


def test_an_appointment_that_was_moved_meanwhile_is_left_to_the_next_run(cut):
    (booked,) = booked_before(cut)
    with clocks.under(clocks.AFTER):
        surveyed = survey()
        appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=NOW)

        assert (apply(surveyed).left, apply().moved) == (1, [booked.id])


def forget(appointment):
    """As it was stored before the time on the clock was kept."""
    writes.update_attribute(appointment, Appointment.local_start.remove(), condition=Appointment.pk.exists())


def test_an_older_appointment_is_counted_and_recorded_while_its_rules_are_known(cut):
    (booked,) = booked_before(cut)
    forget(booked)
    with clocks.under(clocks.BEFORE):
        assert [one.id for one in survey().unknown] == [booked.id]
        assert clock_changes.record(survey()) == 1
        assert (survey().unknown, get(booked).local_start, get(booked).version) == ([], "2027-06-01T09:00", 1)
    with clocks.under(clocks.AFTER):
        assert apply().moved == [booked.id]


def test_an_older_appointment_is_moved_by_the_former_rules_where_these_are_named(cut):
    (booked,) = booked_before(cut)
    forget(booked)
    with clocks.under(clocks.AFTER):
        assert survey().shifts == []  # nothing tells that ten was nine

        former = {clocks.ASUNCION: clocks.of(clocks.BEFORE)}
        assert apply(survey(former=former)).moved == [booked.id]
        assert (on_the_clock(booked)[11:16], get(booked).local_start) == ("09:00", "2027-06-01T09:00")


def test_near_midnight_it_stands_in_the_day_of_the_new_instant(salon):
    night = {day: [{"opens": "00:00", "closes": "24:00"}] for day in ("tuesday", "monday")}
    tenants.change("salon", TenantChanges(business_hours=night), seen=None, now=NOW)
    late = services.create("salon", NewService(name="Guardia", duration_minutes=60, **FAR), key=None, now=NOW)
    with clocks.under(clocks.BEFORE):
        booked = book(late, datetime(2027, 6, 2, 3, 0, tzinfo=UTC))  # 23:00 on Tuesday
    with clocks.under(clocks.AFTER):
        apply()

        assert (on_the_clock(booked), get(booked).days) == ("2027-06-01T23:00:00-03:00", ["2027-06-01"])
        assert lines(booked) == [(booked.id, datetime(2027, 6, 2, 2, 0, tzinfo=UTC).timestamp() / 60)]


@pytest.mark.parametrize("length", [None, 90])
def test_who_gets_another_professional_or_length_before_the_run_keeps_the_agreed_time(salon, length):
    """Staff changes it where it stands, while it is shown an hour late."""
    both = [resources.create("salon", NewResource(name=name), key=None, now=NOW).id for name in ("Eva", "Luz")]
    made = NewService(name="Corte", duration_minutes=60, resource_ids=both, **FAR)
    cut = services.create("salon", made, key=None, now=NOW)
    (booked,) = booked_before(cut, resource_id=both[0])
    with clocks.under(clocks.AFTER):
        if length:
            form = Rebooking(duration_minutes=length)
            rebooking.rebook("salon", booked.id, form, actor_name="eva", now=NOW)
        else:
            form = Rescheduling(scheduled_at=NINE_BEFORE, resource_id=both[1])
            rescheduling.move("salon", booked.id, form, actor_name="eva", now=NOW)

        assert apply().moved == [booked.id]
        assert on_the_clock(booked)[11:16] == "09:00"
