"""Staff plans ahead: closed days, a weekly series with one conflict, an appointment moved and concluded."""

import pytest

from tests.journeys import days
from tests.journeys.conftest import eventually, free_starts

pytestmark = pytest.mark.journey
ANA = {"name": "Ana Duarte", "phone": "0983 456 789"}
WINDOW = 30
"""Days from today within which the service may be booked; only a series may pass them."""


@pytest.fixture(scope="module")
def salon(business):
    return business.api


@pytest.fixture
def coloring(business):
    """A service that nobody else books."""
    return business.service("Coloring", duration_minutes=90, advance_booking_days=days.ahead() + WINDOW)["id"]


@pytest.fixture
def start(staff, salon, coloring):
    """A free start in the middle of an open day of the next ones."""
    return free_starts(staff, f"{salon}/appointments/availability", coloring, 2)[7]


def test_a_series_with_one_conflict_is_told_and_then_booked_without_it(staff, salon, coloring, start):
    first, second, *later = [days.weeks_later(start, week) for week in range(6)]
    one = {"service_id": coloring, "customer_data": ANA}
    taken = staff.call("POST", f"{salon}/appointments", one | {"scheduled_at": second})
    assert taken.status_code == 201, taken.text
    series = one | {"scheduled_at": first, "count": 6}

    refused = staff.call("POST", f"{salon}/series", series)
    assert (refused.status_code, refused.json()["code"]) == (409, "series_conflicts")
    (conflict,) = refused.json()["conflicts"]
    assert conflict["starts_at"] == second
    assert len(conflict["alternatives"]) == 3

    booked = staff.call("POST", f"{salon}/series", series | {"skip_conflicts": True}, Idempotency_Key="series-1")
    assert booked.status_code == 201, booked.text
    assert [made["scheduled_at"] for made in booked.json()["booked"]] == [first, *later]
    again = staff.call("POST", f"{salon}/series", series | {"skip_conflicts": True}, Idempotency_Key="series-1")
    assert again.json() == booked.json()

    far = {"scheduled_at": days.weeks_later(start, 8)}
    moved = staff.call("POST", f"{salon}/appointments/{taken.json()['id']}/reschedule", far)
    assert moved.status_code == 409  # past the advance window, which only a series may pass
    for made in [taken.json(), *booked.json()["booked"]]:
        assert staff.call("DELETE", f"{salon}/appointments/{made['id']}").status_code == 204


def test_a_series_is_moved_extended_shown_and_cancelled_as_one_thing(found):
    business = found("Salón de los martes")
    service = business.service("Masaje", duration_minutes=60)["id"]
    start = free_starts(business.admin, f"{business.api}/appointments/availability", service, 2)[4]
    api, form = (
        f"{business.api}/series",
        {"service_id": service, "scheduled_at": start, "customer_data": ANA, "count": 3},
    )
    made = business.staff.call("POST", api, form, Idempotency_Key="martes")
    assert made.status_code == 201, made.text
    one = f"{api}/{made.json()['series_id']}"
    second, third = (days.weeks_later(start, week)[:10] for week in (1, 2))

    moved = business.staff.call("POST", f"{one}/move", {"from": second, "time": "15:30"})
    assert [row["result"] for row in moved.json()["results"]] == ["DONE", "DONE"], moved.text
    more = business.staff.call("POST", f"{one}/extend", {"count": 2}, Idempotency_Key="martes-2")
    assert [row["scheduled_at"][11:16] for row in more.json()["booked"]] == ["15:30", "15:30"], more.text
    again = business.staff.call("POST", f"{one}/extend", {"count": 2}, Idempotency_Key="martes-2")
    assert again.json() == more.json()
    ended = business.staff.call("POST", f"{one}/cancel", {"from": third, "reason": "Se muda"})
    assert [row["result"] for row in ended.json()["results"]] == ["DONE"] * 3, ended.text

    shown = business.viewer.call("GET", one).json()
    assert [date["exception"] for date in shown["occurrences"]] == [None, None, *["CANCELLED"] * 3]
    listed = business.viewer.call("GET", f"{api}?service={service}").json()["items"]
    assert [(row["id"], row["customer_name"]) for row in listed] == [(shown["id"], "Ana Duarte")]


def test_a_closed_day_offers_nothing(found):
    """In a tenant of its own: the whole business is closed, and functions know that for some seconds longer."""
    business = found("Salón que cierra")
    service, availability = business.service("Coloring")["id"], f"{business.api}/appointments/availability"
    day = free_starts(business.admin, availability, service, 2)[0][:10]
    closed = business.admin.call("POST", f"{business.api}/closures", {"name": "Inventario", "date": day})
    assert closed.status_code == 201, closed.text

    def offered():
        return business.admin.call("GET", f"{availability}?service={service}&date={day}").json()["slots"]

    eventually(lambda: offered() == [])
    listed = business.viewer.call("GET", f"{business.api}/closures?from={day}&to={day}").json()["items"]
    assert listed[0]["name"] == "Inventario"
    assert business.admin.call("DELETE", f"{business.api}/closures/{day}").status_code == 204
    eventually(lambda: offered() != [])


def test_the_countrys_holidays_were_loaded_by_the_seed(superuser):
    christmas = f"{days.today().year}-12-25"
    query = f"from={christmas}&to={christmas}"
    items = superuser.call("GET", f"tenant/peluqueria-nanduti/api/closures?{query}").json()["items"]

    assert christmas in [closure["id"] for closure in items]


def test_done_is_known_only_after_the_start(staff, salon, coloring, start):
    booked = staff.call(
        "POST",
        f"{salon}/appointments",
        {"service_id": coloring, "customer_data": ANA, "scheduled_at": start, "status": "CONFIRMED"},
    )
    one = f"{salon}/appointments/{booked.json()['id']}"

    early = staff.call("POST", f"{one}/complete")

    assert (early.status_code, early.json()["code"]) == (409, "too_early")
    assert staff.call("POST", f"{one}/cancel").json()["status"] == "CANCELLED"
