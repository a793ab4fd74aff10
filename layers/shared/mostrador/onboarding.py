"""Onboarding: a business begins with its settings and hours, one resource and one admin, all in one transaction."""

from datetime import datetime

from mostrador import members, tenants
from mostrador.clients import cognito
from mostrador.observability import logger
from mostrador.rules.membership import MemberStatus
from mostrador.rules.permissions import Role
from mostrador.table import items, reads, writes
from mostrador.views.tenants import Onboarding


def create(wanted: Onboarding, *, key: str | None, now: datetime) -> items.Tenant:
    """The new tenant; a repeat under the Idempotency-Key ``key`` gives it again, and mails the first admin again.

    Raises SlugTaken, BadPhone, EmailRefused, PoolUnavailable.
    """
    tenant, first = tenants.draft(wanted, key=key, now=now)
    made = _earlier(tenant, key)  # before somebody is made in the pool for a slug that is taken
    user = cognito.find(wanted.admin_email) or cognito.create(wanted.admin_email)
    made = made or _written(tenant, first, _admin(wanted, user.id, now), key)
    if not user.has_signed_in:
        cognito.mail_password(wanted.admin_email)
    return made


def _earlier(tenant: items.Tenant, key: str | None) -> items.Tenant | None:
    """The tenant that the same request made before. Raises SlugTaken."""
    earlier: items.Tenant | None = reads.one((tenant.pk, tenant.sk))
    if earlier is not None and not (key and earlier.fingerprint == tenant.fingerprint):
        raise tenants.taken(tenant.slug)
    return earlier


def _admin(wanted: Onboarding, user: str, now: datetime) -> items.Member:
    email, role = wanted.admin_email, Role.ADMIN.value
    return members.draft(wanted.slug, user, email=email, role=role, status=MemberStatus.ACTIVE, now=now)


def _written(tenant: items.Tenant, first: items.Resource, admin: items.Member, key: str | None) -> items.Tenant:
    try:
        with writes.transaction() as tx:
            tx.save(tenant)
            tx.save(first)
            members.enlist(tx, admin, limit=None)
    except writes.Refused as error:
        earlier = _earlier(tenant, key)
        if earlier is None:
            raise tenants.taken(tenant.slug) from error
        return earlier
    logger.info("tenant.created", tenant=tenant.slug)
    return tenant
