"""What Bancard says is asked for until it is known: nothing is given up unheard, nothing kept that must go back."""

from datetime import timedelta

import pytest

from mostrador.clients.bancard_http import GatewayUnknown
from mostrador.ledger.rules.payment_states import LAST_CHECK, WrongPaymentState
from mostrador.ledger.views.payments import Refunding
from mostrador.payments import bancard_account, reconciliation, refunds, rollbacks
from mostrador.table import keys
from tests.support import logs
from tests.support import till as tills

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def paid(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)
    bank.notify(begun.id, now=now)
    return tills.payment(begun.id, now)


def give_back(payment, now):
    return rollbacks.refund("salon", payment, now=now)


def refund(payment, now, **form):
    return refunds.refund_payment("salon", payment.id, Refunding(reason="x", **form), actor_name="eva", now=now).payment


def test_with_every_message_lost_what_was_paid_is_found_out_within_minutes(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)

    counts = tills.sweep(now + MINUTE)

    assert counts["payments"] == 1
    assert till.is_paid()
    tills.check(bank, till)


def test_what_is_not_paid_yet_is_asked_for_again_later_each_time(bank, till, now):
    begun, at, waits = till.start(now).payment, now + MINUTE, []

    for _ in range(3):
        tills.sweep(at)
        due_at = tills.payment(begun.id, now).due_at
        waits.append(due_at)
        at = tills.datetime.fromisoformat(due_at)

    assert waits == [keys.at(now + minutes * MINUTE) for minutes in (2, 4, 6)]
    assert bank.calls.count("rollback") == 0


def test_when_its_time_is_over_it_is_rolled_back_and_then_let_go(bank, till, now):
    begun = till.start(now).payment

    tills.sweep(begun.payable_until)
    before = till.stored().status
    tills.sweep(begun.payable_until + 2 * MINUTE + SECOND)

    assert (tills.payment(begun.id, now).status, bank.state(begun.id)) == ("EXPIRED", "CLOSED")
    assert (before in ("RESERVED", "PENDING"), till.stored().status) == (True, "EXPIRED")
    assert bank.pay(begun.id) is False


def test_one_run_that_comes_late_rolls_back_first_all_the_same(bank, till, now):
    begun = till.start(now).payment

    tills.sweep(begun.payable_until + 10 * MINUTE)

    assert (till.stored().status, bank.state(begun.id)) == ("EXPIRED", "CLOSED")


def test_nothing_is_given_up_unheard_but_what_it_is_for_is_let_go(bank, till, now):
    begun = till.start(now).payment
    bank.silent |= {"confirmation", "rollback"}

    for number in range(3):
        tills.sweep(begun.payable_until + (3 + number) * MINUTE)

    assert tills.payment(begun.id, now).status == "PENDING"
    assert till.stored().status == "EXPIRED"


def test_what_was_paid_while_bancard_was_silent_takes_it_again(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)
    bank.silent.add("confirmation")
    tills.sweep(begun.payable_until + 3 * MINUTE)
    assert till.stored().status == "EXPIRED"

    bank.silent.clear()
    tills.sweep(begun.payable_until + 3 * MINUTE + LAST_CHECK)

    assert till.is_paid()


def test_paid_between_the_question_and_the_rollback_it_went_back(bank, till, now):
    begun = till.start(now).payment
    bank.before["rollback"] = lambda: bank.pay(begun.id)

    tills.sweep(begun.payable_until)

    stored = tills.payment(begun.id, now)
    assert (stored.status, stored.reason, stored.refund_reference) == ("REFUNDED", "TOO_LATE", "DONE")
    assert bank.paid_amount() == 0
    tills.check(bank, till)


@pytest.mark.parametrize("operation", ["confirmation", "rollback"])
def test_a_rollback_whose_answer_was_lost_is_carried_through(bank, till, now, operation):
    begun = till.start(now).payment
    bank.lost.add(operation)
    tills.sweep(begun.payable_until)
    bank.lost.clear()

    tills.sweep(begun.payable_until + LAST_CHECK)

    assert (tills.payment(begun.id, now).status, bank.state(begun.id)) == ("EXPIRED", "CLOSED")


def test_a_refund_is_a_rollback_on_the_same_day(bank, till, now):
    payment = paid(bank, till, now)

    returned = give_back(refund(payment, now), now)

    assert (returned.status, returned.refunded_by, returned.refund_reference) == ("REFUNDED", "bancard", "DONE")
    assert bank.paid_amount() == 0
    assert till.status() in ("REFUNDED", "CONFIRMED REFUNDED")


def test_a_refund_again_changes_nothing(bank, till, now):
    payment = paid(bank, till, now)
    returned = give_back(refund(payment, now), now)

    again = give_back(refund(payment, now), now)

    assert again.version == returned.version
    assert bank.calls.count("rollback") == 1


def test_the_next_day_somebody_gives_it_back_by_hand(bank, till, now, capsys):
    payment = refund(paid(bank, till, now), now)
    bank.is_next_day = True

    left = give_back(payment, now + DAY)

    assert (left.status, left.by_hand, left.due_pk) == ("REFUND_DUE", True, None)
    assert tills.sweep(now + 2 * DAY)["payments"] == 0
    from mostrador.ledger import payments

    assert [one.id for one in payments.refunds_due("salon", 10)] == [payment.id]


def test_a_rollback_that_is_not_answered_is_tried_again_and_in_the_end_left_to_somebody(bank, till, now):
    payment = refund(paid(bank, till, now), now)
    bank.silent.add("rollback")

    tills.sweep(now + SECOND)
    once = tills.payment(payment.id, now)
    tills.sweep(now + DAY + MINUTE)

    assert (once.status, once.by_hand, once.due_at) == ("REFUND_DUE", None, keys.at(now + SECOND + MINUTE))
    assert tills.payment(payment.id, now).by_hand is True


def test_a_rollback_carried_out_whose_answer_was_lost_is_known_the_next_time(bank, till, now):
    payment = refund(paid(bank, till, now), now)
    bank.lost.add("rollback")
    tills.sweep(now + SECOND)
    bank.lost.clear()

    tills.sweep(now + 2 * MINUTE)

    assert tills.payment(payment.id, now).refund_reference == "ALREADY"


def test_money_that_was_handed_back_is_not_rolled_back_too(bank, till, now):
    payment = refund(paid(bank, till, now), now, is_returned=True)

    assert give_back(payment, now).status == "REFUNDED"
    assert bank.calls.count("rollback") == 0


def test_without_keys_any_more_it_is_left_to_somebody(bank, till, now):
    payment = refund(paid(bank, till, now), now)
    bancard_account.disconnect("salon", seen=None, now=now)

    assert give_back(payment, now).by_hand is True


def test_what_is_not_paid_is_not_refunded(bank, till, now):
    begun = till.start(now).payment

    with pytest.raises(WrongPaymentState):
        refund(begun, now)


def test_somebody_may_ask_at_any_moment(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)

    assert reconciliation.verify("salon", begun.id, now=now).status == "PAID"
    cash = tills.appointment(now).take_cash(now) if till.target == "ORDER" else None
    assert cash is None or reconciliation.verify("salon", cash.id, now=now).version == cash.version


def test_a_tenant_whose_gateway_is_silent_does_not_take_the_others_time(bank, now):
    of = tills.service(now)
    for number in range(5):
        one = tills.book(of, now, at=tills.NINE + number * timedelta(hours=1), hold=True)
        tills.Till(tills.Target.APPOINTMENT, one, of).start(now)
    bank.silent.add("confirmation")

    counts = tills.sweep(now + MINUTE)

    assert (counts["unanswered"], bank.calls.count("confirmation"), counts["failed"]) == (5, 2, 0)


def test_an_answer_that_does_not_come_sets_when_to_ask_again(bank, till, now):
    begun = till.start(now).payment
    bank.silent.add("confirmation")

    with pytest.raises(GatewayUnknown):
        reconciliation.check("salon", begun, now=now)

    assert tills.payment(begun.id, now).due_at == keys.at(now + MINUTE)


def test_a_payment_that_lands_between_question_and_rollback_takes_what_it_paid_with_it(bank, till, now):
    """The payer pays, the message lands, and only then our rollback arrives."""
    begun = till.start(now).payment

    def pay_and_notify():
        bank.pay(begun.id)
        bank.notify(begun.id, now=begun.payable_until)
        assert till.is_paid()

    bank.before["rollback"] = pay_and_notify
    tills.sweep(begun.payable_until)

    stored = tills.payment(begun.id, now)
    assert (stored.status, stored.reason, bank.state(begun.id)) == ("REFUNDED", "ROLLED_BACK", "ROLLED_BACK")
    assert till.status() in ("REFUNDED", "CANCELLED REFUNDED")
    tills.check(bank, till)


def test_a_refund_is_judged_by_what_is_stored_and_not_by_what_was_read_a_while_ago(bank, till, now):
    read = refund(paid(bank, till, now), now)
    refund(read, now, is_returned=True)

    assert give_back(read, now).refunded_by == "eva"
    assert bank.calls.count("rollback") == 0


def test_whoever_gives_back_what_went_back_by_itself_is_told(bank, till, now):
    from mostrador.ledger import payments

    returned = give_back(refund(paid(bank, till, now), now), now)

    with pytest.raises(payments.AlreadyRefunded) as refusal:
        payments.mark_refunded("salon", returned.id, reference="cash", actor_name="eva", now=now)
    assert refusal.value.facts == {"by": "bancard", "at": now.isoformat()}


def test_what_was_left_to_somebody_is_tried_again_when_staff_asks(bank, till, now):
    payment = refund(paid(bank, till, now), now)
    bank.is_next_day = True
    give_back(payment, now)
    bank.is_next_day = False

    again = rollbacks.refund("salon", payment, again=True, now=now)

    assert (again.status, again.by_hand) == ("REFUNDED", None)


def test_a_payment_that_nobody_can_be_asked_about_is_told_to_somebody_once(bank, till, now):
    begun = till.start(now).payment
    bank.pay(begun.id)
    bancard_account.disconnect("salon", seen=None, now=begun.payable_until)

    with logs.written() as written:
        for hours in (1, 26, 52, 78):
            tills.sweep(now + timedelta(hours=hours))

    assert [one["message"] for one in written.lines("ERROR")] == ["payment unanswered"]
    assert tills.payment(begun.id, now).by_hand is True


def test_what_was_given_up_is_asked_about_once_more_the_day_after(bank, till, now):
    begun = till.start(now).payment
    tills.sweep(begun.payable_until)
    bank.purchases[int(begun.id)]["state"] = "PAID"  # however that may be

    tills.sweep(begun.payable_until + DAY)
    tills.sweep(begun.payable_until + DAY + MINUTE)

    assert tills.payment(begun.id, now).status == ("REFUNDED" if till.stored().status == "EXPIRED" else "PAID")


def test_its_amount_is_not_changed_while_somebody_pays_it(bank, now):
    from mostrador.ledger import open_pages
    from mostrador.scheduling import appointments
    from mostrador.scheduling.views.appointments import AppointmentChanges

    till, form = tills.appointment(now), AppointmentChanges(total_amount="70000")
    till.start(now)

    with pytest.raises(open_pages.BeingPaid):
        appointments.change("salon", till.item.id, form, seen=None, now=now)


def test_its_amount_is_not_changed_while_a_declined_page_can_still_be_paid(bank, now):
    from mostrador.ledger import open_pages
    from mostrador.scheduling import appointments
    from mostrador.scheduling.views.appointments import AppointmentChanges

    of, form = tills.service(now), AppointmentChanges(total_amount="70000")
    till = tills.Till(tills.Target.APPOINTMENT, tills.book(of, now), of)
    begun = till.start(now).payment
    bank.decline(begun.id)
    bank.notify(begun.id, now=now)

    assert tills.payment(begun.id, now).status == "FAILED"
    with pytest.raises(open_pages.BeingPaid):
        appointments.change("salon", till.item.id, form, seen=None, now=now)
    tills.sweep(begun.payable_until + MINUTE)
    changed = appointments.change("salon", till.item.id, form, seen=None, now=begun.payable_until + MINUTE)

    assert (changed.total_amount, tills.payment(begun.id, now).due_pk) == (70_000, None)
    assert "rollback" in bank.calls  # the page is closed


def test_refunds_that_are_not_answered_do_not_take_the_others_time(bank, now):
    of = tills.service(now)
    for number in range(4):
        one = tills.book(of, now, at=tills.NINE + number * timedelta(hours=1), hold=True)
        refund(paid(bank, tills.Till(tills.Target.APPOINTMENT, one, of), now), now)
    bank.silent.add("rollback")

    counts = tills.sweep(now + SECOND)

    assert (counts["unanswered"], bank.calls.count("rollback")) == (4, 2)
