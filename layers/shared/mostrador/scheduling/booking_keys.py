"""The keys that a decision about a time reads: resources, agenda days, busy days and calendar states."""

from collections.abc import Iterable
from datetime import date, timedelta

from mostrador.scheduling import busy_sources
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules import availability
from mostrador.table import keys
from mostrador.table.items.scheduling import Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time


def resource_ids(service: Service) -> list[str]:
    """Both groups, inactive resources included."""
    return [*service.resource_ids, *service.second_resource_ids]


def counted_ids(service: Service) -> list[str]:
    """The resources whose bookings of the service its limits count: the first group, and those taken out of it."""
    return [*service.resource_ids, *(service.former_resource_ids or [])]


def with_limits(service: Service) -> bool:
    """Whether a daily or weekly limit counts the service's bookings."""
    return service.max_bookings_per_day is not None or service.max_bookings_per_week is not None


def read_ids(service: Service) -> list[str]:
    """The resources whose agendas decide: both groups, and with limits those taken out of the first."""
    return list(dict.fromkeys([*resource_ids(service), *(counted_ids(service) if with_limits(service) else [])]))


def of_resources(tenant: Tenant, service: Service) -> set[keys.Key]:
    """The service's resources."""
    return {keys.resource(tenant.slug, resource_id) for resource_id in resource_ids(service)}


def of_start(tenant: Tenant, service: Service, demand: agenda_rules.Demand, start: int) -> set[keys.Key]:
    """The days that a booking at ``start`` touches, and those whose bookings count for the service's limits."""
    zone = tenants.zone(tenant)
    day_keys = of_days(tenant, resource_ids(service), agenda_rules.days_touched(demand, start, zone))
    if with_limits(service):
        day = local_time.local_day(start, zone)
        days = [day] if service.max_bookings_per_week is None else week_of(day)
        day_keys |= {
            keys.agenda_day(tenant.slug, resource_id, day) for resource_id in counted_ids(service) for day in days
        }
    return day_keys


def of_days(tenant: Tenant, resource_ids: Iterable[str], days: Iterable[date]) -> set[keys.Key]:
    """The agenda days, and the busy days of the resources that an external calendar blocks."""
    day_keys, dates = set(), list(days)
    for resource_id in resource_ids:
        day_keys |= {keys.agenda_day(tenant.slug, resource_id, day) for day in dates}
        if busy_sources.blocking(tenant, resource_id):
            day_keys |= {keys.busy_day(tenant.slug, resource_id, day) for day in dates}
    return day_keys


def of_calendars(tenant: Tenant, resource_ids: Iterable[str]) -> set[keys.Key]:
    """The states of the calendars that block any of these resources."""
    return {
        keys.calendar_state(tenant.slug, source)
        for resource_id in resource_ids
        for source in busy_sources.blocking(tenant, resource_id)
    }


def of_limits(tenant: Tenant, service: Service, demand: agenda_rules.Demand, start: int) -> set[keys.Key]:
    """The days whose bookings count against the service's limits; they must stay unchanged while one is written."""
    if demand.max_per_week is None and demand.max_per_day is None:
        return set()
    day = local_time.local_day(start, tenants.zone(tenant))
    days = week_of(day) if demand.max_per_week is not None else [day]
    return {keys.agenda_day(tenant.slug, resource_id, day) for resource_id in counted_ids(service) for day in days}


def week_of(day: date) -> list[date]:
    """Monday to Sunday."""
    monday = availability.monday_of(day)
    return [monday + timedelta(days=number) for number in range(7)]
