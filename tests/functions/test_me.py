"""What whoever is signed in finds of their own."""

from datetime import timedelta

import pytest

from mostrador import clock
from mostrador.people import members
from mostrador.people.rules.permissions import HIDDEN, Role
from tests.support.days import shifted
from tests.support.gateway import Told
from tests.support.http import Client, admin, superuser
from tests.support.teams import invite, join


def person(member, **roles):
    return Client(roles, user=member.user, name=member.email)


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of the doors."""
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def test_an_invitation_is_found_and_accepted_twice_with_one_result(salon, now, at):
    at(now)
    ana = person(invite("salon", "ana@example.com", "staff", now=now))

    (found,) = ana.call("GET", "/me").json["invitations"]
    first = ana.call("POST", "/me/invitations/salon/accept")
    again = ana.call("POST", "/me/invitations/salon/accept")

    assert (found["slug"], found["role"], found["invited_by"]) == ("salon", "staff", "eva@example.com")
    assert found["expires_at"] == shifted("2026-12-07T13:00:00Z")
    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json == ana.call("GET", "/me").json["memberships"][0]


def test_a_late_acceptance_says_so(salon, now, at):
    ana = person(invite("salon", "ana@example.com", now=now))
    at(now + timedelta(days=7))

    answer = ana.call("POST", "/me/invitations/salon/accept")

    assert (answer.status, answer.json["code"]) == (409, "invitation_expired")
    assert ana.call("GET", "/me").json["invitations"][0]["status"] == "EXPIRED"


def test_nobody_accepts_in_the_name_of_others(salon, now, at):
    at(now)
    invite("salon", "ana@example.com", "admin", now=now)
    eve = Client({}, user="u-eve", name="ana@example.com")

    answers = [eve.call("POST", f"/me/invitations/{slug}/accept") for slug in ("salon", "no-such-tenant")]

    assert {answer.status for answer in answers} == {404}
    assert answers[0].text.replace("salon", "no-such-tenant") == answers[1].text


def test_a_superuser_is_told_to_be_one(salon, now):
    told = superuser.call("GET", "/me").json

    assert told["is_superuser"] is True
    assert told["memberships"] == []


def test_a_superuser_without_a_second_factor_is_told_so(salon):
    told = {"user": "root", "email": "root@example.com", "superuser": "false", "roles": "{}", "needs_mfa": "true"}

    shown = Told({}, told=tuple(told.items())).call("GET", "/me").json

    assert (shown["is_superuser"], shown["needs_mfa"]) == (False, True)


def test_the_permissions_come_with_the_membership(salon, now):
    ana = person(join("salon", "ana@example.com", "viewer", now=now), salon="viewer")

    (told,) = ana.call("GET", "/me").json["memberships"]

    assert "appointments.read" in told["may"]
    assert "appointments.book" not in told["may"]
    assert told["writes"] == {}
    assert set(told["hidden"]) == set(HIDDEN)


def test_a_member_leaves_and_the_last_admin_does_not(salon, now):
    ana = person(join("salon", "ana@example.com", now=now), salon="viewer")

    assert ana.call("DELETE", "/me/memberships/salon").status == 204
    assert ana.call("DELETE", "/me/memberships/salon").status == 404
    refused = admin.call("DELETE", "/me/memberships/salon")
    assert (refused.status, refused.json["code"]) == (409, "last_admin")


def test_an_invitation_is_declined_once(salon, now):
    ana = person(invite("salon", "ana@example.com", now=now))

    assert ana.call("DELETE", "/me/invitations/salon").status == 204
    assert ana.call("DELETE", "/me/invitations/salon").status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("POST", "/me/invitations/salon/accept"),
        ("DELETE", "/me/invitations/salon"),
        ("DELETE", "/me/memberships/salon"),
    ],
)
def test_an_api_key_is_nobody(salon, method, path):
    key = Client({"salon": "admin"}, user=f"{members.KEY}{'0' * 32}")

    answer = key.call(method, path)

    assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_what_cannot_be_a_tenant_is_not_found(salon):
    for slug in ("T%23salon", "x", "Salon", "s" * 64):
        assert admin.call("POST", f"/me/invitations/{slug}/accept").status == 404


def test_the_role_of_the_token_does_not_make_a_member(salon, now):
    """Roles come from the table: what an old token says is not repeated."""
    ghost = Client({"salon": Role.ADMIN.value}, user="u-ghost")

    assert ghost.call("GET", "/me").json["memberships"] == []
