"""Services: what can be booked, for how long and at what price."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import money

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.scheduling.views.services import NewService

MOST_WITH_WEEKLY_LIMIT: Final = 12


class TooManyResources(Invalid):
    code = "too_many_resources"
    en = "a service with a weekly limit may have {most} resources, not {value}"
    es = "un servicio con límite semanal admite {most} profesionales o recursos, no {value}"


class NoResource(Conflict):
    code = "no_resource"
    en = "the tenant has no resource that could give the service"
    es = "el negocio no tiene ningún profesional o recurso que pueda dar el servicio"


def get(tenant: str, service_id: str, *, now: datetime) -> Service:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.one(keys.service(tenant, service_id))
    if not isinstance(found, Service):
        raise NotHere(entity="service", id=service_id)
    return found


def listing(tenant: str, *, is_active: bool | None, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Services, all or only those with this ``is_active``, by id: as they were made, but for those made under a key."""
    tenants.current(tenant, now=now)
    pk, prefix = keys.service(tenant, "")
    keep = None if is_active is None else Service.is_active == is_active
    return reads.page(
        pk,
        tenant=tenant,
        query=("services", is_active),
        size=size,
        cursor=cursor,
        between=(prefix, prefix + "~"),
        keep=keep,
    )


def create(tenant: str, wanted: "NewService", *, key: str | None, now: datetime) -> Service:
    """A new service; the same ``key`` with the same request gives the same one. Raises KeyReused, NotHere."""
    shop = tenants.current(tenant, now=now)
    service_id = ids.derived(tenant, "service", key) if key else ids.new()
    made = Service(
        *keys.service(tenant, service_id),
        id=service_id,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.as_sent()),
        **_stored(shop, wanted),
    )
    return writes.create(made)


def change(tenant: str, service_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Service:
    """Apply the fields that ``changes`` sets; what is booked keeps its terms. Raises NotHere, Stale."""
    shop = tenants.current(tenant, now=now)

    def alter(service: Service) -> None:
        for name, value in _stored(shop, changes, service).items():
            setattr(service, name, value)

    return writes.edited(lambda: get(tenant, service_id, now=now), alter, seen=seen, now=now)


def delete(tenant: str, service_id: str, *, seen: int | None, now: datetime) -> None:
    """What is booked keeps the service's name, time and price. Raises NotHere, Stale."""
    service = get(tenant, service_id, now=now)
    writes.check_version(service, seen)
    writes.delete(service)


def _stored(shop: Tenant, wanted: "Request", before: Service | None = None) -> dict[str, Any]:
    """What the request sets, as the item keeps it; price and currency must go together."""
    fields = wanted.fields()
    if "currency" in fields and fields["currency"] is None:
        fields["currency"] = shop.currency
    if "price" in fields or "currency" in fields:
        currency = fields.get("currency") or (before.currency if before else shop.currency)
        price = fields.get("price") or str(before.price if before else "")
        fields |= {"currency": currency, "price": money.amount(price, currency)}
    if "resource_ids" in fields:
        fields["resource_ids"] = _resources(shop.slug, fields["resource_ids"], before.resource_ids if before else [])
    if fields.get("second_resource_ids"):
        known = before.second_resource_ids if before else []
        fields["second_resource_ids"] = _resources(shop.slug, fields["second_resource_ids"], known)
    _check_limits(fields, before)
    if fields.get("bookable_until"):
        fields["bookable_until"] = fields["bookable_until"].isoformat()
    return fields


def _check_limits(fields: dict[str, Any], before: Service | None) -> None:
    """Raise TooManyResources: a weekly limit is held by checking every day of the week of each resource."""
    known = {"max_bookings_per_week": None, "resource_ids": []} if before is None else before.attribute_values
    merged = known | fields
    if merged.get("max_bookings_per_week") is not None and len(merged["resource_ids"]) > MOST_WITH_WEEKLY_LIMIT:
        count = len(merged["resource_ids"])
        raise TooManyResources(field="body.resource_ids", value=count, most=MOST_WITH_WEEKLY_LIMIT)


def _resources(tenant: str, wanted: list[str], known: list[str]) -> list[str]:
    """The ids, each once, all of this tenant; the first resource where none is named. Raises NotHere, NoResource.

    What the service named before (``known``) may be gone by now.
    """
    if not wanted:
        every = reads.everything(*keys.resource(tenant, ""))
        if not every:
            raise NoResource
        return [min(every, key=lambda resource: resource.created_at).id]
    found = reads.batch(keys.resource(tenant, resource_id) for resource_id in wanted)
    missing = next((one for one in wanted if one not in known and keys.resource(tenant, one) not in found), None)
    if missing:
        raise NotHere(entity="resource", id=missing)
    return list(dict.fromkeys(wanted))
