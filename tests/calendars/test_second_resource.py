"""An appointment of two resources is in the calendar of each: made, moved and taken away in both, whatever happens."""

from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import NamedTuple

import pytest

from functions.calendar_sync import app
from mostrador import process_cache
from mostrador.calendars import connections, drift_report, google_access, remote_edits, sync, watches
from mostrador.calendars.rules.event_ids import Place
from mostrador.calendars.rules.event_plan import DifferenceKind
from mostrador.scheduling import clock_changes, resources, services
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.table import reads
from mostrador.table.items.scheduling import Service
from mostrador.tenancy import tenants
from tests.support import faults, stream
from tests.support.calendars import FAR, connect, is_right, record, stored, unsettled
from tests.support.days import shifted
from tests.support.google_double import Killed
from tests.support.lines import trips

ANA = {"name": "Ana", "phone": "0981 555 000", "email": "ana@example.com"}
TEN = {
    "start": {"dateTime": shifted("2026-12-01T10:00:00-03:00")},
    "end": {"dateTime": shifted("2026-12-01T10:30:00-03:00")},
}


class Rooms(NamedTuple):
    """A service whose second resource is one of two rooms; ``calendars`` are the rooms' own, by resource."""

    service: Service
    blue: str
    green: str
    calendars: dict[str, str]


@pytest.fixture
def massage(shop, haircut, now):
    """The service, and its rooms without a calendar of their own."""
    blue, green = (
        resources.create("salon", NewResource(name=name), key=None, now=now).id for name in ("Azul", "Verde")
    )
    form = NewService(
        name="Masaje",
        duration_minutes=30,
        price="1",
        resource_ids=haircut.resource_ids,
        second_resource_ids=[blue, green],
    )
    return Rooms(services.create("salon", form, key=None, now=now), blue, green, {})


@pytest.fixture
def rooms(massage, google, now):
    made = massage._replace(calendars={massage.blue: "blue@rooms", massage.green: "green@rooms"})
    for room, calendar_id in made.calendars.items():
        google.calendars[calendar_id] = {}
        connect(now, resource_id=room, calendar_id=calendar_id, attendees=True)
    return made


def book(shop, rooms, hour=9, **more):
    """In the blue room: it is the first."""
    booked = in_any_room(shop, rooms, hour, **more)
    assert booked.second_resource_id == rooms.blue
    return booked


def in_any_room(shop, rooms, hour, **more):
    return shop.book(hour, service_id=rooms.service.id, status="CONFIRMED", **more)


def offer(shop, rooms, *second_ids):
    change = ServiceChanges(second_resource_ids=list(second_ids))
    services.change("salon", rooms.service.id, change, seen=None, now=shop.clock())


def to_the_green_room(shop, rooms, booked, hour=11):
    offer(shop, rooms, rooms.green)
    assert shop.move(booked, hour).second_resource_id == rooms.green


def only(google, calendar_id):
    (event,) = google.alive(calendar_id).values()
    return event


def prove(shop):
    """Every calendar is read as a whole, and compared."""
    for connection in watches.comparison.connections("salon").values():
        watches.wake("salon", connection, now=shop.clock())
    shop.sweep()
    shop.settle()


# Its life


def test_it_is_in_the_calendars_of_both_and_guests_are_invited_once(shop, google, rooms, now):
    connect(now, attendees=True)
    booked = book(shop, rooms, customer_data=ANA)
    shop.deliver()

    main, second = only(google, "primary"), only(google, "blue@rooms")
    assert (main["id"], second["id"]) == (f"{booked.id}g0", f"{booked.id}h0")
    assert [one.get("attendees") for one in (main, second)] == [[{"email": "ana@example.com"}], None]
    assert second["extendedProperties"]["private"]["mostrador_resource"] == rooms.blue
    assert stored(booked).google_calendar_event_id == main["id"]
    assert is_right(google, rooms=rooms.calendars)


def test_it_moves_and_goes_in_both(shop, google, rooms):
    booked, other = book(shop, rooms), in_any_room(shop, rooms, 15)
    shop.deliver()
    shop.move(booked, 11)
    shop.deliver()
    assert is_right(google, rooms=rooms.calendars)

    shop.cancel(booked)
    shop.delete(other)
    shop.deliver()

    assert [google.alive(name) for name in google.calendars] == [{}, {}, {}]
    assert is_right(google, rooms=rooms.calendars)


def test_another_second_resource_takes_the_event_along(shop, google, rooms):
    booked = book(shop, rooms)
    shop.deliver()

    to_the_green_room(shop, rooms, booked)
    shop.deliver()

    assert google.alive("blue@rooms") == {}
    assert is_right(google, rooms=rooms.calendars)


def no_room_any_more(shop, haircut, rooms):
    booked = book(shop, rooms)
    shop.deliver()
    assert shop.rebook(booked, haircut).second_resource_id is None
    shop.deliver()


def test_without_a_second_resource_its_event_goes(shop, google, haircut, rooms):
    no_room_any_more(shop, haircut, rooms)

    assert google.alive("blue@rooms") == {}
    assert is_right(google, rooms=rooms.calendars)


def test_without_a_look_at_the_image_before_its_event_stays(shop, google, haircut, rooms, monkeypatch):
    """The red control of the test above."""
    found = sync._second_resources
    monkeypatch.setattr(
        sync, "_second_resources", lambda changes: found([replace(one, before=None) for one in changes])
    )
    no_room_any_more(shop, haircut, rooms)

    assert len(google.alive("blue@rooms")) == 1


def test_a_second_resource_that_comes_later_has_its_event(shop, google, rooms):
    booked = shop.book(9)
    shop.deliver()

    shop.rebook(booked, rooms.service)
    shop.deliver()

    assert len(google.alive("blue@rooms")) == 1
    assert is_right(google, rooms=rooms.calendars)


# One calendar for both


def test_a_calendar_that_both_share_has_one_event(shop, google, massage):
    book(shop, massage)
    shop.deliver()

    assert is_right(google)


def test_so_has_one_that_two_connections_share(shop, google, massage, now):
    google.calendars["shop@example.com"] = {}
    for resource_id in (None, massage.blue):
        connect(now, resource_id=resource_id, calendar_id="shop@example.com")
    book(shop, massage)
    shop.deliver()
    prove(shop)

    assert is_right(google, calendar_id="shop@example.com")


def test_unless_it_is_seen_a_shared_calendar_has_two_events(shop, google, massage, monkeypatch):
    """The red control of the two tests above."""
    monkeypatch.setattr(google_access, "is_same_calendar", lambda *_: False)
    book(shop, massage)
    shop.deliver()

    with pytest.raises(AssertionError, match="two events"):
        is_right(google)


def test_a_room_that_gets_a_calendar_later_gets_its_events_and_gives_them_back(shop, google, massage, now):
    booked = book(shop, massage)
    shop.deliver()
    google.calendars["blue@rooms"] = {}
    connect(now, resource_id=massage.blue, calendar_id="blue@rooms")
    prove(shop)
    assert is_right(google, rooms={massage.blue: "blue@rooms"})

    connections.disconnect("salon", massage.blue, removes=True, seen=None, now=shop.clock())
    shop.sweep()
    shop.settle()

    assert google.alive("blue@rooms") == {}
    assert record(booked, is_second=True).state == "GONE"
    assert is_right(google)


def test_a_room_alone_has_a_calendar(ticking, google, haircut, now):
    """The professionals have none: the room's is followed, and left, all the same."""
    from tests.support.calendars import Shop

    shop = Shop(ticking, haircut, stream.Stream())
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=now).id
    form = NewService(name="Masaje", duration_minutes=30, price="1", second_resource_ids=[room])
    service = services.create("salon", form, key=None, now=now)
    google.calendars["room"] = {}
    connect(now, resource_id=room, calendar_id="room")
    booked = shop.book(9, service_id=service.id)
    shop.deliver()
    assert (len(google.alive("room")), record(booked)) == (1, None)

    shop.rebook(booked, haircut)
    shop.deliver()

    assert google.alive("room") == {}


# What is lost, comes again, or dies


def test_the_next_proof_mends_what_the_stream_never_told(shop, google, haircut, rooms):
    one, other = book(shop, rooms), in_any_room(shop, rooms, 12)
    shop.deliver()
    shop.rebook(other, haircut)
    to_the_green_room(shop, rooms, one)
    assert shop.records()  # they are lost

    prove(shop)

    assert is_right(google, rooms=rooms.calendars)
    assert record(other, is_second=True).state == "GONE"


def test_records_that_come_again_in_any_order_change_nothing(shop, google, haircut, rooms):
    booked = book(shop, rooms)
    records = shop.records()
    to_the_green_room(shop, rooms, booked)
    records += shop.records()
    shop.rebook(booked, haircut)
    records += shop.records()
    shop.rebook(booked, rooms.service)
    records += shop.records()

    for brought in (records, records[::-1], records[1:3], records):
        stream.pump(app.handler, brought)

    asked = len(google.asked)
    stream.pump(app.handler, records)
    assert len(google.asked) == asked
    assert is_right(google, rooms=rooms.calendars)


LIVES = {
    "made": [],
    "another room": [to_the_green_room],
    "no room, then deleted": [
        lambda shop, rooms, one: shop.rebook(one, shop.service),
        lambda shop, rooms, one: (shop.cancel(one), shop.delete(one)),
    ],
}
KINDS = ["before", "after", "killed", "503 backendError", "401 authError"]


def live(shop, google, rooms, life, crash):
    """The last step's records are brought into the ``crash``; then all again and again, in another process."""
    booked = book(shop, rooms)
    steps = [shop.records()]
    for change in LIVES[life]:
        change(shop, rooms, booked)
        steps.append(shop.records())
    *before, last = steps
    for records in before:
        stream.pump(app.handler, records, retries=3)
    with crash(), suppress(Killed):
        stream.pump(app.handler, last, retries=3)
    process_cache.clear_all()
    for _ in range(3):
        stream.pump(app.handler, [one for records in steps for one in records], retries=3)
    shop.settle()
    assert is_right(google, rooms=rooms.calendars)
    assert unsettled() == []


@pytest.mark.deep
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(7))
@pytest.mark.parametrize("life", LIVES)
def test_whatever_becomes_of_a_call_to_google_both_are_right(shop, google, rooms, life, number, kind):
    def crash():
        google.crash = (len(google.asked) + number, kind)
        return nullcontext()

    live(shop, google, rooms, life, crash)


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["before", "after", "throttle"])
@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("life", LIVES)
def test_whatever_becomes_of_a_call_to_the_table_both_are_right(shop, google, rooms, life, number, kind):
    live(shop, google, rooms, life, lambda: faults.crashing(number, kind))


# What people do in the second calendar


@pytest.fixture
def watched(shop, google, rooms, now, request):
    """A booked nine o'clock in both calendars, which were read once; the parameter is the setting of the rooms'."""
    for room, calendar_id in rooms.calendars.items():
        connect(now, resource_id=room, calendar_id=calendar_id, on_change=request.param)
    booked = book(shop, rooms)
    shop.deliver()
    prove(shop)
    shop.clock.pass_(minutes=6)
    return booked


def come_round(shop):
    shop.sweep()
    shop.deliver()
    shop.clock.pass_(minutes=6)


@pytest.mark.parametrize(("watched", "hour"), [("PUT_BACK", 9), ("FOLLOW", 10)], indirect=["watched"])
def test_a_move_in_the_second_calendar_is_put_back_or_followed_in_both(shop, google, rooms, watched, hour):
    google.edit(record(watched, is_second=True).event_id, "blue@rooms", **TEN)

    come_round(shop)
    come_round(shop)

    moved = stored(watched)
    assert moved.scheduled_at.isoformat() == shifted(f"2026-12-01T{hour + 3:02d}:00:00+00:00")
    assert (moved.second_resource_id, is_right(google, rooms=rooms.calendars)) == (rooms.blue, True)


@pytest.mark.parametrize("watched", ["PUT_BACK", "FOLLOW"], indirect=True)
def test_a_removal_in_the_second_calendar_cancels_nothing_and_is_put_back(shop, google, rooms, watched):
    google.trash(record(watched, is_second=True).event_id, "blue@rooms")

    come_round(shop)
    come_round(shop)

    assert stored(watched).status == "CONFIRMED"
    assert is_right(google, rooms=rooms.calendars)


@pytest.mark.parametrize("watched", ["FOLLOW"], indirect=True)
def test_were_a_removal_there_followed_the_appointment_would_be_cancelled(shop, google, rooms, watched, monkeypatch):
    """The red control of the test above."""
    monkeypatch.setitem(remote_edits._FOLLOWED, Place.SECOND, tuple(DifferenceKind))
    google.trash(record(watched, is_second=True).event_id, "blue@rooms")

    come_round(shop)

    assert stored(watched).status == "CANCELLED"


def test_a_move_from_the_main_calendar_keeps_the_room(shop, google, rooms, now):
    """The blue room has one booking more, so any free room would be the green one."""
    connection = connect(now, on_change="FOLLOW")
    offer(shop, rooms, rooms.blue)
    booked, _ = book(shop, rooms), book(shop, rooms, 15)
    offer(shop, rooms, rooms.blue, rooms.green)
    shop.deliver()
    watches.wake("salon", connection, now=shop.clock())
    shop.sweep()
    shop.clock.pass_(minutes=6)
    google.edit(record(booked).event_id, **TEN)

    come_round(shop)

    assert stored(booked).scheduled_at.isoformat() == shifted("2026-12-01T13:00:00+00:00")
    assert stored(booked).second_resource_id == rooms.blue
    assert is_right(google, rooms=rooms.calendars)


@pytest.mark.parametrize("watched", ["PUT_BACK"], indirect=True)
def test_the_report_names_what_is_wrong_in_the_second_calendar_and_the_repair_mends_it(shop, google, rooms, watched):
    del google.calendars["blue@rooms"][record(watched, is_second=True).event_id]

    (drift,) = drift_report.compare("salon", rooms.blue, clock=shop.clock)
    assert [(one.kind, one.appointment_id) for one in drift.differences] == [("MISSING", watched.id)]
    assert drift_report.compare("salon", rooms.green, clock=shop.clock)[0].differences == []

    drift_report.repair("salon", rooms.blue, clock=shop.clock, until=shop.clock() + FAR)

    assert is_right(google, rooms=rooms.calendars)
    assert drift_report.compare("salon", rooms.blue, clock=shop.clock)[0].differences == []


@pytest.mark.parametrize("watched", ["PUT_BACK"], indirect=True)
def test_our_event_never_blocks_the_room(shop, google, rooms, watched, free_starts_of):
    """Neither as it is, nor deleted by somebody, when Google tells no more than its id."""
    nine = shifted("2026-12-01T09:00:00-03:00")
    shop.cancel(watched)
    assert nine in free_starts_of(rooms.service)  # the event is still there
    come_round(shop)

    assert nine in free_starts_of(rooms.service)
    assert google.alive("blue@rooms") == {}


@pytest.fixture
def free_starts_of(now):
    from mostrador.scheduling import availability
    from mostrador.scheduling.views.appointments import AvailabilityQuery

    def free(service):
        day = shifted("2026-12-01")
        query = AvailabilityQuery.model_validate({"service": service.id, "from": day, "to": day})
        return [slot.starts_at.isoformat() for slot in availability.find("salon", query, now=now).slots]

    return free


# The rest


def test_the_law_of_the_clock_moves_both(shop, google, rooms):
    booked = book(shop, rooms)
    shop.deliver()
    stored_one = stored(booked)
    assert clock_changes.survey(tenants.find("salon", now=shop.clock()), now=shop.clock()).shifts == []
    stored_one.local_start = stored_one.local_start.replace("T09:00", "T10:00")
    stored_one.save()

    surveyed = clock_changes.survey(tenants.find("salon", now=shop.clock()), now=shop.clock())
    until = shop.clock() + FAR
    assert clock_changes.apply(surveyed, actor_name="system", clock=shop.clock, until=until).moved == [booked.id]
    shop.deliver()

    assert only(google, "blue@rooms")["start"]["dateTime"] == shifted("2026-12-01T10:00:00-03:00")
    assert is_right(google, rooms=rooms.calendars)


def test_what_google_refuses_shows_on_the_rooms_connection(shop, google, rooms, now):
    booked = book(shop, rooms)
    google.refusal = (400, "invalid")
    shop.deliver()

    shown = connections.get("salon", rooms.blue, now=now)
    assert (shown.parked_events, record(booked, is_second=True).state) == (1, "PARKED")

    google.refusal = None
    shop.confirm(booked)
    prove(shop)
    assert is_right(google, rooms=rooms.calendars)


def brought(shop, appointment):
    """The requests to the table that an appointment's records cost, and the number of items that each read asks for."""
    records, sizes = shop.records(), []
    with pytest.MonkeyPatch.context() as patch, trips() as made:
        batch = reads.batch
        patch.setattr(reads, "batch", lambda wanted: sizes.append(len(set(wanted := list(wanted)))) or batch(wanted))
        stream.pump(
            app.handler, [one for one in records if one["dynamodb"]["Keys"]["sk"]["S"].endswith(appointment.id)]
        )
    return made, sizes


def test_the_second_event_costs_two_writes_and_a_read_and_one_resource_costs_what_it_did(shop, google, rooms):
    one = shop.book(15)
    assert brought(shop, one) == (["BatchGetItem", "PutItem", "UpdateItem", "PutItem"], [4])
    shop.confirm(one)
    assert brought(shop, one) == (["BatchGetItem", "PutItem", "PutItem"], [4])
    assert record(one, is_second=True) is None

    both = book(shop, rooms)
    second = ["BatchGetItem", "PutItem", "PutItem"]
    assert brought(shop, both) == (["BatchGetItem", "PutItem", "UpdateItem", "PutItem", *second], [4, 5])
    assert brought(shop, both) == (["BatchGetItem", "BatchGetItem"], [4, 5])  # our own write-back
    assert (record(both).place, record(both, is_second=True).place) == (None, "second")
