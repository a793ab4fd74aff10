"""A day that follows a new clock law while customers book it and the command runs twice: nothing is sold twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mostrador.scheduling import clock_changes, services
from mostrador.scheduling.rules import clock_changes as rules
from mostrador.scheduling.views.services import NewService
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import AgendaDay, Appointment
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.races.test_one_slot import book, winners
from tests.support import clocks, days
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
NINE_BEFORE, NINE_AFTER = datetime(2027, 6, 1, 13, 0, tzinfo=UTC), datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
CLIENTS = 12


@pytest.fixture
def cut(dynoxide):
    tenants.create(NewTenant(slug="salon", name="Salón", business_hours=days.EVERY_DAY), now=NOW)
    wanted = NewService(name="Corte", duration_minutes=30, price="1", advance_booking_days=730)
    return services.create("salon", wanted, key=None, now=NOW)


def run(service):
    """Six appointments from nine, made before the law; nine sold again; two runs of the command beside customers."""
    with clocks.under(clocks.BEFORE):
        old = [book(service, NINE_BEFORE + number * HALF, NOW, number) for number in range(6)]

    def call(number):
        if number < 2:
            surveyed = clock_changes.survey(tenants.find("salon", now=NOW), now=NOW)
            return clock_changes.apply(surveyed, actor_name="system", clock=lambda: NOW, until=NOW + timedelta(hours=1))
        return book(service, NINE_AFTER + (number - 2) * HALF, NOW, 50 + number)

    with clocks.under(clocks.AFTER):
        again = book(service, NINE_AFTER, NOW, 49)
        answers = at_once(CLIENTS, call)
        surveyed = clock_changes.survey(tenants.find("salon", now=NOW), now=NOW)
        last = clock_changes.apply(surveyed, actor_name="system", clock=lambda: NOW, until=NOW + timedelta(hours=1))
    return old, [again, *winners(answers)], last


def starts():
    (resource,) = reads.everything(*keys.resource("salon", ""))
    found = reads.everything(keys.agenda_partition("salon", resource.id), "2")
    return sorted(line.starts for day in found if isinstance(day, AgendaDay) for line in day.bookings())


def test_each_keeps_its_time_or_is_told_and_no_time_is_sold_twice(cut):
    old, new, last = run(cut)

    taken = starts()
    assert len(taken) == len(old) + len(new)
    assert all(one + 30 <= other for one, other in pairwise(taken))
    found = {one.id: reads.get_item(keys.appointment("salon", one.id)) for one in old}
    for number, one in enumerate(old):
        stored: Appointment = found[one.id]
        is_kept = stored.scheduled_at == NINE_AFTER + number * HALF
        assert is_kept != (one.id in last.conflicts)
        assert len(stored.history or []) == is_kept


def test_red_control_without_a_look_at_the_day_a_time_is_sold_twice(cut, monkeypatch):
    monkeypatch.setattr(rules, "stuck", lambda *_: {})
    monkeypatch.setattr(rules, "in_the_way", lambda *_: None)

    run(cut)

    assert not all(one + 30 <= other for one, other in pairwise(starts()))
