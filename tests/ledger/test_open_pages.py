"""A page that may still take money blocks what it would contradict, or is rolled back first."""

from datetime import timedelta

import pytest

from mostrador.ledger import open_pages
from mostrador.ledger.rules.payment_states import Target
from mostrador.ledger.views.receipts import Receipt
from mostrador.payments import bancard_account
from mostrador.raffles import order_reviews, raffles
from mostrador.scheduling import appointments, payment_reviews
from tests.support import bank as banks
from tests.support import orders as shop
from tests.support import till as tills

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def bank(salon, now):
    with banks.opened() as opened:
        banks.connect(now)
        yield opened


@pytest.fixture(params=tills.KINDS)
def till(request, bank, now):
    return tills.KINDS[request.param](now)


def begin(till, now):
    return till.start(now).payment


def declare(till, now):
    receive = order_reviews.receive if till.target is Target.ORDER else payment_reviews.receive
    return receive("salon", till.item.id, Receipt(reference="TRF-1"), actor_name="eva", now=now)


ENDINGS = {
    "cancelled": lambda till, now: till.cancel(now),
    "paid at the counter": lambda till, now: till.take_cash(now),
    "a transfer declared": declare,
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("is_declined", [False, True], ids=["open", "declined"])
def test_what_ends_a_page_has_it_rolled_back_at_the_next_run(bank, till, now, end, is_declined):
    begun = begin(till, now)
    if is_declined:
        bank.decline(begun.id)
        bank.notify(begun.id, now=now)

    end(till, now + SECOND)
    tills.sweep(now + 2 * SECOND)

    assert bank.state(begun.id) == "CLOSED"
    assert bank.pay(begun.id) is False
    tills.check(bank)


def test_money_that_was_faster_than_the_rollback_goes_back(bank, till, now):
    begun = begin(till, now)

    till.cancel(now + SECOND)
    bank.pay(begun.id)
    tills.sweep(now + MINUTE)
    tills.sweep(now + 2 * MINUTE)

    assert (tills.payment(begun.id, now).status, bank.paid_amount()) == ("REFUNDED", 0)


def test_red_control_without_the_end_the_page_of_a_cancelled_one_is_paid(bank, till, now, monkeypatch):
    monkeypatch.setattr(open_pages, "end", lambda *_: None)
    begun = begin(till, now)

    till.cancel(now + SECOND)
    tills.sweep(now + 2 * SECOND)

    assert bank.pay(begun.id) is True


@pytest.mark.parametrize("is_declined", [False, True], ids=["open", "declined"])
def test_a_raffle_that_is_closed_early_has_its_pages_rolled_back_by_the_cutoff(bank, now, is_declined):
    raffle = shop.on_sale(now, hold_minutes=1)
    till = tills.Till(Target.ORDER, shop.sell(raffle, 1, 2, now=now), raffle)
    begun = begin(till, now)
    if is_declined:
        bank.decline(begun.id)
        bank.notify(begun.id, now=now)

    closed = raffles.close("salon", raffle.id, now=now + SECOND)
    cutoff = raffles.sale_cutoff(closed)
    assert begun.payable_until > cutoff
    at = now + SECOND
    while at < cutoff:
        tills.sweep(at)
        at += MINUTE

    assert (tills.payment(begun.id, now).payable_until < cutoff, bank.state(begun.id)) == (True, "CLOSED")
    assert bank.pay(begun.id) is False


def test_a_page_that_is_within_the_new_sale_stays(bank, now):
    raffle = shop.on_sale(now, hold_minutes=15)
    till = tills.Till(Target.ORDER, shop.sell(raffle, 1, 2, now=now), raffle)
    begun = begin(till, now)

    raffles.close("salon", raffle.id, now=now + SECOND)
    tills.sweep(now + 2 * SECOND)

    assert bank.pay(begun.id) is True
    tills.sweep(now + 5 * MINUTE)
    assert till.stored().status == "PAID"


def test_bancard_is_not_disconnected_while_a_page_can_be_paid(bank, till, now):
    begun = begin(till, now)

    with pytest.raises(open_pages.PagesOpen) as refused:
        bancard_account.disconnect("salon", seen=None, now=now)

    assert refused.value.facts == {"count": 1, "until": begun.payable_until.isoformat()}
    bancard_account.disconnect("salon", seen=None, now=begun.payable_until)


def test_a_held_appointment_is_not_deleted_while_it_is_being_paid(bank, now):
    till = tills.appointment(now)
    begin(till, now)

    with pytest.raises(open_pages.BeingPaid):
        appointments.delete("salon", till.item.id, seen=None, now=now)

    assert till.stored() is not None


@pytest.mark.parametrize("is_declined", [False, True], ids=["open", "declined"])
def test_a_hold_that_ends_has_its_page_rolled_back_first(bank, till, now, is_declined):
    begun = begin(till, now)
    if is_declined:
        bank.decline(begun.id)
        bank.notify(begun.id, now=now)

    tills.sweep(begun.payable_until + 10 * MINUTE)

    assert (till.stored().status, bank.state(begun.id)) == ("EXPIRED", "CLOSED")
