"""Taking a move back, and pushing a day, beside other people at the same moment: real concurrency on dynoxide."""

from datetime import timedelta
from itertools import pairwise

import pytest

from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import Target
from mostrador.scheduling import appointments, conclusions, pushes, undoing, visits
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.scheduling.views.visits import Delay
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from mostrador.values import local_time
from tests.races.test_one_slot import NINE, book, offer, shop
from tests.support import till as tills
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
__all__ = ["shop"]
ROUNDS = 3
CLIENTS = 6
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def undo(one, move, now, key=None):
    return undoing.undo("salon", one.id, move, actor_name="eva", key=key, now=now)


def stored(one):
    return reads.get_item(keys.appointment("salon", one.id))


def standing(resource_id):
    """The lines of the day, by start."""
    day = reads.get_item(keys.agenda_day("salon", resource_id, NINE.date()))
    return sorted((line.starts, line.starts + line.duration) for line in (day.bookings() if day else []))


def is_sold_once(resource_id):
    spans = standing(resource_id)
    return all(before[1] <= after[0] for before, after in pairwise(spans))


def cancelled(now, at):
    service = offer(now)
    one = book(service, at, now)
    appointments.cancel("salon", one.id, reason="", actor_name="eva", now=now)
    return service, one


def of_a_cancellation(now, at):
    """How many have the time: the one whose cancellation is undone, or somebody who books at the same moment."""
    service, one = cancelled(now, at)

    def act(number):
        return undo(one, VisitMove.CANCEL, now) if number == 0 else book(service, at, now, number)

    return [answer for answer in at_once(CLIENTS, act) if isinstance(answer, Appointment)]


def test_one_has_the_time_of_a_wrong_cancellation(shop, now):
    for round_ in range(ROUNDS):
        assert len(of_a_cancellation(now, NINE + round_ * HOUR)) == 1


def test_red_control_without_the_agenda_two_have_it(shop, now, monkeypatch):
    monkeypatch.setattr(undoing, "_bring_back", lambda *_: None)

    assert any(len(of_a_cancellation(now, NINE + n * HOUR)) == 2 for n in range(ROUNDS))


def of_an_early_end(now, at):
    """An hour that ended after 30 minutes is reopened, while others book its rest."""
    service = offer(now)
    one = book(service, at, now, status="CONFIRMED", duration_minutes=60)
    later = at + 30 * MINUTE
    conclusions.complete("salon", one.id, actor_name="eva", now=later)

    def act(number):
        return undo(one, VisitMove.COMPLETE, later) if number == 0 else book(service, later, later, number)

    return one, [answer for answer in at_once(CLIENTS, act) if isinstance(answer, Appointment)]


def test_the_rest_of_an_early_end_is_sold_or_taken_back(shop, now):
    for round_ in range(ROUNDS):
        one, winners = of_an_early_end(now, NINE + 2 * round_ * HOUR)
        assert len(winners) == 1
        assert is_sold_once(one.resource_id)


def test_red_control_without_taking_the_rest_again_both_have_it(shop, now, monkeypatch):
    monkeypatch.setattr(undoing, "_take_the_rest", lambda *_: lambda _tx: None)

    assert any(len(of_an_early_end(now, NINE + 2 * n * HOUR)[1]) == 2 for n in range(ROUNDS))


def test_many_who_undo_at_once_take_back_one_move(shop, now):
    one = book(offer(now), NINE, now)
    visits.arrive("salon", one.id, actor_name="eva", now=NINE)
    visits.start("salon", one.id, actor_name="eva", now=NINE)

    answers = at_once(CLIENTS, lambda _n: undo(one, VisitMove.START, NINE))

    assert all(isinstance(answer, Appointment) for answer in answers), answers
    assert (stored(one).arrived_at, stored(one).started_at) == (NINE, None)
    assert [entry["change"] for entry in stored(one).history].count("UNDONE") == 1


def last_places(now, at):
    """Two wrong cancellations and one place left in the plan."""
    pairs = [cancelled(now, at + n * HOUR) for n in range(2)]
    used = plan_usage.of_month("salon", now=now).appointments.used
    limit = TenantOperationChanges(max_appointments_per_month=used + 1)
    tenants.change("salon", limit, seen=None, now=now)
    at_once(2, lambda n: undo(pairs[n][1], VisitMove.CANCEL, now))
    return sum(stored(one).status == "PENDING" for _, one in pairs)


def test_the_last_place_of_the_plan_is_given_once(shop, now):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=100), seen=None, now=now)

    assert last_places(now, NINE) == 1


def test_money_is_given_back_or_kept_never_both(shop, now):
    """One undoes the cancellation, another hands the money out."""
    service = offer(now)
    for round_ in range(ROUNDS):
        one = book(service, NINE + round_ * HOUR, now)
        paid = tills.Till(Target.APPOINTMENT, one, service).take_cash(now)
        appointments.cancel("salon", one.id, reason="", actor_name="eva", now=now + MINUTE)

        def act(number, one=one, paid=paid):
            if number == 0:
                return undo(one, VisitMove.CANCEL, now + 2 * MINUTE)
            return payments.mark_refunded("salon", paid.id, actor_name="eva", now=now + 2 * MINUTE)

        at_once(2, act)

        status, money = stored(one), tills.payment(paid.id, now).status
        assert status.status == "CONFIRMED"
        assert (status.payment_status, money) in {("PAID", "PAID"), ("REFUNDED", "REFUNDED")}


def pushed(now, day):
    """A day is pushed while others book the gap behind it."""
    service = offer(now)
    first, second = (book(service, day + n * 30 * MINUTE, now, n) for n in range(2))
    late = day

    def act(number):
        if number == 0:
            form = Delay(minutes=20, push=True)
            return pushes.push("salon", first.id, form, actor_name="eva", now=late)
        return book(service, day + HOUR, late, 10 + number)

    answers = at_once(CLIENTS, act)
    return first, second, answers


def test_a_push_and_a_booking_share_no_minute(shop, now):
    first, second, _ = pushed(now, NINE)

    assert is_sold_once(first.resource_id)
    moved = [(stored(one).scheduled_at - NINE) / MINUTE for one in (first, second)]
    assert moved in ([0, 30], [20, 50])
    starts = [starts for starts, _ in standing(first.resource_id)]
    assert {local_time.minute(stored(one).scheduled_at) for one in (first, second)} <= set(starts)


def test_red_control_a_push_that_does_not_look_sells_minutes_twice(shop, now, monkeypatch):
    monkeypatch.setattr(pushes.availability, "refusal", lambda *_: None)
    monkeypatch.setattr(pushes.delays, "late_ones", lambda *_: [])
    service = offer(now)
    first, _ = (book(service, NINE + n * 30 * MINUTE, now, n) for n in range(2))

    pushes.push("salon", first.id, Delay(minutes=20, push=True), actor_name="eva", now=NINE)

    assert not is_sold_once(first.resource_id)


def test_many_who_push_at_once_move_the_day_once(shop, now):
    service = offer(now)
    first, second = (book(service, NINE + n * 30 * MINUTE, now, n) for n in range(2))

    at_once(CLIENTS, lambda _n: pushes.push("salon", first.id, Delay(minutes=20, push=True), actor_name="e", now=NINE))

    assert [(stored(one).scheduled_at - NINE) / MINUTE for one in (first, second)] == [20, 50]
    assert [len(stored(one).history) for one in (first, second)] == [1, 1]
