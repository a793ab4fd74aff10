"""Only who knows the stack's token orders something of a stand-in."""

import json

import pytest

from functions.bancard_mock import app as bancard
from functions.google_calendar_mock import app as google
from stand_ins import entry
from tests.support.stand_ins import PORTAL

TOKEN = PORTAL["X-Stand-Ins-Token"]
PORTALS = [
    (door.handler, method, path)
    for door in (bancard, google)
    for method, path in door.STAND_IN_ROUTES
    if "/portal" in path
]
SHOP = "/bancard/portal/applications/MOCKpub0000000000000000000000001"


def called(handler, method, path, headers):
    return handler({"httpMethod": method, "path": path, "headers": headers, "body": "{}"}, None)


@pytest.mark.parametrize("headers", [None, {}, {"X-Stand-Ins-Token": ""}, {"X-Stand-Ins-Token": f"{TOKEN}x"}])
@pytest.mark.parametrize(("handler", "method", "path"), PORTALS)
def test_every_route_of_a_portal_asks_for_the_token(table, handler, method, path, headers):
    assert called(handler, method, path, headers)["statusCode"] == 401


def test_a_portal_is_more_than_a_few_routes():
    assert len(PORTALS) > 15


@pytest.mark.parametrize("name", ["X-Stand-Ins-Token", "x-stand-ins-token"])
def test_with_the_token_a_shop_is_registered(table, name):
    form = json.dumps({"private_key": "k" * 20, "confirmation_url": "https://shop.example/x"})

    answer = bancard.handler({"httpMethod": "PUT", "path": SHOP, "headers": {name: TOKEN}, "body": form}, None)

    assert answer["statusCode"] == 200, answer["body"]


@pytest.mark.parametrize("token", [None, ""])
def test_a_stack_without_a_token_lets_nobody_in(table, monkeypatch, token):
    monkeypatch.delenv("STAND_INS_TOKEN")
    if token is not None:
        monkeypatch.setenv("STAND_INS_TOKEN", token)

    assert not entry.is_token("")
    assert called(bancard.handler, "PUT", SHOP, {"X-Stand-Ins-Token": ""})["statusCode"] == 401


@pytest.mark.parametrize("path", ["/portal", "/portal/x", "//portal/x", "/PORTAL/x"])
def test_no_other_writing_of_the_path_is_a_way_around(table, path):
    assert called(bancard.handler, "POST", f"/bancard{path}", {})["statusCode"] in (401, 404)
