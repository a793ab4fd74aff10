"""Teams: decisions of a tenant's admins about its members, and of the members about themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mostrador.errors import Conflict, NotHere
from mostrador.fields import Request
from mostrador.observability import logger
from mostrador.people import members
from mostrador.people.rules import membership
from mostrador.people.rules.membership import MemberStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.people import Member, Team
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values.next_actions import NextAction

Write = Callable[[Transaction, Member, Team | None], None]
"""Adds the change of a member to a transaction, given the member and the team as they were read."""


class LastAdmin(Conflict):
    code = "last_admin"
    en = "{email} is the last admin of {slug}; make somebody else an admin first"
    es = "{email} es el último administrador de {slug}; nombre antes a otro"
    next_action = NextAction.NAME_ANOTHER_ADMIN


class TeamIsFull(Conflict):
    code = "plan_limit"
    en = "the plan allows {limit} members, those invited included"
    es = "el plan permite {limit} miembros como máximo, contando a los invitados"
    next_action = NextAction.ASK_OPERATOR


class InvitationExpired(Conflict):
    code = "invitation_expired"
    en = "the invitation to {slug} ended on {expired_at:time}; ask for another"
    es = "la invitación a {slug} venció el {expired_at:time}; pida otra"
    next_action = NextAction.ASK_FOR_INVITATION


def get(tenant: str, user: str, *, now: datetime) -> Member:
    """Raises NotHere."""
    tenants.current(tenant, now=now)
    return _as_of(now, _found(reads.get_item(keys.member(tenant, user)), user))


def listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Members and invited people, by id. Raises BadCursor."""
    tenants.current(tenant, now=now)
    pk, prefix = keys.member(tenant, "")
    page = reads.page(pk, tenant=tenant, query=("members",), size=size, cursor=cursor, between=(prefix, prefix + "~"))
    return reads.Page([_as_of(now, member) for member in page.items], page.next)


def change(tenant: str, user: str, changes: Request, *, seen: int | None, now: datetime) -> Member:
    """Give a member or an invited person another role. Raises NotHere, Stale, LastAdmin."""

    def write(tx: Transaction, member: Member, team: Team | None) -> None:
        was_admin = members.is_admin(member)
        for name, value in changes.fields().items():
            setattr(member, name, value)
        member.updated_at = now
        tx.save(member)
        if was_admin and not members.is_admin(member):
            _check_others(member, team)
            members.write_team(tx, tenant, [Team.admins.delete({user})], Team.has_other_admins())
        elif members.is_admin(member) and not was_admin:
            members.write_team(tx, tenant, [Team.admins.add({user})])

    return _as_of(now, _written(tenant, user, write, seen=seen, now=now))


def remove(
    tenant: str, user: str, *, seen: int | None = None, only: frozenset[str] = frozenset(MemberStatus), now: datetime
) -> None:
    """Delete a membership or invitation that is in one of the states ``only``. Raises NotHere, Stale, LastAdmin."""

    def write(tx: Transaction, member: Member, team: Team | None) -> None:
        if member.status not in only:
            raise NotHere(entity="member", id=user)
        leaving, condition = [Team.members.delete({user})], None
        if members.is_admin(member):
            _check_others(member, team)
            leaving.append(Team.admins.delete({user}))
            condition = Team.has_other_admins()
        tx.delete(member)
        members.write_team(tx, tenant, leaving, condition)

    _written(tenant, user, write, seen=seen, now=now)
    logger.info("member.removed", tenant=tenant, user=user)


def accept(tenant: str, user: str, *, now: datetime) -> Member:
    """INVITED -> ACTIVE; again changes nothing. Raises NotHere, InvitationExpired."""

    def write(tx: Transaction, member: Member, _team: Team | None) -> None:
        expires_at = member.invitation_expires_at
        current = membership.status(member.status, expires_at, now)
        if expires_at and not membership.MOVES.allows(current, MemberStatus.ACTIVE):
            zone = tenants.known_zone(tenant)  # the caller has no tenant in hand
            raise InvitationExpired(slug=tenant, expired_at=expires_at.astimezone(zone).isoformat())
        member.status, member.invitation_expires_at, member.updated_at = members.ACTIVE, None, now
        tx.save(member)
        if members.is_admin(member):
            members.write_team(tx, tenant, [Team.admins.add({user})])

    return _written(tenant, user, write, done=members.ACTIVE, seen=None, now=now)


def _written(
    tenant: str, user: str, write: Write, *, seen: int | None, now: datetime, done: str | None = None
) -> Member:
    """Read member and team and write their change; again from the start where somebody else was quicker.

    Nothing is written of a member whose stored state is ``done`` already.
    """
    tenants.current(tenant, now=now)
    of_member, of_team = keys.member(tenant, user), keys.team(tenant)

    def decide(items: Mapping[keys.Key, Any]) -> Member:
        member = _found(items.get(of_member), user)
        writes.check_version(member, seen, shown=_as_of(now, Member.from_raw_data(dict(member.loaded or {}))))
        if member.status != done:
            with writes.transaction() as tx:
                write(tx, member, items.get(of_team))
        return member

    return writes.retrying(lambda _attempt: reads.batch([of_member, of_team]), decide)


def check_room(tenant: Tenant, team: Team | None) -> None:
    """Raise TeamIsFull where the plan limits members and there are as many."""
    if tenant.max_members is not None and team is not None and len(team.members or ()) >= tenant.max_members:
        raise TeamIsFull(limit=int(tenant.max_members))


def _check_others(member: Member, team: Team | None) -> None:
    """Raise LastAdmin unless the team has another admin."""
    if team is None or not (team.admins or set()) - {member.user}:
        raise LastAdmin(email=member.email, slug=member.slug)


def _found(member: object, user: str) -> Member:
    if not isinstance(member, Member):
        raise NotHere(entity="member", id=user)
    return member


def _as_of(now: datetime, member: Member) -> Member:
    """The member as shown at ``now``: an invitation past its time is EXPIRED, a state that is never stored."""
    member.status = membership.status(member.status, member.invitation_expires_at, now).value
    return member
