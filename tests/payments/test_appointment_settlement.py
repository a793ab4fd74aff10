"""Money for an appointment: all of it or a part, by whoever; what it confirms, and what is due back."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger import payments
from mostrador.ledger.rules.surpluses import SurplusUnexplained
from mostrador.ledger.views.payments import Confirmation, Refunding
from mostrador.payments import counter_payments, paid_confirmation, refunds
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import appointments, conclusions, rescheduling, services, slots, special_days
from mostrador.scheduling.booking_context import ServiceInactive
from mostrador.scheduling.rules.appointment_states import AmountIsFixed, NotDeletable
from mostrador.scheduling.views.appointments import AppointmentChanges
from mostrador.scheduling.views.services import ServiceChanges
from mostrador.scheduling.views.special_days import NewClosure
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Resource
from mostrador.values.money import BadAmount
from tests.support import till as tills

SECOND = timedelta(seconds=1)


@pytest.fixture
def held(salon, now):
    return tills.appointment(now)


@pytest.fixture
def booked(salon, now):
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now), of)


def lines(till):
    day = reads.get_item(keys.agenda_day("salon", till.item.resource_id, tills.NINE.date()))
    return {one.appointment_id: one.lapses_at for one in day.bookings()}


def refund(payment, now, **form):
    return refunds.refund_payment("salon", payment.id, Refunding(reason="x", **form), actor_name="eva", now=now).payment


def test_cash_confirms_a_hold_and_makes_its_time_firm(held, now):
    paid = held.take_cash(now)

    one = held.stored()
    assert (paid.status, paid.taken_by, paid.method, paid.amount) == ("PAID", "eva", "CASH", 80_000)
    assert (one.status, one.payment_status, one.paid_amount, one.payment_ids) == (
        "CONFIRMED",
        "PAID",
        80_000,
        [paid.id],
    )
    assert (one.hold_expires_at, one.due_pk, lines(held)) == (None, None, {one.id: 0})
    assert [entry["change"] for entry in one.history] == ["PAID", "CONFIRMED"]


def test_a_part_confirms_and_the_rest_is_due(booked, now):
    booked.take_cash(now, amount="30000")
    assert booked.status() == "CONFIRMED PARTIAL"

    rest = booked.take_cash(now + SECOND, reference="R-2")

    assert (rest.amount, booked.status(), len(booked.stored().payment_ids)) == (50_000, "CONFIRMED PAID", 2)


def test_nothing_is_no_payment(booked, now):
    with pytest.raises(NothingDue):
        booked.take_cash(now, amount="0")
    booked.take_cash(now)
    with pytest.raises(NothingDue):
        booked.take_cash(now, reference="R-2")

    assert [one.status for one in tills.all_payments()] == ["PAID"]


def test_more_than_is_due_is_due_back_where_the_counter_says_so(booked, now):
    with pytest.raises(SurplusUnexplained):
        booked.take_cash(now, amount="80001")
    paid = booked.take_cash(now, amount="80001", surplus="refund")

    assert (paid.status, paid.reason) == ("REFUND_DUE", "WRONG_AMOUNT")
    assert booked.status() == "PENDING PENDING"


def test_what_is_no_amount_is_refused(booked, now):
    with pytest.raises(BadAmount) as refusal:
        booked.take_cash(now, amount="10.5")

    assert refusal.value.facts["field"] == "body.amount"


def test_money_that_comes_twice_is_due_back_where_the_counter_says_so(booked, now):
    booked.take_cash(now)

    with pytest.raises(SurplusUnexplained):
        booked.take_cash(now, amount="1", reference="R-2")
    again = booked.take_cash(now, amount="1", reference="R-2", surplus="refund")

    assert (again.status, again.reason) == ("REFUND_DUE", "ALREADY_PAID")


def test_the_same_again_is_one_payment_and_another_form_under_its_key_is_refused(booked, now):
    form = Confirmation(method="CASH", amount="1000")
    first = counter_payments.record_appointment_payment(
        "salon", booked.item.id, form, actor_name="eva", key="k", now=now
    ).payment

    again = counter_payments.record_appointment_payment(
        "salon", booked.item.id, form, actor_name="eva", key="k", now=now
    ).payment

    assert again.id == first.id
    with pytest.raises(writes.KeyReused):
        counter_payments.record_appointment_payment(
            "salon", booked.item.id, Confirmation(method="CASH"), actor_name="eva", key="k", now=now
        )


def test_late_it_takes_its_time_again(held, now):
    then = now + tills.HOLD + SECOND
    appointments.expire("salon", held.item.id, now=then)
    assert lines(held) == {}

    paid = held.take_cash(then)

    assert (paid.status, held.status(), lines(held)) == ("PAID", "CONFIRMED PAID", {held.item.id: 0})


@pytest.mark.parametrize("sweep", [True, False], ids=["expired", "only lapsed"])
def test_late_and_gone_it_is_due_back(held, now, sweep):
    then = now + tills.HOLD + SECOND
    if sweep:
        appointments.expire("salon", held.item.id, now=then)
    other = held.steal(then)

    paid = held.take_cash(then)

    assert (paid.status, paid.reason) == ("REFUND_DUE", "SLOT_GONE")
    assert {name for name, lapses in lines(held).items() if not lapses} == {other.id}


def test_after_its_start_a_lapsed_hold_is_not_paid_any_more(held, now):
    paid = held.take_cash(tills.NINE)

    assert (paid.status, paid.reason) == ("REFUND_DUE", "TOO_LATE")


def test_what_took_place_is_paid_at_the_counter(booked, now):
    appointments.confirm("salon", booked.item.id, actor_name="eva", now=now)
    conclusions.complete("salon", booked.item.id, actor_name="eva", now=tills.NINE)

    booked.take_cash(tills.NINE)

    assert booked.status() == "COMPLETED PAID"


def test_what_is_cancelled_owes_what_was_paid(booked, now):
    paid = booked.take_cash(now, amount="30000")

    booked.cancel(now)

    assert booked.status() == "CANCELLED REFUNDED"
    assert [one.id for one in payments.refunds_due("salon", 10)] == [paid.id]
    assert tills.payment(paid.id, now).reason == "APPOINTMENT_CANCELLED"


def test_a_business_may_keep_it(booked, now):
    paid = booked.take_cash(now)

    appointments.cancel("salon", booked.item.id, reason="", actor_name="eva", now=now, keep_payment=True)

    assert (booked.status(), tills.payment(paid.id, now).status) == ("CANCELLED PAID", "PAID")


def test_after_a_cancellation_it_is_due_back(booked, now):
    booked.cancel(now)

    assert booked.take_cash(now).reason == "APPOINTMENT_CANCELLED"


def test_a_refund_of_one_part_leaves_the_other(booked, now):
    first, second = booked.take_cash(now, amount="30000"), booked.take_cash(now)

    refunded = refund(first, now)

    assert (refunded.status, refunded.reason) == ("REFUND_DUE", "GIVEN_BACK")
    assert (booked.status(), booked.stored().payment_ids) == ("CONFIRMED PARTIAL", [second.id])
    refund(second, now, is_returned=True)
    assert (booked.status(), booked.stored().paid_amount) == ("CONFIRMED REFUNDED", None)
    assert booked.take_cash(now + SECOND, reference="R-3").status == "PAID"


def test_what_is_paid_keeps_its_amount_and_is_kept(booked, now):
    booked.take_cash(now, amount="1000")

    with pytest.raises(AmountIsFixed):
        appointments.change("salon", booked.item.id, AppointmentChanges(total_amount="1"), seen=None, now=now)
    with pytest.raises(NotDeletable):
        appointments.delete("salon", booked.item.id, seen=None, now=now)


def test_what_went_back_fixes_neither_amount_nor_appointment(booked, now):
    paid, cheaper = booked.take_cash(now, amount="1000"), AppointmentChanges(total_amount="50000")
    refund(paid, now)
    with pytest.raises(AmountIsFixed):  # the money is still here
        appointments.change("salon", booked.item.id, cheaper, seen=None, now=now)
    with pytest.raises(NotDeletable):
        appointments.delete("salon", booked.item.id, seen=None, now=now)
    payments.mark_refunded("salon", paid.id, actor_name="eva", now=now)

    assert appointments.change("salon", booked.item.id, cheaper, seen=None, now=now).total_amount == 50_000
    again = booked.take_cash(now + SECOND)
    assert (again.amount, booked.status()) == (50_000, "CONFIRMED PAID")
    refund(again, now, is_returned=True)
    appointments.delete("salon", booked.item.id, seen=None, now=now)

    assert (booked.stored(), {one.status for one in tills.all_payments()}) == (None, {"REFUNDED"})


def test_moving_keeps_what_was_paid(booked, now):
    from mostrador.scheduling.views.appointments import Rescheduling

    paid, form = booked.take_cash(now), Rescheduling(scheduled_at=tills.NINE + timedelta(hours=2))

    rescheduling.move("salon", booked.item.id, form, actor_name="eva", now=now)

    assert (booked.status(), booked.stored().payment_ids) == ("CONFIRMED PAID", [paid.id])


def test_money_for_what_is_not_here_is_refused_by_hand(salon, clinic, booked, now):
    for tenant, one in (("clinic", booked.item.id), ("salon", "0" * 32)):
        with pytest.raises(NotHere):
            counter_payments.record_appointment_payment(
                tenant, one, Confirmation(method="CASH"), actor_name="eva", key="k", now=now
            )
    assert tills.all_payments() == []


def test_a_phones_ledger_counts_what_money_made_firm(salon, now):
    from mostrador.scheduling import booking_limits
    from mostrador.tenancy import tenants
    from mostrador.tenancy.views.tenants import TenantChanges

    tenants.change("salon", TenantChanges(max_active_bookings=1), seen=None, now=now)
    held = tills.appointment(now)
    then = now + tills.HOLD + SECOND
    appointments.expire("salon", held.item.id, now=then)

    held.take_cash(then)

    with pytest.raises(booking_limits.TooManyActive):
        tills.book(held.of, then, at=tills.NINE + timedelta(hours=3))


def close_the_day(held, now):
    special_days.create("salon", NewClosure(date=tills.NINE.date(), name="Duelo"), now=now)


def close_the_resource_that_day(held, now):
    form = NewClosure(date=tills.NINE.date(), name="Licencia", resource_id=held.item.resource_id)
    special_days.create("salon", form, now=now)


def delete_the_resource(held, now):
    reads.get_item(keys.resource("salon", held.item.resource_id)).delete()


def deactivate_the_resource(held, now):
    reads.get_item(keys.resource("salon", held.item.resource_id)).update(actions=[Resource.is_active.set(False)])


def deactivate_the_service(held, now):
    services.change("salon", held.of.id, ServiceChanges(is_active=False), seen=None, now=now)


def delete_the_service(held, now):
    services.delete("salon", held.of.id, seen=None, now=now)


def lower_the_capacity(held, now):
    """Another class member has a seat; the class now has that one seat alone."""
    tills.book(held.of, now + tills.HOLD + SECOND, phone="0981 777 777", status="CONFIRMED")
    services.change("salon", held.of.id, ServiceChanges(capacity=1), seen=None, now=now)


ENDS = [
    (close_the_day, "CLOSED"),
    (close_the_resource_that_day, "CLOSED"),
    (delete_the_resource, "RESOURCE_GONE"),
    (deactivate_the_resource, "RESOURCE_GONE"),
    (deactivate_the_service, "SERVICE_GONE"),
    (delete_the_service, "SERVICE_GONE"),
    (lower_the_capacity, "SLOT_GONE"),
]


@pytest.mark.parametrize(("end", "reason"), ENDS, ids=[end.__name__ for end, _ in ENDS])
def test_late_money_takes_nothing_that_has_ended(salon, now, end, reason):
    held = tills.appointment(now, capacity=2)
    end(held, now)

    late = held.take_cash(now + tills.HOLD + SECOND)

    assert (late.status, late.reason, held.status()) == ("REFUND_DUE", reason, "PENDING PENDING")


@pytest.mark.parametrize("end", [end for end, _ in ENDS], ids=[end.__name__ for end, _ in ENDS])
def test_a_late_confirmation_takes_nothing_that_has_ended(salon, now, end):
    held = tills.appointment(now, capacity=2)
    end(held, now)

    with pytest.raises((slots.SlotTaken, ServiceInactive)):
        appointments.confirm("salon", held.item.id, actor_name="eva", now=now + tills.HOLD + SECOND)
    with pytest.raises((slots.SlotTaken, ServiceInactive)):
        paid_confirmation.confirm("salon", held.item.id, "TX-1", actor_name="eva", now=now + tills.HOLD + SECOND)

    assert (held.status(), tills.all_payments()) == ("PENDING PENDING", [])


@pytest.mark.parametrize("end", [end for end, _ in ENDS], ids=[end.__name__ for end, _ in ENDS])
def test_money_in_time_keeps_what_was_agreed(salon, now, end):
    """The control: only a lapsed hold takes its time again."""
    held = tills.appointment(now, capacity=2)
    if end is not lower_the_capacity:
        end(held, now)

    assert (held.take_cash(now + SECOND).status, held.status()) == ("PAID", "CONFIRMED PAID")
