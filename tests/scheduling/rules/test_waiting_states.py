from datetime import date, timedelta
from itertools import product

import pytest

from mostrador.scheduling.rules import waiting_states
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.scheduling.rules.waiting_states import IN_LINE, MOVES, DayOutside, WaitingStatus, WrongWaitingState

TODAY = date(2026, 12, 1)


def test_every_move_is_in_the_table_or_refused_with_both_states(subtests):
    for current, wanted in product(WaitingStatus, repeat=2):
        with subtests.test(current=current, wanted=wanted):
            if MOVES.allows(current, wanted):
                MOVES.check(current, wanted)
            else:
                with pytest.raises(WrongWaitingState) as refused:
                    MOVES.check(current, wanted)
                assert refused.value.facts == {"current": current.value, "wanted": wanted.value}


def test_a_wait_is_in_line_until_it_ends_and_no_end_is_left_again():
    assert {status for status in WaitingStatus if MOVES.following(status)} == IN_LINE


def test_an_offer_that_lapses_goes_back_to_nobody():
    assert WaitingStatus.WAITING not in set().union(*map(MOVES.following, WaitingStatus))


def test_what_an_offer_becomes_follows_from_its_appointment():
    landed = {status: waiting_states.ending(status) for status in AppointmentStatus}

    assert landed.pop(AppointmentStatus.PENDING) is landed.pop(AppointmentStatus.IN_REVIEW) is None
    assert set(landed.values()) <= MOVES.following(WaitingStatus.OFFERED)
    assert landed[AppointmentStatus.CONFIRMED] is WaitingStatus.BOOKED
    assert landed[AppointmentStatus.EXPIRED] is WaitingStatus.LAPSED
    assert waiting_states.ending(None) is landed[AppointmentStatus.CANCELLED] is WaitingStatus.WITHDRAWN


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=30)])
def test_a_day_that_can_be_booked_can_be_waited_for(day):
    waiting_states.check_day(day, TODAY, TODAY + timedelta(days=30))


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=31)])
def test_a_day_outside_says_which_days_can_be_waited_for(day):
    with pytest.raises(DayOutside, match="2026-12-01 to 2026-12-31"):
        waiting_states.check_day(day, TODAY, TODAY + timedelta(days=30))
