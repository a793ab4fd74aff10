from itertools import product

import pytest

from mostrador.scheduling.rules import appointment_states
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus

ALLOWED = {
    ("PENDING", "CONFIRMED"),
    ("PENDING", "CANCELLED"),
    ("PENDING", "EXPIRED"),
    ("CONFIRMED", "COMPLETED"),
    ("CONFIRMED", "NO_SHOW"),
    ("CONFIRMED", "CANCELLED"),
}


def test_the_table_of_moves_is_the_design(subtests):
    for current, wanted in product(AppointmentStatus, repeat=2):
        with subtests.test(current=current, wanted=wanted):
            if (current, wanted) in ALLOWED:
                appointment_states.MOVES.check(current, wanted)
            else:
                with pytest.raises(appointment_states.WrongAppointmentState, match=current):
                    appointment_states.MOVES.check(current, wanted)


@pytest.mark.parametrize("status", [AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW])
def test_history_is_not_deleted(status):
    with pytest.raises(appointment_states.NotDeletable, match=status):
        appointment_states.check_deletable(status, PaymentStatus.PENDING, ended=True)


@pytest.mark.parametrize("payment", [PaymentStatus.PAID, PaymentStatus.REFUNDED])
def test_what_was_ever_paid_is_not_deleted(payment):
    with pytest.raises(appointment_states.NotDeletable, match=payment):
        appointment_states.check_deletable(AppointmentStatus.CANCELLED, payment, ended=False)


def test_what_should_have_taken_place_is_not_deleted():
    with pytest.raises(appointment_states.NotDeletable):
        appointment_states.check_deletable(AppointmentStatus.CONFIRMED, PaymentStatus.PENDING, ended=True)
    appointment_states.check_deletable(AppointmentStatus.CONFIRMED, PaymentStatus.PENDING, ended=False)
    appointment_states.check_deletable(AppointmentStatus.CANCELLED, PaymentStatus.PENDING, ended=True)
