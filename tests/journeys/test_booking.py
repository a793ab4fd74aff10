"""A day at the front desk, over HTTP: API Gateway, the authorizer, a function, DynamoDB."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.journeys.conftest import free_starts
from tests.journeys.visitors import Visitor, problem

pytestmark = [pytest.mark.journey, pytest.mark.core]
ANA = {"name": "Ana López", "phone": "0981 123 456"}


@pytest.fixture(scope="module")
def salon(business):
    return business.api


@pytest.fixture
def haircut(business):
    """A service that nobody else books."""
    return business.service("Haircut", description="Corte de cabello")


@pytest.fixture
def offered(viewer, salon, haircut):
    """The free starts of the next days."""
    return lambda: free_starts(viewer, f"{salon}/appointments/availability", haircut["id"], 1)


def form(service, scheduled_at, **more):
    return {"service_id": service["id"], "scheduled_at": scheduled_at, "customer_data": ANA} | more


def test_from_the_list_of_services_to_a_slot_that_is_free_again(business, staff, salon, haircut, offered):
    assert (haircut["price"], haircut["currency"], haircut["description"]) == ("25.00", "USD", "Corte de cabello")
    starts = offered()
    assert starts[0].endswith("-03:00")

    booked = staff.call("POST", f"{salon}/appointments", form(haircut, starts[3]), Idempotency_Key="journey-1")
    assert booked.status_code == 201, booked.text
    one = f"{salon}/appointments/{booked.json()['id']}"
    assert booked.json()["scheduled_at"] == starts[3]
    assert starts[3] not in offered()

    again = staff.call("POST", f"{salon}/appointments", form(haircut, starts[3]), Idempotency_Key="journey-1")
    assert (again.status_code, again.json()) == (201, booked.json())
    other = staff.call("POST", f"{salon}/appointments", form(haircut, starts[4]), Idempotency_Key="journey-1")
    problem(other, 422, "idempotency_key_reused")

    taken = problem(staff.call("POST", f"{salon}/appointments", form(haircut, starts[3])), 409, "slot_taken")
    assert taken["reason"] == "taken"
    assert taken["alternatives"] == [starts[1], starts[2], starts[4]]

    confirmed = staff.call("POST", f"{one}/confirm")
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "CONFIRMED")

    cancelled = staff.call("POST", f"{one}/cancel", {"reason": "llueve"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED")
    assert f"{business.email('staff')}] CANCELLED: llueve" in cancelled.json()["internal_notes"]
    assert starts[3] in offered()
    problem(staff.call("POST", f"{one}/confirm"), 409, "wrong_state")

    assert staff.call("DELETE", one).status_code == 204
    problem(staff.call("GET", one), 404, "not_found")


def test_an_edit_needs_the_version_it_was_made_from(staff, salon, haircut, offered):
    booked = staff.call("POST", f"{salon}/appointments", form(haircut, offered()[0]))
    one = f"{salon}/appointments/{booked.json()['id']}"

    changed = staff.call("PATCH", one, {"customer_notes": "Trae foto"}, If_Match=booked.headers["etag"])

    assert (changed.status_code, changed.json()["customer_notes"]) == (200, "Trae foto")
    problem(staff.call("PATCH", one, {"customer_notes": "Otra"}, If_Match=booked.headers["etag"]), 412, "stale")
    assert staff.call("DELETE", one).status_code == 204


def test_who_is_not_signed_in_is_told_so(http, salon):
    for visitor in (Visitor(http), Visitor(http, "a.b.c"), Visitor(http, "nonsense")):
        problem(visitor.call("GET", f"{salon}/services"), 401, "unauthorized")


def test_a_viewer_reads_and_does_not_book(viewer, salon, haircut, offered):
    assert viewer.call("GET", f"{salon}/appointments").status_code == 200

    refused = viewer.call("POST", f"{salon}/appointments", form(haircut, offered()[0]))

    problem(refused, 403, "forbidden")


def test_another_tenants_people_and_ids_find_nothing(staff, stranger, neighbour, superuser, salon, haircut, offered):
    booked = staff.call("POST", f"{salon}/appointments", form(haircut, offered()[0])).json()
    elsewhere = ["services", "appointments", f"appointments/{booked['id']}", "customers", "tenant"]

    for path in elsewhere:
        here = problem(stranger.call("GET", f"{salon}/{path}"), 404, "not_found")
        nowhere = problem(stranger.call("GET", f"tenant/no-such-tenant/api/{path}"), 404, "not_found")
        assert here | {"request_id": ""} == nowhere | {"request_id": ""}
    own = neighbour.api
    assert stranger.call("GET", f"{own}/appointments").status_code == 200
    problem(stranger.call("GET", f"{own}/appointments/{booked['id']}"), 404, "not_found")
    problem(stranger.call("POST", f"{own}/appointments/{booked['id']}/cancel"), 404, "not_found")
    problem(stranger.call("GET", f"{own}/services/{haircut['id']}"), 404, "not_found")
    problem(stranger.call("GET", "admin/tenants"), 404, "not_found")
    assert superuser.call("GET", f"{salon}/appointments/{booked['id']}").status_code == 200
    assert superuser.call("GET", f"{salon}/services/{haircut['id']}").status_code == 200


def test_the_seeds_people_and_services_are_there(seeded):
    salon, clinic = seeded("salon-beauty"), seeded("clinic-health")

    services = salon.viewer.call("GET", f"{salon.api}/services").json()["items"]

    assert {("Haircut", "25.00", "USD"), ("Hair Coloring", "75.00", "USD")} <= {
        (one["name"], one["price"], one["currency"]) for one in services
    }
    problem(clinic.admin.call("GET", f"{salon.api}/services"), 404, "not_found")
    assert clinic.admin.call("GET", f"{clinic.api}/services").status_code == 200


def test_a_superuser_makes_and_suspends_a_tenant(superuser, found):
    dentist = found("Dentista", time_zone="America/New_York")
    assert superuser.call("GET", f"{dentist.api}/resources").json()["items"][0]["name"] == "Dentista"
    assert "default" in [tenant["slug"] for tenant in superuser.call("GET", "admin/tenants").json()["items"]]

    suspended = superuser.call("POST", f"admin/tenants/{dentist.slug}/suspend")

    assert suspended.json()["is_active"] is False
    problem(superuser.call("GET", f"{dentist.api}/tenant"), 404, "not_found")


def test_a_trailing_slash_is_the_same_address(viewer, salon, haircut):
    assert viewer.call("GET", f"{salon}/services/").json() == viewer.call("GET", f"{salon}/services").json()


def test_the_api_describes_itself_to_anybody(http):
    answer = http.get("openapi.json")

    assert answer.status_code == 200
    assert "/tenant/{slug}/api/appointments/availability" in answer.json()["paths"]


def test_what_makes_no_sense_is_refused_at_the_door(staff, salon):
    big = staff.http.post(
        f"{salon}/appointments", content=b"x" * 1_000_000, headers={"Authorization": f"Bearer {staff.token}"}
    )
    problem(big, 413, "body_too_large")
    naive = staff.call("POST", f"{salon}/appointments", {"service_id": "0" * 32, "scheduled_at": "2026-12-01T09:00:00"})
    assert problem(naive, 422, "invalid_request")["errors"][0]["field"] == "body.scheduled_at"
    problem(staff.call("GET", f"{salon}/nothing-here"), 404, "not_found")


def test_twenty_clients_at_once_on_one_slot_have_one_winner(staff, salon, haircut, offered):
    start, barrier = offered()[-1], Barrier(20)

    def book(number):
        barrier.wait()
        customer = {"name": f"Cliente {number}", "phone": f"0982 {200000 + number}"}
        return staff.call("POST", f"{salon}/appointments", form(haircut, start, customer_data=customer))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(book, range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19, [answer.text for answer in answers]
    for answer in answers:
        if answer.status_code == 409:
            assert len(problem(answer, 409, "slot_taken")["alternatives"]) == 3
