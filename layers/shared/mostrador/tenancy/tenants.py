"""Tenants: the businesses, each isolated from every other."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from mostrador import context, ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.process_cache import ProcessCache
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import deposits
from mostrador.values.next_actions import NextAction
from mostrador.values.phones import normalised
from mostrador.values.text import is_part

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.tenancy.views.tenants import NewTenant

DEFAULT: Final = "default"
_APART: Final = frozenset({"slug", "country", "time_zone", "admin_email"})
"""Fields of a request that ``_stored`` leaves out: they are set otherwise, or not stored."""
_KNOWN_FOR: Final = timedelta(seconds=60)
_known: Final = ProcessCache[str, Tenant](size=1000)


class SlugTaken(Conflict):
    code = "slug_taken"
    en = "there is a tenant {slug} already"
    es = "ya existe un negocio {slug}"
    next_action = NextAction.CHOOSE_ANOTHER_NAME


class DefaultStays(Invalid):
    code = "default_tenant_stays"
    en = "the tenant {slug} always exists and cannot be suspended"
    es = "el negocio {slug} existe siempre y no se puede suspender"


def zone(tenant: Tenant) -> ZoneInfo:
    """The zone that decides the tenant's local days and opening hours; only ``relocate`` changes it."""
    return ZoneInfo(tenant.time_zone)


def known_zone(slug: str | None) -> ZoneInfo | None:
    """The zone of a tenant that this process has read; None of any other, because nothing is read here."""
    tenant = _known.get(slug) if slug else None
    return zone(tenant) if tenant else None


def current(slug: str, *, now: datetime, within: timedelta = _KNOWN_FOR) -> Tenant:
    """The active tenant, at most ``within`` old. Raises NotHere where it is unknown or suspended, alike for both."""
    tenant = _known.get(slug, now=now, max_age=within)
    if tenant is None:
        tenant = find(slug, now=now)
        remember(tenant, now)
    return active(tenant, slug)


def active(tenant: Tenant | None, slug: str) -> Tenant:
    """``tenant`` if it exists and is not suspended. Raises NotHere."""
    if tenant is None or not tenant.is_active:
        raise NotHere(entity="tenant", id=slug)
    return tenant


def remember(tenant: Tenant, now: datetime) -> None:
    """Keep the tenant as it is at ``now`` for the next calls of ``current`` in this process."""
    _known.put(tenant.slug, tenant, now=now)


def find(slug: str, *, now: datetime) -> Tenant:
    """The tenant, active or not. The ``default`` one is created when it is missing. Raises NotHere."""
    tenant = reads.get_item(keys.tenant(slug))
    if tenant is None and slug == DEFAULT:
        return _create_default(now)
    if not isinstance(tenant, Tenant):
        raise NotHere(entity="tenant", id=slug)
    return tenant


def _create_default(now: datetime) -> Tenant:
    from mostrador.tenancy.views.tenants import NewTenant  # noqa: PLC0415 - most functions create no tenant

    try:
        return create(NewTenant(slug=DEFAULT, name="Mostrador"), now=now)
    except SlugTaken:
        return find(DEFAULT, now=now)


def draft(wanted: "NewTenant", *, key: str | None, now: datetime) -> tuple[Tenant, Resource]:
    """A tenant and its first resource, not written yet; ``key`` is the Idempotency-Key. Raises BadPhone."""
    tenant = Tenant(
        *keys.tenant(wanted.slug),
        gsi1pk=keys.TENANTS,
        gsi1sk=wanted.slug,
        slug=wanted.slug,
        country=wanted.country,
        time_zone=wanted.time_zone,
        is_active=True,
        created_at=now,
        fingerprint=ids.fingerprint(f"{key} {wanted.model_dump_json()}"),
        **_stored(wanted, wanted.country),
    )
    resource_id = ids.new()
    first = Resource(
        *keys.resource(wanted.slug, resource_id), id=resource_id, name=wanted.name, is_active=True, created_at=now
    )
    return tenant, first


def create(wanted: "NewTenant", *, now: datetime) -> Tenant:
    """A tenant with its first resource and without members, in one transaction. Raises SlugTaken."""
    tenant, first = draft(wanted, key=None, now=now)
    with writes.refusing(slug_taken_error(wanted.slug)), writes.transaction() as tx:
        tx.save(tenant)
        tx.save(first)
    return tenant


def slug_taken_error(slug: str) -> SlugTaken:
    """The refusal of a slug that another tenant has."""
    return SlugTaken(field="body.slug", value=slug, slug=slug)


def listing(*, size: int, cursor: str | None, q: str | None = None, now: datetime) -> reads.Page:
    """Tenants in the order of their slugs, for superusers; ``q`` is a part of slug, name or e-mail."""
    if cursor is None:
        with context.working(DEFAULT):
            find(DEFAULT, now=now)
    return reads.page(
        keys.TENANTS,
        tenant="",
        query=("tenants", *([q] if q else ())),
        size=size,
        cursor=cursor,
        index="gsi1",
        matches=(lambda tenant: is_part(q, tenant.slug, tenant.name, tenant.contact_email)) if q else None,
    )


def change(slug: str, changes: "Request", *, seen: int | None, now: datetime) -> Tenant:
    """Apply the fields that ``changes`` sets; ``seen`` is the version of If-Match.

    Raises NotHere, Stale, DepositsDependOnIt (the transfer details), BadPhone.
    """
    removes_details = False

    def alter(tenant: Tenant) -> None:
        nonlocal removes_details
        had_details = bool(tenant.transfer_details)
        for name, value in _stored(changes, tenant.country, tenant.hours).items():
            setattr(tenant, name, value)
        removes_details = had_details and not tenant.transfer_details

    def check(tx: Transaction, _tenant: Tenant) -> None:
        if removes_details:
            deposits.check_without_transfer(tx, slug)

    return _edited(slug, alter, also=check, seen=seen, now=now)


def relocate(slug: str, *, time_zone: str | None, country: str | None, now: datetime) -> Tenant:
    """Set the zone and the country; None leaves one as it is. What depends on them does not follow here.

    Raises NotHere.
    """
    tenant = find(slug, now=now)
    if (time_zone, country) in ((None, None), (tenant.time_zone, tenant.country)):
        return tenant

    def alter(tenant: Tenant) -> None:
        tenant.time_zone, tenant.country = time_zone or tenant.time_zone, country or tenant.country

    return _edited(slug, alter, seen=None, now=now)


def suspend(slug: str, *, now: datetime) -> Tenant:
    """All routes of the tenant answer 404 within a minute, and its background work stops.

    Raises NotHere, DefaultStays.
    """
    if slug == DEFAULT:
        raise DefaultStays(slug=slug)
    return _edited(slug, lambda tenant: setattr(tenant, "is_active", False), seen=None, now=now)


def resume(slug: str, *, now: datetime) -> Tenant:
    """End the suspension; the tenant is as it was. Raises NotHere."""
    return _edited(slug, lambda tenant: setattr(tenant, "is_active", True), seen=None, now=now)


def _edited(
    slug: str, alter: Callable[[Tenant], None], *, also: writes.Also = writes.nothing, seen: int | None, now: datetime
) -> Tenant:
    changed = writes.edited(lambda: find(slug, now=now), alter, also=also, seen=seen, now=now)
    remember(changed, now)
    return changed


def _stored(wanted: "Request", country: str, hours: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The attributes that the request sets, as the item keeps them; ``hours`` are those before. Raises BadPhone."""
    kept = {name: value for name, value in wanted.fields().items() if name not in _APART}
    if "business_hours" in kept:
        from mostrador.tenancy.views import opening_hours  # noqa: PLC0415 - with pydantic, which most functions do without

        kept["hours"] = opening_hours.stored(kept.pop("business_hours"), hours)
    if kept.get("transfer_details"):
        kept["transfer_details"] = {"document": None} | kept["transfer_details"]
    if kept.get("contact_phone"):
        kept["contact_phone"] = normalised(kept["contact_phone"], country, field="body.contact_phone")
    return kept
