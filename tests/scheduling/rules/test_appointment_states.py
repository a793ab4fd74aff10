from itertools import product

import pytest

from mostrador.scheduling.rules import appointment_states
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus

ALLOWED = {
    ("PENDING", "CONFIRMED"),
    ("PENDING", "CANCELLED"),
    ("PENDING", "EXPIRED"),
    ("PENDING", "NO_SHOW"),
    ("PENDING", "IN_REVIEW"),
    ("IN_REVIEW", "CONFIRMED"),
    ("IN_REVIEW", "CANCELLED"),
    ("IN_REVIEW", "EXPIRED"),
    ("EXPIRED", "IN_REVIEW"),
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
        appointment_states.check_deletable(status, PaymentStatus.PENDING, ended=True, is_owed=False)


@pytest.mark.parametrize("payment", [PaymentStatus.PAID, PaymentStatus.PARTIAL, PaymentStatus.REFUNDED])
def test_what_holds_money_is_not_deleted(payment):
    is_owed = payment is PaymentStatus.REFUNDED
    with pytest.raises(appointment_states.NotDeletable, match=payment):
        appointment_states.check_deletable(AppointmentStatus.CANCELLED, payment, ended=False, is_owed=is_owed)


def test_what_was_refunded_and_has_gone_back_is_deleted():
    refunded = PaymentStatus.REFUNDED
    appointment_states.check_deletable(AppointmentStatus.CANCELLED, refunded, ended=False, is_owed=False)
    appointment_states.check_unpaid(AppointmentStatus.CONFIRMED, refunded, is_owed=False)


def test_what_should_have_taken_place_is_not_deleted():
    with pytest.raises(appointment_states.NotDeletable):
        appointment_states.check_deletable(
            AppointmentStatus.CONFIRMED, PaymentStatus.PENDING, ended=True, is_owed=False
        )
    appointment_states.check_deletable(AppointmentStatus.CONFIRMED, PaymentStatus.PENDING, ended=False, is_owed=False)
    appointment_states.check_deletable(AppointmentStatus.CANCELLED, PaymentStatus.PENDING, ended=True, is_owed=False)
