"""Calendars and CSV through the doors."""

import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from icalendar import Calendar

from tests.support.days import shifted
from tests.support.http import Client, admin, superuser, viewer
from tests.support.sheets import rows

STRANGER = Client({})
FEEDS = "/tenant/salon/api/feeds"
APPOINTMENTS = "/tenant/salon/api/appointments"
CUSTOMERS = "/tenant/salon/api/customers"


@pytest.fixture
def booked(haircut):
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "Ana"}}
    return admin.call("POST", APPOINTMENTS, form).json


def test_the_secret_address_is_told_once_and_answers_anybody(booked):
    made = admin.call("POST", FEEDS, {})

    assert made.status == 201
    assert made.headers["etag"] == '"1"'
    answer = STRANGER.call("GET", made.json["path"])
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, max-age=900"
    assert [event["uid"] for event in Calendar.from_ical(answer.text).walk("VEVENT")] == [f"{booked['id']}@mostrador"]
    assert "Ana" not in answer.text

    (listed,) = viewer.call("GET", FEEDS).json["items"]
    assert listed == {name: value for name, value in made.json.items() if name != "path"}


def test_who_has_it_is_told_so_until_it_changes(booked):
    path = admin.call("POST", FEEDS, {}).json["path"]
    etag = STRANGER.call("GET", path).headers["etag"]

    same = STRANGER.call("GET", path, If_None_Match=f'"other", {etag}')
    assert (same.status, same.text, same.headers["etag"]) == (304, "", etag)

    assert admin.call("POST", f"{APPOINTMENTS}/{booked['id']}/cancel").status == 200
    changed = STRANGER.call("GET", path, If_None_Match=etag)
    assert changed.status == 200
    assert changed.headers["etag"] != etag
    assert "STATUS:CANCELLED\r\n" in changed.text


def test_a_revoked_an_unknown_and_a_suspended_tenants_calendar_are_the_same_answer(salon):
    made, other = admin.call("POST", FEEDS, {}).json, admin.call("POST", FEEDS, {}).json
    assert admin.call("DELETE", f"{FEEDS}/{made['id']}").status == 204
    revoked = STRANGER.call("GET", made["path"])
    unknown = STRANGER.call("GET", f"/calendar/nobody.{'0' * 32}.{'A' * 43}.ics")
    malformed = STRANGER.call("GET", "/calendar/x")
    assert superuser.call("POST", "/admin/tenants/salon/suspend").status == 200
    suspended = STRANGER.call("GET", other["path"])

    assert {answer.status for answer in (revoked, unknown, malformed, suspended)} == {404}
    assert len({answer.text for answer in (revoked, unknown, malformed, suspended)}) == 1
    assert revoked.headers["content-type"] == "application/problem+json"
    assert made["path"].split(".")[2] not in revoked.text


def test_a_feed_is_read_with_whatever_its_reader_adds_to_the_address(booked):
    made = admin.call("POST", FEEDS, {}).json

    plain, added = (STRANGER.call("GET", made["path"] + query) for query in ("", "?nocache=1&_=2"))
    elsewhere = viewer.call("GET", f"{FEEDS}?nocache=1")

    assert (added.status, added.text) == (200, plain.text)
    assert (elsewhere.status, elsewhere.json["code"]) == (422, "unknown_parameter")


def test_one_appointment_is_saved_as_a_file(booked):
    answer = viewer.call("GET", f"{APPOINTMENTS}/{booked['id']}/ics")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="turno-{booked["id"]}.ics"'
    assert Calendar.from_ical(answer.text).walk("VEVENT")[0]["status"] == "TENTATIVE"


@pytest.mark.parametrize("url", [APPOINTMENTS, CUSTOMERS])
def test_csv_has_the_columns_of_the_json(booked, url):
    as_json = viewer.call("GET", url).json["items"][0]

    answer = viewer.call("GET", url, Accept="text/csv")

    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    (row,) = rows(answer)
    instants = [name for name in as_json if f"{name}_local" in row]
    assert instants
    assert [name for name in row if name.removesuffix("_local") not in instants or name in instants] == list(as_json)
    same = {name for name, value in as_json.items() if isinstance(value, str) and name not in instants}
    assert {name: row[name] for name in same} == {name: as_json[name] for name in same}
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "link" not in answer.headers


def test_a_phone_is_no_formula(salon):
    admin.call("POST", CUSTOMERS, {"name": "=cmd|' /C calc'!A0", "phone": "0981 123 456", "notes": '@x,"y"'})

    (row,) = rows(admin.call("GET", CUSTOMERS, Accept="text/csv"))

    assert (row["name"], row["phone"], row["notes"]) == ("'=cmd|' /C calc'!A0", "'+595981123456", '\'@x,"y"')


def test_csv_goes_on_by_its_link_to_the_end(salon):
    names = ["Ana", "Beto", "Ceci", "Dora", "Eva"]
    for name in names:
        admin.call("POST", CUSTOMERS, {"name": f"{name} Ñ"})

    seen, url = [], f"{CUSTOMERS}?limit=2&q=%C3%B1"
    while url:
        answer = viewer.call("GET", url, Accept="text/csv")
        seen += [row["name"] for row in rows(answer)]
        link = re.fullmatch(r'<([^>]*)>; rel="next"', answer.headers.get("link", ""))
        url = link and urljoin(url, link[1])
        asked = dict(parse_qsl(urlsplit(url).query)) if url else {}
        assert asked.get("cursor") == answer.headers.get("x-next-cursor")
        assert not url or (asked["limit"], asked["q"]) == ("2", "ñ")

    assert seen == [f"{name} Ñ" for name in names]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("TEXT/CSV;header=present, */*;q=0.1", "text/csv; charset=utf-8"),
        ("application/json, text/csv", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
    ],
)
def test_csv_is_for_who_asks_for_it_first(salon, accept, kind):
    assert viewer.call("GET", CUSTOMERS, Accept=accept).headers["content-type"] == kind


def test_a_refusal_is_a_problem_for_csv_too(salon):
    answer = viewer.call("GET", f"{CUSTOMERS}?cursor=x", Accept="text/csv")

    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
