"""An appointment that is put at a certain place keeps all else."""

import pytest

from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import illness, till
from tests.support.illness import book, carry_out, get, ill, offer, people, proposed


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def chairs(salon, now):
    return illness.people(now, "Eva", "Luz")


@pytest.fixture
def cut(chairs, now):
    return illness.offer(now, chairs)


def test_neither_the_customers_notice_nor_the_window_binds(cut, chairs, now):
    visit = book(cut, now, 9, chairs[0])
    tenants.change("salon", TenantChanges(minimum_notice_minutes=43200), seen=None, now=now)
    block = ill(chairs[0], now)

    (outcome,) = carry_out(block, proposed(block, now).values())

    assert (outcome.result, get(visit, now).overridden) == ("MOVED", ["before_notice"])


def test_who_loses_only_the_second_resource_keeps_the_first(salon, now):
    eva, luz, room, other = people(now, "Eva", "Luz", "Sala", "Sala 2")
    massage = offer(now, [luz, eva], second_resource_ids=[room, other])
    visit = book(massage, now, 9, eva)
    block = ill(visit.second_resource_id, now)

    (move,) = proposed(block, now).values()
    assert (move.scheduled_at, move.resource_id, move.second_resource_id) == (visit.scheduled_at, eva, other)
    (outcome,) = carry_out(block, [move])

    assert (outcome.result, outcome.appointment.second_resource_id) == ("MOVED", other)
    assert outcome.appointment.history[-1]["change"] == "REASSIGNED"


def test_paid_money_price_and_review_stay(bank, cut, chairs, now):
    visit = book(cut, now, 9, chairs[0])
    till.Till(till.Target.APPOINTMENT, visit, cut).take_cash(now)
    block = ill(chairs[0], now)
    before = get(visit, now)

    carry_out(block, proposed(block, now).values())

    after = get(visit, now)
    kept = ("payment_status", "paid_amount", "total_amount", "payment_ids", "status", "created_at")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.resource_id == chairs[1]
