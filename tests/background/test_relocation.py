"""A superuser corrects the zone and the country of a tenant: first what would change, then the change."""

from datetime import datetime

import pytest

from mostrador import clock
from mostrador.people import customers
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import appointments, booking, rescheduling, waiting_list
from mostrador.scheduling.views.appointments import NewAppointment, Rescheduling
from mostrador.scheduling.views.waiting_list import NewWaiting
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import AgendaDay
from mostrador.tenancy import tenants
from tests.support.days import shifted
from tests.support.http import admin, superuser

PATH = "/admin/tenants/salon/relocate"
TOMORROW = shifted("2026-12-01")
NINE_ASUNCION = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
NINE_BOGOTA = datetime.fromisoformat(shifted("2026-12-01T09:00:00-05:00"))
BOGOTA = {"time_zone": "America/Bogota", "country": "CO"}


@pytest.fixture(autouse=True)
def _today(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def book(service, at, now, name="Ana", **more):
    form = NewAppointment(service_id=service.id, scheduled_at=at, customer_data={"name": name}, **more)
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def call(**form):
    answer = superuser.call("POST", PATH, form)
    assert answer.status == 200, answer.text
    return answer.json


def lines(resource_id):
    """The starts of the agenda by the day under which they stand."""
    found = reads.everything(keys.agenda_partition("salon", resource_id), "2")
    return {one.sk: [line.starts for line in one.bookings()] for one in found if isinstance(one, AgendaDay)}


def test_a_look_tells_all_and_writes_nothing(haircut, now):
    booked = book(haircut, NINE_ASUNCION, now)
    before = tenants.find("salon", now=now).version

    told = call(**BOGOTA)

    assert told == {
        "time_zone": "America/Bogota",
        "former_time_zone": "America/Asuncion",
        "country": "CO",
        "former_country": "PY",
        "is_applied": False,
        "appointments": 1,
        "moved": 1,
        "kept": 0,
        "conflicts": 0,
        "left": 0,
        "blocked": [],
        "waits": 0,
        "special_days": 0,
        "raffles": [],
    }
    assert tenants.find("salon", now=now).version == before
    assert appointments.get("salon", booked.id, now=now).scheduled_at == NINE_ASUNCION


def test_nine_stays_nine_in_the_new_zone(haircut, now):
    booked = book(haircut, NINE_ASUNCION, now)

    told = call(**BOGOTA, apply=True)

    assert (told["is_applied"], told["moved"], told["left"]) == (True, 1, 0)
    moved = appointments.get("salon", booked.id, now=now)
    assert (moved.scheduled_at, moved.time_zone, moved.local_start) == (
        NINE_BOGOTA,
        "America/Bogota",
        f"{TOMORROW}T09:00",
    )
    assert moved.history[-1]["change"] == "CLOCK_CHANGED"
    assert moved.history[-1]["by"] == "eva@example.com"
    assert lines(booked.resource_id) == {TOMORROW: [NINE_BOGOTA.timestamp() / 60]}
    assert call(**BOGOTA, apply=True)["moved"] == 0


def test_a_zone_with_the_same_time_moves_no_instant(haircut, now):
    booked = book(haircut, NINE_ASUNCION, now)
    there = {"time_zone": "America/Argentina/Buenos_Aires", "country": "AR"}

    told = call(**there)
    call(**there, apply=True)

    assert (told["moved"], told["kept"]) == (0, 1)
    kept = appointments.get("salon", booked.id, now=now)
    assert (kept.scheduled_at, kept.time_zone, kept.history) == (NINE_ASUNCION, there["time_zone"], None)


def test_phones_without_prefix_are_of_the_new_country(salon, now):
    call(country="CO", apply=True)

    ana = customers.create("salon", NewCustomer(name="Ana", phone="310 123 4567"), key=None, now=now)
    assert ana.phone == "+573101234567"
    assert tenants.find("salon", now=now).time_zone == "America/Asuncion"


def test_a_time_that_was_booked_in_the_new_zone_already_is_told(haircut, now):
    """The zone was set, and before the appointments followed somebody booked nine there."""
    old = book(haircut, NINE_ASUNCION, now)
    tenants.relocate("salon", time_zone="America/Bogota", country=None, now=now)
    new = book(haircut, NINE_BOGOTA, now, "Beto")

    told = call(apply=True)

    assert told["blocked"] == [{"appointment_id": old.id, "keeps": f"{TOMORROW}T09:00", "blocked_by": new.id}]
    assert (told["conflicts"], told["moved"]) == (1, 0)


def test_a_wait_stays_on_its_date_in_the_new_zone(haircut, now):
    form = NewWaiting(service_id=haircut.id, date=TOMORROW, customer_data={"name": "Ana"})
    wait = waiting_list.join("salon", form, actor_name="eva", key=None, now=now)

    assert call(**BOGOTA, apply=True)["waits"] == 1

    after = waiting_list.get("salon", wait.id, now=now)
    assert (after.date, after.time_zone) == (TOMORROW, "America/Bogota")


def test_one_that_staff_moves_before_it_followed_gets_the_new_zone(haircut, now):
    """Near midnight the agenda days of both zones differ."""
    old = book(haircut, NINE_ASUNCION, now)
    tenants.relocate("salon", time_zone="Asia/Tokyo", country=None, now=now)
    nine_there = datetime.fromisoformat(shifted("2026-12-02T09:00:00+09:00"))

    form = Rescheduling(scheduled_at=nine_there)
    moved = rescheduling.move("salon", old.id, form, actor_name="eva", now=now)

    day = shifted("2026-12-02")
    assert (moved.time_zone, moved.days, moved.local_start) == ("Asia/Tokyo", [day], f"{day}T09:00")
    assert lines(old.resource_id)[day] == [nine_there.timestamp() / 60]


@pytest.mark.parametrize("form", [{"time_zone": "Mars/Olympus"}, {"country": "ZZ"}, {"timezone": "America/Bogota"}])
def test_what_is_no_zone_and_no_country_is_refused(salon, form):
    answer = superuser.call("POST", PATH, form)

    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == f"body.{next(iter(form))}"


def test_only_superusers(salon):
    assert admin.call("POST", PATH, BOGOTA).status == 404
    assert superuser.call("POST", "/admin/tenants/nobody/relocate", BOGOTA).status == 404
