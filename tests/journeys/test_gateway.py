"""The deployed gateway serves what the doors declare, and nothing else."""

import pytest

from local import routes
from tests.journeys.conftest import PATIENCE

pytestmark = [pytest.mark.journey, pytest.mark.core]
SALON = "/tenant/salon-beauty"


@pytest.fixture(scope="module")
def deployed(stack):
    """Method and path -> the authorizer of each method that the gateway has."""
    gateway, api_id = stack.client("apigateway"), stack.api_url.split("/")[-2]
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    return {
        (method, resource["path"]): gateway.get_method(
            restApiId=api_id, resourceId=resource["id"], httpMethod=method
        ).get("authorizationType")
        for page in pages
        for resource in page["items"]
        for method in resource.get("resourceMethods", {})
    }


def test_door_and_gateway_are_the_same(deployed):
    declared = {
        (method, path): "NONE" if route.is_open else "CUSTOM"
        for _, route in routes.of_doors()
        for path in filter(None, (route.path, route.old_path))
        for method in (["GET", "HEAD"] if route.method == "GET" else [route.method])
    }
    declared |= {("OPTIONS", path): "NONE" for _, path in declared}

    assert deployed == declared


@pytest.mark.parametrize("path", [f"{SALON}/public", "/openapi.json"])
def test_head_is_get_without_a_body(http, path):
    whole, head = http.get(path, timeout=PATIENCE), http.head(path, timeout=PATIENCE)

    assert (whole.status_code, head.status_code, head.content) == (200, 200, b"")
    assert len(whole.content) > 100
    assert head.headers["etag"] == whole.headers["etag"]


def test_head_asks_for_the_same_sign_in(http, seeded):
    viewer, path = seeded("salon-beauty").viewer, f"{SALON}/api/services"

    assert http.head(path).status_code == http.get(path).status_code == 401
    assert viewer.call("HEAD", path).status_code == viewer.call("GET", path).status_code == 200
    assert viewer.call("HEAD", "/tenant/clinic-health/api/services").status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (f"{SALON}/api/services", "GET, HEAD, OPTIONS, POST"),
        (f"{SALON}/public", "GET, HEAD, OPTIONS"),
        ("/api/services", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_options_names_the_methods_to_anybody(http, path, allowed):
    answer = http.options(path)

    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")


def test_what_is_made_is_where_location_says(seeded):
    admin, path = seeded("salon-beauty").admin, f"{SALON}/api/customers"

    made = admin.call("POST", path, {"name": "Quien se muda"})

    assert made.status_code == 201
    there = admin.call("GET", f"{SALON}/api/{made.headers['location']}")
    assert there.json() == made.json()
