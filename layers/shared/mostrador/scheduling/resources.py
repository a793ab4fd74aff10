"""Resources: people, chairs or rooms that give a service, each with its own agenda."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from mostrador import ids
from mostrador.errors import Conflict, NotHere
from mostrador.scheduling import agenda
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import AgendaDay, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction
from mostrador.values.text import is_part

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.scheduling.views.services import NewResource, ResourceListing


class ResourceInUse(Conflict):
    code = "resource_in_use"
    en = "{name} has bookings from {day:day} on; move or cancel them first, or make it inactive"
    es = "{name} tiene turnos desde el {day:day}; muévalos o cancélelos antes, o desactívelo"
    next_action = NextAction.DEACTIVATE_INSTEAD


def get(tenant: str, resource_id: str, *, now: datetime) -> Resource:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.get_item(keys.resource(tenant, resource_id))
    if not isinstance(found, Resource):
        raise NotHere(entity="resource", id=resource_id)
    return found


def listing(tenant: str, query: "ResourceListing", *, now: datetime) -> reads.Page:
    """Resources by id, which is mostly the order of creation, or those with certain ids. Raises BadCursor."""
    tenants.current(tenant, now=now)
    if query.ids is not None:
        return reads.listed(keys.resource(tenant, resource_id) for resource_id in query.ids)
    pk, prefix = keys.resource(tenant, "")
    return reads.page(
        pk,
        tenant=tenant,
        query=("resources", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        between=(prefix, prefix + "~"),
        keep=None if query.is_active is None else Resource.is_active == query.is_active,
        matches=(lambda resource: is_part(q, resource.name)) if (q := query.q) else None,
    )


def create(tenant: str, form: "NewResource", *, key: str | None, now: datetime) -> Resource:
    """A new resource; the same ``key`` with the same request gives the same one. Raises KeyReused."""
    shop = tenants.current(tenant, now=now)
    resource_id = ids.derived(tenant, "resource", key) if key else ids.new()
    resource = Resource(
        *keys.resource(tenant, resource_id),
        id=resource_id,
        created_at=now,
        fingerprint=ids.fingerprint(form.model_dump_json()),
    )
    _apply(form, resource, shop)
    return writes.create(resource)


def change(tenant: str, resource_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Resource:
    """Apply the fields that ``changes`` sets. Raises NotHere, Stale, Busy."""
    shop = tenants.current(tenant, now=now)

    def alter(resource: Resource) -> None:
        _apply(changes, resource, shop)

    return writes.edited(lambda: get(tenant, resource_id, now=now), alter, seen=seen, now=now)


def delete(slug: str, resource_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, Busy, and ResourceInUse while it has bookings today or later.

    Bookings under way must not be missed. So it becomes inactive, the days that a booking may take get a new version,
    and the agenda is looked at again. A deletion that stops halfway leaves it inactive.
    """
    tenant = tenants.current(slug, now=now)
    resource = get(slug, resource_id, now=now)
    writes.check_version(resource, seen)
    _check_unused(tenant, resource, now)
    was_active = bool(resource.is_active)
    _set_active(resource, to=False, now=now)
    agenda.renew(slug, resource_id, _bookable_days(tenant, now))
    try:
        _check_unused(tenant, resource, now)
    except ResourceInUse:
        _set_active(resource, to=was_active, now=now)
        raise
    writes.delete(resource)


def _set_active(resource: Resource, *, to: bool, now: datetime) -> None:
    """Raises Stale."""
    if resource.is_active != to:
        resource.is_active, resource.updated_at = to, now
        with writes.refusing(writes.stale_error(resource)), writes.transaction() as tx:
            tx.save(resource)


def _bookable_days(tenant: Tenant, now: datetime) -> list[date]:
    """The local days that a booking within some service's window may touch, buffers and nights included."""
    services: list[Service] = reads.everything(*keys.service(tenant.slug, ""))
    today = local_time.local_day(local_time.minute(now), tenants.zone(tenant))
    ahead = max((int(service.advance_booking_days) for service in services), default=0)
    return [today + timedelta(days=number) for number in range(-1, ahead + 3)]


def _check_unused(tenant: Tenant, resource: Resource, now: datetime) -> None:
    """Raises ResourceInUse."""
    if day := _booked_from(tenant, resource.id, now):
        raise ResourceInUse(name=resource.name, day=day)


def _booked_from(tenant: Tenant, resource_id: str, now: datetime) -> str | None:
    """The first local day from today on that has a booking of the resource; blocks are none."""
    today = local_time.local_day(local_time.minute(now), tenants.zone(tenant)).isoformat()
    days: list[AgendaDay] = reads.span(keys.agenda_partition(tenant.slug, resource_id), today, "9999", consistent=True)
    return next((day.sk for day in days if agenda_rules.appointments_of(agenda.booked([day], now))), None)


def _apply(form: "Request", resource: Resource, tenant: Tenant) -> None:
    """Set the fields that the request sets, in their stored form.

    A change of some weekdays leaves the others: those of its own hours, or of the tenant's while it has none.
    """
    fields = form.fields()
    if "business_hours" in fields:
        from mostrador.tenancy.views import opening_hours  # noqa: PLC0415 - with pydantic, and only changes of resources need it

        own = fields.pop("business_hours")
        if own is None:
            fields["hours"] = None
        elif own:
            before = resource.hours if resource.hours is not None else tenant.hours
            fields["hours"] = opening_hours.stored(own, before if form.is_partial else None)
    for name, value in fields.items():
        setattr(resource, name, value)
