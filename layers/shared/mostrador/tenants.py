"""Tenants: the businesses, each shut off from every other."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.rules.phones import normalised
from mostrador.table import items, keys, reads, writes
from mostrador.views import hours
from mostrador.views.common import Request

if TYPE_CHECKING:
    from mostrador.views.tenants import NewTenant

DEFAULT: Final = "default"
_KNOWN_FOR: Final = timedelta(seconds=60)
_known: dict[str, tuple[datetime, items.Tenant]] = {}


class SlugTaken(Conflict):
    code = "slug_taken"
    en = "there is a tenant {slug} already"
    es = "ya existe un negocio {slug}"


class DefaultStays(Invalid):
    code = "default_tenant_stays"
    en = "the tenant {slug} always exists and cannot be suspended"
    es = "el negocio {slug} existe siempre y no se puede suspender"


def zone(tenant: items.Tenant) -> ZoneInfo:
    """The zone that decides the tenant's local days and opening hours; fixed when the tenant is created."""
    return ZoneInfo(tenant.time_zone)


def zone_of(appointment: items.Appointment) -> ZoneInfo:
    """The zone of the appointment's tenant, which the appointment carries."""
    return ZoneInfo(appointment.time_zone)


def current(slug: str, *, now: datetime, within: timedelta = _KNOWN_FOR) -> items.Tenant:
    """The active tenant, at most ``within`` old; NotHere when it is unknown or suspended, without telling which."""
    seen, tenant = _known.get(slug, (None, None))
    if seen is None or tenant is None or now - seen > within:
        tenant = find(slug, now=now)
        remember(tenant, now)
    return active(tenant, slug)


def active(tenant: items.Tenant | None, slug: str) -> items.Tenant:
    """``tenant`` if it is there and not suspended; NotHere otherwise."""
    if tenant is None or not tenant.is_active:
        raise NotHere(entity="tenant", id=slug)
    return tenant


def remember(tenant: items.Tenant, now: datetime) -> None:
    _known[tenant.slug] = now, tenant


def forget() -> None:
    """Drop what this process knows of tenants; the next call reads again."""
    _known.clear()


def find(slug: str, *, now: datetime) -> items.Tenant:
    """The tenant, active or not. The ``default`` one is made when it is missing."""
    found = reads.one(keys.tenant(slug))
    if found is None and slug == DEFAULT:
        return _make_default(now)
    if not isinstance(found, items.Tenant):
        raise NotHere(entity="tenant", id=slug)
    return found


def _make_default(now: datetime) -> items.Tenant:
    from mostrador.views.tenants import NewTenant  # noqa: PLC0415 - most functions make no tenant

    try:
        return create(NewTenant(slug=DEFAULT, name="Mostrador"), now=now)
    except SlugTaken:
        return find(DEFAULT, now=now)


def create(wanted: "NewTenant", *, now: datetime, key: str | None = None) -> items.Tenant:
    """A tenant with its first resource, in one transaction; a repeat under ``key`` gives it again. Raises SlugTaken."""
    pk, sk = keys.tenant(wanted.slug)
    tenant = items.Tenant(
        pk,
        sk,
        gsi1pk=keys.TENANTS,
        gsi1sk=wanted.slug,
        slug=wanted.slug,
        country=wanted.country,
        time_zone=wanted.time_zone,
        created_at=now,
        fingerprint=ids.fingerprint(f"{key} {wanted.model_dump_json()}"),
        **_stored(wanted, wanted.country),
    )
    resource_id = ids.new()
    first = items.Resource(
        *keys.resource(wanted.slug, resource_id), id=resource_id, name=wanted.name, is_active=True, created_at=now
    )
    try:
        with writes.transaction() as tx:
            tx.save(tenant)
            tx.save(first)
    except writes.Refused as error:
        earlier = reads.one((pk, sk))
        if key and earlier is not None and earlier.fingerprint == tenant.fingerprint:
            return active(earlier, wanted.slug)
        raise SlugTaken(field="body.slug", value=wanted.slug, slug=wanted.slug) from error
    return tenant


def listing(*, size: int, cursor: str | None, now: datetime) -> reads.Page:
    """Tenants in the order of their slugs, for superusers."""
    if cursor is None:
        find(DEFAULT, now=now)
    return reads.page(keys.TENANTS, tenant="", query=("tenants",), size=size, cursor=cursor, index="gsi1")


def change(slug: str, changes: Request, *, seen: int | None, now: datetime) -> items.Tenant:
    """Apply the fields that ``changes`` sets; ``seen`` is the version of If-Match. Raises NotHere, Stale."""

    def alter(tenant: items.Tenant) -> None:
        fields = _stored(changes, tenant.country)
        if slug == DEFAULT and fields.get("is_active") is False:
            raise DefaultStays(field="body.is_active", value=False, slug=slug)
        for name, value in fields.items():
            setattr(tenant, name, value)

    changed = writes.edited(lambda: find(slug, now=now), alter, seen=seen, now=now)
    remember(changed, now)
    return changed


def _stored(wanted: Request, country: str) -> dict[str, Any]:
    """What the request sets, as the item keeps it."""
    kept = {name: value for name, value in wanted.fields().items() if name not in ("slug", "country", "time_zone")}
    if "business_hours" in kept:
        kept["hours"] = hours.stored(kept.pop("business_hours"))
    if kept.get("contact_phone"):
        kept["contact_phone"] = normalised(kept["contact_phone"], country, field="body.contact_phone")
    return kept
