"""A plan limits how many raffles are open at once."""

import pytest

from mostrador.raffles import open_raffles, raffles
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support.raffles import drafted, opened


def among_the_open():
    return set(reads.get_item(keys.open_raffles("salon")).raffles or ())


def plan(limit, now):
    tenants.change("salon", TenantOperationChanges(max_raffles=limit), seen=None, now=now)


def test_the_plan_counts_the_open_raffles_alone(salon, now):
    plan(2, now)
    drafted(now)
    first, second = opened(now), opened(now)

    with pytest.raises(open_raffles.TooManyOpen, match="2"):
        opened(now)
    raffles.close("salon", first.id, now=now)

    third = opened(now)

    assert third.status == "OPEN"
    assert among_the_open() == {second.id, third.id}
    raffles.cancel("salon", second.id, reason="Sin premios", now=now)
    assert among_the_open() == {third.id}


def test_a_plan_without_raffles_opens_none(salon, now):
    plan(0, now)

    with pytest.raises(open_raffles.TooManyOpen, match="0"):
        opened(now)
