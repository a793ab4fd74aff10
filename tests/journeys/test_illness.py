"""Somebody is ill, through the deployed stack: a day is closed, all who are affected get another place, two at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mostrador.tenancy.views.opening_hours import WEEKDAYS
from tests.journeys import days
from tests.journeys.visitors import problem

pytestmark = pytest.mark.journey


@pytest.fixture
def shop(found):
    return found("Salón con gripe", minimum_notice_minutes=10 * 24 * 60)


def test_a_day_is_closed_and_each_appointment_is_moved_once(shop):
    every_day = {name: [{"opens": "09:00", "closes": "18:00"}] for name in WEEKDAYS}
    people = [shop.make("resources", {"name": name, "business_hours": every_day})["id"] for name in ("Ana", "Luz")]
    service = shop.service("Corte", duration_minutes=60, resource_ids=people)
    day = (days.today() + timedelta(days=4)).isoformat()

    def book(hour, who, number):
        person = {"customer_data": {"name": "Sol", "phone": f"0982 4{hour:02d} 0{number:02d}"}}
        form = {"service_id": service["id"], "scheduled_at": f"{day}T{hour:02d}:00:00-03:00", "resource_id": who}
        return shop.staff.call("POST", f"{shop.api}/appointments", form | person | {"override": ["before_notice"]})

    visits = [book(hour, people[0], 1).json() for hour in (9, 10, 11)]
    assert book(9, people[1], 2).status_code == 201
    ill = {"title": "Gripe", "from": day, "to": day, "resource_ids": people[:1]}
    stands = problem(shop.staff.call("POST", f"{shop.api}/blocks", ill), 409, "time_booked")
    assert [one["appointment_id"] for one in stands["affected"]] == [visit["id"] for visit in visits]
    closed = shop.staff.call("POST", f"{shop.api}/blocks", ill | {"even_if_booked": True}, Idempotency_Key="gripe-1")
    assert closed.status_code == 201, closed.text
    block = f"{shop.api}/blocks/{closed.json()['id']}"

    plan = shop.staff.call("POST", f"{block}/proposals", {"days": 0})
    assert plan.status_code == 200, plan.text
    moves = [one["move"] for one in plan.json()["items"]]
    assert len({(move["scheduled_at"], move["resource_id"]) for move in moves}) == 3
    assert {move["resource_id"] for move in moves} == {people[1]}

    taken = book(int(moves[2]["scheduled_at"][11:13]), people[1], 3)
    assert taken.status_code == 201, taken.text
    with ThreadPoolExecutor(2) as pool:
        send = [pool.submit(shop.staff.call, "POST", f"{block}/reassign", {"moves": moves}) for _ in range(2)]
    rows = [answer.result().json()["results"] for answer in send]
    for both in list(zip(*rows, strict=True))[:2]:
        assert sorted(row["result"] for row in both) == ["ALREADY_MOVED", "MOVED"]
    assert {row[2]["problem"]["code"] for row in rows} == {"slot_taken"}

    (left,) = shop.viewer.call("GET", f"{block}/affected").json()["items"]
    assert left["appointment_id"] == visits[2]["id"]
    (again,) = shop.staff.call("POST", f"{block}/proposals").json()["items"]
    (row,) = shop.staff.call("POST", f"{block}/reassign", {"moves": [again["move"]]}).json()["results"]
    assert (row["result"], row["appointment"]["overridden"]) == ("MOVED", ["before_notice"])
    assert shop.viewer.call("GET", f"{block}/affected").json()["items"] == []
