from datetime import timedelta

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.people import members, teams
from mostrador.people.rules.membership import INVITATION, MemberStatus
from mostrador.people.rules.permissions import Role
from mostrador.people.views.members import MemberChanges
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from tests.support.teams import audit, invite, join, team


def change(user, role, now, seen=None):
    return teams.change("salon", user, MemberChanges(role=role), seen=seen, now=now)


def listed(now, tenant="salon"):
    return {one.email: one.status for one in teams.listing(tenant, now=now, size=100, cursor=None).items}


def test_who_accepts_is_a_member_with_the_role_of_the_invitation(salon, now):
    ana = join("salon", "ana@example.com", "admin", now=now)

    assert members.role_now("salon", ana.user) is Role.ADMIN
    assert team("salon") == ({"u-admin", ana.user}, {"u-admin", ana.user})
    assert ana.invitation_expires_at is None


def test_accepting_twice_is_accepting_once(salon, now):
    ana = join("salon", "ana@example.com", now=now)

    assert teams.accept("salon", ana.user, now=now + timedelta(days=30)).version == ana.version


def test_an_invitation_that_has_ended_gives_nothing(salon, now):
    ana, later = invite("salon", "ana@example.com", now=now), now + INVITATION

    with pytest.raises(teams.InvitationExpired, match="salon"):
        teams.accept("salon", ana.user, now=later)

    assert members.of_user(ana.user) == []
    assert listed(later)["ana@example.com"] == "EXPIRED"
    assert listed(later - timedelta(seconds=1))["ana@example.com"] == "INVITED"
    assert teams.get("salon", ana.user, now=later).status == "EXPIRED"


def test_that_it_has_ended_is_never_stored(salon, now):
    ana = invite("salon", "ana@example.com", now=now)

    shown = change(ana.user, "staff", now + INVITATION)

    assert (shown.status, shown.role) == ("EXPIRED", "staff")
    assert reads.get_item(keys.member("salon", ana.user)).status == "INVITED"


def test_nobody_accepts_for_another_tenant(salon, clinic, now):
    ana = invite("salon", "ana@example.com", now=now)

    with pytest.raises(NotHere):
        teams.accept("clinic", ana.user, now=now)


def test_a_new_role_holds_at_once(salon, now):
    ana = join("salon", "ana@example.com", now=now)

    change(ana.user, "admin", now)
    assert (members.role_now("salon", ana.user), team("salon")[1]) == (Role.ADMIN, {"u-admin", ana.user})

    change(ana.user, "staff", now)
    assert (members.role_now("salon", ana.user), team("salon")[1]) == (Role.STAFF, {"u-admin"})


def test_the_role_of_an_invitation_can_still_be_changed(salon, now):
    ana = invite("salon", "ana@example.com", "viewer", now=now)

    change(ana.user, "admin", now)
    assert team("salon")[1] == {"u-admin"}

    teams.accept("salon", ana.user, now=now)
    assert team("salon")[1] == {"u-admin", ana.user}


def test_a_role_is_not_changed_from_an_old_copy(salon, now):
    ana = join("salon", "ana@example.com", now=now)
    change(ana.user, "staff", now, seen=ana.version)

    with pytest.raises(Stale):
        change(ana.user, "admin", now, seen=ana.version)


def test_the_last_admin_stays_one(salon, now):
    ana = join("salon", "ana@example.com", "staff", now=now)

    with pytest.raises(teams.LastAdmin, match="eva@example.com"):
        change("u-admin", "viewer", now)
    with pytest.raises(teams.LastAdmin):
        teams.remove("salon", "u-admin", now=now)

    assert members.role_now("salon", "u-admin") is Role.ADMIN
    assert team("salon") == ({"u-admin", ana.user}, {"u-admin"})


def test_who_is_only_invited_to_be_an_admin_does_not_count_as_one(salon, now):
    invite("salon", "ana@example.com", "admin", now=now)

    with pytest.raises(teams.LastAdmin):
        teams.remove("salon", "u-admin", now=now)


def test_with_another_admin_one_may_go(salon, now):
    ana = join("salon", "ana@example.com", "admin", now=now)

    teams.remove("salon", "u-admin", now=now)

    assert team("salon") == ({ana.user}, {ana.user})
    with pytest.raises(NotHere):
        members.role_now("salon", "u-admin")


def test_who_is_removed_stays_where_else_they_are(salon, clinic, now):
    ana = join("salon", "ana@example.com", "staff", now=now)
    join("clinic", "ana@example.com", "admin", now=now)

    teams.remove("salon", ana.user, now=now)

    assert [one.slug for one in members.of_user(ana.user)] == ["clinic"]
    assert ana.user in team("clinic")[1]


def test_an_invitation_is_taken_back(salon, now):
    ana = invite("salon", "ana@example.com", now=now)

    teams.remove("salon", ana.user, now=now)

    assert team("salon")[0] == {"u-admin"}
    with pytest.raises(NotHere):
        teams.accept("salon", ana.user, now=now)


def test_what_is_not_in_the_state_asked_for_is_not_removed(salon, now):
    ana = invite("salon", "ana@example.com", now=now)

    with pytest.raises(NotHere):
        teams.remove("salon", ana.user, only=frozenset({MemberStatus.ACTIVE}), now=now)

    assert teams.get("salon", ana.user, now=now).status == "INVITED"


def test_a_suspended_tenant_has_no_members_to_be_seen_or_changed(salon, now):
    ana = invite("salon", "ana@example.com", now=now)
    tenants.suspend("salon", now=now)

    for refused in (
        lambda: teams.listing("salon", now=now, size=1, cursor=None),
        lambda: teams.get("salon", ana.user, now=now),
        lambda: change(ana.user, "staff", now),
        lambda: teams.accept("salon", ana.user, now=now),
        lambda: teams.remove("salon", ana.user, now=now),
    ):
        with pytest.raises(NotHere, match="tenant salon"):
            refused()


def test_what_became_of_a_member_is_in_the_audit_log(salon, now):
    ana = join("salon", "ana@example.com", now=now)
    change(ana.user, "staff", now)
    teams.remove("salon", ana.user, now=now)

    told = [change for entry in audit("salon") for change in entry.changes if change[1] == ana.user]

    assert [change[2] for change in told] == ["member.created", "member.active", "member.changed", "member.deleted"]
    assert told[2][3] == {"role": ["viewer", "staff"]}
