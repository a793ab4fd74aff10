"""A conclusion clicked by mistake is undone for a day."""

from datetime import datetime, timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.rules.payment_states import Target
from mostrador.scheduling import appointments, booking, conclusions, undoing
from mostrador.scheduling.rules.appointment_states import NotReopenable, TooLateToUndo, WrongAppointmentState
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment
from mostrador.table import keys, reads
from tests.support.days import shifted
from tests.support.till import Till

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
TEN = NINE + timedelta(hours=1)
DAY = timedelta(days=1)
CONCLUDE = [conclusions.complete, conclusions.no_show]


@pytest.fixture
def booked(haircut, now):
    form = {"service_id": haircut.id, "scheduled_at": NINE, "customer_data": {"name": "Ana"}, "status": "CONFIRMED"}
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def concluded(booked, conclude=conclusions.no_show, at=TEN):
    return conclude("salon", booked.id, actor_name="eva", now=at)


def reopen(booked, at, tenant="salon"):
    return undoing.reopen(tenant, booked.id, actor_name="rosa", now=at)


def changes(appointment):
    return [(entry["by"], entry["change"]) for entry in appointment.history]


def line_of(booked):
    day = reads.get_item(keys.agenda_day("salon", booked.resource_id, NINE.date()))
    return [line for line in day.bookings() if line.appointment_id == booked.id]


@pytest.mark.parametrize("conclude", CONCLUDE)
def test_a_conclusion_is_undone_with_everything_as_it_was(booked, conclude):
    before = line_of(booked)
    done = concluded(booked, conclude)

    reopened = reopen(booked, TEN + timedelta(minutes=5))

    assert (reopened.status, reopened.completed_at, reopened.confirmed_at) == ("CONFIRMED", None, booked.confirmed_at)
    assert changes(reopened) == [("eva", done.status), ("rosa", "REOPENED")]
    assert line_of(booked) == before


def test_the_other_conclusion_follows_and_is_undone_by_itself(booked):
    concluded(booked, conclusions.no_show)
    reopen(booked, TEN)
    done = concluded(booked, conclusions.complete, at=TEN + DAY)

    assert done.completed_at == TEN + DAY
    assert reopen(booked, TEN + 2 * DAY).status == "CONFIRMED"


@pytest.mark.parametrize("conclude", CONCLUDE)
def test_it_is_undone_for_a_day_and_no_longer(booked, conclude):
    concluded(booked, conclude)

    with pytest.raises(TooLateToUndo):
        reopen(booked, TEN + DAY + timedelta(seconds=1))
    assert reopen(booked, TEN + DAY).status == "CONFIRMED"


def test_undoing_twice_changes_nothing(booked):
    concluded(booked)
    once = reopen(booked, TEN)

    assert reopen(booked, TEN + 2 * DAY).version == once.version


def test_only_a_conclusion_is_undone(haircut, booked):
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=NINE)

    with pytest.raises(NotReopenable, match="CANCELLED"):
        reopen(booked, TEN)


@pytest.mark.parametrize("conclude", CONCLUDE)
def test_no_other_call_confirms_an_appointment_that_is_over(booked, conclude):
    concluded(booked, conclude)

    with pytest.raises(WrongAppointmentState):
        appointments.confirm("salon", booked.id, actor_name="eva", now=TEN)


def test_what_was_paid_stays_paid_and_goes_back_when_it_is_cancelled_after_all(booked):
    Till(Target.APPOINTMENT, booked, None).take_cash(NINE)
    concluded(booked)
    reopened = reopen(booked, TEN)
    assert reopened.payment_status == "PAID"

    cancelled = appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=TEN)

    assert (cancelled.status, cancelled.payment_status) == ("CANCELLED", "REFUNDED")


def test_lists_by_state_follow(booked):
    concluded(booked)
    reopen(booked, TEN)

    def listed(status):
        page = appointments.listing("salon", AppointmentListing.model_validate({"status": [status]}), now=TEN)
        return [item.id for item in page.items]

    assert (listed("NO_SHOW"), listed("CONFIRMED")) == ([], [booked.id])


def test_the_log_names_the_step(booked):
    concluded(booked)
    reopen(booked, TEN)

    lines = reads.everything(keys.audit_partition("salon"), "2")
    assert [change[2] for line in lines for change in line.changes if change[0] == "appointment"] == [
        "appointment.created",
        "appointment.no_show",
        "appointment.reopened",
    ]


def test_another_tenants_appointment_is_not_there(booked, clinic):
    concluded(booked)

    with pytest.raises(NotHere):
        reopen(booked, TEN, tenant="clinic")
