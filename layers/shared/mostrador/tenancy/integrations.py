"""Integrations: the connections of a tenant to other systems, and the credentials for them.

Credentials go in and are never shown. They are encrypted under KMS, bound to tenant and system, so a copy in another
item cannot be decrypted. New ones take over at once; those before them hold for a day, for calls that are under way.
"""

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from mostrador import context
from mostrador.clients import kms
from mostrador.errors import NotHere, Stale
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache
from mostrador.table import keys, reads, writes
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants
from mostrador.tenancy.rules.integration_states import IntegrationState, IntegrationType

KEPT: Final = timedelta(hours=24)
"""How long the credentials before the present ones hold."""
Settings = dict[str, Any]
"""The part of a connection that is shown; each system has its own shape."""
_secrets: Final = ProcessCache[str, str](size=200)


def find(tenant: str, kind: IntegrationType, resource_id: str | None = None) -> Integration | None:
    """The connection as it is stored; None where there is none."""
    connection = reads.get_item(keys.integration(tenant, kind.value, resource_id))
    return connection if isinstance(connection, Integration) else None


def get(tenant: str, kind: IntegrationType, resource_id: str | None = None, *, now: datetime) -> Integration:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    connection = find(tenant, kind, resource_id)
    if connection is None:
        raise NotHere(entity="integration", id=kind.value)
    return connection


def listing(tenant: str, *, now: datetime) -> list[Integration]:
    """All connections of the tenant and its resources."""
    tenants.current(tenant, now=now)
    return reads.everything(keys.tenant(tenant)[0], keys.INTEGRATION_PREFIX)


def put(
    tenant: str,
    kind: IntegrationType,
    *,
    settings: Settings,
    secret: str | None,
    resource_id: str | None = None,
    seen: int | None = None,
    actor_name: str,
    now: datetime,
) -> Integration:
    """Connect, or change a connection; the same again changes nothing. Raises NotHere, Stale, Busy, SecretsUnavailable.

    Where ``secret`` differs from the present one, the present one holds for KEPT. Without a ``secret`` it stays.
    """
    tenants.current(tenant, now=now)

    def decide(stored: Integration | None) -> Integration:
        _check_seen(stored, seen)
        present = secrets(stored, now=now)[0] if stored and stored.sealed else None
        is_same = stored is not None and (stored.settings, stored.status) == (settings, IntegrationState.ACTIVE)
        if stored is not None and is_same and secret in (None, present):
            return stored
        item = stored or _new(tenant, kind, resource_id, now)
        if secret is not None and secret != present:
            _rotate(item, secret, now)
        item.settings, item.status, item.reason = settings, IntegrationState.ACTIVE.value, None
        item.changed_by, item.updated_at = actor_name, now if stored else None
        with writes.transaction() as tx:
            tx.save(item)
        logger.info("integration.connected", tenant=tenant, kind=kind.value)
        return item

    return writes.retrying(lambda _attempt: find(tenant, kind, resource_id), decide)


def _check_seen(stored: Integration | None, seen: int | None) -> None:
    """Raise Stale unless the caller's copy (If-Match) is the stored version; nothing stored is version 0."""
    if stored is not None:
        writes.check_version(stored, seen)
        return
    if seen is not None:
        raise Stale(given=seen, current=0)
    context.compare_copy(None)


def _rotate(item: Integration, secret: str, now: datetime) -> None:
    """Encrypt new credentials; those before them hold for KEPT."""
    item.previous, item.previous_until = item.sealed, now + KEPT if item.sealed else None
    item.sealed, item.sealed_at = kms.encrypt(secret, _bound_to(item)), now


def remove(
    tenant: str,
    kind: IntegrationType,
    resource_id: str | None = None,
    *,
    also: writes.Also = writes.nothing,
    seen: int | None,
    now: datetime,
) -> None:
    """Delete a connection and its credentials. Raises NotHere, Stale, Busy."""

    def decide(item: Integration) -> None:
        writes.check_version(item, seen)
        with writes.transaction() as tx:
            tx.delete(item)
            also(tx, item)

    writes.retrying(lambda _attempt: get(tenant, kind, resource_id, now=now), decide)


def mark_broken(item: Integration, reason: str, *, now: datetime) -> None:
    """Record that the other system refuses the credentials, for an admin to see. Again changes nothing.

    A connection that is REMOVING stays so, with the reason.
    """
    is_leaving, reason = item.status == IntegrationState.REMOVING, reason[:200]
    if item.status == IntegrationState.BROKEN or (is_leaving and item.reason):
        return
    item.status = item.status if is_leaving else IntegrationState.BROKEN.value
    item.reason, item.updated_at = reason, now
    try:
        with writes.transaction() as tx:
            tx.save(item)
    except writes.ConditionFailed:  # somebody connects it anew at this moment
        return
    logger.error("integration broken", tenant=keys.tenant_of(item.pk), kind=item.kind, reason=reason)


def mark_mended(item: Integration, *, now: datetime) -> None:
    """Record that the other system accepts the credentials again."""
    if item.status == IntegrationState.ACTIVE:
        return
    item.status, item.reason, item.updated_at = IntegrationState.ACTIVE.value, None, now
    with suppress(writes.ConditionFailed), writes.transaction() as tx:
        tx.save(item)


def secrets(item: Integration, *, now: datetime) -> list[str]:
    """The credentials that hold, the newest first. Raises SecretsUnavailable."""
    previous = item.previous if item.previous_until and now < item.previous_until else None
    return [_secret(item, sealed) for sealed in (item.sealed, previous) if sealed]


def _secret(item: Integration, sealed: str) -> str:
    """The decrypted text, kept by the process: each call of KMS costs some milliseconds and money."""
    name = hashlib.sha256(f"{item.pk}{item.sk}{sealed}".encode()).hexdigest()
    return _secrets.get_or_make(name, lambda: kms.decrypt(sealed, _bound_to(item)))


def _new(tenant: str, kind: IntegrationType, resource_id: str | None, now: datetime) -> Integration:
    pk, sk = keys.integration(tenant, kind.value, resource_id)
    return Integration(pk, sk, kind=kind.value, resource_id=resource_id, created_at=now)


def _bound_to(item: Integration) -> dict[str, str]:
    return {"tenant": keys.tenant_of(item.pk), "integration": item.sk.removeprefix(keys.INTEGRATION_PREFIX)}
