"""Payments under real concurrency, on dynoxide: one page, one landing, one refund, whoever comes at once."""

import time

import pytest

from mostrador import process_cache
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import PaymentState
from mostrador.ledger.views.payments import Refunding
from mostrador.payments import refunds, rollbacks
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.table.items.payments import Payment
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import bank as banks
from tests.support import days
from tests.support import till as tills
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
CLIENTS = 8


@pytest.fixture
def bank(dynoxide, now, moto):
    tenants.create(
        NewTenant(slug="salon", name="Salón", country="PY", currency="PYG", business_hours=days.EVERY_DAY), now=now
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mostrador.clients.kms.encrypt", lambda text, _bound_to: text)  # no KMS on this engine
        patch.setattr("mostrador.clients.kms.decrypt", lambda sealed, _bound_to: sealed)
        process_cache.clear_all()
        banks.connect(now)
        with banks.opened() as opened:
            yield opened
        process_cache.clear_all()


def states(answers):
    return sorted({getattr(one, "status", type(one).__name__) for one in answers})


def test_of_many_who_start_at_once_all_get_one_page(bank, till, now):
    answers = at_once(CLIENTS, lambda _: till.start(now).payment)

    assert len({one.id for one in answers if isinstance(one, Payment)}) == 1
    assert bank.calls.count("single_buy") == 1
    assert len(tills.all_payments()) == 1


def test_red_control_without_the_targets_version_there_are_several_pages(bank, till, now, monkeypatch):
    counted_up = type(till.item)._handle_version_attribute

    def unconditionally(self, **given):
        counted_up(self, **given)

    monkeypatch.setattr(type(till.item), "_handle_version_attribute", unconditionally)
    monkeypatch.setattr("mostrador.payments.rules.checkout.check_count", lambda _: time.sleep(0.1))
    at_once(CLIENTS, lambda _: till.start(now).payment)

    assert len(tills.all_payments()) > 1


def test_a_message_that_comes_many_times_at_once_pays_once(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)

    at_once(CLIENTS, lambda place: bank.notify(begun.id, now=now) if place % 2 else tills.sweep(now + tills.PAGE))

    assert till.is_paid()
    assert [line.state for line in tills.ledger()] == ["PAID"]
    tills.check(bank, till)


def test_two_pages_paid_at_once_pay_once_and_the_other_goes_back(bank, till, now):
    first = till.start(now).payment
    bank.decline(first.id)
    bank.notify(first.id, now=now)
    second = till.start(now).payment
    bank.purchases[int(first.id)]["state"] = "DECLINED"  # as if the rollback had not closed its page
    for one in (first, second):
        bank.pay(one.id)

    at_once(2, lambda place: bank.notify((first, second)[place].id, now=now))

    assert sorted(one.status for one in tills.all_payments()) == ["PAID", "REFUND_DUE"]
    assert till.is_paid()


def test_a_late_payment_and_somebody_else_at_once_leave_one_owner(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)
    then = now + tills.HOLD + tills.timedelta(seconds=1)

    answers = at_once(2, lambda place: till.steal(then) if place else bank.notify(begun.id, now=then))

    stole = answers[1]
    has_stolen = getattr(stole, "status", "") in ("PAID", AppointmentStatus.CONFIRMED)
    assert till.is_paid() is not has_stolen
    assert tills.payment(begun.id, now).status == ("REFUND_DUE" if has_stolen else "PAID")


def test_a_payment_and_a_cancellation_at_once_leave_nothing_paid_that_is_cancelled(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)

    at_once(2, lambda place: till.cancel(now) if place else bank.notify(begun.id, now=now))

    payment = tills.payment(begun.id, now)
    if "CANCELLED" in till.status():
        assert payment.status == "REFUND_DUE"
    else:  # an order that is paid is not cancelled
        assert (payment.status, till.is_paid()) == ("PAID", True)


def gone_back(till, now):
    """Cash that was taken under the key ``k`` and has gone back."""
    taken = till.take_cash(now, key="k", amount="1000")
    given = Refunding(reason="x", is_returned=True)
    return refunds.refund_payment("salon", taken.id, given, actor_name="eva", now=now).payment


def test_cash_taken_again_by_many_tries_at_once_is_one_new_payment(bank, now):
    till = tills.appointment(now)
    before = gone_back(till, now)

    answers = at_once(CLIENTS, lambda _: till.take_cash(now, key="k", amount="1000"))

    assert len({one.id for one in answers} - {before.id}) == 1
    assert sorted(one.status for one in tills.all_payments()) == ["PAID", "REFUNDED"]
    assert till.stored().paid_amount == 1000


def test_red_control_a_key_with_the_payments_time_takes_it_several_times(bank, now):
    """What tells two tries apart makes two payments of one sum: the key alone may not."""
    till = tills.appointment(now)
    gone_back(till, now)

    at_once(2, lambda place: till.take_cash(now, key=f"k-{place}", amount="1000"))

    assert till.stored().paid_amount == 2000


def test_a_refund_by_many_at_once_goes_back_once(bank, till, now):
    begun = till.start(now).payment
    till.cancel(now)
    bank.pay(begun.id)
    bank.notify(begun.id, now=now)

    at_once(CLIENTS, lambda _: rollbacks.refund("salon", tills.payment(begun.id, now), now=now))

    assert (tills.payment(begun.id, now).status, bank.paid_amount()) == ("REFUNDED", 0)
    assert sorted(line.state for line in tills.ledger()) == ["REFUNDED", "REFUND_DUE"]
    assert payments.refunds_due("salon", 10) == []
    assert PaymentState.REFUNDED in states([tills.payment(begun.id, now)])
