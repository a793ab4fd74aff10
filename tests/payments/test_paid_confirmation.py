"""Confirming an appointment with the transaction that paid it: CONFIRMED and PAID, both or neither."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.rules.payment_states import WrongPaymentState
from mostrador.ledger.views.payments import Refunding
from mostrador.payments import paid_confirmation, refunds
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import appointments, conclusions, slots
from mostrador.scheduling.rules.appointment_states import WrongAppointmentState
from mostrador.table import keys, reads
from tests.support import faults
from tests.support import till as tills

MINUTE = timedelta(minutes=1)
crash = faults.points_of(4)


@pytest.fixture
def held(salon, now):
    return tills.appointment(now)


@pytest.fixture
def booked(salon, now):
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now), of)


def confirm(till, now, transaction_id="TX-1", tenant="salon"):
    return paid_confirmation.confirm(tenant, till.item.id, transaction_id, actor_name="eva", now=now)


def lapses_at(till):
    day = reads.get_item(keys.agenda_day("salon", till.item.resource_id, tills.NINE.date()))
    return {one.appointment_id: one.lapses_at for one in day.bookings()}.get(till.item.id)


def test_a_hold_becomes_confirmed_and_paid_and_the_payment_says_by_what(held, now):
    confirmed = confirm(held, now)

    assert (confirmed.status, confirmed.payment_status, confirmed.paid_amount) == ("CONFIRMED", "PAID", 80_000)
    assert (confirmed.confirmed_at, confirmed.hold_expires_at, lapses_at(held)) == (now, None, 0)
    (payment,) = tills.all_payments()
    assert (payment.provider, payment.method, payment.status) == ("MANUAL", "OTHER", "PAID")
    assert (payment.external_id, payment.amount, payment.taken_by) == ("TX-1", 80_000, "eva")
    assert confirmed.bancard_transaction_id is None


def test_both_are_one_transaction(held, now):
    with faults.answering("TransactWriteItems") as calls:
        confirm(held, now)

    assert calls == ["TransactWriteItems"]


def test_both_happen_once_whatever_call_fails(held, now, crash):
    crash(lambda: confirm(held, now))

    assert (held.status(), len(tills.all_payments()), lapses_at(held)) == ("CONFIRMED PAID", 1, 0)


def test_the_same_transaction_again_changes_nothing(booked, now):
    first = confirm(booked, now)

    again = confirm(booked, now + 60 * MINUTE)

    assert (again.version, again.history) == (first.version, first.history)
    assert len(tills.all_payments()) == 1


def test_a_confirmed_appointment_becomes_paid(booked, now):
    appointments.confirm("salon", booked.item.id, actor_name="eva", now=now)

    assert confirm(booked, now + MINUTE).payment_status == "PAID"
    assert booked.stored().confirmed_at == now


def test_only_what_is_still_due_is_recorded(booked, now):
    booked.take_cash(now, amount="30000")

    confirm(booked, now)

    assert sorted(one.amount for one in tills.all_payments()) == [30_000, 50_000]
    assert booked.status() == "CONFIRMED PAID"


def test_a_lapsed_hold_takes_its_time_again(held, now):
    assert confirm(held, now + 16 * MINUTE).status == "CONFIRMED"
    assert lapses_at(held) == 0


def test_an_expired_appointment_takes_its_time_again(held, now):
    appointments.expire("salon", held.item.id, now=now + 16 * MINUTE)

    assert confirm(held, now + 17 * MINUTE).payment_status == "PAID"


def test_a_lapsed_hold_whose_slot_is_gone_is_refused_and_nothing_is_recorded(held, now):
    held.steal(now + 16 * MINUTE)

    with pytest.raises(slots.SlotTaken):
        confirm(held, now + 16 * MINUTE)

    assert (held.status(), tills.all_payments()) == ("PENDING PENDING", [])


def test_a_lapsed_hold_that_has_begun_is_refused(held, now):
    with pytest.raises(WrongAppointmentState):
        confirm(held, tills.NINE)

    assert tills.all_payments() == []


def test_what_is_paid_already_is_refused(booked, now):
    booked.take_cash(now)

    with pytest.raises(NothingDue):
        confirm(booked, now)

    assert len(tills.all_payments()) == 1


@pytest.mark.parametrize("conclude", [conclusions.complete, conclusions.no_show])
def test_what_took_place_is_not_confirmed(booked, now, conclude):
    appointments.confirm("salon", booked.item.id, actor_name="eva", now=now)
    conclude("salon", booked.item.id, actor_name="eva", now=tills.NINE)

    with pytest.raises(WrongAppointmentState):
        confirm(booked, tills.NINE)

    assert tills.all_payments() == []


def test_what_is_cancelled_is_not_confirmed(booked, now):
    booked.cancel(now)

    with pytest.raises(WrongAppointmentState):
        confirm(booked, now)

    assert tills.all_payments() == []


def test_a_repeat_after_a_refund_or_a_cancellation_says_so(booked, held_elsewhere, now):
    confirm(booked, now)
    (payment,) = tills.all_payments()
    refunds.refund_payment("salon", payment.id, Refunding(reason="x"), actor_name="eva", now=now)
    confirm(held_elsewhere, now)
    appointments.cancel("salon", held_elsewhere.item.id, reason="", keep_payment=True, actor_name="eva", now=now)

    with pytest.raises(WrongPaymentState):
        confirm(booked, now)
    with pytest.raises(WrongAppointmentState):
        confirm(held_elsewhere, now)


@pytest.fixture
def held_elsewhere(booked, now):
    item = tills.book(booked.of, now, at=tills.NINE + 120 * MINUTE, hold=True)
    return tills.Till(tills.Target.APPOINTMENT, item, booked.of)


def test_one_transaction_may_pay_two_appointments(booked, held_elsewhere, now):
    confirm(booked, now)
    confirm(held_elsewhere, now)

    assert [one.external_id for one in tills.all_payments()] == ["TX-1", "TX-1"]
    assert booked.status() == held_elsewhere.status() == "CONFIRMED PAID"


def test_another_tenants_appointment_is_not_there(booked, clinic, now):
    with pytest.raises(NotHere):
        confirm(booked, now, tenant="clinic")

    assert booked.status() == "PENDING PENDING"
    assert tills.all_payments("clinic") == []
