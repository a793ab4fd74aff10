"""Resources: who or what gives a service, each with an agenda of its own."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mostrador import ids
from mostrador.errors import Conflict, NotHere
from mostrador.scheduling import agenda
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Resource
from mostrador.tenancy import tenants
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.scheduling.views.services import NewResource


class ResourceInUse(Conflict):
    code = "resource_in_use"
    en = "{name} has bookings from {day} on; move or cancel them first, or make it inactive"
    es = "{name} tiene turnos desde el {day}; muévalos o cancélelos antes, o desactívelo"


def get(tenant: str, resource_id: str, *, now: datetime) -> Resource:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.resource(tenant, resource_id))
    if not isinstance(found, Resource):
        raise NotHere(entity="resource", id=resource_id)
    return found


def listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Resources by id: as they were made, but for those made under an Idempotency-Key."""
    tenants.current(tenant, now=now)
    pk, prefix = keys.resource(tenant, "")
    return reads.page(pk, tenant=tenant, query=("resources",), size=size, cursor=cursor, between=(prefix, prefix + "~"))


def create(tenant: str, wanted: "NewResource", *, key: str | None, now: datetime) -> Resource:
    """A new resource; the same ``key`` with the same request gives the same one. Raises KeyReused."""
    tenants.current(tenant, now=now)
    resource_id = ids.derived(tenant, "resource", key) if key else ids.new()
    made = Resource(
        *keys.resource(tenant, resource_id),
        id=resource_id,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.model_dump_json()),
        **_stored(wanted),
    )
    return writes.create(made)


def change(tenant: str, resource_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Resource:
    """Apply the fields that ``changes`` sets. Raises NotHere, Stale."""

    def alter(resource: Resource) -> None:
        for name, value in _stored(changes).items():
            setattr(resource, name, value)

    return writes.edited(lambda: get(tenant, resource_id, now=now), alter, seen=seen, now=now)


def delete(tenant: str, resource_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, and ResourceInUse while something is booked today or later."""
    shop = tenants.current(tenant, now=now)
    resource = get(tenant, resource_id, now=now)
    writes.check_version(resource, seen)
    today = local_time.local_day(local_time.minute(now), tenants.zone(shop)).isoformat()
    days = reads.span(keys.agenda_partition(tenant, resource_id), today, "9999", consistent=True)
    booked = next((day for day in days if agenda.booked([day], now)), None)
    if booked:
        raise ResourceInUse(name=resource.name, day=booked.sk)
    writes.delete(resource)


def _stored(wanted: "Request") -> dict[str, Any]:
    fields = wanted.fields()
    if "business_hours" in fields:
        from mostrador.tenancy.views import opening_hours  # noqa: PLC0415 - with pydantic, and only who changes resources needs it

        own = fields.pop("business_hours")
        fields["hours"] = opening_hours.stored(own) if own else None
    return fields
