"""A visit at the counter: the customer arrives, is attended, and leaves, perhaps early."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.rules.payment_states import Target
from mostrador.scheduling import appointments, availability, conclusions, rescheduling, resources, visits
from mostrador.scheduling.rules.appointment_states import TooEarly, WrongAppointmentState
from mostrador.scheduling.rules.visits import ArrivedAlready, ArrivesTooEarly, DepositDue
from mostrador.scheduling.views.appointments import AvailabilityQuery, Rescheduling
from mostrador.scheduling.views.services import NewResource
from mostrador.table import keys, reads
from tests.support import till
from tests.support.till import Till

NINE = till.NINE
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def arrive(one, at, tenant="salon"):
    return visits.arrive(tenant, one.id, actor_name="rosa", now=at)


def start(one, at):
    return visits.start("salon", one.id, actor_name="rosa", now=at)


def complete(one, at):
    return conclusions.complete("salon", one.id, actor_name="rosa", now=at)


def no_show(one, at):
    return conclusions.no_show("salon", one.id, actor_name="rosa", now=at)


def changes(appointment):
    return [entry["change"] for entry in appointment.history]


def line_of(one):
    day = reads.get_item(keys.agenda_day("salon", one.resource_id, NINE.date()))
    return next((line for line in day.bookings() if line.appointment_id == one.id), None)


def free(service, at, **more):
    query = AvailabilityQuery.model_validate({"service": service.id, "date": NINE.date()} | more)
    return [slot.starts_at for slot in availability.find("salon", query, now=at).slots]


def test_arriving_confirms_where_no_deposit_is_due(haircut, now):
    booked = till.book(haircut, now)

    there = arrive(booked, NINE - 5 * MINUTE)

    assert (there.status, there.arrived_at, there.started_at) == ("CONFIRMED", NINE - 5 * MINUTE, None)
    assert there.confirmed_at == NINE - 5 * MINUTE
    assert changes(there) == ["CONFIRMED", "ARRIVED"]


def test_arriving_again_keeps_the_first_time(haircut, now):
    booked = till.book(haircut, now)
    there = arrive(booked, NINE)

    assert arrive(booked, NINE + HOUR).version == there.version


def test_a_start_before_the_agreed_time_counts_and_says_that_the_customer_is_there(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")

    begun = start(booked, NINE - 10 * MINUTE)

    assert (begun.arrived_at, begun.started_at) == (NINE - 10 * MINUTE, NINE - 10 * MINUTE)
    assert start(booked, NINE).version == begun.version
    assert complete(booked, NINE - MINUTE).status == "COMPLETED"


def test_a_start_keeps_the_time_of_the_arrival(haircut, now):
    booked = till.book(haircut, now)
    arrive(booked, NINE - HOUR)

    assert start(booked, NINE).arrived_at == NINE - HOUR


def test_a_deposit_that_is_due_comes_before_the_arrival(bank, now):
    of = till.service(now, deposit_percent=50)
    booked = till.book(of, now)

    with pytest.raises(DepositDue) as refusal:
        arrive(booked, NINE)
    assert (refusal.value.facts["due"], appointments.get("salon", booked.id, now=NINE).status) == ("40000", "PENDING")

    Till(Target.APPOINTMENT, booked, of).take_cash(NINE, amount="40000")
    assert arrive(booked, NINE).status == "CONFIRMED"


def test_a_confirmed_appointment_without_its_deposit_may_arrive(bank, now):
    booked = till.book(till.service(now, deposit_percent=50), now, status="CONFIRMED")

    assert arrive(booked, NINE).arrived_at == NINE


def test_a_held_time_is_firm_once_its_customer_is_there(haircut, now):
    held = till.book(haircut, NINE - 5 * MINUTE, hold=True)

    there = arrive(held, NINE - 4 * MINUTE)

    assert (there.hold_expires_at, there.due_pk, line_of(held).lapses_at) == (None, None, 0)


def test_a_lapsed_hold_neither_arrives_nor_is_missed(haircut, now):
    held = till.book(haircut, now, hold=True)

    for call in (arrive, start, no_show):
        with pytest.raises(WrongAppointmentState, match="EXPIRED"):
            call(held, NINE)


def test_nobody_arrives_the_day_before(haircut, now):
    booked = till.book(haircut, now)

    with pytest.raises(ArrivesTooEarly):
        arrive(booked, NINE - 12 * HOUR - MINUTE)
    assert arrive(booked, NINE - 12 * HOUR).arrived_at


@pytest.mark.parametrize("call", [arrive, start])
def test_what_was_cancelled_or_missed_does_not_begin(haircut, now, call):
    cancelled, missed = till.book(haircut, now), till.book(haircut, now, at=NINE + HOUR)
    appointments.cancel("salon", cancelled.id, reason="", actor_name="eva", now=now)
    no_show(missed, NINE + HOUR)

    for one in (cancelled, missed):
        with pytest.raises(WrongAppointmentState):
            call(one, NINE + HOUR)


def test_somebody_who_was_never_confirmed_and_did_not_come_is_a_no_show(haircut, now):
    booked = till.book(haircut, now)
    with pytest.raises(TooEarly):
        no_show(booked, NINE - MINUTE)

    missed = no_show(booked, NINE)

    assert (missed.status, changes(missed), line_of(booked).duration) == ("NO_SHOW", ["NO_SHOW"], 30)


def test_a_no_show_of_a_live_hold_keeps_its_time_and_does_not_lapse(haircut, now):
    held = till.book(haircut, NINE - 5 * MINUTE, hold=True)

    no_show(held, NINE)
    till.sweep(NINE + HOUR)

    assert appointments.get("salon", held.id, now=NINE + HOUR).status == "NO_SHOW"
    assert line_of(held).lapses_at == 0


def test_one_who_arrived_is_no_no_show(haircut, now):
    booked = till.book(haircut, now)
    arrive(booked, NINE)

    with pytest.raises(ArrivedAlready):
        no_show(booked, NINE + HOUR)


def test_an_early_end_frees_the_rest_to_the_minute(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED", duration_minutes=120)
    assert NINE + HOUR not in free(haircut, now)

    done = complete(booked, NINE + timedelta(minutes=29, seconds=20))

    assert (done.freed_at, done.ends_at, done.duration_minutes) == (NINE + 30 * MINUTE, NINE + 2 * HOUR, 120)
    assert line_of(booked).duration == 30
    assert free(haircut, NINE + 30 * MINUTE)[0] == NINE + 30 * MINUTE
    assert till.book(haircut, NINE + 30 * MINUTE, at=NINE + 30 * MINUTE, phone="0981 777 777").status == "PENDING"


def test_the_buffer_moves_along_with_an_early_end(salon, now):
    of = till.service(now, buffer_time_minutes=15, duration_minutes=60)
    booked = till.book(of, now, status="CONFIRMED")

    complete(booked, NINE + 30 * MINUTE)

    assert (line_of(booked).duration, line_of(booked).after) == (30, 15)


@pytest.mark.parametrize("at", [NINE + 30 * MINUTE, NINE + 31 * MINUTE, NINE + DAY])
def test_an_end_in_time_or_late_frees_nothing(haircut, now, at):
    booked = till.book(haircut, now, status="CONFIRMED")

    assert (complete(booked, at).freed_at, line_of(booked).duration) == (None, 30)


def test_a_visit_that_is_over_at_once_keeps_the_shortest_time(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")

    assert complete(booked, NINE).freed_at == NINE + 5 * MINUTE


def test_a_class_and_a_visit_with_two_resources_free_nothing(salon, now):
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=now)
    people = [one.id for one in reads.everything(*keys.resource("salon", "")) if one.id != room.id]
    of_class = till.service(now, capacity=3, resource_ids=people)
    both = till.service(now, resource_ids=people, second_resource_ids=[room.id])

    for of, at in ((of_class, NINE), (both, NINE + HOUR)):
        booked = till.book(of, now, at=at, status="CONFIRMED")
        assert complete(booked, at + 10 * MINUTE).freed_at is None


def test_another_day_makes_the_customer_come_again(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")
    arrive(booked, NINE)

    def move(to):
        return rescheduling.move(
            "salon", booked.id, Rescheduling(scheduled_at=to), actor_name="eva", now=NINE - 2 * HOUR
        )

    assert move(NINE + 2 * HOUR).arrived_at == NINE
    assert move(NINE + DAY).arrived_at is None


def test_another_tenants_appointment_is_not_there(haircut, clinic, now):
    booked = till.book(haircut, now)

    with pytest.raises(NotHere):
        arrive(booked, NINE, tenant="clinic")


def test_the_log_says_when_the_customer_came(haircut, now):
    booked = till.book(haircut, now, status="CONFIRMED")
    arrive(booked, NINE)
    start(booked, NINE)

    lines = reads.everything(keys.audit_partition("salon"), "2")
    fields = [change[3] for line in lines for change in line.changes if change[0] == "appointment"]
    assert [sorted(one) for one in fields[-2:]] == [["arrived_at"], ["started_at"]]
