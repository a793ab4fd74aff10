from datetime import date, datetime, timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from mostrador.scheduling import (
    appointments,
    booking,
    booking_context,
    busy_sources,
    busy_times,
    public_booking,
    recurring,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.rules import agenda
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.views.appointments import NewAppointment, Rescheduling
from mostrador.scheduling.views.public_booking import FreeTimesView, PublicBooking, PublicFreeTimes
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.services import NewResource, NewService, ResourceChanges
from mostrador.table import keys, reads
from mostrador.table.items.busy_times import BusyDay
from mostrador.tenancy import tenants
from tests.scheduling.test_machine import STARTS, STEP, Agenda
from tests.support import lines
from tests.support.busy import DAY, GOOGLE, busy_days, event, free, pull, resource_ids, view
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
TEN = NINE + timedelta(hours=1)
DAYS = timedelta(days=1)


def book(service, scheduled_at=NINE, *, now, **more):
    wanted = NewAppointment(
        service_id=service.id, scheduled_at=scheduled_at, **({"customer_data": {"name": "Ana"}} | more)
    )
    return booking.book("salon", wanted, actor_name="eva", key=None, now=now)


def offer(now, **more):
    wanted = {"name": "Otro", "duration_minutes": 30, "price": "1000"} | more
    return services.create("salon", NewService(**wanted), key=None, now=now)


def second_chair(now):
    return resources.create("salon", NewResource(name="Silla 2"), key=None, now=now).id


def refused(call):
    with pytest.raises(slots.SlotTaken) as caught:
        call()
    return caught.value.facts


def events(source=GOOGLE, tenant="salon"):
    return reads.span(keys.busy_partition(tenant, source), reads.LOWEST, reads.HIGHEST, consistent=True)


# What is busy elsewhere is not free


def test_a_busy_time_is_not_offered_and_not_booked(haircut, now):
    pull(event("e1", NINE, 45), now=now)

    assert free(haircut, now=now)[0] == "10:00"
    facts = refused(lambda: book(haircut, NINE + timedelta(minutes=30), now=now))
    assert facts["reason"] == "external"
    assert facts["details"] == {
        "from": shifted("2026-12-01T09:00:00-03:00"),
        "until": shifted("2026-12-01T09:45:00-03:00"),
    }
    assert facts["alternatives"][0] == shifted("2026-12-01T10:00:00-03:00")
    assert book(haircut, TEN, now=now).status == "PENDING"


def test_the_refusal_is_said_in_both_languages(now):
    taken = slots.SlotTaken(starts_at="2026-12-06T09:00:00-03:00", reason=Reason.EXTERNAL.value, alternatives=[])

    assert taken.says("es", now=now) == (
        "el domingo 6 de diciembre, 9:00 no está disponible: ocupado en el calendario externo"
    )
    assert taken.says("en", now=now) == "Sunday 6 December, 9:00 is not free: busy in the external calendar"


def test_it_is_explained(haircut, now):
    pull(event("e1", NINE, 30), now=now)

    told = view(haircut, now=now, explain=True).refused

    assert [(one.starts_at, one.reason, set(one.details)) for one in told if one.reason == "external"] == [
        (NINE, "external", {"from", "until"})
    ]


def test_buffers_keep_their_distance_from_it_and_no_class_has_seats_in_it(salon, now):
    yoga = offer(now, capacity=5, buffer_before_minutes=10, buffer_time_minutes=10)
    pull(event("e1", TEN, 30), now=now)

    assert free(yoga, now=now)[:2] == ["09:00", "11:00"]


def test_the_other_tenant_is_not_blocked(haircut, clinic, now):
    pull(event("e1", NINE, 600), now=now)
    theirs = services.create("clinic", NewService(name="Visit", duration_minutes=30, price="1"), key=None, now=now)

    assert free(haircut, now=now) == []
    assert len(free(theirs, now=now, tenant="clinic")) == 18
    assert [busy_days(one, "clinic") for one in resource_ids("clinic")] == [{}]


def test_a_resources_own_calendar_blocks_that_one_and_the_tenants_both(salon, now):
    first, second = resource_ids()[0], second_chair(now)
    both = offer(now, resource_ids=[first, second])
    pull(event("e1", NINE, 30), now=now, source=f"{GOOGLE}#{second}", resources=[second])
    pull(event("e2", NINE + timedelta(minutes=30), 30), now=now)

    free_at = {slot.starts_at: slot.resource_ids for slot in view(both, now=now).slots}

    assert free_at[NINE] == [first]
    assert NINE + timedelta(minutes=30) not in free_at
    assert set(free_at[TEN]) == {first, second}
    assert book(both, now=now).resource_id == first


def test_a_second_group_is_blocked_too(salon, now):
    room = second_chair(now)
    together = offer(now, second_resource_ids=[room])
    pull(event("e1", NINE, 30), now=now, source=f"{GOOGLE}#{room}", resources=[room])

    assert free(together, now=now)[0] == "09:30"
    assert refused(lambda: book(together, now=now))["reason"] == "external"


def test_an_event_that_goes_on_for_days_blocks_each_of_them(haircut, now):
    pull(event("trip", NINE, 3 * 24 * 60), now=now)

    days = [free(haircut, now=now, day=DAY + DAYS * number) for number in range(4)]

    assert days[:3] == [[], [], []]
    assert days[3][0] == "09:00"
    assert len(busy_days(haircut.resource_ids[0])) == 4


def test_staff_may_book_over_it_and_it_shows_on_the_appointment(haircut, now):
    pull(event("e1", NINE, 30), now=now)

    over = book(haircut, now=now, ignore_calendar=True)

    assert over.ignores_calendar is True
    assert book(haircut, TEN, now=now).ignores_calendar is None
    assert refused(lambda: book(haircut, now=now, ignore_calendar=True))["reason"] == "taken"


def test_who_books_over_it_is_still_shown_other_times(haircut, now):
    pull(event("e1", NINE + timedelta(minutes=30), 60), now=now)
    book(haircut, now=now)

    facts = refused(lambda: book(haircut, now=now, ignore_calendar=True))

    assert facts["alternatives"] == [(TEN + timedelta(minutes=minutes)).isoformat() for minutes in (30, 60, 90)]


def test_without_an_account_one_only_learns_that_it_is_not_free(haircut, now):
    pull(event("e1", NINE, 30), now=now)
    form = PublicBooking(
        service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana", "phone": "0981 123 456"}
    )

    facts = refused(lambda: public_booking.book("salon", form, address="a", key=None, now=now))

    assert (facts["reason"], facts["details"]) == ("external", {})
    assert "ignore_calendar" not in PublicBooking.model_fields


def test_what_is_moved_over_it_is_one_that_was_booked_over_it_until_it_is_moved_again(haircut, now):
    booked = book(haircut, TEN, now=now)
    pull(event("e1", NINE, 30), now=now)

    def move(to, **more):
        form = Rescheduling(scheduled_at=to)
        return rescheduling.move("salon", booked.id, form, actor_name="a", now=now, **more).ignores_calendar

    assert refused(lambda: move(NINE))["reason"] == "external"
    assert move(NINE, override=frozenset({"external"})) is True
    assert move(TEN) is None
    assert refused(lambda: move(NINE))["reason"] == "external"


def test_moving_a_series_and_the_waiting_list_avoid_it(haircut, now):
    booked = book(haircut, TEN, now=now)
    pull(event("e1", NINE, 30), event("e2", NINE + 7 * DAYS, 30), now=now)
    weekly = {"service_id": haircut.id, "customer_data": {"name": "Ana"}, "count": 2, "skip_conflicts": True}

    moved = refused(
        lambda: rescheduling.move("salon", booked.id, Rescheduling(scheduled_at=NINE), actor_name="a", now=now)
    )
    form = NewSeries(scheduled_at=NINE + 14 * DAYS, **weekly)
    made = recurring.book(
        "salon", form.model_copy(update={"scheduled_at": NINE + 7 * DAYS}), actor_name="a", key=None, now=now
    )

    assert moved["reason"] == "external"
    assert [one.scheduled_at for one in made.booked] == [NINE + 14 * DAYS]
    assert [one.reason for one in made.conflicts] == ["external"]
    over = NewSeries(scheduled_at=NINE, ignore_calendar=True, **weekly)
    assert len(recurring.book("salon", over, actor_name="a", key=None, now=now).booked) == 2


def test_what_waits_is_offered_what_is_free_in_both(haircut, now):
    lines.open_for(1, now=now)
    taken = lines.fill(haircut, now=now)
    waiting = lines.join(haircut, 1, now=now)
    pull(event("e1", NINE, 30), now=now)
    for one in taken:
        lines.cancel(one, now=now)

    lines.sweep(now)

    (waiting,) = lines.listed(now)
    assert (waiting.status, waiting.offer_starts_at) == ("OFFERED", NINE + timedelta(minutes=30))


def test_a_hold_that_lapsed_is_not_confirmed_into_a_busy_time(haircut, now):
    held, over = (book(haircut, at, now=now, hold=True, ignore_calendar=at == TEN) for at in (NINE, TEN))
    pull(event("e1", NINE, 90), now=now)
    later = now + timedelta(hours=1)

    facts = refused(lambda: appointments.confirm("salon", held.id, actor_name="a", now=later))

    assert facts["alternatives"] == []
    assert appointments.confirm("salon", over.id, actor_name="a", now=later).status == "CONFIRMED"


def test_a_resource_with_busy_times_and_no_bookings_can_be_deleted(haircut, now):
    chair = second_chair(now)
    pull(event("e1", NINE, 30), now=now)

    resources.delete("salon", chair, seen=None, now=now)

    assert reads.get_item(keys.resource("salon", chair)) is None


# What changed elsewhere


def test_an_event_that_moves_frees_where_it_was(haircut, now):
    pull(event("e1", NINE, 30), event("e2", TEN, 30), now=now)

    pull(event("e1", NINE + 2 * DAYS, 30), now=now)

    assert list(busy_days(haircut.resource_ids[0]).items()) == [
        (shifted("2026-12-01"), [(780, 810)]),
        (shifted("2026-12-03"), [(720, 750)]),
    ]
    assert free(haircut, now=now)[:2] == ["09:00", "09:30"]


def test_an_event_that_moves_within_its_day_frees_where_it_was(haircut, now):
    pull(event("e1", NINE, 30), now=now)

    pull(event("e1", TEN, 30), now=now)

    assert free(haircut, now=now)[:3] == ["09:00", "09:30", "10:30"]


def test_an_event_that_goes_leaves_nothing(haircut, now):
    pull(event("e1", NINE, 3 * 24 * 60), now=now)

    pull(now=now, gone=["e1", "never seen"])

    assert busy_days(haircut.resource_ids[0]) == {}
    assert events() == []


def test_the_same_again_writes_nothing(haircut, now):
    pull(event("e1", NINE, 30), event("e2", TEN, 3 * 24 * 60), now=now)
    turn = int(busy_sources.begin("salon", GOOGLE).version)
    changes = {one.event_id: one for one in (event("e1", NINE, 30), event("e2", TEN, 3 * 24 * 60))}

    with lines.trips() as trips:
        busy_times.replace("salon", GOOGLE, resource_ids(), changes, turn=turn, now=now)

    assert set(trips) == {"BatchGetItem", "Query"}


def test_a_longer_stay_touches_only_the_days_that_change(haircut, now, monkeypatch):
    pull(event("trip", NINE, 5 * 24 * 60), now=now)
    written, write = [], busy_times._write_day
    monkeypatch.setattr(
        busy_times, "_write_day", lambda tx, key, *rest: (written.append(key[1]), write(tx, key, *rest))
    )

    pull(event("trip", NINE, 6 * 24 * 60), now=now)

    assert written == [shifted("2026-12-06#BUSY"), shifted("2026-12-07#BUSY")]


def test_a_full_pull_leaves_exactly_what_it_brings(haircut, now):
    pull(event("e1", NINE, 30), event("e2", TEN, 30), event("e3", NINE + DAYS, 30), now=now)

    pull(event("e2", TEN, 60), event("e4", NINE, 15), now=now, is_full=True)

    assert busy_days(haircut.resource_ids[0]) == {shifted("2026-12-01"): [(720, 735), (780, 840)]}
    assert len(events()) == 2


def test_two_calendars_do_not_wipe_each_other(haircut, now):
    own, chair = f"{GOOGLE}#{haircut.resource_ids[0]}", haircut.resource_ids[:1]
    pull(event("e1", NINE, 30), now=now)
    pull(event("e1", TEN, 30), now=now, source=own, resources=chair)
    pull(now=now, gone=["e1"], source=own, resources=chair)
    assert free(haircut, now=now)[0] == "09:30"

    pull(event("e1", TEN, 30), now=now, source=own, resources=chair)
    pull(now=now, is_full=True)

    assert free(haircut, now=now)[:3] == ["09:00", "09:30", "10:30"]


@pytest.mark.parametrize("brings", [{"is_full": True}, {}], ids=["full", "nothing new"])
def test_a_new_resource_is_blocked_by_the_next_pull_and_one_that_is_taken_out_is_free(haircut, now, brings):
    known = event("e1", NINE, 30)
    pull(known, now=now)
    chair = second_chair(now)
    assert busy_days(chair) == {}

    pull(*([known] if brings else []), now=now, **brings)
    assert busy_days(chair) == busy_days(haircut.resource_ids[0]) != {}

    pull(*([known] if brings else []), now=now, resources=[chair], **brings)
    assert busy_days(haircut.resource_ids[0]) == {}


def test_what_is_past_or_too_far_ahead_is_not_kept(haircut, now):
    pull(event("old", NINE - 10 * DAYS, 30), event("far", NINE + 760 * DAYS, 30), now=now)
    assert busy_days(haircut.resource_ids[0]) == {}
    assert events() == []

    pull(event("old", NINE - 10 * DAYS, 30), event("far", NINE + 760 * DAYS, 30), now=now + 20 * DAYS, is_full=True)

    assert list(busy_days(haircut.resource_ids[0])) == [(DAY + 760 * DAYS).isoformat()]


def test_an_event_of_years_is_cut_after_one_and_goes_on_later(haircut, now):
    years = event("years", NINE, 3 * 366 * 24 * 60)
    pull(years, now=now)
    assert len(busy_days(haircut.resource_ids[0])) == 367

    pull(years, now=now + 20 * DAYS, is_full=True)

    assert max(busy_days(haircut.resource_ids[0])) == (shifted(date(2026, 12, 19)) + 366 * DAYS).isoformat()
    pull(now=now + 20 * DAYS, is_full=True)
    assert [day for day in busy_days(haircut.resource_ids[0]) if day >= shifted("2026-12-19")] == []


def test_what_goes_after_the_tenant_got_another_zone_leaves_nothing(haircut, now):
    """In Asuncion it stood in the evening of one day and the night of the next; in Tokyo all of it is the next."""
    night = datetime.fromisoformat(shifted("2026-12-01T23:00:00-03:00"))
    pull(event("cena", night, 120), now=now)
    resource_id = haircut.resource_ids[0]
    assert set(busy_days(resource_id)) == {shifted("2026-12-01"), shifted("2026-12-02")}
    tenants.relocate("salon", time_zone="Asia/Tokyo", country=None, now=now)

    pull(now=now, gone=["cena"])

    assert busy_days(resource_id) == {}


def test_what_is_past_is_left_to_dynamodb(haircut, now):
    pull(event("e1", NINE, 30), now=now)

    (day,) = [one for one in reads.span(keys.agenda_partition("salon", haircut.resource_ids[0]), "0", "9") if isinstance(one, BusyDay)]  # fmt: skip # noqa: E501

    assert datetime.fromtimestamp(int(day.expires_at), NINE.tzinfo).date() == shifted(date(2027, 1, 4))
    assert int(events()[0].expires_at) == int(day.expires_at)


def test_nothing_of_an_event_is_kept_but_its_times(haircut, now):
    pull(event("secret-title@google.com", NINE, 30), now=now)

    stored = [one.serialize() for one in [*events(), *reads.span(keys.agenda_partition("salon", haircut.resource_ids[0]), "0", "9")]]  # fmt: skip # noqa: E501

    assert "secret" not in str(stored)


# Disconnecting


def test_a_calendar_that_is_disconnected_blocks_nothing(haircut, now):
    pull(event("e1", NINE, 30), event("trip", TEN, 3 * 24 * 60), now=now)

    busy_times.clear("salon", GOOGLE, now=now)

    assert len(free(haircut, now=now)) == 18
    assert view(haircut, now=now).calendar_as_of is None
    assert busy_days(haircut.resource_ids[0]) == {}
    assert events() == []
    busy_times.clear("salon", GOOGLE, now=now)


def test_what_nobody_followed_is_disconnected_already(haircut, now):
    busy_times.clear("salon", GOOGLE, now=now)

    assert len(free(haircut, now=now)) == 18


def test_it_blocks_nothing_from_the_first_moment_and_is_cleared_by_the_next_try(haircut, now, monkeypatch):
    pull(event("e1", NINE, 30), now=now)
    with monkeypatch.context() as broken:
        broken.setattr(busy_times, "_write", lambda *_, **__: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            busy_times.clear("salon", GOOGLE, now=now)
    assert busy_days(haircut.resource_ids[0]) != {}
    assert free(haircut, now=now)[0] == "09:00"
    assert book(haircut, now=now).status == "PENDING"

    busy_times.clear("salon", GOOGLE, now=now)

    assert busy_days(haircut.resource_ids[0]) == {}


# More than one transaction holds


def test_an_event_of_many_days_for_many_resources_is_written_and_freed(haircut, now):
    chairs = [*resource_ids(), *(second_chair(now) for _ in range(2))]
    pull(event("trip", NINE, 60 * 24 * 60), now=now)
    assert [len(busy_days(one)) for one in chairs] == [61] * 3

    pull(event("trip", NINE + 90 * DAYS, 30), now=now)

    assert [list(busy_days(one)) for one in chairs] == [[shifted("2027-03-01")]] * 3


@pytest.mark.parametrize("crash", range(1, 4))
def test_what_ended_halfway_is_completed_by_the_next_pull(haircut, now, monkeypatch, crash):
    for _ in range(2):
        second_chair(now)
    write, tries = busy_times._write, []

    def until_it_breaks(*args, **more):
        tries.append(1)
        if len(tries) == crash:
            raise RuntimeError
        write(*args, **more)

    pull(event("trip", NINE, 30 * 24 * 60), now=now)
    with monkeypatch.context() as broken:
        broken.setattr(busy_times, "_write", until_it_breaks)
        with pytest.raises(RuntimeError):
            pull(event("trip", NINE + 40 * DAYS, 70 * 24 * 60), now=now)

    pull(event("trip", NINE + 10 * DAYS, 30), now=now)

    assert [list(busy_days(one)) for one in resource_ids()] == [[shifted("2026-12-11")]] * 3
    assert [one.is_settled for one in events()] == [True]


def test_a_first_pull_of_hundreds_of_events_takes_few_transactions(haircut, now):
    lunches = [event(f"lunch {n}", NINE + n * DAYS, 60) for n in range(300)]

    with lines.trips() as trips:
        pull(*lunches, now=now, is_full=True)

    assert trips.count("TransactWriteItems") <= 9  # one to follow it
    assert len(busy_days(haircut.resource_ids[0])) == 300


def test_a_lost_race_for_a_day_is_tried_again(haircut, now, monkeypatch):
    own = f"{GOOGLE}#{haircut.resource_ids[0]}"
    pull(now=now, source=own)
    batch, raced = reads.batch, []

    def another_writes_first(wanted, **more):
        found = batch(wanted, **more)
        if not raced and any(sk.endswith("#BUSY") for _, sk in wanted):
            raced.append(1)
            pull(event("e2", TEN, 30), now=now, source=own, resources=haircut.resource_ids)
        return found

    monkeypatch.setattr(reads, "batch", another_writes_first)
    pull(event("e1", NINE, 30), now=now)

    assert busy_days(haircut.resource_ids[0]) == {shifted("2026-12-01"): [(720, 750), (780, 810)]}


# Who may write


def test_an_older_pull_writes_nothing_once_a_newer_one_has_begun(haircut, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    older = int(busy_sources.begin("salon", GOOGLE).version)
    pull(event("e1", TEN, 30), now=now)

    with pytest.raises(busy_sources.Overtaken):
        busy_times.replace("salon", GOOGLE, resource_ids(), {"e1": event("e1", NINE, 30)}, turn=older, now=now)

    assert busy_days(haircut.resource_ids[0]) == {shifted("2026-12-01"): [(780, 810)]}


def test_a_pull_under_way_writes_nothing_once_its_calendar_was_disconnected(haircut, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    turn = int(busy_sources.begin("salon", GOOGLE).version)
    busy_times.clear("salon", GOOGLE, now=now)

    with pytest.raises(busy_sources.Overtaken):
        busy_times.full("salon", GOOGLE, resource_ids(), [event("e1", NINE, 30)], turn=turn, now=now)

    assert busy_days(haircut.resource_ids[0]) == {}


# How old it is


def test_without_a_calendar_nothing_is_said(haircut, now):
    told = view(haircut, now=now)

    assert (told.calendar_as_of, told.calendar_is_stale) == (None, False)


def test_old_news_still_block_and_are_told(haircut, now):
    pull(event("e1", NINE, 30), now=now)

    for minutes, is_stale in ((30, False), (31, True)):
        told = view(haircut, now=now + timedelta(minutes=minutes))
        assert (told.calendar_as_of, told.calendar_is_stale) == (now, is_stale)
        assert told.slots[0].starts_at == NINE + timedelta(minutes=30)
    assert told.calendar_as_of.utcoffset() == timedelta(hours=-3)


def test_a_calendar_that_was_never_read_is_stale(haircut, now):
    busy_sources.follow("salon", GOOGLE, now=now)

    told = view(haircut, now=now)

    assert (told.calendar_as_of, told.calendar_is_stale) == (None, True)
    assert len(told.slots) == 18


def test_it_is_that_of_the_resources_asked_about(salon, now):
    first, second = resource_ids()[0], second_chair(now)
    both, later = offer(now, resource_ids=[first, second]), now + timedelta(minutes=20)
    pull(now=now, source=f"{GOOGLE}#{second}", resources=[second])
    pull(now=later)

    assert view(both, now=later).calendar_as_of == now
    assert view(both, now=later, resource=first).calendar_as_of == later
    resources.change("salon", second, ResourceChanges(is_active=False), seen=None, now=later)
    assert view(both, now=later).calendar_as_of == later


def test_the_public_is_told_too(haircut, now):
    pull(event("e1", NINE, 30), now=now)

    query = PublicFreeTimes(service=haircut.id, date=DAY)
    told = FreeTimesView.model_validate(public_booking.free_times("salon", query, now=now + timedelta(hours=1)))

    assert (told.calendar_as_of, told.calendar_is_stale) == (now, True)


# Trips


def measured(call):
    """The trips of a warm process."""
    call(0)
    with lines.trips() as trips:
        call(1)
    return trips


@pytest.mark.parametrize("is_connected", [False, True])
def test_a_month_costs_two_trips_and_one_for_each_further_resource(salon, now, is_connected):
    solo = offer(now)
    duo = offer(now, resource_ids=[*resource_ids(), second_chair(now)])
    if is_connected:
        pull(event("e1", NINE, 30), now=now)

    def look(service):
        month = PublicFreeTimes.model_validate(
            {"service": service.id, "from": shifted("2026-12-01"), "to": shifted("2026-12-31")}
        )
        return lambda _: public_booking.free_times("salon", month, now=now)

    assert measured(look(solo)) == ["BatchGetItem", "Query"]
    assert measured(look(duo)) == ["BatchGetItem", "Query", "Query"]


@pytest.mark.parametrize("is_connected", [False, True])
def test_booking_costs_two_trips(haircut, now, is_connected):
    if is_connected:
        pull(event("e1", TEN, 30), now=now)

    trips = measured(lambda number: book(haircut, NINE + number * DAYS, now=now))

    assert trips == ["BatchGetItem", "TransactWriteItems"]


def test_without_a_calendar_nothing_more_is_asked_for(haircut, now, monkeypatch):
    asked, batch = set(), reads.batch
    monkeypatch.setattr(reads, "batch", lambda wanted, **more: asked.update(wanted) or batch(wanted, **more))

    book(haircut, now=now)
    view(haircut, now=now)

    assert {sk for _, sk in asked if sk[:8] == "CALSTATE" or sk.endswith("#BUSY")} == set()


def test_the_first_booking_after_a_calendar_was_connected_sees_it(haircut, now):
    book(haircut, TEN, now=now)
    context = booking_context.load("salon", haircut.id, [0], ())
    pull(event("e1", NINE, 30), now=now)
    # another process, which does not know yet
    booking_context._hints.put(("salon", haircut.id), (context.tenant, context.service))

    assert refused(lambda: book(haircut, now=now))["reason"] == "external"


# Any sequence


class WithCalendar(Agenda):
    """The machine of bookings, and a calendar elsewhere in which events come, move and go."""

    def is_busy(self, kind, start):
        spans = getattr(self, "elsewhere", {}).values()
        return any(begins < start + kind.length + kind.after and start < ends for begins, ends in spans)

    def is_free(self, kind, start, without=None, *, is_agreed=False):
        return super().is_free(kind, start, without, is_agreed=is_agreed) and not self.is_busy(kind, start)

    def is_blocked(self, entry):
        return super().is_blocked(entry) or self.is_busy(entry.kind, entry.start)

    @rule(name=st.sampled_from("ab"), start=st.sampled_from(STARTS), length=st.sampled_from([0, 1, 3, 60]))
    def change_elsewhere(self, name, start, length):
        self.elsewhere = getattr(self, "elsewhere", {})
        self.elsewhere.pop(name, None)
        if length:
            self.elsewhere[name] = (start, start + STEP * length)
            pull(event(name, start, 30 * length), now=self.now)
        else:
            pull(now=self.now, gone=[name])


@pytest.fixture
def machine(new_table):
    class Fresh(WithCalendar):
        def __init__(self):
            super().__init__()
            new_table()

    return Fresh


@pytest.mark.deep
def test_the_agenda_and_the_calendar_do_what_the_model_says(machine):
    run_state_machine_as_test(machine)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("module", "guard", "without_it"),
    [(agenda, "busy_in_the_way", lambda *_: None), (busy_times._Pull, "days", lambda *_: set())],
    ids=["busy times", "where an event was"],
)
def test_red_control_without_it_the_model_objects(machine, monkeypatch, module, guard, without_it):
    monkeypatch.setattr(module, guard, without_it)
    quick = settings(
        max_examples=2000,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )

    with pytest.raises((AssertionError, slots.SlotTaken)):  # of a booking, or of a late confirmation
        run_state_machine_as_test(machine, settings=quick)
