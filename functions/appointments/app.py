"""Door: appointments and availability."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from mostrador import appointments, availability, clock, web
from mostrador.rules.permissions import Action
from mostrador.views import appointments as views

app = web.resolver()
handler = web.handler(app)

BASE = "/tenant/<slug>/api/appointments"
ONE = f"{BASE}/<appointment_id>"
OneAppointment = Response[views.AppointmentView]


@app.get(f"{BASE}/availability")
def find_availability(slug: web.Slug, query: Annotated[views.AvailabilityQuery, Query()]) -> views.AvailabilityView:
    web.caller(app, slug, Action.READ)
    return availability.find(slug, query, now=clock.now())


@app.get(BASE)
def listing(slug: web.Slug, query: Annotated[views.AppointmentListing, Query()]) -> views.AppointmentPage:
    web.caller(app, slug, Action.READ)
    page = appointments.listing(slug, query, now=clock.now())
    return views.AppointmentPage(items=page.items, next=page.next)


@app.post(BASE)
def book(slug: web.Slug, form: views.NewAppointment, key: web.IdempotencyKey = None) -> OneAppointment:
    caller = web.caller(app, slug, Action.BOOK)
    booked = appointments.book(slug, form, by=caller.name, key=key, now=clock.now())
    return web.created(booked, views.AppointmentView)


@app.get(ONE)
def get(slug: web.Slug, appointment_id: str) -> OneAppointment:
    web.caller(app, slug, Action.READ)
    return web.shown(appointments.get(slug, appointment_id, now=clock.now()), views.AppointmentView)


@app.put(ONE)
def replace(
    slug: web.Slug, appointment_id: str, form: views.AppointmentEdit, seen: web.IfMatch = None
) -> OneAppointment:
    web.caller(app, slug, Action.BOOK)
    changed = appointments.change(slug, appointment_id, form, seen=seen, now=clock.now())
    return web.shown(changed, views.AppointmentView)


@app.patch(ONE)
def change(
    slug: web.Slug, appointment_id: str, form: views.AppointmentChanges, seen: web.IfMatch = None
) -> OneAppointment:
    web.caller(app, slug, Action.BOOK)
    changed = appointments.change(slug, appointment_id, form, seen=seen, now=clock.now())
    return web.shown(changed, views.AppointmentView)


@app.delete(ONE)
def delete(slug: web.Slug, appointment_id: str, seen: web.IfMatch = None) -> Response[None]:
    web.caller(app, slug, Action.BOOK)
    appointments.delete(slug, appointment_id, seen=seen, now=clock.now())
    return web.gone()


@app.post(f"{ONE}/confirm")
def confirm(slug: web.Slug, appointment_id: str) -> OneAppointment:
    caller = web.caller(app, slug, Action.BOOK)
    confirmed = appointments.confirm(slug, appointment_id, by=caller.name, now=clock.now())
    return web.shown(confirmed, views.AppointmentView)


@app.post(f"{ONE}/cancel")
def cancel(slug: web.Slug, appointment_id: str, form: views.Cancellation | None = None) -> OneAppointment:
    caller, form = web.caller(app, slug, Action.BOOK), form or views.Cancellation()
    cancelled = appointments.cancel(slug, appointment_id, reason=form.reason, by=caller.name, now=clock.now())
    return web.shown(cancelled, views.AppointmentView)
