import re
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar

from mostrador.errors import NotHere, Stale
from mostrador.scheduling import appointments, booking, ical_feeds, rescheduling, resources, services
from mostrador.scheduling.ical_feeds import NoSuchCalendar
from mostrador.scheduling.views.appointments import NewAppointment, Rescheduling
from mostrador.scheduling.views.ical_feeds import NewFeed
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Feed
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support import days
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))


@pytest.fixture
def booked(haircut, now):
    return book(haircut, NINE, now)


@pytest.fixture
def feed(salon, now):
    return opened(now)


def opened(now, tenant="salon", **wanted):
    return ical_feeds.create(tenant, NewFeed(**wanted), actor_name="eva", now=now)


def book(service, scheduled_at, now, name="Ana López", tenant="salon", **more):
    wanted = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, customer_data={"name": name}, **more)
    return booking.book(tenant, wanted, actor_name="eva", key=None, now=now)


def file_of(feed):
    return feed.path.removeprefix("/calendar/")


def events(text):
    return Calendar.from_ical(text).walk("VEVENT")


def served(feed, now):
    return events(ical_feeds.serve(file_of(feed), now=now))


def test_an_event_tells_when_and_what_and_nobodys_name(booked, feed, now):
    text = ical_feeds.serve(file_of(feed), now=now)

    (event,) = events(text)
    assert event["uid"] == f"{booked.id}@mostrador"
    assert event["summary"] == "Corte · Salón Ñandutí"
    assert event["dtstart"].dt == NINE
    assert event["dtend"].dt == NINE + timedelta(minutes=30)
    day = days.ahead(1).strftime("%Y%m%d")
    assert f"DTSTART:{day}T120000Z\r\n" in text
    assert f"DTEND:{day}T123000Z\r\n" in text
    assert event["created"].dt == event["last-modified"].dt == event["dtstamp"].dt == now
    assert (event["class"], event["transp"], event["sequence"]) == ("PRIVATE", "OPAQUE", 0)
    assert "Ana" not in text


def test_the_calendar_has_the_tenants_name_and_says_when_to_come_back(feed, now):
    text = ical_feeds.serve(file_of(feed), now=now)

    calendar = Calendar.from_ical(text)
    assert (calendar["version"], calendar["method"], calendar["calscale"]) == ("2.0", "PUBLISH", "GREGORIAN")
    assert calendar["name"] == calendar["x-wr-calname"] == "Salón Ñandutí"
    assert calendar["x-wr-timezone"] == "America/Asuncion"
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in text


def test_lines_end_in_crlf_and_are_folded_at_75_octets(salon, feed, now):
    long = services.create(
        "salon", NewService(name="Peinado ñandutí " * 7, duration_minutes=30, price="1"), key=None, now=now
    )
    book(long, NINE, now)

    raw = ical_feeds.serve(file_of(feed), now=now).encode()

    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) <= 75
    assert any(line.startswith(b" ") for line in lines)
    assert all(line.decode() is not None for line in lines)  # no character is cut in two
    assert served(feed, now)[0]["summary"] == f"{long.name} · Salón Ñandutí"


def test_text_is_escaped_and_comes_back(salon, feed, now):
    """A name is one line now; items from before may have several, so the forms are made past their checks."""
    renamed = TenantChanges.model_construct(name="Salón; A, B\nX-EVIL:1")
    tenants.change("salon", renamed, seen=None, now=now)
    odd = "Corte; color, brillo\nx\\y"
    form = NewService.model_construct(name=odd, duration_minutes=30, price="1")
    service = services.create("salon", form, key=None, now=now)
    book(service, NINE, now)

    text = ical_feeds.serve(file_of(feed), now=now)

    assert r"SUMMARY:Corte\; color\, brillo\nx\\y · " in text
    assert events(text)[0]["summary"] == f"{odd} · Salón Ñandutí"
    assert "X-WR-CALNAME:Salón\\; A\\, B\\nX-EVIL:1\r\n" in text
    assert "NAME:Salón\\; A\\, B\\nX-EVIL:1\r\n" in text


@pytest.mark.parametrize(
    ("status", "shown", "transparency"),
    [
        ("PENDING", "TENTATIVE", "OPAQUE"),
        ("CONFIRMED", "CONFIRMED", "OPAQUE"),
        ("COMPLETED", "CONFIRMED", "OPAQUE"),
        ("NO_SHOW", "CONFIRMED", "OPAQUE"),
        ("CANCELLED", "CANCELLED", "TRANSPARENT"),
        ("EXPIRED", "CANCELLED", "TRANSPARENT"),
    ],
)
def test_each_state_has_its_word(booked, feed, now, status, shown, transparency):
    booked.status = status
    booked.save()

    (event,) = served(feed, now)

    assert (event["status"], event["transp"]) == (shown, transparency)


def test_a_lapsed_hold_is_cancelled_to_the_second(haircut, feed, now):
    held = book(haircut, NINE, now, hold=True)

    before = served(feed, held.hold_expires_at - timedelta(seconds=1))
    after = served(feed, held.hold_expires_at)

    assert (before[0]["status"], after[0]["status"]) == ("TENTATIVE", "CANCELLED")


def test_a_moved_and_cancelled_appointment_keeps_its_uid_and_counts_up(haircut, booked, feed, now):
    first = served(feed, now)[0]
    later = now + timedelta(minutes=5)
    form = Rescheduling(scheduled_at=NINE + timedelta(hours=2))
    rescheduling.move("salon", booked.id, form, actor_name="eva", now=later)
    moved = served(feed, later)[0]
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=later)
    cancelled = served(feed, later)[0]

    assert first["uid"] == moved["uid"] == cancelled["uid"]
    assert first["sequence"] < moved["sequence"] < cancelled["sequence"]
    assert moved["dtstart"].dt == NINE + timedelta(hours=2)
    assert moved["last-modified"].dt == later
    assert cancelled["status"] == "CANCELLED"


def test_a_feed_holds_thirty_days_back_and_a_year_ahead(haircut, feed, now):
    starts = [now + timedelta(days=days, minutes=1) for days in (-31, -29, 0, 364, 366)]
    for scheduled_at in starts:
        _store(haircut, scheduled_at, now)

    assert [event["dtstart"].dt for event in served(feed, now)] == starts[1:4]


def test_a_feed_that_is_too_long_keeps_what_is_nearest(haircut, feed, now, monkeypatch):
    monkeypatch.setattr(ical_feeds, "MOST_BACK", 1)
    monkeypatch.setattr(ical_feeds, "MOST_AHEAD", 2)
    starts = [now + timedelta(days=days) for days in (-2, -1, 1, 2, 3)]
    for scheduled_at in starts:
        _store(haircut, scheduled_at, now)

    assert [event["dtstart"].dt for event in served(feed, now)] == starts[1:4]


def _store(service, scheduled_at, now):
    """An appointment as stored, whatever the rules of booking say of its time."""
    made = book(service, NINE, now)
    appointments.cancel("salon", made.id, reason="", actor_name="eva", now=now)
    made = appointments.get("salon", made.id, now=now)
    made.scheduled_at, made.ends_at = scheduled_at, scheduled_at + timedelta(minutes=30)
    made.gsi1pk, made.gsi1sk = keys.appointment_by_start("salon", scheduled_at, made.id)
    made.save()


def test_a_resources_feed_holds_only_what_it_takes_part_in(salon, now):
    chair, room, other = (
        resources.create("salon", NewResource(name=name), key=None, now=now) for name in ("Silla", "Sala", "Otra")
    )
    both = NewService(
        name="Color", duration_minutes=30, price="1", resource_ids=[chair.id], second_resource_ids=[room.id]
    )
    alone = NewService(name="Corte", duration_minutes=30, price="1", resource_ids=[other.id])
    book(services.create("salon", both, key=None, now=now), NINE, now)
    book(services.create("salon", alone, key=None, now=now), NINE, now)

    names = {
        one.name: [event["summary"] for event in served(opened(now, resource_id=one.id), now)]
        for one in (chair, room, other)
    }

    assert names == {"Silla": ["Color · Silla"], "Sala": ["Color · Silla"], "Otra": ["Corte · Otra"]}
    assert len(served(opened(now), now)) == 2


def test_a_resources_feed_is_named_after_it_as_long_as_it_is_there(salon, now):
    chair = resources.create("salon", NewResource(name="Silla"), key=None, now=now)
    feed = opened(now, resource_id=chair.id)
    before = Calendar.from_ical(ical_feeds.serve(file_of(feed), now=now))["name"]
    resources.delete("salon", chair.id, seen=None, now=now)

    assert before == "Salón Ñandutí · Silla"
    assert Calendar.from_ical(ical_feeds.serve(file_of(feed), now=now))["name"] == "Salón Ñandutí"


def test_the_secret_is_not_stored_and_no_two_are_alike(salon, now):
    first, second = opened(now), opened(now)

    secret = file_of(first).split(".")[2]
    (kept,) = Feed.query(*keys.feed("salon", first.id)[:1], Feed.sk == first.sk)
    assert len(secret) == 43  # 256 bits
    assert secret not in str(kept.serialize())
    assert secret != file_of(second).split(".")[2]


def test_an_address_that_is_not_right_to_the_letter_is_the_same_nothing(salon, clinic, feed, now):
    slug, feed_id, secret, _ = file_of(feed).split(".")
    other = "A" if secret[0] != "A" else "B"
    revoked = opened(now)
    ical_feeds.revoke("salon", revoked.id, seen=None, now=now)
    wrong = [
        "", "x", ".ics", f"{slug}.{feed_id}.ics", f"{slug}.{feed_id}.{secret}", f"{slug}.{feed_id}.{secret}.ICS",
        f"{slug}.{feed_id}.{other}{secret[1:]}.ics", f"{slug}.{feed_id}.{secret}.ics\n",
        f"{slug}.{feed_id}.{'ñ' * 43}.ics",
        f"clinic.{feed_id}.{secret}.ics", f"nobody.{feed_id}.{secret}.ics", f"{slug}.{'0' * 32}.{secret}.ics",
        f"T#{slug}.{feed_id}.{secret}.ics", file_of(revoked),
    ]  # fmt: skip

    told = set()
    for file in wrong:
        with pytest.raises(NoSuchCalendar) as refused:
            ical_feeds.serve(file, now=now)
        told.add(str(refused.value))

    assert told == {"there is no such calendar"}


def test_a_suspended_tenants_feed_is_nothing_either(feed, now):
    tenants.suspend("salon", now=now)

    with pytest.raises(NoSuchCalendar):
        ical_feeds.serve(file_of(feed), now=now)


def test_an_unknown_address_of_the_default_tenant_makes_no_tenant(table, now):
    with pytest.raises(NoSuchCalendar):
        ical_feeds.serve(f"default.{'0' * 32}.{'A' * 43}.ics", now=now)

    assert reads.get_item(keys.tenant("default")) is None


def test_a_feed_shows_its_own_tenant_only(haircut, clinic, booked, now):
    assert served(opened(now, tenant="clinic"), now) == []
    assert len(served(opened(now), now)) == 1


def test_feeds_are_listed_in_the_order_in_which_they_were_made(salon, clinic, now):
    made = [opened(now).id for _ in range(3)]
    opened(now, tenant="clinic")

    first = ical_feeds.listing("salon", now=now, size=2, cursor=None)
    rest = ical_feeds.listing("salon", now=now, size=2, cursor=first.next)

    assert [item.id for item in [*first.items, *rest.items]] == made


def test_another_tenants_resource_has_no_feed_here(salon, clinic, now):
    theirs = resources.create("clinic", NewResource(name="Sala"), key=None, now=now)

    with pytest.raises(NotHere):
        opened(now, resource_id=theirs.id)


def test_another_tenants_feed_is_not_revoked(feed, clinic, now):
    with pytest.raises(NotHere):
        ical_feeds.revoke("clinic", feed.id, seen=None, now=now)
    with pytest.raises(Stale):
        ical_feeds.revoke("salon", feed.id, seen=feed.version + 1, now=now)

    assert served(feed, now) == []


def test_one_appointment_is_a_file_without_the_words_of_a_subscription(booked, clinic, now):
    text = ical_feeds.of_appointment("salon", booked.id, now=now)

    assert [event["uid"] for event in events(text)] == [f"{booked.id}@mostrador"]
    assert not re.search(r"X-WR-CALNAME|REFRESH-INTERVAL|Ana", text)
    with pytest.raises(NotHere):
        ical_feeds.of_appointment("clinic", booked.id, now=now)


def test_an_unchanged_feed_is_the_same_text_later(booked, feed, now):
    assert ical_feeds.serve(file_of(feed), now=now) == ical_feeds.serve(file_of(feed), now=now + timedelta(hours=5))


def test_events_come_in_the_order_of_their_starts(haircut, feed, now):
    late = book(haircut, NINE + timedelta(days=2), now)
    soon = book(haircut, NINE, now)

    assert [event["uid"][:32] for event in served(feed, now)] == [soon.id, late.id]
