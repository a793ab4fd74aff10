"""The door of the stand-in: events of API Gateway in any shape, the template's routes, and whose keys it touches."""

import json
from base64 import b64encode

import pytest

from functions.bancard_mock import app
from local import gateway as gateway_definition
from mostrador.table import keys, reads, tenant_guard
from stand_ins.bancard import router as bancard
from tests.stand_ins.conftest import API, PROCESS
from tests.support import gateway, template
from tests.support.stand_ins import PORTAL

NOWHERE = bancard._NOWHERE.body.decode()
VALUES = {"user_id": "1", "public_key": "X" * 32, "shop_process_id": "1"}


def function():
    return template.resources("AWS::Serverless::Function")["BancardMockFunction"]


def routes():
    served = gateway_definition.stand_ins()["paths"]
    return [(method.upper(), path) for path, of in served.items() for method in of if path.startswith("/bancard/")]


def called(method="POST", path=f"/bancard{API}/charge", **more):
    return app.handler({"httpMethod": method, "path": path, "headers": PORTAL} | more, None)


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": None, "queryStringParameters": None, "headers": None}])
def test_a_request_may_have_no_body(table, event):
    answer = called(**event)

    assert (answer["statusCode"], json.loads(answer["body"])["messages"][0]["key"]) == (200, "InvalidJsonError")


def test_a_body_may_come_in_base64(table):
    body = b64encode(b'{"public_key":"x"}').decode()

    assert "InvalidPublicKeyError" in called(body=body, isBase64Encoded=True)["body"]


def test_the_case_of_headers_does_not_matter(table):
    plain = called(body="{}", headers={"content-type": "application/json"})

    assert called(body="{}", headers={"Content-Type": "text/plain"}) == plain


def test_an_answer_is_text(table):
    answer = called("GET", "/bancard/checkout/new", queryStringParameters={"process_id": "x"})

    assert isinstance(answer["body"], str)
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"/bancard{API}/charge"), ("POST", "/bancard"), ("POST", "/elsewhere"), ("GET", "/bancard/portal/keys")],
)
def test_what_is_not_served_is_not_found(table, method, path):
    assert called(method, path)["statusCode"] == 404


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_is_answered(table, method, path):
    assert called(method, path.format(**VALUES))["body"] != NOWHERE


def test_every_answer_has_a_route():
    assert {(method, f"/bancard{path}") for method, path, _ in bancard.ROUTES} == set(routes())
    assert called("GET", "/bancard/portal/keys")["body"] == NOWHERE


def test_the_stand_in_is_only_where_the_parameter_says_so():
    assert function()["Condition"] == "HasStandIns"


def test_it_has_time_to_be_slow():
    assert function()["Properties"]["Timeout"] >= 29


def test_it_touches_its_own_keys_alone(shop):
    refused = tenant_guard.counts["refused"]
    with gateway.tenants_touched() as touched:
        shop.buy()
        shop.pay()
        shop.rollback()

    assert touched.requests > 0
    assert touched.slugs == set()
    assert tenant_guard.counts["refused"] == refused


def test_what_it_keeps_goes_away_by_itself(shop):
    shop.buy()

    kept = reads.get_item(keys.stand_in_record("bancard", "PURCHASE", f"{shop.public_key}#{PROCESS}"))
    assert kept.pk == "T#_bancard#PURCHASE"
    assert kept.expires_at > 0
