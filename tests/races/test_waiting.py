"""Two sweepers at once, on dynoxide: one freed time is one offer, and nobody is offered two."""

import random
import time
from datetime import timedelta

import pytest

from mostrador import ids, process_cache
from mostrador.scheduling import agenda, appointments, services, waiting_list, waiting_list_offers
from mostrador.scheduling.views.appointments import AppointmentListing
from mostrador.scheduling.views.services import NewService
from mostrador.table.items.scheduling import AgendaDay, Waiting
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import days
from tests.support.at_once import at_once
from tests.support.lines import cancel, fill, join, listed, open_for, states, sweep

pytestmark = pytest.mark.race


@pytest.fixture
def haircut(dynoxide, now):
    tenants.create(NewTenant(slug="salon", name="Salón", currency="PYG", business_hours=days.EVERY_DAY), now=now)
    open_for(1, now=now)
    return services.create("salon", NewService(name="Corte", duration_minutes=30, price="80000"), key=None, now=now)


@pytest.fixture
def apart(monkeypatch):
    """Between reading the line and looking at its day a run takes its time, so that others come between."""
    look = waiting_list_offers._load

    def looks_later(*args):
        time.sleep(random.uniform(0, 0.1))  # noqa: S311
        return look(*args)

    monkeypatch.setattr(waiting_list_offers, "_load", looks_later)


def held(now):
    return appointments.listing("salon", AppointmentListing(status="PENDING", limit=100), now=now).items


def offered(now):
    return listed(now, status="OFFERED")


@pytest.mark.parametrize("round_", range(3))
def test_several_sweepers_and_one_freed_time_make_one_offer_to_the_first(haircut, now, round_):
    full = fill(haircut, now=now)
    entries = [join(haircut, number, now=now) for number in range(5)]
    cancel(full[0], now=now)

    answers = at_once(6, lambda _: sweep(now))

    assert sum(answer["offers"] for answer in answers) == 1
    assert [entry.id for entry in offered(now)] == [entries[0].id]
    assert [one.id for one in held(now)] == [offered(now)[0].appointment_id]
    assert sum(answer["failed"] for answer in answers) == 0


def test_red_control_without_agenda_and_derived_ids_one_freed_time_is_offered_again_and_again(
    haircut, now, monkeypatch
):
    monkeypatch.setattr(agenda, "take", take_without_looking)
    monkeypatch.setattr(waiting_list_offers, "_offer_key", lambda _: ids.new())
    full = fill(haircut, now=now)
    [join(haircut, number, now=now) for number in range(5)]
    cancel(full[0], now=now)

    at_once(6, lambda _: sweep(now))

    assert len(held(now)) > 1


def take_without_looking(tx, key, days, lines, _now):
    taken = AgendaDay(*key, version=1, lines={})
    tx.save(taken)


@pytest.mark.parametrize("round_", range(3))
def test_several_sweepers_and_several_freed_times_make_one_offer_to_each(haircut, now, apart, round_):
    full = fill(haircut, now=now)
    entries = [join(haircut, number, now=now) for number in range(4)]
    for one in full:
        cancel(one, now=now)

    at_once(6, lambda _: sweep(now))
    sweep(now + timedelta(minutes=1))  # who stopped because another was quicker

    assert states(*entries, now=now) == ["OFFERED", "OFFERED", "WAITING", "WAITING"]
    assert {one.id for one in held(now)} == {entry.appointment_id for entry in offered(now)}


def test_red_control_without_derived_ids_somebody_holds_two_times(haircut, now, apart, monkeypatch):
    monkeypatch.setattr(waiting_list_offers, "_offer_key", lambda _: ids.new())
    monkeypatch.setattr(waiting_list, "release", lambda *_: None)
    for day in range(4):
        process_cache.clear_all()
        full = fill(haircut, now=now)
        for one in full:
            cancel(one, now=now)
        entry = join(haircut, day, now=now)

        at_once(6, lambda _: sweep(now))

        if sum(one.customer_id == entry.customer_id for one in held(now)) > 1:
            return
        for one in held(now):
            cancel(one, now=now)
    pytest.fail("the guard was taken away and nothing happened")


def test_leaving_while_being_offered_ends_in_one_state_and_holds_nothing_for_who_left(haircut, now):
    for number in range(6):
        full = fill(haircut, now=now)
        entry = join(haircut, number, now=now)
        cancel(full[0], now=now)

        def either(client, entry=entry):
            return waiting_list.withdraw("salon", entry.id, seen=None, now=now) if client == 0 else sweep(now)

        at_once(3, either)

        assert states(entry, now=now) == ["WITHDRAWN"]
        assert [one for one in held(now) if one.customer_id == entry.customer_id] == []
        for one in full[1:]:
            cancel(one, now=now)


def test_one_phone_that_joins_at_once_stands_in_line_once(haircut, now):
    answers = at_once(12, lambda _: join(haircut, 7, now=now))

    assert sum(isinstance(answer, Waiting) for answer in answers) == 1
    assert sum(isinstance(answer, waiting_list.AlreadyWaiting) for answer in answers) == 11
    assert len(listed(now)) == 1


def test_one_key_at_once_is_one_place(haircut, now):
    answers = at_once(12, lambda _: join(haircut, 7, now=now, key="k1"))

    assert {answer.id for answer in answers} == {entry.id for entry in listed(now)}


def test_many_who_join_at_once_all_stand_in_the_line(haircut, now):
    answers = at_once(24, lambda number: join(haircut, number, now=now))

    assert all(isinstance(answer, Waiting) for answer in answers), [repr(answer) for answer in answers]
    assert len(listed(now)) == 24
