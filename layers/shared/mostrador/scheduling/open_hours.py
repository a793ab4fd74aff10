"""When a resource is open: its own hours or the tenant's, with the special days of both."""

from datetime import timedelta

from mostrador.scheduling.rules import opening_hours
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time


def of_resource(tenant: Tenant, resource: Resource) -> opening_hours.Hours:
    """The resource's own opening hours or the tenant's; its own special days come before the tenant's."""
    week = resource.hours if resource.hours is not None else tenant.hours
    special = opening_hours.special(tenant.special_days) | opening_hours.special(resource.special_days)
    return opening_hours.Hours(opening_hours.weekly(week), special, int(tenant.slot_offset_minutes or 0))


def is_open(tenant: Tenant, resource: Resource, starts: int, duration: int) -> bool:
    """Whether the resource is open for so many minutes from ``starts`` on."""
    zone = tenants.zone(tenant)
    day = local_time.local_day(starts, zone)
    windows = opening_hours.windows(of_resource(tenant, resource), zone, day, day + timedelta(days=1))
    union = opening_hours.merged((window.begins, window.ends) for window in windows)
    return any(opens <= starts and starts + duration <= closes for opens, closes in union)
