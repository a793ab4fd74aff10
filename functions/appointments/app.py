"""Door: appointments and availability."""

from aws_lambda_powertools.event_handler import Response

from mostrador import clock
from mostrador.people.rules.permissions import Action
from mostrador.scheduling import appointments, availability, booking, overriding, rescheduling
from mostrador.scheduling.views import appointments as views
from mostrador.scheduling.views.appointments import AppointmentChanges as Changes
from mostrador.scheduling.views.appointments import AppointmentEdit as Edit
from mostrador.table.base import HasVersion
from mostrador.web import answers, door

app = door.Door()
handler = app.handler

BASE = "/tenant/<slug>/api/appointments"
ONE = f"{BASE}/<appointment_id>"
OneAppointment = Response[views.AppointmentView]


@app.get(f"{BASE}/availability", "appointments.availability", Action.READ_APPOINTMENTS)
def find_availability(slug: door.Slug, query: door.Query[views.AvailabilityQuery]) -> views.AvailabilityView:
    return availability.find(slug, query, now=clock.now())


@app.get(BASE, "appointments.list", Action.READ_APPOINTMENTS)
def listing(slug: door.Slug, query: door.Query[views.AppointmentListing]) -> views.AppointmentPage:
    page = appointments.listing(slug, query, now=clock.now())
    return views.AppointmentPage(items=page.items, next=page.next)


@app.post(BASE, "appointments.book", Action.BOOK, status=201, location=ONE)
def book(slug: door.Slug, form: views.NewAppointment, key: door.IdempotencyKey = None) -> OneAppointment:
    app.require_all(form.price_actions())
    role, name, rules = app.caller.acting_role, app.caller.name, _rules()
    booked = booking.book(slug, form, role=role, may_override=rules, actor_name=name, key=key, now=clock.now())
    return answers.created(booked, views.AppointmentView)


@app.get(ONE, "appointments.get", Action.READ_APPOINTMENTS)
def get(slug: door.Slug, appointment_id: door.Id) -> OneAppointment:
    return _shown(appointments.get(slug, appointment_id, now=clock.now()))


@app.put(ONE, "appointments.replace", Action.BOOK)
def replace(slug: door.Slug, appointment_id: door.Id, form: Edit, seen: door.IfMatch = None) -> OneAppointment:
    return _shown(appointments.change(slug, appointment_id, form, seen=seen, now=clock.now()))


@app.patch(ONE, "appointments.change", Action.BOOK)
def change(slug: door.Slug, appointment_id: door.Id, form: Changes, seen: door.IfMatch = None) -> OneAppointment:
    return _shown(appointments.change(slug, appointment_id, form, seen=seen, now=clock.now()))


@app.delete(ONE, "appointments.delete", Action.BOOK)
def delete(slug: door.Slug, appointment_id: door.Id, seen: door.IfMatch = None) -> Response[None]:
    appointments.delete(slug, appointment_id, seen=seen, now=clock.now())
    return answers.gone()


@app.post(f"{ONE}/confirm", "appointments.confirm", Action.BOOK)
def confirm(
    slug: door.Slug, appointment_id: door.Id, form: views.AppointmentConfirmation | None = None
) -> OneAppointment:
    name, transaction_id = app.caller.name, form.payment_transaction_id if form else None
    if transaction_id:
        from mostrador.payments import paid_confirmation  # noqa: PLC0415 - most confirmations come without money

        app.require(Action.PAY)
        paid = paid_confirmation.confirm(slug, appointment_id, transaction_id, actor_name=name, now=clock.now())
        return _shown(paid)
    return _shown(appointments.confirm(slug, appointment_id, actor_name=name, now=clock.now()))


@app.post(f"{ONE}/cancel", "appointments.cancel", Action.BOOK)
def cancel(slug: door.Slug, appointment_id: door.Id, form: views.StaffCancellation | None = None) -> OneAppointment:
    name, form = app.caller.name, form or views.StaffCancellation()
    return _shown(appointments.cancel(slug, appointment_id, **form.model_dump(), actor_name=name, now=clock.now()))


@app.post(f"{ONE}/reschedule", "appointments.reschedule", Action.BOOK)
def reschedule(slug: door.Slug, appointment_id: door.Id, form: views.StaffRescheduling) -> OneAppointment:
    name, over = app.caller.name, overriding.wanted(form.override, ignore_calendar=form.ignore_calendar)
    moved = rescheduling.move(
        slug, appointment_id, form, override=over, may_override=_rules(), actor_name=name, now=clock.now()
    )
    return _shown(moved)


def _rules() -> frozenset[str]:
    """The rules that the caller may override."""
    return overriding.allowed(app.caller.tenant, app.caller.role, now=clock.now())


def _shown(appointment: HasVersion) -> OneAppointment:
    return answers.shown(appointment, views.AppointmentView)
