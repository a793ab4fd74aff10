"""Series as one thing: listed, and shown with their dates and exceptions."""

from datetime import timedelta

import pytest

from mostrador.scheduling import appointments, rescheduling
from mostrador.scheduling.views.appointments import Rescheduling
from tests.support import till
from tests.support.days import shifted
from tests.support.http import foreign, staff, viewer

SERIES = "/tenant/salon/api/series"
WEEK = timedelta(weeks=1)
NINE = till.NINE


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


def book(service, key=None, **more):
    person = {"customer_data": {"name": "Ana", "phone": "0981 123 456"}}
    form = {"service_id": service.id, "scheduled_at": NINE.isoformat(), "count": 4} | person | more
    answer = staff.call("POST", SERIES, form, **({"Idempotency_Key": key} if key else {}))
    assert answer.status == 201, answer.text
    return answer.json


def shown(series_id):
    return viewer.call("GET", f"{SERIES}/{series_id}").json


def test_a_series_is_shown_with_each_date_and_its_exceptions(haircut, now):
    till.book(haircut, now, at=NINE + 2 * WEEK, phone="0981 222 222")
    made = book(haircut, count=5, skip_conflicts=True)
    first, second, third, _ = (one["id"] for one in made["booked"])
    later = Rescheduling(scheduled_at=NINE + timedelta(hours=2))
    rescheduling.move("salon", first, later, actor_name="eva", now=now)
    appointments.cancel("salon", second, reason="", actor_name="eva", now=now)
    appointments.delete("salon", third, seen=None, now=now)

    series = shown(made["series_id"])

    assert [one["planned_at"] for one in series["occurrences"]] == [
        shifted(f"{day}T09:00") for day in ("2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22", "2026-12-29")
    ]
    assert [one["exception"] for one in series["occurrences"]] == ["MOVED", "CANCELLED", "REFUSED", "DELETED", None]
    refused = series["occurrences"][2]
    assert (refused["reason"], len(refused["alternatives"]), refused["appointment"]) == ("taken", 3, None)
    assert (series["every_weeks"], series["dates"], series["created_by"]) == (1, 4, "eva@example.com")
    assert (series["customer_name"], series["service_name"]) == ("Ana", "Corte")


def test_series_are_listed_by_customer_and_service_the_newest_first(haircut, now):
    ana = book(haircut)
    other = till.service(now, name="Color")
    beto = book(other, scheduled_at=(NINE + timedelta(days=1)).isoformat(), customer_data={"name": "Beto"})

    def ids(query=""):
        return [one["id"] for one in viewer.call("GET", f"{SERIES}?{query}").json["items"]]

    assert ids() == [beto["series_id"], ana["series_id"]]
    assert ids("sort=starts_at") == [ana["series_id"], beto["series_id"]]
    assert ids(f"service={haircut.id}") == ids(f"customer={ana['booked'][0]['customer_id']}") == [ana["series_id"]]
    assert ids(f"date={shifted('2026-12-02')}") == [beto["series_id"]]
    (row,) = viewer.call("GET", f"{SERIES}?service={haircut.id}").json["items"]
    assert (row["last_at"], row["customer_name"]) == (ana["booked"][-1]["scheduled_at"], "Ana")


def test_a_series_without_any_appointment_left_is_still_shown(haircut, now):
    made = book(haircut, count=2)
    for one in made["booked"]:
        appointments.delete("salon", one["id"], seen=None, now=now)

    assert [one["exception"] for one in shown(made["series_id"])["occurrences"]] == ["DELETED", "DELETED"]
    (row,) = viewer.call("GET", SERIES).json["items"]
    assert (row["customer_name"], row["last_at"]) == (None, None)


def test_others_do_not_see_it(haircut, clinic):
    made = book(haircut)

    assert foreign.call("GET", SERIES).status == 404
    assert foreign.call("GET", f"{SERIES}/{made['series_id']}").status == 404
    assert viewer.call("GET", f"{SERIES}/{'0' * 32}").status == 404
