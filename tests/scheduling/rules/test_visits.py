"""The moves of a visit, as plain rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mostrador.scheduling.rules import visits
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, TooLateToUndo
from mostrador.scheduling.rules.visits import Done, NextMove, Visit, VisitMove

NINE = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
S = AppointmentStatus


def visit(status=S.CONFIRMED, **more):
    return Visit(**{"status": status, "scheduled_at": NINE, "deposit_left": Decimal(0)} | more)


def may(one, at=NINE):
    return " ".join(visits.allowed(one, at))


@pytest.mark.parametrize(
    ("one", "at", "expected"),
    [
        (visit(S.PENDING), NINE - 13 * HOUR, "confirm reschedule cancel"),
        (visit(S.PENDING), NINE - HOUR, "confirm arrive start delay reschedule cancel"),
        (visit(S.PENDING), NINE, "confirm arrive start no_show delay reschedule cancel"),
        (visit(S.PENDING, deposit_left=Decimal(5)), NINE, "confirm no_show delay reschedule cancel"),
        (visit(deposit_left=Decimal(5)), NINE, "arrive start complete no_show delay reschedule cancel"),
        (visit(arrived_at=NINE), NINE, "start complete delay reschedule cancel"),
        (visit(arrived_at=NINE, started_at=NINE), NINE - MINUTE, "complete reschedule cancel"),
        (visit(S.IN_REVIEW), NINE, "confirm arrive start delay reschedule cancel"),
        (visit(S.COMPLETED), NINE, ""),
        (visit(S.CANCELLED), NINE, ""),
        (visit(S.EXPIRED), NINE, ""),
    ],
)
def test_what_may_be_done_follows_from_state_and_clock(one, at, expected):
    assert may(one, at) == expected


@pytest.mark.parametrize("move", VisitMove)
def test_the_last_move_may_be_undone_for_a_day(move):
    one = visit(S.CANCELLED, done=Done(move, NINE, {}))

    assert may(one, NINE + timedelta(days=1)) == f"undo_{move}"
    assert may(one, NINE + timedelta(days=1, seconds=1)) == ""
    with pytest.raises(TooLateToUndo):
        visits.check_undo(one, move, NINE + timedelta(days=1, seconds=1))


def test_each_move_has_a_next_move_and_its_undoing():
    named = {move.value for move in VisitMove}

    assert {move.value for move in NextMove} == named | {f"undo_{name}" for name in named} | {"reschedule"}


@pytest.mark.parametrize(
    ("now", "freed"),
    [
        (NINE, NINE + 5 * MINUTE),
        (NINE + timedelta(minutes=9, seconds=1), NINE + 10 * MINUTE),
        (NINE + 10 * MINUTE, NINE + 10 * MINUTE),
        (NINE + 29 * MINUTE, NINE + 29 * MINUTE),
        (NINE + timedelta(minutes=29, microseconds=1), None),
        (NINE + 30 * MINUTE, None),
        (NINE - HOUR, NINE + 5 * MINUTE),
    ],
)
def test_the_rest_is_free_from_the_next_minute_on(now, freed):
    assert visits.freed_at(NINE, NINE + 30 * MINUTE, now) == freed


def test_nothing_of_five_minutes_is_free():
    assert visits.freed_at(NINE, NINE + 5 * MINUTE, NINE) is None


def test_a_move_is_remembered_while_its_state_lasts():
    told = [{"move": "cancel", "at": NINE.isoformat(), "to": "CANCELLED", "before": {"status": "PENDING"}}]

    assert visits.last_done(told, "CANCELLED", NINE) == Done(VisitMove.CANCEL, NINE, {"status": "PENDING"})
    assert visits.last_done(told, "CONFIRMED", NINE) is None


@pytest.mark.parametrize(("status", "move"), [("COMPLETED", "complete"), ("NO_SHOW", "no_show")])
def test_a_conclusion_from_before_this_memory_leads_back_to_confirmed(status, move):
    done = visits.last_done([], status, NINE)

    assert (done.move, done.at, done.before["status"]) == (move, NINE, "CONFIRMED")
