"""Invitations: somebody is asked, by e-mail, to become a member; ``me.accept`` is the answer.

The invitation is the membership itself, not active yet, under the key of the person: inviting again renews it. The
mail goes out after it is written, so that nobody is told of what was refused.
"""

from datetime import datetime
from typing import Final

from mostrador.clients import cognito
from mostrador.errors import Busy, TooManyRequests
from mostrador.observability import logger
from mostrador.people import members, teams
from mostrador.people.rules import membership
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.views.members import NewMember
from mostrador.table import keys, reads, writes
from mostrador.table.items.people import Member
from mostrador.tenancy import rate_limits, tenants

MOST_PER_HOUR: Final = 30
"""Of one tenant: the pool's mails are few, and of all tenants together."""


class TooManyInvitations(TooManyRequests):
    code = "too_many_requests"
    en = "at most {limit} invitations an hour; try again in {retry_after} seconds"
    es = "como máximo {limit} invitaciones por hora; intente de nuevo en {retry_after} segundos"


def create(tenant: str, wanted: NewMember, *, actor_name: str, now: datetime) -> Member:
    """Invite, or renew an invitation with this role. It is told nowhere whether the person had an account.

    Raises NotHere, AlreadyMember, TeamIsFull, TooManyInvitations, EmailRefused, PoolUnavailable.
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


def _new_user(tenant: str, email: str) -> cognito.User:
    """Whoever is new to the pool is new to the team as well: nobody is made in vain for one that is full."""
    of_tenant, of_team = keys.tenant(tenant), keys.team(tenant)
    known = reads.batch([of_tenant, of_team])
    teams.check_room(tenants.active(known.get(of_tenant), tenant), known.get(of_team))
    return cognito.create(email)


def _written(tenant: str, user: str, wanted: NewMember, actor_name: str, now: datetime) -> Member:
    """The invitation; decided anew where somebody else was quicker."""
    of_tenant, of_team, of_member = keys.tenant(tenant), keys.team(tenant), keys.member(tenant, user)
    for _ in writes.attempts():
        known = reads.batch([of_tenant, of_team, of_member])
        shop, earlier = tenants.active(known.get(of_tenant), tenant), known.get(of_member)
        member = earlier or members.draft(
            tenant, user, email=wanted.email, role=wanted.role, status=MemberStatus.INVITED, now=now
        )
        if not membership.MOVES.allows(member.status, MemberStatus.INVITED):
            raise members.AlreadyMember(email=wanted.email, slug=tenant)
        member.role, member.invited_by = wanted.role, actor_name
        member.invitation_expires_at = now + membership.INVITATION
        try:
            with writes.transaction() as tx:
                if earlier is None:
                    teams.check_room(shop, known.get(of_team))
                    members.enlist(tx, member, limit=shop.max_members)
                else:
                    member.updated_at = now
                    tx.save(member)
        except writes.ConditionFailed:
            continue
        return member
    raise Busy
