"""Me: the tenants of the signed-in person, and their invitations to others.

No tenant is in hand at this door, so each step takes its own in hand. A tenant that is unknown, suspended, or has not
invited the person gives the same NotHere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from mostrador import context
from mostrador.errors import NotHere
from mostrador.people import members, teams
from mostrador.people.rules import membership, permissions
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.rules.permissions import Action, Role
from mostrador.people.views.members import InvitationView, MembershipView, MeView
from mostrador.table.items.people import Member
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants


def show(user: str, *, name: str, is_superuser: bool, needs_mfa: bool, now: datetime) -> MeView:
    """The tenants of which ``user`` is a member, with the permissions of each role, and the open invitations."""
    pairs = [(member, tenant) for member in members.everywhere(user) if (tenant := _tenant(member.slug, now))]
    return MeView(
        user=user,
        email=next((member.email for member, _ in pairs), name),
        is_superuser=is_superuser,
        needs_mfa=needs_mfa,
        memberships=[_membership(member, of) for member, of in pairs if member.status == members.ACTIVE],
        invitations=[_invitation(member, of, now) for member, of in pairs if member.status != members.ACTIVE],
    )


def accept(user: str, slug: str, *, now: datetime) -> MembershipView:
    """Become a member of the tenant; again changes nothing. Raises NotHere, InvitationExpired."""
    with _in_hand(slug, "invitation"):
        tenant = tenants.current(slug, now=now)
        return _membership(teams.accept(slug, user, now=now), tenant)


def decline(user: str, slug: str, *, now: datetime) -> None:
    """Delete the invitation. Raises NotHere."""
    with _in_hand(slug, "invitation"):
        teams.remove(slug, user, only=frozenset({MemberStatus.INVITED}), now=now)


def leave(user: str, slug: str, *, now: datetime) -> None:
    """End the membership. Raises NotHere, LastAdmin."""
    with _in_hand(slug, "tenant"):
        teams.remove(slug, user, only=frozenset({MemberStatus.ACTIVE}), now=now)


@contextmanager
def _in_hand(slug: str, entity: str) -> Iterator[None]:
    """Work for that tenant; a NotHere inside is one of ``entity``."""
    try:
        with context.working(slug):
            yield
    except NotHere as error:
        raise NotHere(entity=entity, id=slug) from error


def _tenant(slug: str, now: datetime) -> Tenant | None:
    """The tenant, None where it is suspended; a tenant in the process cache costs no read."""
    with context.working(slug):
        try:
            return tenants.current(slug, now=now)
        except NotHere:
            return None


def _membership(member: Member, tenant: Tenant) -> MembershipView:
    role = Role(member.role)
    writable = {
        entity: [field for field, least in fields.items() if permissions.is_at_least(role, least)]
        for entity, fields in permissions.WRITES.items()
    }
    return MembershipView(
        slug=member.slug,
        name=tenant.name,
        role=member.role,
        may=[action.value for action in Action if permissions.may(role, action)],
        writes={entity: fields for entity, fields in writable.items() if fields},
        hidden={entity: sorted(permissions.hidden(role, entity)) for entity in permissions.HIDDEN},
    )


def _invitation(member: Member, tenant: Tenant, now: datetime) -> InvitationView:
    expires_at = member.invitation_expires_at
    return InvitationView(
        slug=member.slug,
        name=tenant.name,
        role=member.role,
        status=membership.status(member.status, expires_at, now),
        invited_by=member.invited_by,
        expires_at=expires_at,
    )
