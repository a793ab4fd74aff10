"""Google Calendar through the deployed stack: the stand-in plays Google, stream and function do the rest."""

import json
import re
from contextlib import contextmanager
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.journeys.conftest import PATIENCE, eventually, free_starts, run

pytestmark = [pytest.mark.journey, pytest.mark.core]


class Google:
    """The stand-in's portal, and a person at its consent."""

    def __init__(self, stack, account):
        base_url, headers = f"{stack.stand_ins_url}/google/", stack.portal_headers()
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE, trust_env=False)
        self.account = account

    def call(self, method, path, **sent):
        answer = self.http.request(method, f"portal/{path}", json=sent or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def agree(self, url):
        """Somebody agrees at the address of a consent; the answer of Google that the page shows where they end."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        client = {"client_secret": "for the stand-in", "redirect_uris": [asked["redirect_uri"]]}
        self.call("PUT", f"clients/{asked['client_id']}", **client)
        self.call("PUT", f"accounts/{self.account}", timeZone="America/Asuncion")
        there = self.call("POST", "consent", account=self.account, **asked)["location"]
        page = self.http.get(there)
        assert page.status_code == 200, page.text
        (shown,) = re.findall("<pre>(.*)</pre>", page.text)
        return json.loads(unescape(shown))

    def events(self):
        """What lives in the calendar, by appointment."""
        items = self.call("GET", f"calendars/{self.account}/events")["items"]
        alive = [one["event"] for one in items if one["event"]["status"] != "cancelled"]
        return {one["extendedProperties"]["private"]["mostrador_appointment"]: one for one in alive}


@pytest.fixture(scope="module")
def connected(stack, business):
    with connecting(stack, business) as google:
        yield google


@contextmanager
def connecting(stack, business, resource=None, account="agenda"):
    """The calendar of a business's own account, for one resource or all, connected until the block ends."""
    google = Google(stack, business.email(account))
    with google.http:
        connect(google, business, resource)
        yield google
        business.admin.call("DELETE", connection_of(business) + of_resource(resource))


def connection_of(business):
    return f"{business.api}/integrations/GOOGLE_CALENDAR"


def of_resource(resource):
    return f"?resource={resource}" if resource else ""


def connect(google, business, resource=None):
    answer = business.admin.call("POST", f"{connection_of(business)}/consent{of_resource(resource)}")
    assert answer.status_code == 200, answer.text
    agreed = google.agree(answer.json()["url"])
    stranger = business.superuser.call("POST", f"{connection_of(business)}/consent/finish", agreed)
    assert stranger.json()["code"] == "calendar_consent_dead"
    finished = business.admin.call("POST", f"{connection_of(business)}/consent/finish", agreed)
    assert (finished.status_code, finished.json()["status"]) == (200, "ACTIVE"), finished.text


def break_off(google, business):
    """Google takes our access away, and three are booked that cannot follow; their ids."""
    google.call("POST", "revoke", account=google.account)
    service = business.service("Corte")["id"]
    free = free_starts(business.staff, f"{business.api}/appointments/availability", service, 20)
    booked = [book(business, service, start)["id"] for start in free[:3]]
    eventually(lambda: business.admin.call("GET", connection_of(business)).json()["status"] == "BROKEN")
    assert not set(booked) & set(google.events())
    return booked


@pytest.fixture
def starts(business, staff):
    """Free starts of a service that nobody else books."""
    service = business.service("Corte")["id"]
    return [(service, start) for start in free_starts(staff, f"{business.api}/appointments/availability", service, 20)]


def book(business, service, start):
    form = {"service_id": service, "scheduled_at": start, "customer_data": {"name": "Ana"}, "status": "CONFIRMED"}
    answer = business.staff.call("POST", f"{business.api}/appointments", form)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_appointment_is_in_the_calendar_within_seconds_moves_and_goes(connected, business, staff, starts):
    booked, one = book(business, *starts[0]), f"{business.api}/appointments"
    took = eventually(lambda: booked["id"] in connected.events())
    assert connected.events()[booked["id"]]["summary"].endswith("Ana")
    shown = staff.call("GET", f"{one}/{booked['id']}").json()
    assert shown["google_calendar_event_id"] in (f"{booked['id']}g0", None)

    _, later = starts[4]
    staff.call("POST", f"{one}/{booked['id']}/reschedule", {"scheduled_at": later})
    eventually(lambda: connected.events()[booked["id"]]["start"]["dateTime"] == later)

    staff.call("POST", f"{one}/{booked['id']}/cancel")
    eventually(lambda: booked["id"] not in connected.events())
    print(f"in the calendar after {took:.2f} s")  # noqa: T201 - a figure for the decision


def test_a_booking_of_two_resources_is_in_both_calendars_moves_changes_room_and_goes(connected, stack, business, staff):
    blue, green = (business.make("resources", {"name": name})["id"] for name in ("Azul", "Verde"))
    service, api = business.service("Masaje", second_resource_ids=[blue])["id"], f"{business.api}/appointments"
    starts = free_starts(staff, f"{api}/availability", service, 20)
    with connecting(stack, business, blue, "azul") as of_blue, connecting(stack, business, green, "verde") as of_green:

        def seen(one):
            """In the calendars of the business, of the blue room and of the green one: when, or None."""
            found = [calendar.events().get(one) for calendar in (connected, of_blue, of_green)]
            return [event and event["start"]["dateTime"] for event in found]

        booked = book(business, service, starts[0])["id"]
        eventually(lambda: seen(booked) == [starts[0], starts[0], None])
        assert of_blue.events()[booked]["id"] == f"{booked}h0"

        staff.call("POST", f"{api}/{booked}/reschedule", {"scheduled_at": starts[4]})
        eventually(lambda: seen(booked) == [starts[4], starts[4], None])

        business.superuser.call("PATCH", f"{business.api}/services/{service}", {"second_resource_ids": [green]})
        staff.call("POST", f"{api}/{booked}/reschedule", {"scheduled_at": starts[8]})
        eventually(lambda: seen(booked) == [starts[8], None, starts[8]])
        drift = staff.call("GET", f"{business.api}/calendars/drift").json()["items"]
        assert [one["counts"] for one in drift] == [{}, {}, {}]

        staff.call("POST", f"{api}/{booked}/cancel")
        eventually(lambda: seen(booked) == [None, None, None])


def test_broken_credentials_three_bookings_and_mended_three_events(connected, business, admin, staff, stack):
    """What is due is called for here; tests/journeys/test_schedules.py has its schedule call."""
    booked = break_off(connected, business)

    connect(connected, business)

    def is_followed():
        run(stack, "CalendarSyncFunction", {"due": True})
        return set(booked) <= set(connected.events())

    eventually(is_followed, pause=0.5)
    assert admin.call("GET", connection_of(business)).json()["status"] == "ACTIVE"
    drift = staff.call("GET", f"{business.api}/calendars/drift").json()["items"]
    assert [one["counts"] for one in drift] == [{}]


def test_an_event_deleted_in_google_is_repaired_by_one_call(connected, business, staff, starts):
    booked = book(business, *starts[0])["id"]
    eventually(lambda: booked in connected.events())
    connected.call("DELETE", f"calendars/{connected.account}/events/{connected.events()[booked]['id']}")

    repaired = staff.call("POST", f"{business.api}/calendars/repair").json()["items"]

    assert [one["counts"].get("MISSING", 0) >= 1 for one in repaired] == [True]
    assert booked in connected.events()
    drift = staff.call("GET", f"{business.api}/calendars/drift").json()["items"]
    assert [one["counts"].get("MISSING", 0) for one in drift] == [0]
