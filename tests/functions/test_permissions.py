"""Every endpoint of the template with every role, and with somebody of another tenant."""

import pytest

from tests.support import samples, template
from tests.support.http import Client, admin, foreign, staff, viewer

IN_TENANT = [(method, path) for method, path, _ in template.routes() if path.startswith("/tenant/{slug}/api/")]
ADMIN_ONLY = [(method, path) for method, path, _ in template.routes() if path.startswith("/admin/")]
NOBODY = Client({})
OF_STAFF = ("/appointments", "/series", "/waiting")


def may(role, method, path):
    """The rules of the house: viewers read, staff also work with appointments, admins change the rest too."""
    if method == "GET" or role == "admin":
        return True
    return role == "staff" and path.removeprefix("/tenant/{slug}/api").startswith(OF_STAFF)


def call(client, method, path, slug="salon"):
    return client.call(method, samples.url(path, slug=slug), samples.body(method, path))


@pytest.mark.parametrize(("role", "client"), [("viewer", viewer), ("staff", staff), ("admin", admin)])
@pytest.mark.parametrize(("method", "path"), IN_TENANT)
def test_each_role_may_do_its_own(salon, method, path, role, client):
    answer = call(client, method, path)

    if may(role, method, path):
        assert answer.status in (200, 201, 204, 404), answer.text
    else:
        assert (answer.status, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("client", [foreign, NOBODY], ids=["of another tenant", "of none"])
@pytest.mark.parametrize(("method", "path"), IN_TENANT)
def test_who_has_no_role_in_the_tenant_finds_nothing(salon, method, path, client):
    here, nowhere = call(client, method, path), call(client, method, path, slug="no-such-tenant")

    assert here.status == nowhere.status == 404
    assert here.text.replace("salon", "no-such-tenant") == nowhere.text


@pytest.mark.parametrize(("method", "path"), ADMIN_ONLY)
def test_only_superusers_see_the_list_of_tenants(salon, method, path):
    body = {"slug": "new", "name": "New"} if method == "POST" else {} if method == "PATCH" else None

    answer = admin.call(method, path.replace("{slug}", "salon"), body)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [route for route in IN_TENANT if route[1].count("{") > 1])
def test_another_tenants_ids_are_not_found(haircut, clinic, method, path):
    both = Client({"salon": "admin", "clinic": "admin"})
    ana = both.call("POST", "/tenant/salon/api/customers", {"name": "Ana"}).json["id"]
    form = {"service_id": haircut.id, "starts_at": "2026-12-01T12:00:00Z", "customer_id": ana}
    booked = both.call("POST", "/tenant/salon/api/appointments", form).json["id"]
    ids = {
        "service_id": haircut.id,
        "resource_id": haircut.resource_ids[0],
        "customer_id": ana,
        "appointment_id": booked,
    }
    answer = both.call(method, samples.url(path, **(ids | {"slug": "clinic"})), samples.body(method, path))

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert "Ana" not in answer.text


def test_a_tenant_that_is_suspended_is_not_there(salon, now):
    superuser = Client({}, superuser=True)
    before = viewer.call("GET", "/tenant/salon/api/services")
    assert superuser.call("PATCH", "/admin/tenants/salon", {"is_active": False}).status == 200

    after = viewer.call("GET", "/tenant/salon/api/services")

    assert (before.status, after.status) == (200, 404)
    assert superuser.call("PATCH", "/admin/tenants/salon", {"is_active": True}).json["is_active"] is True
    assert viewer.call("GET", "/tenant/salon/api/services").status == 200


def test_the_default_tenant_exists_and_stays(table):
    superuser = Client({}, superuser=True)

    assert superuser.call("GET", "/tenant/default/api/tenant").json["slug"] == "default"
    refused = superuser.call("PATCH", "/admin/tenants/default", {"is_active": False})
    assert (refused.status, refused.json["code"]) == (422, "default_tenant_stays")


def test_an_admin_does_not_raise_the_own_plan(salon):
    answer = admin.call("PATCH", "/tenant/salon/api/tenant", {"max_appointments_per_month": 9999})

    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == "body.max_appointments_per_month"


def test_the_table_in_the_permissions_is_what_the_doors_do():
    from mostrador.rules.permissions import MAY, Action, Role

    assert MAY[Role.VIEWER] < MAY[Role.STAFF] < MAY[Role.ADMIN] < MAY[Role.SUPERUSER]
    assert Action.BOOK not in MAY[Role.VIEWER]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("field", "value"),
    [("tenant", "clinic"), ("created_at", "2026-01-01T00:00:00Z"), ("total_amount", "1"), ("status", "COMPLETED")],
)
def test_an_edit_never_touches_tenant_times_amount_or_state(haircut, now, method, field, value):
    form = {"service_id": haircut.id, "starts_at": "2026-12-01T12:00:00Z", "customer": {"name": "Ana"}}
    booked = staff.call("POST", "/tenant/salon/api/appointments", form).json
    one = f"/tenant/salon/api/appointments/{booked['id']}"

    for client in (staff, admin):
        answer = client.call(method, one, {field: value})

        assert (answer.status, answer.json["errors"][0]["code"]) == (422, "extra_forbidden")
    assert viewer.call("GET", one).json == booked
