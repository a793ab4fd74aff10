"""What a run does with whatever is due: expire, look at lines, skip, log and go on."""

import json
from datetime import timedelta

import pytest

from functions.sweeper import app
from mostrador import clock, process_cache
from mostrador.background import sweeper
from mostrador.observability import logger
from mostrador.scheduling import appointments, availability, booking
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order, Raffle
from mostrador.table.items.scheduling import Appointment, WaitingLine
from mostrador.table.items.tenants import Usage
from mostrador.tenancy import tenants
from tests.support import template
from tests.support.lines import FAR, join, nine, open_for, sweep, trips

MINUTE = timedelta(minutes=1)


def hold(service, at, now, name="Ana", **more):
    wanted = {"customer_data": {"name": name, "phone": f"0981 {400000 + at.hour * 60 + at.minute}"}} | more
    form = NewAppointment(service_id=service.id, scheduled_at=at, hold=True, **wanted)
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def status(appointment, now):
    return appointments.get("salon", appointment.id, now=now).status


def test_a_hold_that_lapsed_expires_and_is_not_due_any_more(haircut, now):
    held = hold(haircut, nine(), now)

    assert sweep(held.hold_expires_at - timedelta(seconds=1))["expired"] == 0
    first, again = sweep(held.hold_expires_at), sweep(held.hold_expires_at)

    assert (first["expired"], again["expired"]) == (1, 0)
    assert status(held, now) == "EXPIRED"
    query = AvailabilityQuery(service=haircut.id, date=nine().date())
    assert nine() in [slot.starts_at for slot in availability.find("salon", query, now=now).slots]


def test_a_hold_that_was_confirmed_or_cancelled_is_not_due(haircut, now):
    confirmed, cancelled = hold(haircut, nine(), now), hold(haircut, nine(60), now)
    appointments.confirm("salon", confirmed.id, actor_name="eva", now=now)
    appointments.cancel("salon", cancelled.id, reason="", actor_name="eva", now=now)

    assert set(sweep(now + 60 * MINUTE).values()) == {0}
    assert (status(confirmed, now), status(cancelled, now)) == ("CONFIRMED", "CANCELLED")


def test_what_fails_is_logged_without_names_and_does_not_stop_its_neighbours(haircut, now, monkeypatch):
    held = [hold(haircut, nine(30 * number), now, name="Doña Perfecta") for number in range(6)]
    expire, lines = appointments.expire, []

    def fails_for_one(tenant, appointment_id, *, now):
        if appointment_id == held[2].id:
            raise RuntimeError("Doña Perfecta, 0981 400000")
        return expire(tenant, appointment_id, now=now)

    monkeypatch.setattr(appointments, "expire", fails_for_one)
    monkeypatch.setattr(logger, "error", lambda message, **fields: lines.append((message, fields)))
    counts = sweep(held[0].hold_expires_at)

    assert (counts["expired"], counts["failed"]) == (5, 1)
    assert status(held[2], now) == "PENDING"
    ((message, fields),) = lines
    assert (message, fields["tenant"], fields["error"]) == ("sweep failed", "salon", "RuntimeError")
    assert fields["stack"][-1].endswith("fails_for_one")
    assert "Perfecta" not in json.dumps(fields)
    assert "0981" not in json.dumps(fields)

    monkeypatch.setattr(appointments, "expire", expire)
    assert sweep(held[0].hold_expires_at)["expired"] == 1


def test_a_suspended_tenants_deadlines_wait_until_it_is_back(haircut, clinic, now):
    held = hold(haircut, nine(), now)
    join(haircut, 1, now=now)
    tenants.suspend("salon", now=now)

    counts = sweep(held.hold_expires_at)
    assert (counts["suspended"], counts["expired"], counts["lines"], counts["failed"]) == (2, 0, 0, 0)
    assert reads.get_item(keys.appointment("salon", held.id)).status == "PENDING"

    tenants.resume("salon", now=now)
    counts = sweep(held.hold_expires_at)
    assert (counts["suspended"], counts["expired"], counts["lines"]) == (0, 1, 1)


def test_the_run_ends_when_its_time_is_up_and_the_next_one_goes_on(haircut, now):
    held = [hold(haircut, nine(30 * number), now) for number in range(4)]
    lapsed = held[0].hold_expires_at
    ticks = iter(lapsed + timedelta(seconds=20 * number) for number in range(9))

    counts = sweeper.run(lambda: next(ticks), until=lapsed + timedelta(seconds=45))

    assert (counts["expired"], counts["unfinished"]) == (2, 1)
    assert sweep(lapsed)["expired"] == 2
    assert {status(one, now) for one in held} == {"EXPIRED"}


def test_more_than_a_page_of_a_shard_is_handled(haircut, now, monkeypatch):
    monkeypatch.setattr(reads, "DUE_PAGE", 2)
    held = [hold(haircut, nine(30 * number), now) for number in range(18)]

    assert sweep(held[0].hold_expires_at)["expired"] == 18


def test_it_tells_how_late_it_was(haircut, now):
    held = hold(haircut, nine(), now)

    assert sweep(held.hold_expires_at + timedelta(seconds=90))["lag_seconds"] == 90
    assert sweep(held.hold_expires_at + timedelta(seconds=90))["lag_seconds"] == 0


def test_what_a_run_never_reaches_counts_as_late_too(haircut, now):
    held = hold(haircut, nine(), now)
    join(haircut, 1, now=now)
    late = held.hold_expires_at + timedelta(seconds=90)

    counts = sweeper.run(lambda: late, until=late)

    assert (counts["unfinished"], counts["expired"], counts["lines"]) == (1, 0, 0)
    assert (counts["lag_seconds"], counts["lines_lag_seconds"]) == (90, 15 * 60 + 90)


def test_what_waits_for_a_suspended_tenant_is_not_late(haircut, now):
    held = hold(haircut, nine(), now)
    tenants.suspend("salon", now=now)

    assert sweep(held.hold_expires_at + timedelta(hours=1))["lag_seconds"] == 0


class Watch:
    """A clock that stands still while it is asked, and goes on with each piece of work."""

    def __init__(self, at, seconds):
        self.at, self.done, self._step = at, [], timedelta(seconds=seconds)

    def work(self, item):
        self.at += self._step
        self.done.append(item)
        return {}


def due(kind, number, at, tenant="salon", **more):
    """An item that is due, in memory alone."""
    item = kind(f"T#{tenant}#X", f"{kind.__name__}#{number}", **more)
    item.due_at = keys.at(at)
    return item


def run_over(monkeypatch, items, lines, *, now, seconds):
    """One run of 45 s over these items, each of which takes so many seconds; returns those done, and the counts."""
    watch = Watch(now, seconds)
    monkeypatch.setattr(
        reads, "due", lambda _, of=keys.due_partition: iter(items if of is keys.due_partition else lines)
    )
    monkeypatch.setattr(sweeper, "_sweep", lambda item, _: watch.work(item))
    counts = sweeper.run(lambda: watch.at, until=now + app.BUDGET)
    return watch.done, counts


def kinds(done):
    return [type(item).__name__ for item in done]


def test_with_thousands_of_lines_due_draws_and_payments_come_first(salon, now, monkeypatch):
    ago = now - timedelta(minutes=1)
    lines = [due(WaitingLine, number, now - timedelta(hours=1)) for number in range(2000)]
    raffle, frozen = due(Raffle, 1, ago, status="CLOSED"), due(Raffle, 2, ago, status="CLOSED", frozen_at=ago)
    payments = [due(Payment, number, ago, status="PENDING") for number in range(5)]
    held = [due(Appointment, 1, ago), due(Order, 1, ago, checkout_id="c")]

    done, counts = run_over(monkeypatch, [*held, *payments, frozen, raffle], lines, now=now, seconds=0.5)

    assert done[:2] == [raffle, frozen]
    assert kinds(done)[2:9] == ["Payment"] * 5 + ["Order", "Appointment"]
    assert set(kinds(done)[9:]) == {"WaitingLine"}
    assert (counts["lag_seconds"], counts["lines_lag_seconds"], counts["unfinished"]) == (60, 3600, 1)


def test_payments_that_take_long_leave_time_for_holds_and_lines(salon, now, monkeypatch):
    """Red control: without their share, thirty payments of 8 s leave nothing to anybody."""
    ago = now - timedelta(minutes=1)
    items = [due(Payment, number, ago, status="PENDING") for number in range(30)]
    hold_, line = due(Appointment, 1, ago), due(WaitingLine, 1, ago)

    done, _ = run_over(monkeypatch, [*items, hold_], [line], now=now, seconds=8)
    assert kinds(done) == ["Payment"] * 4 + ["Appointment", "WaitingLine"]

    monkeypatch.setattr(sweeper, "GATEWAYS_SHARE", 1)
    done, _ = run_over(monkeypatch, [*items, hold_], [line], now=now, seconds=8)
    assert set(kinds(done)) == {"Payment"}


def test_a_silent_beacon_leaves_time_for_payments(salon, now, monkeypatch):
    ago = now - timedelta(minutes=1)
    draws = [due(Raffle, number, ago, status="CLOSED", frozen_at=ago) for number in range(20)]

    done, _ = run_over(monkeypatch, [*draws, due(Payment, 1, ago, status="PENDING")], [], now=now, seconds=4)

    assert "Payment" in kinds(done)[:6]


def test_the_many_payments_of_one_tenant_do_not_stop_anothers(salon, clinic, now, monkeypatch):
    many = [due(Payment, number, now - timedelta(hours=1), status="PENDING") for number in range(500)]
    other = due(Payment, 1, now, tenant="clinic", status="PENDING")

    done, _ = run_over(monkeypatch, [*many, other], [], now=now, seconds=1)

    assert done[1] is other


def test_lines_are_due_in_shards_of_their_own(haircut, now):
    join(haircut, 1, now=now)

    assert list(reads.due(now)) == []
    assert kinds(reads.due(now, keys.waiting_due_partition)) == ["WaitingLine"]


def test_an_item_that_changed_after_the_index_was_read_is_left_alone(haircut, now):
    held = hold(haircut, nine(), now)
    stale = list(reads.due(held.hold_expires_at))
    appointments.delete("salon", held.id, seen=None, now=now)

    assert len(stale) == 1
    assert sweeper._sweep(stale[0], held.hold_expires_at) == {"overtaken": 1}


def test_what_is_refused_again_and_again_fails_aloud(haircut, now):
    held = hold(haircut, nine(), now)
    stale = list(reads.due(held.hold_expires_at))
    appointments.delete("salon", held.id, seen=None, now=now)

    assert sweeper._sweep(stale[0], held.hold_expires_at + sweeper.STUCK_AFTER) == {"overtaken": 1}
    assert sweeper._sweep(stale[0], held.hold_expires_at + sweeper.STUCK_AFTER + timedelta(seconds=1)) == {"failed": 1}


def test_what_nobody_knows_how_to_sweep_fails_aloud(salon, now):
    unknown = Usage(*keys.usage("salon", now.date()), appointments=1)
    unknown.due_pk, unknown.due_at = keys.due("0" * 32, now)
    unknown.save()

    assert sweep(now)["failed"] == 1


@pytest.fixture
def at_work(haircut, monkeypatch, now):
    """The door, at a time after a hold has lapsed."""
    held = hold(haircut, nine(), now)
    monkeypatch.setattr(clock, "now", lambda: held.hold_expires_at)
    return held


def test_the_door_answers_what_was_swept(at_work):
    assert app.handler({}, None)["expired"] == 1


def test_the_schedule_is_each_minute_and_the_run_ends_before_its_function():
    function = template.load()["Resources"]["SweeperFunction"]["Properties"]

    assert function["Events"]["EveryMinute"]["Properties"]["Schedule"] == "rate(1 minute)"
    assert app.BUDGET.total_seconds() + 10 < function["Timeout"] <= 60


def test_a_run_with_nothing_due_is_one_query_a_shard(salon, now):
    process_cache.clear_all()
    with trips() as spent:
        sweeper.run(lambda: now, until=FAR)

    assert spent == ["Query"] * 2 * keys.SHARDS


def test_a_hold_costs_three_round_trips_to_expire(haircut, now):
    open_for(9, now=now)
    held = [hold(haircut, nine(30 * number), now) for number in range(4)]
    tenants.current("salon", now=held[0].hold_expires_at)
    with trips() as spent:
        sweeper.run(lambda: held[0].hold_expires_at, until=FAR)

    assert len(spent) == 2 * keys.SHARDS + 3 * len(held)
