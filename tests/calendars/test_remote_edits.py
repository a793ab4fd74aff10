"""What somebody does to our events in Google: put back, or followed, as the tenant chose."""

from datetime import timedelta

import pytest

from mostrador import context
from mostrador.calendars import comparison, remote_edits, watch_runs, watches
from mostrador.scheduling import resources
from mostrador.scheduling.views.services import NewResource
from mostrador.table import writes
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support import logs
from tests.support.calendars import connect, is_right, record, stored
from tests.support.days import shifted

TEN = {
    "start": {"dateTime": shifted("2026-12-01T10:00:00-03:00")},
    "end": {"dateTime": shifted("2026-12-01T10:30:00-03:00")},
}
ELEVEN = {
    "start": {"dateTime": shifted("2026-12-01T11:00:00-03:00")},
    "end": {"dateTime": shifted("2026-12-01T11:30:00-03:00")},
}


@pytest.fixture
def watched(shop, google, now, request):
    """A booked nine o'clock that is in the calendar, which was read once; the parameter is the setting."""
    connection = connect(now, on_change=getattr(request, "param", "PUT_BACK"))
    booked = shop.book(9, status="CONFIRMED")
    shop.deliver()
    watches.wake("salon", connection, now=shop.clock())
    shop.sweep()
    shop.clock.pass_(minutes=6)
    return booked


def come_round(shop):
    """The calendar is read, and what follows from it is brought."""
    shop.sweep()
    shop.deliver()
    shop.clock.pass_(minutes=6)


follows = pytest.mark.parametrize("watched", ["FOLLOW"], indirect=True)


def test_a_moved_event_is_put_back(shop, google, watched):
    google.edit(record(watched).event_id, **TEN)

    come_round(shop)

    assert is_right(google)
    assert stored(watched).scheduled_at.hour == 12


def test_a_deleted_event_is_made_again_under_the_next_id(shop, google, watched):
    google.trash(record(watched).event_id)

    come_round(shop)

    assert is_right(google)
    assert stored(watched).google_calendar_event_id == f"{watched.id}g1"


def test_what_we_wrote_ourselves_is_no_change(shop, google, watched):
    shop.move(watched, 14)
    shop.deliver()
    asked = len(google.asked)

    come_round(shop)

    assert len(google.asked) == asked + 1


@follows
def test_a_moved_event_moves_the_appointment(shop, google, watched):
    google.edit(record(watched).event_id, **TEN)

    come_round(shop)

    moved = stored(watched)
    assert (moved.scheduled_at.hour, moved.history[-1]["by"]) == (13, "google calendar")
    assert is_right(google)


@follows
def test_a_deleted_event_cancels_the_appointment(shop, google, watched):
    google.trash(record(watched).event_id)

    come_round(shop)

    assert stored(watched).status == "CANCELLED"
    assert google.alive() == {}


@pytest.fixture
def six(shop, google, watched):
    """Six appointments in the calendar, as it was read last."""
    booked = [watched, *(shop.book(hour, status="CONFIRMED") for hour in range(10, 15))]
    shop.deliver()
    come_round(shop)
    return booked


def empty(google, *booked):
    for one in booked:
        google.trash(record(one).event_id)


def read_slowly(shop, monkeypatch):
    """A run that ends after the second of six: fewer are left than would look like an emptied calendar."""
    until, resolve = shop.clock() + timedelta(seconds=35), watch_runs.resolve

    def slow(*told, **how):
        done = resolve(*told, **how)
        shop.clock.pass_(seconds=20)
        return done

    with monkeypatch.context() as patched, context.working("salon", context.SYSTEM):
        patched.setattr(watch_runs, "resolve", slow)
        watch = watches.find("salon", integrations.find("salon", IntegrationType.GOOGLE_CALENDAR).sk)
        assert not watch_runs.advance("salon", watch, clock=shop.clock, until=until)


def statuses(booked):
    return [stored(one).status for one in booked]


@follows
def test_a_calendar_that_somebody_emptied_cancels_nothing_and_rings(shop, google, six):
    empty(google, *six)

    with logs.written() as seen:
        come_round(shop)

    assert statuses(six) == ["CONFIRMED"] * 6
    assert is_right(google)
    assert [(one["message"], one["deleted"]) for one in seen.lines("ERROR")] == [("calendar emptied", 6)]
    connection = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    kept_until = watches.find("salon", connection.sk).deletions_kept_until
    assert kept_until > shop.clock()

    empty(google, *six[:2])  # whoever empties it goes on
    come_round(shop)
    assert statuses(six) == ["CONFIRMED"] * 6
    assert is_right(google)

    shop.clock.pass_(minutes=60)
    empty(google, *six[:2])
    come_round(shop)
    assert statuses(six) == ["CANCELLED"] * 2 + ["CONFIRMED"] * 4


@follows
def test_as_many_deletions_as_somebody_makes_by_hand_are_followed(shop, google, six):
    empty(google, *six[:5])

    come_round(shop)

    assert statuses(six) == ["CANCELLED"] * 5 + ["CONFIRMED"]


@follows
def test_what_we_cancelled_ourselves_does_not_count(shop, google, six):
    for one in six[:5]:
        shop.cancel(one)
    shop.deliver()
    empty(google, six[5])

    come_round(shop)

    assert statuses(six) == ["CANCELLED"] * 6


@follows
def test_an_emptied_calendar_is_put_back_whole_though_the_run_ends_early(shop, google, six, monkeypatch):
    empty(google, *six)
    read_slowly(shop, monkeypatch)
    for _ in range(3):
        come_round(shop)

    assert statuses(six) == ["CONFIRMED"] * 6
    assert is_right(google)


@follows
def test_an_emptied_calendar_is_put_back_whole_though_somebody_wakes_its_watch_meanwhile(
    shop, google, six, monkeypatch
):
    empty(google, *six)
    would_cancel = remote_edits.would_cancel
    woken = iter([True])

    def waking(*told, **how):
        if next(woken, False):
            watches.wake("salon", integrations.find("salon", IntegrationType.GOOGLE_CALENDAR), now=shop.clock())
        return would_cancel(*told, **how)

    monkeypatch.setattr(watch_runs, "would_cancel", waking)
    read_slowly(shop, monkeypatch)
    for _ in range(3):
        come_round(shop)

    assert statuses(six) == ["CONFIRMED"] * 6
    assert is_right(google)


@follows
def test_an_emptied_calendar_is_so_for_each_connection_to_it(shop, google, six):
    other = resources.create("salon", NewResource(name="Silla 2"), key=None, now=shop.clock())
    watches.wake("salon", connect(shop.clock(), resource_id=other.id, on_change="FOLLOW"), now=shop.clock())
    come_round(shop)
    empty(google, *six)

    come_round(shop)

    found = [watches.find("salon", one.sk) for one in comparison.connections("salon").values()]
    assert len(found) == 2
    assert all(one.deletions_kept_until > shop.clock() for one in found)
    assert statuses(six) == ["CONFIRMED"] * 6


@follows
def test_an_emptied_calendar_that_is_read_whole_cancels_nothing(shop, google, six):
    empty(google, *six)
    watches.wake("salon", integrations.find("salon", IntegrationType.GOOGLE_CALENDAR), now=shop.clock())

    come_round(shop)

    assert statuses(six) == ["CONFIRMED"] * 6
    assert is_right(google)


@follows
def test_a_move_to_a_time_that_is_taken_is_put_back(shop, google, watched):
    other = shop.book(10)
    shop.deliver()
    google.edit(record(watched).event_id, **TEN)

    come_round(shop)

    assert (stored(watched).scheduled_at.hour, stored(other).scheduled_at.hour) == (12, 13)
    assert is_right(google)


@follows
@pytest.mark.parametrize(
    "edit",
    [
        {"start": {"date": shifted("2026-12-01")}, "end": {"date": shifted("2026-12-02")}},
        {"start": TEN["start"], "end": ELEVEN["end"]},
        {"start": {"dateTime": "?"}, "end": {}},
        {"summary": "Otra cosa"},
    ],
)
def test_what_no_appointment_can_be_is_put_back(shop, google, watched, edit):
    google.edit(record(watched).event_id, **edit)

    come_round(shop)

    assert stored(watched).scheduled_at.hour == 12
    assert is_right(google)
    assert {one["summary"] for one in google.alive().values()} == {"Corte · Ana 1"}


@follows
def test_what_changed_here_meanwhile_goes_before_what_changed_there(shop, google, watched):
    google.edit(record(watched).event_id, **TEN)
    shop.move(watched, 15)

    shop.sweep()
    shop.deliver()

    assert stored(watched).scheduled_at.hour == 18
    assert is_right(google)


@follows
def test_what_took_place_stays(shop, google, watched, now):
    shop.clock.pass_(hours=24)
    google.trash(record(watched).event_id)

    come_round(shop)

    assert stored(watched).status == "CONFIRMED"
    assert is_right(google)


def test_a_change_that_is_told_twice_is_answered_once(shop, google, watched):
    google.edit(record(watched).event_id, **TEN)
    come_round(shop)
    asked = len(google.asked)
    watch = watches.find("salon", integrations.find("salon", IntegrationType.GOOGLE_CALENDAR).sk)
    watch.cursor = "1"
    watch.save()

    come_round(shop)

    assert len(google.asked) == asked + 1
    assert is_right(google)


@follows
@pytest.mark.parametrize("change", ["move", "delete"])
def test_a_change_that_staff_overtook_is_not_followed(shop, google, watched, change, monkeypatch):
    """Between the reading of Google and its answer staff moves the appointment, and the stream tells Google."""
    if change == "move":
        google.edit(record(watched).event_id, **TEN)
    else:
        google.trash(record(watched).event_id)
    resolve = remote_edits.resolve

    def late(context, *rest, **more):
        monkeypatch.setattr(watch_runs, "resolve", resolve)
        shop.move(watched, 15)
        shop.deliver()
        return resolve(context, *rest, **more)

    monkeypatch.setattr(watch_runs, "resolve", late)
    come_round(shop)
    come_round(shop)

    assert (stored(watched).status, stored(watched).scheduled_at.hour) == ("CONFIRMED", 18)
    assert is_right(google)


@follows
def test_a_deleted_event_of_what_is_paid_is_put_back_for_staff_to_decide(shop, google, watched):
    paid = stored(watched)
    paid.payment_ids, paid.payment_status = ["900000000000123"], "PAID"
    with writes.transaction() as tx:
        tx.save(paid)
    google.trash(record(watched).event_id)

    come_round(shop)

    assert stored(watched).status == "CONFIRMED"
    assert is_right(google)


@follows
def test_an_event_dragged_into_another_century_is_put_back(shop, google, watched):
    google.edit(
        record(watched).event_id,
        start={"dateTime": "2101-12-01T10:00:00-03:00"},
        end={"dateTime": "2101-12-01T10:30:00-03:00"},
    )

    come_round(shop)

    assert stored(watched).scheduled_at.hour == 12
    assert is_right(google)


def test_an_event_whose_appointment_was_deleted_unheard_is_found_by_the_proof(shop, google, watched):
    other = shop.book(11, status="CONFIRMED")
    shop.deliver()
    shop.delete(other)
    shop.records()  # and nobody delivers them
    shop.clock.pass_(hours=25)

    come_round(shop)
    come_round(shop)

    assert len(google.alive()) == 1
