from contextlib import suppress

import pytest

from mostrador.clients import cognito
from mostrador.errors import ServiceError
from mostrador.people import members, onboarding
from mostrador.people.rules.permissions import Role
from mostrador.scheduling import resources
from mostrador.scheduling.views.services import ResourceListing
from mostrador.table import TableFailure, keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import Onboarding
from tests.support import faults, people
from tests.support.teams import audit, team


def wanted(**more):
    return Onboarding(**{"slug": "salon", "name": "Salón", "admin_email": "ana@example.com"} | more)


def onboard(now, key=None, **more):
    return onboarding.create(wanted(**more), key=key, now=now)


def test_a_business_begins_with_settings_hours_a_resource_and_an_admin(table, now):
    made = onboard(now, currency="PYG", max_members=3)

    (admin,) = members.of_user(cognito.find("ana@example.com").id)
    (resource,) = resources.listing("salon", ResourceListing(), now=now).items
    assert (made.currency, made.max_members, resource.name) == ("PYG", 3, "Salón")
    assert sorted(made.hours) == ["0", "1", "2", "3", "4", "5"]
    assert (admin.slug, admin.role, admin.status) == ("salon", "admin", "ACTIVE")
    assert team("salon") == ({admin.user}, {admin.user})


def test_it_is_all_one_transaction_and_one_line_of_the_audit_log(table, now):
    onboard(now)

    (entry,) = audit("salon")
    assert sorted(change[0] for change in entry.changes) == ["member", "resource", "tenant"]


def test_the_first_admin_gets_a_mail_unless_they_know_the_house(table, now):
    people.signed_in("eva@example.com")

    with people.mails() as mailed:
        onboard(now)
        onboard(now, slug="clinic", admin_email="eva@example.com")

    assert mailed == ["ana@example.com"]


def test_a_repeat_under_a_key_is_the_same_tenant_and_sends_the_mail_again(table, now):
    first = onboard(now, key="k1")

    with people.mails() as mailed:
        again = onboard(now, key="k1")

    assert (again.slug, again.version, again.fingerprint) == (first.slug, first.version, first.fingerprint)
    assert mailed == people.known() == ["ana@example.com"]
    assert len(reads.everything(*keys.resource("salon", ""))) == 1


@pytest.mark.parametrize("more", [{"key": None}, {"key": "k2"}, {"key": "k1", "admin_email": "eve@example.com"}])
def test_a_slug_that_is_taken_makes_and_mails_nobody(table, now, more):
    onboard(now, key="k1", admin_email="eva@example.com")

    with people.mails() as mailed, pytest.raises(tenants.SlugTaken, match="salon"):
        onboard(now, **({"admin_email": "ana@example.com"} | more))

    assert (people.known(), mailed) == (["eva@example.com"], [])


def test_one_person_may_begin_with_many_tenants(table, now):
    onboard(now)
    onboard(now, slug="clinic")

    user = cognito.find("ana@example.com").id
    assert [one.slug for one in members.of_user(user)] == ["clinic", "salon"]


@pytest.mark.parametrize("kind", ["before", "after", "throttle", "conflict"])
@pytest.mark.parametrize("number", range(3))
def test_whatever_call_fails_a_second_try_lands(table, now, number, kind):
    with faults.crashing(number, kind), suppress(TableFailure, ServiceError):
        onboard(now, key="k1")

    onboard(now, key="k1")

    user = cognito.find("ana@example.com").id
    assert members.role_now("salon", user) is Role.ADMIN
    assert team("salon") == ({user}, {user})
    assert len(reads.everything(*keys.resource("salon", ""))) == 1


def test_an_account_that_has_not_verified_the_address_gets_no_business(table, now):
    people.signed_in("ana@example.com")
    people.unverify("ana@example.com")

    with pytest.raises(cognito.EmailNotVerified) as refused:
        onboard(now)

    assert refused.value.facts["field"] == "body.admin_email"
    assert reads.get_item(keys.tenant("salon")) is None
