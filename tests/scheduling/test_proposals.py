"""One plan of new places for the appointments of somebody who is ill."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mostrador.scheduling import blocks, proposals, services, slots
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.scheduling.views.services import ServiceChanges
from mostrador.table import reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import illness, snapshots, till
from tests.support.days import shifted
from tests.support.illness import (
    DAY,
    DAYS,
    HOUR,
    NINE,
    book,
    carry_out,
    get,
    ill,
    offer,
    people,
    places,
    proposed,
    results,
)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def chairs(salon, now):
    return illness.people(now, "Eva", "Luz")


@pytest.fixture
def cut(chairs, now):
    return illness.offer(now, chairs)


def test_the_same_time_with_another_who_is_free_comes_first(cut, chairs, now):
    visits = [book(cut, now, hour, chairs[0]) for hour in (9, 11)]
    block = ill(chairs[0], now)

    assert places(proposed(block, now)) == [(visit.scheduled_at, chairs[1]) for visit in visits]


def test_then_the_same_day_and_then_the_nearest_day_with_either(cut, chairs, now):
    tenants.change("salon", TenantChanges(slot_step_minutes=60), seen=None, now=now)
    ana = book(cut, now, 9, chairs[0])
    for hour in range(9, 17):
        book(cut, now, hour, chairs[1], number=1)
    block = ill(chairs[0], now)
    (place,) = places(proposed(block, now))
    assert place == (NINE + 8 * HOUR, chairs[1])

    book(cut, now, 17, chairs[1], number=1)

    assert places(proposed(block, now)) == [(NINE + DAYS, chairs[0])]
    assert places(proposed(block, now, days=0)) == [None]
    assert get(ana, now).scheduled_at == NINE


def test_a_class_stays_together_where_its_seats_are(salon, now):
    eva, luz = people(now, "Eva", "Luz")
    yoga = offer(now, [eva, luz], capacity=3)
    for number in range(3):
        book(yoga, now, 9, eva, number)
    block = ill(eva, now)
    assert set(places(proposed(block, now))) == {(NINE, luz)}

    book(yoga, now, 9, luz, number=7)
    moves = proposed(block, now)

    assert sorted(places(moves)).count((NINE, luz)) == 2
    assert results(carry_out(block, moves.values())) == ["MOVED"] * 3


def test_a_daily_limit_counts_those_who_come_from_another_day(salon, now):
    eva, luz = people(now, "Eva", "Luz")
    limited = offer(now, [eva, luz], max_bookings_per_day=2)
    for hour in (9, 11):
        book(limited, now, hour, eva)
    for day in (2, 3):
        at = NINE + (day - 1) * DAYS
        till.book(limited, now, at=at, resource_id=eva, phone=f"0981 30000{day}")
    form = {"title": "Enferma", "from": DAY, "to": shifted("2026-12-03"), "resource_ids": [eva, luz]}
    form = NewBlock.model_validate(form | {"even_if_booked": True})
    block = blocks.create("salon", form, actor_name="eva", key=None, now=now).block
    moves = proposed(block, now, days=3)

    by_day = [start.date() for start, _ in filter(None, places(moves))]

    assert max(by_day.count(day) for day in by_day) <= 2
    assert set(results(carry_out(block, filter(None, moves.values())))) == {"MOVED"}


def test_other_lengths_buffers_and_a_service_that_is_offered_no_more(salon, now):
    eva, luz = people(now, "Eva", "Luz")
    color = offer(now, [eva, luz], buffer_time_minutes=30)
    book(color, now, 9, eva, duration_minutes=120)
    book(color, now, 12, luz)
    services.change("salon", color.id, ServiceChanges(is_active=False), seen=None, now=now)
    block = ill(eva, now)

    (place,) = places(proposed(block, now))

    assert place == (NINE, luz)


def test_more_than_one_plan_takes_are_told_and_come_in_the_next(cut, chairs, now, monkeypatch):
    monkeypatch.setattr(proposals, "MOST", 2)
    for hour in (9, 11, 13):
        book(cut, now, hour, chairs[0])
    block = ill(chairs[0], now)

    first = proposals.propose("salon", block.id, days=7, now=now)
    assert (len(first.items), first.left) == (2, 1)
    carry_out(block, proposed(block, now).values())

    second = proposals.propose("salon", block.id, days=7, now=now)
    assert (len(second.items), second.left) == (1, 0)


def test_the_reads_do_not_grow_with_the_appointments(cut, chairs, now, monkeypatch):
    def counted():
        calls = []
        for name in ("batch", "span", "everything", "get_item"):
            real = getattr(reads, name)
            monkeypatch.setattr(reads, name, lambda *a, real=real, **k: calls.append(1) or real(*a, **k))
        proposals.propose("salon", block.id, days=7, now=now)
        monkeypatch.undo()
        return len(calls)

    book(cut, now, 9, chairs[0])
    block = ill(chairs[0], now)
    few = counted()
    blocks.delete("salon", block.id, seen=None, now=now)
    for hour in range(10, 18):
        book(cut, now, hour, chairs[0])
    block = ill(chairs[0], now)

    assert counted() == few == 7  # block, days, appointments, services, resources, one agenda for each of two people


KINDS = ("single", "pair", "yoga", "limited")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(9, 16), st.booleans()), min_size=1, max_size=8),
    st.sampled_from(["Eva", "Sala"]),
    st.randoms(use_true_random=False),
)
def test_any_part_of_a_plan_is_carried_out_in_any_order(salon, now, wanted, who, random: Random):
    with snapshots.put_back():
        block = _a_day(wanted, who, now)
        moves = [move for move in proposed(block, now, days=1).values() if move]
        random.shuffle(moves)
        chosen = moves[: random.randint(0, len(moves))]

        outcomes = carry_out(block, chosen)

        assert results(outcomes) == ["MOVED"] * len(chosen)


def _a_day(wanted, who, now):
    eva, luz, room, other = people(now, "Eva", "Luz", "Sala", "Sala 2")
    kinds = {
        "single": offer(now, [eva, luz]),
        "pair": offer(now, [eva, luz], second_resource_ids=[room, other]),
        "yoga": offer(now, [eva, luz], second_resource_ids=[room, other], capacity=2),
        "limited": offer(now, [luz, eva, room], max_bookings_per_day=2, buffer_time_minutes=15),
    }
    for number, (kind, hour, with_eva) in enumerate(wanted):
        with suppress(slots.SlotTaken):
            book(kinds[kind], now, hour, eva if with_eva else luz, number)
    return ill(eva if who == "Eva" else room, now)
