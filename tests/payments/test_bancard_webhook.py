"""R4: whatever Bancard tells, in whatever order, lands as it must; and what it never tells is found out."""

import os
import random
from datetime import timedelta
from itertools import permutations

import pytest

from mostrador.errors import NotHere
from mostrador.payments import bancard_webhook
from mostrador.payments.bancard_webhook import WebhookOutcome
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from tests.support import bank as banks
from tests.support import till as tills
from tests.support.days import shifted

SECOND, DAY = timedelta(seconds=1), timedelta(hours=24)


def test_an_approval_pays_what_it_is_for(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id)

    assert bank.notify(paid.id, now=now) is WebhookOutcome.ASKED

    stored = tills.payment(paid.id, now)
    assert (till.is_paid(), stored.status, stored.response_code) == (True, "PAID", "00")
    assert (stored.external_id, stored.confirmed_at, stored.due_pk) == ("2118000001", now, None)
    assert till.stored().bancard_transaction_id == "2118000001"
    tills.check(bank, till)


def test_a_message_that_says_approved_moves_nothing_where_bancard_says_otherwise(bank, till, now):
    asked = till.start(now).payment

    assert bank.notify(asked.id, now=now, response_code="00") is WebhookOutcome.ASKED

    assert tills.payment(asked.id, now).status == "PENDING"
    assert not till.is_paid()


def test_a_decline_with_response_s_leaves_it_held(bank, till, now):
    asked, before = till.start(now).payment, till.status()
    bank.decline(asked.id)

    bank.notify(asked.id, now=now)

    stored = tills.payment(asked.id, now)
    assert (stored.status, stored.response_code, stored.response_description) == (
        "FAILED",
        "57",
        "Transacción Denegada",
    )
    assert till.status() == before


def test_after_a_decline_another_try_pays(bank, till, now):
    first = till.start(now).payment
    bank.decline(first.id)
    bank.notify(first.id, now=now)

    second = till.start(now + SECOND).payment
    bank.pay(second.id)
    bank.notify(second.id, now=now + SECOND)

    assert second.id != first.id
    assert till.is_paid()
    tills.check(bank, till)


def test_a_page_that_was_declined_and_is_paid_after_all_pays(bank, till, now):
    asked = till.start(now).payment
    bank.decline(asked.id)
    bank.notify(asked.id, now=now)

    bank.pay(asked.id)
    bank.notify(asked.id, now=now + SECOND)

    assert till.is_paid()


def test_a_page_that_was_declined_is_closed_when_it_expires(bank, till, now):
    asked = till.start(now).payment
    bank.decline(asked.id)
    bank.notify(asked.id, now=now)

    tills.sweep(now + tills.PAGE)

    assert bank.state(asked.id) == "CLOSED"
    assert bank.pay(asked.id) is False
    assert tills.payment(asked.id, now).due_pk is None


def test_a_repeat_changes_nothing_and_asks_nobody(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id)
    bank.notify(paid.id, now=now)
    version, calls = tills.payment(paid.id, now).version, list(bank.calls)

    assert bank.notify(paid.id, now=now + SECOND) is WebhookOutcome.REPEATED

    assert (tills.payment(paid.id, now).version, bank.calls) == (version, calls)


def test_it_may_come_before_bancard_answered_where_the_page_is(bank, till, now):
    def pay_first():
        (process_id,) = {int(one.id) for one in tills.all_payments()}
        bank.purchases[process_id] = {"amount": {"order": "20000.00"}.get(kind, "80000.00"), "state": "PAID"}
        bank.notify(process_id, now=now)
        del bank.purchases[process_id]

    kind = till.target.value.lower()
    bank.before["single_buy"] = pay_first

    begun = till.start(now)

    assert (begun.payment.status, bool(begun.payment.process_id)) == ("PAID", True)
    assert till.is_paid()


@pytest.mark.parametrize(
    "forged",
    [{"token": "0" * 32}, {"token": "ñ"}, {"token": ""}, {"private_key": "X" * 40}],
    ids=["another token", "no ASCII", "no token", "another key"],
)
def test_a_wrong_token_moves_nothing_and_has_bancard_asked_soon(bank, till, now, forged):
    asked = till.start(now).payment
    bank.pay(asked.id)
    calls = list(bank.calls)

    assert bank.notify(asked.id, now=now + SECOND, **forged) is WebhookOutcome.FORGED

    assert bank.calls == calls
    assert tills.payment(asked.id, now).status == "PENDING"
    tills.sweep(now + 2 * SECOND)
    assert till.is_paid()


def test_red_control_without_the_token_anybody_could_have_us_ask(bank, till, now, monkeypatch):
    asked = till.start(now).payment
    monkeypatch.setattr("mostrador.payments.rules.bancard.is_genuine", lambda *_, **__: True)

    assert bank.notify(asked.id, now=now, token="0" * 32) is WebhookOutcome.ASKED


def test_a_wrong_amount_goes_back(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id, amount="100.00")

    bank.notify(paid.id, now=now)
    landed = tills.payment(paid.id, now)
    tills.sweep(now + SECOND)

    assert (landed.status, landed.reason, landed.amount) == ("REFUND_DUE", "WRONG_AMOUNT", 100)
    assert tills.payment(paid.id, now).status == "REFUNDED"
    assert bank.paid_amount() == 0
    assert not till.is_paid()
    tills.check(bank, till)


def test_another_tenants_payment_is_unknown_here(bank, till, clinic, now):
    paid = till.start(now).payment
    bank.pay(paid.id)
    banks.connect(now, "clinic", private_key="C" * 40)

    assert bank.notify(paid.id, now=now, tenant="clinic") is WebhookOutcome.FORGED
    signed_there = bank.notify(paid.id, now=now, tenant="clinic", private_key="C" * 40)

    assert signed_there is WebhookOutcome.PARKED
    assert tills.payment(paid.id, now).status == "PENDING"
    assert not till.is_paid()


def test_what_nobody_here_asked_for_is_parked_without_its_token(bank, now):
    assert bank.notify(123456789012345, now=now) is WebhookOutcome.PARKED

    parked = reads.get_item(keys.parked_notice("salon", "123456789012345"))
    assert (parked.process_id, parked.message["token"], parked.message["response_code"]) == (
        "123456789012345",
        "***",
        "00",
    )


def test_after_a_cancellation_it_goes_back(bank, till, now):
    paid = till.start(now).payment
    till.cancel(now)
    bank.pay(paid.id)

    bank.notify(paid.id, now=now)
    tills.sweep(now + SECOND)

    stored = tills.payment(paid.id, now)
    assert (stored.status, stored.reason) == ("REFUNDED", f"{till.target.value}_CANCELLED")
    assert bank.paid_amount() == 0


def late(bank, till, now):
    """Paid in time, told late: the hold has lapsed meanwhile."""
    paid = till.start(now).payment
    bank.pay(paid.id)
    return paid, now + tills.HOLD + SECOND


def test_late_it_takes_again_what_is_still_free(bank, till, now):
    paid, then = late(bank, till, now)

    bank.notify(paid.id, now=then)

    assert till.is_paid()
    tills.check(bank, till)


def test_late_and_gone_it_goes_back(bank, till, now):
    paid, then = late(bank, till, now)
    till.steal(then)

    bank.notify(paid.id, now=then)
    tills.sweep(then + SECOND)

    stored = tills.payment(paid.id, now)
    assert (stored.status, stored.reason) == ("REFUNDED", {"ORDER": "NUMBERS_GONE"}.get(till.target, "SLOT_GONE"))
    assert bank.paid_amount() == 0
    tills.check(bank, till)


def test_paid_twice_on_two_pages_the_second_goes_back(bank, till, now):
    first = till.start(now).payment
    bank.decline(first.id)
    bank.notify(first.id, now=now)
    second = till.start(now + SECOND).payment
    bank.purchases[int(first.id)]["state"] = "DECLINED"  # as if the rollback had not closed its page
    for one in (first, second):
        bank.pay(one.id)

    bank.notify(second.id, now=now + SECOND)
    bank.notify(first.id, now=now + SECOND)
    tills.sweep(now + 2 * SECOND)

    stored = tills.payment(first.id, now)
    assert (stored.status, stored.reason, bank.state(first.id)) == ("REFUNDED", "ALREADY_PAID", "ROLLED_BACK")
    assert till.is_paid()
    tills.check(bank, till)


def test_a_rollback_at_the_portal_takes_the_payment_away(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id)
    bank.notify(paid.id, now=now)
    bank.rollback(_application(now), int(paid.id))

    assert bank.notify(paid.id, now=now + SECOND, amount="0.00") is WebhookOutcome.ASKED

    assert tills.payment(paid.id, now).status == "REFUNDED"
    assert till.status() in ("REFUNDED", "CONFIRMED REFUNDED")


def _application(now):
    from mostrador.payments import bancard_account

    return bancard_account.load("salon", now=now).applications[0]


def test_a_forged_rollback_notice_takes_nothing_away(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id)
    bank.notify(paid.id, now=now)

    bank.notify(paid.id, now=now + SECOND, amount="0.00")

    assert till.is_paid()


@pytest.mark.parametrize("message", [{}, {"ping": 1}])
def test_a_ping_does_nothing(bank, now, message):
    assert bancard_webhook.receive("salon", message, now=now) is WebhookOutcome.PING


@pytest.mark.parametrize("operation", [None, [], "x", {}, {"shop_process_id": "x"}, {"shop_process_id": 1}])
def test_what_cannot_be_read_does_nothing(bank, now, operation):
    assert bancard_webhook.receive("salon", {"operation": operation}, now=now) is WebhookOutcome.UNREADABLE


def test_a_tenant_without_keys_has_nothing_to_check_with(salon, now):
    assert banks.Bank().notify(123456789012345, now=now) is WebhookOutcome.NOT_CONNECTED


def test_a_tenant_that_is_not_there_or_suspended_is_not_found(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id)
    tenants.suspend("salon", now=now)

    for slug in ("salon", "no-such-tenant"):
        with pytest.raises(NotHere):
            bank.notify(paid.id, now=now, tenant=slug)


def test_where_bancard_does_not_answer_the_sweeper_asks(bank, till, now):
    paid = till.start(now).payment
    bank.pay(paid.id)
    bank.silent.add("confirmation")
    assert bank.notify(paid.id, now=now) is WebhookOutcome.DEFERRED
    assert tills.payment(paid.id, now).status == "PENDING"

    bank.silent.clear()
    tills.sweep(now + SECOND)

    assert till.is_paid()


IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
EVENTS = {
    "approve": lambda bank, till, paid, at: bank.pay(paid.id) and bank.notify(paid.id, now=at),
    "decline": lambda bank, till, paid, at: (bank.decline(paid.id), bank.notify(paid.id, now=at)),
    "duplicate": lambda bank, till, paid, at: [bank.notify(paid.id, now=at) for _ in range(2)],
    "early": lambda bank, till, paid, at: bank.notify(paid.id, now=at, response_code="00"),
    "late": lambda bank, till, paid, at: None,
    "wrong token": lambda bank, till, paid, at: bank.notify(paid.id, now=at, token="0" * 32),
    "wrong amount": lambda bank, till, paid, at: bank.notify(paid.id, now=at, amount="1.00"),
    "wrong tenant": lambda bank, till, paid, at: bank.notify(paid.id, now=at, tenant="clinic"),
    "rollback notice": lambda bank, till, paid, at: bank.notify(paid.id, now=at, amount="0.00"),
    "lost": lambda bank, till, paid, at: bank.pay(paid.id),
}


@pytest.mark.deep
@pytest.mark.parametrize("kind", tills.KINDS)
@pytest.mark.parametrize("first", EVENTS)
def test_three_of_them_in_any_order_land_and_converge(bank, clinic, now, kind, first):
    """Of ten kinds each three in each order in `make proof`, some here; the sweeper runs until nothing is due."""
    banks.connect(now, "clinic", private_key="C" * 40)
    every = list(permutations([one for one in EVENTS if one != first], 2))
    for number, rest in enumerate(every if IN_FULL else random.Random(first).sample(every, 4)):  # noqa: S311
        till = _another(kind, now, number)
        paid, at = till.start(now).payment, now
        for event in (first, *rest):
            at += tills.HOLD if event == "late" else SECOND
            EVENTS[event](bank, till, paid, at)
        for wait in (tills.PAGE, tills.PAGE, DAY):
            at += wait
            tills.sweep(at)
        stored = tills.payment(paid.id, now)
        assert stored.due_pk is None, (first, *rest)
        has_paid = bank.state(paid.id) == "PAID"
        assert till.is_paid() is has_paid, (first, *rest, stored.status)
        assert (stored.status == "PAID") is has_paid, (first, *rest, stored.status)


LONG = {"sale_closes_at": shifted("2027-06-01T12:00:00Z"), "draw_at": shifted("2027-06-02T12:00:00Z")}
_numbers: dict[str, object] = {}


def _another(kind, now, number):
    """One more of its kind: of one raffle or of one service, each at a time of its own."""
    if kind == "order":
        if number == 0:
            _numbers["raffle"] = tills.shop.on_sale(now, hold_minutes=15, last_number=1000, **LONG)
        raffle = _numbers["raffle"]
        sold = tills.shop.sell(raffle, number + 1, now=now)
        return tills.Till(tills.Target.ORDER, sold, raffle)
    if number == 0:
        _numbers["service"] = tills.service(now, max_bookings_per_day=None, advance_booking_days=365)
    of = _numbers["service"]
    days, place = divmod(number, 12)
    at = tills.NINE + timedelta(days=days, minutes=30 * place)
    at += timedelta(days=5) if at.weekday() == 6 else timedelta()
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, at=at, hold=True), of)


def test_no_other_field_of_a_forged_message_is_read(bank, till, now, monkeypatch):
    asked = till.start(now).payment

    def read(_raw):
        raise AssertionError("it was read before its token was checked")

    monkeypatch.setattr(bancard_webhook.bancard, "result_of", read)

    assert bank.notify(asked.id, now=now + SECOND, token="0" * 32) is WebhookOutcome.FORGED
    with pytest.raises(AssertionError):  # the red control: a genuine one is read
        bank.notify(asked.id, now=now + SECOND)
