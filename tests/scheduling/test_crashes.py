"""R3: every SDK call of booking, cancelling and moving goes wrong in every way; then the caller tries again."""

from datetime import datetime, timedelta

import pytest

from mostrador.ledger.rules.payment_states import Target
from mostrador.people import customers
from mostrador.people.views.customers import CustomerListing, NewCustomer
from mostrador.scheduling import (
    appointments,
    booking,
    clock_changes,
    conclusions,
    delays,
    pushes,
    rebooking,
    rescheduling,
    resources,
    services,
    undoing,
    visits,
)
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment, Rescheduling
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.scheduling.views.visits import Delay
from mostrador.table import TableFailure, keys, reads, writes
from mostrador.table.items.scheduling import Appointment
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views.tenants import TenantChanges, TenantOperationChanges
from mostrador.values import local_time
from tests.support import faults, till
from tests.support.days import shifted

pytestmark = pytest.mark.deep

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
TOMORROW = NINE + timedelta(days=1)


crash = faults.points_of(5)


def book(service, now, **more):
    customer = {"name": "Ana", "phone": "0981 123 456"}
    form = NewAppointment(service_id=service.id, scheduled_at=NINE, customer_data=customer, **more)
    return booking.book("salon", form, actor_name="eva", key="k", now=now)


def agenda(appointment, day):
    found = reads.get_item(keys.agenda_day("salon", appointment.resource_id, day.date()))
    return [line.appointment_id for line in found.bookings()] if found else []


def everything(now):
    found = appointments.listing("salon", AppointmentListing(limit=100), now=now).items
    people = customers.listing("salon", CustomerListing(limit=100), now=now).items
    return [one.id for one in found], [one.id for one in people]


def test_a_booking_is_made_once_or_not_at_all(haircut, now, crash):
    booked = crash(lambda: book(haircut, now))

    assert everything(now) == ([booked.id], [booked.customer_id])
    assert agenda(booked, NINE) == [booked.id]
    assert reads.get_item(keys.phone("salon", "+595981123456")).customer_id == booked.customer_id


def test_a_cancellation_happens_once_and_frees_the_time(haircut, now, crash):
    booked = book(haircut, now)

    crash(lambda: appointments.cancel("salon", booked.id, reason="llueve", actor_name="eva", now=now))

    cancelled = appointments.get("salon", booked.id, now=now)
    assert (cancelled.status, [one["change"] for one in cancelled.history]) == ("CANCELLED", ["CANCELLED"])
    assert agenda(booked, NINE) == []


@pytest.mark.parametrize("to", [TOMORROW, NINE + timedelta(hours=1)], ids=["another day", "the same day"])
def test_a_move_happens_once_and_leaves_nothing_behind(haircut, now, crash, to):
    booked = book(haircut, now)

    crash(lambda: rescheduling.move("salon", booked.id, Rescheduling(scheduled_at=to), actor_name="eva", now=now))

    moved = appointments.get("salon", booked.id, now=now)
    assert (moved.scheduled_at, [one["change"] for one in moved.history]) == (to, ["RESCHEDULED"])
    assert agenda(booked, to) == [booked.id]
    assert to.date() == NINE.date() or agenda(booked, NINE) == []
    assert everything(now)[0] == [booked.id]


def test_a_hold_is_confirmed_once(haircut, now, crash):
    booked = book(haircut, now, hold=True)

    crash(lambda: appointments.confirm("salon", booked.id, actor_name="eva", now=now))

    confirmed = appointments.get("salon", booked.id, now=now)
    assert (confirmed.status, [one["change"] for one in confirmed.history]) == ("CONFIRMED", ["CONFIRMED"])
    found = reads.get_item(keys.agenda_day("salon", booked.resource_id, NINE.date()))
    assert [line.lapses_at for line in found.bookings()] == [0]


def test_a_change_of_the_service_happens_once_and_leaves_nothing_behind(haircut, now, crash):
    booked, rosa = book(haircut, now), resources.create("salon", NewResource(name="Rosa"), key=None, now=now)
    color = {"name": "Color", "duration_minutes": 90, "price": "7", "resource_ids": [rosa.id]}
    color = services.create("salon", NewService.model_validate(color), key=None, now=now)

    crash(lambda: rebooking.rebook("salon", booked.id, Rebooking(service_id=color.id), actor_name="eva", now=now))

    changed = appointments.get("salon", booked.id, now=now)
    assert (changed.service_id, changed.total_amount, changed.resource_id) == (color.id, 7, rosa.id)
    assert [one["change"] for one in changed.history] == ["CHANGED"]
    assert (agenda(booked, NINE), agenda(changed, NINE)) == ([], [booked.id])


def test_another_customer_and_length_are_set_once(haircut, now, crash):
    tenants.change("salon", TenantChanges(max_active_bookings=3), seen=None, now=now)
    booked = book(haircut, now)
    beto = customers.create("salon", NewCustomer(name="Beto", phone="0982 222 222"), key=None, now=now)
    wanted = Rebooking(customer_id=beto.id, duration_minutes=60, internal_notes="con Beto")

    crash(lambda: rebooking.rebook("salon", booked.id, wanted, actor_name="eva", now=now))

    changed = appointments.get("salon", booked.id, now=now)
    assert (changed.customer_id, changed.duration_minutes, changed.internal_notes) == (beto.id, 60, "con Beto")
    assert [one["change"] for one in changed.history] == ["CHANGED"]
    counted = [reads.get_item(keys.active_bookings("salon", one.customer_phone)) for one in (booked, changed)]
    assert [len(found.lines) for found in counted] == [0, 1]


def test_a_conclusion_is_undone_once(haircut, now, crash):
    booked = book(haircut, now, status="CONFIRMED")
    conclusions.no_show("salon", booked.id, actor_name="eva", now=NINE)

    crash(lambda: undoing.reopen("salon", booked.id, actor_name="eva", now=NINE))

    reopened = appointments.get("salon", booked.id, now=NINE)
    assert (reopened.status, [one["change"] for one in reopened.history]) == ("CONFIRMED", ["NO_SHOW", "REOPENED"])
    assert agenda(booked, NINE) == [booked.id]


@pytest.mark.parametrize("begin", [visits.arrive, visits.start])
def test_an_arrival_or_a_start_is_noted_once(haircut, now, crash, begin):
    booked = book(haircut, NINE - timedelta(minutes=5), hold=True)
    at = NINE - timedelta(minutes=4)

    crash(lambda: begin("salon", booked.id, actor_name="eva", now=at))

    there = appointments.get("salon", booked.id, now=NINE)
    told = "ARRIVED" if begin is visits.arrive else "STARTED"
    assert (there.status, [one["change"] for one in there.history]) == ("CONFIRMED", ["CONFIRMED", told])
    assert (there.arrived_at, len(there.undoable)) == (at, 1)
    found = reads.get_item(keys.agenda_day("salon", booked.resource_id, NINE.date()))
    assert [line.lapses_at for line in found.bookings()] == [0]


def lines(appointment):
    found = reads.get_item(keys.agenda_day("salon", appointment.resource_id, NINE.date()))
    return [line.duration for line in found.bookings()]


def test_an_early_end_frees_the_rest_once(haircut, now, crash):
    booked, at = book(haircut, now, status="CONFIRMED"), NINE + timedelta(minutes=10)

    crash(lambda: conclusions.complete("salon", booked.id, actor_name="eva", now=at))

    done = appointments.get("salon", booked.id, now=NINE)
    assert (done.status, done.freed_at, len(done.undoable), lines(booked)) == ("COMPLETED", at, 1, [10])


def test_an_early_end_is_undone_once(haircut, now, crash):
    booked, at = book(haircut, now, status="CONFIRMED"), NINE + timedelta(minutes=10)
    conclusions.complete("salon", booked.id, actor_name="eva", now=at)

    crash(lambda: undoing.undo("salon", booked.id, VisitMove.COMPLETE, actor_name="eva", key="k", now=at))

    back = appointments.get("salon", booked.id, now=NINE)
    assert (back.status, back.freed_at, back.undoable, lines(booked)) == ("CONFIRMED", None, None, [30])
    assert [one["change"] for one in back.history] == ["COMPLETED", "REOPENED"]


def test_a_delay_is_told_once(haircut, now, crash):
    booked = book(haircut, now)

    crash(lambda: delays.delay("salon", booked.id, Delay(minutes=20), actor_name="eva", now=NINE))

    late = appointments.get("salon", booked.id, now=NINE)
    assert (late.delayed_to - NINE, [one["change"] for one in late.history]) == (timedelta(minutes=20), ["DELAYED"])


def test_a_push_moves_all_once_or_none(haircut, now, crash):
    first = book(haircut, now)
    second = till.book(haircut, now, at=NINE + timedelta(minutes=30), phone="0981 777 777")

    crash(lambda: pushes.push("salon", first.id, Delay(minutes=20, push=True), actor_name="eva", now=NINE))

    moved = [appointments.get("salon", one.id, now=NINE) for one in (first, second)]
    assert [one.scheduled_at - NINE for one in moved] == [timedelta(minutes=20), timedelta(minutes=50)]
    assert [[entry["change"] for entry in one.history] for one in moved] == [["RESCHEDULED"], ["RESCHEDULED"]]
    found = reads.get_item(keys.agenda_day("salon", first.resource_id, NINE.date()))
    assert sorted(line.starts - local_time.minute(NINE) for line in found.bookings()) == [20, 50]


def test_a_cancellation_is_undone_once_with_time_count_and_money(haircut, now, crash):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=1), seen=None, now=now)
    booked = book(haircut, now)
    till.Till(Target.APPOINTMENT, booked, haircut).take_cash(now)
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now + timedelta(minutes=1))
    at = now + timedelta(minutes=2)

    crash(lambda: undoing.undo("salon", booked.id, VisitMove.CANCEL, actor_name="eva", key="k", now=at))

    back = appointments.get("salon", booked.id, now=at)
    changes = [one["change"] for one in back.history]
    assert (back.status, back.payment_status, changes.count("UNDONE")) == ("CONFIRMED", "PAID", 1)
    assert agenda(booked, NINE) == [booked.id]
    assert plan_usage.of_month("salon", now=now).appointments.used == 1
    assert [one.status for one in till.all_payments()] == ["PAID"]
    assert [line.state for line in till.ledger()] == ["PAID", "REFUND_DUE", "PAID"]


def test_the_crashes_do_happen(haircut, now):
    with faults.crashing(1, "before") as calls, pytest.raises(TableFailure):
        book(haircut, now)

    assert len(calls) == 2


def test_an_appointment_whose_clock_changed_moves_once_and_leaves_nothing_behind(haircut, now, crash):
    """An hour later, as if it had been agreed for ten under other rules."""
    booked = book(haircut, now)
    agreed = local_time.wall(local_time.minute(NINE) + 60, booked.zone)
    writes.update_attribute(booked, Appointment.local_start.set(agreed), condition=Appointment.pk.exists())

    def run():
        surveyed = clock_changes.survey(tenants.find("salon", now=now), now=now)
        return clock_changes.apply(surveyed, actor_name="system", clock=lambda: now, until=now + timedelta(hours=1))

    crash(run)

    ten = NINE + timedelta(hours=1)
    moved = appointments.get("salon", booked.id, now=now)
    assert (moved.scheduled_at, [one["change"] for one in moved.history]) == (ten, ["CLOCK_CHANGED"])
    found = reads.get_item(keys.agenda_day("salon", booked.resource_id, NINE.date()))
    assert [line.starts for line in found.bookings()] == [local_time.minute(ten)]
