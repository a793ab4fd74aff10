"""GET's answer sent back: read-only fields that are as they were are ignored, others are refused by their names."""

import re

import pytest

from mostrador.calendars.views.calendars import CalendarForm, CalendarView
from mostrador.people.rules.membership import INVITATION
from mostrador.people.rules.permissions import HIDDEN, WRITES, Role, is_at_least
from mostrador.scheduling.views.appointments import AppointmentView
from mostrador.tenancy.views.integrations import BancardForm
from tests.functions import test_fields
from tests.functions.test_integrations import FORM
from tests.support import answers, gateway, raffles, snapshots, template
from tests.support.days import shifted
from tests.support.http import admin, staff, superuser
from tests.support.problems import fault
from tests.support.teams import invite

SALON = "/tenant/salon/api"
CONNECTIONS = {"BANCARD": FORM, "GOOGLE_CALENDAR": {}}
FORMS = {"BANCARD": BancardForm, "GOOGLE_CALENDAR": CalendarForm}
EDITS = [(method, path) for method, path, _ in template.routes() if method in ("PUT", "PATCH")]
MOVING = {"version", "updated_at"}
"""They change with every edit."""


@pytest.fixture
def places(haircut, now):
    """One of each in the salon: its name, as ``WRITES`` or a connection has it, and its URL."""
    return snapshots.once("sent back", lambda: _places(haircut, now))


def _places(haircut, now):
    urls = test_fields.made(haircut, now)
    connections = {kind: f"{SALON}/integrations/{kind}" for kind in CONNECTIONS}
    for kind, url in connections.items():
        assert admin.call("PUT", url, CONNECTIONS[kind]).status == 200
    return urls | connections


def place_of(path, places):
    """The name, the URL and the editor of what a route edits."""
    if path.startswith("/admin/"):
        return "tenant", "/admin/tenants/salon", superuser
    pattern = re.sub(r"{\w+}", "[^/]+", path)
    found = [(name, url) for name, url in places.items() if re.fullmatch(pattern, url)]
    assert len(found) == 1, f"tests/functions/test_fields.py: made() has no {path}"
    return *found[0], admin


def writable(name, client):
    """The fields that the client may write."""
    if name in FORMS:
        return set(FORMS[name].model_fields)
    role = Role.SUPERUSER if client is superuser else Role.ADMIN
    return {field for field, least in WRITES[name].items() if is_at_least(role, least)}


def without(answer, names):
    return {name: value for name, value in answer.items() if name not in names}


@pytest.mark.parametrize(("method", "path"), EDITS)
def test_what_get_answered_is_sent_back_and_changes_nothing(places, method, path):
    _, url, client = place_of(path, places)
    before = client.call("GET", url).json

    answer = client.call(method, url, before)

    assert answer.status == 200, answer.text
    assert without(answer.json, MOVING) == without(before, MOVING)
    assert without(client.call("GET", url).json, MOVING) == without(before, MOVING)


@pytest.mark.parametrize(("method", "path"), EDITS)
def test_another_value_of_a_field_that_is_only_read_is_refused_by_its_name(places, case, method, path):
    name, url, client = place_of(path, places)
    before = client.call("GET", url).json
    read_only = before.keys() - writable(name, client) - CalendarView.volatile - AppointmentView.volatile
    assert "version" in read_only

    for field in read_only:
        with case(field=field):
            answer = client.call(method, url, before | {field: "another"})

            assert (answer.status, answer.json["code"]) == (403, "field_forbidden"), answer.text
            assert fault(answer.json)["field"] == f"body.{field}"
            assert fault(answer.json)["value"] == "another"
    assert client.call("GET", url).json == before


@pytest.mark.parametrize(("method", "path"), EDITS)
def test_the_answer_of_an_older_version_is_stale(places, method, path):
    _, url, client = place_of(path, places)
    before = client.call("GET", url).json

    answer = client.call(method, url, before | {"version": before["version"] + 1})

    assert (answer.status, answer.json["code"]) == (412, "stale")
    assert fault(answer.json)["field"] == "body.version"
    assert client.call("GET", url).json == before


@pytest.mark.parametrize(("method", "path"), EDITS)
def test_comparing_reads_nothing_more(places, method, path):
    name, url, client = place_of(path, places)
    assert client.call(method, url, client.call("GET", url).json).status == 200
    before = client.call("GET", url).json
    own = {field: value for field, value in before.items() if field in writable(name, client)}

    with gateway.tenants_touched() as plain:
        assert client.call(method, url, own).status == 200
    again = client.call("GET", url).json
    with gateway.tenants_touched() as whole:
        assert client.call(method, url, again).status == 200

    assert whole.requests == plain.requests > 0


def test_a_field_that_changes_by_itself_is_not_compared(places):
    url = places["GOOGLE_CALENDAR"]
    before = admin.call("GET", url).json

    answer = admin.call("PUT", url, before | {"parked_events": 3, "parked_reason": "invalid"})

    assert (answer.status, answer.json["parked_events"]) == (200, 0)


def test_a_field_that_a_higher_role_writes_is_only_read(places):
    url = places["appointment"]
    before = staff.call("GET", url).json

    other = staff.call("PUT", url, before | {"total_amount": "1"})
    same = staff.call("PUT", url, before)

    assert (same.status, other.status, fault(other.json)["field"]) == (200, 403, "body.total_amount")


def test_a_field_that_the_role_does_not_see_is_not_told_by_guessing(places, monkeypatch):
    url = places["appointment"]
    paid = admin.call("GET", url).json["paid_amount"]
    assert staff.call("PATCH", url, {"paid_amount": paid}).status == 200

    monkeypatch.setitem(HIDDEN["appointment"], "paid_amount", Role.ADMIN)
    monkeypatch.setattr(answers, "check", lambda *_: None)  # the document demands this field of every answer

    assert "paid_amount" not in staff.call("GET", url).json
    assert {staff.call("PATCH", url, {"paid_amount": guess}).status for guess in (paid, "1")} == {422}


def test_what_is_paid_can_be_sent_back_though_its_amount_is_fixed(places):
    url = places["appointment"]
    assert staff.call("POST", f"{url}/confirm", {"payment_transaction_id": "T-1"}).status == 200
    before = admin.call("GET", url).json

    other = admin.call("PUT", url, before | {"total_amount": "1"})
    same = admin.call("PUT", url, before)

    assert before["payment_status"] == "PAID"
    assert (same.status, other.status) == (200, 409)


def test_an_open_raffle_can_be_sent_back(salon, now):
    url = f"{SALON}/raffles/{raffles.opened(now, packages=[{'numbers': 5, 'price': '40000'}]).id}"
    before = admin.call("GET", url).json

    answer = admin.call("PUT", url, before | {"draw_place": "Plaza"})

    assert (answer.status, answer.json["draw_place"]) == (200, "Plaza")
    assert admin.call("PUT", url, answer.json | {"price": "1"}).json["code"] == "raffle_stands"


def test_an_invitation_that_has_ended_is_sent_back_as_it_is_shown(salon, now, monkeypatch):
    from mostrador import clock

    url = f"{SALON}/members/{invite('salon', 'ana@example.com', now=now).user}"
    monkeypatch.setattr(clock, "now", lambda: now + INVITATION)
    before = admin.call("GET", url).json

    assert before["status"] == "EXPIRED"
    assert admin.call("PATCH", url, before).status == 200


def test_an_instant_may_come_back_in_another_zone(places):
    url = places["appointment"]
    before = admin.call("GET", url).json
    in_utc = shifted("2026-12-01T12:00:00Z")
    assert before["scheduled_at"] != in_utc

    later = in_utc.replace("T12", "T13")
    other, same = (admin.call("PUT", url, before | {"scheduled_at": at}) for at in (later, in_utc))

    assert (same.status, fault(other.json)["field"]) == (200, "body.scheduled_at")


def test_a_creation_takes_no_read_only_fields(places):
    before = admin.call("GET", places["resource"]).json

    answer = admin.call("POST", f"{SALON}/resources", before)

    assert answer.status == 422
    assert {one["code"] for one in answer.json["errors"]} == {"extra_forbidden"}


def test_read_only_fields_of_a_connection_that_is_not_there_are_refused(salon):
    answer = admin.call("PUT", f"{SALON}/integrations/BANCARD", FORM | {"status": "ACTIVE"})

    assert (answer.status, fault(answer.json)["field"]) == (403, "body.status")
    assert admin.call("GET", f"{SALON}/integrations/BANCARD").status == 404
