"""How late a run is: it is told before the work, so that items which are never reached count too."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from mostrador import context
from mostrador.errors import NotHere
from mostrador.table import keys
from mostrador.tenancy import tenants


class DueItem(Protocol):
    """An item of the ``due`` index."""

    pk: str
    due_at: str


def lag_seconds(items: Iterable[DueItem], *, now: datetime) -> int:
    """The delay of the latest item; 0 without one. Items of suspended tenants wait on purpose and do not count."""
    for item in sorted(items, key=lambda item: item.due_at):
        if is_active(keys.tenant_of(item.pk), now=now):
            return int((now - datetime.fromisoformat(item.due_at)).total_seconds())
    return 0


def is_active(tenant: str, *, now: datetime) -> bool:
    """Whether the tenant exists and is not suspended."""
    try:
        with context.working(tenant, context.SYSTEM):
            tenants.current(tenant, now=now)
    except NotHere:
        return False
    return True
