"""R3 for payments: every SDK call of starting, settling and refunding goes wrong in every way; then once more."""

from contextlib import suppress

import pytest

from mostrador.errors import ServiceError
from mostrador.ledger.views.payments import Refunding
from mostrador.payments import reconciliation, refunds, rollbacks
from mostrador.table import TableFailure
from tests.support import faults
from tests.support import till as tills

pytestmark = pytest.mark.deep

crash = faults.points_of(6)


def changes(till):
    return [one["change"] for one in till.stored().history or []]


def test_a_message_pays_once(bank, till, now, crash):
    begun = till.start(now).payment
    bank.pay(begun.id)

    crash(lambda: bank.notify(begun.id, now=now))

    assert till.is_paid()
    assert changes(till).count("PAID") == 1
    assert [line.state for line in tills.ledger()] == ["PAID"]
    tills.check(bank, till)


def test_money_that_cannot_pay_is_due_back_once_and_given_back_once(bank, till, now, crash):
    begun = till.start(now).payment
    till.cancel(now)
    bank.pay(begun.id)
    bank.notify(begun.id, now=now)

    returned = crash(lambda: rollbacks.refund("salon", tills.payment(begun.id, now), now=now))

    assert (returned.status, bank.paid_amount()) == ("REFUNDED", 0)
    assert sorted(line.state for line in tills.ledger()) == ["REFUNDED", "REFUND_DUE"]


def test_a_refund_is_made_once(bank, till, now, crash):
    begun = till.start(now).payment
    bank.pay(begun.id)
    bank.notify(begun.id, now=now)

    crash(lambda: refunds.refund_payment("salon", begun.id, Refunding(reason="x"), actor_name="eva", now=now))
    tills.sweep(now + tills.PAGE)

    assert (tills.payment(begun.id, now).status, bank.paid_amount()) == ("REFUNDED", 0)
    assert changes(till).count("REFUNDED") == 1


def test_a_start_leaves_no_page_that_nobody_looks_at(bank, till, now, crash):
    with suppress(ServiceError):
        crash(lambda: till.start(now))
    later = now + tills.checkout.START_TIMEOUT

    begun = till.start(later).payment

    assert [one.id for one in tills.all_payments() if one.status == "PENDING"] == [begun.id]
    assert {bank.state(one.id) for one in tills.all_payments() if one.id != begun.id} <= {"CLOSED", "NONE"}
    assert till.stored().checkout_id == begun.id


def test_giving_up_is_done_once_and_closes_the_page(bank, till, now, crash):
    begun = till.start(now).payment
    over = begun.payable_until

    crash(lambda: reconciliation.check("salon", tills.payment(begun.id, now), now=over))

    assert (tills.payment(begun.id, now).status, bank.state(begun.id)) == ("EXPIRED", "CLOSED")


def test_the_crashes_do_happen(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)

    with faults.crashing(2, "before") as calls, pytest.raises(TableFailure):
        bank.notify(begun.id, now=now)

    assert calls == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
