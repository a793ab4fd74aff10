"""Strangers and honest customers behind one address, over HTTP: what one of them may block until it is paid."""

from itertools import count

import pytest

from tests.journeys import days
from tests.journeys.conftest import free_starts
from tests.journeys.visitors import Visitor, problem
from tests.support.raffles import body

pytestmark = pytest.mark.journey
HOME, OFFICE = "198.51.100.7", "203.0.113.9"
_phones = count(100000)


@pytest.fixture
def anybody(http):
    return Visitor(http)


def on_sale(business, admin, last_number):
    made = admin.call("POST", f"{business.api}/raffles", body(days.moment(), price="5.00", last_number=last_number))
    assert made.status_code == 201, made.text
    raffle_id = made.json()["id"]
    opened = admin.call("POST", f"{business.api}/raffles/{raffle_id}/open", {"method": {"name": "drand"}})
    assert opened.status_code == 200, opened.text
    return raffle_id


def order(anybody, business, raffle_id, numbers, address=HOME):
    buyer = {"name": "Luz Ojeda", "phone": f"0983 {next(_phones)}"}
    path = f"{business.public}/raffles/{raffle_id}/orders"
    return anybody.call("POST", path, {"count": numbers, **buyer}, X_Forwarded_For=address)


def declare(anybody, answer, address=HOME):
    path = answer.json()["links"]["receipt"].lstrip("/")
    return anybody.call("POST", path, {"reference": "T-1"}, X_Forwarded_For=address)


def test_a_stranger_blocks_a_twentieth_of_a_raffle_and_staff_decides_how_long(business, admin, staff, anybody):
    raffle_id = on_sale(business, admin, 100)
    for _ in range(10):
        assert problem(order(anybody, business, raffle_id, 10), 409, "too_many_unpaid")["limit"] == 5
    taken = [order(anybody, business, raffle_id, 1) for _ in range(5)]
    assert [one.status_code for one in taken] == [201] * 5, taken[0].text
    declared = [declare(anybody, one).json() for one in taken]
    assert {one["status"] for one in declared} == {"IN_REVIEW"}
    assert all(one["review_due_at"] for one in declared)
    assert problem(order(anybody, business, raffle_id, 1), 409, "too_many_unpaid")["left"] == 0

    assert order(anybody, business, raffle_id, 5, OFFICE).status_code == 201
    found = staff.call("GET", f"{business.api}/raffles/{raffle_id}/orders?status=IN_REVIEW").json()["items"]
    kept = staff.call("POST", f"{business.api}/orders/{found[0]['id']}/keep")
    assert (kept.status_code, kept.json()["is_kept"]) == (200, True), kept.text
    assert order(anybody, business, raffle_id, 1).status_code == 201


def test_25_honest_buyers_behind_one_address_are_served(business, admin, anybody):
    raffle_id = on_sale(business, admin, 1000)

    answers = [order(anybody, business, raffle_id, 2) for _ in range(25)]

    assert {one.status_code for one in answers} == {201}


def test_one_address_does_not_fill_a_day_and_locks_no_phone_out(business, admin, staff, anybody):
    service = business.service("Consulta", "Doctora")
    admin.call("PATCH", f"{business.api}/tenant", {"max_active_bookings": 1})
    starts = free_starts(anybody, f"{business.public}/availability", service["id"], 3)
    day = [start for start in starts if start[:10] == starts[-1][:10]]

    def book(start, phone, address):
        form = {"service_id": service["id"], "scheduled_at": start, "customer_data": {"name": "Ana", "phone": phone}}
        return anybody.call("POST", f"{business.public}/appointments", form, X_Forwarded_For=address)

    answers = [book(start, f"0983 {next(_phones)}", HOME) for start in day[:6]]
    assert [one.status_code for one in answers] == [201] + [409] * 5, answers[-1].text
    problem(answers[-1], 409, "too_many_unconfirmed")

    victim = "0981 555 777"
    assert book(starts[0], victim, "203.0.113.10").status_code == 201
    mine = book(day[-1], victim, OFFICE)
    assert mine.status_code == 201, mine.text
    (booked,) = [
        one
        for one in staff.call("GET", f"{business.api}/appointments").json()["items"]
        if one["scheduled_at"] == mine.json()["scheduled_at"]
    ]
    assert staff.call("POST", f"{business.api}/appointments/{booked['id']}/confirm").status_code == 200
    problem(book(day[-2], victim, "203.0.113.11"), 409, "too_many_active")
