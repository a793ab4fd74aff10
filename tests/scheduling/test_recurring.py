from datetime import datetime, timedelta

import pytest

from mostrador import context
from mostrador.scheduling import appointments, booking, recurring, rescheduling, services, slots
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment, Rescheduling
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.services import NewService, ServiceChanges
from mostrador.table import keys, reads, writes
from mostrador.table.writes import KeyReused
from mostrador.tenancy import tenants
from mostrador.tenancy.views.opening_hours import WEEKDAYS
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import clocks, faults
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
ANA = {"name": "Ana", "phone": "0981 123 456"}


def book(service, now, key=None, tenant="salon", **more):
    wanted = {"service_id": service.id, "scheduled_at": NINE, "customer_data": ANA, "count": 4} | more
    return recurring.book(tenant, NewSeries.model_validate(wanted), actor_name="eva", key=key, now=now)


def block(service, scheduled_at, now):
    form = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, customer_data={"name": "Beto"})
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def stored(now, tenant="salon"):
    return appointments.listing(tenant, AppointmentListing(limit=100), now=now).items


def starts(view):
    return [one.scheduled_at for one in view.booked]


def test_every_week_at_the_same_time_past_the_advance_window_too(haircut, now):
    made = book(haircut, now, count=8)

    assert starts(made) == [NINE + timedelta(weeks=number) for number in range(8)]
    assert {one.series_id for one in made.booked} == {made.series_id}
    assert len({one.customer_id for one in made.booked}) == 1
    assert made.conflicts == []


def test_every_other_week_until_a_date(haircut, now):
    made = book(haircut, now, count=None, every_weeks=2, until=shifted("2027-01-12"))

    assert [start.date().isoformat() for start in starts(made)] == [
        shifted("2026-12-01"),
        shifted("2026-12-15"),
        shifted("2026-12-29"),
        shifted("2027-01-12"),
    ]


def test_one_conflict_books_nothing_and_is_told_with_its_alternatives(haircut, now):
    block(haircut, NINE + timedelta(weeks=2), now)

    with pytest.raises(recurring.Conflicts) as refused:
        book(haircut, now)

    (conflict,) = refused.value.facts["conflicts"]
    assert (conflict["starts_at"], conflict["reason"]) == (shifted("2026-12-15T09:00:00-03:00"), "taken")
    assert len(conflict["alternatives"]) == 3
    assert len(stored(now)) == 1


def test_the_rest_is_booked_when_asked_for(haircut, now):
    block(haircut, NINE + timedelta(weeks=2), now)

    made = book(haircut, now, skip_conflicts=True)

    assert starts(made) == [NINE + timedelta(weeks=number) for number in (0, 1, 3)]
    assert [one.reason for one in made.conflicts] == ["taken"]


def test_the_same_key_gives_the_same_series(haircut, now):
    first = book(haircut, now, key="k")

    again = book(haircut, now, key="k")

    assert (again.series_id, starts(again)) == (first.series_id, starts(first))
    assert len(stored(now)) == 4
    with pytest.raises(KeyReused):
        book(haircut, now, key="k", count=5)


def test_a_series_stays_at_its_time_on_the_clock_when_the_clocks_change(clinic, monday):
    visit = services.create("clinic", NewService(name="Visit", duration_minutes=30, price="50"), key=None, now=monday)
    first = datetime.fromisoformat("2027-03-09T10:00:00-05:00")

    made = book(visit, monday, tenant="clinic", scheduled_at=first, count=2, customer_data={"name": "Ann"})

    assert [start.isoformat() for start in starts(made)] == [
        "2027-03-09T10:00:00-05:00",
        "2027-03-16T10:00:00-04:00",
    ]


@pytest.mark.parametrize(
    "more", [{"count": None, "until": shifted("2026-12-02")}, {"count": None, "until": "2029-12-01"}]
)
def test_a_series_of_one_or_of_too_many_is_refused(haircut, now, more):
    with pytest.raises(recurring.BadSeries):
        book(haircut, now, **more)


def test_a_series_counts_against_the_plan_as_a_whole(haircut, now):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=3), seen=None, now=now)

    with pytest.raises(Exception, match="the plan allows 3"):
        book(haircut, now)

    assert stored(now) == []


def test_as_many_as_may_be_fit_into_one_transaction(haircut, now):
    assert len(book(haircut, now, count=30).booked) == 30


def test_a_series_whose_limits_need_too_much_at_once_is_refused(salon, now):
    from mostrador.scheduling import resources
    from mostrador.scheduling.views.services import NewResource

    chairs = [resources.create("salon", NewResource(name=str(n)), key=None, now=now).id for n in range(3)]
    wanted = NewService(name="X", duration_minutes=30, price="1", max_bookings_per_week=9, resource_ids=chairs)
    limited = services.create("salon", wanted, key=None, now=now)

    with pytest.raises(booking.TooMuchAtOnce):
        book(limited, now, count=8)
    assert len(book(limited, now, count=4).booked) == 4


@pytest.mark.parametrize("count", [2, 4])
def test_however_many_dates_are_taken_the_days_around_them_are_read_once(haircut, now, count):
    for number in range(count):
        block(haircut, NINE + timedelta(weeks=number), now)
    book(haircut, now, count=30, scheduled_at=NINE + timedelta(hours=3))  # what is read is known from then on

    with faults.crashing(-1, "none") as calls, pytest.raises(recurring.Conflicts) as refused:
        book(haircut, now, count=count)

    assert len(refused.value.facts["conflicts"]) == count
    assert calls == ["BatchGetItem", "Query"]


def test_a_conflict_tells_the_alternatives_that_a_booking_of_its_own_would(haircut, now):
    taken = [NINE + timedelta(weeks=number) for number in range(4)]
    for number, start in enumerate(taken):
        for busy in range(number + 1):
            block(haircut, start + timedelta(minutes=30 * busy), now)

    with pytest.raises(recurring.Conflicts) as series:
        book(haircut, now)
    alone = []
    for start in taken:
        with pytest.raises(slots.SlotTaken) as one:
            block(haircut, start, now)
        alone.append(one.value.facts["alternatives"])

    assert [conflict["alternatives"] for conflict in series.value.facts["conflicts"]] == alone
    assert len({tuple(alternatives) for alternatives in alone}) == 4


@pytest.mark.parametrize("offset", ["-04:00", "-05:00"], ids=["first time", "second time"])
def test_a_series_in_a_repeated_hour_starts_when_it_says(clinic, monday, offset):
    """On 7 November 2027 the clocks of New York show 01:30 twice."""
    night = {"business_hours": {day: [{"opens": "00:00", "closes": "24:00"}] for day in WEEKDAYS}}
    tenants.change("clinic", TenantOperationChanges.model_validate(night), seen=None, now=monday)
    visit = services.create("clinic", NewService(name="Visit", duration_minutes=30, price="50"), key=None, now=monday)
    first = datetime.fromisoformat(f"2027-11-07T01:30:00{offset}")

    made = book(visit, monday, tenant="clinic", scheduled_at=first, count=2, customer_data={"name": "Ann"})

    assert [start.isoformat() for start in starts(made)] == [
        f"2027-11-07T01:30:00{offset}",
        "2027-11-14T01:30:00-05:00",
    ]


def test_a_repeat_gives_the_same_answer_whatever_has_changed_since(haircut, now):
    block(haircut, NINE + timedelta(weeks=2), now)
    first = book(haircut, now, key="k", skip_conflicts=True)
    block(haircut, NINE + timedelta(hours=1), now)
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)

    again = book(haircut, now, key="k", skip_conflicts=True)

    assert [conflict.starts_at for conflict in again.conflicts] == [NINE + timedelta(weeks=2)]
    assert again.model_dump() == first.model_dump()
    with pytest.raises(KeyReused):
        book(haircut, now, key="k", count=5)


def test_a_repeat_shows_a_date_that_was_moved_where_it_is_now_and_no_conflict(haircut, now):
    first = book(haircut, now, key="k")
    form = Rescheduling(scheduled_at=NINE + timedelta(hours=2))
    rescheduling.move("salon", first.booked[0].id, form, actor_name="eva", now=now)

    again = book(haircut, now, key="k")

    assert (again.booked[0].scheduled_at, again.conflicts) == (NINE + timedelta(hours=2), [])
    assert len(stored(now)) == 4


def test_a_repeat_after_a_change_of_the_clocks_law_books_nothing_again(haircut, now):
    first = datetime.fromisoformat("2027-09-21T13:00:00+00:00")  # 09:00 before the law, and an hour earlier in October
    form = {"scheduled_at": first, "every_weeks": 3, "count": 3, "skip_conflicts": True, "key": "k"}
    with clocks.under(clocks.BEFORE):
        taken = {"service_id": haircut.id, "scheduled_at": first, "customer_data": {"name": "Beto"}, "count": 2}
        recurring.book("salon", NewSeries.model_validate(taken), actor_name="eva", key=None, now=now)
        made = book(haircut, now, **form)
    before = len(stored(now))

    again = book(haircut, now, **form)

    assert [one.id for one in again.booked] == [one.id for one in made.booked]
    assert again.conflicts == made.conflicts
    assert (len(made.booked), len(stored(now))) == (2, before)


def test_a_series_of_before_its_record_is_still_recognised(haircut, now):
    made = book(haircut, now, key="k")
    with context.working("salon", context.SYSTEM):
        series = reads.get_item(keys.series("salon", made.series_id))
        writes.delete(series)

    again = book(haircut, now, key="k")

    assert [one.id for one in again.booked] == [one.id for one in made.booked]
    assert len(stored(now)) == 4


def test_a_repeat_tells_what_is_left_where_dates_were_deleted(haircut, now):
    made = book(haircut, now, key="k")
    for one in made.booked[:3]:
        appointments.delete("salon", one.id, seen=None, now=now)

    again = book(haircut, now, key="k")

    assert [one.id for one in again.booked] == [made.booked[3].id]
    assert len(stored(now)) == 1
