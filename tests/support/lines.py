"""A day that is full, who waits for it, and a look at what is due: what the tests of the waiting list share."""

from contextlib import contextmanager
from datetime import datetime, time, timedelta

from mostrador import context
from mostrador.background import sweeper
from mostrador.scheduling import appointments, availability, booking, freed_time, resources, waiting_list
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from mostrador.scheduling.views.services import ResourceChanges
from mostrador.scheduling.views.waiting_list import NewWaiting, WaitingListing
from mostrador.table import base, keys, reads
from mostrador.tenancy.views.opening_hours import WEEKDAYS
from tests.support import days

DAY = days.ahead(1)
FAR = datetime.fromisoformat("2100-01-01T00:00:00Z")


def open_for(hours, *, now, tenant="salon"):
    """The first resource is open on DAY from nine for this many hours."""
    first = reads.everything(*keys.resource(tenant, ""))[0]
    closed: dict[str, list[dict[str, str]]] = {day: [] for day in WEEKDAYS}
    opening = closed | {days.weekday(DAY): [{"opens": "09:00", "closes": f"{9 + hours:02d}:00"}]}
    resources.change(tenant, first.id, ResourceChanges(business_hours=opening), seen=None, now=now)


def fill(service, *, now, day=DAY, tenant="salon"):
    """Book every free start of the day, in the name of somebody without a phone."""
    query = AvailabilityQuery(service=service.id, date=day)
    return [
        booking.book(
            tenant,
            NewAppointment(
                service_id=service.id,
                scheduled_at=slot.starts_at,
                status="CONFIRMED",
                customer_data={"name": f"Titular {n}"},
            ),
            actor_name="eva",
            key=None,
            now=now,
        )
        for n, slot in enumerate(availability.find(tenant, query, now=now).slots)
    ]


def join(service, number, *, now, day=DAY, key=None, tenant="salon", **more):
    """Customer ``number`` waits."""
    who = {"customer_data": {"name": f"Espera {number}", "phone": f"0981 {300000 + number}"}} | more
    return waiting_list.join(
        tenant, NewWaiting(service_id=service.id, date=day, **who), actor_name="eva", key=key, now=now
    )


def cancel(appointment, *, now, tenant="salon"):
    return appointments.cancel(tenant, appointment.id, reason="", actor_name="eva", now=now)


_brought: set[str] = set()
"""Sort keys of the lines of audit logs that ``wake`` has handed on."""


def wake(now, *, tenants=("salon", "clinic")):
    """Wake the waiting lines as the outbox does, by each line of the audit log that it has not seen."""
    woken = 0
    for tenant in tenants:
        lines = [one for one in reads.everything(keys.audit_partition(tenant), "2") if one.sk not in _brought]
        _brought.update(one.sk for one in lines)
        changes = [freed_time.Change(*told) for one in lines for told in one.changes]
        with context.working(tenant):
            woken += freed_time.wake(tenant, changes, now=now)
    return woken


def sweep(now):
    """What the stream has brought, and then one run."""
    wake(now)
    return sweeper.run(lambda: now, until=FAR)


@contextmanager
def trips():
    """The names of the requests sent to DynamoDB, in order."""
    seen, events = [], base.client().meta.events

    def sent(request, **_):
        target = request.headers["X-Amz-Target"]
        seen.append((target.decode() if isinstance(target, bytes) else target).rpartition(".")[2])

    events.register_first("before-send.dynamodb", sent)
    try:
        yield seen
    finally:
        events.unregister("before-send.dynamodb", sent)


def states(*entries, now, tenant="salon"):
    return [waiting_list.get(tenant, entry.id, now=now).status for entry in entries]


def listed(now, tenant="salon", **query):
    return waiting_list.listing(tenant, WaitingListing(**query), now=now).items


def nine(minutes=0):
    return datetime.combine(DAY, time(9), datetime.fromisoformat("2026-12-01T09:00:00-03:00").tzinfo) + timedelta(
        minutes=minutes
    )
