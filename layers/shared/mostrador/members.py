"""Members: what role a user has in a tenant."""

from datetime import datetime

from mostrador.errors import Conflict
from mostrador.rules.permissions import Role
from mostrador.table import items, keys, reads, writes


class AlreadyMember(Conflict):
    code = "already_member"
    en = "{email} is a member of {slug} already"
    es = "{email} ya es miembro de {slug}"


def add(tenant: str, user: str, *, email: str, role: Role, now: datetime) -> items.Member:
    """Make ``user`` (the ``sub`` of the user pool) a member. Raises AlreadyMember."""
    pk, sk = keys.member(tenant, user)
    member = items.Member(
        pk,
        sk,
        gsi2pk=keys.user_partition(user),
        gsi2sk=pk,
        user=user,
        slug=tenant,
        email=email,
        role=role.value,
        created_at=now,
    )
    with writes.refusing(AlreadyMember(email=email, slug=tenant)):
        member.save()
    return member


def of_user(user: str) -> list[items.Member]:
    """The user's memberships, one round trip."""
    return reads.parents(keys.user_partition(user))
