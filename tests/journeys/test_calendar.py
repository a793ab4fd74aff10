"""Google Calendar through the deployed stack: the stand-in plays Google, stream and function do the rest."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.journeys.conftest import eventually, free_starts

pytestmark = pytest.mark.journey
API = "tenant/salon-beauty/api"
ONE = f"{API}/integrations/GOOGLE_CALENDAR"
ACCOUNT = "eva@gmail.example"
SECONDS, MINUTES = 20, 200


class Google:
    """The stand-in's portal, and a person at its consent."""

    def __init__(self, base_url):
        self.http = httpx.Client(base_url=f"{base_url}/google/", timeout=60, trust_env=False)

    def call(self, method, path, **sent):
        answer = self.http.request(method, f"portal/{path}", json=sent or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def agree(self, url):
        """What becomes of an address of a consent where somebody agrees: the page at which they end."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        client = {"client_secret": "for the stand-in", "redirect_uris": [asked["redirect_uri"]]}
        self.call("PUT", f"clients/{asked['client_id']}", **client)
        self.call("PUT", f"accounts/{ACCOUNT}", timeZone="America/Asuncion")
        there = self.call("POST", "consent", account=ACCOUNT, **asked)["location"]
        return self.http.get(there)

    def events(self):
        """What lives in the calendar, by appointment."""
        items = self.call("GET", f"calendars/{ACCOUNT}/events")["items"]
        alive = [one["event"] for one in items if one["event"]["status"] != "cancelled"]
        return {one["extendedProperties"]["private"]["mostrador_appointment"]: one for one in alive}


@pytest.fixture(scope="module")
def google(stack):
    found = Google(stack.stand_ins_url)
    yield found
    found.http.close()


@pytest.fixture(scope="module")
def connected(google, admin):
    connect(google, admin)
    yield google
    admin.call("DELETE", ONE)


def connect(google, admin):
    answer = admin.call("POST", f"{ONE}/consent")
    assert answer.status_code == 200, answer.text
    page = google.agree(answer.json()["url"])
    assert (page.status_code, "conectado" in page.text) == (200, True), page.text


@pytest.fixture(scope="module")
def starts(staff):
    service = staff.call("GET", f"{API}/services").json()["items"][0]["id"]
    return iter([(service, one) for one in free_starts(staff, f"{API}/appointments/availability", service, 20)[::4]])


def book(staff, starts, **more):
    service, start = next(starts)
    form = {"service_id": service, "starts_at": start, "customer": {"name": "Ana"}, "status": "CONFIRMED"} | more
    answer = staff.call("POST", f"{API}/appointments", form)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_appointment_is_in_the_calendar_within_seconds_moves_and_goes(connected, staff, starts):
    booked = book(staff, starts)
    took = eventually(lambda: booked["id"] in connected.events(), SECONDS)
    assert connected.events()[booked["id"]]["summary"].endswith("Ana")
    shown = staff.call("GET", f"{API}/appointments/{booked['id']}").json()
    assert shown["google_calendar_event_id"] in (f"{booked['id']}g0", None)

    _, later = next(starts)
    staff.call("POST", f"{API}/appointments/{booked['id']}/reschedule", {"starts_at": later})
    eventually(lambda: connected.events()[booked["id"]]["start"]["dateTime"] == later, SECONDS)

    staff.call("POST", f"{API}/appointments/{booked['id']}/cancel")
    eventually(lambda: booked["id"] not in connected.events(), SECONDS)
    print(f"in the calendar after {took:.2f} s")  # noqa: T201 - a figure for the decision


def test_broken_credentials_three_bookings_and_mended_three_events(connected, admin, staff, starts):
    connected.call("POST", "revoke", account=ACCOUNT)
    booked = [book(staff, starts)["id"] for _ in range(3)]
    eventually(lambda: admin.call("GET", ONE).json()["status"] == "BROKEN", SECONDS)
    assert not set(booked) & set(connected.events())

    connect(connected, admin)

    eventually(lambda: set(booked) <= set(connected.events()), MINUTES)
    assert admin.call("GET", ONE).json()["status"] == "ACTIVE"
    drift = staff.call("GET", f"{API}/calendars/drift").json()["items"]
    assert [one["counts"] for one in drift] == [{}]


def test_an_event_deleted_in_google_is_repaired_by_one_call(connected, staff, starts):
    booked = book(staff, starts)["id"]
    eventually(lambda: booked in connected.events(), SECONDS)
    connected.call("DELETE", f"calendars/{ACCOUNT}/events/{connected.events()[booked]['id']}")

    repaired = staff.call("POST", f"{API}/calendars/repair").json()["items"]

    assert [one["counts"].get("MISSING", 0) >= 1 for one in repaired] == [True]
    assert booked in connected.events()
    drift = staff.call("GET", f"{API}/calendars/drift").json()["items"]
    assert [one["counts"].get("MISSING", 0) for one in drift] == [0]
