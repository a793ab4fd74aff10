"""Hours that staff close: once for several resources, several on one day."""

from datetime import timedelta

import pytest

from mostrador import ids
from mostrador.scheduling import (
    appointments,
    availability,
    freed_time,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.views.appointments import AvailabilityQuery, Rescheduling
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.table import keys, reads
from tests.support import lines, till
from tests.support.days import shifted
from tests.support.http import admin, anybody, foreign, staff, viewer

BLOCKS = "/tenant/salon/api/blocks"
DAY = shifted("2026-12-01")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def chairs(salon, now):
    return [resources.create("salon", NewResource(name=name), key=None, now=now).id for name in ("Eva", "Luz")]


@pytest.fixture
def cut(chairs, now):
    form = NewService(name="Corte", duration_minutes=60, price="80000", resource_ids=chairs)
    return services.create("salon", form, key=None, now=now)


def at(hour, minute=0):
    return f"{DAY}T{hour:02d}:{minute:02d}:00-03:00"


def block(hour, *who, until=None, as_=staff, key=None, **more):
    form = {"title": "Almuerzo", "starts_at": at(hour), "ends_at": until or at(hour + 1), "resource_ids": list(who)}
    return as_.call("POST", BLOCKS, form | more, **({"Idempotency_Key": key} if key else {}))


def free(service, now, resource=None, **more):
    query = AvailabilityQuery(service=service.id, date=DAY, resource=resource, **more)
    return availability.find("salon", query, now=now)


def hours(service, now, resource=None):
    return {slot.starts_at.hour for slot in free(service, now, resource).slots if not slot.starts_at.minute}


def test_one_call_closes_an_hour_of_several_resources_and_of_no_other(cut, chairs, now):
    third = resources.create("salon", NewResource(name="Sol"), key=None, now=now).id
    other = till.service(now, name="Color", resource_ids=[third])

    made = block(12, *chairs)

    assert (made.status, made.json["affected"], made.json["created_by"]) == (201, [], "eva@example.com")
    assert (made.json["starts_at"], made.json["resource_ids"]) == (at(12), chairs)
    assert not hours(cut, now) & {12}
    assert {11, 13} <= hours(cut, now)
    assert 12 in hours(other, now)


def test_several_blocks_stand_on_one_day(cut, chairs, now):
    for hour in (10, 12, 16):
        assert block(hour, chairs[0]).status == 201

    assert {10, 12, 16}.isdisjoint(hours(cut, now, chairs[0]))
    assert {10, 12, 16} <= hours(cut, now, chairs[1])
    listed = viewer.call("GET", f"{BLOCKS}?date={DAY}").json["items"]
    assert [row["starts_at"] for row in listed] == [at(10), at(12), at(16)]
    assert viewer.call("GET", f"{BLOCKS}?date={DAY}&resource={chairs[1]}").json["items"] == []


def test_without_resources_it_is_of_every_active_one(cut, chairs, now):
    made = block(12)

    assert set(chairs) <= set(made.json["resource_ids"])
    assert 12 not in hours(cut, now)


def test_nobody_books_or_moves_into_it_and_staff_learn_why(cut, chairs, now):
    made = block(12, *chairs).json
    visit = till.book(cut, now, resource_id=chairs[0])

    with pytest.raises(slots.SlotTaken) as booked:
        till.book(cut, now, at=till.NINE + 3 * HOUR, phone="0981 222 222")
    with pytest.raises(slots.SlotTaken):
        rescheduling.move("salon", visit.id, Rescheduling(scheduled_at=at(12)), actor_name="eva", now=now)

    assert booked.value.facts["reason"] == "blocked"
    refused = {one.starts_at: one for one in free(cut, now, explain=True).refused}
    (why,) = [one for start, one in refused.items() if start.isoformat() == at(12)]
    assert (why.reason, why.details["block_id"]) == ("blocked", made["id"])
    told = anybody.call("GET", f"/tenant/salon/public/availability?service={cut.id}&date={DAY}").text
    assert "block" not in told


def test_where_appointments_stand_they_are_named_and_nothing_is_written(cut, chairs, now):
    visit = till.book(cut, now, at=till.NINE + 3 * HOUR, resource_id=chairs[0])

    refused = block(12, *chairs, until=at(12, 30))

    assert (refused.status, refused.json["code"]) == (409, "time_booked")
    (told,) = refused.json["affected"]
    assert told | {"appointment_id": visit.id, "starts_at": at(12), "customer_name": "Ana"} == told
    assert (told["resource_id"], told["is_second"]) == (chairs[0], False)
    assert staff.call("GET", BLOCKS).json["items"] == []
    assert 12 in hours(cut, now, chairs[1])


def test_with_the_flag_they_stay_and_the_rest_is_closed(cut, chairs, now):
    visit = till.book(cut, now, at=till.NINE + 3 * HOUR, resource_id=chairs[0])

    made = block(12, *chairs, even_if_booked=True)

    assert [row["appointment_id"] for row in made.json["affected"]] == [visit.id]
    assert appointments.get("salon", visit.id, now=now).status == "PENDING"
    assert 12 not in hours(cut, now, chairs[1])
    appointments.cancel("salon", visit.id, reason="", actor_name="eva", now=now)
    assert 12 not in hours(cut, now, chairs[0])


def test_a_buffer_of_an_appointment_is_no_appointment(chairs, now):
    form = {"name": "Color", "duration_minutes": 60, "price": "1", "buffer_time_minutes": 30}
    color = services.create("salon", NewService(**form, resource_ids=chairs), key=None, now=now)
    till.book(color, now, at=till.NINE + 2 * HOUR, resource_id=chairs[0])

    assert block(12, chairs[0]).status == 201


def test_a_lapsed_hold_is_no_appointment(cut, chairs, now, monkeypatch):
    till.book(cut, now, at=till.NINE + 3 * HOUR, resource_id=chairs[0], hold=True)
    monkeypatch.setattr("mostrador.clock.now", lambda: now + timedelta(minutes=16))

    assert block(12, chairs[0]).status == 201


def test_late_money_for_a_blocked_time_is_due_back(bank, cut, chairs, now):
    visit = till.book(cut, now, at=till.NINE + 3 * HOUR, resource_id=chairs[0], hold=True)
    later = now + timedelta(minutes=16)
    till.sweep(later)
    assert block(12, chairs[0]).status == 201

    taken = till.Till(till.Target.APPOINTMENT, visit, cut).take_cash(later)

    assert (taken.status, taken.reason) == ("REFUND_DUE", "SLOT_GONE")


def test_it_is_opened_again_once(cut, chairs, now):
    one = f"{BLOCKS}/{block(12, *chairs).json['id']}"
    assert staff.call("GET", one).json["title"] == "Almuerzo"

    assert staff.call("DELETE", one).status == 204

    assert 12 in hours(cut, now)
    assert staff.call("DELETE", one).status == 404


def test_opening_it_again_wakes_the_waiting_list_of_the_day():
    def freed(action):
        change = freed_time.Change("block", ids.new(), action, {"starts_at": [at(12), None], "ends_at": [at(13), None]})
        return freed_time._may_free(change), [str(day) for day in freed_time._told_days(change)]

    assert freed("block.deleted") == (True, [DAY])
    assert freed("block.created")[0] is False


def test_the_same_key_closes_once(cut, chairs, now):
    first, again = block(12, *chairs, key="almuerzo-del-martes"), block(12, *chairs, key="almuerzo-del-martes")

    assert (first.status, again.json) == (201, first.json)
    assert len(staff.call("GET", BLOCKS).json["items"]) == 1
    other = block(13, *chairs, key="almuerzo-del-martes")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ends_at": at(12)}, "block_length"),
        ({"ends_at": at(11)}, "block_length"),
        ({"ends_at": at(12, 4)}, "block_length"),
        ({"ends_at": shifted("2026-12-15T12:01:00-03:00")}, "block_length"),
        ({"from": DAY}, "one_range"),
        ({"starts_at": None, "ends_at": None}, "one_range"),
        ({"starts_at": None, "ends_at": None, "from": DAY, "to": shifted("2026-11-30")}, "range_length"),
        ({"starts_at": None, "ends_at": None, "from": DAY, "to": shifted("2026-12-15")}, "range_length"),
        ({"ends_at": f"{DAY}T13:00:30-03:00"}, "full_minutes"),
        ({"title": ""}, "string_too_short"),
    ],
)
def test_an_odd_block_is_refused(cut, chairs, more, code):
    answer = block(12, *chairs, **more)

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, code)


def days_off(*who, until="2026-12-03", as_=staff, **more):
    form = {"title": "Enferma", "from": DAY, "to": shifted(until), "resource_ids": list(who)}
    return as_.call("POST", BLOCKS, form | more)


def test_whole_days_are_closed_from_the_first_to_the_last(cut, chairs, now):
    made = days_off(chairs[0]).json

    assert (made["starts_at"], made["ends_at"]) == (f"{DAY}T00:00:00-03:00", shifted("2026-12-04T00:00:00-03:00"))

    def offered(day):
        query = AvailabilityQuery(service=cut.id, date=shifted(day), resource=chairs[0])
        return bool(availability.find("salon", query, now=now).slots)

    days = ("2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04")
    assert [offered(day) for day in days] == [False, False, False, True]
    for day in days[:3]:
        assert [one["id"] for one in staff.call("GET", f"{BLOCKS}?date={shifted(day)}").json["items"]] == [made["id"]]
    assert staff.call("GET", f"{BLOCKS}?date={shifted('2026-12-04')}").json["items"] == []


def test_two_weeks_of_six_resources_fit_and_of_more_are_refused(salon, now):
    people = [resources.create("salon", NewResource(name=f"Silla {n}"), key=None, now=now).id for n in range(7)]

    fits, refused = days_off(*people[:6], until="2026-12-14"), days_off(*people, until="2026-12-14")

    assert fits.status == 201
    assert (refused.status, refused.json["code"], refused.json["limit"]) == (422, "too_many_to_block", 6)


def test_opening_several_days_wakes_the_waiting_lists_of_each():
    change = freed_time.Change(
        "block",
        ids.new(),
        "block.deleted",
        {"starts_at": [at(0), None], "ends_at": [shifted("2026-12-03T00:00Z"), None]},
    )

    assert [str(day) for day in freed_time._told_days(change)] == [shifted(f"2026-12-0{day}") for day in (1, 2, 3)]


def test_a_business_of_many_resources_names_some(salon, now):
    for number in range(20):
        resources.create("salon", NewResource(name=f"Silla {number}"), key=None, now=now)

    answer = block(12)

    assert (answer.status, answer.json["code"]) == (422, "too_many_to_block")


def test_others_may_not_and_a_foreign_resource_is_not_here(cut, chairs, clinic, now):
    theirs = reads.everything(*keys.resource("clinic", ""))[0].id

    assert block(12, *chairs, as_=viewer).status == 403
    assert block(12, *chairs, as_=foreign).status == 404
    assert block(12, chairs[0], theirs).status == 404
    assert 12 in hours(cut, now)


def test_it_counts_for_no_limit_and_keeps_no_resource(chairs, now):
    form = NewService(name="Corte", duration_minutes=60, price="1", resource_ids=chairs, max_bookings_per_day=1)
    limited = services.create("salon", form, key=None, now=now)
    block(12, *chairs)

    assert till.book(limited, now).status == "PENDING"
    assert admin.call("DELETE", f"/tenant/salon/api/resources/{chairs[1]}").status == 204


def test_a_line_that_waits_is_offered_nothing_that_is_blocked(salon, haircut, now):
    lines.open_for(1, now=now)
    full = lines.fill(haircut, now=now)
    entry = lines.join(haircut, 1, now=now)
    lines.cancel(full[0], now=now)
    block(9, until=at(9, 30))

    lines.sweep(now)

    assert lines.states(entry, now=now) == ["WAITING"]


def change(made, as_=staff, **form):
    return as_.call("PATCH", f"{BLOCKS}/{made['id']}", form)


def test_somebody_is_back_earlier_and_the_rest_of_the_days_is_open_again(cut, chairs, now):
    made = days_off(chairs[0]).json

    changed = change(made, ends_at=shifted("2026-12-02T00:00:00-03:00"), title="Gripe")

    assert (changed.status, changed.json["title"], changed.json["starts_at"]) == (200, "Gripe", made["starts_at"])
    query = AvailabilityQuery(service=cut.id, date=shifted("2026-12-02"), resource=chairs[0])
    assert availability.find("salon", query, now=now).slots
    assert hours(cut, now, chairs[0]) == set()
    assert staff.call("GET", f"{BLOCKS}?date={shifted('2026-12-02')}").json["items"] == []


def test_it_takes_longer_where_nobody_stands_or_all_the_same(cut, chairs, now):
    made = block(12, chairs[0]).json
    visit = till.book(cut, now, at=till.NINE + 5 * HOUR, resource_id=chairs[0])
    assert change(made, ends_at=at(14)).status == 200
    assert hours(cut, now, chairs[0]).isdisjoint({12, 13})

    refused = change(made, ends_at=at(16))

    assert (refused.status, refused.json["code"]) == (409, "time_booked")
    assert [one["appointment_id"] for one in refused.json["affected"]] == [visit.id]
    assert 15 in hours(cut, now, chairs[0])
    assert change(made, ends_at=at(16), even_if_booked=True).status == 200
    assert change(made, ends_at=at(17)).status == 200  # it was affected before
    assert change(made, starts_at=at(18), as_=viewer).status == 403


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"ends_at": at(12)}, "block_length"),
        ({"ends_at": shifted("2026-12-16T12:00:00-03:00")}, "block_length"),
        ({"ends_at": f"{DAY}T14:00:30-03:00"}, "full_minutes"),
    ],
)
def test_an_odd_change_is_refused(cut, chairs, form, code):
    made = block(12, chairs[0]).json

    answer = change(made, **form)

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, code)
    kept = staff.call("GET", f"{BLOCKS}/{made['id']}").json
    assert kept == {name: made[name] for name in kept}


def test_a_change_wakes_the_waiting_lists_of_the_days_that_open():
    ends = {"ends_at": [shifted("2026-12-04T03:00:00Z"), shifted("2026-12-02T03:00:00Z")]}

    def told(fields):
        found = freed_time.Change("block", ids.new(), "block.changed", fields)
        return freed_time._may_free(found), [str(day) for day in freed_time._told_days(found)]

    assert told(ends) == (True, [shifted(f"2026-12-0{day}") for day in (2, 3, 4)])
    assert told({"title": ["a", "b"]})[1] == []
