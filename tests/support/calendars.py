"""A salon with a calendar in Google, and the stream that brings its changes to the calendar."""

import json
from datetime import timedelta

from functions.calendar_sync import app
from mostrador.calendars import sync
from mostrador.ledger.views.receipts import Receipt
from mostrador.scheduling import appointments, booking, payment_reviews, rebooking, rescheduling
from mostrador.scheduling.views.appointments import NewAppointment, Rescheduling
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.table import keys, reads
from mostrador.table.items.calendars import CalendarEvent
from mostrador.table.items.scheduling import Appointment
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support import google_double as doubles
from tests.support import stream
from tests.support.days import shifted

SYNC = "CalendarSyncFunction"
GRANT = {"type": "oauth", "refresh_token": "refresh-1"}
FAR = timedelta(days=3650)


class Clock:
    """A clock that stands still, and moves when it is told to."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def pass_(self, **time):
        self.now += timedelta(**time)


def connect(now, *, tenant="salon", resource_id=None, secret=GRANT, **settings):
    return integrations.put(
        tenant,
        IntegrationType.GOOGLE_CALENDAR,
        settings=settings,
        secret=json.dumps(secret),
        resource_id=resource_id,
        actor_name="eva",
        now=now,
    )


class Shop:
    """What happens in the salon; ``deliver`` brings its changes to the calendar as Lambda does."""

    def __init__(self, clock, service, source):
        self.clock, self.service, self.source, self.count = clock, service, source, 0

    def book(self, hour=9, *, day=1, **more):
        self.count += 1
        scheduled_at = shifted(f"2026-12-{day:02d}T{hour:02d}:00:00-03:00")
        customer = {"name": f"Ana {self.count}", "phone": f"0981 {100000 + self.count}"}
        form = NewAppointment(
            **{"service_id": self.service.id, "scheduled_at": scheduled_at, "customer_data": customer} | more
        )
        return booking.book("salon", form, actor_name="eva", key=None, now=self.clock())

    def confirm(self, booked):
        return appointments.confirm("salon", booked.id, actor_name="eva", now=self.clock())

    def declare(self, booked):
        return payment_reviews.receive("salon", booked.id, Receipt(), actor_name="eva", now=self.clock())

    def refuse(self, booked):
        return payment_reviews.refuse("salon", booked.id, reason="no", actor_name="eva", now=self.clock())

    def cancel(self, booked):
        return appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=self.clock())

    def move(self, booked, hour, day=1):
        form = Rescheduling(scheduled_at=shifted(f"2026-12-{day:02d}T{hour:02d}:00:00-03:00"))
        return rescheduling.move("salon", booked.id, form, actor_name="eva", now=self.clock())

    def rebook(self, booked, service):
        form = Rebooking(service_id=service.id)
        return rebooking.rebook("salon", booked.id, form, actor_name="eva", now=self.clock())

    def delete(self, booked):
        appointments.delete("salon", booked.id, seen=None, now=self.clock())

    def records(self):
        return stream.let_by(SYNC, self.source.new())

    def deliver(self, **how):
        """Until nothing more comes; gives the records that were brought, and the dead letters."""
        brought, dead = [], []
        while records := self.records():
            brought += records
            dead += stream.pump(app.handler, records, **how)
            assert len(brought) < 500
        return brought, dead

    def sweep(self):
        return sync.run(self.clock, until=self.clock() + FAR)

    def settle(self, minutes=60):
        """Deliver and sweep, minute for minute, until all is quiet."""
        for _ in range(minutes):
            self.deliver()
            if not unsettled():
                return
            self.clock.pass_(minutes=1)
            self.sweep()
        self.deliver()


def unsettled():
    """Records that are due, whenever."""
    prefix = keys.CALENDAR_EVENT_PREFIX
    return [one for one in reads.everything(keys.calendar_partition("salon"), prefix) if one.due_pk]


def record(appointment, *, is_second=False):
    found = reads.get_item(keys.calendar_event("salon", appointment.id, is_second=is_second))
    assert found is None or isinstance(found, CalendarEvent)
    return found


def stored(appointment):
    found = reads.get_item(keys.appointment("salon", appointment.id))
    assert found is None or isinstance(found, Appointment)
    return found


def is_right(google, *, calendar_id="primary", rooms=None):
    """Exactly one right event for each live appointment, and none for the dead.

    ``rooms`` are second resources with a calendar of their own: there each of their appointments has one event too,
    without guests.
    """
    live = {
        one.id: one
        for one in reads.span(keys.appointments_partition("salon"), "0", "9", index="gsi1")
        if one.status in ("PENDING", "IN_REVIEW", "CONFIRMED", "COMPLETED", "NO_SHOW")
    }
    _check(google, calendar_id, live)
    for room, own in (rooms or {}).items():
        told = _check(google, own, {name: one for name, one in live.items() if one.second_resource_id == room})
        assert not any(event.get("attendees") for event in told.values())
    return True


def _check(google, calendar_id, live):
    """The events of a calendar, by appointment."""
    told = {}
    for event in google.alive(calendar_id).values():
        of = event["extendedProperties"]["private"]["mostrador_appointment"]
        assert of not in told, f"two events of {of}"
        told[of] = event
    assert set(told) == set(live)
    for name, event in told.items():
        assert doubles.starts_at(event) == live[name].scheduled_at
        is_open = live[name].status in ("PENDING", "IN_REVIEW")
        assert event["status"] == ("tentative" if is_open else "confirmed")
    return told
