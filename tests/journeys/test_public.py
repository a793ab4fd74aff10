"""A customer without an account, over HTTP: API Gateway without authorizer, a function with its own role, DynamoDB."""

import pytest

from tests.journeys.conftest import free_starts
from tests.journeys.visitors import Visitor, problem

pytestmark = pytest.mark.journey
BETO = {"customer_data": {"name": "Beto Ríos", "phone": "0983 456 789"}, "customer_notes": "Corte alto"}


@pytest.fixture
def anybody(http):
    return Visitor(http)


@pytest.fixture(scope="module")
def business(found):
    return found("Peluquería Ñandutí", currency="PYG")


@pytest.fixture
def salon(business):
    return business.public


@pytest.fixture
def cut(business, anybody, salon):
    """A service that nobody else books, as the public sees it."""
    made = business.service("Corte de pelo", "Peluquera Ñandutí", price="80000")
    services = anybody.call("GET", f"{salon}/services").json()["items"]
    return next(service for service in services if service["id"] == made["id"])


@pytest.fixture
def offered(anybody, salon, cut):
    """The free starts of the next days."""
    return lambda: free_starts(anybody, f"{salon}/availability", cut["id"], 2)


def test_from_the_page_of_a_shop_to_a_slot_that_is_free_again(anybody, salon, cut, offered):
    shop = anybody.call("GET", salon).json()
    assert (shop["name"], shop["currency"], "plan" in shop) == ("Peluquería Ñandutí", "PYG", False)
    assert (cut["price"], cut["resources"][0]["name"]) == ("80000", "Peluquera Ñandutí")
    starts = offered()

    wanted = {"service_id": cut["id"], "scheduled_at": starts[3], "resource_id": cut["resources"][0]["id"], **BETO}
    booked = anybody.call("POST", f"{salon}/appointments", wanted, Idempotency_Key="public-0123456789")
    assert booked.status_code == 201, booked.text
    told, links = booked.json(), booked.json()["links"]
    assert (told["name"], told["phone"], told["status"]) == ("Beto Ríos", "+595983456789", "PENDING")
    assert anybody.call("POST", f"{salon}/appointments", wanted, Idempotency_Key="public-0123456789").json() == told
    assert starts[3] not in offered()
    taken = problem(anybody.call("POST", f"{salon}/appointments", wanted), 409, "slot_taken")
    assert taken["alternatives"] == [starts[1], starts[2], starts[4]]

    moved = anybody.call("POST", links["reschedule"].lstrip("/"), {"scheduled_at": starts[6]})
    assert (moved.status_code, moved.json()["scheduled_at"]) == (200, starts[6]), moved.text
    assert moved.json()["token"] == told["token"]
    now_free = offered()
    assert starts[3] in now_free
    assert starts[6] not in now_free

    cancelled = anybody.call("POST", links["cancel"].lstrip("/"), {"reason": "Viajo"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED"), cancelled.text
    assert anybody.call("GET", links["self"].lstrip("/")).json() == cancelled.json()
    assert offered() == starts


def test_a_link_opens_one_tenants_door_only(anybody, business, neighbour, salon, cut, offered):
    wanted = {"service_id": cut["id"], "scheduled_at": offered()[0], **BETO}
    token = anybody.call("POST", f"{salon}/appointments", wanted).json()["token"]

    for slug in (neighbour.slug, "clinic-health", "salon-beauty"):
        assert anybody.call("GET", f"tenant/{slug}/public").status_code == 200
        foreign = f"tenant/{slug}/public/appointments/{token}"
        problem(anybody.call("GET", foreign), 404, "not_found")
        problem(anybody.call("POST", f"{foreign}/cancel"), 404, "not_found")
    problem(anybody.call("GET", "tenant/no-such-shop/public"), 404, "not_found")
    problem(anybody.call("GET", f"{business.api}/appointments"), 401, "unauthorized")
    assert anybody.call("POST", f"{salon}/appointments/{token}/cancel").status_code == 200


def test_one_address_cannot_empty_an_agenda(http, salon, cut, offered):
    stranger = Visitor(http)
    starts, statuses = offered(), []

    for number in range(21):
        wanted = {
            "service_id": cut["id"],
            "scheduled_at": starts[number],
            "customer_data": {"name": "Nadie", "phone": f"0984 {300000 + number}"},
        }
        statuses.append(stranger.call("POST", f"{salon}/appointments", wanted, X_Forwarded_For="198.51.100.9"))

    days = {start[:10] for start in starts[:21]}  # of each it gets one: a twentieth of nine hours
    assert [answer.status_code for answer in statuses].count(201) == len(days)
    for answer in [answer for answer in statuses if answer.status_code == 201]:
        stranger.call("POST", answer.json()["links"]["cancel"].lstrip("/"))
    refused = [answer for answer in statuses if answer.status_code != 201]
    problem(refused[-1], 409, "too_many_unconfirmed")


def test_a_move_by_link_keeps_the_professional_and_is_told_to_staff(anybody, business, salon):
    """Two professionals: the link moves within the own day of one, and staff hands the booking to the other."""
    staff = business.staff
    marta, rosa = (business.make("resources", {"name": name})["id"] for name in ("Marta", "Rosa"))
    cut = business.service("Corte de dos", resource_ids=[marta, rosa])
    free = f"{salon}/availability?service={cut['id']}"
    starts = free_starts(anybody, f"{salon}/availability", cut["id"], 2)
    day = starts[0][:10]
    wanted = {"service_id": cut["id"], "scheduled_at": starts[1], "resource_id": marta, **BETO}
    booked = anybody.call("POST", f"{salon}/appointments", wanted).json()
    busy = wanted | {"scheduled_at": starts[2], "customer_data": {"name": "Otra", "phone": "0983 111 222"}}
    other = anybody.call("POST", f"{salon}/appointments", busy, X_Forwarded_For="198.51.100.33")
    assert other.status_code == 201, other.text

    told = anybody.call("GET", f"{free}&date={day}&moving={booked['token']}")
    assert told.status_code == 200, told.text
    own = [slot["starts_at"] for slot in told.json()["slots"]]
    assert (starts[1] in own, starts[2] in own) == (True, False)
    move = booked["links"]["reschedule"].lstrip("/")
    problem(anybody.call("POST", move, {"scheduled_at": starts[2]}), 409, "slot_taken")
    moved = anybody.call("POST", move, {"scheduled_at": starts[3]})
    assert (moved.status_code, moved.json()["resource_id"]) == (200, marta), moved.text

    found = staff.call("GET", f"{business.api}/appointments?q=0983456789").json()["items"]
    (appointment,) = [one for one in found if one["scheduled_at"] == starts[3]]
    business.admin.call("PATCH", f"{business.api}/services/{cut['id']}", {"is_active": False})
    one = f"{business.api}/appointments/{appointment['id']}"
    times = staff.call(
        "GET",
        f"{business.api}/appointments/availability?service={cut['id']}&date={day}&moving={appointment['id']}",
    )
    assert starts[4] in [slot["starts_at"] for slot in times.json()["slots"]], times.text
    problem(anybody.call("POST", move, {"scheduled_at": starts[4]}), 409, "service_inactive")
    assigned = staff.call("POST", f"{one}/reschedule", {"scheduled_at": starts[3], "resource_id": rosa})
    assert assigned.status_code == 200, assigned.text
    by_link, by_staff = assigned.json()["history"]
    assert (by_link["change"], by_link["by"], by_link["resource_id"]) == ("RESCHEDULED", "public", marta)
    assert by_link["notice_minutes"] > 0
    assert (by_staff["change"], by_staff["from_resource_id"], by_staff["resource_id"]) == ("REASSIGNED", marta, rosa)
    assert anybody.call("GET", booked["links"]["self"].lstrip("/")).json()["resource_id"] == rosa
