import json
from datetime import date, datetime

import pytest

from local import holidays
from mostrador.errors import NotHere, Stale
from mostrador.scheduling import availability, booking, slots, special_days
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from mostrador.scheduling.views.special_days import ClosureChanges, NewClosure
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import days
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))


def close(now, tenant="salon", **form):
    return special_days.create(tenant, NewClosure.model_validate({"name": "Vacaciones"} | form), now=now)


def free(service, day, now):
    found = availability.find("salon", AvailabilityQuery(service=service.id, date=day), now=now).slots
    return [slot.starts_at.strftime("%H:%M") for slot in found]


def test_a_closed_day_offers_nothing_and_says_so(haircut, now):
    close(now, date=shifted("2026-12-01"))

    assert free(haircut, shifted("2026-12-01"), now) == []
    assert free(haircut, shifted("2026-12-02"), now) != []
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana"})
    with pytest.raises(slots.SlotTaken, match="closed"):
        booking.book("salon", form, actor_name="eva", key=None, now=now)


def test_a_closed_day_is_explained_by_its_name(haircut, now):
    close(now, date=shifted("2026-12-01"))
    query = AvailabilityQuery(service=haircut.id, date=shifted("2026-12-01"), explain=True)

    view = availability.find("salon", query, now=now)

    assert view.slots == []
    assert len(view.refused) == 18
    assert {(one.reason, one.details["special_day"]) for one in view.refused} == {("closed", "Vacaciones")}


def test_a_range_is_a_closure_for_each_day(salon, now):
    made = close(now, **{"from": shifted("2026-12-24"), "to": shifted("2026-12-26")})

    assert [one.id for one in made] == [shifted("2026-12-24"), shifted("2026-12-25"), shifted("2026-12-26")]
    listed = special_days.listing("salon", first=shifted(date(2026, 12, 25)), last=None, now=now)
    assert [one.id for one in listed] == [shifted("2026-12-25"), shifted("2026-12-26")]


def test_special_hours_replace_the_weeks_hours(haircut, now):
    sunday = days.ahead(6)
    hours = days.open_but_on(sunday)
    tenants.change("salon", TenantOperationChanges(business_hours=hours), seen=None, now=now)
    assert free(haircut, sunday, now) == []

    close(now, date=sunday, hours=[{"opens": "10:00", "closes": "11:00"}])

    assert free(haircut, sunday, now) == ["10:00", "10:30"]


def test_a_resources_own_day_goes_before_the_tenants(haircut, now):
    close(now, date=shifted("2026-12-01"))
    close(
        now,
        date=shifted("2026-12-01"),
        resource_id=haircut.resource_ids[0],
        hours=[{"opens": "15:00", "closes": "16:00"}],
    )

    assert free(haircut, shifted("2026-12-01"), now) == ["15:00", "15:30"]


def test_the_same_closure_twice_is_one_and_another_on_its_day_is_refused(salon, now):
    first = close(now, date=shifted("2026-12-24"))

    assert close(now, date=shifted("2026-12-24"))[0].id == first[0].id
    with pytest.raises(special_days.ClosureExists, match="Vacaciones"):
        close(now, date=shifted("2026-12-24"), name="Otra cosa")


def test_a_closure_is_changed_and_taken_back(haircut, now):
    (made,) = close(now, date=shifted("2026-12-01"))

    changed = special_days.change("salon", made.id, ClosureChanges(name="Mudanza"), seen=made.version, now=now)
    assert (changed.name, changed.hours) == ("Mudanza", [])
    with pytest.raises(Stale):
        special_days.change("salon", made.id, ClosureChanges(name="X"), seen=made.version, now=now)

    special_days.delete("salon", made.id, seen=None, now=now)
    assert free(haircut, shifted("2026-12-01"), now) != []
    with pytest.raises(NotHere):
        special_days.get("salon", made.id, now=now)


def test_what_is_long_past_is_dropped_at_the_next_change(salon, now):
    close(now, date="2025-01-06")
    close(now, date=shifted("2026-12-01"))

    assert [one.id for one in special_days.listing("salon", first=None, last=None, now=now)] == [shifted("2026-12-01")]


def test_the_countrys_holidays_are_loaded_and_leave_own_days_alone(salon, monday, tmp_path, monkeypatch):
    written = tmp_path / "holidays.json"
    written.write_text(json.dumps(holidays.by_country(2026)))
    monkeypatch.setattr(special_days, "HOLIDAYS", written)
    close(monday, date="2026-12-25", name="Abierto", hours=[{"opens": "09:00", "closes": "12:00"}])

    made = {one.id: one.name for one in special_days.load_holidays("salon", 2026, now=monday)}

    assert made["2026-12-08"].startswith("Día de la Virgen")
    assert made["2026-12-25"] == "Abierto"
    assert len(made) >= 12
    with pytest.raises(NotHere, match="PY 2040"):
        special_days.load_holidays("salon", 2040, now=monday)


def test_another_tenants_closures_are_its_own(haircut, clinic, now):
    close(now, date=shifted("2026-12-01"))

    assert special_days.listing("clinic", first=None, last=None, now=now) == []
    with pytest.raises(NotHere):
        close(now, tenant="clinic", date=shifted("2026-12-02"), resource_id=haircut.resource_ids[0])
