"""Onboarding: a new business with its settings and hours, one resource and one admin, in one transaction."""

from datetime import datetime

from mostrador.clients import cognito
from mostrador.observability import logger
from mostrador.people import members
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.rules.permissions import Role
from mostrador.table import reads, writes
from mostrador.table.items.people import Member
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import Onboarding


def create(wanted: Onboarding, *, key: str | None, now: datetime) -> Tenant:
    """The new tenant; a repeat under the Idempotency-Key ``key`` returns it and mails the first admin again.

    Raises SlugTaken, BadPhone, EmailRefused, EmailNotVerified, PoolUnavailable.
    """
    draft, first = tenants.draft(wanted, key=key, now=now)
    earlier = _earlier(draft, key)  # before the pool gets a user for a slug that is taken
    user = _user(wanted.admin_email)
    tenant = earlier or _written(draft, first, _admin(wanted, user.id, now), key)
    if not user.has_signed_in:
        cognito.mail_password(wanted.admin_email)
    return tenant


def _user(email: str) -> cognito.User:
    """The first admin in the pool. Raises EmailRefused, EmailNotVerified, PoolUnavailable."""
    try:
        return cognito.find(email) or cognito.create(email)
    except (cognito.EmailRefused, cognito.EmailNotVerified) as refusal:
        raise type(refusal)(field="body.admin_email", value=email) from refusal


def _earlier(tenant: Tenant, key: str | None) -> Tenant | None:
    """The tenant that the same request made before. Raises SlugTaken."""
    earlier: Tenant | None = reads.get_item((tenant.pk, tenant.sk))
    if earlier is not None and not (key and earlier.fingerprint == tenant.fingerprint):
        raise tenants.slug_taken_error(tenant.slug)
    return earlier


def _admin(wanted: Onboarding, user: str, now: datetime) -> Member:
    email, role = wanted.admin_email, Role.ADMIN.value
    return members.draft(wanted.slug, user, email=email, role=role, status=MemberStatus.ACTIVE, now=now)


def _written(tenant: Tenant, first: Resource, admin: Member, key: str | None) -> Tenant:
    try:
        with writes.transaction() as tx:
            tx.save(tenant)
            tx.save(first)
            members.enlist(tx, admin, limit=None)
    except writes.ConditionFailed as error:
        earlier = _earlier(tenant, key)
        if earlier is None:
            raise tenants.slug_taken_error(tenant.slug) from error
        return earlier
    logger.info("tenant.created", tenant=tenant.slug)
    return tenant
