"""How late a run is, told before its work."""

from datetime import timedelta
from types import SimpleNamespace

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
