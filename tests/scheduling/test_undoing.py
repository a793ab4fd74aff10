"""The last move of an appointment is taken back for a day, where the world still allows it."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger import kept_money, payments
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import rollbacks
from mostrador.scheduling import (
    appointments,
    booking_limits,
    conclusions,
    plan_count,
    prices,
    rescheduling,
    resources,
    services,
    special_days,
    undoing,
    visits,
    waiting_list,
)
from mostrador.scheduling.booking_context import ServiceInactive
from mostrador.scheduling.rules.appointment_states import TooLateToUndo
from mostrador.scheduling.rules.visits import MoneyMoved, NothingToUndo, NotTheLastMove, VisitMove
from mostrador.scheduling.views.appointments import Rescheduling
from mostrador.scheduling.views.prices import Discounting
from mostrador.scheduling.views.services import NewResource, ResourceChanges, ServiceChanges
from mostrador.scheduling.views.special_days import NewClosure
from mostrador.table import keys, reads, writes
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views.tenants import TenantChanges, TenantOperationChanges
from tests.support import lines, till
from tests.support.till import NINE, Till

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MAKE = {
    VisitMove.CONFIRM: lambda one, at: appointments.confirm("salon", one.id, actor_name="eva", now=at),
    VisitMove.ARRIVE: lambda one, at: visits.arrive("salon", one.id, actor_name="eva", now=at),
    VisitMove.START: lambda one, at: visits.start("salon", one.id, actor_name="eva", now=at),
    VisitMove.COMPLETE: lambda one, at: conclusions.complete("salon", one.id, actor_name="eva", now=at),
    VisitMove.NO_SHOW: lambda one, at: conclusions.no_show("salon", one.id, actor_name="eva", now=at),
    VisitMove.CANCEL: lambda one, at: cancel(one, at),  # noqa: PLW0108 - it is defined below
}
KEPT = (
    "status payment_status confirmed_at cancelled_at completed_at arrived_at started_at freed_at hold_expires_at "
    "paid_amount payment_ids plan_month scheduled_at ends_at is_perhaps_owed due_pk due_at undoable".split()
)


def cancel(one, at, **more):
    return appointments.cancel("salon", one.id, reason="", actor_name="eva", now=at, **more)


def undo(one, move, at, tenant="salon", key=None):
    return undoing.undo(tenant, one.id, move, actor_name="rosa", key=key, now=at)


def stored(one):
    return reads.get_item(keys.appointment("salon", one.id))


def state(one):
    return {name: getattr(stored(one), name) for name in KEPT}


def agenda_lines(one):
    day = reads.get_item(keys.agenda_day("salon", one.resource_id, NINE.date()))
    return [line for line in day.bookings() if line.appointment_id == one.id]


def closed_day(now):
    return special_days.create("salon", NewClosure(date=NINE.date(), name="Duelo"), now=now)


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED"])
@pytest.mark.parametrize("move", MAKE)
def test_after_it_everything_is_as_it_was(haircut, now, move, status):
    if (move, status) in {(VisitMove.CONFIRM, "CONFIRMED"), (VisitMove.COMPLETE, "PENDING")}:
        return
    booked = till.book(haircut, now, status=status)
    before, line = state(booked), agenda_lines(booked)
    MAKE[move](booked, NINE + 10 * MINUTE)
    assert state(booked) != before

    undone = undo(booked, move, NINE + 20 * MINUTE)

    assert (state(booked), agenda_lines(booked)) == (before, line)
    assert (undone.history[-1]["by"], undone.history[-1]["move"]) == ("rosa", move)


def test_one_after_the_other_is_taken_back_to_the_beginning(haircut, now):
    booked = till.book(haircut, now)
    before, line = state(booked), agenda_lines(booked)
    moves = [VisitMove.CONFIRM, VisitMove.ARRIVE, VisitMove.START, VisitMove.COMPLETE]
    for number, move in enumerate(moves):
        MAKE[move](booked, NINE + number * MINUTE)

    for move in reversed(moves):
        undo(booked, move, NINE + HOUR)

    assert (state(booked), agenda_lines(booked)) == (before, line)


@pytest.mark.parametrize("move", MAKE)
def test_a_day_later_it_stays(haircut, now, move):
    booked = till.book(haircut, now, status="PENDING" if move is VisitMove.CONFIRM else "CONFIRMED")
    MAKE[move](booked, NINE)

    with pytest.raises(TooLateToUndo):
        undo(booked, move, NINE + DAY + timedelta(seconds=1))
    assert undo(booked, move, NINE + DAY).history[-1]["move"] == move


def test_only_the_last_move_is_taken_back(haircut, now):
    booked = till.book(haircut, now)
    with pytest.raises(NothingToUndo):
        undo(booked, VisitMove.ARRIVE, now)
    MAKE[VisitMove.ARRIVE](booked, NINE)
    MAKE[VisitMove.START](booked, NINE)

    with pytest.raises(NotTheLastMove) as refusal:
        undo(booked, VisitMove.ARRIVE, NINE)
    assert refusal.value.facts["last"] == "start"


def test_again_changes_nothing(haircut, now):
    booked = till.book(haircut, now)
    MAKE[VisitMove.ARRIVE](booked, NINE)
    MAKE[VisitMove.START](booked, NINE)
    once = undo(booked, VisitMove.START, NINE)

    assert undo(booked, VisitMove.START, NINE).version == once.version
    assert stored(booked).arrived_at == NINE


def test_a_late_repeat_under_its_key_does_not_take_back_the_same_move_made_again(haircut, now):
    booked = till.book(haircut, now)
    MAKE[VisitMove.ARRIVE](booked, NINE)
    undo(booked, VisitMove.ARRIVE, NINE, key="first")
    MAKE[VisitMove.ARRIVE](booked, NINE + MINUTE)

    assert undo(booked, VisitMove.ARRIVE, NINE + MINUTE, key="first").arrived_at == NINE + MINUTE
    with pytest.raises(writes.KeyReused):
        undo(booked, VisitMove.START, NINE + MINUTE, key="first")
    assert undo(booked, VisitMove.ARRIVE, NINE + MINUTE, key="second").arrived_at is None


def test_another_start_ends_what_can_be_undone(haircut, now):
    booked = till.book(haircut, now)
    MAKE[VisitMove.CONFIRM](booked, now)
    form = Rescheduling(scheduled_at=NINE + HOUR)
    rescheduling.move("salon", booked.id, form, actor_name="eva", now=now)

    with pytest.raises(NothingToUndo):
        undo(booked, VisitMove.CONFIRM, now)


def test_a_hold_comes_back_while_it_lasts(haircut, now):
    held = till.book(haircut, now, hold=True)
    MAKE[VisitMove.CONFIRM](held, now)

    back = undo(held, VisitMove.CONFIRM, now + 14 * MINUTE)

    assert (back.status, back.hold_expires_at) == ("PENDING", held.hold_expires_at)
    assert agenda_lines(held)[0].lapses_at == int(held.hold_expires_at.timestamp())
    till.sweep(now + 15 * MINUTE)
    assert stored(held).status == "EXPIRED"


@pytest.mark.parametrize("move", [VisitMove.CONFIRM, VisitMove.CANCEL])
def test_a_hold_that_ended_meanwhile_does_not(haircut, now, move):
    held = till.book(haircut, now, hold=True)
    MAKE[move](held, now)

    back = undo(held, move, now + HOUR)
    till.sweep(now + 2 * HOUR)

    assert (stored(held).status, back.hold_expires_at, agenda_lines(held)[0].lapses_at) == ("PENDING", None, 0)


@pytest.mark.parametrize("move", [VisitMove.CONFIRM, VisitMove.ARRIVE, VisitMove.START])
def test_money_that_came_since_keeps_it_confirmed(haircut, now, move):
    booked = till.book(haircut, now)
    MAKE[move](booked, NINE)
    Till(Target.APPOINTMENT, booked, haircut).take_cash(NINE, amount="10000")

    with pytest.raises(MoneyMoved) as refusal:
        undo(booked, move, NINE)
    assert refusal.value.facts["amount"] == "10000"


def test_what_was_paid_after_the_end_stays_paid(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")
    MAKE[VisitMove.COMPLETE](booked, NINE)
    Till(Target.APPOINTMENT, booked, haircut).take_cash(NINE)

    back = undo(booked, VisitMove.COMPLETE, NINE + MINUTE)

    assert (back.status, back.payment_status) == ("CONFIRMED", "PAID")


def test_the_rest_that_was_sold_keeps_an_early_end(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED", duration_minutes=60)
    MAKE[VisitMove.COMPLETE](booked, NINE + 30 * MINUTE)
    other = till.book(haircut, NINE + 30 * MINUTE, at=NINE + 30 * MINUTE, phone="0981 777 777")

    with pytest.raises(undoing.TimeIsGone, match="taken"):
        undo(booked, VisitMove.COMPLETE, NINE + 31 * MINUTE)
    assert stored(booked).status == "COMPLETED"

    cancel(other, NINE + 32 * MINUTE)
    assert undo(booked, VisitMove.COMPLETE, NINE + 33 * MINUTE).freed_at is None
    assert agenda_lines(booked)[0].duration == 60


def test_a_wrong_cancellation_has_its_time_again(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")
    cancel(booked, now)
    assert agenda_lines(booked) == []

    back = undo(booked, VisitMove.CANCEL, now + MINUTE)

    assert (back.status, len(agenda_lines(booked))) == ("CONFIRMED", 1)
    with pytest.raises(undoing.slots.SlotTaken):
        till.book(haircut, now, phone="0981 777 777")


def test_it_can_be_undone_after_its_start_too(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")
    cancel(booked, NINE - MINUTE)

    assert undo(booked, VisitMove.CANCEL, NINE + 5 * MINUTE).status == "CONFIRMED"


def test_a_time_that_somebody_else_has_keeps_it_cancelled(haircut, now):
    booked = till.book(haircut, now)
    cancel(booked, now)
    till.book(haircut, now, phone="0981 777 777")

    with pytest.raises(undoing.TimeIsGone) as refusal:
        undo(booked, VisitMove.CANCEL, now)
    assert refusal.value.facts["reason"] == "taken"
    assert "field" not in refusal.value.facts
    assert stored(booked).status == "CANCELLED"


def test_a_full_class_keeps_it_cancelled(salon, now):
    of = till.service(now, capacity=2)
    booked = till.book(of, now)
    till.book(of, now, phone="0981 100 001")
    cancel(booked, now)
    till.book(of, now, phone="0981 100 002")

    with pytest.raises(undoing.TimeIsGone, match="no_seats"):
        undo(booked, VisitMove.CANCEL, now)


def test_a_limit_of_the_service_that_is_full_keeps_it_cancelled(salon, now):
    of = till.service(now, max_bookings_per_day=1)
    booked = till.book(of, now)
    cancel(booked, now)
    till.book(of, now, at=NINE + 2 * HOUR, phone="0981 777 777")

    with pytest.raises(undoing.TimeIsGone, match="daily_limit"):
        undo(booked, VisitMove.CANCEL, now)


def test_an_offer_that_was_made_for_the_time_keeps_it_cancelled(haircut, now):
    lines.open_for(1, now=now)
    first, _ = lines.fill(haircut, now=now)
    waits = lines.join(haircut, 1, now=now)
    cancel(first, now)
    lines.sweep(now)
    assert lines.states(waits, now=now) == ["OFFERED"]

    with pytest.raises(undoing.TimeIsGone, match="taken"):
        undo(first, VisitMove.CANCEL, now)


def an_offer(haircut, now):
    lines.open_for(1, now=now)
    first, _ = lines.fill(haircut, now=now)
    waits = lines.join(haircut, 1, now=now)
    cancel(first, now)
    lines.sweep(now)
    return waiting_list.get("salon", waits.id, now=now).appointment_id


@pytest.mark.parametrize("move", [VisitMove.CONFIRM, VisitMove.CANCEL])
def test_an_answer_to_an_offer_has_ended_its_wait(haircut, now, move):
    """The next in line may have been offered a time already."""
    offered = appointments.get("salon", an_offer(haircut, now), now=now)
    MAKE[move](offered, now)

    with pytest.raises(NothingToUndo):
        undo(offered, move, now)


def test_an_arrival_that_accepts_an_offer_is_taken_back_alone(haircut, now):
    soon = lines.nine() - 10 * HOUR
    offered = appointments.get("salon", an_offer(haircut, soon), now=soon)
    MAKE[VisitMove.ARRIVE](offered, soon)

    back = undo(offered, VisitMove.ARRIVE, soon)

    assert (back.status, back.arrived_at) == ("CONFIRMED", None)


def test_a_closed_day_keeps_it_cancelled(haircut, now):
    booked = till.book(haircut, now)
    cancel(booked, now)
    closed_day(now)

    with pytest.raises(undoing.TimeIsGone, match="closed"):
        undo(booked, VisitMove.CANCEL, now)


def test_a_resource_that_is_gone_or_rests_keeps_it_cancelled(salon, now):
    eva, rosa = (resources.create("salon", NewResource(name=name), key=None, now=now) for name in ("Eva", "Rosa"))
    of = till.service(now, resource_ids=[eva.id, rosa.id])
    first, second = (till.book(of, now, resource_id=one.id) for one in (eva, rosa))
    cancel(first, now)
    cancel(second, now)
    resources.change("salon", eva.id, ResourceChanges(is_active=False), seen=None, now=now)
    services.change("salon", of.id, ServiceChanges(resource_ids=[eva.id]), seen=None, now=now)
    resources.delete("salon", rosa.id, seen=None, now=now)

    for one in (first, second):
        with pytest.raises(undoing.ResourceGone):
            undo(one, VisitMove.CANCEL, now)


def test_a_service_that_is_offered_no_more_keeps_it_cancelled(haircut, now):
    booked = till.book(haircut, now)
    cancel(booked, now)
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)

    with pytest.raises(ServiceInactive):
        undo(booked, VisitMove.CANCEL, now)


def test_the_plan_counts_it_again_and_its_limit_is_asked(haircut, now):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=1), seen=None, now=now)
    booked = till.book(haircut, now)
    cancel(booked, now)
    assert plan_usage.of_month("salon", now=now).appointments.used == 0
    undo(booked, VisitMove.CANCEL, now)
    assert plan_usage.of_month("salon", now=now).appointments.used == 1

    cancel(booked, now)
    till.book(haircut, now, at=NINE + HOUR, phone="0981 777 777")
    with pytest.raises(plan_count.PlanLimitReached):
        undo(booked, VisitMove.CANCEL, now)


def test_its_phone_is_counted_again(haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=1), seen=None, now=now)
    booked = till.book(haircut, now)
    cancel(booked, now)
    undo(booked, VisitMove.CANCEL, now)

    with pytest.raises(booking_limits.TooManyActive):
        till.book(haircut, now, at=NINE + HOUR)


def paid_and_cancelled(haircut, now, **more):
    booked = till.book(haircut, now, **more)
    one = Till(Target.APPOINTMENT, booked, haircut)
    one.take_cash(now, amount="30000")
    one.take_cash(now + MINUTE)
    cancel(booked, now + HOUR)
    return booked


def test_money_that_has_not_gone_back_is_paid_again(haircut, bank, now):
    booked = paid_and_cancelled(haircut, now)
    assert {one.status for one in till.all_payments()} == {"REFUND_DUE"}

    back = undo(booked, VisitMove.CANCEL, now + 2 * HOUR)

    assert (back.status, back.payment_status, back.paid_amount, len(back.payment_ids)) == (
        "CONFIRMED",
        "PAID",
        80000,
        2,
    )
    assert {(one.status, one.reason) for one in till.all_payments()} == {("PAID", None)}
    assert payments.refunds_due("salon", 10) == []
    till.check(bank)


def test_money_that_went_back_is_due_again(haircut, bank, now):
    booked = paid_and_cancelled(haircut, now)
    first = next(one for one in till.all_payments() if one.amount == 30000)
    payments.mark_refunded("salon", first.id, actor_name="eva", now=now + HOUR)

    back = undo(booked, VisitMove.CANCEL, now + 2 * HOUR)

    assert (back.payment_status, back.paid_amount, len(back.payment_ids)) == ("PARTIAL", 50000, 1)
    rest = Till(Target.APPOINTMENT, booked, haircut).take_cash(now + 3 * HOUR)
    assert (rest.amount, stored(booked).payment_status) == (30000, "PAID")


def test_all_money_that_went_back_leaves_the_whole_price_due(haircut, now):
    booked = paid_and_cancelled(haircut, now)
    for one in till.all_payments():
        payments.mark_refunded("salon", one.id, actor_name="eva", now=now + HOUR)

    back = undo(booked, VisitMove.CANCEL, now + 2 * HOUR)

    assert (back.status, back.payment_status, back.paid_amount, back.payment_ids) == (
        "CONFIRMED",
        "REFUNDED",
        None,
        None,
    )


def test_a_part_that_went_back_before_stays_back(haircut, now):
    """A discount after the payment, and the rest of the money with the cancellation."""
    booked = till.book(haircut, now)
    Till(Target.APPOINTMENT, booked, haircut).take_cash(now)
    told = Discounting(percent=25, reason="Cumpleaños", surplus="refund")
    prices.discount("salon", booked.id, told, role="admin", actor_name="eva", now=now + MINUTE)
    cancel(booked, now + HOUR)

    back = undo(booked, VisitMove.CANCEL, now + 2 * HOUR)

    assert (back.total_amount, back.paid_amount, back.payment_status) == (60000, 60000, "PAID")
    assert sorted((one.amount, one.status) for one in till.all_payments()) == [(20000, "REFUND_DUE"), (80000, "PAID")]


def test_money_that_the_business_kept_stays(haircut, now):
    booked = till.book(haircut, now)
    Till(Target.APPOINTMENT, booked, haircut).take_cash(now)
    cancel(booked, now + HOUR, keep_payment=True)

    back = undo(booked, VisitMove.CANCEL, now + 2 * HOUR)

    assert (back.payment_status, back.paid_amount) == ("PAID", 80000)


def paid_online(of, bank, now):
    booked = till.book(of, now, hold=True)
    started = Till(Target.APPOINTMENT, booked, of).start(now)
    bank.pay(started.payment.id)
    bank.notify(started.payment.id, now=now)
    return booked, started.payment.id


def test_money_on_its_way_back_to_a_card_is_waited_for(haircut, bank, now):
    booked, payment_id = paid_online(haircut, bank, now)
    cancel(booked, now + MINUTE)

    with pytest.raises(kept_money.RefundUnderWay):
        undo(booked, VisitMove.CANCEL, now + MINUTE)

    till.sweep(now + 2 * MINUTE)
    assert till.payment(payment_id, now).status == "REFUNDED"
    assert undo(booked, VisitMove.CANCEL, now + 3 * MINUTE).payment_status == "REFUNDED"
    till.check(bank)


def test_money_that_bancard_does_not_give_back_any_more_is_kept(haircut, bank, now):
    booked, payment_id = paid_online(haircut, bank, now)
    bank.is_next_day = True
    cancel(booked, now + DAY)
    till.sweep(now + DAY)
    assert till.payment(payment_id, now).by_hand

    back = undo(booked, VisitMove.CANCEL, now + DAY + MINUTE)

    assert (back.payment_status, till.payment(payment_id, now).status) == ("PAID", "PAID")
    till.check(bank)


def test_another_try_at_bancard_is_not_overtaken_by_an_undo(haircut, bank, now, monkeypatch):
    """While Bancard is asked again, the money cannot be kept."""
    booked, payment_id = paid_online(haircut, bank, now)
    bank.is_next_day = True
    cancel(booked, now + DAY)
    till.sweep(now + DAY)
    asked, request = [], rollbacks.request

    def meanwhile(*given):
        with pytest.raises(kept_money.RefundUnderWay):
            undo(booked, VisitMove.CANCEL, now + DAY)
        asked.append(payment_id)
        return request(*given)

    monkeypatch.setattr(rollbacks, "request", meanwhile)
    rollbacks.refund("salon", till.payment(payment_id, now), again=True, now=now + DAY)

    assert asked == [payment_id]
    assert till.payment(payment_id, now).by_hand


def test_another_tenants_appointment_is_not_there(haircut, clinic, now):
    booked = till.book(haircut, now)
    cancel(booked, now)

    with pytest.raises(NotHere):
        undo(booked, VisitMove.CANCEL, now, tenant="clinic")


def test_the_log_names_each_step(haircut, now):
    booked = till.book(haircut, now)
    MAKE[VisitMove.CONFIRM](booked, now)
    undo(booked, VisitMove.CONFIRM, now)
    cancel(booked, now)
    undo(booked, VisitMove.CANCEL, now)

    found = reads.everything(keys.audit_partition("salon"), "2")
    assert [change[2] for line in found for change in line.changes if change[0] == "appointment"][1:] == [
        "appointment.confirmed",
        "appointment.unconfirmed",
        "appointment.cancelled",
        "appointment.restored",
    ]


def test_a_double_booking_does_not_come_back_over_another(haircut, now):
    booked = till.book(haircut, now)
    booked.overridden = ["taken"]
    booked.save()
    cancel(booked, now)
    till.book(haircut, now, phone="0981 777 777")

    with pytest.raises(undoing.TimeIsGone):
        undo(booked, VisitMove.CANCEL, now)
