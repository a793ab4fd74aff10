"""Which changes wake a waiting line, and which do not."""

from datetime import timedelta

import pytest

from mostrador.background import sweeper
from mostrador.scheduling import appointments, rescheduling, waiting_list_offers
from mostrador.scheduling.views.appointments import AppointmentChanges, Rescheduling
from mostrador.table import keys
from tests.scheduling.test_waiting_list_offers import MINUTE, fill_one, full, line
from tests.support.lines import FAR, cancel, join, nine, open_for, states, sweep, wake

__all__ = ["full"]


def move(appointment, now):
    form = Rescheduling(scheduled_at=appointment.scheduled_at + timedelta(days=7))
    rescheduling.move("salon", appointment.id, form, actor_name="eva", now=now)


FREEING = {
    "cancelled": lambda appointment, _service, now: cancel(appointment, now=now),
    "deleted": lambda appointment, _service, now: appointments.delete("salon", appointment.id, seen=None, now=now),
    "moved away": lambda appointment, _service, now: move(appointment, now),
    "longer hours": lambda _appointment, _service, now: open_for(2, now=now),
}


@pytest.mark.parametrize("freed", FREEING.values(), ids=FREEING)
def test_what_frees_time_wakes_the_line_at_once(haircut, full, now, freed):
    entry, later = join(haircut, 1, now=now), now + MINUTE
    sweep(now)
    freed(full[0], haircut, later)

    assert sweep(later)["lines"] == 1
    assert states(entry, now=now) == ["OFFERED"]


def test_a_freed_time_of_another_week_or_a_booking_wakes_nobody(haircut, full, now):
    join(haircut, 1, now=now)
    far = fill_one(haircut, nine(7 * 24 * 60), now)
    sweep(now)

    cancel(far, now=now)
    fill_one(haircut, nine(14 * 24 * 60), now)
    appointments.change("salon", full[0].id, AppointmentChanges(internal_notes="x"), seen=None, now=now)

    assert wake(now + MINUTE) == 0
    cancel(full[0], now=now)
    assert wake(now + MINUTE) == 1


def test_without_being_woken_a_line_is_looked_at_within_ten_minutes(haircut, full, now):
    entry = join(haircut, 1, now=now)
    sweep(now)
    cancel(full[0], now=now)

    run = sweeper.run
    assert run(lambda: now + 9 * MINUTE, until=FAR)["lines"] == 0
    assert run(lambda: now + 10 * MINUTE, until=FAR)["offers"] == 1
    assert states(entry, now=now) == ["OFFERED"]


def test_a_line_that_is_woken_during_a_look_stays_due(haircut, full, now):
    join(haircut, 1, now=now)
    sweep(now)
    before = line(haircut)
    cancel(full[0], now=now)
    wake(now + MINUTE)

    waiting_list_offers._schedule(before, now + 10 * MINUTE)

    assert line(haircut).due_at == keys.at(now + MINUTE)
