import pytest

from mostrador.rules import appointment
from mostrador.rules.appointment import PaymentStatus, Status

ALLOWED = {
    ("PENDING", "CONFIRMED"),
    ("PENDING", "CANCELLED"),
    ("PENDING", "EXPIRED"),
    ("CONFIRMED", "COMPLETED"),
    ("CONFIRMED", "NO_SHOW"),
    ("CONFIRMED", "CANCELLED"),
}


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("wanted", Status)
def test_the_table_of_moves_is_the_design(current, wanted):
    if (current, wanted) in ALLOWED:
        appointment.move(current, wanted)
    else:
        with pytest.raises(appointment.WrongState, match=current):
            appointment.move(current, wanted)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NO_SHOW])
def test_history_is_not_deleted(status):
    with pytest.raises(appointment.NotDeletable, match=status):
        appointment.check_deletable(status, PaymentStatus.PENDING, ended=True)


@pytest.mark.parametrize("payment", [PaymentStatus.PAID, PaymentStatus.REFUNDED])
def test_what_was_ever_paid_is_not_deleted(payment):
    with pytest.raises(appointment.NotDeletable, match=payment):
        appointment.check_deletable(Status.CANCELLED, payment, ended=False)


def test_what_should_have_taken_place_is_not_deleted():
    with pytest.raises(appointment.NotDeletable):
        appointment.check_deletable(Status.CONFIRMED, PaymentStatus.PENDING, ended=True)
    appointment.check_deletable(Status.CONFIRMED, PaymentStatus.PENDING, ended=False)
    appointment.check_deletable(Status.CANCELLED, PaymentStatus.PENDING, ended=True)
