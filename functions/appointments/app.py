"""Door: appointments and availability."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import appointments, availability, booking, rescheduling
from mostrador.scheduling.views import appointments as views
from mostrador.scheduling.views.appointments import AppointmentChanges as Changes
from mostrador.scheduling.views.appointments import AppointmentEdit as Edit
from mostrador.table.base import HasVersion
from mostrador.web import door

app = door.resolver()
handler = door.handler(app)

BASE = "/tenant/<slug>/api/appointments"
ONE = f"{BASE}/<appointment_id>"
OneAppointment = Response[views.AppointmentView]


@app.get(f"{BASE}/availability")
def find_availability(slug: door.Slug, query: door.Query[views.AvailabilityQuery]) -> views.AvailabilityView:
    door.caller(app, slug, Action.READ_APPOINTMENTS)
    return availability.find(slug, query, now=clock.now())


@app.get(BASE)
def listing(slug: door.Slug, query: door.Query[views.AppointmentListing]) -> views.AppointmentPage:
    door.caller(app, slug, Action.READ_APPOINTMENTS)
    page = appointments.listing(slug, query, now=clock.now())
    return views.AppointmentPage(items=page.items, next=page.next)


@app.post(BASE)
def book(slug: door.Slug, form: views.NewAppointment, key: door.IdempotencyKey = None) -> OneAppointment:
    caller = door.caller(app, slug, Action.BOOK)
    booked = booking.book(slug, form, actor_name=caller.name, key=key, now=clock.now())
    return door.created(booked, views.AppointmentView)


@app.get(ONE)
def get(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    door.caller(app, slug, Action.READ_APPOINTMENTS)
    return _shown(appointments.get(slug, appointment_id, now=clock.now()))


@app.put(ONE)
def replace(slug: door.Slug, appointment_id: door.Id, form: Edit, seen: door.IfMatch = None) -> OneAppointment:
    door.caller(app, slug, Action.BOOK)
    return _shown(appointments.change(slug, appointment_id, form, seen=seen, now=clock.now()))


@app.patch(ONE)
def change(slug: door.Slug, appointment_id: door.Id, form: Changes, seen: door.IfMatch = None) -> OneAppointment:
    door.caller(app, slug, Action.BOOK)
    return _shown(appointments.change(slug, appointment_id, form, seen=seen, now=clock.now()))


@app.delete(ONE)
def delete(slug: door.Slug, appointment_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    door.caller(app, slug, Action.BOOK)
    appointments.delete(slug, appointment_id, seen=seen, now=clock.now())
    return door.gone()


@app.post(f"{ONE}/confirm")
def confirm(
    slug: door.Slug, appointment_id: door.Id, form: views.AppointmentConfirmation | None = None
) -> OneAppointment:
    caller, transaction_id = door.caller(app, slug, Action.BOOK), form.payment_transaction_id if form else None
    if transaction_id:
        from mostrador.payments import paid_confirmation  # noqa: PLC0415 - most confirmations come without money

        door.caller(app, slug, Action.PAY)
        paid = paid_confirmation.confirm(slug, appointment_id, transaction_id, actor_name=caller.name, now=clock.now())
        return _shown(paid)
    return _shown(appointments.confirm(slug, appointment_id, actor_name=caller.name, now=clock.now()))


@app.post(f"{ONE}/cancel")
def cancel(slug: door.Slug, appointment_id: door.Id, form: views.StaffCancellation | None = None) -> OneAppointment:
    name, form = door.caller(app, slug, Action.BOOK).name, form or views.StaffCancellation()
    return _shown(appointments.cancel(slug, appointment_id, **form.model_dump(), actor_name=name, now=clock.now()))


@app.post(f"{ONE}/reschedule")
def reschedule(slug: door.Slug, appointment_id: door.Id, form: views.StaffRescheduling) -> OneAppointment:
    name, over = door.caller(app, slug, Action.BOOK).name, form.ignore_calendar
    moved = rescheduling.move(slug, appointment_id, form, ignore_calendar=over, actor_name=name, now=clock.now())
    return _shown(moved)


@app.post(f"{ONE}/complete")
def complete(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    caller = door.caller(app, slug, Action.BOOK)
    return _shown(appointments.complete(slug, appointment_id, actor_name=caller.name, now=clock.now()))


@app.post(f"{ONE}/no-show")
def no_show(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    caller = door.caller(app, slug, Action.BOOK)
    return _shown(appointments.no_show(slug, appointment_id, actor_name=caller.name, now=clock.now()))


def _shown(appointment: HasVersion) -> OneAppointment:
    return door.shown(appointment, views.AppointmentView)
