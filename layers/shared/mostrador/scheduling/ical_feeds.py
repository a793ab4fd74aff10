"""Appointments as iCalendar (RFC 5545 and 7986): one as a file, many as a feed behind a secret address.

Calendar programs send no token, so the address is the secret: ``/calendar/<slug>.<feed id>.<secret>.ics``. Only the
secret's digest is stored. A feed has service, resource and times, and no personal data.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vText

from mostrador import context, ids
from mostrador.errors import NotFound, NotHere
from mostrador.observability import logger
from mostrador.scheduling import appointments, resources
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, status_at
from mostrador.scheduling.views.ical_feeds import NewFeed
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.items.scheduling import Appointment, Feed
from mostrador.tenancy import tenants
from mostrador.values.next_actions import NextAction

BACK: Final = timedelta(days=30)
AHEAD: Final = timedelta(days=365)
MOST_BACK: Final = 1000
MOST_AHEAD: Final = 4000
REFRESH: Final = timedelta(hours=1)

_FILE: Final = re.compile(r"([a-z0-9-]{2,63})\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})\.ics")
_NO_DIGEST: Final = "0" * 64
_SHOWN: Final = [
    "entity", "id", "service_name", "resource_name", "scheduled_at", "ends_at",
    "status", "hold_expires_at", "created_at", "updated_at", "version",
]  # fmt: skip
_STATUSES: Final = {
    AppointmentStatus.PENDING: "TENTATIVE",
    AppointmentStatus.IN_REVIEW: "TENTATIVE",
    AppointmentStatus.CONFIRMED: "CONFIRMED",
    AppointmentStatus.COMPLETED: "CONFIRMED",
    AppointmentStatus.NO_SHOW: "CONFIRMED",
    AppointmentStatus.CANCELLED: "CANCELLED",
    AppointmentStatus.EXPIRED: "CANCELLED",
}


class NoSuchCalendar(NotFound):
    """Malformed, unknown, revoked, or of a suspended tenant: the same answer, which repeats no secret."""

    code = "not_found"
    en = "there is no such calendar"
    es = "no existe ese calendario"
    next_action = NextAction.ASK_FOR_LINK


def create(tenant: str, form: NewFeed, *, actor_name: str, now: datetime) -> Feed:
    """A new feed of the tenant or of one resource. Its ``path`` is known only now. Raises NotHere."""
    tenants.current(tenant, now=now)
    if form.resource_id:
        resources.get(tenant, form.resource_id, now=now)
    feed_id, secret = ids.new(), secrets.token_urlsafe(32)
    feed = Feed(
        *keys.feed(tenant, feed_id),
        id=feed_id,
        resource_id=form.resource_id,
        digest=_digest(secret),
        created_by=actor_name,
        created_at=now,
    )
    with writes.transaction() as tx:
        tx.save(feed)
    feed.path = f"/calendar/{tenant}.{feed_id}.{secret}.ics"
    return feed


def listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Feeds in the order of their creation. Raises BadCursor."""
    tenants.current(tenant, now=now)
    pk, prefix = keys.feed(tenant, "")
    return reads.page(pk, tenant=tenant, query=("feeds",), size=size, cursor=cursor, between=(prefix, prefix + "~"))


def revoke(tenant: str, feed_id: str, *, seen: int | None, now: datetime) -> None:
    """Delete the feed: its address stops working. Raises NotHere, Stale."""
    tenants.current(tenant, now=now)
    feed = reads.get_item(keys.feed(tenant, feed_id))
    if not isinstance(feed, Feed):
        raise NotHere(entity="feed", id=feed_id)
    writes.check_version(feed, seen)
    writes.delete(feed)


def of_appointment(tenant: str, appointment_id: str, *, now: datetime) -> str:
    """One appointment as an iCalendar file. Raises NotHere."""
    return _text(_calendar(), [appointments.get(tenant, appointment_id, now=now)], now)


def serve(file: str, *, now: datetime) -> str:
    """The feed whose secret address ends in ``file``. Raises NoSuchCalendar."""
    match = _FILE.fullmatch(file)
    if match is None:
        raise NoSuchCalendar
    slug, feed_id, secret = match.groups()
    with context.working(slug):
        return _calendar_text(slug, _verified(slug, feed_id, secret), now)


def _verified(slug: str, feed_id: str, secret: str) -> Feed:
    """The feed that has this secret; a wrong secret takes as long as an unknown feed. Raises NoSuchCalendar."""
    feed: Feed | None = reads.get_item(keys.feed(slug, feed_id))
    is_secret = hmac.compare_digest(feed.digest if feed else _NO_DIGEST, _digest(secret))
    if feed is None or not is_secret:
        raise NoSuchCalendar
    return feed


def _calendar_text(slug: str, feed: Feed, now: datetime) -> str:
    try:
        tenant = tenants.current(slug, now=now)
    except NotHere as error:
        raise NoSuchCalendar from error
    resource = reads.get_item(keys.resource(slug, feed.resource_id)) if feed.resource_id else None
    name = f"{tenant.name} · {resource.name}" if resource else tenant.name
    return _text(_subscription(name, tenant.time_zone), _around(slug, feed, now), now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _around(slug: str, feed: Feed, now: datetime) -> list[Appointment]:
    """The feed's appointments by start: the last ``MOST_BACK`` of the past, the next ``MOST_AHEAD`` of the future."""
    of_feed: Condition | None = None
    if feed.resource_id:
        of_first: Condition = Appointment.resource_id == feed.resource_id
        of_feed = of_first | (Appointment.second_resource_id == feed.resource_id)

    def near(since: datetime, until: datetime, most: int, *, newest_first: bool) -> list[Appointment]:
        between = keys.at(since), keys.at(until)
        found = reads.first(
            keys.appointments_partition(slug),
            most,
            index="gsi1",
            between=between,
            keep=of_feed,
            only=_SHOWN,
            newest_first=newest_first,
        )
        if len(found) == most:
            logger.warning("feed cut short", tenant=slug, feed=feed.id, most=most)
        return found

    past = near(now - BACK, now, MOST_BACK, newest_first=True)
    return past[::-1] + near(now, now + AHEAD, MOST_AHEAD, newest_first=False)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Mostrador//Turnos//ES")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    return calendar


def _subscription(name: str, time_zone: str) -> Calendar:
    """A calendar with its name and refresh interval, as properties of the standard and of older programs."""
    calendar = _calendar()
    for word, text in (("name", name), ("x-wr-calname", name), ("x-wr-timezone", time_zone)):
        calendar.add(word, vText(text))  # the library does not escape texts of unknown properties
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return calendar


def _text(calendar: Calendar, shown: Iterable[Appointment], now: datetime) -> str:
    for appointment in shown:
        event = Event()
        for name, value in _properties(appointment, now):
            event.add(name, value)
        calendar.add_component(event)
    return str(calendar.to_ical(sorted=False), "utf-8")


def _properties(appointment: Appointment, now: datetime) -> Iterator[tuple[str, object]]:
    """DTSTAMP is the time of the last revision, so that an unchanged feed has an unchanged ETag."""
    revised_at = appointment.updated_at or appointment.created_at
    status = status_at(appointment.status, appointment.hold_expires_at, now)
    yield "uid", f"{appointment.id}@mostrador"
    yield "sequence", appointment.version - 1
    yield "dtstamp", revised_at
    yield "dtstart", appointment.scheduled_at
    yield "dtend", appointment.ends_at
    yield "summary", f"{appointment.service_name} · {appointment.resource_name}"
    yield "status", _STATUSES[status]
    yield "transp", "TRANSPARENT" if _STATUSES[status] == "CANCELLED" else "OPAQUE"
    yield "class", "PRIVATE"
    yield "created", appointment.created_at
    yield "last-modified", revised_at
