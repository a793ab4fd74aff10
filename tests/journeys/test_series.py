"""Staff plans ahead: closed days, a weekly series with one conflict, an appointment moved and concluded."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

pytestmark = pytest.mark.journey
SALON = "tenant/salon-beauty/api"
ANA = {"name": "Ana Duarte", "phone": "0983 456 789"}


@pytest.fixture
def coloring(viewer):
    services = viewer.call("GET", f"{SALON}/services").json()["items"]
    return next(service["id"] for service in services if service["name"] == "Hair Coloring")


def monday(weeks):
    """A Monday at 14:00 in Asuncion, so many weeks from now."""
    today = datetime.now(UTC).date()
    day = today + timedelta(days=7 - today.weekday(), weeks=weeks)
    return f"{day.isoformat()}T14:00:00-03:00"


def soon(is_so):
    """Whether it comes true within the seconds for which a function may go by an older copy of the tenant."""
    for _ in range(20):
        if is_so():
            return True
        time.sleep(0.5)
    return False


def test_a_series_with_one_conflict_is_told_and_then_booked_without_it(staff, coloring):
    one = {"service_id": coloring, "customer": ANA}
    taken = staff.call("POST", f"{SALON}/appointments", one | {"starts_at": monday(1)})
    assert taken.status_code == 201, taken.text
    series = one | {"starts_at": monday(0), "count": 6}

    refused = staff.call("POST", f"{SALON}/series", series)
    assert (refused.status_code, refused.json()["code"]) == (409, "series_conflicts")
    (conflict,) = refused.json()["conflicts"]
    assert conflict["starts_at"] == monday(1)
    assert len(conflict["alternatives"]) == 3

    booked = staff.call("POST", f"{SALON}/series", series | {"skip_conflicts": True}, Idempotency_Key="series-1")
    assert booked.status_code == 201, booked.text
    assert [made["starts_at"] for made in booked.json()["booked"]] == [monday(week) for week in (0, 2, 3, 4, 5)]
    again = staff.call("POST", f"{SALON}/series", series | {"skip_conflicts": True}, Idempotency_Key="series-1")
    assert again.json() == booked.json()

    moved = staff.call("POST", f"{SALON}/appointments/{taken.json()['id']}/reschedule", {"starts_at": monday(8)})
    assert moved.status_code == 409  # past the advance window of 30 days, which only a series may pass
    for made in [taken.json(), *booked.json()["booked"]]:
        assert staff.call("DELETE", f"{SALON}/appointments/{made['id']}").status_code == 204


def test_a_closed_day_offers_nothing(admin, viewer, coloring):
    day = monday(2)[:10]
    closed = admin.call("POST", f"{SALON}/closures", {"name": "Inventario", "date": day})
    assert closed.status_code == 201, closed.text
    query = f"service={coloring}&date={day}"

    def offered():
        return viewer.call("GET", f"{SALON}/appointments/availability?{query}").json()["slots"]

    assert soon(lambda: offered() == [])
    assert viewer.call("GET", f"{SALON}/closures?from={day}&to={day}").json()["items"][0]["name"] == "Inventario"
    assert admin.call("DELETE", f"{SALON}/closures/{day}").status_code == 204
    assert soon(lambda: offered() != [])


def test_the_countrys_holidays_were_loaded_by_the_seed(superuser):
    this_year = date.today().year  # noqa: DTZ011 - the seed's own machine
    items = superuser.call("GET", "tenant/peluqueria-nanduti/api/closures").json()["items"]

    assert f"{this_year}-12-25" in [closure["id"] for closure in items]


def test_done_is_known_only_after_the_start(staff, coloring):
    booked = staff.call(
        "POST",
        f"{SALON}/appointments",
        {"service_id": coloring, "customer": ANA, "starts_at": monday(3), "status": "CONFIRMED"},
    )
    one = f"{SALON}/appointments/{booked.json()['id']}"

    early = staff.call("POST", f"{one}/complete")

    assert (early.status_code, early.json()["code"]) == (409, "too_early")
    assert staff.call("POST", f"{one}/cancel").json()["status"] == "CANCELLED"
