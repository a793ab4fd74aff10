"""Every endpoint of the template with every role, and with somebody of another tenant."""

import pytest

from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Action, Role
from mostrador.table import keys, reads, writes
from tests.support import doors, samples, template
from tests.support.days import shifted
from tests.support.http import Client, admin, foreign, staff, viewer

IN_TENANT = [(method, path) for method, path, _ in template.routes() if path.startswith("/tenant/{slug}/api/")]
ADMIN_ONLY = [(method, path) for method, path, _ in template.routes() if path.startswith("/admin/")]
NOBODY = Client({})
ROLES = [("viewer", viewer), ("staff", staff), ("admin", admin)]


def call(client, method, path, slug="salon"):
    url, headers = samples.url(path, slug=slug), samples.headers(method, path)
    return client.call(method, url, samples.body(method, path), **headers)


@pytest.mark.parametrize(("method", "path"), IN_TENANT)
def test_each_role_may_do_what_the_table_says_and_nothing_else(salon, case, method, path):
    for role, client in ROLES:
        with case(role=role):
            is_as_the_table_says(call(client, method, path), role, doors.action(method, path))


def is_as_the_table_says(answer, role, action):
    if permissions.may(Role(role), action):
        assert answer.status in (200, 201, 204, 404, 409), answer.text
    else:
        assert answer.status == 403
        told = {"forbidden": action.value, "field_forbidden": f"the role {role} may not write"}
        assert told[answer.json["code"]] in answer.json["detail"]


def test_every_action_of_the_table_is_the_action_of_a_route():
    asked = {doors.action(method, path) for method, path in IN_TENANT}

    assert asked == set(Action) - {Action.OPERATE}


@pytest.mark.parametrize("action", sorted(permissions.CONFIRMED))
def test_who_was_an_admin_a_moment_ago_is_none_any_more(salon, now, action):
    """The authorizer's answer is up to a minute old: it still says admin."""
    method, path = next(route for route in IN_TENANT if doors.action(*route) is action)
    member = reads.get_item(keys.member("salon", "u-admin"))
    with writes.transaction() as tx:
        tx.delete(member)

    answer = call(admin, method, path)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_who_was_an_admin_a_moment_ago_agrees_no_price_any_more(haircut, now):
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "Ana"}}
    booked = admin.call("POST", "/tenant/salon/api/appointments", form).json
    member = reads.get_item(keys.member("salon", "u-admin"))
    member.role = "staff"
    with writes.transaction() as tx:
        tx.save(member)

    answer = admin.call("PATCH", f"/tenant/salon/api/appointments/{booked['id']}", {"total_amount": "1"})

    assert (answer.status, answer.json["code"]) == (403, "field_forbidden")


def test_who_was_demoted_a_moment_ago_changes_no_more_than_the_new_role(salon, now):
    member = reads.get_item(keys.member("salon", "u-admin"))
    member.role = "staff"
    with writes.transaction() as tx:
        tx.save(member)

    answer = admin.call("PATCH", "/tenant/salon/api/tenant", {"name": "Otro"})

    assert (answer.status, answer.json["detail"]) == (403, "the role staff may not do this (tenant.change)")


@pytest.mark.parametrize(("method", "path"), IN_TENANT)
def test_who_has_no_role_in_the_tenant_finds_nothing(salon, case, method, path):
    for of, client in (("another tenant", foreign), ("none", NOBODY)):
        with case(of=of):
            here, nowhere = call(client, method, path), call(client, method, path, slug="no-such-tenant")

            assert here.status == nowhere.status == 404
            assert here.text.replace("salon", "no-such-tenant") == nowhere.text


@pytest.mark.parametrize(("method", "path"), ADMIN_ONLY)
def test_only_superusers_see_the_list_of_tenants(salon, method, path):
    body = (
        {"slug": "new", "name": "New", "admin_email": "a@example.com"}
        if (method, path) == ("POST", "/admin/tenants")
        else {}
        if method == "PATCH" or path.endswith("/relocate")
        else None
    )

    answer = admin.call(method, path.replace("{slug}", "salon"), body)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [route for route in IN_TENANT if route[1].count("{") > 1])
def test_another_tenants_ids_are_not_found(haircut, clinic, method, path):
    both = Client({"salon": "admin", "clinic": "admin"})
    ana = both.call("POST", "/tenant/salon/api/customers", {"name": "Ana"}).json["id"]
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_id": ana}
    booked = both.call("POST", "/tenant/salon/api/appointments", form).json["id"]
    ids = {
        "service_id": haircut.id,
        "resource_id": haircut.resource_ids[0],
        "customer_id": ana,
        "appointment_id": booked,
    }
    url, headers = samples.url(path, **(ids | {"slug": "clinic"})), samples.headers(method, path)
    answer = both.call(method, url, samples.body(method, path), **headers)

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert "Ana" not in answer.text


def test_a_tenant_that_is_suspended_is_not_there(salon, now):
    superuser = Client({}, superuser=True)
    before = viewer.call("GET", "/tenant/salon/api/services")
    assert superuser.call("POST", "/admin/tenants/salon/suspend").status == 200

    after = viewer.call("GET", "/tenant/salon/api/services")

    assert (before.status, after.status) == (200, 404)
    assert superuser.call("POST", "/admin/tenants/salon/resume").json["is_active"] is True
    assert viewer.call("GET", "/tenant/salon/api/services").status == 200


def test_the_default_tenant_exists_and_stays(table):
    superuser = Client({}, superuser=True)

    assert superuser.call("GET", "/tenant/default/api/tenant").json["slug"] == "default"
    refused = superuser.call("POST", "/admin/tenants/default/suspend")
    assert (refused.status, refused.json["code"]) == (422, "default_tenant_stays")
