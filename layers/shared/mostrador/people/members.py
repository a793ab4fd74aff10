"""Members: the role of a user in a tenant. Without pydantic, so that the authorizer starts fast.

The tenant's ``Team`` holds the ids of all members, the invited ones too, and of its active admins. Each change of a
member changes the team in the same transaction. So the plan's limit and the last admin are conditions of the write.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from mostrador import clock
from mostrador.errors import Conflict, NotHere
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.rules.permissions import Role
from mostrador.table import Action, Condition, keys, reads, writes
from mostrador.table.items.people import Member, Team
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction

KEY: Final = "key:"
"""The name of a caller begins so where it is an API key."""
ACTIVE: Final = MemberStatus.ACTIVE.value


class AlreadyMember(Conflict):
    code = "already_member"
    en = "{email} is a member of {slug} already"
    es = "{email} ya es miembro de {slug}"
    next_action = NextAction.CHANGE_EXISTING


def draft(tenant: str, user: str, *, email: str, role: str, status: MemberStatus, now: datetime) -> Member:
    """A membership of ``user`` (the ``sub`` of the user pool), not written yet."""
    pk, sk = keys.member(tenant, user)
    return Member(
        pk,
        sk,
        gsi2pk=keys.user_partition(user),
        gsi2sk=pk,
        user=user,
        slug=tenant,
        email=email,
        role=role,
        status=status.value,
        created_at=now,
    )


def add(tenant: str, user: str, *, email: str, role: Role, now: datetime) -> Member:
    """Make ``user`` an active member without an invitation. Raises AlreadyMember."""
    member = draft(tenant, user, email=email, role=role.value, status=MemberStatus.ACTIVE, now=now)
    with writes.refusing(AlreadyMember(email=email, slug=tenant)), writes.transaction() as tx:
        enlist(tx, member, limit=None)
    return member


def enlist(tx: Transaction, member: Member, *, limit: float | None) -> None:
    """Write a new member, and the team as long as that is smaller than the plan's ``limit``."""
    joining: list[Action] = [Team.members.add({member.user})]
    if is_admin(member):
        joining.append(Team.admins.add({member.user}))
    tx.save(member)
    write_team(tx, member.slug, joining, None if limit is None else Team.is_smaller_than(limit))


def write_team(tx: Transaction, tenant: str, actions: Sequence[Action], condition: Condition | None = None) -> None:
    """Change the tenant's team under a condition, in the transaction that changes a member."""
    is_team = Team.entity.set(Team)  # the update may create the item
    tx.update(Team(*keys.team(tenant)), actions=[is_team, *actions], condition=condition)


def is_admin(member: Member) -> bool:
    """Whether the member is an admin now; a person who is only invited to be one is not."""
    return member.status == ACTIVE and member.role == Role.ADMIN


def role_now(tenant: str, user: str) -> Role:
    """The role of a member or an API key as the table has it at this moment. Raises NotHere."""
    if user.startswith(KEY):
        key = reads.get_item(keys.api_key(tenant, user.removeprefix(KEY)))
        if key is None or clock.now() >= key.valid_until:
            raise NotHere(entity="tenant", id=tenant)
        return Role(key.role)
    member = reads.get_item(keys.member(tenant, user))
    if member is None or member.status != ACTIVE:
        raise NotHere(entity="tenant", id=tenant)
    return Role(member.role)


def of_user(user: str) -> list[Member]:
    """The user's memberships without invitations, one round trip."""
    return [member for member in everywhere(user) if member.status == ACTIVE]


def with_emails(tenant: str, emails: Iterable[str]) -> list[str]:
    """The ids of the members and invited people with these e-mails, in whatever case; one round trip."""
    wanted = {email.lower() for email in emails}
    people: list[Member] = reads.everything(*keys.member(tenant, ""))
    return [member.user for member in people if member.email in wanted]


def everywhere(user: str) -> list[Member]:
    """The user's memberships and invitations by tenant, one round trip."""
    return reads.parents(keys.user_partition(user))
