"""A page on which an order or an appointment is paid: one live, whoever starts; refused before Bancard is asked."""

from datetime import timedelta

import pytest

from mostrador.clients.bancard_http import GatewayKeysRefused, GatewayUnknown
from mostrador.errors import NotHere
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import bancard_account, checkout, payment_links
from mostrador.payments.checkout import AlreadyStarting
from mostrador.payments.rules.checkout import MOST_CHECKOUTS, CurrencyNotTaken, NothingDue, NotPayable, TooManyCheckouts
from mostrador.raffles import raffles, reservations
from mostrador.scheduling import slots
from mostrador.table import keys, reads
from tests.support import bank as banks
from tests.support import till as tills

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_bancard_is_asked_for_the_amount_and_told_where_to_return(bank, till, now):
    begun = till.start(now)

    asked = bank.purchases[int(begun.payment.id)]
    token = payment_links.token("salon", begun.payment.id)
    assert asked["amount"] == {"order": "20000.00"}.get(till.target.value.lower(), "80000.00")
    assert asked["url"] == f"https://salon.test/pago?payment={begun.payment.id}&token={token}"
    assert begun.page == f"https://bancard.test/payment/single_buy?process_id=page%2A{begun.payment.id}"
    assert (begun.payment.status, begun.payment.started_by) == ("PENDING", "eva")


def test_a_second_start_gives_the_page_that_is_there(bank, till, now):
    first = till.start(now)

    second = till.start(now + SECOND, actor_name="public")

    assert (second.payment.id, second.page, second.token) == (first.payment.id, first.page, first.token)
    assert bank.calls == ["single_buy"]


def test_it_is_named_where_it_is_for_and_looked_at_before_that_is_let_go(bank, till, now):
    begun, held_until = till.start(now).payment, till.item.hold_expires_at

    stored = till.stored()

    assert (stored.checkout_id, stored.checkouts) == (begun.id, 1)
    assert begun.payable_until == held_until - 2 * MINUTE
    assert begun.due_at == keys.at(now + MINUTE)
    assert (stored.hold_expires_at, stored.due_at) == (held_until, till.item.due_at)


def test_who_pays_has_ten_minutes_and_what_is_held_is_held_longer_for_it_once(bank, till, now):
    then = now + tills.HOLD - SECOND

    begun = till.start(then).payment

    assert begun.payable_until == then + timedelta(minutes=10)
    assert till.stored().hold_expires_at == begun.payable_until + 2 * MINUTE
    with pytest.raises((slots.SlotTaken, reservations.NumbersTaken)):
        till.steal(begun.payable_until)
    bank.decline(begun.id)
    bank.notify(begun.id, now=then)
    assert till.start(then + 9 * MINUTE).payment.payable_until == begun.payable_until


def test_nobody_pays_for_what_is_let_go_in_a_moment(bank, till, now):
    declined = till.start(now).payment
    bank.decline(declined.id)
    bank.notify(declined.id, now=now)

    with pytest.raises(NotPayable):
        till.start(declined.payable_until - SECOND)


def test_an_order_is_paid_before_the_cut_of_its_raffle(bank, now):
    till = tills.order(now)
    cut = raffles.sale_cutoff(raffles.close("salon", till.of.id, now=now))

    assert till.start(now).payment.payable_until <= cut - 2 * MINUTE


def test_a_page_that_was_declined_is_closed_before_another_is_made(bank, till, now):
    declined = till.start(now).payment
    bank.decline(declined.id)
    bank.notify(declined.id, now=now)

    till.start(now + SECOND)

    assert bank.state(declined.id) == "CLOSED"
    assert bank.pay(declined.id) is False


def test_where_the_account_is_gone_what_is_over_is_in_nobodys_way(bank, now):
    of = tills.service(now)
    till = tills.Till(Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)
    first = till.start(now).payment
    bancard_account.disconnect("salon", seen=None, now=first.payable_until)
    bank.keys.add("Q" * 32)
    banks.connect(first.payable_until, public_key="Q" * 32)

    second = till.start(first.payable_until).payment

    assert (second.account, tills.payment(first.id, now).by_hand) == ("Q" * 32, True)


def test_where_bancard_does_not_answer_nobody_knows_the_page_and_another_is_made(bank, till, now):
    bank.lost.add("single_buy")
    with pytest.raises(GatewayUnknown):
        till.start(now)
    bank.lost.clear()
    (lost,) = tills.all_payments()

    begun = till.start(now + checkout.START_TIMEOUT)

    assert begun.payment.id != lost.id
    assert (tills.payment(lost.id, now).status, bank.state(lost.id)) == ("EXPIRED", "CLOSED")
    assert bank.pay(lost.id) is False


def test_what_was_paid_on_a_page_whose_answer_was_lost_pays(bank, till, now):
    bank.lost.add("single_buy")
    with pytest.raises(GatewayUnknown):
        till.start(now)
    (lost,) = tills.all_payments()
    bank.pay(lost.id)

    with pytest.raises((NotPayable, NothingDue)):
        till.start(now + checkout.START_TIMEOUT)

    assert till.is_paid()


def test_whoever_comes_while_bancard_is_asked_waits(bank, till, now, monkeypatch):
    monkeypatch.setattr("mostrador.payments.checkout.writes.attempts", lambda *_, **__: iter(range(3)))
    refused = []

    def somebody_else():
        with pytest.raises(AlreadyStarting) as refusal:
            till.start(now)
        refused.append(refusal)

    bank.before["single_buy"] = somebody_else

    till.start(now)

    assert len(refused) == 1
    assert len(tills.all_payments()) == 1


def test_keys_that_bancard_refuses_are_told_and_the_payment_has_failed(bank, till, now):
    bank.keys.clear()

    with pytest.raises(GatewayKeysRefused):
        till.start(now)

    (failed,) = tills.all_payments()
    assert (failed.status, failed.provider_messages[-1]["refused"]) == ("FAILED", ["InvalidPublicKeyError"])


def test_after_it_expired_another_is_made(bank, till, now):
    first = till.start(now).payment
    tills.sweep(first.payable_until)

    with pytest.raises(NotPayable):
        till.start(first.payable_until + 2 * MINUTE)

    assert tills.payment(first.id, now).status == "EXPIRED"


def test_what_is_not_held_may_be_paid_for_half_an_hour_and_then_anew(bank, now):
    of = tills.service(now)
    till = tills.Till(Target.APPOINTMENT, tills.book(of, now, status="CONFIRMED"), of)
    first = till.start(now).payment
    assert first.payable_until == now + timedelta(minutes=30)

    second = till.start(first.payable_until).payment

    assert second.id != first.id
    assert (tills.payment(first.id, now).status, bank.state(first.id)) == ("EXPIRED", "CLOSED")


def test_so_many_tries_are_enough(bank, till, now):
    for number in range(MOST_CHECKOUTS):
        declined = till.start(now + number * SECOND).payment
        bank.decline(declined.id)
        bank.notify(declined.id, now=now + number * SECOND)

    with pytest.raises(TooManyCheckouts):
        till.start(now + MOST_CHECKOUTS * SECOND)


def test_what_bancard_gave_no_page_for_is_no_try(bank, till, now):
    bank.keys.clear()
    for number in range(MOST_CHECKOUTS + 2):
        with pytest.raises(GatewayKeysRefused):
            till.start(now + number * SECOND)
    bank.keys.add(banks.PUBLIC_KEY)

    for number in range(MOST_CHECKOUTS):
        declined = till.start(now + (20 + number) * SECOND).payment
        bank.decline(declined.id)
        bank.notify(declined.id, now=now + (20 + number) * SECOND)

    with pytest.raises(TooManyCheckouts):
        till.start(now + 40 * SECOND)
    assert till.stored().checkouts == MOST_CHECKOUTS


@pytest.mark.parametrize("kind", tills.KINDS)
def test_another_currency_is_refused_before_bancard_is_asked(bank, now, kind):
    more = {"currency": "USD", "price": "25.00"}
    till = tills.KINDS[kind](now, **more)

    with pytest.raises(CurrencyNotTaken) as refusal:
        till.start(now)

    assert refusal.value.facts["value"] == {"order": "50.00 USD", "appointment": "25.00 USD"}[kind]
    assert (bank.calls, tills.all_payments()) == ([], [])


@pytest.mark.parametrize("after", ["cancel", "lapse", "pay"])
def test_what_is_over_is_refused(bank, till, now, after):
    then = now
    if after == "cancel":
        till.cancel(now)
    elif after == "lapse":
        then = now + tills.HOLD
    else:
        till.take_cash(now)

    with pytest.raises((NotPayable, NothingDue)):
        till.start(then)

    assert bank.calls == []


def test_what_costs_nothing_is_not_paid(bank, now):
    till = tills.appointment(now, price="0")

    with pytest.raises(NothingDue):
        till.start(now)


def test_without_keys_there_is_no_page(salon, now):
    till = tills.appointment(now)

    with pytest.raises(bancard_account.NotConnected):
        till.start(now)


def test_another_tenants_is_not_here(bank, till, clinic, now):
    banks.connect(now, "clinic")

    with pytest.raises(NotHere):
        checkout.start("clinic", till.target, till.item.id, actor_name="eva", now=now)


class TestDeposits:
    @pytest.fixture
    def till(self, bank, now):
        return tills.appointment(now, price="80001", deposit_percent=30)

    def test_the_deposit_is_asked_for_rounded_up(self, bank, till, now):
        assert till.start(now).payment.amount == 24_001

    def test_all_of_it_may_be_paid(self, bank, till, now):
        assert till.start(now, all_of_it=True).payment.amount == 80_001

    def test_who_changes_their_mind_gets_another_page_and_the_first_is_closed(self, bank, till, now):
        first = till.start(now).payment

        second = till.start(now + SECOND, all_of_it=True).payment

        assert (bank.state(first.id), tills.payment(first.id, now).status) == ("CLOSED", "EXPIRED")
        assert second.amount == 80_001

    def test_once_paid_it_confirms_and_the_rest_is_due(self, bank, till, now):
        begun = till.start(now).payment
        bank.pay(begun.id)
        bank.notify(begun.id, now=now)
        assert till.status() == "CONFIRMED PARTIAL"

        rest = till.start(now + SECOND).payment
        bank.pay(rest.id)
        bank.notify(rest.id, now=now + SECOND)

        assert (rest.amount, till.status(), till.stored().paid_amount) == (56_000, "CONFIRMED PAID", 80_001)

    def test_a_customer_without_an_account_holds_the_time_until_it_is_paid(self, bank, now):
        from mostrador.scheduling import public_booking
        from mostrador.scheduling.views.public_booking import PublicBooking

        of = tills.service(now, deposit_percent=50)
        form = PublicBooking(
            service_id=of.id, scheduled_at=tills.NINE, customer_data={"name": "Ana", "phone": "0981 123 456"}
        )

        booked = public_booking.book("salon", form, address="203.0.113.7", key=None, now=now).appointment

        assert (booked.deposit_amount, booked.hold_expires_at) == (40_000, now + tills.HOLD)
        assert reads.get_item(keys.appointment("salon", booked.id)).due_at == keys.at(now + tills.HOLD)
