"""A delay that moves the visit and those behind it: all of them or none."""

from datetime import timedelta

import pytest

from mostrador.scheduling import blocks, booking_limits, delays, pushes, resources, visits
from mostrador.scheduling.overriding import OverrideNotAllowed
from mostrador.scheduling.rules.delays import CannotPush
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.scheduling.views.services import NewResource, ResourceChanges
from mostrador.scheduling.views.visits import Delay
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import days, till
from tests.support.till import NINE

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def push(one, now=NINE, **form):
    return pushes.push("salon", one.id, Delay.model_validate(form | {"push": True}), actor_name="rosa", now=now)


def stored(one):
    return reads.get_item(keys.appointment("salon", one.id))


def starts(*appointments):
    return [(stored(one).scheduled_at - NINE) / MINUTE for one in appointments]


def lines(one):
    found = reads.get_item(keys.agenda_day("salon", one.resource_id, NINE.date()))
    return sorted((line.appointment_id, line.starts) for line in found.bookings())


def books_agree(*appointments):
    """The agenda says what the appointments say."""
    expected = sorted((one.id, int(stored(one).scheduled_at.timestamp()) // 60) for one in appointments)
    return lines(appointments[0]) == expected


@pytest.fixture
def day(haircut, now):
    return [till.book(haircut, now, at=NINE + n * HOUR / 2, phone=f"0981 {100000 + n}") for n in (0, 1, 2, 5)]


def test_it_moves_with_those_whose_time_it_takes(day):
    pushed = push(day[0], minutes=20)

    assert starts(*day) == [20, 50, 80, 150]
    assert [one.id for one in pushed.moved] == [day[1].id, day[2].id]
    assert books_agree(*day)
    first = stored(day[0])
    assert (first.delayed_from, first.delayed_to, first.history[-1]["change"]) == (NINE, None, "RESCHEDULED")


def test_again_moves_nothing_twice(day):
    push(day[0], minutes=20)
    before = [stored(one).version for one in day]

    again = push(day[0], minutes=20)

    assert (again.moved, [stored(one).version for one in day]) == ([], before)


def test_a_longer_delay_counts_from_the_agreed_start(day):
    push(day[0], minutes=20)
    push(day[0], minutes=30)

    assert starts(*day) == [30, 60, 90, 150]
    assert stored(day[1]).delayed_from == NINE + 30 * MINUTE


def test_one_alone_moves_alone(day):
    assert push(day[3], minutes=20).moved == []
    assert starts(*day) == [0, 30, 60, 170]
    assert books_agree(*day)


def test_beyond_the_close_nothing_moves(haircut, now):
    first = reads.everything(*keys.resource("salon", ""))[0]
    opening = {days.weekday(NINE.date()): [{"opens": "09:00", "closes": "10:00"}]}
    resources.change("salon", first.id, ResourceChanges(business_hours=opening), seen=None, now=now)
    one, two = (till.book(haircut, now, at=NINE + n * HOUR / 2, phone=f"0981 {100000 + n}") for n in range(2))

    with pytest.raises(CannotPush) as refusal:
        push(one, minutes=10)

    (refused,) = refusal.value.facts["refused"]
    assert (refused["appointment_id"], refused["reason"], refused["customer_name"]) == (two.id, "closed", "Ana")
    assert starts(one, two) == [0, 30]
    assert books_agree(one, two)


def test_into_a_block_nothing_moves(day, now):
    lunch = NewBlock(title="Almuerzo", starts_at=NINE + 90 * MINUTE, ends_at=NINE + 120 * MINUTE)
    blocks.create("salon", lunch, actor_name="eva", key=None, now=now)

    with pytest.raises(CannotPush) as refusal:
        push(day[0], minutes=20)

    assert [(one["appointment_id"], one["reason"]) for one in refusal.value.facts["refused"]] == [
        (day[2].id, "blocked")
    ]
    assert starts(*day) == [0, 30, 60, 150]


def test_what_has_begun_does_not_move_and_is_in_the_way(day):
    visits.start("salon", day[1].id, actor_name="rosa", now=NINE)

    with pytest.raises(CannotPush) as refusal:
        push(day[0], minutes=20)
    assert refusal.value.facts["refused"][0]["reason"] == "taken"


def test_a_class_moves_together(salon, now):
    yoga = till.service(now, capacity=3, max_bookings_per_day=3)
    cut = till.service(now, name="Corte corto")
    first = till.book(cut, now)
    mates = [till.book(yoga, now, at=NINE + HOUR / 2, phone=f"0981 {200000 + n}") for n in range(3)]

    push(first, minutes=15)

    assert starts(first, *mates) == [15, 45, 45, 45]
    assert books_agree(first, *mates)


def test_both_resources_move_along(salon, now):
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=now)
    people = [one.id for one in reads.everything(*keys.resource("salon", "")) if one.id != room.id]
    both = till.service(now, resource_ids=people, second_resource_ids=[room.id])
    one, two = (till.book(both, now, at=NINE + n * HOUR / 2, phone=f"0981 {100000 + n}") for n in range(2))

    push(one, minutes=10)

    assert starts(one, two) == [10, 40]
    found = reads.get_item(keys.agenda_day("salon", room.id, NINE.date()))
    assert sorted((line.starts - int(NINE.timestamp()) // 60) for line in found.bookings()) == [10, 40]


def test_two_of_one_phone_move_in_one_transaction(haircut, now):
    tenants.change("salon", TenantChanges(max_active_bookings=2), seen=None, now=now)
    one, two = (till.book(haircut, now, at=NINE + n * HOUR / 2) for n in range(2))

    push(one, minutes=10)

    assert starts(one, two) == [10, 40]
    with pytest.raises(booking_limits.TooManyActive):
        till.book(haircut, now, at=NINE + 5 * HOUR)


def test_a_delay_that_was_only_told_is_carried_out(day):
    delays.delay("salon", day[1].id, Delay(minutes=10), actor_name="rosa", now=NINE)

    push(day[0], minutes=20)

    assert starts(*day[:3]) == [20, 50, 80]
    assert stored(day[1]).delayed_to is None


@pytest.mark.parametrize("rule", ["taken", "no_seats"])
def test_no_role_pushes_over_another_appointment(day, rule):
    visits.start("salon", day[1].id, actor_name="rosa", now=NINE)

    with pytest.raises(OverrideNotAllowed):
        push(day[0], minutes=20, override=[rule])
    assert starts(*day) == [0, 30, 60, 150]


def test_a_rule_that_the_role_may_not_override_is_refused(day):
    form = Delay(minutes=20, push=True, override=["closed"])

    with pytest.raises(OverrideNotAllowed):
        pushes.push("salon", day[0].id, form, may_override=frozenset(), actor_name="rosa", now=NINE)


def test_an_override_pushes_past_the_close(haircut, now):
    first = reads.everything(*keys.resource("salon", ""))[0]
    opening = {days.weekday(NINE.date()): [{"opens": "09:00", "closes": "10:00"}]}
    resources.change("salon", first.id, ResourceChanges(business_hours=opening), seen=None, now=now)
    one, two = (till.book(haircut, now, at=NINE + n * HOUR / 2, phone=f"0981 {100000 + n}") for n in range(2))

    push(one, minutes=10, override=["closed"])

    assert starts(one, two) == [10, 40]
