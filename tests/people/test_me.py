import pytest

from mostrador import context
from mostrador.errors import NotHere
from mostrador.people import me, members, teams
from mostrador.people.rules.membership import INVITATION
from mostrador.people.rules.permissions import HIDDEN, LEAST, WRITES, Action, Role
from mostrador.tenancy import tenants
from tests.support.teams import invite, join, team


def at_the_door(step, *given, **more):
    """No tenant is in hand there: what touches one must take it."""
    with context.working(None, context.Actor("u-1", "viewer")):
        return step(*given, **more)


def show(user, now, **more):
    return at_the_door(me.show, user, **({"name": "?", "is_superuser": False, "needs_mfa": False} | more), now=now)


def test_whoever_belongs_nowhere_is_told_so(table, now):
    assert show("u-1", now, name="ana@example.com").model_dump() == {
        "user": "u-1",
        "email": "ana@example.com",
        "is_superuser": False,
        "needs_mfa": False,
        "memberships": [],
        "invitations": [],
    }


def test_memberships_and_invitations_of_all_tenants_are_told_apart(salon, clinic, now):
    ana = join("salon", "ana@example.com", "staff", now=now)
    invite("clinic", "ana@example.com", "admin", now=now)

    told = show(ana.user, now)

    assert told.email == "ana@example.com"
    assert [(one.slug, one.name, one.role) for one in told.memberships] == [("salon", "Salón Ñandutí", "staff")]
    (open_one,) = told.invitations
    assert (open_one.slug, open_one.role, open_one.status) == ("clinic", "admin", "INVITED")
    assert open_one.expires_at == now + INVITATION


def test_an_invitation_that_has_ended_says_so(salon, now):
    ana = invite("salon", "ana@example.com", now=now)

    (ended,) = show(ana.user, now + INVITATION).invitations

    assert ended.status == "EXPIRED"


def test_a_suspended_tenant_is_not_shown(salon, clinic, now):
    ana = join("salon", "ana@example.com", now=now)
    join("clinic", "ana@example.com", now=now)
    tenants.suspend("salon", now=now)

    assert [one.slug for one in show(ana.user, now).memberships] == ["clinic"]


@pytest.mark.parametrize("role", ["viewer", "staff", "admin"])
def test_what_a_role_may_is_what_the_permissions_say(salon, now, role):
    ana = join("salon", "ana@example.com", role, now=now)

    (told,) = show(ana.user, now).memberships

    rank = list(Role)
    mine = rank[: rank.index(Role(role)) + 1]
    assert set(told.may) == {action.value for action in Action if LEAST[action] in mine}
    for entity, fields in WRITES.items():
        assert told.writes.get(entity, []) == [field for field, least in fields.items() if least in mine]
    for entity, fields in HIDDEN.items():
        assert set(told.hidden[entity]) == {field for field, least in fields.items() if least not in mine}


def test_an_invitation_is_accepted_once_and_again(salon, now):
    ana = invite("salon", "ana@example.com", "staff", now=now)

    first, again = (at_the_door(me.accept, ana.user, "salon", now=now) for _ in range(2))

    assert first == again
    assert (first.slug, first.role) == ("salon", "staff")
    assert members.role_now("salon", ana.user) is Role.STAFF


def test_a_late_acceptance_is_refused(salon, now):
    ana = invite("salon", "ana@example.com", now=now)

    with pytest.raises(teams.InvitationExpired):
        at_the_door(me.accept, ana.user, "salon", now=now + INVITATION)


def test_nobody_accepts_what_others_were_asked(salon, now):
    invite("salon", "ana@example.com", now=now)

    with pytest.raises(NotHere):
        at_the_door(me.accept, "u-1", "salon", now=now)


def test_unknown_suspended_and_never_invited_are_one_answer(salon, clinic, now):
    ana = invite("clinic", "ana@example.com", now=now)
    tenants.suspend("clinic", now=now)

    said = []
    for slug in ("clinic", "salon", "no-such-tenant"):
        for step in (me.accept, me.decline):
            with pytest.raises(NotHere) as refused:
                at_the_door(step, ana.user, slug, now=now)
            said.append(str(refused.value).replace(slug, "?"))

    assert set(said) == {"there is no invitation ?"}


def test_an_invitation_is_declined(salon, now):
    ana = invite("salon", "ana@example.com", now=now)

    at_the_door(me.decline, ana.user, "salon", now=now)

    assert show(ana.user, now).invitations == []
    assert team("salon")[0] == {"u-admin"}
    with pytest.raises(NotHere):
        at_the_door(me.decline, ana.user, "salon", now=now)


def test_declining_is_not_leaving_and_leaving_not_declining(salon, clinic, now):
    ana = join("salon", "ana@example.com", now=now)
    invite("clinic", "ana@example.com", now=now)

    with pytest.raises(NotHere):
        at_the_door(me.decline, ana.user, "salon", now=now)
    with pytest.raises(NotHere):
        at_the_door(me.leave, ana.user, "clinic", now=now)

    told = show(ana.user, now)
    assert (len(told.memberships), len(told.invitations)) == (1, 1)


def test_a_member_leaves(salon, now):
    ana = join("salon", "ana@example.com", now=now)

    at_the_door(me.leave, ana.user, "salon", now=now)

    assert show(ana.user, now).memberships == []


def test_the_last_admin_does_not_leave(salon, now):
    with pytest.raises(teams.LastAdmin):
        at_the_door(me.leave, "u-admin", "salon", now=now)

    assert members.role_now("salon", "u-admin") is Role.ADMIN
