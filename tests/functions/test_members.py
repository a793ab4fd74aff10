"""The team at its door: what is asked and answered, and who is told nothing."""

import pytest

from mostrador.people import invitations, teams
from mostrador.people.rules.permissions import Role
from mostrador.table import keys, reads
from tests.support import people
from tests.support.http import Client, admin, foreign, staff, superuser, viewer
from tests.support.teams import invite, join, team

MEMBERS = "/tenant/salon/api/members"
ANA = {"email": "ana@example.com", "role": "staff"}


def test_an_admin_invites_sees_changes_and_removes(salon):
    made = admin.call("POST", MEMBERS, ANA)
    one = f"{MEMBERS}/{made.json['user']}"

    assert (made.status, made.headers["etag"]) == (201, '"1"')
    assert made.json["status"] == "INVITED"
    assert made.json["invited_by"] == "eva@example.com"
    assert admin.call("GET", one).json == made.json
    assert sorted(row["email"] for row in admin.call("GET", MEMBERS).json["items"]) == [
        "ana@example.com",
        "eva@example.com",
    ]
    assert admin.call("PATCH", one, {"role": "viewer"}, If_Match='"1"').json["role"] == "viewer"
    assert admin.call("DELETE", one).status == 204
    assert admin.call("GET", one).status == 404


def test_a_superuser_invites_without_being_a_member(salon):
    made = superuser.call("POST", MEMBERS, ANA)

    assert (made.status, made.json["role"]) == (201, "staff")


@pytest.mark.parametrize("client", [viewer, staff])
def test_who_is_no_admin_learns_nothing_of_the_team(salon, client, now):
    ana = invite("salon", "ana@example.com", now=now)

    answers = [
        client.call("GET", MEMBERS),
        client.call("POST", MEMBERS, ANA),
        client.call("GET", f"{MEMBERS}/{ana.user}"),
        client.call("PATCH", f"{MEMBERS}/{ana.user}", {"role": "admin"}),
        client.call("DELETE", f"{MEMBERS}/{ana.user}"),
    ]

    assert {answer.status for answer in answers} == {403}
    assert not any("ana@example.com" in answer.text for answer in answers)


def test_another_tenants_admin_finds_nobody(salon, clinic, now):
    ana = join("salon", "ana@example.com", now=now)

    assert foreign.call("GET", MEMBERS).status == 404
    assert foreign.call("DELETE", f"{MEMBERS}/{ana.user}").status == 404
    assert foreign.call("GET", f"/tenant/clinic/api/members/{ana.user}").status == 404
    assert foreign.call("DELETE", f"/tenant/clinic/api/members/{ana.user}").status == 404
    assert teams.get("salon", ana.user, now=now).status == "ACTIVE"


def test_who_was_just_demoted_invites_nobody(salon, now):
    """The authorizer's answer, up to a minute old, still says admin."""
    join("salon", "ana@example.com", "admin", now=now)
    teams.remove("salon", "u-admin", now=now)

    assert admin.call("POST", MEMBERS, {"email": "eve@example.com", "role": "admin"}).status == 404
    assert "eve@example.com" not in people.known()


@pytest.mark.parametrize(
    "body",
    [
        {"email": "not an e-mail", "role": "staff"},
        {"email": "ana@example.com"},
        {"email": "ana@example.com", "role": "superuser"},
        {"email": "ana@example.com", "role": "ADMIN"},
        {"email": "ana@example.com\r\nBcc: x@example.com", "role": "staff"},
        {"email": "ana@example.com", "role": "staff", "user": "u-1"},
        {"email": ["ana@example.com"], "role": "staff"},
    ],
)
def test_an_invitation_that_makes_no_sense_reaches_nobody(salon, body):
    answer = admin.call("POST", MEMBERS, body)

    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert people.known() == []


@pytest.mark.parametrize("role", ["superuser", "", None, 1])
def test_nobody_is_made_a_superuser(salon, role):
    answer = admin.call("PATCH", f"{MEMBERS}/u-admin", {"role": role})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body.role")


def test_the_last_admin_is_told_why(salon):
    demoted = admin.call("PATCH", f"{MEMBERS}/u-admin", {"role": "staff"})
    removed = admin.call("DELETE", f"{MEMBERS}/u-admin")

    for answer in (demoted, removed):
        assert (answer.status, answer.json["code"]) == (409, "last_admin")


def test_a_full_plan_names_its_limit(salon):
    superuser.call("PATCH", "/admin/tenants/salon", {"max_members": 1})

    answer = admin.call("POST", MEMBERS, ANA)

    assert (answer.status, answer.json["code"], answer.json["limit"]) == (409, "plan_limit", 1)


def test_too_many_invitations_say_when_to_try_again(salon, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_PER_HOUR", 0)
    admin.call("POST", MEMBERS, ANA)

    answer = admin.call("POST", MEMBERS, ANA)

    assert (answer.status, answer.json["code"]) == (429, "too_many_requests")
    assert 0 < int(answer.headers["retry-after"]) <= 3600


def test_an_old_copy_removes_nobody(salon, now):
    ana = join("salon", "ana@example.com", now=now)

    assert admin.call("DELETE", f"{MEMBERS}/{ana.user}", If_Match='"1"').status == 412
    assert admin.call("DELETE", f"{MEMBERS}/{ana.user}", If_Match='"2"').status == 204


def test_the_list_goes_on_page_by_page(salon, now):
    for number in range(3):
        invite("salon", f"p{number}@example.com", now=now)

    first = admin.call("GET", f"{MEMBERS}?limit=3").json
    rest = admin.call("GET", f"{MEMBERS}?limit=3&cursor={first['next']}").json

    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)


def test_the_audit_log_has_who_invited_from_where(salon):
    admin.call("POST", MEMBERS, ANA)

    line = reads.span(keys.audit_partition("salon"), "0", "9")[-1]

    assert (line.user, line.role, line.address, line.request_id) == ("u-admin", "admin", "203.0.113.7", "request-1")
    assert line.changes[0][3]["role"] == [None, "staff"]


def test_a_tenant_begins_with_its_first_admin(table):
    new = {"slug": "barber", "name": "Barbería", "admin_email": "ana@example.com"}

    made = superuser.call("POST", "/admin/tenants", new, Idempotency_Key="k1")
    again = superuser.call("POST", "/admin/tenants", new, Idempotency_Key="k1")

    assert (made.status, again.json) == (201, made.json)
    assert "admin_email" not in made.json
    ((user,), admins) = team("barber")
    assert admins == {user}
    ana = Client({"barber": Role.ADMIN.value}, user=user, name="ana@example.com")
    assert [row["email"] for row in ana.call("GET", "/tenant/barber/api/members").json["items"]] == ["ana@example.com"]


@pytest.mark.parametrize("email", [None, "", "nobody", "a@b"])
def test_a_tenant_does_not_begin_without_an_admin(table, email):
    new = {"slug": "barber", "name": "Barbería"} | ({} if email is None else {"admin_email": email})

    answer = superuser.call("POST", "/admin/tenants", new)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body.admin_email")


def test_an_admin_sees_what_the_plan_has_left(salon):
    superuser.call("PATCH", "/admin/tenants/salon", {"max_members": 4})

    answer = admin.call("GET", "/tenant/salon/api/tenant/usage")

    assert answer.json["members"] == {"used": 1, "limit": 4}
    assert answer.json["appointments"] == {"used": None, "limit": None}
    assert staff.call("GET", "/tenant/salon/api/tenant/usage").status == 403
