import pytest

from mostrador.errors import NotHere
from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.people.views.members import NewMember
from tests.support.teams import audit, invite, team


def add(tenant, user, role, now):
    return members.add(tenant, user, email=f"{user}@example.com", role=role, now=now)


def test_a_member_is_in_the_team_from_the_start(salon, now):
    add("salon", "u-1", Role.STAFF, now)
    add("salon", "u-2", Role.ADMIN, now)

    assert team("salon") == ({"u-admin", "u-1", "u-2"}, {"u-admin", "u-2"})


def test_nobody_is_added_twice(salon, now):
    with pytest.raises(members.AlreadyMember, match="u-admin@example.com"):
        add("salon", "u-admin", Role.VIEWER, now)

    assert members.role_now("salon", "u-admin") is Role.ADMIN


def test_one_person_has_a_role_in_each_of_many_tenants(salon, clinic, now):
    add("salon", "u-1", Role.STAFF, now)
    add("clinic", "u-1", Role.ADMIN, now)

    assert [(one.slug, one.role) for one in members.of_user("u-1")] == [("clinic", "admin"), ("salon", "staff")]
    assert team("clinic") == ({"u-admin", "u-1"}, {"u-admin", "u-1"})
    assert "u-1" not in team("salon")[1]


def test_an_invitation_is_no_membership(salon, now):
    invited = invite("salon", "ana@example.com", "admin", now=now)

    assert members.of_user(invited.user) == []
    assert [one.slug for one in members.everywhere(invited.user)] == ["salon"]
    with pytest.raises(NotHere):
        members.role_now("salon", invited.user)


def test_who_joins_and_what_as_is_in_the_audit_log(salon, now):
    add("salon", "u-1", Role.STAFF, now)

    (member,) = audit("salon")[-1].changes
    assert member[:3] == ["member", "u-1", "member.created"]


def test_the_roles_that_can_be_given_are_all_but_the_superusers():
    given = NewMember.model_fields["role"].annotation

    assert set(given) == {role.value for role in Role} - {"superuser"}
