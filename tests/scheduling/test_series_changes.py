"""A series is moved, cancelled and extended from a date on, each date with its result."""

from datetime import timedelta

import pytest

from mostrador.scheduling import (
    appointments,
    plan_count,
    rescheduling,
    resources,
    series_changes,
    services,
    special_days,
)
from mostrador.scheduling.views.appointments import Rescheduling
from mostrador.scheduling.views.services import NewResource, ServiceChanges
from mostrador.scheduling.views.special_days import NewClosure
from mostrador.table import reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges, TenantOperationChanges
from tests.scheduling.test_series import NINE, SERIES, WEEK, book, shown
from tests.support import till
from tests.support.days import shifted
from tests.support.http import foreign, staff, viewer

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


def call(series_id, what, first="2026-12-08", as_=staff, key=None, **form):
    if first:
        form = {"from": shifted(first)} | form
    return as_.call("POST", f"{SERIES}/{series_id}/{what}", form, **({"Idempotency_Key": key} if key else {}))


def results(answer):
    assert answer.status == 200, answer.text
    return [row["result"] for row in answer.json["results"]]


def starts(series_id):
    """The starts of the appointments that stand."""
    dates = shown(series_id)["occurrences"]
    return [one["appointment"]["scheduled_at"] for one in dates if one["exception"] in (None, "MOVED")]


def at(*dates, hour=9):
    return [shifted(f"{date}T{hour:02d}:00:00-03:00") for date in dates]


def get(appointment_id, now):
    return appointments.get("salon", appointment_id, now=now)


def test_it_moves_to_another_weekday_and_time_of_the_same_weeks(haircut, now):
    made = book(haircut)

    moved = call(made["series_id"], "move", weekday="thursday", time="10:00")

    assert results(moved) == ["DONE"] * 3
    assert starts(made["series_id"]) == at("2026-12-01") + at("2026-12-10", "2026-12-17", "2026-12-24", hour=10)
    assert [one["exception"] for one in shown(made["series_id"])["occurrences"]] == [None] * 4
    entry = get(made["booked"][1]["id"], now).history[-1]
    assert (entry["change"], entry["by"]) == ("RESCHEDULED", "eva@example.com")


@pytest.mark.parametrize("form", [{"weekday": "monday"}, {"weekday": "friday", "time": "11:00"}, {"time": "08:00"}])
def test_the_same_call_again_changes_nothing(haircut, now, form):
    tenants.change("salon", TenantChanges(business_hours=_early()), seen=None, now=now)
    made = book(haircut)
    first = call(made["series_id"], "move", **form)
    assert results(first) == ["DONE"] * 3
    before = shown(made["series_id"])

    again = call(made["series_id"], "move", **form)

    assert results(again) == ["ALREADY_DONE"] * 3
    assert shown(made["series_id"]) == before


def _early():
    return {day: [{"opens": "07:00", "closes": "19:00"}] for day in _WEEKDAYS}


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def test_a_date_that_is_not_free_is_told_and_the_others_move(haircut, now):
    till.book(haircut, now, at=NINE + 2 * WEEK + DAY, phone="0981 222 222")
    made = book(haircut)

    moved = call(made["series_id"], "move", weekday="wednesday")

    assert results(moved) == ["DONE", "REFUSED", "DONE"]
    problem = moved.json["results"][1]["problem"]
    assert (problem["code"], problem["reason"], len(problem["alternatives"])) == ("slot_taken", "taken", 3)
    assert starts(made["series_id"]) == at("2026-12-01", "2026-12-09", "2026-12-15", "2026-12-23")


def test_a_date_that_was_moved_by_itself_stays_unless_it_is_included(haircut, now):
    made = book(haircut)
    moved = Rescheduling(scheduled_at=NINE + WEEK + timedelta(hours=3))
    rescheduling.move("salon", made["booked"][1]["id"], moved, actor_name="eva", now=now)

    assert results(call(made["series_id"], "move", weekday="friday")) == ["KEPT", "DONE", "DONE"]
    included = call(made["series_id"], "move", weekday="friday", include_moved=True)

    assert results(included) == ["DONE", "ALREADY_DONE", "ALREADY_DONE"]
    assert starts(made["series_id"])[1:] == at("2026-12-11", "2026-12-18", "2026-12-25")


def test_it_moves_to_another_person_and_length_and_keeps_its_own_person(salon, now):
    eva, luz = (resources.create("salon", NewResource(name=name), key=None, now=now).id for name in ("Eva", "Luz"))
    cut = till.service(now, resource_ids=[eva, luz])
    made = book(cut, resource_id=eva)

    assert results(call(made["series_id"], "move", resource_id=luz, duration_minutes=60)) == ["DONE"] * 3
    second = get(made["booked"][1]["id"], now)
    assert (second.resource_id, second.duration_minutes, second.history[-1]["change"]) == (luz, 60, "CHANGED")

    till.book(cut, now, at=NINE + WEEK + DAY, phone="0981 222 222", resource_id=luz)
    assert results(call(made["series_id"], "move", weekday="wednesday")) == ["REFUSED", "DONE", "DONE"]


def test_what_has_begun_or_stands_no_more_is_ended(haircut, now, monkeypatch):
    made = book(haircut)
    appointments.cancel("salon", made["booked"][2]["id"], reason="", actor_name="eva", now=now)
    monkeypatch.setattr("mostrador.clock.now", lambda: NINE + WEEK)

    answer = call(made["series_id"], "move", first="2026-12-01", weekday="friday")

    assert results(answer) == ["ENDED", "ENDED", "ENDED", "DONE"]


def test_a_time_that_the_clocks_skip_is_refused(clinic, monday):
    from datetime import datetime

    from mostrador.scheduling import recurring
    from mostrador.scheduling.views.recurring import NewSeries
    from mostrador.scheduling.views.series import SeriesMove

    hours = {day: [{"opens": "00:00", "closes": "23:00"}] for day in _WEEKDAYS}
    tenants.change("clinic", TenantChanges(business_hours=hours), seen=None, now=monday)
    visit = till.service(monday, tenant="clinic")
    first = datetime.fromisoformat("2027-03-07T09:00:00-05:00")
    wanted = {"service_id": visit.id, "scheduled_at": first, "customer_data": {"name": "Ann"}, "count": 2}
    made = recurring.book("clinic", NewSeries.model_validate(wanted), actor_name="eva", key=None, now=monday)
    form = SeriesMove.model_validate({"from": "2027-03-01", "time": "02:30"})

    outcome = series_changes.move("clinic", made.series_id, form, actor_name="eva", clock=lambda: monday)

    assert [row.result for row in outcome.rows] == ["DONE", "REFUSED"]
    assert outcome.rows[1].error.facts["reason"] == "closed"


def test_paid_money_stays_with_a_move_and_goes_back_with_a_cancellation(bank, haircut, now):
    made = book(haircut)
    paid = get(made["booked"][1]["id"], now)
    till.Till(till.Target.APPOINTMENT, paid, haircut).take_cash(now)

    call(made["series_id"], "move", time="10:00")
    moved = get(paid.id, now)
    assert (moved.payment_status, moved.paid_amount, len(moved.payment_ids)) == ("PAID", moved.total_amount, 1)

    cancelled = call(made["series_id"], "cancel", reason="Se muda")
    assert results(cancelled) == ["DONE"] * 3
    assert get(paid.id, now).payment_status == "REFUNDED"
    assert starts(made["series_id"]) == at("2026-12-01")
    assert results(call(made["series_id"], "cancel", reason="Se muda")) == ["ALREADY_DONE"] * 3


def test_the_business_may_keep_what_was_paid(bank, haircut, now):
    made = book(haircut)
    paid = get(made["booked"][1]["id"], now)
    till.Till(till.Target.APPOINTMENT, paid, haircut).take_cash(now)

    call(made["series_id"], "cancel", keep_payment=True)

    assert get(paid.id, now).payment_status == "PAID"


def test_the_plan_counts_what_stands(haircut, now):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=9), seen=None, now=now)
    made = book(haircut)

    call(made["series_id"], "cancel")
    assert int(_usage(now).appointments) == 1
    call(made["series_id"], "extend", first=None, count=4)
    assert int(_usage(now).appointments) == 5


def _usage(now):
    return reads.get_item(plan_count.key(tenants.find("salon", now=now), now))


def test_it_is_extended_behind_its_last_date(haircut, now):
    made = book(haircut, count=2, status="CONFIRMED", customer_notes="con té")

    more = call(made["series_id"], "extend", first=None, count=2)

    assert more.status == 201, more.text
    assert more.json["series_id"] == made["series_id"]
    assert starts(made["series_id"]) == at("2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22")
    one = more.json["booked"][0]
    assert (one["customer_id"], one["status"], one["customer_notes"]) == (
        made["booked"][0]["customer_id"], "CONFIRMED", "con té",
    )  # fmt: skip
    assert shown(made["series_id"])["dates"] == 4


def test_a_moved_series_goes_on_at_its_new_time_and_person(salon, now):
    eva, luz = (resources.create("salon", NewResource(name=name), key=None, now=now).id for name in ("Eva", "Luz"))
    cut = till.service(now, resource_ids=[eva, luz])
    made = book(cut, resource_id=eva, count=2, every_weeks=2)
    call(made["series_id"], "move", first="2026-12-15", weekday="wednesday", time="11:00", resource_id=luz)

    more = call(made["series_id"], "extend", first=None, until=shifted("2027-01-13")).json["booked"]

    assert [one["scheduled_at"] for one in more] == at("2026-12-30", "2027-01-13", hour=11)
    assert {one["resource_id"] for one in more} == {luz}


def test_a_series_that_was_cut_off_goes_on_where_it_ended_or_later(haircut, now):
    made = book(haircut)
    call(made["series_id"], "cancel")

    call(made["series_id"], "extend", first="2026-12-14", count=2)

    assert starts(made["series_id"]) == at("2026-12-01", "2026-12-15", "2026-12-22")


def test_the_same_key_extends_once(haircut, now):
    made = book(haircut, count=2)

    first = call(made["series_id"], "extend", first=None, key="k", count=2)
    again = call(made["series_id"], "extend", first=None, key="k", count=2)

    assert (again.status, again.json) == (201, first.json)
    assert len(starts(made["series_id"])) == 4
    other = call(made["series_id"], "extend", first=None, key="k", count=3)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(call(made["series_id"], "extend", first=None, key="k2", count=2).json["booked"]) == 2
    assert len(starts(made["series_id"])) == 6


def test_dates_that_are_not_free_are_exceptions_of_the_extension(haircut, now):
    made = book(haircut, count=2)
    special_days.create("salon", NewClosure(name="Feriado", date=shifted("2026-12-15")), now=now)

    refused = call(made["series_id"], "extend", first=None, count=2)
    assert (refused.status, refused.json["code"]) == (409, "series_conflicts")
    more = call(made["series_id"], "extend", first=None, count=2, skip_conflicts=True)

    assert [one["reason"] for one in more.json["conflicts"]] == ["closed"]
    assert [one["exception"] for one in shown(made["series_id"])["occurrences"]] == [None, None, "REFUSED", None]


def test_a_series_has_a_hundred_dates_at_most(haircut, now):
    made = book(haircut, count=30)
    for _ in range(2):
        assert call(made["series_id"], "extend", first=None, count=30).status == 201

    refused = call(made["series_id"], "extend", first=None, count=11)

    assert (refused.status, refused.json["code"], refused.json["count"]) == (409, "series_full", 101)
    moved = call(made["series_id"], "move", first="2026-12-01", time="10:00")
    assert results(moved) == ["DONE"] * 30
    assert moved.json["next_from"] == shifted("2027-06-29")


def test_a_long_move_goes_on_from_the_date_that_it_names(haircut, now, monkeypatch):
    monkeypatch.setattr(series_changes, "MOST", 2)
    made = book(haircut, count=5)
    form, first, seen = {"weekday": "thursday"}, "2026-12-01", []

    while first:
        answer = staff.call("POST", f"{SERIES}/{made['series_id']}/move", {"from": shifted(first)} | form)
        seen += results(answer)
        first = answer.json["next_from"]

    assert seen == ["DONE"] * 5


def test_a_crash_in_between_and_the_same_call_again_converge(haircut, now, monkeypatch):
    made = book(haircut)
    put, calls = series_changes.placing.put, []

    def dies_after_the_second(*args, **more):
        put(*args, **more)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(series_changes.placing, "put", dies_after_the_second)
    with pytest.raises(KeyboardInterrupt):
        call(made["series_id"], "move", weekday="monday")
    monkeypatch.setattr(series_changes.placing, "put", put)

    assert results(call(made["series_id"], "move", weekday="monday")) == ["ALREADY_DONE", "ALREADY_DONE", "DONE"]


def test_a_service_that_is_offered_no_more_is_moved_and_not_extended(haircut, now):
    made = book(haircut)
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)

    assert results(call(made["series_id"], "move", time="10:00")) == ["DONE"] * 3
    assert call(made["series_id"], "extend", first=None, count=1).json["code"] == "service_inactive"


def test_without_any_appointment_left_there_is_nothing_to_extend(haircut, now):
    made = book(haircut, count=2)
    for one in made["booked"]:
        appointments.delete("salon", one["id"], seen=None, now=now)

    assert call(made["series_id"], "extend", first=None, count=1).json["code"] == "series_is_empty"


@pytest.mark.parametrize(
    ("what", "form", "code"),
    [
        ("move", {"from": shifted("2026-12-08")}, "no_change"),
        ("move", {"weekday": "friday"}, "missing"),
        ("move", {"from": shifted("2026-12-08"), "time": "25:00"}, "string_pattern_mismatch"),
        ("move", {"from": shifted("2026-12-08"), "weekday": "viernes"}, "enum"),
        ("extend", {}, "one_end"),
        ("extend", {"count": 2, "until": shifted("2027-01-01")}, "one_end"),
        ("extend", {"until": shifted("2026-12-22")}, "invalid_series"),
        ("extend", {"until": shifted("2028-12-22")}, "invalid_series"),
    ],
)
def test_odd_changes_are_refused(haircut, now, what, form, code):
    made = book(haircut)

    answer = staff.call("POST", f"{SERIES}/{made['series_id']}/{what}", form)

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, code)
    assert starts(made["series_id"]) == [one["scheduled_at"] for one in made["booked"]]


def test_viewers_and_others_may_not(haircut, clinic, now):
    made = book(haircut)

    for what, form in (("move", {"time": "10:00"}), ("cancel", {}), ("extend", {"count": 1})):
        first = None if what == "extend" else "2026-12-08"
        assert call(made["series_id"], what, first=first, as_=viewer, **form).status == 403
        assert call(made["series_id"], what, first=first, as_=foreign, **form).status == 404
