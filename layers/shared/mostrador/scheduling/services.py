"""Services: their duration, price, limits and resources."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.scheduling.rules import agenda
from mostrador.table import keys, reads, repeats, writes
from mostrador.table.items.scheduling import AgendaDay, Resource, Service
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import deposits, tenants
from mostrador.values import local_time, money
from mostrador.values.next_actions import NextAction
from mostrador.values.text import is_part

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.scheduling.views.services import NewService, ServiceListing

MOST_WITH_WEEKLY_LIMIT: Final = 12
_OF_DEPOSITS: Final = frozenset({"deposit_percent", "currency", "price", "is_active"})
"""The fields that decide whether a service asks for a deposit, and in which currency."""


class TooManyResources(Invalid):
    code = "too_many_resources"
    en = "a service with a weekly limit may have {most} resources, not {value}"
    es = "un servicio con límite semanal admite {most} profesionales o recursos, no {value}"


class SameResource(Invalid):
    code = "same_resource"
    en = "a service of two resources at once needs two different ones, and both groups have only {value}"
    es = "un servicio con dos recursos a la vez necesita dos distintos, y ambos grupos tienen solo {value}"


class NoResource(Conflict):
    code = "no_resource"
    en = "the tenant has no resource that could give the service"
    es = "el negocio no tiene ningún profesional o recurso que pueda dar el servicio"
    next_action = NextAction.CREATE_RESOURCE


def get(tenant: str, service_id: str, *, now: datetime) -> Service:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    found = reads.get_item(keys.service(tenant, service_id))
    if not isinstance(found, Service):
        raise NotHere(entity="service", id=service_id)
    return found


def listing(tenant: str, query: "ServiceListing", *, now: datetime) -> reads.Page:
    """Services by id, which is mostly the order of creation, or those with certain ids. Raises BadCursor."""
    tenants.current(tenant, now=now)
    if query.ids is not None:
        return reads.listed(keys.service(tenant, service_id) for service_id in query.ids)
    pk, prefix = keys.service(tenant, "")
    keep = None if query.is_active is None else Service.is_active == query.is_active
    return reads.page(
        pk,
        tenant=tenant,
        query=("services", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        between=(prefix, prefix + "~"),
        keep=keep,
        matches=(lambda service: is_part(q, service.name, service.description)) if (q := query.q) else None,
    )


def create(slug: str, form: "NewService", *, key: str | None, now: datetime) -> Service:
    """A new service; the same ``key`` with the same request gives the same one.

    Raises KeyReused, NotHere (resource), NoResource, TooManyResources, SameResource, BadAmount, DepositNotPayable.
    """
    tenant = tenants.current(slug, now=now)
    service_id = ids.derived(slug, "service", key) if key else ids.new()
    own, fingerprint = keys.service(slug, service_id), ids.fingerprint(form.as_sent())
    earlier: Service | None = repeats.earlier(own, key, fingerprint)
    if earlier is not None:
        return earlier
    service = Service(*own, id=service_id, created_at=now, fingerprint=fingerprint)
    _apply(tenant, form, service, before=None)
    return writes.create(service, lambda tx, saved: deposits.rely(tx, slug, saved))


def change(slug: str, service_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Service:
    """Apply the fields that ``changes`` sets; booked appointments stay as agreed.

    Raises NotHere, Stale, NoResource, TooManyResources, SameResource, BadAmount, DepositNotPayable, Busy.
    """
    tenant = tenants.current(slug, now=now)

    def alter(service: Service) -> None:
        before = list(service.resource_ids)
        _apply(tenant, changes, service, before=service)
        if before != service.resource_ids:
            service.former_resource_ids = _former(tenant, service, before, now) or None
        _check_counted(service)

    def rely(tx: Transaction, service: Service) -> None:
        if changes.fields().keys() & _OF_DEPOSITS:
            deposits.rely(tx, slug, service)

    return writes.edited(lambda: get(slug, service_id, now=now), alter, also=rely, seen=seen, now=now)


def _former(tenant: Tenant, service: Service, before: Sequence[str], now: datetime) -> list[str]:
    """The resources taken out of the first group that may have bookings to come: its limits still count them.

    Those of ``before`` stay without a look, for a booking may be on its way; the others while their agenda has one.
    """
    today = local_time.local_day(local_time.minute(now), tenants.zone(tenant))
    since = (today - timedelta(days=7)).isoformat()  # a weekly limit counts from Monday

    def is_booked(resource_id: str) -> bool:
        partition = keys.agenda_partition(tenant.slug, resource_id)
        days: list[AgendaDay] = reads.span(partition, since, "9999", consistent=True)
        lines = agenda.live((line for day in days for line in day.bookings()), int(now.timestamp()))
        return any(line.service == agenda.tag(service.id) for line in lines)

    earlier = [one for one in service.former_resource_ids or [] if one not in before and is_booked(one)]
    return [one for one in [*before, *earlier] if one not in service.resource_ids]


def _check_counted(service: Service) -> None:
    """Raise TooManyResources where a weekly limit counts too many, those taken out included."""
    count = len({*service.resource_ids, *(service.former_resource_ids or [])})
    if service.max_bookings_per_week is not None and count > MOST_WITH_WEEKLY_LIMIT:
        raise TooManyResources(field="body.resource_ids", value=count, most=MOST_WITH_WEEKLY_LIMIT)


def delete(tenant: str, service_id: str, *, seen: int | None, now: datetime) -> None:
    """Delete a service; booked appointments keep its name, time and price. Raises NotHere, Stale."""
    service = get(tenant, service_id, now=now)
    writes.check_version(service, seen)
    writes.delete(service)


def _apply(tenant: Tenant, form: "Request", service: Service, *, before: Service | None) -> None:
    for name, value in _stored_fields(tenant, form, before).items():
        setattr(service, name, value)


def _stored_fields(tenant: Tenant, form: "Request", before: Service | None) -> dict[str, object]:
    """The fields that the request sets, in their stored form."""
    fields: dict[str, object] = form.fields()
    fields |= _price_and_currency(tenant, fields, before)
    if "resource_ids" in fields:
        known = before.resource_ids if before else []
        fields["resource_ids"] = _resources(tenant.slug, _ids(fields, "resource_ids"), known)
    if fields.get("second_resource_ids"):
        known = before.second_resource_ids if before else []
        fields["second_resource_ids"] = _resources(tenant.slug, _ids(fields, "second_resource_ids"), known)
    _check_limits(fields, before)
    _check_groups(fields, before)
    if isinstance(until := fields.get("bookable_until"), date):
        fields["bookable_until"] = until.isoformat()
    return fields


def _price_and_currency(tenant: Tenant, fields: Mapping[str, object], before: Service | None) -> dict[str, object]:
    """Both, where either is set: an amount has its currency's digits. Raises BadAmount."""
    if not fields.keys() & {"price", "currency"}:
        return {}
    former = tenant.currency if before is None or "currency" in fields else before.currency
    currency = str(fields.get("currency") or former)
    price = fields.get("price") or (before.price if before else "")
    return {"currency": currency, "price": money.amount(str(price), currency)}


def _ids(fields: Mapping[str, object], name: str) -> list[str]:
    stored = fields.get(name)
    return [str(resource_id) for resource_id in stored] if isinstance(stored, list) else []


def _check_limits(fields: Mapping[str, object], before: Service | None) -> None:
    """Raise TooManyResources: a booking under a weekly limit checks every day of the week of each resource."""
    limit = fields.get("max_bookings_per_week", before.max_bookings_per_week if before else None)
    count = len(_ids(fields, "resource_ids") if "resource_ids" in fields or before is None else before.resource_ids)
    if limit is not None and count > MOST_WITH_WEEKLY_LIMIT:
        raise TooManyResources(field="body.resource_ids", value=count, most=MOST_WITH_WEEKLY_LIMIT)


def _check_groups(fields: Mapping[str, object], before: Service | None) -> None:
    """Raise SameResource where no two different resources can be together."""
    main_ids, second_ids = (
        _ids(fields, name) if name in fields or before is None else list(getattr(before, name))
        for name in ("resource_ids", "second_resource_ids")
    )
    is_changed = fields.keys() & {"resource_ids", "second_resource_ids"}
    if is_changed and second_ids and len({*main_ids, *second_ids}) == 1:
        raise SameResource(field="body.second_resource_ids", value=second_ids[0])


def _resources(tenant: str, wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """The ids, each once, all of this tenant; its oldest resource where none is named.

    An id that the service has already (``known``) may be of a deleted resource. Raises NotHere, NoResource.
    """
    if not wanted:
        every: list[Resource] = reads.everything(*keys.resource(tenant, ""))
        if not every:
            raise NoResource
        return [min(every, key=lambda resource: resource.created_at).id]
    stored = reads.batch(keys.resource(tenant, resource_id) for resource_id in wanted)
    unknown = (resource_id for resource_id in wanted if resource_id not in known)
    missing = next((resource_id for resource_id in unknown if keys.resource(tenant, resource_id) not in stored), None)
    if missing:
        raise NotHere(entity="resource", id=missing)
    return list(dict.fromkeys(wanted))
