"""Any sequence of bookings, moves, cancellations and clock laws: nothing overlaps, and the agreed time is kept.

The laws are those of two releases of tzdata, enacted and repealed at will.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mostrador.scheduling import appointments, booking, clock_changes, rescheduling, services, slots
from mostrador.scheduling.rules import clock_changes as rules
from mostrador.scheduling.views.appointments import NewAppointment, Rescheduling
from mostrador.scheduling.views.services import NewService
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import AgendaDay
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from mostrador.values import local_time
from tests.support import clocks, days

pytestmark = pytest.mark.deep
NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
DAY = "2027-06-01"
HALF_HOURS = [f"{DAY}T{9 + number // 2:02}:{number % 2 * 30:02}" for number in range(8)]
FAR = {"advance_booking_days": 730, "price": "1"}


class ClockLaws(RuleBasedStateMachine):
    """``agreed`` has the time on the clock of each live appointment, ``lengths`` its minutes with the buffer."""

    @initialize()
    def open_the_shop(self):
        self.law, self.agreed, self.lengths = clocks.BEFORE, {}, {}
        tenants.create(NewTenant(slug="salon", name="Salón", business_hours=days.EVERY_DAY), now=NOW)
        cut, dance = (
            services.create("salon", NewService(name=name, **FAR, **more), key=None, now=NOW)
            for name, more in (
                ("Corte", {"duration_minutes": 30, "buffer_time_minutes": 15}),
                ("Baile", {"duration_minutes": 90, "capacity": 3}),
            )
        )
        self.kinds = {cut.id: 45, dance.id: 90}

    def minute(self, shown):
        return local_time.at_wall(shown, clocks.of(self.law), nearest=0)

    def start(self, shown):
        return datetime.fromtimestamp(self.minute(shown) * 60, UTC)

    @rule(kind=st.integers(0, 1), shown=st.sampled_from(HALF_HOURS))
    def book(self, kind, shown):
        service = list(self.kinds)[kind]
        form = NewAppointment(service_id=service, scheduled_at=self.start(shown), customer_data={"name": "Ana"})
        with clocks.under(self.law):
            try:
                made = booking.book("salon", form, actor_name="m", key=None, now=NOW)
            except slots.SlotTaken:
                return
        self.agreed[made.id], self.lengths[made.id] = shown, (service, self.kinds[service])

    @precondition(lambda self: self.agreed)
    @rule(choice=st.integers(0, 99), shown=st.sampled_from(HALF_HOURS))
    def move(self, choice, shown):
        appointment_id = self.pick(choice)
        form = Rescheduling(scheduled_at=self.start(shown))
        with clocks.under(self.law):
            try:
                moved = rescheduling.move("salon", appointment_id, form, actor_name="m", now=NOW)
            except slots.SlotTaken:
                return
        self.agreed[appointment_id] = moved.local_start

    @precondition(lambda self: self.agreed)
    @rule(choice=st.integers(0, 99))
    def cancel(self, choice):
        appointment_id = self.pick(choice)
        with clocks.under(self.law):
            appointments.cancel("salon", appointment_id, reason="", actor_name="m", now=NOW)
        del self.agreed[appointment_id]

    @rule(law=st.sampled_from([clocks.BEFORE, clocks.AFTER]))
    def enact(self, law):
        self.law = law

    @rule()
    def keep(self):
        outcome = self.apply()

        for appointment_id, shown in self.agreed.items():
            if appointment_id not in outcome.conflicts:
                assert self.stored(appointment_id) == self.minute(shown)
        for appointment_id, other in outcome.conflicts.items():
            assert self.stored(appointment_id) != self.minute(self.agreed[appointment_id])
            target, there = self.minute(self.agreed[appointment_id]), self.stored(other)
            assert there < target + self.lengths[appointment_id][1]
            assert target < there + self.lengths[other][1]
            root = self.root(appointment_id, outcome.conflicts)
            assert self.stored(root) == self.minute(self.agreed[root])
        again = self.apply()
        assert (again.moved, again.conflicts) == ([], outcome.conflicts)

    def root(self, appointment_id, conflicts):
        """The booking at its agreed time that one conflict after the other leads to; they are no circle."""
        seen = set()
        while appointment_id in conflicts:
            assert appointment_id not in seen
            seen.add(appointment_id)
            appointment_id = conflicts[appointment_id]
        return appointment_id

    def apply(self):
        with clocks.under(self.law):
            surveyed = clock_changes.survey(tenants.find("salon", now=NOW), now=NOW)
            return clock_changes.apply(surveyed, actor_name="m", clock=lambda: NOW, until=NOW + timedelta(hours=1))

    def pick(self, choice):
        return sorted(self.agreed)[choice % len(self.agreed)]

    def is_class(self, appointment_id):
        return self.lengths[appointment_id][1] == 90

    def stored(self, appointment_id):
        return local_time.minute(reads.get_item(keys.appointment("salon", appointment_id)).scheduled_at)

    @invariant()
    def nothing_overlaps_and_the_agenda_has_each_once(self):
        if not getattr(self, "agreed", None):
            return
        (resource,) = reads.everything(*keys.resource("salon", ""))
        found = reads.everything(keys.agenda_partition("salon", resource.id), "2")
        lines = [line for day in found if isinstance(day, AgendaDay) for line in day.bookings()]
        assert sorted((line.appointment_id, line.starts) for line in lines) == sorted(
            (name, self.stored(name)) for name in self.agreed
        )
        ends = {line.appointment_id: line.starts + self.lengths[line.appointment_id][1] for line in lines}
        seats = {(line.starts, ends[line.appointment_id]) for line in lines if self.is_class(line.appointment_id)}
        alone = [(line.starts, ends[line.appointment_id]) for line in lines if not self.is_class(line.appointment_id)]
        taken = sorted([*seats, *alone])
        assert all(one[1] <= other[0] for one, other in pairwise(taken))


@pytest.fixture
def machine(new_table):
    class Fresh(ClockLaws):
        def __init__(self):
            super().__init__()
            new_table()

    return Fresh


def test_the_agreed_time_is_kept_or_its_conflict_is_told(machine):
    run_state_machine_as_test(machine)


def conflicting(model, kinds):
    """Appointments before the law, and another at the same time on the clock after it; then the command runs."""
    model.open_the_shop()
    for kind in kinds:
        model.book(kind, HALF_HOURS[0])
    model.enact(clocks.AFTER)
    model.book(0, HALF_HOURS[0])
    model.keep()
    model.nothing_overlaps_and_the_agenda_has_each_once()


def test_the_cases_of_the_red_controls_pass(machine):
    conflicting(machine(), [0])
    conflicting(machine(), [1, 1])


def test_red_control_a_move_that_looks_at_nothing_books_twice(machine, monkeypatch):
    monkeypatch.setattr(rules, "stuck", lambda *_: {})
    monkeypatch.setattr(rules, "in_the_way", lambda *_: None)

    with pytest.raises(AssertionError):
        conflicting(machine(), [0])


def test_red_control_moves_that_are_judged_one_by_one_block_a_class(machine, monkeypatch):
    """A class that is longer than the shift would stand in its own way."""
    alone = rules.stuck
    monkeypatch.setattr(
        rules, "stuck", lambda shifts, booked: {k: v for one in shifts for k, v in alone([one], booked).items()}
    )
    model = machine()
    model.open_the_shop()
    model.book(1, HALF_HOURS[0])
    model.book(1, HALF_HOURS[0])
    model.enact(clocks.AFTER)

    with pytest.raises(AssertionError):
        model.keep()
