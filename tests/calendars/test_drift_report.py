"""The drift report over HTTP, and the one call that repairs."""

from tests.support.calendars import is_right, record
from tests.support.http import staff, viewer

BASE = "/tenant/salon/api/calendars"


def test_it_tells_what_differs_and_one_call_repairs(shop, google):
    booked = [shop.book(hour) for hour in (9, 10)]
    shop.deliver()
    google.trash(record(booked[0]).event_id)
    google.edit(record(booked[1]).event_id, summary="x")

    (told,) = staff.call("GET", f"{BASE}/drift").json["items"]

    assert told["counts"] == {"MISSING": 1, "DIFFERS": 1}
    assert (told["is_whole"], told["proved_at"], told["calendar_id"]) == (True, None, "primary")
    assert {one["appointment_id"]: one["fields"] for one in told["differences"]} == {
        booked[0].id: [],
        booked[1].id: ["summary"],
    }
    assert len(google.alive()) == 1

    (repaired,) = staff.call("POST", f"{BASE}/repair").json["items"]

    assert (repaired["counts"], repaired["is_whole"]) == ({"MISSING": 1, "DIFFERS": 1}, True)
    assert is_right(google)
    (after,) = staff.call("GET", f"{BASE}/drift").json["items"]
    assert after["counts"] == {}
    assert after["proved_at"] is not None


def test_it_tells_why_a_calendar_could_not_be_compared(shop, google):
    google.grants.clear()

    (told,) = staff.call("GET", f"{BASE}/drift").json["items"]

    assert (told["status"], told["reason"], told["is_whole"]) == ("BROKEN", "calendar_broken", False)
    (repaired,) = staff.call("POST", f"{BASE}/repair").json["items"]
    assert repaired["is_whole"] is False


def test_it_is_of_one_resource_if_asked(shop, google, haircut):
    answer = staff.call("GET", f"{BASE}/drift?resource={haircut.resource_ids[0]}")

    assert answer.json["items"] == []


def test_a_viewer_sees_no_report(shop, google):
    assert viewer.call("GET", f"{BASE}/drift").status == 403


def test_what_is_not_done_in_time_is_done_by_itself(shop, google, monkeypatch):
    from datetime import timedelta

    from functions.calendars import app

    monkeypatch.setattr(app, "BUDGET", timedelta(0))
    booked = shop.book()
    shop.deliver()
    google.trash(record(booked).event_id)

    (repaired,) = staff.call("POST", f"{BASE}/repair").json["items"]
    assert (repaired["is_whole"], google.alive()) == (False, {})
    shop.sweep()

    assert is_right(google)
