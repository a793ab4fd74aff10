"""The one address of `make dev` before the deployed stack: the API without its stage, compressed; its reference."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from local import site
from tests.journeys.conftest import PATIENCE, free_starts
from tests.journeys.visitors import Session, Visitor, problem

pytestmark = pytest.mark.journey
STAFF = "staff@salon-beauty.example"
SALON = "/tenant/salon-beauty"


@pytest.fixture(scope="module")
def there(stack):
    """A client of the address, which knows neither MiniStack's address nor the stage."""
    with (
        site.serving(site.app(stack.api_url)) as address,
        httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def clerk(stack, there):
    return Visitor(there, Session(stack, STAFF))


@pytest.fixture(scope="module")
def document(there):
    return there.get("/openapi.json").json()


def packed(answer):
    """The bytes as they travelled."""
    return int(answer.headers["content-length"])


def test_the_document_is_read_and_travels_compressed(there):
    plain = there.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    small = there.get("/openapi.json", headers={"Accept-Encoding": "gzip"})

    assert (plain.status_code, small.status_code) == (200, 200)
    assert (plain.headers.get("content-encoding"), small.headers["content-encoding"]) == (None, "gzip")
    assert plain.json()["openapi"].startswith("3.1")
    assert small.content == plain.content
    assert packed(small) * 5 < packed(plain) == len(plain.content)


def test_the_reference_reads_the_document_at_the_same_address(there):
    page = there.get("/docs").text
    scripts = [there.get(src) for src in re.findall(r'src="([^"]+)"', page)]

    assert [script.status_code for script in scripts] == [200, 200]
    assert 'url: "/openapi.json"' in scripts[-1].text


def test_a_booking_goes_through_the_address(clerk, there):
    """Signed in, with a query, a body, headers that the API reads, and problems of the gateway and of the API."""
    base = f"{SALON}/api"
    service = clerk.call("GET", f"{base}/services").json()["items"][0]["id"]
    start = free_starts(clerk, f"{base}/appointments/availability", service, 3)[0]
    wanted = {"service_id": service, "scheduled_at": start, "customer_data": {"name": "Zoé", "phone": "0981 765 432"}}

    booked = clerk.call("POST", f"{base}/appointments", wanted, Idempotency_Key="through-the-site")
    again = clerk.call("POST", f"{base}/appointments", wanted, Idempotency_Key="through-the-site")

    assert (booked.status_code, again.json()["id"]) == (201, booked.json()["id"]), booked.text
    one = f"{base}/appointments/{booked.json()['id']}"
    shown = clerk.call("GET", one)
    unchanged = clerk.call("PATCH", one, {"internal_notes": "ñ"}, If_Match='"0"')
    assert unchanged.status_code == 412, unchanged.text
    changed = clerk.call("PATCH", one, {"internal_notes": "ñ"}, If_Match=shown.headers["etag"])
    assert (changed.status_code, changed.json()["internal_notes"]) == (200, "ñ"), changed.text
    problem(clerk.call("POST", f"{base}/appointments", wanted), 409, "slot_taken")
    problem(Visitor(there).call("GET", one), 401, "unauthorized")
    assert clerk.call("DELETE", one).status_code == 204


def test_what_is_known_already_is_not_sent_again(there):
    known = there.get("/openapi.json").headers["etag"]

    again = there.get("/openapi.json", headers={"If-None-Match": known})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known)


def test_many_ask_at_once(there):
    with ThreadPoolExecutor(40) as people:
        answers = list(people.map(lambda _: there.get(f"{SALON}/public/services"), range(40)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
