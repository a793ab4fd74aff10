"""Door: appointments and availability."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import appointments, availability, clock, web
from mostrador.rules.permissions import Action
from mostrador.views import appointments as views
from mostrador.views.appointments import AppointmentChanges as Changes
from mostrador.views.appointments import AppointmentEdit as Edit

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/appointments"
ONE = f"{BASE}/<appointment_id>"
OneAppointment = Response[views.AppointmentView]


@app.get(f"{BASE}/availability")
def find_availability(slug: web.Slug, query: Annotated[views.AvailabilityQuery, Query()]) -> views.AvailabilityView:
    web.caller(app, slug, Action.READ_APPOINTMENTS)
    return availability.find(slug, query, now=clock.now())


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.AppointmentListing, Query()]) -> views.AppointmentPage:
    web.caller(app, slug, Action.READ_APPOINTMENTS)
    page = appointments.listing(slug, query, now=clock.now())
    return views.AppointmentPage(items=page.items, next=page.next)


@app.post(BASE)
def book(slug: web.Slug, form: views.NewAppointment, key: web.IdempotencyKey = None) -> OneAppointment:
    caller = web.caller(app, slug, Action.BOOK)
    booked = appointments.book(slug, form, by=caller.name, key=key, now=clock.now())
    return web.created(booked, views.AppointmentView)


@app.get(ONE)
def get(slug: web.Slug, appointment_id: web.Id) -> OneAppointment:
    web.caller(app, slug, Action.READ_APPOINTMENTS)
    return _shown(appointments.get(slug, appointment_id, now=clock.now()))


@app.put(ONE)
def replace(slug: web.Slug, appointment_id: web.Id, form: Edit, seen: web.IfMatch = None) -> OneAppointment:
    web.caller(app, slug, Action.BOOK)
    return _shown(appointments.change(slug, appointment_id, form, seen=seen, now=clock.now()))


@app.patch(ONE)
def change(slug: web.Slug, appointment_id: web.Id, form: Changes, seen: web.IfMatch = None) -> OneAppointment:
    web.caller(app, slug, Action.BOOK)
    return _shown(appointments.change(slug, appointment_id, form, seen=seen, now=clock.now()))


@app.delete(ONE)
def delete(slug: web.Slug, appointment_id: web.Id, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.BOOK)
    appointments.delete(slug, appointment_id, seen=seen, now=clock.now())
    return web.gone()


@app.post(f"{ONE}/confirm")
def confirm(slug: web.Slug, appointment_id: web.Id) -> OneAppointment:
    caller = web.caller(app, slug, Action.BOOK)
    return _shown(appointments.confirm(slug, appointment_id, by=caller.name, now=clock.now()))


@app.post(f"{ONE}/cancel")
def cancel(slug: web.Slug, appointment_id: web.Id, form: views.StaffCancellation | None = None) -> OneAppointment:
    caller, form = web.caller(app, slug, Action.BOOK), form or views.StaffCancellation()
    told = form.model_dump()
    return _shown(appointments.cancel(slug, appointment_id, **told, by=caller.name, now=clock.now()))


@app.post(f"{ONE}/reschedule")
def reschedule(slug: web.Slug, appointment_id: web.Id, form: views.StaffRescheduling) -> OneAppointment:
    caller, over = web.caller(app, slug, Action.BOOK), form.ignore_calendar
    moved = appointments.reschedule(slug, appointment_id, form, ignore_calendar=over, by=caller.name, now=clock.now())
    return _shown(moved)


@app.post(f"{ONE}/complete")
def complete(slug: web.Slug, appointment_id: web.Id) -> OneAppointment:
    caller = web.caller(app, slug, Action.BOOK)
    return _shown(appointments.complete(slug, appointment_id, by=caller.name, now=clock.now()))


@app.post(f"{ONE}/no-show")
def no_show(slug: web.Slug, appointment_id: web.Id) -> OneAppointment:
    caller = web.caller(app, slug, Action.BOOK)
    return _shown(appointments.no_show(slug, appointment_id, by=caller.name, now=clock.now()))


def _shown(appointment: Any) -> OneAppointment:
    return web.shown(appointment, views.AppointmentView)
