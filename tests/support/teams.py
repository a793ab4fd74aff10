"""A tenant's team: who is in it, and how somebody comes into it."""

from mostrador.people import invitations, teams
from mostrador.people.views.members import NewMember
from mostrador.table import keys, reads
from mostrador.table.items.audit import AuditEntry


def team(tenant):
    """The ids of the members and of the admins among them, as the team has them."""
    found = reads.get_item(keys.team(tenant))
    return found.members or set(), found.admins or set()


def invite(tenant, email, role="viewer", *, now):
    return invitations.create(tenant, NewMember(email=email, role=role), actor_name="eva@example.com", now=now)


def join(tenant, email, role="viewer", *, now):
    """Somebody who was invited and accepted; the member."""
    return teams.accept(tenant, invite(tenant, email, role, now=now).user, now=now)


def audit(tenant):
    """The lines of the tenant's audit log."""
    return [line for line in reads.span(keys.audit_partition(tenant), "0", "9") if isinstance(line, AuditEntry)]
