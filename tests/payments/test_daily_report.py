"""A day of payments, and what of it Bancard tells otherwise: it is found, said, and put right."""

import importlib
from datetime import date, datetime, timedelta

import pytest

from mostrador import process_cache
from mostrador.clients import kms
from mostrador.clients.bancard import RollbackOutcome
from mostrador.clients.bancard_http import GatewayUnknown
from mostrador.errors import NotHere
from mostrador.ledger import payments
from mostrador.ledger.views.payments import Confirmation, Refunding
from mostrador.payments import counter_payments, daily_report, refunds
from mostrador.payments.bancard_account import NotConnected
from mostrador.payments.daily_report import compare, compare_all, of_day
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from tests.support import bank as banks
from tests.support import faults, logs
from tests.support import orders as shop
from tests.support import till as tills
from tests.support.days import shifted

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
TODAY = shifted(date(2026, 11, 30))
"""The local day of ``now``, 10:00 in Asuncion."""
CLINICS = {"public_key": "C" * 32, "private_key": "D" * 40}


def at(text):
    return datetime.fromisoformat(text)


def visit(now, tenant="salon", hour=15, **more):
    """An appointment two days later, of which ``take`` takes a little at a time."""
    when = (now + 2 * DAY).replace(hour=hour, minute=0, second=0)
    service = tills.service(now, tenant, **more)
    return tills.book(service, now, at=when, tenant=tenant, status="CONFIRMED", phone="+595 981 123 456")


def take(appointment, now, amount="100", tenant="salon", method="CASH"):
    form = Confirmation(method=method, amount=amount)
    return counter_payments.record_appointment_payment(
        tenant, appointment.id, form, actor_name="eva", key=now.isoformat(), now=now
    ).payment


def refund(payment, now, **more):
    form = Refunding(reason="Se arrepintió", **more)
    return refunds.refund_payment("salon", payment.id, form, actor_name="eva", now=now).payment


def sums(day, now, tenant="salon"):
    return [tuple(one) for one in of_day(tenant, day, now=now).sums]


def counted(day, now, tenant="salon"):
    """How many payments were PAID on that day."""
    return sum(one.payments for one in of_day(tenant, day, now=now).sums if one.state == "PAID")


DAYS = [
    ("salon", "2026-12-01T03:00:00Z", "2026-12-02T03:00:00Z", date(2026, 12, 1)),
    ("salon", "2026-07-01T03:00:00Z", "2026-07-02T03:00:00Z", date(2026, 7, 1)),
    ("clinic", "2026-12-01T05:00:00Z", "2026-12-02T05:00:00Z", date(2026, 12, 1)),
    ("clinic", "2026-07-01T04:00:00Z", "2026-07-02T04:00:00Z", date(2026, 7, 1)),
    ("clinic", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", date(2026, 3, 8)),
    ("clinic", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", date(2026, 11, 1)),
]
NAMED = ["Asuncion", "Asuncion in winter", "New York", "New York in summer", "a day of 23 hours", "a day of 25 hours"]


@pytest.mark.parametrize(("tenant", "begins", "ends", "day"), DAYS, ids=NAMED)
def test_a_day_is_that_of_the_tenants_clock_to_the_second(salon, clinic, tenant, begins, ends, day):
    first, end = at(begins), at(ends)
    visited = visit(first - DAY, tenant)
    for moment in (first - SECOND, first, end - SECOND, end):
        take(visited, moment, tenant=tenant)

    days = [day - DAY, day, day + DAY]

    assert [counted(one, end, tenant) for one in days] == [1, 2, 1]


@pytest.mark.parametrize(("tenant", "begins", "ends", "day"), DAYS, ids=NAMED)
def test_a_parked_message_is_of_the_day_on_which_it_came(bank, clinic, tenant, begins, ends, day):
    first, end = at(begins), at(ends)
    banks.connect(first, tenant)
    for number, moment in enumerate((first - SECOND, first, end - SECOND + timedelta(milliseconds=999), end)):
        bank.notify(900000000000000 + number, now=moment, tenant=tenant)

    of_days = [of_day(tenant, one, now=end).parked for one in (day - DAY, day, day + DAY)]

    assert [[int(one.process_id) % 10 for one in parked] for parked in of_days] == [[0], [1, 2], [3]]


@pytest.mark.parametrize(("now_there", "day"), [("03:00:00", TODAY), ("02:59:59", TODAY - DAY)])
def test_where_no_day_is_named_it_is_the_last_that_is_over(salon, now_there, day):
    told = of_day("salon", None, now=at(shifted(f"2026-12-01T{now_there}Z")))

    assert (told.date, told.time_zone) == (day, "America/Asuncion")


def test_a_day_on_which_nothing_happened_has_nothing_to_tell(salon, now):
    told = of_day("salon", TODAY, now=now)

    assert (told.sums, told.due, told.pending, told.parked) == ([], [], [], [])
    assert (told.compared_at, told.differences) == (None, [])


def test_what_moved_is_summed_by_state_provider_and_currency(bank, now):
    visited, in_dollars = visit(now), visit(now, hour=16, price="90", currency="USD")
    first, _, _, _ = (
        take(visited, now + n * SECOND, amount=amount) for n, amount in enumerate(("100", "200", "300", "400"))
    )
    take(in_dollars, now, amount="25")
    take(in_dollars, now + SECOND, amount="0.50", method="TRANSFER")
    refund(first, now + MINUTE, is_returned=True)
    online = tills.order(now)
    paid = online.start(now).payment
    bank.pay(paid.id)
    bank.notify(paid.id, now=now)

    assert sums(TODAY, now) == [
        ("PAID", "BANCARD", "PYG", 1, "20000"),
        ("PAID", "MANUAL", "PYG", 4, "1000"),
        ("PAID", "MANUAL", "USD", 2, "25.50"),
        ("REFUNDED", "MANUAL", "PYG", 1, "100"),
        ("REFUND_DUE", "MANUAL", "PYG", 1, "100"),
    ]


def test_what_is_given_back_another_day_counts_on_that_day(salon, now):
    paid = take(visit(now), now)
    refund(paid, now + DAY)
    payments.mark_refunded("salon", paid.id, actor_name="eva", now=now + 2 * DAY)

    of_days = [[(one[0], one[4]) for one in sums(TODAY + n * DAY, now)] for n in range(3)]

    assert of_days == [[("PAID", "100")], [("REFUND_DUE", "100")], [("REFUNDED", "100")]]


def test_what_is_due_back_is_listed_until_it_is_given_back(salon, now):
    visited = visit(now)
    first, second = (take(visited, now + n * SECOND) for n in range(2))
    for one in (first, second):
        refund(one, now + MINUTE)
    assert [one.id for one in of_day("salon", TODAY, now=now).due] == [first.id, second.id]

    payments.mark_refunded("salon", first.id, reference="D-1", actor_name="eva", now=now + MINUTE)

    assert [one.id for one in of_day("salon", TODAY, now=now).due] == [second.id]


def test_what_is_due_back_is_listed_whatever_the_day(salon, now):
    due = refund(take(visit(now), now), now)

    listed = [[one.id for one in of_day("salon", day, now=now).due] for day in (TODAY - 40 * DAY, TODAY + 40 * DAY)]

    assert listed == [[due.id], [due.id]]


def test_what_bancard_was_asked_for_is_pending_until_it_is_known(till, bank, now):
    asked = till.start(now).payment
    assert [one.id for one in of_day("salon", TODAY, now=now).pending] == [asked.id]

    bank.pay(asked.id)
    bank.notify(asked.id, now=now)

    assert of_day("salon", TODAY, now=now).pending == []


def test_what_has_been_pending_for_three_months_is_listed_no_more(till, now):
    asked = till.start(now).payment

    listed = [
        [one.id for one in of_day("salon", None, now=now + 90 * DAY + more).pending] for more in (0 * SECOND, SECOND)
    ]

    assert listed == [[asked.id], []]


def test_two_tenants_have_each_its_own_report(till, bank, clinic, now):
    till.start(now)
    bank.notify(123456789012345, now=now)
    refund(take(visit(now), now), now)

    told = of_day("clinic", TODAY, now=now)

    assert (told.sums, told.due, told.pending, told.parked) == ([], [], [], [])


@pytest.mark.parametrize("slug", ["salon", "no-such-tenant"])
def test_of_a_tenant_that_is_suspended_or_unknown_there_is_no_report(salon, now, slug):
    tenants.suspend("salon", now=now)

    with pytest.raises(NotHere):
        of_day(slug, TODAY, now=now)
    with pytest.raises(NotHere):
        compare(slug, TODAY, now=now)


def paid(till, bank, now):
    """Paid, and known to be."""
    payment = till.start(now).payment
    bank.pay(payment.id)
    bank.notify(payment.id, now=now)
    return payment


def given_up(till, now):
    """Never paid; when its page was over it was rolled back, and what it was for let go."""
    payment = till.start(now).payment
    tills.sweep(now + tills.PAGE)
    tills.sweep(now + tills.PAGE + MINUTE)
    assert tills.payment(payment.id, now).status == "EXPIRED"
    return payment


def there(bank, payment, state, **more):
    """What Bancard says from now on."""
    bank.purchases[int(payment.id)] |= {"state": state} | more


def differences(now, *, at=None):
    """What a comparison of TODAY finds and keeps."""
    made = compare("salon", TODAY, now=at or now + DAY)
    told = of_day("salon", TODAY, now=now)
    assert (told.compared_at, [one._asdict() for one in told.differences]) == (made.compared_at, made.differences)
    return [(one.payment_id, one.ours, one.what) for one in told.differences]


def test_where_both_say_the_same_nothing_differs_and_that_is_kept(till, bank, now):
    paid(till, bank, now)

    assert differences(now) == []

    assert of_day("salon", TODAY, now=now).compared_at == now + DAY


@pytest.mark.parametrize("state", ["OPEN", "DECLINED", "ROLLED_BACK"])
def test_what_neither_says_was_paid_does_not_differ(till, bank, now, state):
    there(bank, till.start(now).payment, state)

    assert differences(now, at=now + MINUTE) == []


def test_paid_there_and_never_told_it_lands(till, bank, now):
    payment = till.start(now).payment
    bank.pay(payment.id)

    assert differences(now, at=now + MINUTE) == [(payment.id, "PENDING", "PAID_THERE")]

    assert till.is_paid()
    tills.check(bank, till)


def test_given_up_here_and_paid_there_it_lands_where_it_still_can(till, bank, now):
    payment = given_up(till, now)
    there(bank, payment, "PAID")

    assert differences(now, at=now + timedelta(hours=1)) == [(payment.id, "EXPIRED", "PAID_THERE")]

    assert (tills.payment(payment.id, now).status, till.is_paid()) == ("PAID", True)
    tills.check(bank, till)


def test_given_up_here_and_paid_there_it_goes_back_where_it_cannot(till, bank, now):
    payment = given_up(till, now)
    till.steal(now + timedelta(hours=1))
    there(bank, payment, "PAID")

    assert differences(now, at=now + timedelta(hours=1)) == [(payment.id, "EXPIRED", "PAID_THERE")]
    tills.sweep(now + timedelta(hours=1, minutes=1))

    stored = tills.payment(payment.id, now)
    assert (stored.status, stored.reason) == ("REFUNDED", {"ORDER": "NUMBERS_GONE"}.get(till.target, "SLOT_GONE"))
    assert bank.paid_amount() == 0
    tills.check(bank, till)


def test_declined_here_and_paid_there_it_lands(till, bank, now):
    payment = till.start(now).payment
    bank.decline(payment.id)
    bank.notify(payment.id, now=now)
    there(bank, payment, "PAID")

    assert differences(now, at=now + MINUTE) == [(payment.id, "FAILED", "PAID_THERE")]

    assert till.is_paid()


def test_paid_here_and_rolled_back_there_it_is_paid_no_more(till, bank, now):
    payment = paid(till, bank, now)
    there(bank, payment, "ROLLED_BACK")

    assert differences(now) == [(payment.id, "PAID", "ROLLED_BACK_THERE")]

    stored = tills.payment(payment.id, now)
    assert (stored.status, stored.refund_reference, till.is_paid()) == ("REFUNDED", "ROLLED_BACK", False)
    tills.check(bank, till)


@pytest.mark.parametrize(
    ("change", "what"),
    [({"state": "PAID", "amount": "100.00"}, "OTHER_AMOUNT_THERE"), ({"state": "OPEN"}, "NOT_PAID_THERE")],
    ids=["another amount", "not paid"],
)
def test_what_only_somebody_can_put_right_is_said_and_left(till, bank, now, change, what):
    payment = paid(till, bank, now)
    version = tills.payment(payment.id, now).version
    there(bank, payment, **change)

    with logs.written() as written:
        assert differences(now) == [(payment.id, "PAID", what)]

    (line,) = written.lines("ERROR")
    assert (line["message"], line["tenant"], line["payment"], line["what"]) == (
        "payment differs",
        "salon",
        payment.id,
        what,
    )
    assert (tills.payment(payment.id, now).version, till.is_paid()) == (version, True)


def test_given_back_by_a_rollback_that_bancard_knows_nothing_of_is_said(till, bank, now):
    payment = paid(till, bank, now)
    refund(payment, now)
    tills.sweep(now + MINUTE)
    assert tills.payment(payment.id, now).refund_reference == RollbackOutcome.DONE
    there(bank, payment, "PAID")

    assert differences(now) == [(payment.id, "REFUNDED", "NOT_ROLLED_BACK_THERE")]


def test_given_back_by_hand_bancard_says_paid_and_that_is_right(till, bank, now):
    payment = paid(till, bank, now)
    refund(payment, now, is_returned=True)

    assert differences(now) == []


def test_what_is_put_right_differs_no_more(till, bank, now):
    payment = till.start(now).payment
    bank.pay(payment.id)
    differences(now, at=now + MINUTE)

    with logs.written() as written:
        compare("salon", TODAY, now=now + 2 * MINUTE)

    assert written.lines("ERROR") == []


def test_what_a_first_run_found_is_still_told_after_the_next(till, bank, now):
    """The first run put it right; what it left unanswered the second run asks about."""
    payment = till.start(now).payment
    bank.pay(payment.id)
    found = differences(now, at=now + MINUTE)

    assert differences(now, at=now + 2 * MINUTE) == found


def test_bancard_is_asked_about_its_payments_of_that_day_and_nothing_else(bank, now):
    tills.order(now - DAY).start(now - DAY)
    tills.appointment(now).start(now)
    take(visit(now), now, method="TRANSFER")
    del bank.calls[:]

    made = compare("salon", TODAY, now=now + MINUTE)

    assert (made.compared, bank.calls) == (1, ["confirmation"])


def test_what_was_asked_for_before_and_moved_that_day_is_asked_about(till, bank, now):
    payment = till.start(now - DAY).payment
    bank.pay(payment.id)
    bank.notify(payment.id, now=now)

    assert compare("salon", TODAY, now=now + DAY).compared == 1


def kept(day=TODAY, tenant="salon"):
    return reads.get_item(keys.payment_report(tenant, day))


def hang_up(bank):
    bank.silent.add("confirmation")


def forget_the_keys(bank):
    bank.keys.clear()


@pytest.mark.parametrize("how", [hang_up, forget_the_keys])
def test_where_bancard_does_not_answer_that_is_kept_and_nothing_moves(till, bank, now, how):
    payment = till.start(now).payment
    bank.pay(payment.id)
    version = tills.payment(payment.id, now).version
    how(bank)

    made = compare("salon", TODAY, now=now + MINUTE)

    assert (made.compared, made.unanswered, made.differences) == (1, 1, [])
    assert tills.payment(payment.id, now).version == version


def silence():
    raise GatewayUnknown(reason="time-out")


def test_what_is_not_answered_does_not_keep_the_others_from_being_compared(bank, now):
    started = [kind(now).start(now).payment for kind in tills.KINDS.values()]
    for one in started:
        bank.pay(one.id)
    bank.before["confirmation"] = silence

    made = compare("salon", TODAY, now=now + MINUTE)

    assert (made.compared, made.unanswered, len(made.differences)) == (2, 1, 1)
    assert sorted(tills.payment(one.id, now).status for one in started) == ["PAID", "PENDING"]


def test_after_so_many_silences_the_rest_of_the_day_waits(bank, now):
    raffle = shop.on_sale(now, hold_minutes=15)
    for number in range(1, daily_report.MOST_TIMEOUTS + 3):
        order = shop.sell(raffle, number, now=now, buyer=number)
        tills.checkout.start("salon", tills.Target.ORDER, order.id, actor_name="eva", now=now)
    bank.silent.add("confirmation")
    del bank.calls[:]

    made = compare("salon", TODAY, now=now + MINUTE)

    assert (made.compared, made.unanswered) == (daily_report.MOST_TIMEOUTS + 2, daily_report.MOST_TIMEOUTS + 2)
    assert len(bank.calls) == daily_report.MOST_TIMEOUTS


def test_who_takes_no_online_payments_has_nobody_to_compare_with(salon, now):
    take(visit(now), now)

    with pytest.raises(NotConnected):
        compare("salon", TODAY, now=now + DAY)

    assert kept() is None


@pytest.fixture
def both(bank, clinic, now):
    """Two tenants with an order each that was paid there and never told here: bank.calls is empty."""
    banks.connect(now, "clinic", **CLINICS)
    bank.keys.add(CLINICS["public_key"])
    for tenant in ("salon", "clinic"):
        raffle = shop.on_sale(now, tenant, hold_minutes=15, currency="PYG")
        order = shop.sell(raffle, 1, now=now, tenant=tenant, customer={"name": "Ana"})
        payment = tills.checkout.start(tenant, tills.Target.ORDER, order.id, actor_name="eva", now=now).payment
        bank.pay(payment.id)
    del bank.calls[:]
    return bank


def run(now, until=tills.FAR):
    """At half past six of the next day, as the schedule has it."""
    moment = now.replace(hour=9, minute=30) + DAY
    return {name: count for name, count in compare_all(lambda: moment, until=until).items() if count}


def test_every_tenant_is_compared_for_the_last_days(both, now):
    assert run(now) == {"tenants": 2, "days": 6, "differences": 2}

    assert [len(kept(tenant=one).differences) for one in ("salon", "clinic")] == [1, 1]
    assert kept(TODAY - DAY).compared == kept(TODAY - 2 * DAY).compared == 0


def test_a_day_that_is_complete_is_not_compared_again(both, now):
    run(now)
    del both.calls[:]

    assert run(now) == {"tenants": 2}

    assert both.calls == []
    assert run(now + DAY) == {"tenants": 2, "days": 2}


def test_what_was_not_answered_is_asked_again_by_the_next_runs(both, now):
    both.silent.add("confirmation")
    assert run(now) == {"tenants": 2, "days": 6, "unanswered": 2}

    both.silent.clear()

    assert run(now + DAY) == {"tenants": 2, "days": 4, "differences": 2}
    assert [kept(tenant=one).unanswered for one in ("salon", "clinic")] == [0, 0]


def test_what_was_never_answered_is_given_up_after_some_days(both, now):
    both.silent.add("confirmation")

    unanswered = [run(now + days * DAY).get("unanswered", 0) for days in range(daily_report.DAYS + 1)]

    assert unanswered == [2] * daily_report.DAYS + [0]


def test_a_suspended_tenant_is_left_alone(both, now):
    tenants.suspend("salon", now=now)

    assert run(now)["tenants"] == 1

    assert (kept(), kept(tenant="clinic").compared) == (None, 1)
    assert [one.status for one in tills.all_payments()] == ["PENDING"]


def test_a_tenant_without_keys_has_no_report(bank, clinic, now):
    assert run(now) == {"tenants": 1, "days": 3}

    assert kept() is not None
    assert kept(tenant="clinic") is None


def test_where_bancard_takes_one_tenants_keys_no_longer_the_others_are_compared(both, now):
    both.keys.discard(CLINICS["public_key"])

    assert run(now) == {"tenants": 2, "days": 6, "differences": 1, "unanswered": 1}

    assert (kept(tenant="clinic").differences, len(kept().differences)) == ([], 1)


def test_where_one_tenants_keys_cannot_be_opened_the_others_are_compared(both, now):
    process_cache.clear_all()

    failing = faults.answering("Decrypt", faults.refused("KMSInternalException"), client=kms._client())
    with failing, logs.written() as written:
        counts = run(now)

    assert counts == {"tenants": 1, "days": 3, "differences": 1, "failed": 1}
    assert [one["error"] for one in written.lines("ERROR") if one["message"] == "report failed"] == [
        "SecretsUnavailable"
    ]


def test_out_of_time_it_stops_and_says_so(both, now):
    assert run(now, until=now) == {"unfinished": 1}

    assert both.calls == []


def test_the_time_is_looked_at_before_each_tenant_and_day(both, now):
    moments = iter([now + DAY] * 3)

    counts = compare_all(lambda: next(moments, now + 2 * DAY), until=now + 2 * DAY)

    assert (counts["days"], counts["unfinished"]) == (2, 1)


def test_the_door_compares_yesterday_and_tells_what_came_of_it(both, now, monkeypatch):
    monkeypatch.setattr("mostrador.clock.now", lambda: now + DAY)
    door = importlib.import_module("functions.payment_reports.app")

    with logs.written() as written:
        told = door.handler({}, None)

    assert (told["tenants"], told["differences"]) == (2, 2)
    (line,) = [one for one in written.lines("INFO") if one["message"] == "compared"]
    assert told.items() <= line.items()


def test_the_day_of_each_tenant_is_its_own(bank, clinic):
    shops = {slug: tenants.find(slug, now=at(shifted("2026-12-01T04:00:00Z"))) for slug in ("salon", "clinic")}

    told = {slug: daily_report.yesterday(shop, at(shifted("2026-12-01T04:00:00Z"))) for slug, shop in shops.items()}

    assert told == {"salon": shifted(date(2026, 11, 30)), "clinic": shifted(date(2026, 11, 29))}
