"""Invitations: a person is invited by e-mail to become a member, and accepts with ``me.accept``.

The invitation is the membership itself, not active yet, under the key of the person: inviting again renews it. The
mail is sent after the write, so that a refused invitation sends none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mostrador.clients import cognito
from mostrador.errors import TooManyRequests
from mostrador.observability import logger
from mostrador.people import members, teams
from mostrador.people.rules import membership
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.views.members import NewMember
from mostrador.table import keys, reads, writes
from mostrador.table.items.people import Member
from mostrador.tenancy import rate_limits, tenants

MOST_PER_HOUR: Final = 30
"""Invitations of one tenant. The user pool sends few mails, and all tenants share them."""


class TooManyInvitations(TooManyRequests):
    code = "too_many_requests"
    en = "at most {limit} invitations an hour; try again in {retry_after:duration}"
    es = "como máximo {limit} invitaciones por hora; intente de nuevo en {retry_after:duration}"


def create(tenant: str, wanted: NewMember, *, actor_name: str, now: datetime) -> Member:
    """Invite, or renew an invitation with this role. The answer does not tell whether the person has an account.

    Raises NotHere, AlreadyMember, TeamIsFull, TooManyInvitations, EmailRefused, EmailNotVerified,
    PoolUnavailable.
    """
    tenants.current(tenant, now=now)
    _count(tenant, now)
    user = cognito.find(wanted.email) or _new_user(tenant, wanted.email)
    member = _written(tenant, user.id, wanted, actor_name, now)
    if not user.has_signed_in:
        cognito.mail_password(wanted.email)
    logger.info("member.invited", tenant=tenant, user=user.id)
    return member


def _count(tenant: str, now: datetime) -> None:
    try:
        rate_limits.count(tenant, "invite", "", limit=MOST_PER_HOUR, now=now)
    except rate_limits.TooOften as error:
        raise TooManyInvitations(**error.facts) from error


def _new_user(slug: str, email: str) -> cognito.User:
    """Create the user in the pool, unless the team is full: a user new to the pool is new to the team as well."""
    of_tenant, of_team = keys.tenant(slug), keys.team(slug)
    items = reads.batch([of_tenant, of_team])
    teams.check_room(tenants.active(items.get(of_tenant), slug), items.get(of_team))
    return cognito.create(email)


def _written(slug: str, user: str, wanted: NewMember, actor_name: str, now: datetime) -> Member:
    """The invitation; decided again where somebody else was quicker."""
    of_tenant, of_team, of_member = keys.tenant(slug), keys.team(slug), keys.member(slug, user)

    def decide(items: Mapping[keys.Key, Any]) -> Member:
        tenant, earlier = tenants.active(items.get(of_tenant), slug), items.get(of_member)
        member = earlier or members.draft(
            slug, user, email=wanted.email, role=wanted.role, status=MemberStatus.INVITED, now=now
        )
        if not membership.MOVES.allows(member.status, MemberStatus.INVITED):
            raise members.AlreadyMember(email=wanted.email, slug=slug)
        member.role, member.invited_by = wanted.role, actor_name
        member.invitation_expires_at = now + membership.INVITATION
        member.updated_at = now if earlier else None
        if earlier is None:
            teams.check_room(tenant, items.get(of_team))
        with writes.transaction() as tx:
            if earlier:
                tx.save(member)
            else:
                members.enlist(tx, member, limit=tenant.max_members)
        return member

    return writes.retrying(lambda _attempt: reads.batch([of_tenant, of_team, of_member]), decide)
