from contextlib import suppress
from datetime import timedelta

import pytest

from mostrador import process_cache
from mostrador.clients import cognito
from mostrador.errors import NotHere, ServiceError
from mostrador.people import invitations, members, teams
from mostrador.people.rules.membership import INVITATION
from mostrador.people.views.members import MemberView
from mostrador.table import TableFailure, keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import faults, people, template
from tests.support.teams import invite, join, team


def limit(most, now, tenant="salon"):
    tenants.change(tenant, TenantOperationChanges(max_members=most), seen=None, now=now)


def test_somebody_new_gets_an_account_a_mail_and_a_week(salon, now):
    with people.mails() as mailed:
        ana = invite("salon", "ana@example.com", "staff", now=now)

    assert people.known() == mailed == ["ana@example.com"]
    assert (ana.status, ana.role, ana.invited_by) == ("INVITED", "staff", "eva@example.com")
    assert ana.invitation_expires_at == now + INVITATION
    assert team("salon") == ({"u-admin", ana.user}, {"u-admin"})


def test_who_has_an_account_keeps_it_and_its_password(salon, now):
    user = people.signed_in("ana@example.com")

    with people.mails() as mailed:
        assert invite("salon", "ana@example.com", now=now).user == user

    assert (people.known(), mailed) == (["ana@example.com"], [])


def test_an_account_that_has_not_verified_the_address_is_not_invited(salon, now):
    """It may be somebody who wrote another person's address into their account."""
    people.signed_in("ana@example.com")
    people.unverify("ana@example.com")
    before = team("salon")

    with people.mails() as mailed, pytest.raises(cognito.EmailNotVerified):
        invite("salon", "ana@example.com", "admin", now=now)

    assert (team("salon"), mailed) == (before, [])


def test_the_answer_does_not_tell_who_has_an_account(salon, now):
    people.signed_in("eva-b@example.com")

    known, new = (invite("salon", email, now=now) for email in ("eva-b@example.com", "ana@example.com"))

    personal = {"user", "email"}
    told = [MemberView.model_validate(one).model_dump(exclude=personal) for one in (known, new)]
    assert told[0] == told[1]


def test_inviting_again_renews_and_changes_the_role(salon, now):
    first, later = invite("salon", "ana@example.com", "viewer", now=now), now + INVITATION + timedelta(days=1)

    with people.mails() as mailed:
        again = invite("salon", "ana@example.com", "admin", now=later)

    assert (again.user, again.role, again.status) == (first.user, "admin", "INVITED")
    assert again.invitation_expires_at == later + INVITATION
    assert mailed == ["ana@example.com"]
    assert len(team("salon")[0]) == 2
    assert teams.accept("salon", first.user, now=later).status == "ACTIVE"


def test_whoever_lost_the_first_mail_gets_one_with_the_second_tenants_invitation(salon, clinic, now):
    invite("salon", "ana@example.com", now=now)

    with people.mails() as mailed:
        invite("clinic", "ana@example.com", now=now)

    assert mailed == ["ana@example.com"]


def test_a_member_is_not_invited(salon, now):
    ana = join("salon", "ana@example.com", now=now)

    with people.mails() as mailed, pytest.raises(members.AlreadyMember, match="ana@example.com"):
        invite("salon", "ana@example.com", "admin", now=now)

    assert mailed == []
    assert teams.get("salon", ana.user, now=now).role == "viewer"


def test_the_plan_limits_members_and_who_is_refused_is_neither_made_nor_mailed(salon, now):
    limit(2, now)
    invite("salon", "ana@example.com", now=now)

    with people.mails() as mailed, pytest.raises(teams.TeamIsFull) as refused:
        invite("salon", "eva-b@example.com", now=now)

    assert (refused.value.code, refused.value.facts["limit"]) == ("plan_limit", 2)
    assert (people.known(), mailed) == (["ana@example.com"], [])


def test_the_limit_holds_for_who_has_an_account_too(salon, clinic, now):
    people.signed_in("ana@example.com")
    limit(1, now)

    with pytest.raises(teams.TeamIsFull):
        invite("salon", "ana@example.com", now=now)

    assert invite("clinic", "ana@example.com", now=now).slug == "clinic"
    assert team("salon")[0] == {"u-admin"}


def test_a_full_team_still_renews_and_refills(salon, now):
    limit(2, now)
    ana = invite("salon", "ana@example.com", now=now)

    assert invite("salon", "ana@example.com", now=now).user == ana.user
    teams.remove("salon", ana.user, now=now)
    assert invite("salon", "eva-b@example.com", now=now).status == "INVITED"


def test_a_lower_limit_puts_nobody_out(salon, now):
    ana = join("salon", "ana@example.com", now=now)
    limit(1, now)

    assert teams.get("salon", ana.user, now=now).status == "ACTIVE"
    with pytest.raises(teams.TeamIsFull):
        invite("salon", "eva-b@example.com", now=now)


def test_a_tenant_invites_only_so_many_an_hour(salon, clinic, now):
    for _ in range(invitations.MOST_PER_HOUR):
        invite("salon", "ana@example.com", now=now)

    with pytest.raises(invitations.TooManyInvitations, match="30 invitations an hour"):
        invite("salon", "ana@example.com", now=now)

    assert invite("clinic", "ana@example.com", now=now)
    assert invite("salon", "ana@example.com", now=now + timedelta(hours=1))


def test_nobody_is_invited_to_a_tenant_that_is_suspended_or_unknown(salon, now):
    tenants.suspend("salon", now=now)

    for slug in ("salon", "no-such-tenant"):
        with pytest.raises(NotHere):
            invite(slug, "ana@example.com", now=now)

    assert people.known() == []


def test_a_pool_that_does_not_answer_leaves_nothing_behind(salon, now):
    silent = faults.answering("AdminGetUser", faults.refused("InternalErrorException"), client=cognito._client())

    with silent, pytest.raises(cognito.PoolUnavailable):
        invite("salon", "ana@example.com", now=now)

    assert team("salon")[0] == {"u-admin"}


def test_a_mail_that_did_not_go_out_goes_out_the_next_time(salon, now):
    cognito.create("ana@example.com")
    lost = faults.answering("AdminCreateUser", faults.refused("TooManyRequestsException"), client=cognito._client())

    with lost, pytest.raises(cognito.PoolUnavailable):
        invite("salon", "ana@example.com", now=now)
    with people.mails() as mailed:
        invite("salon", "ana@example.com", now=now)

    assert mailed == ["ana@example.com"]
    assert len(team("salon")[0]) == 2


@pytest.mark.parametrize("kind", ["before", "after", "throttle", "conflict"])
@pytest.mark.parametrize("number", range(5))
def test_whatever_call_fails_a_second_try_ends_in_one_invitation(salon, now, number, kind):
    limit(2, now)
    process_cache.clear_all()
    with faults.crashing(number, kind), suppress(TableFailure, ServiceError):
        invite("salon", "ana@example.com", "admin", now=now)

    ana = invite("salon", "ana@example.com", "admin", now=now)

    assert team("salon") == ({"u-admin", ana.user}, {"u-admin"})
    assert reads.get_item(keys.member("salon", ana.user)).status == "INVITED"


def test_the_temporary_password_lasts_as_long_as_the_invitation():
    (pool,) = template.resources("AWS::Cognito::UserPool").values()

    assert pool["Properties"]["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == INVITATION.days
