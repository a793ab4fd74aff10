"""The routes of the old backoffice, which name no tenant: they are the ``default`` tenant's."""

import pytest

from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.tenancy import tenants
from tests.support import samples, template
from tests.support.http import Client, admin

OLD = [(method, path) for method, path, _ in template.old_routes()]
of_default = Client({"default": "admin"})
SERVICE = {"name": "Corte", "duration_minutes": 30, "price": "80000"}


@pytest.fixture
def default(table, now):
    shop = tenants.find("default", now=now)
    members.add("default", "u-admin", email="eva@example.com", role=Role.ADMIN, now=now)
    return shop


def test_each_is_a_route_of_a_tenant_too():
    of_tenants = {(method, path) for method, path, _ in template.routes()}

    assert {(method, f"/tenant/{{slug}}{path}") for method, path in OLD} < of_tenants


@pytest.mark.parametrize(("method", "path"), OLD)
def test_each_answers_as_the_default_tenants_own(default, method, path):
    own = f"/tenant/default{path}"

    body, key = samples.body(method, path), {"Idempotency_Key": "one-request"}
    old = of_default.call(method, samples.url(path), body, **key)
    new = of_default.call(method, samples.url(own), body, **key)

    assert old.status == new.status < 500


def test_what_is_made_by_the_old_route_is_the_default_tenants(default):
    made = of_default.call("POST", "/api/services/", SERVICE)

    assert made.status == 201
    assert of_default.call("GET", f"/tenant/default/api/services/{made.json['id']}").json == made.json
    assert of_default.call("GET", f"/api/services/{made.json['id']}").json == made.json


@pytest.mark.parametrize(("method", "path"), OLD)
def test_who_is_not_of_the_default_tenant_finds_nothing(default, salon, method, path):
    answer = admin.call(method, samples.url(path), samples.body(method, path))

    assert (answer.status, answer.json["code"]) == (404, "not_found")
