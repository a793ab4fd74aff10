"""The memory of an appointment's last moves."""

from datetime import timedelta

from mostrador.scheduling import visit_records
from mostrador.scheduling.rules.visits import VisitMove
from tests.support import till


def test_it_keeps_only_what_changed_and_the_last_moves(haircut, now):
    booked = till.book(haircut, now)

    for number in range(visit_records.MOST_MOVES + 2):
        before = visit_records.snapshot(booked)
        booked.arrived_at = now + timedelta(minutes=number)
        visit_records.remember(booked, VisitMove.ARRIVE, before, now=now)

    assert len(booked.undoable) == visit_records.MOST_MOVES
    assert booked.undoable[-1]["before"] == {"arrived_at": (now + timedelta(minutes=5)).isoformat()}


def test_a_restored_hold_is_due_again_unless_it_has_ended(haircut, now):
    held = till.book(haircut, now, hold=True)
    until, due = held.hold_expires_at, held.due_at
    before = visit_records.snapshot(held)

    for at, expected in ((now, (until, due)), (until, (None, None))):
        held.hold_expires_at = held.due_pk = held.due_at = None
        visit_records.restore(held, before, at)
        assert (held.hold_expires_at, held.due_at) == expected
