"""The door, the template's routes, whose keys it touches, and many who write at once."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from functions.google_calendar_mock import app
from local import gateway
from mostrador import context
from mostrador.table import base, keys, tenant_guard
from mostrador.table.base import Item
from stand_ins.google import records
from stand_ins.google import router as google_calendar
from stand_ins.items import StandInRecord
from tests.support import template
from tests.support.google import EMAIL, event
from tests.support.stand_ins import PORTAL

BASE = "/google"
AT_ONCE = 12


def function():
    return template.resources("AWS::Serverless::Function")["GoogleCalendarMockFunction"]


def called(method, path, **more):
    return app.handler({"httpMethod": method, "path": f"{BASE}{path}", "headers": PORTAL} | more, None)


def told(answer):
    return json.loads(answer["body"])


def portal(method, path, body):
    return told(called(method, f"/portal{path}", body=json.dumps(body)))


def test_the_template_has_the_routes_that_are_answered():
    served = gateway.stand_ins()["paths"]

    assert {(method.upper(), path) for path, of in served.items() for method in of if path.startswith(BASE)} == {
        (method, f"{BASE}{path}") for method, path in google_calendar.ROUTES
    }


def test_it_is_only_where_the_parameter_says_so():
    assert function()["Condition"] == "HasStandIns"


@pytest.mark.parametrize("more", [{}, {"body": None, "headers": None, "multiValueQueryStringParameters": None}])
def test_a_request_may_have_nothing_but_an_address(table, more):
    answer = called("POST", "/token", **more)

    assert (answer["statusCode"], told(answer)["error"]) == (400, "unsupported_grant_type")


def test_a_body_may_come_in_base64(table):
    body = b64encode(b'{"client_secret":"s","redirect_uris":[]}').decode()

    answer = called("PUT", "/portal/clients/client-1", body=body, isBase64Encoded=True)

    assert told(answer) == {"client_id": "client-1", "redirect_uris": []}


@pytest.mark.parametrize("written", [EMAIL, quote(EMAIL, safe="")])
def test_an_address_comes_encoded_or_decoded(table, written):
    portal("PUT", f"/accounts/{written}", {})

    assert told(called("GET", f"/portal/calendars/{written}/events")) == {"items": [], "writes": {}, "changes": 0}


def test_what_is_nowhere_is_not_found(table):
    assert called("GET", "/calendar/v3/colors")["statusCode"] == 404
    assert called("DELETE", "/token")["statusCode"] == 404


def test_it_touches_no_keys_but_its_own(table):
    refused = tenant_guard.counts["refused"]

    with context.working(None):
        portal("PUT", f"/accounts/{EMAIL}", {})
        portal("POST", f"/calendars/{quote(EMAIL)}/events", event())

    assert tenant_guard.counts["refused"] == refused
    with context.working(keys.stand_in("google"), context.SYSTEM):
        stored = list(StandInRecord.query(keys.stand_in_partition("google", f"EVENT#{EMAIL}")))
    assert [one.expires_at is not None for one in stored] == [True]


def write_at_once(event_ids):
    """The statuses of one insert each, all at the same time."""
    portal("PUT", f"/accounts/{EMAIL}", {})
    path = f"/portal/calendars/{EMAIL}/events"

    def insert(event_id):
        return called("POST", path, body=json.dumps(event(id=event_id)))["statusCode"]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(insert, event_ids))


def stored():
    return told(called("GET", f"/portal/calendars/{EMAIL}/events"))


def unguarded(*changed):
    """Writes without a condition."""
    for record in changed:
        item = records._item(record)
        item.version = 1
        base.client().put_item(TableName=Item.Meta.table_name, Item=item.serialize())


@pytest.mark.race
def test_of_many_who_want_one_id_at_once_one_has_it(dynoxide):
    statuses = write_at_once(["event09"] * AT_ONCE)

    assert statuses == [200] + [409] * (AT_ONCE - 1)
    assert stored()["writes"] == {"person_insert": 1}


@pytest.mark.race
def test_no_change_is_uncounted_however_many_write_at_once(dynoxide):
    assert write_at_once([f"event{number}" for number in range(AT_ONCE)]) == [200] * AT_ONCE

    assert stored()["changes"] == AT_ONCE


@pytest.mark.race
def test_without_conditions_changes_would_be_lost(dynoxide, monkeypatch):
    monkeypatch.setattr(records, "save", unguarded)

    write_at_once([f"event{number}" for number in range(AT_ONCE)])

    assert stored()["changes"] < AT_ONCE
