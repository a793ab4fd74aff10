"""How late a run is, told before its work."""

from datetime import timedelta
from types import SimpleNamespace

from mostrador import context, process_cache
from mostrador.table import keys
from mostrador.tenancy import overdue, tenants


def due(tenant, at):
    return SimpleNamespace(pk=f"T#{tenant}#X", due_at=keys.at(at))


def test_the_latest_item_of_an_active_tenant_counts(salon, clinic, now):
    items = [due("salon", now - timedelta(seconds=5)), due("clinic", now - timedelta(seconds=60))]
    assert overdue.lag_seconds(items, now=now) == 60

    tenants.suspend("clinic", now=now)

    assert overdue.lag_seconds(items, now=now) == 5
    assert overdue.lag_seconds(items[1:], now=now) == 0
    assert overdue.lag_seconds([], now=now) == 0


def test_it_is_told_with_no_tenant_in_hand_as_a_run_begins(salon, now):
    process_cache.clear_all()

    with context.working(None):
        assert overdue.lag_seconds([due("salon", now - timedelta(seconds=5))], now=now) == 5
